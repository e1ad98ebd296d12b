"""Explanation: the route of every field, check and output, and why.

Enters: a compiled schema and transform. Leaves: rows, printed as aligned tables. It never compiles or binds.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from thresher.expr.types import show
from thresher.plan import Ask

if TYPE_CHECKING:
    from thresher.expr.expression import Expression
    from thresher.schema.compiled import Compiled
    from thresher.transform.compiled import Transform

__all__ = ["Explanation", "Row", "Step", "explain"]

_WIDTH = 60
"""Characters of a type, or of constraints, that are shown in a table."""

_SHOWN = {"native": "native", "field": "asks {} (cell)", "record": "asks {} (record)"}


@dataclass(frozen=True, slots=True)
class Row:
    """One field."""

    field: str
    type: str
    constraints: str
    route: Literal["native", "field", "record"]
    reason: str
    """Why not native; empty where it is."""
    lines: Literal["native", "field", "record"]
    """The route of its values where they are JSON."""


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a transform: a check, the filter, or a field of the output."""

    name: str
    """``check 1``, ``where``, or the field of the output."""
    expression: str
    """As it was written; ``copy of x``, ``default`` or a function's name where there is none."""
    type: str
    """Of its values, as far as the schema tells."""
    route: Literal["native", "python"]
    """``native``: the native engine can do it, if it does all other steps."""
    reason: str
    """Why not native; empty where it is."""


@dataclass(frozen=True, slots=True)
class Explanation:
    """What decides each field of a schema and makes each field of the output; ``str()`` is a table or two."""

    schema: str
    route: Literal["native", "record"]
    """``record``: every record goes to the library whole."""
    reason: str
    extra: Literal["ignore", "forbid", "allow"]
    rows: tuple[Row, ...]
    output_schema: str = ""
    """The output schema, where there is one."""
    steps: tuple[Step, ...] = ()
    """Of the transform, in the order in which they are taken."""
    library: str = "Pydantic"
    """What the schema was written with."""
    transform_reason: str = ""
    """Why every record is transformed by Python; empty where none is, or there is no transform."""

    def __str__(self) -> str:
        """Return an aligned table with a line for each field, and one with a line for each step of the transform."""
        table: list[tuple[str, ...]] = [("field", "type", "constraints", "route", "reason")]
        table += [
            (row.field, _short(row.type), _short(row.constraints), _SHOWN[row.route].format(self.library), row.reason)
            for row in self.rows
        ]
        if any(row.lines != row.route for row in self.rows):
            shown = ["route of JSON", *(_SHOWN[row.lines].format(self.library) for row in self.rows)]
            table = [(*line[:4], cell, line[4]) for line, cell in zip(table, shown, strict=True)]
        head = f"{self.schema}: unknown columns: {self.extra}"
        if self.route == "record":
            head += f"; every record goes to {self.library}, because {self.reason}"
        lines = [head, "", *_aligned(table)]
        if self.steps:
            lines += ["", self._transform_head(), ""]
            table = [("output", "expression", "type", "route", "reason")]
            table += [(step.name, step.expression, _short(step.type), step.route, step.reason) for step in self.steps]
            lines += _aligned(table)
        return "\n".join(lines)

    def _transform_head(self) -> str:
        name = self.output_schema or "transform"
        if not self.transform_reason:
            return f"{name}: made natively"
        return f"{name}: made by Python for every record, because {self.transform_reason}"


def _short(text: str) -> str:
    """Return what of a type or constraints can stand in a column: a long list of choices would push all else away."""
    return text if len(text) <= _WIDTH else f"{text[: _WIDTH - 1]}…"


def _aligned(table: Sequence[tuple[str, ...]]) -> list[str]:
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in table]
    lines.insert(1, "  ".join("-" * width for width in widths))
    return [line.rstrip() for line in lines]


def explain(compiled: Compiled, transform: Transform | None = None) -> Explanation:
    """Return the table of a compiled schema and of what happens to its records."""
    lines = _routes_of_lines(compiled)
    return Explanation(
        schema=compiled.schema.__qualname__,
        route="record" if compiled.record_reason else "native",
        reason=compiled.record_reason,
        extra=compiled.extra,
        library=compiled.library.name,
        rows=tuple(
            Row(
                field=field.name if field.paths == (field.name,) else f"{field.name} ({' | '.join(field.paths)})",
                type=field.annotation,
                constraints=field.constraints,
                route=field.route,
                reason=field.reason,
                lines=route,
            )
            for field, route in zip(compiled.fields, lines, strict=True)
        ),
        output_schema="" if transform is None or transform.output is None else transform.schema.__qualname__,
        steps=() if transform is None else tuple(_steps(transform)),
        transform_reason="" if transform is None else transform.reason,
    )


def _routes_of_lines(compiled: Compiled) -> list[Literal["native", "field", "record"]]:
    """Return the route of each field where its values are JSON."""
    plan = compiled.lines()
    if plan.route == "record":
        return ["record" for _ in compiled.fields]
    return ["field" if isinstance(field.kind, Ask) else "native" for field in plan.fields]


def _steps(transform: Transform) -> Iterator[Step]:
    for number, ((check, _), reason) in enumerate(zip(transform.checks, transform.check_reasons, strict=True), 1):
        yield _expressed(f"check {number}", check, reason)
    if transform.where is not None:
        yield _expressed("where", transform.where, transform.where_reason)
    types = {} if transform.output is None else {field.name: field.annotation for field in transform.output.fields}
    for value in transform.values:
        if value.expression is not None:
            yield _expressed(value.name, value.expression, value.reason)
        else:
            source = "default" if value.copy is None else f"copy of {value.copy}"
            yield Step(value.name, source, types[value.name], "python" if value.reason else "native", value.reason)
    for name, function in (("map_records", transform.map_records), ("map_batches", transform.map_batches)):
        if function is not None:
            yield Step(name, getattr(function, "__qualname__", repr(function)), "", "python", "it is Python")


def _expressed(name: str, expression: Expression, reason: str) -> Step:
    return Step(name, expression.text, show(expression.type), "python" if reason else "native", reason)

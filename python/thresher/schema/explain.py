"""Explanation: the route of every field, and why.

Enters: a compiled schema. Leaves: rows, printed as an aligned table. It never compiles or binds.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from thresher.schema.compiled import Compiled

__all__ = ["Explanation", "Row", "explain"]

_SHOWN = {"native": "native", "field": "asks Pydantic (cell)", "record": "asks Pydantic (record)"}


@dataclass(frozen=True, slots=True)
class Row:
    """One field."""

    field: str
    type: str
    constraints: str
    route: Literal["native", "field", "record"]
    reason: str
    """Why not native; empty where it is."""


@dataclass(frozen=True, slots=True)
class Explanation:
    """What decides each field of a schema; ``str()`` is a table."""

    schema: str
    route: Literal["native", "record"]
    """``record``: every record goes to Pydantic whole."""
    reason: str
    extra: Literal["ignore", "forbid", "allow"]
    rows: tuple[Row, ...]

    def __str__(self) -> str:
        """Return an aligned table with a line for each field."""
        table = [("field", "type", "constraints", "route", "reason")]
        table += [(row.field, row.type, row.constraints, _SHOWN[row.route], row.reason) for row in self.rows]
        widths = [max(map(len, column)) for column in zip(*table, strict=True)]
        lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in table]
        lines.insert(1, "  ".join("-" * width for width in widths))
        head = f"{self.schema}: unknown columns: {self.extra}"
        if self.route == "record":
            head += f"; every record goes to Pydantic, because {self.reason}"
        return "\n".join([head, "", *(line.rstrip() for line in lines)])


def explain(compiled: Compiled) -> Explanation:
    """Return the table of a compiled schema."""
    return Explanation(
        schema=compiled.schema.__qualname__,
        route="record" if compiled.record_reason else "native",
        reason=compiled.record_reason,
        extra=compiled.extra,
        rows=tuple(
            Row(
                field=field.name if field.paths == (field.name,) else f"{field.name} ({' | '.join(field.paths)})",
                type=field.annotation,
                constraints=field.constraints,
                route=field.route,
                reason=field.reason,
            )
            for field in compiled.fields
        ),
    )

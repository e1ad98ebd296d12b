"""Binding: a compiled schema meets a header and becomes a plan.

Enters: a :class:`Compiled` and the header's cells under each delimiter. Leaves: a :class:`thresher.plan.Plan`. It
matches names by Pydantic's own rules, and never reads a record.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Literal

from thresher.errors import DataProcessingError, closest
from thresher.plan import HOLE, Ask, BoundField, Column, Forbidden, Nested, Plan, Str
from thresher.schema.compiled import Compiled, Field
from thresher.schema.header import delimiter_of, looks_wrong

__all__ = ["bind"]


def bind(compiled: Compiled, candidates: Mapping[str, Sequence[str]], names: Sequence[str] | None = None) -> Plan:
    """Return the plan for a header; see :meth:`Compiled.bind`.

    Raises:
        DataProcessingError: a required field has no column, or a column occurs twice.
    """
    delimiter = delimiter_of(compiled, candidates, names)
    header = list(candidates[delimiter] if names is None else names)
    _refuse_repeated(compiled, header, delimiter)

    places = {name: place for place, name in enumerate(header)}
    matched: dict[str, list[str]] = {
        field.name: [path for path in field.paths if path in places] for field in compiled.fields
    }
    absent = [field for field in compiled.fields if field.required and not matched[field.name]]
    if absent and not compiled.free_header:
        raise DataProcessingError(_absent(compiled, absent, header, delimiter, candidates))

    wanted = Counter(path for paths in matched.values() for path in paths)
    disputed = any(count > 1 for count in wanted.values()) or any(len(paths) > 1 for paths in matched.values())
    extras = [name for name in header if name not in wanted]
    # The second column of a field is an extra one in the records where the first is there.
    used = {paths[0] for paths in matched.values() if paths}
    kept = [name for name in header if name not in used] if compiled.extra == "allow" else []
    keys = [*(compiled.outputs or ()), *kept]
    odd = len(set(keys)) != len(keys) or (
        compiled.extra == "forbid" and any(HOLE in name or compiled.library.forbidden(name) is None for name in extras)
    )
    # Without a single value to write there is nothing for an engine to do.
    empty = not compiled.fields and not kept
    record = bool(compiled.record_reason) or disputed or odd or empty
    return Plan(
        route="record" if record else "native",
        delimiter=delimiter,
        columns=[Column(name=name, null=_null_of(compiled, matched, name)) for name in header],
        fields=_outputs(compiled, header, kept)
        if record
        else [*_native(compiled, matched, places), *(_kept(name, places[name]) for name in kept)],
        forbidden=[_forbidden(compiled, name, places[name]) for name in extras]
        if compiled.extra == "forbid" and not record
        else [],
        dialect=compiled.library.dialect,
        shapes=[] if record else list(compiled.shapes),
    )


def _native(compiled: Compiled, matched: Mapping[str, list[str]], places: Mapping[str, int]) -> list[BoundField]:
    fields = []
    for field in compiled.fields:
        paths = matched[field.name]
        loc = paths[0] if paths and compiled.loc_by_alias else field.name
        errors = [template.at((loc,)) for template in field.templates]
        if field.null == "missing":
            missing = compiled.library.missing(field.key)
            errors += [missing.at(field.missing_loc)] if missing is not None else []
        fields.append(
            BoundField(
                name=field.key,
                column=places[paths[0]] if paths else None,
                kind=field.kind,
                null="omit" if field.optional and not paths else field.null,
                default=field.default,
                errors=errors,
                nullable=field.nullable and compiled.library.dialect == "msgspec",
                loc=[loc] if isinstance(field.kind, Nested) else [],
            )
        )
    return fields


def _kept(name: str, place: int) -> BoundField:
    """Return the field of a column that ``extra='allow'`` keeps."""
    return BoundField(name=name, column=place, kind=Str(), null="omit", default=None, errors=[])


def _outputs(compiled: Compiled, header: Sequence[str], kept: Sequence[str]) -> list[BoundField]:
    """Return what is written where every record goes to Pydantic: the names and their order, no more."""
    names = header if compiled.outputs is None else [*compiled.outputs, *kept]
    return [BoundField(name=name, column=None, kind=Ask(), null="ask", default=None, errors=[]) for name in names]


def _forbidden(compiled: Compiled, name: str, place: int) -> Forbidden:
    template = compiled.library.forbidden(name)
    assert template is not None
    return Forbidden(column=place, error=template.at((name,)))


def _null_of(compiled: Compiled, matched: Mapping[str, list[str]], name: str) -> Literal["omit", "none"]:
    """Return what a null cell of a column becomes; the first field that wants it decides."""
    for field in compiled.fields:
        if name in matched[field.name]:
            return "none" if field.nullable and (field.required or field.optional) else "omit"
    return "omit"


def _refuse_repeated(compiled: Compiled, header: Sequence[str], delimiter: str) -> None:
    wanted = {path for field in compiled.fields for path in field.paths}
    unread = compiled.extra == "ignore" and not compiled.free_header
    repeated = [
        name
        for name, count in Counter(header).items()
        # The nameless columns of a table with spare delimiters are nobody's, and harmless where nobody reads them.
        if count > 1 and not (name == "" and unread and "" not in wanted)
    ]
    if repeated:
        places = [str(place + 1) for place, name in enumerate(header) if name == repeated[0]]
        raise DataProcessingError(
            f"the column {repeated[0]!r} occurs {len(places)} times in the header (as columns {', '.join(places)}, "
            f"with delimiter {delimiter!r}): rename or remove all but one"
        )


def _absent(
    compiled: Compiled,
    absent: Sequence[Field],
    header: Sequence[str],
    delimiter: str,
    candidates: Mapping[str, Sequence[str]],
) -> str:
    """Return the message for required fields without a column."""
    known = {path for field in compiled.fields for path in field.paths}
    free = [name for name in header if name not in known]
    parts = []
    for field in absent[:5]:
        looked = " or ".join(repr(path) for path in field.paths) or "a path into nested data, which no cell holds"
        named = f"{looked}" if field.paths == (field.name,) else f"{field.name!r} (column {looked})"
        parts.append(named + closest(field.paths[0] if field.paths else field.name, free).replace("; did", " (did", 1))
        if parts[-1].endswith("?"):
            parts[-1] += ")"
    if len(absent) > 5:
        parts.append(f"{len(absent) - 5} more")
    shown = ", ".join(repr(name) for name in header[:12]) + (", …" if len(header) > 12 else "")
    plural = "s" if len(absent) > 1 else ""
    return (
        f"the header has no column for the required field{plural} {', '.join(parts)}; with delimiter {delimiter!r} "
        f"its columns are {shown}{looks_wrong(compiled, header, candidates)}"
    )

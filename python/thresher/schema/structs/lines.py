"""Binding to JSON Lines: a compiled Struct becomes a plan. There is no header; keys are looked up in each line.

Enters: a :class:`Compiled`. Leaves: a :class:`thresher.plan.Plan`, which is native where every field has a kernel. It
never reads a record.
"""

from __future__ import annotations

from typing import Any as AnyType

from thresher.plan import Any, Ask, BoundField, Column, Plan
from thresher.schema.annotations import annotated
from thresher.schema.compiled import RAW, Compiled, Field
from thresher.schema.structs import templates

__all__ = ["bind_lines"]


def bind_lines(compiled: Compiled) -> Plan:
    """Return the plan for JSON Lines; see :meth:`Compiled.lines`."""
    # A value of any type is one that is written in ways that no kernel of JSON has.
    native = all(field.route == "native" and not isinstance(field.kind, Any) for field in compiled.fields)
    native = native and bool(compiled.fields)
    annotations = annotated(compiled.schema) if native else {}
    return Plan(
        route="native" if native else "record",
        delimiter=",",
        columns=[Column(name=RAW, null="omit")],
        fields=[_bound(compiled, place, field, annotations[field.name]) for place, field in enumerate(compiled.fields)]
        if native
        else _outputs(compiled),
        forbidden=[],
        format="jsonl",
        lookups=[field.key for field in compiled.fields] if native else [],
        dialect="msgspec",
        known_only=native and compiled.extra == "forbid",
    )


def _bound(compiled: Compiled, place: int, field: Field, annotation: AnyType) -> BoundField:
    errors = [template.at((field.key,)) for template in templates.of_lines(annotation, field.kind)]
    if field.required:
        errors.append(compiled.library.missing(field.key).at((field.key,)))  # type: ignore[union-attr]
    return BoundField(
        name=field.key,
        column=place,
        kind=field.kind,
        null="missing" if field.required else field.null,
        default=field.default,
        errors=errors,
        nullable=field.nullable,
    )


def _outputs(compiled: Compiled) -> list[BoundField]:
    """Return what is written where every line goes to msgspec: the names and their order, no more."""
    return [
        BoundField(name=name, column=None, kind=Ask(), null="ask", default=None, errors=[])
        for name in compiled.outputs or ()
    ]

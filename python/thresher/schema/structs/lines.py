"""Binding to JSON Lines: a compiled Struct becomes a plan. There is no header; keys are looked up in each line.

Enters: a :class:`Compiled`. Leaves: a :class:`thresher.plan.Plan`, which is native where every field has a kernel. It
never reads a record.
"""

from __future__ import annotations

from typing import Any as AnyType

from msgspec import inspect

from thresher.plan import Any, Ask, BoundField, Column, Nested, Plan
from thresher.schema.annotations import annotated
from thresher.schema.compiled import RAW, Compiled, Field
from thresher.schema.structs import templates
from thresher.schema.structs.kernels import NoKernelError
from thresher.schema.structs.shapes import Shapes

__all__ = ["bind_lines"]


def bind_lines(compiled: Compiled) -> Plan:
    """Return the plan for JSON Lines; see :meth:`Compiled.lines`."""
    shapes = Shapes()
    native: list[BoundField] = []
    if not compiled.record_reason:
        types = {field.name: field.type for field in inspect.type_info(compiled.schema).fields}  # type: ignore[attr-defined]
        annotations = annotated(compiled.schema)
        bound = [
            _bound(compiled, place, field, annotations[field.name], shapes, types[field.name])
            for place, field in enumerate(compiled.fields)
        ]
        native = [field for field in bound if field is not None]
        native = native if len(native) == len(bound) else []
    return Plan(
        route="native" if native else "record",
        delimiter=",",
        columns=[Column(name=RAW, null="omit")],
        fields=native or _outputs(compiled),
        forbidden=[],
        format="jsonl",
        lookups=[field.key for field in compiled.fields] if native else [],
        dialect="msgspec",
        # The value of a key that repeats is validated each time.
        once=True,
        known_only=bool(native) and compiled.extra == "forbid",
        shapes=shapes.found if native else [],
    )


def _bound(
    compiled: Compiled, place: int, field: Field, annotation: AnyType, shapes: Shapes, type_: inspect.Type
) -> BoundField | None:
    """Return a field with its kernel or shape; None where it has none."""
    kind, errors = field.kind, []
    # A value of any type is one that is written in ways that no kernel of JSON has.
    if field.route == "native" and not isinstance(kind, Any):
        errors = [template.at((field.key,)) for template in templates.of_lines(annotation, kind)]
    else:
        try:
            kind = Nested(shape=shapes.of(type_))
        except NoKernelError:
            return None
    if field.required:
        errors.append(compiled.library.missing(field.key).at((field.key,)))  # type: ignore[union-attr]
    return BoundField(
        name=field.key,
        column=place,
        kind=kind,
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

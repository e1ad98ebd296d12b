"""The compiler for msgspec Structs: a closed world over ``msgspec.inspect``.

Enters: a Struct class. Leaves: :class:`Compiled`. It never validates a record, and never takes a type or a setting that
it does not know for harmless: that field, or the record, goes to msgspec.
"""

from __future__ import annotations

from typing import Any, Literal

import msgspec
from msgspec import inspect

from thresher.errors import ConfigurationError
from thresher.kinds import Ask, Kind, Text
from thresher.schema.annotations import annotated, plain, shown_type
from thresher.schema.compiled import Compiled, Field, Template
from thresher.schema.structs import templates
from thresher.schema.structs.kernels import (
    NoKernelError,
    accepts_none,
    constraints,
    default,
    kernel,
    needs_record,
)
from thresher.schema.structs.library import MsgspecLibrary

__all__ = ["compile_struct"]


def compile_struct(struct: type[msgspec.Struct]) -> Compiled:
    """Return the compiled form of a Struct.

    Raises:
        ConfigurationError: msgspec itself cannot use it: an annotation names what does not exist, or a type that it
            does not support.
    """
    try:
        library = MsgspecLibrary(struct)
        known: Any = inspect.type_info(struct)
        annotations = annotated(struct)
    except (TypeError, ValueError, NameError) as error:
        raise ConfigurationError(f"msgspec cannot use the Struct {struct.__qualname__}: {error}") from error
    reason = needs_record(known)
    shown = plain(struct)
    return Compiled(
        schema=struct,
        library=library,
        fields=tuple(_field(field, annotations[field.name], shown[field.name], reason) for field in known.fields),
        extra="forbid" if known.forbid_unknown_fields else "ignore",
        loc_by_alias=True,
        record_reason=reason,
        free_header=False,
        outputs=None if known.array_like else _outputs(known),
    )


def _outputs(known: Any) -> tuple[str, ...]:
    """Return what records are written under, in order; the tag, where there is one, comes first."""
    names = tuple(field.encode_name for field in known.fields)
    return names if known.tag_field is None else (known.tag_field, *names)


def _field(field: inspect.Field, annotation: Any, shown: Any, reason: str) -> Field:
    nullable = accepts_none(field.type)
    kind: Kind = Ask()
    found: tuple[Template, ...] = ()
    asked = ""
    try:
        kind = kernel(field.type)
        found = templates.of_cells(annotation, kind)
    except NoKernelError as error:
        asked = str(error)
    null, default = _null(field, nullable)
    return Field(
        name=field.name,
        key=field.encode_name,
        annotation=shown_type(shown),
        constraints=constraints(field.type),
        route="record" if reason else "field" if asked else "native",
        reason=reason or asked,
        paths=(field.encode_name,),
        missing_loc=(field.encode_name,),
        required=field.required,
        nullable=nullable,
        null=null,
        default=default,
        kind=kind,
        templates=found,
    )


def _null(field: inspect.Field, nullable: bool) -> tuple[Literal["none", "default", "missing", "ask"], Text | None]:
    """Return what a null cell means, and how the default is written if that is it."""
    if not field.required:
        text = default(field)
        return ("ask", None) if text is None else ("default", text)
    return ("none" if nullable else "missing"), None

"""The compiler for msgspec Structs: a closed world over ``msgspec.inspect``.

Enters: a Struct class. Leaves: :class:`Compiled`. It never validates a record, and never takes a type or a setting that
it does not know for harmless: that field, or the record, goes to msgspec.
"""

from __future__ import annotations

from typing import Any

import msgspec
from msgspec import inspect

from thresher.errors import ConfigurationError
from thresher.plan import Ask
from thresher.schema.annotations import plain, shown_type
from thresher.schema.compiled import Compiled, Field
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
        annotations = plain(struct)
    except (TypeError, ValueError, NameError) as error:
        raise ConfigurationError(f"msgspec cannot use the Struct {struct.__qualname__}: {error}") from error
    reason = "only msgspec knows"
    return Compiled(
        schema=struct,
        library=library,
        fields=tuple(_field(field, annotations[field.name], reason) for field in known.fields),
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


def _field(field: inspect.Field, annotation: Any, reason: str) -> Field:
    nullable = _accepts_none(field.type)
    return Field(
        name=field.name,
        key=field.encode_name,
        annotation=shown_type(annotation),
        constraints="",
        route="record",
        reason=reason,
        paths=(field.encode_name,),
        missing_loc=(field.encode_name,),
        required=field.required,
        nullable=nullable,
        null="ask",
        default=None,
        kind=Ask(),
    )


def _accepts_none(type_: inspect.Type) -> bool:
    """Return whether None validates."""
    if isinstance(type_, inspect.Metadata):
        return _accepts_none(type_.type)
    if isinstance(type_, inspect.UnionType):
        return any(map(_accepts_none, type_.types))
    if isinstance(type_, inspect.LiteralType):
        return None in type_.values
    return isinstance(type_, inspect.AnyType | inspect.NoneType | inspect.RawType)

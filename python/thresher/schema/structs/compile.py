"""The compiler for msgspec Structs: a closed world over ``msgspec.inspect``.

Enters: a Struct class. Leaves: :class:`Compiled`. It never validates a record, and never takes a type or a setting that
it does not know for harmless: that field, or the record, goes to msgspec.
"""

from __future__ import annotations

import datetime
import decimal
import enum
import uuid
from typing import Any, Literal

import msgspec
from msgspec import inspect

from thresher.errors import ConfigurationError
from thresher.kinds import Ask, Kind, Text
from thresher.plan import HOLE
from thresher.schema.annotations import annotated, plain, shown_type
from thresher.schema.compiled import Compiled, Field, Template
from thresher.schema.structs import templates
from thresher.schema.structs.kernels import NoKernelError, accepts_none, constraints, kernel, written
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
    reason = _needs_record(struct, known)
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


def _needs_record(struct: type[msgspec.Struct], known: Any) -> str:
    """Return why every record goes to msgspec; empty where it does not."""
    if hasattr(struct, "__post_init__"):
        return "it has a __post_init__"
    if known.array_like:
        return "it is array_like"
    if known.tag_field is not None:
        return "it is tagged"
    if struct.__struct_config__.omit_defaults:
        return "it omits defaults"
    for field in known.fields:
        if field.default is msgspec.UNSET or _unset(field.type):
            return f"field {field.name!r} may be UNSET"
        if HOLE in field.encode_name:
            return f"field {field.name!r} has a NUL in its name"
    return ""


def _unset(type_: inspect.Type) -> bool:
    """Return whether a field may have no value at all."""
    name: Any = getattr(inspect, "UnsetType", None)
    if isinstance(type_, inspect.UnionType):
        return any(map(_unset, type_.types))
    if isinstance(type_, inspect.CustomType):
        return type_.cls is msgspec.UnsetType
    return name is not None and isinstance(type_, name)


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


_CONSTANTS = (
    str,
    int,
    float,
    bool,
    type(None),
    decimal.Decimal,
    datetime.date,
    datetime.datetime,
    datetime.time,
    datetime.timedelta,
    uuid.UUID,
)


def _null(field: inspect.Field, nullable: bool) -> tuple[Literal["none", "default", "missing", "ask"], Text | None]:
    """Return what a null cell means, and how the default is written if that is it."""
    if not field.required:
        value = field.default
        constant = type(value) in _CONSTANTS or (isinstance(value, enum.Enum) and type(value.value) in _CONSTANTS)
        if field.default_factory is not msgspec.NODEFAULT or not constant:
            return "ask", None
        return "default", written(value)
    return ("none" if nullable else "missing"), None

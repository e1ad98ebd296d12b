"""Kernels for the fields of a Struct: a type as ``msgspec.inspect`` tells it enters, a kind or a reason leaves.

A closed world: a type that is not in the table, or a constraint that no kernel has, goes to msgspec.
"""

from __future__ import annotations

import datetime
import decimal
import enum
import math
import uuid
from collections.abc import Callable, Mapping
from typing import Any

import msgspec
from msgspec import inspect

from thresher import kinds
from thresher.encode import cell_text
from thresher.kinds import Kind, Text
from thresher.plan import HOLE
from thresher.schema.structs.pattern import in_rust

__all__ = [
    "TESTED_VERSIONS",
    "NoKernelError",
    "accepts_none",
    "constraints",
    "default",
    "kernel",
    "needs_record",
    "written",
]

TESTED_VERSIONS = ("0.22.0",)
"""Versions of msgspec that the kernels agree with."""

_INT64 = range(-(1 << 63), 1 << 63)

_BOUNDS = ("ge", "gt", "le", "lt")


class NoKernelError(Exception):
    """msgspec has to be asked about this field; the argument says why."""


def accepts_none(type_: inspect.Type) -> bool:
    """Return whether None validates."""
    if isinstance(type_, inspect.Metadata):
        return accepts_none(type_.type)
    if isinstance(type_, inspect.UnionType):
        return any(map(accepts_none, type_.types))
    if isinstance(type_, inspect.LiteralType):
        return None in type_.values
    return isinstance(type_, inspect.AnyType | inspect.NoneType | inspect.RawType)


def kernel(type_: inspect.Type) -> Kind:
    """Return the kind of kernel that decides what a field of a type accepts.

    Raises:
        NoKernelError: none does.
    """
    inner = _inner(type_)
    make = _BY_TYPE.get(type(inner))
    if make is None:
        raise NoKernelError(f"no kernel for {_shown(inner)}")
    kind = make(inner)
    if inner is not type_ and isinstance(kind, kinds.Choice) and any(cell.lower() == "null" for cell in kind.cells):
        raise NoKernelError("null is one of several texts")
    return kind


def constraints(type_: inspect.Type) -> str:
    """Return the constraints of a type, for people."""
    try:
        inner = _inner(type_)
    except NoKernelError:
        return ""
    names = (*_BOUNDS, "multiple_of", "min_length", "max_length", "pattern", "tz")
    found = {name: getattr(inner, name, None) for name in names}
    return ", ".join(f"{name}={value!r}" for name, value in found.items() if value is not None)


def written(value: Any) -> Text:
    """Return how a value is written."""
    json = msgspec.json.encode(value)
    return Text(json=json.decode(), csv=cell_text(json, value))


def default(field: inspect.Field) -> Text | None:
    """Return how the default of a field is written, where it is the same for all records; else None."""
    if field.default_factory in (list, dict, set, frozenset, tuple):
        return written(field.default_factory())
    known = field.default_factory is msgspec.NODEFAULT and _constant(field.default)
    return written(field.default) if known else None


def _constant(value: Any) -> bool:
    if isinstance(value, enum.Enum):
        return _constant(value.value)
    if type(value) is tuple:
        return all(map(_constant, value))
    return type(value) in _CONSTANTS


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


def needs_record(known: inspect.StructType, *, whole: bool = True) -> str:
    """Return why msgspec has to be asked about whole values of a Struct; empty where it does not.

    Args:
        known: the Struct.
        whole: whether its values are whole records.
    """
    struct: Any = known.cls
    if hasattr(struct, "__post_init__"):
        return "it has a __post_init__"
    if known.array_like:
        return "it is array_like"
    if whole and known.tag_field is not None:
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


def _inner(type_: inspect.Type) -> inspect.Type:
    """Return the type beside null."""
    if isinstance(type_, inspect.Metadata):
        return _inner(type_.type)
    if not isinstance(type_, inspect.UnionType):
        return type_
    others = [each for each in type_.types if not isinstance(each, inspect.NoneType)]
    if len(others) != 1:
        raise NoKernelError("no kernel for several types")
    return _inner(others[0])


def _shown(type_: inspect.Type) -> str:
    return type(type_).__name__.removesuffix("Type").lower()


def _int(type_: inspect.IntType) -> Kind:
    bounds = {"ge": type_.ge, "le": type_.le}
    # As msgspec itself has them.
    if type_.gt is not None:
        bounds["ge"] = type_.gt + 1
    if type_.lt is not None:
        bounds["le"] = type_.lt - 1
    found = {**bounds, "multiple_of": type_.multiple_of}
    for name, value in found.items():
        if value is not None and (type(value) is not int or value not in _INT64):
            raise NoKernelError(f"{name}={value!r} is no int of 64 bits")
    if type_.multiple_of == 0:
        raise NoKernelError("multiple_of=0")
    return kinds.Int(**found)


def _float(type_: inspect.FloatType) -> Kind:
    if type_.multiple_of is not None:
        raise NoKernelError("multiple_of of a float")
    bounds = {name: getattr(type_, name) for name in _BOUNDS}
    for name, value in bounds.items():
        if value is not None and not math.isfinite(value):
            raise NoKernelError(f"{name}={value!r} is not finite")
    ge, gt, le, lt = (None if value is None else float(value) for value in bounds.values())
    return kinds.Float(ge=ge, gt=gt, le=le, lt=lt)


def _str(type_: inspect.StrType) -> Kind:
    pattern = None
    if type_.pattern is not None:
        pattern = in_rust(type_.pattern)
        if pattern is None:
            raise NoKernelError("the pattern is one that only Python's re searches")
    return kinds.Str(min_length=type_.min_length, max_length=type_.max_length, pattern=pattern)


def _zone(tz: bool | None) -> Any:
    return None if tz is None else "aware" if tz else "naive"


def _literal(type_: inspect.LiteralType) -> Kind:
    return _choice({value: value for value in type_.values}, "literal_error")


def _enum(type_: inspect.EnumType) -> Kind:
    cls: type[enum.Enum] = type_.cls
    if issubclass(cls, enum.Flag):
        raise NoKernelError(f"{cls.__name__} is a Flag")
    if getattr(cls._missing_, "__func__", None) is not enum.Enum._missing_.__func__:  # type: ignore[attr-defined]
        raise NoKernelError(f"{cls.__name__} defines _missing_")
    return _choice({member.value: member for member in cls}, "enum")


def _choice(values: Mapping[Any, Any], error: Any) -> Kind:
    types = {type(value) for value in values}
    if types == {str}:
        return kinds.Choice(cells=list(values), texts=[written(each) for each in values.values()], error=error)
    if types == {int} and all(abs(value) < 10**18 for value in values):
        texts = [written(each) for each in values.values()]
        return kinds.Choice(cells=[str(value) for value in values], texts=texts, error=error, integer=True)
    raise NoKernelError("no kernel for values of several types")


_BY_TYPE: Mapping[type, Callable[[Any], Kind]] = {
    inspect.AnyType: lambda type_: kinds.Any(),
    inspect.BoolType: lambda type_: kinds.Bool(),
    inspect.IntType: _int,
    inspect.FloatType: _float,
    inspect.StrType: _str,
    inspect.DateType: lambda type_: kinds.Date(),
    inspect.DateTimeType: lambda type_: kinds.DateTime(tz=_zone(type_.tz)),
    inspect.TimeType: lambda type_: kinds.Time(tz=_zone(type_.tz)),
    inspect.TimeDeltaType: lambda type_: kinds.TimeDelta(),
    inspect.DecimalType: lambda type_: kinds.Decimal(),
    inspect.UUIDType: lambda type_: kinds.Uuid(),
    inspect.LiteralType: _literal,
    inspect.EnumType: _enum,
}

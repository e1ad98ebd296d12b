"""Types of values, as far as expressions tell them apart: annotations enter, sets of names leave.

A type is a set, as a value may be one of several things: ``{"float", "none"}`` is ``float | None``.
"""

from __future__ import annotations

import datetime as dt
import decimal
import enum
import types
import typing
import uuid
from typing import Any, TypeAlias

__all__ = ["OTHER", "Type", "annotation_of", "of_annotation", "of_value", "show"]

Type: TypeAlias = frozenset[str]
"""Names of :data:`BASES`, at least one; ``other`` stands for whatever expressions cannot look into."""

BASES: dict[str, Any] = {
    "none": type(None),
    "bool": bool,
    "int": int,
    "float": float,
    "str": str,
    "date": dt.date,
    "datetime": dt.datetime,
    "time": dt.time,
    "timedelta": dt.timedelta,
    "decimal": decimal.Decimal,
    "uuid": uuid.UUID,
    "other": object,
}
"""Every name, and the Python type that it stands for."""

_NAMES = {python: name for name, python in BASES.items() if name != "other"}
_SHOWN = {"none": "None", "decimal": "Decimal", "uuid": "UUID", "other": "another type"}
_ORDER = list(BASES)
OTHER: Type = frozenset({"other"})


def show(type_: Type) -> str:
    """Return a type as it would be annotated: ``int | None``."""
    names = sorted(type_, key=lambda name: (name == "none", _ORDER.index(name)))
    return " | ".join(_SHOWN.get(name, name) for name in names)


def of_value(value: Any) -> Type:
    """Return the type of a constant."""
    return frozenset({_NAMES.get(type(value), "other")})


def of_annotation(annotation: Any) -> Type:
    """Return the type of what an annotation stands for, ``other`` for what expressions do not know."""
    if annotation is None:
        return frozenset({"none"})
    if isinstance(annotation, typing.NewType):
        return of_annotation(annotation.__supertype__)
    alias = getattr(annotation, "__value__", None)
    if alias is not None and type(annotation).__name__ == "TypeAliasType":
        return of_annotation(alias)
    origin = typing.get_origin(annotation)
    if origin is typing.Annotated:
        return of_annotation(typing.get_args(annotation)[0])
    if origin is typing.Literal:
        return frozenset().union(*(_of_instance(value) for value in typing.get_args(annotation)))
    if origin is typing.Union or origin is types.UnionType:
        return frozenset().union(*map(of_annotation, typing.get_args(annotation)))
    if isinstance(annotation, type):
        return _of_class(annotation)
    return OTHER


def _of_class(cls: type) -> Type:
    if cls in _NAMES:
        return frozenset({_NAMES[cls]})
    if cls.__module__ in ("pydantic.networks", "pydantic.types") and cls.__name__ in _PYDANTIC:
        return frozenset({_PYDANTIC[cls.__name__]})
    if issubclass(cls, enum.Enum) and not issubclass(cls, str | int):
        return OTHER
    for base in (str, int, float):
        if issubclass(cls, base):
            return frozenset({_NAMES[base]})
    return OTHER


def _of_instance(value: Any) -> Type:
    return _of_class(type(value))


_PYDANTIC = {
    "EmailStr": "str",
    "PastDate": "date",
    "FutureDate": "date",
    "AwareDatetime": "datetime",
    "NaiveDatetime": "datetime",
    "PastDatetime": "datetime",
    "FutureDatetime": "datetime",
}
"""Pydantic's own classes that stand for a value of an ordinary type."""


def annotation_of(type_: Type) -> Any:
    """Return the annotation for a column of values of a type.

    A column has one type: where some of its values are int and others float, all are float.
    """
    bases = set(type_ - {"none"})
    if "other" in bases:
        return Any
    if "float" in bases or "decimal" in bases:
        bases -= {"int", "bool"}
    elif "int" in bases:
        bases -= {"bool"}
    found: Any = None
    for name in sorted(bases, key=_ORDER.index):
        found = BASES[name] if found is None else found | BASES[name]
    if found is None:
        return type(None)
    return found | None if "none" in type_ else found

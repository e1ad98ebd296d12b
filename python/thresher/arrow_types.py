"""Types of columns: the annotation of a field enters, what its column in Arrow is like leaves.

Looks at annotations alone, so that the columns of two runs agree. Never looks at a value, and never imports PyArrow.
"""

from __future__ import annotations

import collections.abc as abc
import dataclasses
import datetime as dt
import sys
import types
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from enum import Enum
from functools import cache
from typing import Annotated, Any, Literal, NewType, Union, get_args, get_origin

from thresher.schema.annotations import annotated

__all__ = ["Leaf", "Nested", "annotated", "type_of"]

KINDS = (bool, int, float, str, bytes, dt.datetime, dt.date, dt.time, dt.timedelta, Decimal)

LISTS = (list, set, frozenset, abc.Sequence, abc.Set, abc.Iterable, abc.Collection)


@dataclass(frozen=True, slots=True)
class Leaf:
    """A column of plain values."""

    kind: type
    """The type of the values in Python."""
    aware: bool = False
    """Whether a datetime has a time zone where no value tells."""
    enum: bool = False
    """Whether the values are members of an Enum, each with a value of ``kind``."""
    places: int = 0
    """Decimal places that the field allows."""


@dataclass(frozen=True, slots=True)
class Nested:
    """A column of lists, structs or maps."""

    arrow: Callable[[Any], Any]
    """Returns the type of Arrow, given the module."""
    plain: Callable[[Any], Any]
    """Returns a value as Arrow takes it."""


def type_of(annotation: Any) -> Leaf | Nested | None:
    """Return what a column is like; None: only text holds every value that the annotation allows."""
    try:
        return _type_of(annotation, ())
    except (TypeError, RecursionError):
        # Not hashable, or of a form that nobody thought of.
        return None


def _type_of(annotation: Any, within: tuple[Any, ...]) -> Leaf | Nested | None:
    annotation, places = _stripped(annotation)
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Literal:
        kinds = {type(value.value) if isinstance(value, Enum) else type(value) for value in arguments}
        kinds.discard(type(None))
        kind = kinds.pop() if len(kinds) == 1 else None
        return Leaf(kind, enum=True) if kind in (str, int, bool) else None
    if annotation in _SPECIAL():
        return _SPECIAL()[annotation]
    if isinstance(annotation, type) and issubclass(annotation, Enum):
        kinds = {type(member.value) for member in annotation}
        kind = kinds.pop() if len(kinds) == 1 else None
        return Leaf(kind, enum=True) if kind in (str, int) else None
    if annotation in KINDS:
        return Leaf(annotation, places=places)
    if annotation in within:
        # Arrow has no type that holds itself.
        return None
    return _nested(annotation, origin, arguments, (*within, annotation))


def _stripped(annotation: Any) -> tuple[Any, int]:
    """Return an annotation without what says nothing about the type, and the decimal places that it allows."""
    places = 0
    while True:
        origin = get_origin(annotation)
        if origin is Annotated:
            for extra in annotation.__metadata__:
                places = max(places, getattr(extra, "decimal_places", None) or 0)
            annotation = annotation.__origin__
        elif origin is Union or origin is types.UnionType:
            kinds = [each for each in get_args(annotation) if each is not type(None)]
            if len(kinds) != 1:
                return annotation, places
            annotation = kinds[0]
        elif isinstance(annotation, NewType):
            annotation = annotation.__supertype__
        elif hasattr(annotation, "__value__"):
            annotation = annotation.__value__
        else:
            return annotation, places


def _nested(annotation: Any, origin: Any, arguments: tuple[Any, ...], within: tuple[Any, ...]) -> Nested | None:
    if origin in LISTS and len(arguments) == 1:
        return _list(arguments[0], within)
    if origin is tuple and arguments:
        kinds = arguments[:-1] if arguments[-1] is Ellipsis else arguments
        return _list(kinds[0], within) if len(set(kinds)) == 1 else None
    if origin in (dict, abc.Mapping, abc.MutableMapping) and _stripped(arguments[0])[0] is str:
        return _map(arguments[1], within)
    fields = _fields(annotation)
    return None if fields is None else _struct(annotation, fields, within)


def _element(annotation: Any, within: tuple[Any, ...]) -> Nested:
    """Return the type of a value inside another: what has no type of its own for all values is text."""
    found = _type_of(annotation, within)
    if isinstance(found, Nested):
        return Nested(found.arrow, lambda value: None if value is None else found.plain(value))
    from thresher.arrow import FITS, SIMPLE, text

    kind = found.kind if found is not None else object
    if kind is int or kind in SIMPLE:
        fits = FITS[kind] | {type(None)}

        def checked(value: Any) -> Any:
            value = value.value if isinstance(value, Enum) else value
            if type(value) not in fits:
                raise TypeError
            return value

        make = SIMPLE.get(kind, lambda arrow: arrow.int64())
        return Nested(make, checked)
    return Nested(lambda arrow: arrow.string(), text)


def _list(annotation: Any, within: tuple[Any, ...]) -> Nested:
    element = _element(annotation, within)
    return Nested(
        lambda arrow: arrow.list_(element.arrow(arrow)), lambda value: [element.plain(each) for each in value]
    )


def _map(annotation: Any, within: tuple[Any, ...]) -> Nested:
    element = _element(annotation, within)
    return Nested(
        lambda arrow: arrow.map_(arrow.string(), element.arrow(arrow)),
        lambda value: [(key, element.plain(each)) for key, each in value.items()],
    )


def _fields(annotation: Any) -> dict[str, Any] | None:
    """Return the fields of a model, dataclass or TypedDict."""
    if not isinstance(annotation, type):
        return None
    found: Any = annotation
    model: Any = getattr(sys.modules.get("pydantic"), "BaseModel", None)
    if model is not None and issubclass(annotation, model):
        root = issubclass(annotation, sys.modules["pydantic"].RootModel)
        return None if root or found.model_config.get("extra") == "allow" else annotated(found)
    is_dict = issubclass(annotation, dict) and hasattr(annotation, "__required_keys__")
    if is_dict or dataclasses.is_dataclass(annotation) or hasattr(annotation, "__struct_fields__"):
        return annotated(annotation)
    return None


def _struct(annotation: Any, fields: dict[str, Any], within: tuple[Any, ...]) -> Nested | None:
    if not fields:
        return None
    elements = {name: _element(each, within) for name, each in fields.items()}
    is_dict = issubclass(annotation, dict)

    def plain(value: Any) -> dict[str, Any]:
        if is_dict:
            return {name: element.plain(value.get(name)) for name, element in elements.items()}
        # A subclass may have fields that the struct has no place for.
        if type(value) is not annotation:
            raise TypeError
        return {name: element.plain(getattr(value, name)) for name, element in elements.items()}

    return Nested(
        lambda arrow: arrow.struct([(name, element.arrow(arrow)) for name, element in elements.items()]), plain
    )


@cache
def _SPECIAL() -> dict[Any, Leaf]:  # noqa: N802
    """Return Pydantic's own names for types of the standard library."""
    pydantic: Any = sys.modules.get("pydantic")
    if pydantic is None:
        return {}

    return {
        pydantic.AwareDatetime: Leaf(dt.datetime, aware=True),
        pydantic.NaiveDatetime: Leaf(dt.datetime),
        pydantic.PastDatetime: Leaf(dt.datetime),
        pydantic.FutureDatetime: Leaf(dt.datetime),
        pydantic.PastDate: Leaf(dt.date),
        pydantic.FutureDate: Leaf(dt.date),
        pydantic.EmailStr: Leaf(str),
    }

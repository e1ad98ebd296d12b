"""Arrays: accepted records enter, one NumPy array for each field leaves.

NumPy is imported when this is used. A field's array has a native type only where every value fits it exactly;
otherwise it holds the Python objects. Never changes a value.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, get_args

from thresher import plan
from thresher.columns import DEFAULT, VALUE, Columns, Piece, code
from thresher.engine import Kept
from thresher.errors import ConfigurationError
from thresher.schema.annotations import annotated, plain

if TYPE_CHECKING:
    import numpy as np

__all__ = ["array_of", "kept_arrays", "lists", "require_numpy", "to_arrays"]

DTYPES: dict[type, str] = {
    bool: "bool",
    int: "int64",
    float: "float64",
    dt.date: "datetime64[D]",
    dt.datetime: "datetime64[us]",
    dt.timedelta: "timedelta64[us]",
}
"""The array type of each exact Python type; any other type, an Enum of ints included, becomes objects."""

NUMBERS: dict[type, tuple[type, str, str]] = {
    plan.Bool: (bool, "int64", "bool"),
    plan.Int: (int, "int64", "int64"),
    plan.Float: (float, "float64", "float64"),
    plan.TimeDelta: (dt.timedelta, "int64", "timedelta64[us]"),
}
"""For kinds that the Rust engine keeps as 64 bits: the type of their values, of the bits, and of the array."""

INT64 = range(-(1 << 63), 1 << 63)


def to_arrays(schema: type, records: Iterable[Any]) -> dict[str, np.ndarray[Any, Any]]:
    """Return an array for each field, its length the number of records.

    Args:
        schema: the model of the records; its annotations decide where a field has no value, or none but None.
        records: accepted records; what ``extra='allow'`` kept beside the fields comes after them.

    Returns:
        for each field: an array of shape (records,), masked where the field has None and a native type.
    """
    hints = {name: _hint(annotation) for name, annotation in plain(schema).items()}
    return {name: array_of(column, hints.get(name)) for name, column in lists(schema, records).items()}


def require_numpy(what: str) -> None:
    """Make sure that NumPy is there, before anything is read for nothing.

    Args:
        what: asks for it, for the message.

    Raises:
        ConfigurationError: it is not installed.
    """
    try:
        import numpy  # noqa: F401
    except ModuleNotFoundError as error:
        if error.name != "numpy":
            raise
        raise ConfigurationError(f"{what} needs NumPy, which is not installed: install thresher[numpy]") from None


def kept_arrays(schema: type, kept: Kept) -> dict[str, np.ndarray[Any, Any]]:
    """Return the same of records that an engine kept; numbers are handed over without an object for each.

    Args:
        schema: the model of the records.
        kept: the records.
    """
    if not (isinstance(kept, Columns) and kept.by_column):
        return to_arrays(schema, kept.instances())
    made = {}
    for name, annotation in plain(schema).items():
        pieces = kept.column(name)
        array = _numbers(pieces)
        if array is None:
            array = array_of([value for piece in pieces for value in piece.values()], _hint(annotation))
        made[name] = array
    return made


def _numbers(pieces: list[Piece]) -> np.ndarray[Any, Any] | None:
    """Return a column of numbers; None where it has others, or values that Pydantic made."""
    import numpy as np

    types = {type(piece.kind) for piece in pieces}
    name = NUMBERS.get(types.pop()) if len(types) == 1 else None
    if name is None or any(piece.whole or piece.asked for piece in pieces):
        return None
    kind, stored, dtype = name
    if kind is bool:
        numbers = [np.frombuffer(piece.numbers, dtype=code(piece.numbers, piece.rows)) for piece in pieces]
    else:
        numbers = [np.frombuffer(piece.numbers, dtype=stored) for piece in pieces]
    found = np.concatenate(numbers)
    array = (found == 1) if kind is bool else found.view(dtype)
    marks = np.frombuffer(b"".join(piece.marks for piece in pieces), dtype=np.uint8)
    null = marks != VALUE
    if not null.any():
        return array
    array = array.copy()
    array[null] = np.zeros((), dtype=dtype)[()]
    if (marks == DEFAULT).any():
        default = next(piece for piece in pieces if bytes([DEFAULT]) in piece.marks).default()
        if default is not None:
            if type(default) is not kind or (kind is int and default not in INT64):
                return None
            array[marks == DEFAULT] = default
            null &= marks != DEFAULT
    return np.ma.MaskedArray(array, mask=null) if null.any() else array


def lists(schema: type, records: Iterable[Any]) -> dict[str, list[Any]]:
    """Return the values of each field, and of what ``extra='allow'`` kept; None where a record has none.

    Args:
        schema: the model of the records.
        records: accepted records.
    """
    columns: dict[str, list[Any]] = {name: [] for name in annotated(schema)}
    fields, known = tuple(columns), frozenset(columns)
    count = 0
    for record in records:
        if isinstance(record, dict):
            for name in fields:
                columns[name].append(record.get(name))
            extra = {name: value for name, value in record.items() if name not in known}
        else:
            for name in fields:
                columns[name].append(getattr(record, name, None))
            extra = getattr(record, "__pydantic_extra__", None) or {}
        for name, value in extra.items():
            column = columns.setdefault(name, [])
            column.extend([None] * (count - len(column)))
            column.append(value)
        count += 1
    for column in columns.values():
        column.extend([None] * (count - len(column)))
    return columns


def _hint(annotation: Any) -> type | None:
    """Return the one type that an annotation allows beside None, where there is one."""
    kinds = [kind for kind in get_args(annotation) or (annotation,) if kind is not type(None)]
    return kinds[0] if len(kinds) == 1 and isinstance(kinds[0], type) else None


def array_of(values: list[Any], hint: type | None = None) -> np.ndarray[Any, Any]:
    """Return an array of the values of one column.

    Args:
        values: bool, int, float, date, datetime (without a time zone) or timedelta, all of one type or None; anything
            else becomes an array of objects.
        hint: the type where no value has one.
    """
    import numpy as np

    kinds = {type(value) for value in values}
    null = type(None) in kinds
    kinds.discard(type(None))
    kind = kinds.pop() if len(kinds) == 1 else hint if not kinds else None
    dtype = DTYPES.get(kind) if kind is not None else None
    if dtype is not None and kind is int and any(value not in INT64 for value in values if value is not None):
        dtype = None
    if dtype is not None and kind is dt.datetime and any(v.tzinfo is not None for v in values if v is not None):
        dtype = None
    if dtype is None:
        objects = np.empty(len(values), dtype=object)
        for place, value in enumerate(values):
            objects[place] = value
        return objects
    if not null:
        return np.array(values, dtype=dtype)
    mask = np.fromiter((value is None for value in values), dtype=bool, count=len(values))
    zero = np.zeros((), dtype=dtype)[()]
    filled = np.array([zero if value is None else value for value in values], dtype=dtype)
    return np.ma.MaskedArray(filled, mask=mask)

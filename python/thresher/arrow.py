"""Arrow: accepted records enter, a table of Arrow leaves, with a column for each field.

The type of a column follows from the annotation of its field, whatever the engine. Values that do not fit it (text in
an ``int | str``, NaN in a Decimal) make it a column of the texts that a CSV file would hold. Never changes a value.
PyArrow is imported when this is used.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from decimal import Decimal
from enum import Enum
from typing import TYPE_CHECKING, Any

import msgspec

from thresher.arrays import lists
from thresher.arrow_types import Leaf, Nested, type_of
from thresher.columns import Columns
from thresher.encode import cell_text
from thresher.engine import Kept
from thresher.errors import ConfigurationError
from thresher.schema.annotations import annotated

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["array_of", "pyarrow", "table"]

FITS: dict[type, frozenset[type]] = {
    bool: frozenset({bool}),
    int: frozenset({int}),
    float: frozenset({float, int}),
    str: frozenset({str}),
    bytes: frozenset({bytes}),
    dt.date: frozenset({dt.date}),
    dt.datetime: frozenset({dt.datetime}),
    dt.time: frozenset({dt.time}),
    dt.timedelta: frozenset({dt.timedelta}),
    Decimal: frozenset({Decimal}),
}
"""The exact types of the values that a column of a type holds."""

DIGITS = 38
"""Of a Decimal in 128 bits."""


def pyarrow(what: str) -> Any:
    """Return the module.

    Args:
        what: asks for it, for the message.

    Raises:
        ConfigurationError: it is not installed.
    """
    try:
        import pyarrow
    except ModuleNotFoundError as error:
        if error.name != "pyarrow":
            raise
        raise ConfigurationError(f"{what} needs PyArrow, which is not installed: install thresher[arrow]") from None
    return pyarrow


def table(schema: type, kept: Kept, what: str) -> pa.Table:
    """Return a table of the accepted records.

    Args:
        schema: the model of the records.
        kept: the records.
        what: asks for it, for messages.

    Raises:
        ConfigurationError: PyArrow is not installed.
    """
    arrow = pyarrow(what)
    fields = annotated(schema)
    made: dict[str, Any] = {}
    if isinstance(kept, Columns) and kept.by_column:
        from thresher.arrow_buffers import chunked

        for name, annotation in fields.items():
            pieces = kept.column(name)
            column = chunked(arrow, pieces, type_of(annotation))
            if column is None:
                column = array_of(arrow, [value for piece in pieces for value in piece.values()], annotation)
            made[name] = column
    else:
        for name, values in lists(schema, kept.instances()).items():
            made[name] = array_of(arrow, values, fields.get(name, object))
    # From names and arrays: a model may have no field, and two extra columns one name.
    return arrow.table(list(made.values()), names=list(made)) if made else arrow.table({})


def array_of(arrow: Any, values: list[Any], annotation: Any) -> pa.Array:
    """Return the values of one column.

    Args:
        arrow: the module.
        values: of the field, None included.
        annotation: of the field.
    """
    wanted = type_of(annotation)
    if isinstance(wanted, Nested):
        try:
            return arrow.array([None if v is None else wanted.plain(v) for v in values], type=wanted.arrow(arrow))
        except (arrow.ArrowException, TypeError, ValueError, AttributeError, OverflowError):
            return arrow.array([text(value) for value in values], type=arrow.string())
    if wanted is not None:
        if wanted.enum:
            values = [value.value if isinstance(value, Enum) else value for value in values]
        if {type(value) for value in values} - {type(None)} <= FITS[wanted.kind]:
            for each in leaf_types(arrow, wanted, values):
                try:
                    return arrow.array(values, type=each)
                except (arrow.ArrowException, ValueError, OverflowError):
                    continue
    return arrow.array([text(value) for value in values], type=arrow.string())


def leaf_types(arrow: Any, wanted: Leaf, values: list[Any]) -> list[Any]:
    """Return the types that may hold all values of a column, the preferred first."""
    simple = SIMPLE.get(wanted.kind)
    if simple is not None:
        return [simple(arrow)]
    if wanted.kind is int:
        return [arrow.int64(), arrow.decimal128(DIGITS, 0)]
    if wanted.kind is Decimal:
        return _decimal(arrow, wanted, values)
    zones = {value.tzinfo is not None and value.utcoffset() is not None for value in values if value is not None}
    zones = zones or {wanted.aware}
    if wanted.kind is dt.time:
        return [arrow.time64("us")] if zones == {False} else []
    if len(zones) > 1:
        return []
    return [arrow.timestamp("us", tz="UTC" if zones == {True} else None)]


SIMPLE: Mapping[type, Callable[[Any], Any]] = {
    bool: lambda arrow: arrow.bool_(),
    float: lambda arrow: arrow.float64(),
    str: lambda arrow: arrow.string(),
    bytes: lambda arrow: arrow.binary(),
    dt.date: lambda arrow: arrow.date32(),
    dt.timedelta: lambda arrow: arrow.duration("us"),
}
"""The type of Arrow for those of Python that have one whatever the values."""


def _decimal(arrow: Any, wanted: Leaf, values: list[Any]) -> list[Any]:
    """Return a type for Decimals: as many places as the values have, and at least those that the field says."""
    places, whole = wanted.places, 1
    for value in values:
        if value is None:
            continue
        _, digits, exponent = value.as_tuple()
        if not isinstance(exponent, int):
            return []
        places = max(places, -exponent)
        whole = max(whole, len(digits) + exponent)
    return [arrow.decimal128(DIGITS, places)] if whole + places <= DIGITS else []


def text(value: Any) -> str | None:
    """Return the text of a value as a CSV file would hold it."""
    if value is None or type(value) is str:
        return value
    from pydantic_core import PydanticSerializationError, to_json

    try:
        written = to_json(value, bytes_mode="base64", inf_nan_mode="constants")
    except (PydanticSerializationError, ValueError):
        try:
            # A Struct, or what holds one.
            written = msgspec.json.encode(value)
        except (TypeError, ValueError, msgspec.MsgspecError):
            written = to_json(value, bytes_mode="base64", inf_nan_mode="constants", serialize_unknown=True)
    return cell_text(written, value)

"""Buffers: the pieces of a column as the Rust engine keeps it enter, an Arrow column leaves.

Numbers and texts are handed over as they lie, without a Python object for each; what Pydantic made is put in between.
Never decides the type of a column: where a piece does not fit it, nothing leaves.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from thresher import plan as kinds
from thresher.arrow import FITS, SIMPLE
from thresher.arrow_types import Leaf, Nested
from thresher.columns import DEFAULT, VALUE, Piece, code

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["chunked"]

NATIVE: dict[type, tuple[type, ...]] = {
    bool: (kinds.Bool,),
    int: (kinds.Int, kinds.Choice),
    float: (kinds.Float,),
    str: (kinds.Str, kinds.Any, kinds.Choice),
    bytes: (kinds.Bytes,),
    dt.date: (kinds.Date,),
    dt.datetime: (kinds.DateTime,),
    dt.timedelta: (kinds.TimeDelta,),
}
"""The kinds of which a column of a type can be made without looking at each value."""


def chunked(arrow: Any, pieces: Sequence[Piece], wanted: Leaf | Nested | None) -> pa.ChunkedArray | None:
    """Return a column; None where its values have to be looked at one by one.

    Args:
        arrow: the module ``pyarrow``.
        pieces: of the column, in order.
        wanted: what the column is like.
    """
    if not isinstance(wanted, Leaf) or wanted.kind not in NATIVE or not pieces:
        return None
    for piece in pieces:
        if not isinstance(piece.kind, NATIVE[wanted.kind]) or piece.asked:
            return None
    if wanted.kind is int:
        types = [arrow.int64()]
    elif wanted.kind is dt.datetime:
        # The engine keeps ISO text, and every text of a column has a time zone, or none has.
        naive, aware = arrow.timestamp("us"), arrow.timestamp("us", tz="UTC")
        types = [aware, naive] if wanted.aware else [naive, aware]
    else:
        types = [SIMPLE[wanted.kind](arrow)]
    for each in types:
        try:
            return arrow.chunked_array([_array(arrow, piece, wanted, each) for piece in pieces], type=each)
        except (arrow.ArrowException, TypeError, ValueError, OverflowError):
            continue
    return None


def _array(arrow: Any, piece: Piece, wanted: Leaf, type_: Any) -> pa.Array:
    """Return one piece.

    Raises:
        TypeError: something in it is of another type; so do the errors of Arrow.
    """
    import pyarrow.compute as pc

    marks = arrow.Array.from_buffers(arrow.uint8(), piece.rows, [None, arrow.py_buffer(piece.marks)])
    plain = not piece.marks.strip(bytes([VALUE]))
    valid = None if plain else pc.equal(marks, VALUE).buffers()[1]
    found = _values(arrow, piece, type_, valid)
    if plain:
        return found
    if bytes([DEFAULT]) in piece.marks:
        default = _checked([piece.default()], wanted)
        if default[0] is not None:
            found = pc.if_else(pc.equal(marks, DEFAULT), _one_type(arrow, default, type_, wanted)[0], found)
    if piece.whole:
        mask = bytearray(piece.rows)
        for row in piece.whole:
            mask[row] = 1
        rows = arrow.Array.from_buffers(arrow.uint8(), piece.rows, [None, arrow.py_buffer(bytes(mask))])
        values = _checked([piece.whole[row] for row in sorted(piece.whole)], wanted)
        found = pc.replace_with_mask(found, pc.equal(rows, 1), _one_type(arrow, values, type_, wanted))
    return found


def _values(arrow: Any, piece: Piece, type_: Any, valid: Any) -> pa.Array:
    """Return the values that the engine parsed; null where it parsed none."""
    import pyarrow.compute as pc

    kind, rows = piece.kind, piece.rows
    if isinstance(kind, kinds.Float | kinds.Int | kinds.TimeDelta):
        return arrow.Array.from_buffers(type_, rows, [valid, arrow.py_buffer(piece.numbers)])
    if isinstance(kind, kinds.Bool | kinds.Choice):
        stored = arrow.uint8() if code(piece.numbers, rows) == "B" else arrow.int64()
        numbers = arrow.Array.from_buffers(stored, rows, [valid, arrow.py_buffer(piece.numbers)])
        if isinstance(kind, kinds.Bool):
            return pc.equal(numbers, 1)
        choices = _checked(piece.choices(), Leaf(str if type_ == arrow.string() else int, enum=True))
        return pc.take(arrow.array(choices, type=type_), numbers)
    ends = arrow.py_buffer(bytes(4) + piece.ends)
    stored = type_ if type_ in (arrow.string(), arrow.binary()) else arrow.string()
    texts = arrow.Array.from_buffers(stored, rows, [valid, ends, arrow.py_buffer(piece.text)])
    return texts if stored == type_ else texts.cast(type_)


def _checked(values: list[Any], wanted: Leaf) -> list[Any]:
    if wanted.enum:
        values = [getattr(value, "value", value) for value in values]
    if not {type(value) for value in values} - {type(None)} <= FITS[wanted.kind]:
        raise TypeError
    return values


def _one_type(arrow: Any, values: list[Any], type_: Any, wanted: Leaf) -> Any:
    """Return values as an array of the very type, which datetimes with and without a time zone do not share."""
    if wanted.kind is dt.datetime:
        aware = type_.tz is not None
        if any(value is not None and (value.utcoffset() is not None) != aware for value in values):
            raise TypeError
    return arrow.array(values, type=type_)

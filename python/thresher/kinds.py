"""The kinds of kernel that a field may have: how its cells are checked.

Plain data of a plan, sent to Rust as JSON. It never holds a Python object. Whoever adds a kind here also adds it in
``rust/core/src/plan/kind.rs``; the test of the plan's round trip enforces it.
"""

from __future__ import annotations

from typing import Literal, TypeAlias

import msgspec

__all__ = [
    "Any",
    "Ask",
    "Bool",
    "Bytes",
    "Choice",
    "Date",
    "DateTime",
    "Decimal",
    "Float",
    "Int",
    "Kind",
    "Nested",
    "Refuse",
    "Str",
    "Text",
    "Time",
    "TimeDelta",
    "Uuid",
]


class Text(msgspec.Struct, frozen=True):
    """One value as it is written: a JSON text, and the text of a CSV cell (before quoting)."""

    json: str
    csv: str


class Str(msgspec.Struct, frozen=True, tag="str"):
    """Text. Order of the checks: strip, ascii_only, lengths in code points, pattern (searched), case."""

    strip: bool = False
    lower: bool = False
    upper: bool = False
    ascii_only: bool = False
    min_length: int | None = None
    max_length: int | None = None
    pattern: str | None = None
    """In the syntax of the Rust crate ``regex``."""


class Int(msgspec.Struct, frozen=True, tag="int"):
    """A 64-bit integer; what does not fit is unsure. Order: multiple_of, le, lt, ge, gt."""

    multiple_of: int | None = None
    le: int | None = None
    lt: int | None = None
    ge: int | None = None
    gt: int | None = None


class Float(msgspec.Struct, frozen=True, tag="float"):
    """A double. Order: finite, multiple_of, le, lt, ge, gt. Bounds are finite."""

    allow_inf_nan: bool = True
    multiple_of: float | None = None
    le: float | None = None
    lt: float | None = None
    ge: float | None = None
    gt: float | None = None


class Bool(msgspec.Struct, frozen=True, tag="bool"):
    """Pydantic's table of words."""


class Bytes(msgspec.Struct, frozen=True, tag="bytes"):
    """The UTF-8 bytes of the cell; lengths in bytes."""

    min_length: int | None = None
    max_length: int | None = None


class _IsoBounds(msgspec.Struct, frozen=True):
    """Bounds in ISO form."""

    le: str | None = None
    lt: str | None = None
    ge: str | None = None
    gt: str | None = None


class Date(_IsoBounds, frozen=True, tag="date"):
    """A date; bounds in ISO form. ``unit`` is the config's ``val_temporal_unit``."""

    unit: Literal["seconds", "milliseconds", "infer"] = "infer"


class DateTime(_IsoBounds, frozen=True, tag="datetime"):
    """A datetime; bounds in ISO form. ``tz``: ``naive``, ``aware`` or None; fixed offsets are unsure."""

    tz: Literal["naive", "aware"] | None = None
    microseconds: Literal["truncate", "error"] = "truncate"
    unit: Literal["seconds", "milliseconds", "infer"] = "infer"


class Time(_IsoBounds, frozen=True, tag="time"):
    """A time of day; bounds in ISO form."""

    tz: Literal["naive", "aware"] | None = None
    microseconds: Literal["truncate", "error"] = "truncate"


class TimeDelta(msgspec.Struct, frozen=True, tag="timedelta"):
    """A duration; bounds in microseconds. A duration out of bounds is unsure: its error holds an object."""

    le: int | None = None
    lt: int | None = None
    ge: int | None = None
    gt: int | None = None
    microseconds: Literal["truncate", "error"] = "truncate"


class Decimal(msgspec.Struct, frozen=True, tag="decimal"):
    """A decimal of plain ASCII digits; everything else is unsure. Bounds as plain decimal text."""

    max_digits: int | None = None
    decimal_places: int | None = None
    le: str | None = None
    lt: str | None = None
    ge: str | None = None
    gt: str | None = None


class Uuid(msgspec.Struct, frozen=True, tag="uuid"):
    """A UUID, of one version where given."""

    version: int | None = None


class Choice(msgspec.Struct, frozen=True, tag="choice"):
    """A Literal or Enum: the cells that are accepted, and what each is written as."""

    cells: list[str]
    texts: list[Text]
    error: Literal["literal_error", "enum"]
    integer: bool = False
    """The cell is read as an int first (IntEnum), and ``cells`` holds canonical integers."""


class Any(msgspec.Struct, frozen=True, tag="any"):
    """The cell, as it is."""


class Refuse(msgspec.Struct, frozen=True, tag="refuse"):
    """No cell is accepted: a strict field that text can never satisfy."""

    error: str


class Ask(msgspec.Struct, frozen=True, tag="ask"):
    """Each batch of cells of this field goes to Pydantic (field hybrid)."""


class Nested(msgspec.Struct, frozen=True, tag="nested"):
    """A value with an inner structure, or one of several types: a shape decides about the JSON text of it."""

    shape: int
    """Position in ``Plan.shapes``."""


Kind: TypeAlias = (
    Str
    | Int
    | Float
    | Bool
    | Bytes
    | Date
    | DateTime
    | Time
    | TimeDelta
    | Decimal
    | Uuid
    | Choice
    | Any
    | Refuse
    | Ask
    | Nested
)

"""The plan: the compiled schema bound to the header of a source. Plain data, sent to Rust as JSON.

A *bound* plan knows which column feeds which field. Everything in it is constant text or a number; no Python
object is reachable from it. Whoever adds a kind here also adds it in ``rust/core/src/plan.rs``; the test of the
plan's round trip enforces it.
"""

from __future__ import annotations

from typing import Literal, TypeAlias

import msgspec

__all__ = [
    "HOLE",
    "Any",
    "Ask",
    "Bool",
    "BoundField",
    "Bytes",
    "Call",
    "Choice",
    "Column",
    "Const",
    "Date",
    "DateTime",
    "Decimal",
    "ErrorTemplate",
    "Float",
    "Forbidden",
    "InputValue",
    "Int",
    "Kind",
    "Load",
    "Node",
    "OutputValue",
    "Plan",
    "Refuse",
    "Str",
    "Text",
    "Time",
    "TimeDelta",
    "Transform",
    "Uuid",
]

HOLE = "\x00"
"""Stands in an :class:`ErrorTemplate` where the text of a parse error goes."""


class Text(msgspec.Struct, frozen=True):
    """One value as it is written: a JSON text, and the text of a CSV cell (before quoting)."""

    json: str
    csv: str


class ErrorTemplate(msgspec.Struct, frozen=True):
    """One possible error of one field, rendered by pydantic-core itself when the plan was made.

    The error is written as ``prefix + JSON of the input + suffix``. Where the message depends on the cell (the
    reason a date does not parse), :data:`HOLE` stands in all three texts.
    """

    type: str
    prefix: str
    """``{"type":"int_parsing","loc":["x"],"msg":"…","input":``"""
    suffix: str
    """``}`` or ``,"ctx":{"ge":0}}``"""
    text: str
    """``x: Input should be … [int_parsing]``: for rejects written as CSV."""
    loc: str
    """The loc as JSON: ``["x"]``."""


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


class Date(msgspec.Struct, frozen=True, tag="date"):
    """A date; bounds in ISO form. ``unit`` is the config's ``val_temporal_unit``."""

    le: str | None = None
    lt: str | None = None
    ge: str | None = None
    gt: str | None = None
    unit: Literal["seconds", "milliseconds", "infer"] = "infer"


class DateTime(msgspec.Struct, frozen=True, tag="datetime"):
    """A datetime; bounds in ISO form. ``tz``: ``naive``, ``aware`` or None; fixed offsets are unsure."""

    le: str | None = None
    lt: str | None = None
    ge: str | None = None
    gt: str | None = None
    tz: Literal["naive", "aware"] | None = None
    microseconds: Literal["truncate", "error"] = "truncate"
    unit: Literal["seconds", "milliseconds", "infer"] = "infer"


class Time(msgspec.Struct, frozen=True, tag="time"):
    """A time of day; bounds in ISO form."""

    le: str | None = None
    lt: str | None = None
    ge: str | None = None
    gt: str | None = None
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


Kind: TypeAlias = (
    Str | Int | Float | Bool | Bytes | Date | DateTime | Time | TimeDelta | Decimal | Uuid | Choice | Any | Refuse | Ask
)


class Column(msgspec.Struct, frozen=True):
    """One column of the source."""

    name: str
    null: Literal["omit", "none"]
    """What a null cell becomes in the mapping that the schema is given: no key, or None."""


class BoundField(msgspec.Struct, frozen=True, omit_defaults=True):
    """One field of the output, and where its cells come from."""

    name: str
    """The key that it is written under."""
    column: int | None
    """Position of its column from 0; None where the source has none, and every cell counts as null. Of JSON Lines:
    position of its key in :attr:`Plan.lookups`."""
    kind: Kind
    null: Literal["none", "default", "missing", "ask", "omit"]
    """What a null cell means: None; ``default``; the error ``missing``; ask Pydantic for the record; leave the
    key out (columns kept by ``extra='allow'``). Of JSON Lines: what a key means that is not there."""
    default: Text | None
    errors: list[ErrorTemplate]
    """Every error that the kernel may give. An error without a template makes the record unsure."""
    nullable: bool = False
    """Of JSON Lines: whether ``null`` is accepted, and written as null."""


class Forbidden(msgspec.Struct, frozen=True):
    """A column that ``extra='forbid'`` refuses: each cell of it that is not null is an error."""

    column: int
    error: ErrorTemplate


class Const(msgspec.Struct, frozen=True, tag_field="op", tag="const"):
    """A constant of an expression, as text."""

    type: Literal["none", "bool", "int", "float", "str", "date", "datetime", "timedelta"]
    value: str
    """none: empty; bool: ``true`` or ``false``; int: decimal digits, 64 bits; float: Python's repr; date and datetime:
    ISO form; timedelta: microseconds in digits; str: the text."""


class Load(msgspec.Struct, frozen=True, tag_field="op", tag="load"):
    """The value of an input field."""

    input: int
    """Position in :attr:`Transform.inputs`."""
    type: str
    """The types that it may have, such as ``float | None``: for people."""


class Call(msgspec.Struct, frozen=True, tag_field="op", tag="call"):
    """An operator or function, applied."""

    name: str
    """A name of ``NATIVE`` in ``thresher/expr/table.py``."""
    args: list[Node]
    type: str
    """The types that the result may have: for people."""


Node: TypeAlias = Const | Load | Call


class InputValue(msgspec.Struct, frozen=True):
    """A validated input field that expressions look at."""

    field: int
    """Position in :attr:`Plan.fields`."""
    type: Literal["bool", "int", "float", "str", "date", "datetime", "timedelta"]
    default: Const | None
    """The value of the field's default, where a null cell means that. It may be of another type, as Pydantic does not
    validate it; where it is none that the plan can have, this is None and the record is unsure."""


class OutputValue(msgspec.Struct, frozen=True):
    """One field of the output schema, and where its value comes from: a field that is copied, or an expression."""

    name: str
    """The key that it is written under."""
    copy: int | None
    """Position in :attr:`Plan.fields` of the field that passes unchanged: the output schema accepts every value of it,
    and writes it the same way."""
    expr: Node | None
    kind: Kind | None
    """What the output schema asks of the value of ``expr``."""
    nullable: bool
    """Whether None is accepted, and written as null."""


class Transform(msgspec.Struct, frozen=True):
    """What happens to a record after it was validated: checks, then ``where``, then the values of the output."""

    inputs: list[InputValue]
    checks: list[Node]
    """Each must be truthy, else the record is rejected."""
    where: Node | None
    """Where it is falsy the record is filtered."""
    outputs: list[OutputValue] | None
    """In the order in which they are written. None: there is no output schema; the fields are written as they are."""


class Plan(msgspec.Struct, frozen=True, omit_defaults=True):
    """A compiled schema, bound to one header."""

    route: Literal["native", "record"]
    """``record``: every record goes to Pydantic (record fallback) and ``fields`` is not used."""
    delimiter: str
    columns: list[Column]
    fields: list[BoundField]
    forbidden: list[Forbidden]
    transform: Transform | None = None
    """None: accepted records are written as they are, or ``route`` is ``record`` and Python transforms them."""
    format: Literal["csv", "jsonl"] = "csv"
    """``jsonl``: a record is a line, which is its only cell; ``columns`` has one name, for rejects written as CSV."""
    lookups: list[str] = []
    """Of JSON Lines: the keys under which values are looked up; all others are passed over."""

    @property
    def keys(self) -> list[str]:
        """What accepted records are written under, in order."""
        outputs = None if self.transform is None else self.transform.outputs
        return [each.name for each in (self.fields if outputs is None else outputs)]

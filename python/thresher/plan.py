"""The plan: the compiled schema bound to the header of a source. Plain data, sent to Rust as JSON.

A *bound* plan knows which column feeds which field. Everything in it is constant text or a number; no Python
object is reachable from it. Whoever adds a part here also adds it in ``rust/core/src/plan.rs``; the test of the plan's
round trip enforces it.
"""

from __future__ import annotations

from typing import Literal, TypeAlias

import msgspec

from thresher.kinds import (
    Any,
    Ask,
    Bool,
    Bytes,
    Choice,
    Date,
    DateTime,
    Decimal,
    Float,
    Int,
    Kind,
    Nested,
    Refuse,
    Str,
    Text,
    Time,
    TimeDelta,
    Uuid,
)
from thresher.shapes import Problem, Shape

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
    "Extra",
    "Float",
    "Forbidden",
    "InputValue",
    "Int",
    "Kind",
    "Load",
    "Nested",
    "Node",
    "OutputValue",
    "Plan",
    "Problem",
    "Refuse",
    "Shape",
    "Str",
    "Text",
    "Time",
    "TimeDelta",
    "Transform",
    "Uuid",
]

HOLE = "\x00"
"""Stands in an :class:`ErrorTemplate` where the text of a parse error goes."""


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
    strict: bool = False
    """Of JSON Lines: as of :class:`thresher.shapes.Leaf`."""
    loc: list[str | int] = []
    """Of the kind ``nested``: what stands before the locs of errors inside of it."""
    paths: list[int] = []
    """Of JSON Lines: positions in :attr:`Plan.lookups` of the keys that it is looked up under, where those are several
    (``column`` is the first); the first that is there counts."""


class Forbidden(msgspec.Struct, frozen=True):
    """A column that ``extra='forbid'`` refuses: each cell of it that is not null is an error."""

    column: int
    error: ErrorTemplate


class Extra(msgspec.Struct, frozen=True):
    """What becomes of the keys of a JSON line that no field is looked up under."""

    behavior: Literal["forbid", "allow"]
    """``forbid``: each is an error, after those of all fields; ``allow``: they are written after the fields."""
    forbidden: Problem | None
    """The error of ``forbid``."""


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
    format: Literal["csv", "jsonl", "json"] = "csv"
    """``jsonl``: a record is a line; ``json``: it is an element of an array. That is its only cell; ``columns`` has one
    name, for rejects written as CSV."""
    lookups: list[str] = []
    """Of JSON Lines: the keys under which values are looked up; all others are :attr:`extra`."""
    dialect: Literal["pydantic", "msgspec"] = "pydantic"
    """Whose rules kernels follow. ``msgspec``: a record has one error at most, the first in the order of the source,
    and ``nullable`` of a field means for cells that the text ``null`` is None."""
    known_only: bool = False
    """Of JSON Lines: whether a line that has other keys than the lookups is unsure."""
    once: bool = False
    """Of JSON Lines: whether a line in which a lookup repeats is unsure: what is not taken is looked at as well."""
    shapes: list[Shape] = []
    """What is inside of the fields of the kind ``nested``."""
    extra: Extra | None = None
    """Of JSON Lines: what becomes of keys that have no lookup; None: they are passed over."""

    @property
    def keys(self) -> list[str]:
        """What accepted records are written under, in order."""
        outputs = None if self.transform is None else self.transform.outputs
        return [each.name for each in (self.fields if outputs is None else outputs)]

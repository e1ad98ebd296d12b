"""Shapes: what is inside of a value. A field of the kind ``nested`` names one; shapes name others by position.

Plain data of a plan, sent to Rust as JSON. All shapes of a plan stand in one list, ``Plan.shapes``, so that recursive
types need no more than a position. They never hold a Python object. Whoever adds a shape here also adds it in Rust; the
test of the plan's round trip enforces it.
"""

from __future__ import annotations

from typing import Literal, TypeAlias

import msgspec

from thresher.kinds import Kind, Text

__all__ = [
    "AnyJson",
    "Case",
    "Dict",
    "Instance",
    "Json",
    "Labelled",
    "Leaf",
    "List",
    "Member",
    "Never",
    "Null",
    "Nullable",
    "Object",
    "OneOf",
    "Problem",
    "Set",
    "Shape",
    "Tagged",
    "Tuple",
    "Union",
]


class Problem(msgspec.Struct, frozen=True):
    """One possible error of a shape, rendered by pydantic-core itself when the plan was made; its loc is not known yet.

    Where the value decides (the reason why a date does not parse, the number of items, a tag), ``HOLE`` stands in
    all three texts. An error that is not listed makes the record unsure.
    """

    type: str
    msg: str
    """The message as a JSON string, quotes included."""
    plain: str
    """The message as it is."""
    suffix: str
    """What follows the input: ``}`` or ``,"ctx":…}``."""


class Leaf(msgspec.Struct, frozen=True, tag_field="shape", tag="leaf"):
    """A scalar, of a kind that reads one: not ``choice``, ``any``, ``refuse``, ``ask`` or ``nested``."""

    kind: Kind
    strict: bool
    """As pydantic-core understands it for JSON: strings are still read as dates, times, decimals and UUIDs."""
    problems: list[Problem]


class Case(msgspec.Struct, frozen=True):
    """One value that a :class:`OneOf` accepts."""

    type: Literal["null", "bool", "int", "str"]
    """The JSON type of the value; an int is one without a fraction and without an exponent."""
    text: str
    """null: empty; bool: ``true`` or ``false``; int: decimal digits, 64 bits; str: the text."""
    written: Text


class OneOf(msgspec.Struct, frozen=True, tag_field="shape", tag="one_of"):
    """A Literal, or an Enum of plain values: exactly these JSON values are accepted.

    A value of another type that is equal to one of them in Python (``1.0`` and ``1``, ``true`` and ``1``) is unsure.
    """

    cases: list[Case]
    exact: bool
    """Whether the choice of a smart union counts a match as exact (Literal), or as lax (Enum)."""
    integer: bool
    """Whether the value is first read as an int, as lax as of a :class:`Leaf` (IntEnum); all cases are ints."""
    problems: list[Problem]


class Null(msgspec.Struct, frozen=True, tag_field="shape", tag="null"):
    """Null alone is accepted."""

    problems: list[Problem]


class Never(msgspec.Struct, frozen=True, tag_field="shape", tag="never"):
    """Of cells: no text is accepted; each is refused by the one problem."""

    problems: list[Problem]


class AnyJson(msgspec.Struct, frozen=True, tag_field="shape", tag="any_json"):
    """Any JSON value, written again as pydantic-core does."""


class Nullable(msgspec.Struct, frozen=True, tag_field="shape", tag="nullable"):
    """Null, or what ``inner`` accepts."""

    inner: int


class List(msgspec.Struct, frozen=True, tag_field="shape", tag="list"):
    """A JSON array of any length."""

    item: int
    min_length: int | None
    max_length: int | None
    fail_fast: bool
    problems: list[Problem]


class Set(msgspec.Struct, frozen=True, tag_field="shape", tag="set"):
    """A JSON array without order. The order in which it is written is that of Python's hashes."""

    item: int
    min_length: int | None
    max_length: int | None
    fail_fast: bool
    problems: list[Problem]


class Tuple(msgspec.Struct, frozen=True, tag_field="shape", tag="tuple"):
    """A JSON array with a shape for each place."""

    items: list[int]
    variadic: int | None
    """Position in ``items`` of the one that stands for any number of places."""
    min_length: int | None
    max_length: int | None
    fail_fast: bool
    problems: list[Problem]


class Dict(msgspec.Struct, frozen=True, tag_field="shape", tag="dict"):
    """A JSON object of any keys. ``key`` is a shape that takes text."""

    key: int
    value: int
    min_length: int | None
    max_length: int | None
    fail_fast: bool
    problems: list[Problem]


class Member(msgspec.Struct, frozen=True):
    """One field of an :class:`Object`."""

    name: str
    """The key that it is written under."""
    loc: str
    """The loc of its errors where that is not the key which was found."""
    paths: list[str]
    """The keys under which its value is looked up, in order."""
    missing_loc: list[str | int]
    """The loc of the error ``missing``, within the object."""
    shape: int
    on_absent: Literal["missing", "default", "ask", "omit"]
    """What it means that no key is there: the error ``missing``; ``default``; ask Pydantic; it is left out."""
    default: Text | None
    missing: Problem | None


class Object(msgspec.Struct, frozen=True, tag_field="shape", tag="object"):
    """A model, a TypedDict or a dataclass. Errors: of members in order, then of extra keys in order of the text."""

    members: list[Member]
    extra: Literal["ignore", "forbid", "allow"]
    loc_by_alias: bool
    """Whether the loc of an error names the key that was found, or ``Member.loc``."""
    counts_fields: bool
    """Whether the choice of a smart union looks at the number of members that were given."""
    instance: bool
    """Whether an instance is made, so that a match is never exact."""
    problems: list[Problem]


class Instance(msgspec.Struct, frozen=True, tag_field="shape", tag="instance"):
    """An instance that is made of one value (RootModel): as ``inner``, but never an exact match."""

    inner: int


class Labelled(msgspec.Struct, frozen=True):
    """One choice of a :class:`Union`."""

    shape: int
    label: str
    """Stands in the loc of its errors."""


class Union(msgspec.Struct, frozen=True, tag_field="shape", tag="union"):
    """One of several shapes, chosen as pydantic-core chooses."""

    choices: list[Labelled]
    mode: Literal["smart", "left_to_right"]


class Tagged(msgspec.Struct, frozen=True, tag_field="shape", tag="tagged"):
    """An object of one of several shapes, chosen by a tag: the text of one of its keys, which stands in locs."""

    lookups: list[str]
    """The keys under which the tag is looked up, in order."""
    tags: list[str]
    shapes: list[int]
    """For each tag a shape."""
    problems: list[Problem]
    """``union_tag_invalid`` (the tag is its hole), ``union_tag_not_found``, and the error of what is no object."""


class Json(msgspec.Struct, frozen=True, tag_field="shape", tag="json"):
    """A string that holds JSON text."""

    inner: int
    problems: list[Problem]


Shape: TypeAlias = (
    Leaf
    | OneOf
    | Null
    | Never
    | AnyJson
    | Nullable
    | List
    | Set
    | Tuple
    | Dict
    | Object
    | Instance
    | Union
    | Tagged
    | Json
)

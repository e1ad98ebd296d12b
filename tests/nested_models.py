"""Random models with inner structure, and JSON Lines for them: what the differential test of nested data feeds.

Hypothesis draws the types. The lines are made from a seed: of values that fit, with parts of them replaced, left out or
repeated, and now and then damaged.
"""

from __future__ import annotations

import contextlib
import dataclasses
import datetime as dt
import enum
import json
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated, Any, Literal, NotRequired, Union, get_args, get_origin
from uuid import UUID

from hypothesis import strategies as st
from pydantic import AfterValidator, AnyUrl, BaseModel, ConfigDict, Field, Json, RootModel, create_model
from typing_extensions import TypedDict

from lines import VALUES, damaged

__all__ = ["Drawn", "DrawnNested", "nested_cells", "nested_lines", "nested_models"]

Text = Callable[[random.Random], str]


@dataclass
class Drawn:
    """A type, and what makes JSON texts that mostly fit it."""

    annotation: Any
    text: Text
    described: str = ""
    scalar: bool = False


@dataclass
class DrawnNested:
    """A model, and for each key of it what makes its value."""

    model: type[BaseModel]
    keys: Mapping[str, Drawn]
    optional: frozenset[str]
    described: str


class Colour(enum.Enum):
    """Plain, of several types."""

    RED = "red"
    ONE = 1
    YES = True
    NONE = None


class Level(enum.IntEnum):
    """Read as an int."""

    LOW = 1
    HIGH = 20


class Word(enum.StrEnum):
    """Read as text."""

    A = "a"
    B = "b"


class Tree(BaseModel):
    """Refers to itself."""

    value: int
    children: list[Tree] = []
    next: Tree | None = None


class Circle(BaseModel):
    """Of a tagged union."""

    kind: Literal["circle"]
    radius: float = Field(gt=0)


class Square(BaseModel):
    """Of a tagged union, with two tags."""

    model_config = ConfigDict(extra="forbid")
    kind: Literal["square", "box"]
    side: int = 1


class Point(TypedDict):
    """With a key that may be missing."""

    x: int
    y: NotRequired[float]


@dataclasses.dataclass
class Pair:
    """A dataclass of the standard library."""

    left: int
    right: str = "r"


def _of(*texts: str) -> Text:
    return lambda rng: rng.choice(texts)


def _string(text: str) -> str:
    return json.dumps(text)


_STRINGS = [
    "",
    "a",
    "b",
    "red",
    "abc",
    " pad ",
    "é",
    "😀",
    "1",
    "-5",
    "1.5",
    "true",
    "null",
    "a\tb",
    'q"x',
    "\\",
    "\x00",
]
_TEXTS = _of(*map(_string, _STRINGS), '"\\u0041"', '"\\ud83d\\ude00"')
_INTS = _of("0", "1", "2", "-7", "20", "100", '"3"', "4.0", "true", '" 5 "', "9223372036854775807", '"x"')
_FLOATS = _of("0", "1.5", "-2.25", "1e3", "1E-7", "-0.0", '"2.5"', "3", "true", '"inf"')
_DATES = _of('"2020-01-31"', '"2020-01-31T00:00:00"', "0", "86400", '"2020-02-30"')
_MOMENTS = _of('"2020-01-31T10:20:30Z"', '"2020-01-31 10:20:30.123456+02:00"', "1577836800", "1.5", '"2020-01-31"')

SCALARS: list[Drawn] = [
    Drawn(int, _INTS),
    Drawn(Annotated[int, Field(ge=1, lt=50)], _INTS),
    Drawn(Annotated[int, Field(strict=True)], _INTS),
    Drawn(Annotated[int, Field(multiple_of=2)], _INTS),
    Drawn(float, _FLOATS),
    Drawn(Annotated[float, Field(gt=0, allow_inf_nan=False)], _FLOATS),
    Drawn(Annotated[float, Field(strict=True)], _FLOATS),
    Drawn(str, _TEXTS),
    Drawn(Annotated[str, Field(min_length=1, max_length=3)], _TEXTS),
    Drawn(Annotated[str, Field(pattern="^[a-z]+$")], _TEXTS),
    Drawn(Annotated[str, Field(strict=True)], _TEXTS),
    Drawn(bool, _of("true", "false", "1", "0", '"yes"', '"off"', "2", "1.0")),
    Drawn(Annotated[bool, Field(strict=True)], _of("true", "false", "1")),
    Drawn(Decimal, _of('"1.50"', "1.5", "2", '"1e3"', '"x"', "true")),
    Drawn(Annotated[Decimal, Field(max_digits=4, decimal_places=2)], _of('"12.34"', "1.5", "123456", '"1.234"')),
    Drawn(dt.date, _DATES),
    Drawn(Annotated[dt.date, Field(strict=True)], _DATES),
    Drawn(dt.datetime, _MOMENTS),
    Drawn(
        Annotated[dt.datetime, Field(ge=dt.datetime(2000, 1, 1))], _of('"2020-01-31T10:20:30"', '"1999-01-01T00:00:00"')
    ),
    Drawn(dt.time, _of('"10:20:30"', '"10:20"', "3600", '"25:00"')),
    Drawn(dt.timedelta, _of('"P1DT2H"', '"1:00:00"', "3600", "1.5", '"x"')),
    Drawn(UUID, _of('"12345678-1234-5678-1234-567812345678"', '"12345678123456781234567812345678"', '"x"')),
    Drawn(bytes, _TEXTS),
    Drawn(Literal["a", "b", "red"], _TEXTS),
    Drawn(Literal["a", 1, True, None], _of('"a"', "1", "true", "null", "1.0", "0", '"1"')),
    Drawn(Literal[1, 2], _of("1", "2", "3", "1.0", "true", '"1"')),
    Drawn(Colour, _of('"red"', "1", "true", "null", "1.0", '"x"', "[]")),
    Drawn(Level, _of("1", "20", '"1"', "1.0", "true", "3", '"x"')),
    Drawn(Word, _of('"a"', '"b"', '"c"', "1")),
    Drawn(None, _of("null", "0")),
]
for _each in SCALARS:
    _each.scalar, _each.described = True, str(_each.annotation)

ASKED: list[Drawn] = [
    Drawn(AnyUrl, _of('"https://example.org/a"', '"x"', "1"), "AnyUrl"),
    Drawn(Annotated[int, AfterValidator(lambda value: value + 1)], _INTS, "int + 1"),
    Drawn(complex, _of('"1+2j"', "1", '"x"'), "complex"),
]

_ANY = Drawn(Any, lambda rng: rng.choice(VALUES[:-3]), "Any")


def _spaced(rng: random.Random) -> str:
    return rng.choice(["", "", "", " ", "\t "])


def _array(rng: random.Random, items: list[str]) -> str:
    gap = _spaced(rng)
    return f"[{gap}{f',{gap}'.join(items)}{gap}]"


def _object(rng: random.Random, members: list[tuple[str, str]]) -> str:
    gap = _spaced(rng)
    return "{" + gap + f",{gap}".join(f"{json.dumps(key)}{gap}:{gap}{value}" for key, value in members) + gap + "}"


def _broken(text: Text) -> Text:
    """Now and then give something else."""
    return lambda rng: rng.choice(VALUES[:-3]) if rng.random() < 0.06 else text(rng)


def _members(
    fields: Mapping[str, Drawn], optional: frozenset[str], names: Mapping[str, list[str]] | None = None
) -> Text:
    def text(rng: random.Random) -> str:
        found = []
        for name, each in fields.items():
            for lookup in (names or {}).get(name, [name]):
                if rng.random() < (0.6 if name in optional else 0.95):
                    found.append((lookup, _broken(each.text)(rng)))
        if rng.random() < 0.15:
            found.append((rng.choice(["extra", "z", *fields]), rng.choice(VALUES[:-3])))
        if rng.random() < 0.15:
            rng.shuffle(found)
        return _object(rng, found)

    return text


def _tree(rng: random.Random, depth: int = 0) -> str:
    members = [("value", _broken(_INTS)(rng))]
    if depth < 3 and rng.random() < 0.6:
        members.append(("children", _array(rng, [_tree(rng, depth + 1) for _ in range(rng.randrange(3))])))
    if depth < 3 and rng.random() < 0.4:
        members.append(("next", rng.choice(["null", _tree(rng, depth + 1)])))
    return _object(rng, members)


def _shape(rng: random.Random) -> str:
    members = [("kind", rng.choice(['"circle"', '"square"', '"box"', '"x"', "1", "null"]))]
    if rng.random() < 0.8:
        members.append((rng.choice(["radius", "side"]), _broken(_FLOATS)(rng)))
    if rng.random() < 0.2:
        members.append(("extra", "1"))
    if rng.random() < 0.1:
        members.pop(0)
    return _object(rng, members)


FIXED: list[Drawn] = [
    Drawn(Tree, _tree, "Tree"),
    Drawn(Annotated[Circle | Square, Field(discriminator="kind")], _shape, "Circle | Square by kind"),
    Drawn(Circle | Square, _shape, "Circle | Square"),
    Drawn(Point, _members({"x": SCALARS[0], "y": SCALARS[4]}, frozenset({"y"})), "Point"),
    Drawn(Pair, _members({"left": SCALARS[0], "right": SCALARS[7]}, frozenset({"right"})), "Pair"),
]

CONFIGS: dict[str, list[Any]] = {
    "extra": ["forbid", "allow"],
    "str_strip_whitespace": [True],
    "str_to_lower": [True],
    "str_max_length": [4],
    "populate_by_name": [True],
    "loc_by_alias": [False],
    "serialize_by_alias": [True],
    "strict": [True],
    "ser_json_inf_nan": ["constants"],
    "ser_json_temporal": ["seconds"],
    "val_temporal_unit": ["milliseconds"],
    "use_enum_values": [True],
    "coerce_numbers_to_str": [True],
    "frozen": [True],
    "title": ["Title"],
}


@st.composite
def types(draw: Any, depth: int) -> Drawn:
    """Draw a type of at most some depth."""
    how = draw(st.integers(0, 19))
    if depth == 0 or how <= 4:
        if draw(st.integers(0, 24)) == 24:
            return draw(st.sampled_from([*ASKED, _ANY]))  # type: ignore[no-any-return]
        return draw(st.sampled_from(SCALARS))  # type: ignore[no-any-return]
    if how == 5:
        return draw(st.sampled_from(FIXED))  # type: ignore[no-any-return]
    if how <= 8:
        model = draw(nested_models(depth - 1))
        return Drawn(model.model, _line_of(model), model.described)
    inner = draw(types(depth - 1))
    text = _broken(inner.text)
    if how <= 10:
        return _collection(draw, inner, text)
    if how == 11:
        return Drawn(
            tuple[inner.annotation, ...],
            lambda rng: _array(rng, [text(rng) for _ in range(rng.randrange(4))]),
            f"tuple[{inner.described}, ...]",
        )
    if how == 12:
        other = draw(types(depth - 1))
        return Drawn(
            tuple[inner.annotation, other.annotation],
            lambda rng: _array(rng, [text(rng), other.text(rng), text(rng)][: rng.choice([2, 2, 2, 1, 3])]),
            f"tuple[{inner.described}, {other.described}]",
        )
    if how <= 14:
        return _dict(draw, inner, text)
    if how == 15:
        return Drawn(
            Union[inner.annotation, None],  # noqa: UP007
            lambda rng: "null" if rng.random() < 0.3 else text(rng),
            f"Optional[{inner.described}]",
        )
    if how <= 17:
        return draw(unions(depth - 1))  # type: ignore[no-any-return]
    if how == 18:
        root = RootModel[inner.annotation]  # type: ignore[name-defined]
        return Drawn(root, text, f"RootModel[{inner.described}]")
    return Drawn(
        Json[inner.annotation],  # type: ignore[type-arg]
        lambda rng: _string(text(rng)) if rng.random() < 0.9 else rng.choice(['"{"', '"01"', '""', "1"]),
        f"Json[{inner.described}]",
    )


def _lengths(draw: Any) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key in ("min_length", "max_length"):
        if draw(st.integers(0, 3)) == 0:
            found[key] = draw(st.integers(0, 3))
    if draw(st.integers(0, 5)) == 0:
        found["fail_fast"] = True
    return found


def _collection(draw: Any, inner: Drawn, text: Text) -> Drawn:
    kind: Any = draw(st.sampled_from([list, list, set, frozenset]))
    if kind is not list and not inner.scalar:
        kind = list
    settings = _lengths(draw)
    return Drawn(
        Annotated[kind[inner.annotation], Field(**settings)],
        lambda rng: _array(rng, [text(rng) for _ in range(rng.choice([0, 1, 1, 2, 3]))]),
        f"{kind.__name__}[{inner.described}] {settings}",
    )


_KEYS: list[tuple[Any, list[str]]] = [
    (str, _STRINGS),
    (Any, _STRINGS),
    (Annotated[str, Field(max_length=2)], _STRINGS),
    (int, ["1", "2", " 1", "x", "+3", "-0"]),
    (UUID, ["12345678-1234-5678-1234-567812345678", "x"]),
    (dt.date, ["2020-01-31", "0", "x"]),
    (Literal["a", "b"], ["a", "b", "c"]),
    (Word, ["a", "b", "c"]),
    (Level, ["1", "20", "3"]),
    (float, ["1", "1.5", "x"]),
    (bool, ["true", "1", "x"]),
]


def _dict(draw: Any, inner: Drawn, text: Text) -> Drawn:
    key, keys = draw(st.sampled_from(_KEYS))
    settings = _lengths(draw)
    return Drawn(
        Annotated[dict[key, inner.annotation], Field(**settings)],
        lambda rng: _object(rng, [(rng.choice(keys), text(rng)) for _ in range(rng.choice([0, 1, 1, 2, 3]))]),
        f"dict[{key}, {inner.described}] {settings}",
    )


@st.composite
def unions(draw: Any, depth: int) -> Drawn:
    """Draw a union of two or three types."""
    choices = [draw(st.one_of(st.sampled_from(SCALARS), types(depth))) for _ in range(draw(st.integers(2, 3)))]
    annotation: Any = Union[tuple(each.annotation for each in choices)]  # noqa: UP007
    several = {*get_args(annotation)} - {type(None)} if get_origin(annotation) is Union else {}
    if len(several) > 1 and draw(st.integers(0, 2)) == 0:
        annotation = Annotated[annotation, Field(union_mode="left_to_right")]
    return Drawn(
        annotation,
        lambda rng: rng.choice(choices).text(rng),
        f"{annotation} of " + " | ".join(each.described for each in choices),
    )


_DEFAULTS: list[Any] = [None, 0, "x", 1.5, [], [1], {}, {"a": 1}, "factory"]


@st.composite
def nested_models(draw: Any, depth: int = 3) -> DrawnNested:
    """Draw a model whose fields have at most some depth."""
    config: dict[str, Any] = {}
    for key, values in CONFIGS.items():
        if draw(st.integers(0, 11)) == 11:
            config[key] = draw(st.sampled_from(values))
    keys: dict[str, Drawn] = {}
    lookups: dict[str, list[str]] = {}
    optional = set()
    definitions: dict[str, Any] = {}
    described = []
    for number in range(draw(st.integers(1, 4))):
        each = draw(types(depth))
        name = f"f{number}"
        settings: dict[str, Any] = {}
        lookups[name] = [name]
        if draw(st.integers(0, 5)) == 0:
            settings["alias"] = f"A {number}"
            lookups[name] = [f"A {number}", *([name] if config.get("populate_by_name") else [])]
        if draw(st.integers(0, 3)) == 0:
            default = draw(st.sampled_from(_DEFAULTS))
            settings |= {"default_factory": list} if default == "factory" else {"default": default}
            optional.add(name)
        if draw(st.integers(0, 30)) == 0:
            settings["exclude"] = True
        keys[name] = each
        definitions[name] = (each.annotation, Field(**settings))
        described.append(f"{name}: {each.described} {settings}")
    model = create_model("Inner", __config__=ConfigDict(**config), **definitions)  # type: ignore[typeddict-item]
    made = DrawnNested(model, keys, frozenset(optional), f"{{{config} {'; '.join(described)}}}")
    _LOOKUPS[model] = lookups
    return made


_LOOKUPS: dict[type[BaseModel], dict[str, list[str]]] = {}


def _line_of(drawn: DrawnNested) -> Text:
    return _members(drawn.keys, drawn.optional, _LOOKUPS[drawn.model])


def nested_lines(drawn: DrawnNested, rng: random.Random, records: int) -> bytes:
    """Return JSON Lines for a model: lines that are good, nearly good and senseless.

    Args:
        drawn: the model.
        rng: whose numbers decide.
        records: how many lines.
    """
    text = _line_of(drawn)
    lines = []
    for _ in range(records):
        line = text(rng).encode("utf-8", "surrogatepass")
        lines.append(damaged(line, rng) if rng.random() < 0.06 else line)
    return b"".join(line.replace(b"\n", b" ") + b"\n" for line in lines)


def nested_cells(drawn: DrawnNested, rng: random.Random, records: int) -> bytes:
    """Return a CSV for a model whose cells are JSON texts, and the texts of JSON strings.

    Args:
        drawn: the model.
        rng: whose numbers decide.
        records: how many.
    """
    names = [_LOOKUPS[drawn.model][name][0] for name in drawn.keys]
    rows = [names]
    for _ in range(records):
        row = []
        for each in drawn.keys.values():
            found = _broken(each.text)(rng)
            if found.startswith('"') and rng.random() < 0.8:
                with contextlib.suppress(ValueError):
                    found = json.loads(found)
            row.append(found.encode("utf-8", "replace").decode())
        rows.append(row)
    return "".join(",".join('"' + cell.replace('"', '""') + '"' for cell in row) + "\n" for row in rows).encode()

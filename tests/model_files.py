"""Random models, and random files for them: what the differential test feeds to engines and to Pydantic.

A model is drawn by Hypothesis. A file is made from a seed, as drawing each cell would be the slowest part by far.
"""

from __future__ import annotations

import datetime as dt
import random
import string
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from hypothesis import strategies as st
from pydantic import (
    AliasChoices,
    AliasPath,
    BaseModel,
    ConfigDict,
    Field,
    ValidationInfo,
    computed_field,
    create_model,
    field_validator,
    model_validator,
)

from kinds import NATIVE, OTHERS, UTC, odd_cells, optional

__all__ = ["DrawnField", "DrawnModel", "RandomFile", "cell", "models", "random_file"]

ODD = odd_cells()
ALIASES = ["A", "b c", "é", 'q"x', "", "d,e", "x;y", "f\ng", "h\\", "🙂", " pad ", "type", "a.b", "\u2028"]
DEFAULTS = [None, 0, "x", 1.5, True, Decimal("1.0"), dt.date(2020, 1, 1), [1], "factory"]
PATTERNS = [r"^[a-z]+$", r"\d", r"^.{2,4}$", r"é|ß", r"(?i)abc", r"\bred\b", r"^\S+@\S+$", r"[^\x00-\x7F]", r"^\w*$"]


@dataclass
class DrawnField:
    """One field, and what is needed to make cells for it."""

    name: str
    kind: str
    annotation: Any
    nullable: bool
    has_default: bool
    lookups: list[str]
    """Columns that it may be read from."""
    info: Any


@dataclass
class DrawnModel:
    """A model and its fields."""

    model: type[BaseModel]
    fields: list[DrawnField]
    extra: str
    described: str = ""


@dataclass
class RandomFile:
    """A file: its bytes, and for each record its cells, raw bytes, line and offset."""

    header: list[str]
    data: bytes
    rows: list[list[str]] = field(default_factory=list)
    raws: list[bytes] = field(default_factory=list)
    lines: list[int] = field(default_factory=list)
    offsets: list[int] = field(default_factory=list)


class _After(BaseModel):
    @model_validator(mode="after")
    def check(self) -> Self:
        if len(repr(self)) % 3 == 0:
            raise ValueError("of an unlucky length")
        return self


class _Before(BaseModel):
    @model_validator(mode="before")
    @classmethod
    def check(cls, data: Any) -> Any:
        return dict(sorted(data.items()))


class _Computed(BaseModel):
    @computed_field
    def size(self) -> int:
        return len(repr(self))


class _Private(BaseModel):
    _note: str = "private"


class _PostInit(BaseModel):
    def model_post_init(self, context: Any, /) -> None:
        if len(self.model_fields_set) == 2:
            raise ValueError("two are set")


class _Info(BaseModel):
    @field_validator("*")
    @classmethod
    def check(cls, value: Any, info: ValidationInfo) -> Any:
        if len(info.data) == 1 and len(repr(value)) % 5 == 0:
            raise ValueError(f"{info.field_name} after {sorted(info.data)}")
        return value


_BASES = [_After, _Before, _Computed, _Private, _PostInit, _Info]


def _bounds(draw: Any, values: st.SearchStrategy[Any]) -> dict[str, Any]:
    chosen: dict[str, Any] = {}
    if draw(st.booleans()):
        chosen[draw(st.sampled_from(["ge", "gt"]))] = draw(values)
    if draw(st.booleans()):
        chosen[draw(st.sampled_from(["le", "lt"]))] = draw(values)
    return chosen


_DATES = st.dates(dt.date(1960, 1, 1), dt.date(2040, 1, 1))
_TIMES = st.times()
_DATETIMES = st.builds(
    dt.datetime.combine, _DATES, _TIMES, st.sampled_from([None, UTC, dt.timezone(dt.timedelta(minutes=-330))])
)
_VALUES: Mapping[str, tuple[Any, st.SearchStrategy[Any]]] = {
    "int": (int, st.one_of(st.integers(-20, 20), st.integers(-(1 << 63), (1 << 63) - 1))),
    "float": (float, st.floats(-1000, 1000, allow_nan=False)),
    "decimal": (Decimal, st.decimals(-1000, 1000, allow_nan=False, places=2)),
    "date": (dt.date, _DATES),
    "datetime": (dt.datetime, _DATETIMES),
    "time": (dt.time, st.one_of(_TIMES, _TIMES.map(lambda value: value.replace(tzinfo=UTC)))),
    "timedelta": (dt.timedelta, st.timedeltas(dt.timedelta(days=-3), dt.timedelta(days=400))),
}


@st.composite
def _annotations(draw: Any) -> tuple[str, Any]:
    """Draw a kind and an annotation of it."""
    how = draw(st.integers(0, 9))
    if how == 0:
        kind = draw(st.sampled_from(sorted(OTHERS)))
        return kind, draw(st.sampled_from(OTHERS[kind]))
    if how <= 3:
        kind = draw(st.sampled_from(sorted(NATIVE)))
        return kind, draw(st.sampled_from(NATIVE[kind]))
    kind = draw(st.sampled_from([*_VALUES, "str", "bytes", "choice", "bool", "uuid"]))
    if kind in ("bool", "uuid"):
        return kind, {"bool": bool, "uuid": UUID}[kind]
    if kind == "choice":
        cells = draw(st.lists(st.sampled_from(ODD["choice"]), min_size=1, max_size=4, unique=True))
        return kind, Literal[tuple(cells)]
    if kind in ("str", "bytes"):
        settings: dict[str, Any] = {}
        for key in ("min_length", "max_length"):
            if draw(st.booleans()):
                settings[key] = draw(st.integers(0, 6))
        if kind == "str" and draw(st.booleans()):
            settings["pattern"] = draw(st.sampled_from(PATTERNS))
        return kind, Annotated[str if kind == "str" else bytes, Field(**settings)]
    base, values = _VALUES[kind]
    settings = _bounds(draw, values)
    if kind in ("int", "float") and draw(st.integers(0, 3)) == 0:
        settings["multiple_of"] = draw(st.integers(1, 9)) / (1 if kind == "int" else 4)
        if kind == "int":
            settings["multiple_of"] = int(settings["multiple_of"])
    if kind == "decimal" and draw(st.booleans()):
        settings["max_digits"] = draw(st.integers(1, 8))
        settings["decimal_places"] = draw(st.integers(0, 4))
    if kind == "float" and draw(st.booleans()):
        settings["allow_inf_nan"] = False
    return kind, Annotated[base, Field(**settings)]


@st.composite
def models(draw: Any, bases: bool = True) -> DrawnModel:
    """Draw a model: fields of every kind, constraints, aliases, defaults and configuration.

    Args:
        draw: of Hypothesis.
        bases: whether it may inherit validators and the like.
    """
    extra = draw(st.sampled_from(["ignore", "ignore", "forbid", "allow"]))
    config: dict[str, Any] = {"extra": extra}
    for key, values in {
        "str_strip_whitespace": [True],
        "str_to_lower": [True],
        "str_to_upper": [True],
        "str_max_length": [5],
        "str_min_length": [1],
        "populate_by_name": [True],
        "loc_by_alias": [False],
        "serialize_by_alias": [True],
        "allow_inf_nan": [False],
        "ser_json_inf_nan": ["constants", "strings"],
        "ser_json_temporal": ["seconds"],
        "ser_json_bytes": ["base64"],
        "val_temporal_unit": ["seconds", "milliseconds"],
        "validate_default": [True],
        "use_enum_values": [True],
        "hide_input_in_errors": [True],
        "strict": [True],
        "regex_engine": ["python-re"],
        "coerce_numbers_to_str": [True],
        "cache_strings": ["none"],
        "frozen": [True],
    }.items():
        if draw(st.integers(0, 11)) == 11:
            config[key] = draw(st.sampled_from(values))
    aliases = iter(draw(st.permutations(ALIASES)))
    fields: list[DrawnField] = []
    for number in range(draw(st.integers(1, 5))):
        kind, annotation = draw(_annotations())
        nullable = draw(st.integers(0, 3)) == 0
        if nullable and annotation is not None:
            annotation = optional(annotation)
        settings: dict[str, Any] = {}
        name = f"f{number}"
        lookups = [name]
        how = draw(st.integers(0, 7))
        if how <= 1:
            settings["alias"] = next(aliases)
            lookups = [settings["alias"]] + ([name] if config.get("populate_by_name") else [])
        elif how == 2:
            first, second = next(aliases), next(aliases)
            settings["validation_alias"] = AliasChoices(first, AliasPath("nested", 0), second)
            lookups = [first, second] + ([name] if config.get("populate_by_name") else [])
        has_default = draw(st.integers(0, 3)) == 0
        if has_default:
            default = draw(st.sampled_from(DEFAULTS))
            settings |= {"default_factory": list} if default == "factory" else {"default": default}
        info = Field(**settings)
        fields.append(DrawnField(name, kind, annotation, _takes_none(annotation), has_default, lookups, info))
    definitions: Any = {each.name: (each.annotation, each.info) for each in fields}
    base = draw(st.sampled_from([*[None] * 8, *(_BASES if bases else [])]))
    if base is not None:
        base = type("Base", (base,), {"model_config": config, "__module__": __name__})
    settings = {"__base__": base} if base is not None else {"__config__": ConfigDict(**config)}  # type: ignore[typeddict-item]
    model = create_model("Model", **settings, **definitions)
    described = f"{config} {base} " + ", ".join(f"{each.name}: {each.annotation} = {each.info!r}" for each in fields)
    return DrawnModel(model, fields, extra, described)


def _takes_none(annotation: Any) -> bool:
    """Return whether None validates, told from the annotation and not from the core schema."""
    if annotation is None or annotation is Any:
        return True
    arguments = getattr(annotation, "__args__", ())
    members = getattr(annotation, "__members__", {})
    return (
        type(None) in arguments
        or None in arguments
        or any(
            _takes_none(each) for each in arguments if getattr(each, "__args__", None) and hasattr(each, "__metadata__")
        )
        or (hasattr(annotation, "__metadata__") and _takes_none(annotation.__origin__))
        or any(member.value is None for member in members.values())
    )


_ALPHABET = string.ascii_letters + string.digits + " +-._:,;/\"'\t\n\r\x00\u00a0éßİ\u017f\uff11\u0663😀\u2028"


def random_file(drawn: DrawnModel, rng: random.Random, delimiter: str, records: int) -> RandomFile:
    """Return a file of the model: columns in any order, cells good, odd and senseless."""
    columns: list[tuple[str, DrawnField | None]] = []
    for each in drawn.fields:
        present = [lookup for lookup in each.lookups if rng.random() < 0.9]
        if not present and not (each.has_default and rng.random() < 0.7):
            present = [rng.choice(each.lookups)]
        if len(present) > 1 and rng.random() < 0.7:
            present = [rng.choice(present)]
        columns.extend((name, each) for name in present)
    taken = {name for name, _ in columns}
    for name in ("extra", "nested", "f9", 'z"'):
        if rng.random() < 0.3 and name not in taken:
            columns.append((name, None))
    if not columns:
        columns.append(("extra", None))
    rng.shuffle(columns)
    header = [name for name, _ in columns]
    end = rng.choice(["\n", "\r\n"])
    first = (delimiter.join(_written(name, delimiter, rng) for name in header) or '""') + end
    made = RandomFile(header, first.encode())
    parts, offset, line = [made.data], len(made.data), 1 + first.count("\n")
    for number in range(records):
        odd = rng.choice([0.0, 0.0, 0.2, 1.0])
        row = [cell(each, rng, odd) for _, each in columns]
        if rng.random() < 0.02:
            row = [*row, "spare"] if rng.random() < 0.5 or len(row) == 1 else row[:-1]
        if rng.random() < 0.02:
            parts.append(end.encode())
            offset += len(end)
            line += 1
        text = delimiter.join(_written(cell, delimiter, rng) for cell in row) or '""'
        raw = text.encode()
        last = number == records - 1 and rng.random() < 0.5
        made.rows.append(row)
        made.raws.append(raw)
        made.offsets.append(offset)
        made.lines.append(line)
        parts.append(raw + (b"" if last else end.encode()))
        offset += len(parts[-1])
        line += parts[-1].count(b"\n")
    made.data = b"".join(parts)
    return made


def _written(cell: str, delimiter: str, rng: random.Random) -> str:
    """Write one cell, in quotes where it needs them and now and then where it does not."""
    if any(mark in cell for mark in (delimiter, '"', "\n", "\r")) or rng.random() < 0.1:
        return '"' + cell.replace('"', '""') + '"'
    return cell


def cell(each: DrawnField | None, rng: random.Random, odd: float) -> str:
    """Return the text of a cell of a field; of no field where there is none.

    Args:
        each: the field.
        rng: whose numbers decide.
        odd: how often it is odd or senseless, from 0 to 1.
    """
    if each is None:
        return rng.choice(["", "x", "1", 'a"b', "é"])
    if rng.random() < 0.05:
        return ""
    if rng.random() >= odd:
        return _GOOD[each.kind](rng)
    how = rng.random()
    if how < 0.6:
        return rng.choice(ODD[each.kind])
    if how < 0.8:
        return _mutated(_GOOD[each.kind](rng), rng)
    return "".join(rng.choice(_ALPHABET) for _ in range(rng.randrange(8)))


def _mutated(cell: str, rng: random.Random) -> str:
    place = rng.randrange(len(cell) + 1)
    how = rng.randrange(4)
    if how == 0:
        return cell[:place] + rng.choice(_ALPHABET) + cell[place:]
    if how == 1:
        return cell[:place] + cell[place + 1 :]
    if how == 2:
        return cell + cell[place:]
    return cell[:place] + rng.choice(_ALPHABET) + cell[place + 1 :]


def _good_int(rng: random.Random) -> str:
    return str(rng.choice([rng.randrange(-25, 25), rng.randrange(1000), rng.randrange(-(1 << 64), 1 << 64)]))


def _good_float(rng: random.Random) -> str:
    value = rng.choice(
        [
            rng.uniform(-10, 10),
            rng.uniform(-1e6, 1e6),
            rng.randrange(-50, 50) / 4,
            rng.uniform(-1, 1) * 10 ** rng.randrange(-30, 30),
        ]
    )
    return rng.choice([repr, "{:.3f}".format, "{:g}".format, "{:e}".format])(value)


def _good_date(rng: random.Random) -> str:
    return (dt.date(1955, 1, 1) + dt.timedelta(days=rng.randrange(31_000))).isoformat()


def _good_time(rng: random.Random) -> str:
    text = f"{rng.randrange(24):02}:{rng.randrange(60):02}"
    if rng.random() < 0.8:
        text += f":{rng.randrange(60):02}"
        if rng.random() < 0.4:
            text += "." + "".join(rng.choice(string.digits) for _ in range(rng.randrange(1, 8)))
    return text + rng.choice(["", "", "Z", "+00:00", "-05:30", "+0100"])


def _good_timedelta(rng: random.Random) -> str:
    return rng.choice(
        [
            f"P{rng.randrange(400)}DT{rng.randrange(30)}H{rng.randrange(90)}M{rng.randrange(90)}S",
            f"{rng.randrange(100)} days, {_good_time(rng)[:5]}",
            f"{'-' if rng.random() < 0.3 else ''}PT{rng.randrange(100)}.{rng.randrange(1000)}S",
            _good_time(rng)[:8],
            str(rng.randrange(100_000)),
        ]
    )


def _good_uuid(rng: random.Random) -> str:
    value = str(UUID(int=rng.getrandbits(128), version=rng.choice([1, 4, 4, 5])))
    return rng.choice([value, value.upper(), value.replace("-", ""), f"{{{value}}}"])


_GOOD: Mapping[str, Callable[[random.Random], str]] = {
    "int": _good_int,
    "float": _good_float,
    "decimal": _good_float,
    "bool": lambda rng: rng.choice(["true", "false", "yes", "no", "1", "0", "on", "off", "T", "F"]),
    "str": lambda rng: "".join(rng.choice(string.ascii_letters + " éß") for _ in range(rng.randrange(1, 7))),
    "bytes": lambda rng: "".join(rng.choice(string.ascii_letters + " éß") for _ in range(rng.randrange(1, 7))),
    "date": _good_date,
    "datetime": lambda rng: _good_date(rng) + rng.choice("T ") + _good_time(rng),
    "time": _good_time,
    "timedelta": _good_timedelta,
    "uuid": _good_uuid,
    "choice": lambda rng: rng.choice(["red", "green", "1", "2", "x", "true"]),
}

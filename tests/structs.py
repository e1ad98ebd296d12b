"""Random msgspec Structs with files of records, and what must be written of them, by msgspec alone."""

from __future__ import annotations

import base64
import datetime as dt
import decimal
import enum
import json
import random
import uuid
from dataclasses import dataclass
from typing import Annotated, Any, Literal

import msgspec
from hypothesis import strategies as st

from kinds import odd_cells
from lines import PIECES, VALUES
from thresher.encode import csv_line
from thresher.schema.structs.faults import REFUSALS, fault

__all__ = ["TYPES", "DrawnStruct", "cells_and_rows", "random_struct_lines", "structs", "verdicts"]


class Color(enum.Enum):
    RED = "red"
    GREEN = "green"
    ONE = "1"


class Level(enum.IntEnum):
    LOW = 1
    HIGH = 2


class Inner(msgspec.Struct):
    q: int
    label: str = "x"


class Point(msgspec.Struct, array_like=True):
    x: int
    y: float = 0.5


class Circle(msgspec.Struct, tag="circle", tag_field="kind"):
    radius: float = 1.0


class Box(msgspec.Struct, tag="box", tag_field="kind"):
    width: int
    height: int = 2


class Deep(msgspec.Struct, rename="camel"):
    code_name: Annotated[str, msgspec.Meta(min_length=1)]
    sizes: list[float]
    by_key: dict[str, int] = {}
    inner_list: Annotated[list[Inner], msgspec.Meta(max_length=3)] = []
    at: dt.datetime | None = None
    kind: Literal["a", "b"] = "a"
    level: Color | None = None
    pair: tuple[int, str | None] = (1, "x")
    me: Deep | None = None
    form: Circle | Box | None = None
    only: Circle | None = None


M = msgspec.Meta

TYPES: dict[str, list[Any]] = {
    "int": [int, Annotated[int, M(ge=1)], Annotated[int, M(gt=0, lt=100)], Annotated[int, M(le=7, multiple_of=7)]],
    "float": [
        float, Annotated[float, M(ge=0.5)], Annotated[float, M(gt=-1, lt=100)], Annotated[float, M(multiple_of=0.5)],
    ],
    "bool": [bool],
    "str": [
        str, Annotated[str, M(min_length=2)], Annotated[str, M(max_length=3)],
        Annotated[str, M(min_length=1, max_length=5)],
        Annotated[str, M(pattern=r"^SKU-\d{5}$")], Annotated[str, M(pattern=r"[a-z]+@[a-z.]+", max_length=20)],
        Annotated[str, M(pattern=r"\Aa|b\Z|(?:x|y)*?\w$")], Annotated[str, M(pattern="(?i)abc")],
    ],
    "bytes": [bytes, Annotated[bytes, M(max_length=3)]],
    "date": [dt.date],
    "datetime": [dt.datetime, Annotated[dt.datetime, M(tz=True)], Annotated[dt.datetime, M(tz=False)]],
    "time": [dt.time, Annotated[dt.time, M(tz=False)]],
    "timedelta": [dt.timedelta],
    "decimal": [decimal.Decimal],
    "uuid": [uuid.UUID],
    "literal": [Literal["a", "b"], Literal["red"], Literal[1, 2, -3], Literal["1", 7], Literal["é\"'"]],
    "enum": [Color, Level],
    "any": [Any, int | str, int | float, str | bool | None, None],
    "deep": [Deep, list[Deep], dict[str, Deep]],
    "nested": [list[int], Inner, dict[str, int], set[int], tuple[int, str], Point, list[Inner], dict[int, float]],
}  # fmt: skip
"""Annotations by the kind of odd cell that suits them."""

DEFAULTS: dict[Any, list[Any]] = {
    int: [0, -7, "x"],
    float: [0.0, 1.5, float("nan"), 1], bool: [False], str: ["", 'x,"y"', 5], dt.date: [dt.date(2024, 1, 31)],
    dt.datetime: [dt.datetime(2024, 1, 31, 1, 2, 3, 40, dt.UTC)], dt.timedelta: [dt.timedelta(1, 5)],
    decimal.Decimal: [decimal.Decimal("1E+3")], Literal["a", "b"]: ["a"], Color: [Color.RED], Level: [Level.HIGH],
    list[int]: [[]], Any: [None, 3], Literal["1", 7]: ["1"],
}  # fmt: skip

GOOD = {
    "int": ["1", "42", "-7", "7", "0"], "float": ["0.5", "1", "99.75", "-1e5"], "bool": ["true", "0", "False"],
    "str": ["ab", "SKU-12345", "a@b.c", "x"], "bytes": ["YQ==", ""], "date": ["2024-02-29"],
    "datetime": ["2024-01-31T01:02:03", "2024-01-31T01:02:03.5Z", "2024-01-31 01:02:03+05:30"],
    "time": ["01:02:03", "01:02:03.25"], "timedelta": ["PT1S", "P1DT2H", "12.5"], "decimal": ["1.50", "-3", "1e5"],
    "uuid": ["12345678-1234-4678-8234-567812345678"], "literal": ["a", "1", "red"], "enum": ["red", "1", "a"],
    "any": ["x", "1", "null"], "deep": ["{}", "[]"], "nested": ["[1]", "{}", '{"q":1}'],
}  # fmt: skip

JSON_GOOD = {
    "nested": ["[1]", "[]", "{}", '{"q":1}', '{"q":"x"}', '{"k":1,"l":2}', '[1,"x"]', "[1,2.5]", '[{"q":1},{"q":null}]']
}

ODD = odd_cells()


@dataclass
class DrawnField:
    """One field of a drawn Struct."""

    name: str
    key: str
    kind: str
    annotation: Any
    nullable: bool
    has_default: bool


@dataclass
class DrawnStruct:
    """A Struct, and what is known of its fields."""

    struct: Any
    fields: list[DrawnField]
    described: str


@st.composite
def structs(draw: st.DrawFn, nested: bool = True) -> DrawnStruct:
    """Draw a Struct."""
    fields, made = [], []
    rename = draw(st.sampled_from([None, None, "camel", "kebab"]))
    kinds = [kind for kind in TYPES if nested or kind != "nested"]
    for place in range(draw(st.integers(1, 5))):
        kind = draw(st.sampled_from(kinds))
        annotation = draw(st.sampled_from(TYPES[kind]))
        name = f"field_{'abcde'[place]}"
        nullable = draw(st.integers(0, 3)) == 0 and kind not in ("any",)
        choices = DEFAULTS.get(annotation, []) + ([None] if nullable else [])
        has_default = bool(choices) and draw(st.booleans())
        if nullable:
            annotation = annotation | None
        made.append((name, annotation, draw(st.sampled_from(choices))) if has_default else (name, annotation))
        key = {"camel": f"field{'ABCDE'[place]}", "kebab": f"field-{'abcde'[place]}"}.get(rename or "", name)
        takes_none = nullable or annotation in (Any, None, str | bool | None)
        fields.append(DrawnField(name, key, kind, annotation, takes_none, has_default))
    settings: dict[str, Any] = {"rename": rename, "kw_only": True}
    for name in ("forbid_unknown_fields", "omit_defaults", "frozen"):
        settings[name] = draw(st.integers(0, 5)) == 0
    if draw(st.integers(0, 7)) == 0:
        settings["tag"] = draw(st.sampled_from([True, "x", 3]))
    struct = msgspec.defstruct("Drawn", made, **settings)
    return DrawnStruct(struct, fields, f"{settings} {made}")


def _cell(field: DrawnField, rng: random.Random, odd: float) -> str:
    if rng.random() < odd:
        return rng.choice(rng.choice([ODD.get(field.kind, ODD["str"]), ODD["str"], ["null", "NULL", "", "nUll"]]))
    if rng.random() < 0.05:
        return ""
    return rng.choice(GOOD[field.kind])


def cells_and_rows(
    drawn: DrawnStruct, rng: random.Random, records: int
) -> tuple[bytes, list[str], list[list[str]], list[bytes]]:
    """Return a CSV file, its header, its rows and the bytes of each.

    Args:
        drawn: the Struct.
        rng: whose numbers decide.
        records: how many.
    """
    header = [field.key for field in drawn.fields if not field.has_default or rng.random() < 0.8]
    header += ["unknown"] if rng.random() < 0.3 or not header else []
    rng.shuffle(header)
    by_key = {field.key: field for field in drawn.fields}
    rows, raws = [], []
    for _ in range(records):
        odd = rng.choice([0.0, 0.0, 0.3, 1.0])
        row = [_cell(by_key[key], rng, odd) if key in by_key else rng.choice(["", "", "x"]) for key in header]
        raw = csv_line(row, ",")[:-1]
        rows.append(row)
        raws.append(raw)
    return csv_line(header, ",") + b"".join(raw + b"\n" for raw in raws), header, rows, raws


def mapping_of(drawn: DrawnStruct, header: list[str], row: list[str], nulls: tuple[str, ...]) -> dict[str, Any]:
    """Return what a loop over the file would give to msgspec."""
    wanted = {field.key: field.nullable and not field.has_default for field in drawn.fields}
    found: dict[str, Any] = {}
    for name, cell in zip(header, row, strict=True):
        if cell not in nulls:
            found[name] = cell
        elif wanted.get(name, False):
            found[name] = None
    return found


def random_struct_lines(drawn: DrawnStruct, rng: random.Random, records: int) -> list[bytes]:
    """Return lines of JSON for a Struct: good, nearly good and senseless ones; none of them is blank.

    Args:
        drawn: the Struct.
        rng: whose numbers decide.
        records: how many.
    """
    order = list(drawn.fields)
    colon, comma = rng.choice([(":", ","), (": ", ", ")])
    lines = []
    for _ in range(records):
        odd = rng.choice([0.0, 0.0, 0.2, 1.0])
        if rng.random() < 0.1:
            rng.shuffle(order)
        members = [(field.key, _value(field, rng, odd)) for field in order if rng.random() < 0.95]
        for name in ("unknown", "type", 'z"'):
            if rng.random() < 0.1:
                members.append((name, rng.choice([*VALUES[:-3], '"Drawn"', '"x"', "3"])))
        if members and rng.random() < 0.05:
            members.append((members[0][0], _value(rng.choice(order), rng, odd)))
        if rng.random() < 0.1:
            rng.shuffle(members)
        names = [json.dumps(name, ensure_ascii=rng.random() < 0.2) for name, _ in members]
        text = "{" + comma.join(name + colon + value for name, (_, value) in zip(names, members, strict=True)) + "}"
        line = text.replace("\n", " ").encode()
        if rng.random() < 0.1:
            line = _damaged(line, rng)
        lines.append(line if line.strip(b" \t\r") else b"0")
    return lines


def _value(field: DrawnField, rng: random.Random, odd: float) -> str:
    if rng.random() < 0.05 + odd / 4:
        return rng.choice(VALUES if odd == 1.0 and rng.random() < 0.1 else VALUES[:-3])
    if field.kind == "deep":
        return {"list[": f"[{_deep(rng, odd)}]", "dict[": f'{{"k":{_deep(rng, odd)}}}'}.get(
            str(field.annotation)[:5], _deep(rng, odd)
        )
    if field.kind in JSON_GOOD and rng.random() > odd:
        return rng.choice(JSON_GOOD[field.kind])
    text = _cell(field, rng, odd)
    if rng.random() < 0.9 if field.kind in ("int", "float", "bool", "literal", "enum", "any") else rng.random() < 0.1:
        try:
            if type(json.loads(text)) in (int, float, bool):
                return text
        except ValueError:
            pass
    return json.dumps(text, ensure_ascii=rng.random() < 0.2)


def _deep(rng: random.Random, odd: float, depth: int = 0) -> str:
    """Return the text of a :class:`Deep`: good, or with odd values anywhere."""

    def one(*good: str) -> str:
        return rng.choice(VALUES[:-3]) if rng.random() < odd / 8 else rng.choice(good)

    space = rng.choice(["", "", " "])
    members = {
        "codeName": one('"a"', '"\\u00e9\\n"', '"x y"'),
        "sizes": f"[{space}{one('1', '1.50', '-0.0')},{space}{one('1e16', '2', '1e-7')}]",
        "byKey": one("{}", '{"a":1}', '{"a":1,"b":2}', '{"a":1,"a":2}', '{"\\u0061":1,"b":2.0}'),
        "innerList": one("[]", '[{"q":1}]', '[{"label":"y","q":2},{"q":3,"z":[1]}]', '[{"q":1,"q":2}]', '[{"q":"1"}]'),
        "at": one("null", '"2024-01-31T01:02:03Z"', '"2024-01-31 01:02:03.5"'),
        "kind": one('"a"', '"b"'),
        "level": one("null", '"red"', '"green"'),
        "pair": one('[1,"x"]', "[2,null]", '[1,"x",2]', "[1]"),
        "form": one(
            "null",
            '{"kind":"circle","radius":1.50}',
            '{"width":1,"kind":"box"}',
            '{"kind":"box","width":"1"}',
            '{"kind":"line"}',
            '{"width":1}',
            '{"kind":"box","width":1,"kind":"box"}',
            '{"\\u006bind":"c\\u0069rcle"}',
        ),
        "only": one("null", "{}", '{"radius":2,"kind":"circle"}', '{"kind":"box"}', '{"kind":1}'),
        "other": one("{}", "[1.50]", "-0"),
        "me": "null" if depth > 2 or rng.random() < 0.7 else _deep(rng, odd, depth + 1),
    }
    names = [name for name in members if rng.random() < (0.97 if name in ("codeName", "sizes") else 0.6)]
    if rng.random() < 0.2:
        rng.shuffle(names)
    return "{" + f",{space}".join(f'"{name}":{space}{members[name]}' for name in names) + "}"


def _damaged(line: bytes, rng: random.Random) -> bytes:
    for _ in range(rng.randrange(1, 3)):
        place = rng.randrange(len(line) + 1)
        how = rng.randrange(4)
        if how == 0:
            line = line[:place] + bytes([rng.choice([0, 9, 0x7F, 0xC3, 0xFF, 0x22])]) + line[place:]
        elif how == 1:
            line = line[:place] + line[place + 1 :]
        elif how == 2:
            line = line[:place]
        else:
            line = line[:place] + rng.choice(PIECES) + line[place:]
    return line


def verdicts(
    decode: Any, records: list[Any], raws: list[bytes], first_line: int, offset: int
) -> tuple[list[bytes], list[bytes], list[Any]]:
    """Return the lines of the accepted file, those of the rejects, and the instances.

    Args:
        decode: what makes an instance of a record.
        records: what it is given.
        raws: the bytes of each.
        first_line: the number of the first record's line.
        offset: of its first byte.
    """
    accepted, rejects, instances = [], [], []
    line = first_line
    for number, (record, raw) in enumerate(zip(records, raws, strict=True), 1):
        try:
            instance = decode(record)
        except REFUSALS as error:
            try:
                shown = b'"raw":' + msgspec.json.encode(raw.decode())
            except UnicodeDecodeError:
                shown = b'"raw_base64":"' + base64.b64encode(raw) + b'"'
            place = b'{"record":%d,"line":%d,"byte_offset":%d,"source":"<bytes>"' % (number, line, offset)
            errors = fault(error, record).json
            rejects.append(place + b',"stage":"validate","errors":[' + errors + b"]," + shown + b"}\n")
        else:
            instances.append(instance)
            accepted.append(msgspec.json.encode(instance) + b"\n")
        line += 1 + raw.count(b"\n")
        offset += len(raw) + 1
    return accepted, rejects, instances

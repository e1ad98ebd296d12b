"""Random JSON Schemas: Rust, Python and jsonschema-rs itself agree on every verdict, value, error and byte.

``THRESHER_PROFILE=long`` runs more than 100,000 records. No difference is allowed.
"""

from __future__ import annotations

import json
import random
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import jsonschema_rs
import msgspec
import pytest
from hypothesis import given, note
from hypothesis import strategies as st

import thresher
from effort import ENGINES, LONG, TIMEOUT, tries
from lines import PIECES, VALUES
from thresher.schema.json_schema_types import too_deep

EXAMPLES, RECORDS = (1_000, 60) if LONG else (60, 40)

pytestmark = TIMEOUT

PATTERNS = [
    r"^[a-z]+$", r"\d", r"^.{2,4}$", r"^SKU-\d{5}$", r"^[^@ ]+@[^@ ]+$", r"a|b", r"\s", r"^\w*$", r"(?=a)", r"é",
    r"^(?:x|y){2}$", r"[\d.-]", r"^\S+$", r"\bred\b", r"[A-F0-9]{2,}", r"a.c", r"^$", r"\.", r"[(){}|$]",
]  # fmt: skip
FORMATS = ["date", "date-time", "time", "uuid", "email", "ipv4", "uri", "hostname", "duration", "no-such-format"]
NAMES = ["a", "b c", "é", 'q"x', "", "d,e", "$ref", "🙂", "type"]
BOUND = st.one_of(
    st.integers(-20, 20),
    st.integers(-(1 << 70), 1 << 70),
    st.floats(-100, 100, allow_nan=False).map(lambda x: round(x, 2)),
)
ANY = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(-3, 20), st.sampled_from(["", "a", "1", "red", "é\n", 1.5, 1.0])),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from("ab"), inner, max_size=2),
    max_leaves=3,
)


@st.composite
def values(draw: Any, depth: int = 0) -> Any:
    """Draw the schema of a value."""
    how = draw(st.integers(0, 12))
    if how == 0:
        return draw(
            st.sampled_from([True, {}, {"title": "x"}, {"minimum": 1}, {"type": "null"}, {"$ref": "#/$defs/n"}])
        )
    if how == 1:
        listed = draw(st.lists(ANY, min_size=1, max_size=4, unique_by=json.dumps))
        return {"enum": listed} if draw(st.booleans()) else {"const": listed[0]}
    if how == 2:
        texts = draw(
            st.lists(st.sampled_from(["red", "1", "true", "", "é", 'a"b']), min_size=1, max_size=3, unique=True)
        )
        return {"enum": texts} | ({"type": "string"} if draw(st.booleans()) else {})
    if how == 3 and depth < 2:
        keyword = draw(st.sampled_from(["anyOf", "oneOf", "allOf"]))
        return {keyword: draw(st.lists(values(depth + 1), min_size=1, max_size=2))}
    kinds = draw(st.lists(st.sampled_from(sorted(KEYWORDS)), min_size=1, max_size=2 if how == 4 else 1, unique=True))
    made: dict[str, Any] = {"type": [*kinds, "null"] if how == 5 else kinds if how == 4 else kinds[0]}
    for kind in kinds:
        for keyword, of in KEYWORDS[kind].items():
            if draw(st.integers(0, 4)) == 0:
                made[keyword] = draw(of)
    if "array" in kinds and depth < 2 and draw(st.booleans()):
        made["items"] = draw(values(depth + 1))
    if "object" in kinds and depth < 2 and draw(st.integers(0, 3)) == 0:
        made["properties"] = {"b": draw(values(depth + 1)), "a": draw(values(depth + 1))}
    return made


KEYWORDS: Mapping[str, Mapping[str, Any]] = {
    "integer": {
        "minimum": BOUND,
        "maximum": BOUND,
        "exclusiveMinimum": BOUND,
        "exclusiveMaximum": BOUND,
        "multipleOf": st.sampled_from([1, 2, 7, 0.5]),
        "format": st.just("int64"),
    },
    "number": {
        "minimum": BOUND,
        "maximum": BOUND,
        "exclusiveMinimum": BOUND,
        "exclusiveMaximum": BOUND,
        "multipleOf": st.sampled_from([1, 0.5, 0.01]),
    },
    "string": {
        "minLength": st.integers(0, 4),
        "maxLength": st.integers(0, 8),
        "pattern": st.sampled_from(PATTERNS),
        "format": st.sampled_from(FORMATS),
        "title": st.just("a text"),
    },
    "boolean": {"default": st.booleans()},
    "array": {"minItems": st.integers(0, 2), "maxItems": st.integers(0, 3), "uniqueItems": st.booleans()},
    "object": {"maxProperties": st.integers(0, 2), "required": st.just(["a"])},
}


@st.composite
def schemas(draw: Any) -> dict[str, Any]:
    """Draw a schema of records."""
    names = draw(st.lists(st.sampled_from(NAMES), min_size=1, max_size=4, unique=True))
    made: dict[str, Any] = {"properties": {name: draw(values()) for name in names}}
    made["required"] = [name for name in names if draw(st.booleans())]
    for keyword, of in {
        "type": st.just("object"),
        "additionalProperties": st.sampled_from([True, False, False, {}, {"type": "integer"}]),
        "$schema": st.sampled_from(
            ["https://json-schema.org/draft/2020-12/schema", "http://json-schema.org/draft-07/schema#"]
        ),
        "title": st.just("Made"),
    }.items():
        if draw(st.booleans()):
            made[keyword] = draw(of)
    if draw(st.integers(0, 9)) == 0:
        made["minProperties"] = 2
    made["$defs"] = {"n": draw(values(depth=2))}
    if "$ref" in json.dumps(made["$defs"]):
        made["$defs"] = {"n": {"type": "integer"}}
    return made


def text_for(schema: Any, rng: random.Random) -> str:
    """Return a text that is good for a schema as often as not."""
    schema = schema if isinstance(schema, dict) else {}
    listed = schema.get("enum") or ([schema["const"]] if "const" in schema else [])
    if listed and rng.random() < 0.8:
        value = rng.choice(listed)
        return value if isinstance(value, str) else json.dumps(value)
    kind = schema.get("type", rng.choice(sorted(KEYWORDS)))
    kind = rng.choice(kind) if isinstance(kind, list) else kind
    if kind == "string" and rng.random() < 0.8:
        return rng.choice(TEXTS)
    return GOOD[kind](rng)


TEXTS = [
    "red", "abc", "x", "SKU-12345", "a@b.de", "ana.b@ex-ample.com", "2024-02-29", "2024-02-30", "2024-12-31",
    "0000-01-01", "2024-07-31T23:23:09Z", "2024-07-31t23:23:09z", "2024-07-31T23:23:60Z", "23:23:09Z", "12:00:00",
    "2024-07-31T23:23:09.123+02:00", "123e4567-e89b-12d3-a456-426614174000", "123E4567-E89B-12D3-A456-426614174000",
    "127.0.0.1", "127.0.0.01", "256.1.1.1", "https://example.com", "P1D", "\u0663", "é", "xyxy", "a\nc", "A0", "ab",
    "1.5", "a b", "", "a.b@c.de", "a..b@c.de", "1999-11-31", "2000-01-01T00:00:00+24:00", "10.20.30.255",
]  # fmt: skip


def _integer(rng: random.Random) -> str:
    wide = rng.choice([25, 25, 1 << 62, 1 << 70])
    return rng.choice([str(rng.randrange(-wide, wide)), str(rng.randrange(-25, 25)), "1.0", "1e2"])


def _number(rng: random.Random) -> str:
    size = 10.0 ** rng.randrange(-30, 30)
    odd = ["1", "2.50", "-0.001", "1e16", "1E300", "-1.5e17", "9007199254740993", "1e15"]
    return rng.choice([rng.choice(odd), repr(rng.uniform(-1e3, 1e3)), repr(rng.uniform(-1, 1) * size)])


GOOD: Mapping[str, Callable[[random.Random], str]] = {
    "integer": _integer,
    "number": _number,
    "string": lambda rng: "".join(rng.choice("abc1é \n") for _ in range(rng.randrange(6))),
    "boolean": lambda rng: rng.choice(["true", "false", "True", "FALSE"]),
    "null": lambda rng: "null",
    "array": lambda rng: rng.choice(["[]", "[1]", '["a",2,{"a":1e20}]', "[[1,1],2]", "[1,1]", "[1.5, 1e16]"]),
    "object": lambda rng: rng.choice(['{"a":1,"b":[2]}', '{"b":1, "a":"x"}', '{"c":{"d":1e25},"a":null}', "{}"]),
}


def random_lines(schema: dict[str, Any], rng: random.Random) -> list[bytes]:
    lines = []
    for _ in range(RECORDS):
        members = []
        for name, inner in schema["properties"].items():
            if rng.random() < 0.9:
                text = text_for(inner, rng) if rng.random() < 0.9 else rng.choice(VALUES[:-3])
                try:
                    json.loads(text)
                except ValueError:
                    text = json.dumps(text, ensure_ascii=rng.random() < 0.3)
                if rng.random() < 0.1:
                    text = json.dumps(text)
                members.append((name, text))
        if rng.random() < 0.2:
            rng.shuffle(members)
        for name in ("extra", "z"):
            if rng.random() < 0.1:
                members.insert(rng.randrange(len(members) + 1), (name, rng.choice(VALUES[:-3])))
        if members and rng.random() < 0.05:
            members.append((members[0][0], rng.choice(VALUES[:-3])))
        comma, colon = rng.choice([(",", ":"), (", ", " : ")])
        line = ("{" + comma.join(json.dumps(name) + colon + text for name, text in members) + "}").encode()
        if rng.random() < 0.05:
            place = rng.randrange(len(line) + 1)
            line = line[:place] + rng.choice(PIECES) + line[place:]
        lines.append(line.replace(b"\n", b" "))
    return [line for line in lines if line.strip(b" \t\r")]


def verdict(validator: Any, line: bytes, names: list[str]) -> Any:
    """Return the record, or the type and loc of each error, by the library alone."""
    try:
        if too_deep(line.decode()):
            return ["json_invalid"]
        value = msgspec.json.decode(line)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return ["json_invalid"]
    errors = [[each.kind.name, each.instance_path, each.message] for each in validator.iter_errors(value)]
    return errors or (value,)


@tries(EXAMPLES)
@given(schema=schemas(), seed=st.integers(0, 1 << 32), block_bytes=st.sampled_from([1, 64, 1 << 18]))
def test_lines(schema: dict[str, Any], seed: int, block_bytes: int) -> None:
    lines = random_lines(schema, random.Random(seed))
    note(json.dumps(schema))
    try:
        validator = jsonschema_rs.validator_for(schema, validate_formats=True)
    except jsonschema_rs.ValidationError:
        return
    wanted = [verdict(validator, line, list(schema["properties"])) for line in lines]
    data = b"\n".join(lines)
    config: dict[str, Any] = {"format": "jsonl", "block_bytes": block_bytes}
    outputs = []
    for engine in ENGINES:
        with tempfile.TemporaryDirectory() as folder:
            good, bad = Path(folder, "g.jsonl"), Path(folder, "b.jsonl")
            thresher.process(data, schema, output=good, rejects=bad, engine=engine, **config)
            outputs.append((good.read_bytes(), bad.read_bytes()))
        result = thresher.process(data, schema, engine=engine, **config)
        same(list(result.records()), [each[0] for each in wanted if isinstance(each, tuple)])
        accepted = [msgspec.json.decode(line) for line in outputs[-1][0].splitlines()]
        same(accepted, [each[0] for each in wanted if isinstance(each, tuple)])
        rejects = [msgspec.json.decode(line)["errors"] for line in outputs[-1][1].splitlines()]
        found = [[[each["type"], each["loc"], each["msg"]] for each in errors] for errors in rejects]
        for one, other in zip(found, [each for each in wanted if isinstance(each, list)], strict=True):
            assert one == other or (other == ["json_invalid"] and one[0][0] == "json_invalid")
    assert len(set(outputs)) == 1


def same(found: list[Any], wanted: list[Any]) -> None:
    """Compare records, 1 and 1.0 and True being different, whatever the order of their keys."""
    assert [_sorted(each) for each in found] == [_sorted(each) for each in wanted]


def _sorted(value: Any) -> str:
    return json.dumps(value, sort_keys=True)


@tries(EXAMPLES)
@given(schema=schemas(), seed=st.integers(0, 1 << 32), block_bytes=st.sampled_from([1, 64, 1 << 18]))
def test_tables(schema: dict[str, Any], seed: int, block_bytes: int) -> None:
    """Both engines read, refuse and write the same."""
    rng = random.Random(seed)
    note(json.dumps(schema))
    names = [name for name in schema["properties"] if name in schema["required"] or rng.random() < 0.9]
    names += [name for name in ("extra",) if rng.random() < 0.3] or ([] if names else ["other"])
    rows = [names]
    for _ in range(RECORDS):
        rows.append(["" if rng.random() < 0.1 else _cell(schema["properties"].get(name), rng) for name in names])
    quoted = [[f'"{cell.replace(chr(34), chr(34) * 2)}"' for cell in row] for row in rows]
    data = "".join(",".join(row) + "\n" for row in quoted).encode()
    outputs = []
    for engine in ENGINES:
        with tempfile.TemporaryDirectory() as folder:
            good, bad, table = (Path(folder, name) for name in ("g.jsonl", "b.jsonl", "t.csv"))
            config: dict[str, Any] = {"engine": engine, "block_bytes": block_bytes}
            try:
                thresher.process(data, schema, output=good, rejects=bad, **config)
                thresher.process(data, schema, output=table, **config)
            except thresher.ConfigurationError:
                with pytest.raises(jsonschema_rs.ValidationError):
                    jsonschema_rs.validator_for(schema, validate_formats=True)
                return
            records = list(thresher.process(data, schema, **config).records())
            outputs.append((good.read_bytes(), bad.read_bytes(), table.read_bytes(), list(map(_sorted, records))))
            same([msgspec.json.decode(line) for line in outputs[-1][0].splitlines()], records)
    for found in outputs[1:]:
        for one, other in zip(found, outputs[0], strict=True):
            assert one == other
    validator = jsonschema_rs.validator_for(schema, validate_formats=True)
    assert all(validator.is_valid(record) for record in records)


def _cell(schema: Any, rng: random.Random) -> str:
    if rng.random() < 0.8:
        return text_for(schema, rng)
    return rng.choice(
        [*VALUES[:-3], " 1", "1 ", "+1", "1_0", "x", "TRUE", "yes", "[1", ' {"a": 1}', "\t2.5", "-0", "nan"]
    )

"""What is decided natively of a JSON Schema: it is never wrong, and it is most of what files are made of."""

from __future__ import annotations

import json
from typing import Any

import jsonschema_rs
import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import thresher
from thresher.schema import compile
from thresher.schema.json_schema_native import _FORMATS, NotNativeError, translated

ORDER: dict[str, Any] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "properties": {
        "id": {"type": "integer", "minimum": 1},
        "sku": {"type": "string", "pattern": r"^SKU-\d{5}$", "description": "of the shop"},
        "price": {"type": "number", "exclusiveMinimum": 0, "maximum": 1000},
        "status": {"enum": ["new", "paid"]},
        "day": {"type": ["string", "null"], "format": "date"},
        "gift": {"type": "boolean"},
        "lines": {"type": "array", "items": {"type": "integer"}, "maxItems": 3},
        "more": {"type": "object"},
        "any": {},
        "kind": {"const": 1},
        "size": {"$ref": "#/$defs/size"},
    },
    "required": ["id"],
    "additionalProperties": False,
    "$defs": {"size": {"type": "integer", "multipleOf": 2}},
}

GOOD = [
    {"id": 1, "sku": "SKU-12345", "price": 2.5, "status": "new", "day": "2024-02-28", "gift": True},
    {"id": 2, "price": 3, "status": "paid", "day": None, "gift": False, "lines": [1, 2], "more": {"a": [1.5, {}]}},
    {"id": 3, "lines": [], "more": {}, "any": [None, {"b": "é"}], "kind": 1, "size": 4},
]


def test_good_lines_need_no_library() -> None:
    data = "\n".join(map(json.dumps, GOOD)).encode()
    result = thresher.process(data, ORDER, engine="rust", format="jsonl")
    assert list(result.records()) == GOOD
    assert result.report.engine.asked_records == 0


def test_good_cells_need_no_library() -> None:
    data = b'id,price,status,day,gift,lines,any\n1,2.50,new,2024-02-28,true,"[1, 2]",x\n2,3,paid,,false,[],1\n'
    result = thresher.process(data, ORDER, engine="rust")
    assert list(result.records()) == [
        {"id": 1, "price": 2.5, "status": "new", "day": "2024-02-28", "gift": True, "lines": [1, 2], "any": "x"},
        {"id": 2, "price": 3, "status": "paid", "day": None, "gift": False, "lines": [], "any": "1"},
    ]
    assert result.report.engine.asked_records == 0


def test_keys_that_are_allowed_are_kept(tmp_path: Any) -> None:
    schema = {"properties": {"b": {"type": "integer"}}}
    data = b'{"z":1e20,"b":1,"a":[1, {"c":null}]}\n{"a":2}\n'
    written = []
    for engine in ("rust", "python"):
        path = tmp_path / f"{engine}.jsonl"
        result = thresher.process(data, schema, engine=engine, output=path, format="jsonl")
        written.append(path.read_bytes())
        assert result.report.engine.asked_records == (0 if engine == "rust" else 2)
    assert written == [b'{"b":1,"z":1e+20,"a":[1,{"c":null}]}\n{"a":2}\n'] * 2


@pytest.mark.parametrize(
    ("schema", "reason"),
    [
        ({"properties": {"a": {"type": "string", "format": "uri"}}}, "property 'a': format 'uri'"),
        ({"properties": {"a": {"type": "string", "pattern": "(?=a)"}}}, "property 'a': pattern"),
        ({"properties": {"a": {"anyOf": [{"type": "integer"}]}}}, "property 'a': anyOf without a type"),
        ({"properties": {"a": {"type": "integer", "maximum": 1 << 70}}}, "property 'a': maximum beyond 64 bits"),
        ({"properties": {"a": {"type": "number", "multipleOf": 0.1}}}, "property 'a': multipleOf"),
        ({"properties": {"a": {"type": ["string", "integer"]}}}, "property 'a': its cells may be of several types"),
        ({"properties": {"a": {"type": "object", "properties": {}}}}, "property 'a': properties"),
        ({"properties": {"a": False}}, "property 'a': "),
        ({"properties": {"a": {}}, "minProperties": 1}, "it has minProperties"),
        ({"properties": {"a": {}}, "additionalProperties": {"type": "string"}}, "additional properties have a schema"),
        ({"properties": {"a": {}}, "required": ["b"]}, "'b' is required"),
        ({"type": "array"}, "it has no properties"),
    ],
)
def test_what_is_not_known_goes_to_the_library(schema: dict[str, Any], reason: str) -> None:
    assert reason in compile(schema).record_reason


@pytest.mark.parametrize("form", sorted(_FORMATS))
@settings(max_examples=300, deadline=None)
@given(data=st.data())
def test_texts_that_are_taken_for_a_format_are_of_it(form: str, data: Any) -> None:
    text = data.draw(st.from_regex(_FORMATS[form].removesuffix("$") + r"\Z"))
    for draft in ("https://json-schema.org/draft/2020-12/schema", "http://json-schema.org/draft-07/schema#"):
        validator = jsonschema_rs.validator_for({"$schema": draft, "format": form}, validate_formats=True)
        assert validator.is_valid(text), text


PATTERNS = [
    r"^SKU-\d{5}$", r"^[^@ ]+@[^@ ]+\.[a-z]{2,}$", r"a.c", r"^\w+$", r"[\d.-]+", r"(?:ab|c)*?d", r"^$", r"\$\d+\.\d\d",
    r"^[A-F0-9]{2,4}$", r"a|b|\|", r"[(){}|$]", r"^(a|b)?[^a-c_]$", r"#&~ -", r"[#]",
]  # fmt: skip
TEXTS = [
    "SKU-12345", "SKU-1234\u0665", "a@b.de", "a\nc", "a\rc", "a\u2028c", "abc", "a😀c", "é", "_a1", "1.5-2", "ababcd",
    "d", "", "$1.50", "AF", "af", "AF\n", "b", "|", "{", "$", "ad", "b\n", "c", "#&~ -", "#", "K", "\u017f", "\u212a",
]  # fmt: skip


@pytest.mark.parametrize("pattern", PATTERNS)
def test_patterns_mean_the_same(pattern: str, engine: str) -> None:
    assert translated(pattern)
    schema = {"properties": {"a": {"type": "string", "pattern": pattern}}, "required": ["a"]}
    validator = jsonschema_rs.validator_for(schema)
    data = "\n".join(json.dumps({"a": text}, ensure_ascii=False) for text in TEXTS).encode()
    result = thresher.process(data, schema, engine=engine, format="jsonl")
    assert [each["a"] for each in result.records()] == [text for text in TEXTS if validator.is_valid({"a": text})]


@pytest.mark.parametrize(
    "pattern",
    ["(?=a)", "(?i)a", r"\bred", r"\s", r"\p{L}", "é", r"(a)\1", r"[\w-z]", "a{2,1}", "((a{99}){99}){99}", "a" * 400],
)
def test_other_patterns_are_for_the_library(pattern: str) -> None:
    with pytest.raises(NotNativeError):
        translated(pattern)


def test_nesting_has_one_limit(engine: str) -> None:
    schema = {"properties": {"a": {}, "b": {"type": "array"}}}
    lines = [f'{{"{name}":{"[" * depth}{"]" * depth}}}' for name in "ab" for depth in range(195, 206)]
    result = thresher.process("\n".join(lines).encode(), schema, engine=engine, format="jsonl")
    assert (result.accepted, result.rejected) == (10, 12)


@pytest.mark.parametrize("odd", ["1e400", "-1e309", "1" * 400 + ".0", "1e-400", "null", '"\\ud800"', "[1e400]"])
@pytest.mark.parametrize("form", ['{"a":%s}', '{"a":%s,"a":1}', '{"a":1,"a":%s}', '{"z":%s,"z":1}', '{"z":{"b":%s}}'])
def test_what_is_no_json_is_none_where_another_value_takes_its_place(form: str, odd: str, engine: str) -> None:
    line = (form % odd).encode()
    schema = {"properties": {"a": {"type": "integer"}}}
    try:
        wanted = jsonschema_rs.validator_for(schema).is_valid(msgspec.json.decode(line))
    except msgspec.DecodeError:
        wanted = False
    assert thresher.process(line, schema, engine=engine, format="jsonl").accepted == wanted

"""JSON Schema: verdicts and errors are those of jsonschema-rs; cells are read by the types of their properties."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import jsonschema_rs
import msgspec
import pytest

import thresher
from thresher import ConfigurationError
from thresher.schema import compile
from thresher.schema.json_schema_types import ALL, cell_reader, too_deep, types_of

ORDER: dict[str, Any] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "title": "Order",
    "type": "object",
    "properties": {
        "id": {"type": "integer", "minimum": 1},
        "price": {"type": "number", "exclusiveMinimum": 0},
        "note": {"type": ["string", "null"]},
        "gift": {"type": "boolean"},
        "tags": {"type": "array", "items": {"type": "string"}, "maxItems": 2},
        "status": {"enum": ["new", "paid"]},
        "day": {"type": "string", "format": "date"},
        "address": {"$ref": "#/$defs/address"},
    },
    "required": ["id", "price"],
    "additionalProperties": False,
    "$defs": {"address": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}},
}

DRAFT_4 = "http://json-schema.org/draft-04/schema#"

LINES = [
    '{"id":1,"price":2.50}', '{ "price" : 1e3, "id":1, "note":null }', '{"id":0,"price":0,"x":1}', "{}", "[]", "3",
    '{"id":1.0,"price":12345678901234567890123}', '{"id":true,"price":"1"}', '{"id":1,"id":2,"price":1}',
    '{"id":1,"price":1,"tags":["a","b","c"],"status":"paid"}', '{"id":1,"price":1,"tags":[1],"status":"lost"}',
    '{"id":1,"price":1,"address":{}}', '{"id":1,"price":1,"address":{"city":"Bonn","zip":[1,{"a":null}]}}',
    '{"id":1,"price":1,"day":"2024-02-30"}', '{"id":1,"price":1,"note":"\\u00e9\\ud83d\\ude00\\/\\n"}',
    "nul", '{"id":1', '{"id":1,"price":NaN}', '{"id":1,"price":1e400}', '{"id":01,"price":1}',
    '{"id":1,"price":1,"note":"\\ud800"}', '{"id":-0,"price":1}', "[" * 300 + "]" * 300,
]  # fmt: skip
"""JSON texts, some of which are none."""


def verdict(schema: Any, line: str) -> Any:
    """Return the record, or the errors, by the library alone."""
    try:
        value = msgspec.json.decode(line) if not too_deep(line) else None
    except msgspec.MsgspecError:
        return ["json_invalid"]
    if too_deep(line):
        return ["json_invalid"]
    validator = jsonschema_rs.validator_for(schema, validate_formats=True)
    errors = [(each.kind.name, tuple(each.instance_path), each.message) for each in validator.iter_errors(value)]
    return errors or (value,)


def compare(result: thresher.Result, wanted: list[Any]) -> None:
    records = [each[0] for each in wanted if isinstance(each, tuple)]
    assert list(result.records()) == records
    rejects = [[(each["type"], each["loc"], each["msg"]) for each in reject.errors] for reject in result.rejects]
    for found, errors in zip(rejects, [each for each in wanted if isinstance(each, list)], strict=True):
        if errors == ["json_invalid"]:
            ((kind, loc, message),) = found
            assert (kind, loc) == ("json_invalid", ())
            assert message.startswith("Invalid JSON: ")
        else:
            assert found == errors


def test_lines(engine: str) -> None:
    result = thresher.process("\n".join(LINES).encode(), ORDER, engine=engine, format="jsonl")
    compare(result, [verdict(ORDER, line) for line in LINES])


@pytest.mark.parametrize(
    "schema",
    [
        True,
        {},
        {"type": "array", "items": {"type": "integer"}},
        {"oneOf": [{"required": ["id"]}, {"required": ["price"]}]},
        {"patternProperties": {"^i": {"type": "integer"}}, "additionalProperties": {"type": "string"}},
        {"$schema": DRAFT_4, "properties": {"id": {"minimum": 1, "exclusiveMinimum": True}}},
        {"$schema": "http://json-schema.org/draft-07/schema#", "dependencies": {"id": ["note"]}},
        {"not": {"type": "object"}},
        {"if": {"required": ["tags"]}, "then": {"required": ["status"]}, "else": {"maxProperties": 2}},
        {"$defs": {"n": {"properties": {"address": {"$ref": "#/$defs/n"}}, "maxProperties": 2}}, "$ref": "#/$defs/n"},
        {"propertyNames": {"maxLength": 4}, "minProperties": 1},
        {"properties": {"price": {"multipleOf": 0.5, "maximum": 10}, "note": {"pattern": "^.$", "minLength": 2}}},
    ],
    ids=lambda schema: json.dumps(schema)[:40],
)  # fmt: skip
def test_any_schema(schema: Any, engine: str, tmp_path: Path) -> None:
    path = tmp_path / "any.schema.json"
    path.write_text(json.dumps(schema))
    result = thresher.process("\n".join(LINES).encode(), path, engine=engine, format="jsonl")
    compare(result, [verdict(schema, line) for line in LINES])


def test_what_is_written(engine: str, tmp_path: Path) -> None:
    good, bad, table = tmp_path / "g.jsonl", tmp_path / "b.jsonl", tmp_path / "t.csv"
    data = (
        b'{ "price":2.50, "id":1, "note":"\\u00e9" }\n{"id":2.0,"price":1E2}\n'
        b'{"id":12345678901234567890123,"price":1}\n{"id":0,"price":1}\n'
    )
    thresher.process(data, ORDER, engine=engine, output=good, rejects=bad)
    assert good.read_text().splitlines() == [
        '{"id":1,"price":2.5,"note":"é"}',
        '{"id":2.0,"price":100.0}',
        '{"id":12345678901234567890123,"price":1}',
    ]
    assert json.loads(bad.read_text())["errors"] == [
        {"type": "minimum", "loc": ["id"], "msg": "0 is less than the minimum of 1", "input": 0}
    ]
    thresher.process(data, ORDER, engine=engine, output=table)
    assert table.read_text().splitlines() == [
        "id,price,note,gift,tags,status,day,address",
        "1,2.5,é,,,,,",
        "2.0,100.0,,,,,,",
        "12345678901234567890123,1,,,,,,",
    ]


CELLS = [
    # Types of the property, cell, what the schema is given.
    ("integer", "1", 1),
    ("integer", "-0", 0),
    ("integer", "1.0", 1.0),
    ("integer", "1e3", 1000.0),
    ("integer", "1.5", "1.5"),
    ("integer", "+1", "+1"),
    ("integer", " 1\t", 1),
    ("boolean", " true", True),
    ("integer string", " 1 x", " 1 x"),
    ("integer", "01", "01"),
    ("integer", "1_000", "1_000"),
    ("integer", "12345678901234567890123", 12345678901234567890123),
    ("integer", "9" * 5000, "9" * 5000),
    ("integer", "true", "true"),
    ("integer", "\u0661", "\u0661"),
    ("number", "1", 1),
    ("number", "2.50", 2.5),
    ("number", "1e400", "1e400"),
    ("number", ".5", ".5"),
    ("number", "5.", "5."),
    ("number", "nan", "nan"),
    ("number", "-1E-2", -0.01),
    ("boolean", "true", True),
    ("boolean", "True", True),
    ("boolean", "FALSE", False),
    ("boolean", "tRUE", "tRUE"),
    ("boolean", "1", "1"),
    ("boolean", "yes", "yes"),
    ("string", "1", "1"),
    ("string", "true", "true"),
    ("string null", "null", "null"),
    ("null", "null", "null"),
    ("array", "[1, \"a\"]", [1, "a"]),
    ("array", " []", []),
    ("array", "{}", "{}"),
    ("array", "[1", "[1"),
    ("array", "[" * 300 + "]" * 300, "[" * 300 + "]" * 300),
    ("object", '{"a":1}', {"a": 1}),
    ("object", "[]", "[]"),
    ("integer string", "7", 7),
    ("integer string", "007", "007"),
    ("boolean integer", "1", 1),
    ("boolean string", "true", True),
    ("number array", "[1]", [1]),
    ("", "1", "1"),
]  # fmt: skip


@pytest.mark.parametrize(("types", "cell", "value"), CELLS, ids=lambda each: str(each)[:20])
def test_cells_are_read_by_the_types(types: str, cell: str, value: Any, engine: str) -> None:
    found = cell_reader(frozenset(types.split()) or ALL)(cell)
    assert (type(found), found) == (type(value), value)
    schema: dict[str, Any] = {"properties": {"a": {"type": types.split()} if types else {}}}
    quoted = '"' + cell.replace('"', '""') + '"'
    result = thresher.process(f"a,b\n{quoted},x\n".encode(), schema, engine=engine)
    wanted = verdict(schema, msgspec.json.encode({"a": value, "b": "x"}).decode())
    compare(result, [wanted])


def test_a_cell_that_is_listed_as_text_is_text(engine: str) -> None:
    schema = {"properties": {"a": {"enum": ["1", 2, True, None]}}}
    result = thresher.process(b"a,b\n1,x\n2,x\ntrue,x\n3,x\n,x\n", schema, engine=engine)
    assert [each["a"] for each in result.records()] == ["1", 2, True, None]
    assert [each.errors[0]["input"] for each in result.rejects] == [3]


@pytest.mark.parametrize(
    ("schema", "types"),
    [
        (True, ALL),
        (False, ""),
        ({}, ALL),
        ({"type": "integer"}, "integer"),
        ({"type": ["string", "null"]}, "string null"),
        ({"enum": [1, "a", 1.5, None, True, [], {}]}, "integer string number null boolean array object"),
        ({"enum": [1.0, 2]}, "integer"),
        ({"const": "a"}, "string"),
        ({"type": "number", "enum": [1, 2]}, "integer"),
        ({"anyOf": [{"type": "integer"}, {"type": "null"}]}, "integer null"),
        ({"oneOf": [{"type": "integer"}, {}]}, ALL),
        ({"allOf": [{"type": ["integer", "string"]}, {"type": "number"}]}, "integer"),
        ({"$ref": "#/$defs/a"}, "boolean"),
        ({"$ref": "#/$defs/loop"}, ALL),
        ({"$ref": "#/$defs/nothing"}, ALL),
        ({"type": "string", "$ref": "#/$defs/a"}, ""),
    ],
)
def test_types_are_found_in_a_schema(schema: Any, types: Any) -> None:
    definitions: dict[str, Any] = {"a": {"type": "boolean"}, "loop": {"$ref": "#/$defs/loop"}}

    def resolve(reference: str) -> Any:
        return definitions[reference.removeprefix("#/$defs/")], resolve

    assert types_of(schema, resolve) == (types if types is ALL else frozenset(types.split()))


def test_null_cells(engine: str) -> None:
    schema = {
        "properties": {"a": {"type": "integer"}, "b": {"type": ["integer", "null"]}, "c": {}},
        "required": ["b"],
    }
    result = thresher.process(b"a,b,c,d\n,,,\n1,2,3,4\n", schema, engine=engine)
    assert list(result.records()) == [{"b": None}, {"a": 1, "b": 2, "c": "3", "d": "4"}]
    schema["required"] = ["a"]
    result = thresher.process(b"a,b\n,1\n", schema, engine=engine)
    assert [each["type"] for each in result.rejects[0].errors] == ["required"]


def test_columns_follow_the_schema(engine: str, tmp_path: Path) -> None:
    with pytest.raises(thresher.DataProcessingError, match=r"no column for the required field 'price'"):
        thresher.process(b"id,prize\n1,2\n", ORDER, engine=engine)
    result = thresher.process(b"id,price,other\n1,2,x\n1,2,\n", ORDER, engine=engine)
    assert (result.accepted, result.rejected) == (1, 1)
    assert result.rejects[0].errors[0]["type"] == "additionalProperties"
    typed = {"properties": {"a": {}}, "additionalProperties": {"type": "integer"}}
    assert list(thresher.process(b"a,b\n1,2\n", typed, engine=engine).records()) == [{"a": "1", "b": 2}]
    table = tmp_path / "t.csv"
    thresher.process(b"b,a\n2,1\n", typed, engine=engine, output=table)
    assert table.read_text() == "a,b\n1,2\n"
    with pytest.raises(ConfigurationError, match="keeps any other key"):
        thresher.process(b'{"a":1}\n', typed, engine=engine, output=table)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"type":"strin"}', r"no valid JSON Schema: at /type: \"strin\" is not"),
        ('{"properties":{"a":{"minimum":"1"}}}', r"at /properties/a/minimum: \"1\" is not of type \"number\""),
        ('{"properties":{"a":{"pattern":"("}}}', r"at /properties/a/pattern"),
        ('{"$ref":"#/nope"}', r"Pointer '/nope' does not exist"),
        ('{"$ref":"https://example.com/a.json"}', r"nothing is fetched"),
        ('{"$ref":"missing.json"}', r"missing.json' cannot be read: there is no such file"),
        ('{"$schema":"http://json-schema.org/draft-03/schema#"}', r"Unknown meta-schema"),
        ("[]", r"\[\] is not of types"),
        ("{", r"is no JSON: .*line 1 column 2"),
        ('{"minimum": NaN}', r"is no JSON: NaN is not a number"),
        ("[" * 100_000, r"nested too deeply"),
    ],
    ids=lambda each: each[:40],
)
def test_what_is_no_schema_is_refused(text: str, message: str, tmp_path: Path) -> None:
    path = tmp_path / "bad.schema.json"
    path.write_text(text)
    with pytest.raises(ConfigurationError, match=message) as caught:
        compile(str(path))
    assert "bad.schema.json" in str(caught.value) or "missing.json" in str(caught.value)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    (tmp_path / "order.schema.json").write_text("{}")
    with pytest.raises(ConfigurationError, match=r"no such file; did you mean 'order.schema.json'"):
        compile(tmp_path / "oder.schema.json")
    with pytest.raises(ConfigurationError, match=r"no valid JSON Schema: at /type"):
        compile({"type": "x", "title": "Order"})


def test_a_schema_may_refer_to_files_beside_it(engine: str, tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "money.json").write_text('{"$defs":{"amount":{"type":"number","minimum":0}}}')
    path = tmp_path / "order.schema.json"
    path.write_text('{"properties":{"price":{"$ref":"sub/money.json#/$defs/amount"}}}')
    result = thresher.process(b"price,x\n1.50,a\n-1,b\n", path, engine=engine)
    assert list(result.records()) == [{"price": 1.5, "x": "a"}]
    assert [each["type"] for each in result.rejects[0].errors] == ["minimum"]


def test_without_the_library_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "jsonschema_rs", None)
    with pytest.raises(ConfigurationError, match=r"install thresher\[jsonschema\]"):
        compile(ORDER)


def test_results_are_tables_as_well(engine: str) -> None:
    pytest.importorskip("pyarrow")
    result = thresher.process(b"id,price,note\n1,2.5,\n2,3,x\n", ORDER, engine=engine)
    table = result.to_arrow()
    assert [str(field.type) for field in table.schema][:4] == ["int64", "double", "string", "bool"]
    assert table.to_pylist()[0]["note"] is None
    assert result.to_numpy()["id"].tolist() == [1, 2]


def test_transforms(engine: str) -> None:
    pipeline = thresher.Pipeline(
        ORDER, where="price > 1 and gift is None", values={"double": "price * 2"}, select=["id"]
    )
    result = pipeline.process(b"id,price,gift\n1,2.5,\n2,3,true\n3,1,\n", engine=engine)
    assert [(each.id, each.double) for each in result.records()] == [(1, 5.0)]
    assert result.filtered == 2
    checked = thresher.Pipeline(ORDER, checks=["price < 3"], engine=engine)
    assert checked.process(b'{"id":1,"price":2}\n{"id":2,"price":4}\n').rejected == 1


def test_the_report_names_the_version() -> None:
    from importlib.metadata import version

    report = thresher.process(b"id,price\n1,2\n", ORDER).report
    assert report.versions["jsonschema-rs"] == version("jsonschema-rs")
    assert "pydantic" not in report.versions


def test_it_is_explained() -> None:
    text = str(compile(ORDER).explain())
    assert text.startswith("Order: unknown columns: forbid; every record goes to jsonschema-rs")
    assert "string | null" in text
    assert "minimum=1" in text


def test_pydantic_is_not_imported(tmp_path: Path) -> None:
    (tmp_path / "o.schema.json").write_text(json.dumps(ORDER))
    (tmp_path / "o.csv").write_text("id,price\n1,2\nx,3\n")
    code = (
        "import sys\nfrom thresher.cli import main\n"
        "assert main(['process', 'o.csv', '--schema', 'o.schema.json', '-o', 'g.jsonl']) == 0\n"
        "assert not {'pydantic', 'pydantic_core'} & sys.modules.keys()"
    )
    subprocess.run([sys.executable, "-c", code], cwd=tmp_path, check=True, capture_output=True)
    assert (tmp_path / "g.jsonl").read_text() == '{"id":1,"price":2}\n'


@pytest.mark.parametrize("verify", [0, 1])
def test_transforms_of_records_that_are_no_objects(engine: str, verify: int) -> None:
    """Such a record has none of the properties; it is a record like any other, and ends no run."""
    data = b'{"a":2}\n3\nnull\n[]\n[{"a":5}]\n'
    schema = {"properties": {"a": {"type": "integer"}}, "required": ["a"]}
    pipeline = thresher.Pipeline(schema, where="a is None")
    result = pipeline.process(data, format="jsonl", engine=engine, verify=verify)
    assert ([*result.records()], result.filtered) == ([3, None, [], [{"a": 5}]], 1)
    pipeline = thresher.Pipeline(schema, select=["a"])
    result = pipeline.process(data, format="jsonl", engine=engine, verify=verify)
    assert (result.accepted, [reject.stage for reject in result.rejects]) == (1, ["output"] * 4)

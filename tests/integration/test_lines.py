"""JSON Lines through the whole of thresher, with each engine."""

from __future__ import annotations

import datetime as dt
import io
import json
import random
from pathlib import Path
from typing import Annotated, Any, Literal

import pytest
from pydantic import BaseModel, ConfigDict, RootModel, field_validator

import thresher


class Reading(BaseModel):
    """A flat record."""

    name: str
    value: float
    ok: bool = True
    unit: Literal["C", "F"] | None = None


class Nested(BaseModel):
    """A record that is not flat."""

    name: str
    parts: list[Reading] = []


LINES = (
    b'{"name":"a","value":1.50}\n\n{"name":"b","value":"n/a","ok":"maybe"}\r\n {"value":2,"unit":"K"}\n'
    b'{"name":"d","value":3,"unit":null'
)


def test_files(engine: Any, tmp_path: Path) -> None:
    """From file to files, with rejects as JSON Lines."""
    source, good, bad = (tmp_path / name for name in ("in.ndjson", "good.csv", "bad.jsonl"))
    source.write_bytes(LINES + b"}\n")
    result = thresher.process(source, Reading, output=good, rejects=bad, engine=engine)
    assert (result.read, result.accepted, result.rejected) == (4, 2, 2)
    assert result.report.sources[0].blank_lines == 1
    assert good.read_text() == "name,value,ok,unit\na,1.5,true,\nd,3.0,true,\n"
    first, second = map(json.loads, bad.read_text().splitlines())
    assert (first["record"], first["line"], first["byte_offset"], first["stage"]) == (2, 3, 27, "validate")
    assert first["raw"] == '{"name":"b","value":"n/a","ok":"maybe"}'
    assert [error["type"] for error in first["errors"]] == ["float_parsing", "bool_parsing"]
    assert [(error["type"], error["input"]) for error in second["errors"]] == [
        ("missing", {"value": 2, "unit": "K"}),
        ("literal_error", "K"),
    ]
    assert [(count.loc, count.type, count.count) for count in result.report.errors] == [
        (("value",), "float_parsing", 1),
        (("ok",), "bool_parsing", 1),
        (("name",), "missing", 1),
        (("unit",), "literal_error", 1),
    ]


def test_a_truncated_line_costs_one_record(engine: Any, tmp_path: Path) -> None:
    """What is no JSON is Pydantic's to word; rejects as CSV hold the line in one cell."""
    bad = tmp_path / "bad.csv"
    result = thresher.process(LINES, Reading, rejects=bad, engine=engine)
    assert (result.accepted, result.rejected) == (1, 3)
    header, *lines = bad.read_text().splitlines()
    assert header == "raw,_record,_line,_errors"
    assert lines[-1].endswith(",4,5,Invalid JSON: EOF while parsing an object at line 1 column 33 [json_invalid]")
    assert lines[0].startswith('"{""name"":""b"",""value"":""n/a"",""ok"":""maybe""}",2,3,')


@pytest.mark.parametrize("block_bytes", [1, 50, 1 << 18])
def test_large_lines(engine: Any, block_bytes: int, tmp_path: Path) -> None:
    """Lines past the limit are rejected whole, in any number, and what follows is read."""
    large = b'{"name":"' + b"x" * 300 + b'","value":1}'
    line = b'{"name":"a","value":1}'
    data = b"\n".join([line, large, b" " * 200, line, large + b"\r", b"\xff" * 101, line, large])
    bad = tmp_path / "bad.jsonl"
    result = thresher.process(data, Reading, rejects=bad, engine=engine, max_record_bytes=100, block_bytes=block_bytes)
    assert (result.accepted, result.rejected) == (3, 5)
    rejects = list(result.rejects)
    assert [reject.record for reject in rejects] == [2, 3, 5, 6, 8]
    assert [reject.line for reject in rejects] == [2, 3, 5, 6, 8]
    assert [reject.raw for reject in rejects] == [large, b" " * 200, large, b"\xff" * 101, large]
    assert {(reject.stage, reject.errors[0]["type"]) for reject in rejects} == {("split", "record_too_large")}
    assert all(data[reject.byte_offset :].startswith(reject.raw) for reject in rejects)


def test_sources_of_every_kind(engine: Any, tmp_path: Path) -> None:
    """Bytes, file objects and files, CSV and JSON Lines in one run."""
    (tmp_path / "a.jsonl").write_bytes(b"\xef\xbb\xbf" + LINES)
    (tmp_path / "b.csv").write_bytes(b"name,value\nx,1\ny,\n")
    result = thresher.process(
        [tmp_path / "a.jsonl", tmp_path / "b.csv", io.BytesIO(LINES), LINES], Reading, engine=engine
    )
    assert [(each.read, each.accepted) for each in result.report.sources] == [(4, 1), (2, 1), (4, 1), (4, 1)]
    assert [record.name for record in result.records()] == ["a", "x", "a", "a"]
    assert result.rejects[-1].errors[0]["input"] == LINES.splitlines()[-1].decode()


def test_not_utf8(engine: Any) -> None:
    """Pydantic is given the bytes of a line that is no text."""
    line = b'{"name":"caf\xe9","value":1}'
    result = thresher.process(b'{"name":"x","value":1}\n' + line, Reading, engine=engine)
    (reject,) = result.rejects
    assert (reject.raw, reject.stage) == (line, "validate")
    (error,) = reject.errors
    assert (error["type"], error["input"]) == ("json_invalid", line)
    (told,) = reject.told
    assert told["input"] == '{"name":"caf\ufffd","value":1}'


def test_nested_records(engine: Any) -> None:
    """What has no kernel goes to Pydantic."""
    data = b'{"name":"a","parts":[{"name":"b","value":1}]}\n{"name":"a","parts":[{"name":"b"}]}\n'
    result = thresher.process(data, Nested, engine=engine)
    assert list(result.records()) == [Nested(name="a", parts=[Reading(name="b", value=1)])]
    assert result.rejects[0].errors[0]["loc"] == ("parts", 0, "value")


def test_extra_keys(engine: Any, tmp_path: Path) -> None:
    """Keys follow ``extra``; where they are kept there are no columns to write."""
    for extra, accepted in (("ignore", 2), ("forbid", 1), ("allow", 2)):
        model = type("Model", (Reading,), {"model_config": ConfigDict(extra=extra), "__module__": __name__})
        data = b'{"name":"a","value":1}\n{"name":"a","value":1,"more":[1,{"a":null}]}\n'
        result = thresher.process(data, model, engine=engine)
        assert result.accepted == accepted
        if extra == "allow":
            assert [record.model_extra for record in result.records()] == [{}, {"more": [1, {"a": None}]}]
            with pytest.raises(thresher.ConfigurationError, match="extra='allow'"):
                thresher.process(data, model, engine=engine, output=tmp_path / "good.csv")
    with pytest.raises(thresher.ConfigurationError, match="no object with fields"):
        thresher.process(b"[1]", RootModel[list[int]], engine=engine, format="jsonl", output=tmp_path / "good.csv")
    assert list(tmp_path.iterdir()) == []


def test_overridden_validation(engine: Any) -> None:
    """A model's own ``model_validate_json`` is the oracle."""

    class Own(Reading):
        @classmethod
        def model_validate_json(cls, json_data: Any, **settings: Any) -> Any:
            return super().model_validate_json(json_data.replace("n/a", "0"), **settings)

    assert thresher.process(LINES, Own, engine=engine).accepted == 1
    assert thresher.process(LINES.replace(b',"ok":"maybe"', b""), Own, engine=engine).accepted == 2


def test_a_crash_names_its_line(engine: Any) -> None:
    """A validator that raises what is no error of validation stops the run."""

    class Crashing(Reading):
        @field_validator("name")
        @classmethod
        def check(cls, value: str) -> str:
            return {"a": "a"}[value]

    with pytest.raises(thresher.DataProcessingError, match=r"record 2 \(line 3\).*KeyError"):
        thresher.process(LINES, Crashing, engine=engine)


class Measured(BaseModel):
    """An input whose fields are read by expressions, with and without a default, null or not."""

    a: int
    b: float | None = 2.5
    c: str | None
    d: dt.date | None = None
    e: bool = True


class Told(BaseModel):
    """An output that tells null, the default and a value apart."""

    a: int
    b: float | None
    product: Annotated[float, thresher.From("a * (b if b is not None else 7)")]
    text: Annotated[str, thresher.From("c.upper() if c is not None else 'none'")]
    nothing: Annotated[bool, thresher.From("b is None")]
    year: Annotated[int, thresher.From("d.year if d else 0")]


@pytest.mark.parametrize("output", [None, Told])
def test_transform(output: Any, tmp_path: Path) -> None:
    """Expressions see null, defaults and values of lines as they see those of cells, in both engines."""
    pytest.importorskip("thresher._engine")
    rng = random.Random(1)
    choices: dict[str, list[Any]] = {
        "a": [1, 2, 3, "4", -5, 1.5, "x", 10**17],
        "b": [1, 2.5, None, None, "3.5", "q", 1e300],
        "c": ["x", None, "é\n", '"', 5],
        "d": ["2020-01-01", None, "2021-05-06T00:00:00", 5],
        "e": [True, False, "no", 1, None],
    }
    lines = []
    for _ in range(2_000):
        lines.append({key: rng.choice(values) for key, values in choices.items() if rng.random() < 0.8})
    data = "\n".join(map(json.dumps, lines)).encode()
    pipeline = thresher.Pipeline(Measured, output, where="e or a > 2", checks=["b is None or b < 1e100"])
    written = []
    for engine in ("python", "rust"):
        good, bad = tmp_path / "good.jsonl", tmp_path / "bad.jsonl"
        result = pipeline.process(data, output=good, rejects=bad, engine=engine, format="jsonl")
        assert result.filtered
        assert {reject.stage for reject in result.rejects} == {"validate", "check"}
        kept = pipeline.process(data, engine=engine, format="jsonl")
        written.append((good.read_bytes(), bad.read_bytes(), [repr(record) for record in kept.records()]))
    assert written[0] == written[1]


def test_no_schema(engine: Any) -> None:
    """Nothing is inferred from JSON Lines."""
    with pytest.raises(thresher.ConfigurationError, match="JSON Lines, for which no schema is inferred"):
        thresher.process(LINES, engine=engine)


def test_empty(engine: Any, tmp_path: Path) -> None:
    """A source without a record is no error."""
    for data in (b"", b"\n", b"\xef\xbb\xbf", b" \n\t"):
        result = thresher.process(data, Reading, format="jsonl", engine=engine, output=tmp_path / "good.csv")
        assert result.read == 0
        assert (tmp_path / "good.csv").read_text() == "name,value,ok,unit\n"

"""JSON arrays through the whole of thresher, with each engine."""

from __future__ import annotations

import gzip
import io
import json
from pathlib import Path
from typing import Any, Literal

import pytest
from pydantic import BaseModel, RootModel, ValidationError

import thresher
from tests.tables import ArrayCase, malformed_json_array


class Reading(BaseModel):
    """A flat record."""

    name: str
    value: float
    ok: bool = True
    unit: Literal["C", "F"] | None = None


class Anything(RootModel[Any]):
    """Any JSON at all."""


ARRAY = b"""[
  {"name": "a", "value": 1.50},
  {
    "name": "b",
    "value": "n/a",
    "ok": "maybe"
  },
  {"value": 2, "unit": "K"}, {"name": "d", "value": 3, "unit": null}
]
"""


@pytest.mark.parametrize("block_bytes", [1, 7, 64, 1 << 18])
@pytest.mark.parametrize("case", malformed_json_array(), ids=lambda case: case.id)
def test_table(case: ArrayCase, block_bytes: int, engine: Any) -> None:
    """Each case of the table gives the rejects that it promises, and the values of everything else."""
    data = case.source()
    result = thresher.process(
        data,
        Anything,
        engine=engine,
        format="json",
        max_record_bytes=case.max_record_bytes,
        block_bytes=block_bytes,
        workers=2,
    )
    found = [(r.record, r.line, r.byte_offset, r.errors[0]["type"], r.raw) for r in result.rejects]
    assert found == [(e.record, e.line, e.offset, e.error, e.raw_bytes()) for e in case.expect if e.error is not None]
    assert {reject.stage for reject in result.rejects if reject.told[0]["type"] != "json_invalid"} <= {"split"}
    good = [each.raw_bytes() or b"" for each in case.expect if each.error is None]
    assert repr(list(result.records())) == repr([Anything.model_validate_json(raw) for raw in good])
    assert result.read == len(case.expect)
    assert result.report.sources[0].bytes == len(data)


def test_files(engine: Any, tmp_path: Path) -> None:
    """From file to files; a record on many lines is native, and shown as it was."""
    source, good, bad = (tmp_path / name for name in ("in.json", "good.csv", "bad.jsonl"))
    source.write_bytes(ARRAY)
    result = thresher.process(source, Reading, output=good, rejects=bad, engine=engine)
    assert (result.read, result.accepted, result.rejected) == (4, 2, 2)
    assert good.read_text() == "name,value,ok,unit\na,1.5,true,\nd,3.0,true,\n"
    first, second = map(json.loads, bad.read_text().splitlines())
    assert (first["record"], first["line"], first["byte_offset"], first["stage"]) == (2, 3, 36, "validate")
    assert first["raw"] == '{\n    "name": "b",\n    "value": "n/a",\n    "ok": "maybe"\n  }'
    assert [error["type"] for error in first["errors"]] == ["float_parsing", "bool_parsing"]
    assert (second["record"], second["line"]) == (3, 8)
    assert [(error["type"], error["input"]) for error in second["errors"]] == [
        ("missing", {"value": 2, "unit": "K"}),
        ("literal_error", "K"),
    ]
    assert [(count.type, count.source, count.record, count.line) for count in result.report.errors] == [
        ("float_parsing", str(source), 2, 3),
        ("bool_parsing", str(source), 2, 3),
        ("missing", str(source), 3, 8),
        ("literal_error", str(source), 3, 8),
    ]


def test_rejects_as_csv(engine: Any, tmp_path: Path) -> None:
    """An element stands in one cell, whatever is wrong with it."""
    bad = tmp_path / "bad.csv"
    thresher.process(ARRAY.replace(b'}, {"name"', b'} {"name"')[:-2], Reading, rejects=bad, engine=engine)
    lines = bad.read_text().splitlines()
    assert lines[0] == "raw,_record,_line,_errors"
    assert lines[6].startswith('"{""value"": 2, ""unit"": ""K""}",3,8,name: Field required [missing]; unit:')
    assert lines[7] == (
        '"{""name"": ""d"", ""value"": 3, ""unit"": null}",4,8,'
        "No comma stands between this and the element before it [json_missing_comma]"
    )
    assert lines[8] == (
        ',5,9,"The source ends before its array does: it is cut off, or a quote or a bracket is missing '
        '[json_array_truncated]"'
    )


def test_sources_of_every_kind(engine: Any, tmp_path: Path) -> None:
    """Arrays, JSON Lines and CSV in one run, compressed and encoded or not."""
    (tmp_path / "a.json").write_bytes(b"\xef\xbb\xbf" + ARRAY)
    (tmp_path / "b.json").write_bytes(b'{"name":"x","value":1}\n{"name":"y"}\n')
    (tmp_path / "c.json.gz").write_bytes(gzip.compress(ARRAY))
    (tmp_path / "d.csv").write_bytes(b"name,value\nx,1\ny,\n")
    sources = [tmp_path / "?.json*", tmp_path / "d.csv", io.BytesIO(ARRAY), ARRAY]
    result = thresher.process(sources, Reading, engine=engine)
    assert [(each.read, each.accepted) for each in result.report.sources] == [
        (4, 2),
        (2, 1),
        (4, 2),
        (2, 1),
        (4, 2),
        (4, 2),
    ]
    assert "".join(record.name for record in result.records()) == "adxadxadad"
    assert result.report.sources[2].compression == "gzip"
    utf_16 = thresher.process(ARRAY.decode().encode("utf-16"), Reading, engine=engine, encoding="utf-16")
    assert [reject.raw for reject in utf_16.rejects] == [reject.raw for reject in result.rejects[:2]]


def test_errors_are_those_of_the_model(engine: Any) -> None:
    """What JSON cannot tell of an error is asked for again, element by element."""
    result = thresher.process(ARRAY, Reading, engine=engine)
    for reject in result.rejects:
        with pytest.raises(ValidationError) as info:
            Reading.model_validate_json(reject.raw)
        assert reject.errors == info.value.errors(include_url=False)


@pytest.mark.parametrize("size", [0, 1, 3_000])
def test_valid_arrays(size: int, engine: Any, tmp_path: Path) -> None:
    """An array gives what the same records give as JSON Lines, but for their places."""
    records = [
        {"name": f"x{number}", "value": number if number % 7 else "bad", "ok": number % 2 == 0, "more": [{"a": "]"}]}
        for number in range(size)
    ]
    lines = "".join(json.dumps(record) + "\n" for record in records).encode()
    expected = thresher.process(lines, Reading, engine=engine, format="jsonl")
    for indent in (None, 0, 2):
        data = json.dumps(records, indent=indent).encode()
        result = thresher.process(data, Reading, engine=engine, format="json", block_bytes=1000, workers=2)
        assert list(result.records()) == list(expected.records())
        assert [(r.record, r.told) for r in result.rejects] == [(r.record, r.told) for r in expected.rejects]
        for reject in result.rejects:
            assert data[reject.byte_offset :].startswith(reject.raw)
            assert reject.line == data.count(b"\n", 0, reject.byte_offset) + 1


def test_transform(engine: Any) -> None:
    """Expressions see the values of elements."""
    pipeline = thresher.Pipeline(Reading, where="value > 2", checks=["unit is None"])
    result = pipeline.process(ARRAY, engine=engine)
    assert (result.read, result.accepted, result.rejected, result.filtered) == (4, 1, 2, 1)


def test_large_elements(engine: Any, tmp_path: Path) -> None:
    """Elements past the limit go through a file, whole, and what follows is read."""
    large = b'{"name":[' + b'"],",\n' * 200_000 + b'1],"value":1}'
    small = b'{"name":"a","value":1}'
    data = b"[" + b",\n".join([small, large, small, b"[" + large + b"]", small]) + b"]" + b" x\n" * 200_000
    bad = tmp_path / "bad.jsonl"
    result = thresher.process(data, Reading, rejects=bad, engine=engine, max_record_bytes=1000)
    assert (result.read, result.accepted) == (6, 3)
    assert [(r.record, r.line, r.errors[0]["type"]) for r in result.rejects] == [
        (2, 2, "record_too_large"),
        (4, 200_004, "record_too_large"),
        (6, 400_005, "json_text_after_array"),
    ]
    assert [reject.raw for reject in result.rejects] == [large, b"[" + large + b"]", (b" x\n" * 200_000).strip()]


def test_no_schema(engine: Any) -> None:
    """Nothing is inferred from an array."""
    with pytest.raises(thresher.ConfigurationError, match="is a JSON array, for which no schema is inferred"):
        thresher.process(ARRAY, engine=engine)


def test_no_array(engine: Any, tmp_path: Path) -> None:
    """What is no array at all is an error of the file, and nothing is published."""
    for data in (b"", b"{}", b"null", b"name,value\n"):
        with pytest.raises(thresher.DataProcessingError):
            thresher.process(data, Reading, format="json", engine=engine, output=tmp_path / "good.csv")
    assert list(tmp_path.iterdir()) == []

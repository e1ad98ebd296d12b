"""Rejects are read back as they were written, when somebody looks."""

from __future__ import annotations

import io
import json
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import pytest
from pydantic import BaseModel, Field

import thresher
from thresher.cli import main
from thresher.cut import told
from thresher.errors import ConfigurationError, FileError
from thresher.reject import Reject, Rejects
from thresher.sample import Sample
from thresher.summary import examples

LINES = (
    b'{"record":1,"line":2,"byte_offset":4,"source":"a.csv","stage":"validate","errors":[{"type":"int_parsing",'
    b'"loc":["x",0],"msg":"no","input":"\xc3\xa9"}],"raw":"\xc3\xa9,\\"1\\""}\n'
    b'{"record":3,"line":7,"byte_offset":40,"source":"a.csv","stage":"split","errors":[{"type":"invalid_utf8",'
    b'"loc":[],"msg":"Record is not valid UTF-8","input":null}],"raw_base64":"/wAK"}\n'
    b'{"record":4,"line":8,"byte_offset":44,"source":"b.csv","stage":"validate","errors":[{"type":"x","loc":["y"],'
    b'"msg":"no","input":"1","ctx":{"ge":Infinity}},{"type":"x","loc":[],"msg":"no","input":{}}],"raw":""}\n'
)


class Named(BaseModel):
    """A record whose text may not be long."""

    number: int
    name: Annotated[str, Field(max_length=5)]


def _in_memory(**settings: Any) -> Rejects:
    return Rejects(3, partial(io.BytesIO, LINES), where="memory", **settings)


def test_a_reject_is_what_its_line_says() -> None:
    first, second, third = _in_memory()
    assert (first.record, first.line, first.byte_offset, first.source, first.stage) == (1, 2, 4, "a.csv", "validate")
    assert first.raw == 'é,"1"'.encode()
    assert first.errors == [{"type": "int_parsing", "loc": ("x", 0), "msg": "no", "input": "é"}]
    assert second.raw == b"\xff\x00\n"
    assert second.errors[0]["loc"] == ()
    assert third.errors[0]["ctx"] == {"ge": float("inf")}
    assert repr(first) == "<Reject record 1, a.csv:2: x.0: no>"
    assert repr(third) == "<Reject record 4, b.csv:8: y: no (+1)>"


def test_they_are_a_sequence() -> None:
    rejects = _in_memory()
    assert len(rejects) == 3
    assert rejects[0] == next(iter(rejects))
    assert rejects[-1].record == 4
    assert [reject.record for reject in rejects[::-2]] == [4, 1]
    assert [reject.record for reject in reversed(rejects)] == [4, 3, 1]
    assert rejects[2] in rejects
    assert len({*rejects, *rejects}) == 3
    assert rejects[0] != 1
    with pytest.raises(IndexError):
        rejects[3]
    assert rejects[3:] == []


def test_they_may_be_looked_at_more_than_once() -> None:
    rejects = _in_memory()
    assert list(rejects) == list(rejects)
    assert [a.record for a, _ in zip(rejects, rejects, strict=True)] == [1, 3, 4]


def test_errors_are_asked_for_once_and_only_by_those_who_look() -> None:
    asked = []

    def recall(source: str, raw: bytes, errors: list[dict[str, Any]]) -> list[dict[str, Any]] | None:
        asked.append(raw)
        return None if source == "b.csv" else [{**errors[0], "ctx": {"error": ValueError("no")}}]

    first, second, third = _in_memory(recall=recall)
    assert asked == []
    assert isinstance(first.errors[0]["ctx"]["error"], ValueError)
    assert first.errors is first.errors
    assert "ctx" not in second.errors[0], "a record that was not read was never validated"
    assert third.errors[0]["ctx"] == {"ge": float("inf")}
    assert asked == [first.raw, third.raw]


def test_a_file_is_read_when_looked_at(tmp_path: Path) -> None:
    path = tmp_path / "bad.jsonl"
    path.write_bytes(LINES)
    rejects = Rejects.in_file(3, str(path))
    assert list(rejects) == list(_in_memory())
    assert rejects[1].record == 3
    assert str(path) in repr(rejects)


def test_a_file_that_is_gone_or_changed(tmp_path: Path) -> None:
    path = tmp_path / "bad.jsonl"
    path.write_bytes(LINES)
    rejects = Rejects.in_file(3, str(path))
    path.write_bytes(LINES + LINES)
    with pytest.raises(FileError, match="has changed since its rejects were written"):
        list(rejects)
    path.unlink()
    with pytest.raises(FileError, match=r"cannot be read back from .*: No such file"):
        rejects[0]
    assert len(rejects) == 3


def test_rejects_that_went_elsewhere() -> None:
    rejects = Rejects(2, None, where="'bad.csv'")
    assert len(rejects) == 2
    for look in (list, lambda r: r[0], lambda r: Reject in r):
        with pytest.raises(ConfigurationError, match=r"went to 'bad.csv' and cannot be read back.*\.jsonl"):
            look(rejects)


def test_a_sample_keeps_the_first_whole_lines() -> None:
    with Sample(limit=10) as sample, open(sample.fd, "wb", closefd=False) as out:
        out.write(b"12345\n789\nabcdef\n" + b"x" * 1_000_000)
    assert sample.lines() == b"12345\n789\n"


def test_a_sample_of_nothing() -> None:
    with Sample() as sample:
        pass
    assert sample.lines() == b""


@pytest.mark.parametrize("data", [b'{"a":"%b"}\n', b'{"raw":"\xff%b"}\n'])
def test_a_large_record_is_still_told_of(tmp_path: Path, engine: str, data: bytes) -> None:
    """The summary says what is wrong with a record that is too large to be shown."""

    class One(BaseModel):
        a: int

    result = thresher.process(
        data % (b"," * 3_000_000),
        One,
        format="jsonl",
        rejects=tmp_path / "bad.jsonl",
        engine=engine,
    )
    found = examples(result.rejects, result.report.errors)
    assert [error["msg"] for error in found.values()] == ["Record is longer than 1048576 bytes"]


def test_a_sample_ends_where_it_is_full() -> None:
    """Of a line that is too long the beginning is kept."""
    with Sample(limit=8) as sample, open(sample.fd, "wb", closefd=False) as out:
        out.write(b"12345\n789\nabcdef\n")
    assert sample.lines() == b"12345\n78"


@pytest.mark.parametrize("size", [2 << 20, 12 << 20])
def test_errors_with_large_inputs_are_told_of(
    tmp_path: Path, engine: str, size: int, capsys: pytest.CaptureFixture[str]
) -> None:
    """The command gives their messages, with a file for rejects and without one."""
    source = tmp_path / "rows.csv"
    source.write_bytes(b"number,name\nx," + b"y" * size + b"\nz,ok\n")
    asked = ["process", str(source), "--schema", f"{__name__}:Named", "--engine", engine]
    for more in ([], ["--rejects", str(tmp_path / "bad.jsonl")]):
        assert main([*asked, "--max-record-bytes", "100000000", *more]) == 0
        said = capsys.readouterr().err
        assert "2 x number: Input should be a valid integer, unable to parse" in said
        assert "1 x name: String should have at most 5 characters [string_too_long]" in said


LONG = json.dumps(
    {
        "record": 1, "line": 2, "byte_offset": 3, "source": 'a"errors":[b', "stage": "validate",
        "errors": [
            {"type": "one", "loc": ["a", 1], "msg": "first", "input": {"x": [1, {}]}, "ctx": {"ge": 12345}},
            {"type": "two", "loc": [], "msg": "sécond", "input": 67890},
        ],
        "raw": "text",
    },
    ensure_ascii=False,
    separators=(",", ":"),
).encode()  # fmt: skip


def test_every_beginning_of_a_line_tells_what_it_can() -> None:
    """Errors appear in order, whole or without what is cut off; nothing is made up."""
    whole = json.loads(LONG)["errors"]
    before = 0
    for length in range(len(LONG)):
        found = told(LONG[:length])
        errors = [] if found is None else found["errors"]
        assert len(errors) >= before
        before = len(errors)
        for error, expected in zip(errors, whole, strict=False):
            assert all(error[key] == expected[key] for key in ("type", "loc", "msg"))
            assert all(error[key] in (expected[key], None) for key in error)
    assert before == 2

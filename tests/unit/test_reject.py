"""Rejects are written byte for byte as promised, whatever they hold and however large they are."""

from __future__ import annotations

import base64
import csv
import io
import json
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from thresher._python.reject import PIECE, Raw, Stage, Structural, cell, csv_line, jsonl_line
from thresher.engine import Fault

COUNT = Structural.FIELD_COUNT.fault(expected=3, actual=2, max_record_bytes=9)


def jsonl(raw: Raw, faults: Sequence[Fault] = (COUNT,), source: str = "a.csv", stage: Stage = "split") -> bytes:
    """Return one line of JSON."""
    out = io.BytesIO()
    jsonl_line(out.write, 17, 18, 530, source, stage, faults, raw)
    return out.getvalue()


def as_csv(raw: Raw, stage: Stage, faults: Sequence[Fault] = (COUNT,), delimiter: str = ",", columns: int = 3) -> bytes:
    """Return one CSV record."""
    out = io.BytesIO()
    csv_line(out.write, 17, 18, faults, raw, delimiter, columns, verbatim=stage != "split")
    return out.getvalue()


@pytest.mark.parametrize(
    ("error", "json_text", "text"),
    [
        (
            Structural.RECORD_TOO_LARGE,
            '{"type":"record_too_large","loc":[],"msg":"Record is longer than 9 bytes","input":null,'
            '"ctx":{"max_record_bytes":9}}',
            "Record is longer than 9 bytes [record_too_large]",
        ),
        (
            Structural.UNCLOSED_QUOTE,
            '{"type":"csv_unclosed_quote","loc":[],"msg":"A quoted cell is not closed before the end of the source or '
            'within 9 bytes; reading resumed at the next line","input":null,"ctx":{"max_record_bytes":9}}',
            "A quoted cell is not closed before the end of the source or within 9 bytes; reading resumed at the next "
            "line [csv_unclosed_quote]",
        ),
        (
            Structural.STRAY_QUOTE,
            '{"type":"csv_stray_quote","loc":[],"msg":"A quote stands inside an unquoted cell or after a closing quote"'
            ',"input":null}',
            "A quote stands inside an unquoted cell or after a closing quote [csv_stray_quote]",
        ),
        (
            Structural.INVALID_UTF8,
            '{"type":"invalid_utf8","loc":[],"msg":"Record is not valid UTF-8","input":null}',
            "Record is not valid UTF-8 [invalid_utf8]",
        ),
        (
            Structural.FIELD_COUNT,
            '{"type":"csv_field_count","loc":[],"msg":"Record has 2 cells where the header has 3","input":null,'
            '"ctx":{"expected":3,"actual":2}}',
            "Record has 2 cells where the header has 3 [csv_field_count]",
        ),
    ],
    ids=lambda value: value.kind if isinstance(value, Structural) else "",
)
def test_structural_errors(error: Structural, json_text: str, text: str) -> None:
    """Each structural error has its type, message and context."""
    fault = error.fault(max_record_bytes=9, expected=3, actual=2)
    assert fault == Fault(json=json_text.encode(), text=text, loc="[]", type=error.kind)


def test_jsonl() -> None:
    """A reject has its keys in order and no spaces."""
    assert jsonl(b"1,2") == (
        b'{"record":17,"line":18,"byte_offset":530,"source":"a.csv","stage":"split","errors":['
        b'{"type":"csv_field_count","loc":[],"msg":"Record has 2 cells where the header has 3","input":null,'
        b'"ctx":{"expected":3,"actual":2}}],"raw":"1,2"}\n'
    )


def test_jsonl_with_two_errors() -> None:
    """Errors are written as they came, joined with a comma."""
    faults = [Fault(json=b'{"a": 1}', text="", loc="", type=""), Fault(json=b"{}", text="", loc="", type="")]
    assert b'"stage":"validate","errors":[{"a": 1},{}],"raw"' in jsonl(b"x", faults, stage="validate")


def test_jsonl_escapes() -> None:
    """Quotes, backslashes and control characters are escaped as serde_json does, and nothing else is."""
    assert jsonl('"\\/\b\f\n\r\t\0\x1f\x7f\u2028é😀'.encode(), source='b"\n.csv').split(b'"raw":')[1] == (
        b'"\\"\\\\/\\b\\f\\n\\r\\t\\u0000\\u001f\x7f' + '\u2028é😀"}\n'.encode()
    )
    assert b'"source":"b\\"\\n.csv"' in jsonl(b"x", source='b"\n.csv')


@given(st.text(st.characters(codec="utf-8")))
def test_jsonl_escapes_are_those_of_pydantic(text: str) -> None:
    """``raw`` is escaped exactly as pydantic-core escapes the same text as an input."""
    with pytest.raises(ValidationError) as info:
        TypeAdapter(bool).validate_python(text + "?")
    pydantic = info.value.json(include_url=False).encode()
    assert pydantic.endswith(jsonl((text + "?").encode()).split(b'"raw":')[1].removesuffix(b"}\n") + b"}]")


@pytest.mark.parametrize("raw", [b"\xff", b"1,\xff\xfe", b"\xc3", b"ok\xed\xa0\x80"])
def test_jsonl_of_invalid_utf8(raw: bytes) -> None:
    """What is not UTF-8 comes as base64, padded."""
    line = json.loads(jsonl(raw))
    assert "raw" not in line
    assert base64.b64decode(line["raw_base64"], validate=True) == raw


@pytest.mark.parametrize(
    "raw",
    [
        "é".encode() * PIECE,
        b"x" + "é".encode() * PIECE,
        b'"' * (PIECE + 1),
        b"x" * (2 * PIECE) + b"\xff",
        b"\xff" * (PIECE + 2),
        b"x" * (PIECE - 1) + b"\xc3",
        b"a,b\r\n" * PIECE,
        b"",
    ],
    ids=["two bytes", "cut in two", "quotes", "invalid at the end", "invalid", "cut off", "lines", "empty"],
)
def test_a_file_is_written_like_bytes(raw: bytes) -> None:
    """An oversize record, which is read in pieces, is written as if it were in memory."""
    assert jsonl(io.BytesIO(raw)) == jsonl(raw)
    assert as_csv(io.BytesIO(raw), "split") == as_csv(raw, "split")


def test_csv_of_a_record_that_was_split() -> None:
    """It is written verbatim, its odd quoting included."""
    fault = Fault(json=b"", text='a: not "b" [c]', loc="", type="")
    assert as_csv(b'"1"," 2",3', "validate", [fault]) == b'"1"," 2",3,17,18,"a: not ""b"" [c]"\n'
    assert as_csv(b"1;2;3", "validate", [COUNT, fault], ";") == (
        b'1;2;3;17;18;"Record has 2 cells where the header has 3 [csv_field_count]; a: not ""b"" [c]"\n'
    )


@pytest.mark.parametrize(
    ("raw", "first"),
    [
        (b"12", b"12"),
        (b"1,2", b'"1,2"'),
        (b'1"2', b'"1""2"'),
        (b"1\n2", b'"1\n2"'),
        (b"1\r", b'"1\r"'),
        (b"1;2", b"1;2"),
        (b" ", b" "),
        (b"\xff", b"\xff"),
    ],
)
def test_csv_of_a_record_that_could_not_be_split(raw: bytes, first: bytes) -> None:
    """It is the first cell, quoted only where needed, and the other columns are empty."""
    assert as_csv(raw, "split", columns=3) == (
        first + b",,,17,18,Record has 2 cells where the header has 3 [csv_field_count]\n"
    )
    assert as_csv(raw, "split", columns=1).startswith(first + b",17,18,")


@given(text=st.text(st.characters(codec="utf-8"), min_size=1), delimiter=st.sampled_from(",;\t|"))
def test_a_cell_reads_back(text: str, delimiter: str) -> None:
    """A cell that was written is read back as it was."""
    written = cell(text.encode(), delimiter.encode()).decode()
    assert next(csv.reader(io.StringIO(written, newline=""), delimiter=delimiter, strict=True)) == [text]

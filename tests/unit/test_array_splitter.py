"""The splitter for JSON arrays keeps to the rules, whatever a read returns."""

from __future__ import annotations

import json
import random

import pytest

from tests.tables import ArrayCase, malformed_json_array
from tests.unit.test_split import Row, reader, rows
from thresher._python import window
from thresher._python.array import ArraySplitter

CASES = malformed_json_array()

CHUNKS = (1, 2, 3, 7, 1 << 16)
"""Fewest bytes in the window; what is asked for at once."""


def split(data: bytes, start: int, max_record_bytes: int = 1 << 20, line: int = 1) -> list[Row]:
    """Return everything that leaves a splitter."""
    splitter = ArraySplitter(reader(data[start:], 1 << 30), max_record_bytes=max_record_bytes, offset=start, line=line)
    found = rows(splitter)
    assert splitter.offset == len(data)
    assert splitter.line == line + data.count(b"\n", start)
    assert splitter.blank_lines == 0
    return found


def test_the_table_is_long() -> None:
    """Cases are added, not lost, and each has a name of its own."""
    assert len({case.id for case in CASES}) == len(CASES) >= 150


@pytest.mark.parametrize("chunk", CHUNKS)
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_table(case: ArrayCase, chunk: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each case of the table gives the records and positions that it promises."""
    monkeypatch.setattr(window, "CHUNK", chunk)
    data = case.source()
    found = split(data, case.start, case.max_record_bytes, case.start_line)
    for (number, line, offset, raw, cells, error), expected in zip(found, case.expect, strict=True):
        assert (number, line, offset, raw) == (
            expected.record,
            expected.line,
            expected.offset,
            expected.raw_bytes(),
        )
        assert data[offset : offset + len(raw)] == raw
        judged = expected.error in (None, "json_invalid")
        assert error == (None if judged else expected.error)
        assert cells == ([raw.decode("utf-8", "surrogateescape")] if judged else None)


def test_valid_arrays() -> None:
    """The elements of any valid array are those that Python finds in it."""
    rng = random.Random(9)

    def value(depth: int) -> object:
        kind = rng.randrange(8 if depth else 6)
        if kind == 6:
            return [value(depth - 1) for _ in range(rng.randrange(4))]
        if kind == 7:
            return {text(): value(depth - 1) for _ in range(rng.randrange(4))}
        return (None, True, rng.randrange(1000), rng.random(), text(), "")[kind]

    def text() -> str:
        return "".join(rng.choice('{}[]",:\\/ \n\té漢😀ab') for _ in range(rng.randrange(8)))

    for _ in range(500):
        array = [value(4) for _ in range(rng.randrange(6))]
        data = json.dumps(
            array,
            indent=rng.choice([None, 0, 1, 4]),
            ensure_ascii=rng.random() < 0.5,
            separators=rng.choice([(",", ":"), (" , ", " : ")]),
        ).encode()
        found = split(data, 1)
        assert [json.loads(raw) for _, _, _, raw, _, _ in found] == array
        assert not any(error for *_, error in found)


def test_time_is_linear(monkeypatch: pytest.MonkeyPatch) -> None:
    """What looks like an end and is none is not looked at again and again."""
    monkeypatch.setattr(window, "CHUNK", 1 << 10)
    for data in (
        b"[" + b'{"a":' * 200_000,
        b"[" + b'"' + b"\n" * 400_000,
        b"[" + b'{"a":\n' * 200_000,
        b'[{"a":[' + b'{"b":1},\n' * 50_000,
        b"[" + b" " * 500_000 + b"1" + b"\n" * 500_000,
    ):
        assert len(split(data, 1, 1 << 24)) <= 2
        assert len(split(data, 1, 100)) <= 2

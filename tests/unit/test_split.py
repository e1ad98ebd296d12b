"""The splitter of the Python engine keeps to the dialect, whatever a read returns."""

from __future__ import annotations

import io
import random
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.tables import CsvCase, malformed_csv
from thresher._python.reject import Structural
from thresher._python.split import Splitter
from thresher._python.window import Window

CASES = malformed_csv()
READ_SIZES = (1, 2, 3, 7, 64, 1 << 30)

Row = tuple[int, int, int, bytes, list[str] | None, str | None]


def reader(data: bytes, size: int) -> Callable[[int], bytes]:
    """Return a read that never gives more than ``size`` bytes."""
    stream = io.BytesIO(data)
    return lambda n: stream.read(min(n, size))


def rows(splitter: Window) -> list[Row]:
    """Return everything that leaves a splitter, oversize raw bytes read."""
    found: list[Row] = []
    for record in splitter:
        raw = record.raw
        if not isinstance(raw, bytes):
            raw.seek(0)
            raw = raw.read()
        error = record.error.kind if record.error else None
        cells = record.cells if record.error in (None, Structural.FIELD_COUNT) else None
        found.append((record.number, record.line, record.byte_offset, raw, cells, error))
    return found


def split(data: bytes, size: int = 1 << 30, **settings: Any) -> list[Row]:
    """Split ``data`` with the given settings, read ``size`` bytes at a time."""
    return rows(Splitter(reader(data, size), **{"delimiter": ",", "columns": 2, "max_record_bytes": 100} | settings))


@pytest.mark.parametrize("size", READ_SIZES)
@pytest.mark.parametrize("case", [case for case in CASES if case.header_error is None], ids=lambda case: case.id)
def test_table(case: CsvCase, size: int) -> None:
    """Each case of the table gives the records, positions and counts that it promises."""
    data = case.source()
    splitter = Splitter(
        reader(data[case.start :], size),
        delimiter=case.delimiter,
        columns=len(case.columns),
        max_record_bytes=case.max_record_bytes,
        offset=case.start,
        line=case.first_line(),
    )
    found = rows(splitter)
    for row, expected in zip(found, case.expect, strict=True):
        number, line, offset, raw, cells, error = row
        assert (number, line, offset, error) == (expected.record, expected.line, expected.offset, expected.error)
        assert data[offset : offset + len(raw)] == raw
        if expected.error is None:
            assert cells == expected.cells
        else:
            assert raw == expected.raw_bytes()
            assert (len(cells) if cells is not None else None) == expected.actual
    assert splitter.blank_lines == case.blank_lines - case.blank_before
    assert splitter.offset == len(data)


@pytest.mark.parametrize("case", [case for case in CASES if case.header_error is None], ids=lambda case: case.id)
def test_table_is_sound(case: CsvCase) -> None:
    """The table says of each source where the header ends as the bytes before that place say it."""
    before = case.source()[: case.start]
    assert before.count(b"\n") + 1 == case.first_line()


def test_table_is_long_and_its_ids_are_unique() -> None:
    """There are at least 90 cases, each with its own name."""
    assert len(CASES) >= 90
    assert len({case.id for case in CASES}) == len(CASES)


def by_the_letter(data: bytes, limit: int, delimiter: int, columns: int) -> list[Row]:
    """Split as the dialect is worded, one byte after the other: the oracle of the tests below."""
    found: list[Row] = []
    at = 3 if data.startswith(b"\xef\xbb\xbf") else 0

    def without_line_end(start: int, lf: int) -> bytes:
        text = data[start:lf]
        return text[:-1] if lf < len(data) and text.endswith(b"\r") else text

    def next_lf(position: int) -> int:
        return next((i for i in range(position, len(data)) if data[i] == 10), len(data))

    while at < len(data):
        start, state, opened, stray, text, cells = at, "cell", -1, False, bytearray(), []
        while True:
            byte = data[at] if at < len(data) else None
            ends = byte is None or byte == 10 or (byte == 13 and data[at + 1 : at + 2] == b"\n")
            if state != "inside" and ends and not (state == "closing" and byte == 34):
                outcome = None
                break
            if at - start == limit or byte is None:
                outcome = "csv_unclosed_quote" if state == "inside" else "record_too_large"
                break
            if state == "cell" and byte == 34:
                state, opened = "inside", at
            elif state == "inside" and byte == 34:
                state = "closing"
            elif state == "closing" and byte == 34:
                state = "inside"
                text.append(byte)
            elif state != "inside" and byte == delimiter:
                state = "cell"
                cells.append(bytes(text))
                text.clear()
            else:
                stray = stray or state == "closing" or (state == "text" and byte == 34)
                text.append(byte)
                state = state if state == "inside" else "text"
            at += 1
        lf = next_lf(at)
        if outcome == "csv_unclosed_quote":
            lf = next_lf(opened)
            if len(without_line_end(start, lf)) > limit:
                outcome = "record_too_large"
        raw = without_line_end(start, lf)
        at = lf + 1
        if not raw:
            continue
        cells.append(bytes(text))
        decoded = None
        if outcome is None:
            outcome = "csv_stray_quote" if stray else None
        if outcome is None:
            try:
                decoded = [cell.decode() for cell in cells]
                outcome = "csv_field_count" if len(decoded) != columns else None
            except UnicodeDecodeError:
                outcome = "invalid_utf8"
        found.append((len(found) + 1, data.count(b"\n", 0, start) + 1, start, raw, decoded, outcome))
    return found


NASTY = st.lists(
    st.sampled_from(
        [b'"', b'"', b",", b"\n", b"\r\n", b"\r", b"1", b"x", b"\xff", b"\xc3\xa9", b"\xef\xbb\xbf", b"\0"]
    ),
    max_size=40,
).map(b"".join)


@given(data=NASTY, limit=st.integers(1, 12), size=st.integers(1, 9))
def test_any_bytes_follow_the_wording(data: bytes, limit: int, size: int) -> None:
    """Whatever the bytes, the limit and the size of a read, the records are those of the wording of the dialect."""
    assert split(data, size, max_record_bytes=limit) == by_the_letter(data, limit, ord(","), 2)


@given(data=NASTY, limit=st.integers(1, 12))
def test_every_byte_is_accounted_for(data: bytes, limit: int) -> None:
    """Between two records stand line ends, a byte order mark and blank lines only."""
    position, between = 0, b""
    for _, _, offset, raw, _, _ in split(data, max_record_bytes=limit):
        between += data[position:offset] + b"|"
        position = offset + len(raw)
    between += data[position:]
    assert not between.removeprefix(b"\xef\xbb\xbf").strip(b"|\r\n")


def test_more_than_one_buffer() -> None:
    """Records that lie across the ends of buffers are those of a small source."""
    source = random.Random(7)
    lines = [f'{i},"{"x" * source.randrange(300)}{source.choice(["", chr(10), chr(34) * 2])}"' for i in range(3000)]
    data = "\n".join(lines).encode()
    assert split(data) == by_the_letter(data, 100, ord(","), 2)


@pytest.mark.parametrize("size", [1000, 1 << 30])
def test_oversize_record_is_spilled(size: int) -> None:
    """A record many times the limit comes back whole, from a file, and the next record is the next line."""
    data = b"1,2\n" + b'3,"x' * 200_000 + b"\r\n5,6\n"
    (first, large, last) = split(data, size)
    assert first[4] == ["1", "2"]
    assert (large[3], large[5]) == (data[4:-6], "record_too_large")
    assert last == (3, 3, len(data) - 4, b"5,6", ["5", "6"], None)


def test_memory_is_bounded_by_the_limit() -> None:
    """A single line of 64 MB is split in a few times ``max_record_bytes``."""
    import tracemalloc

    left = [64]

    def read(_: int) -> bytes:
        left[0] -= 1
        return b"x" * (1 << 20) if left[0] >= 0 else b""

    tracemalloc.start()
    try:
        splitter = Splitter(read, delimiter=",", columns=1, max_record_bytes=1 << 16)
        sizes = [record.raw.seek(0, 2) for record in splitter if not isinstance(record.raw, bytes)]
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert sizes == [64 << 20]
    assert peak < 8 << 20

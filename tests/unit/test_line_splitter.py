"""The splitter for JSON Lines keeps to the rules, whatever a read returns."""

from __future__ import annotations

import random

import pytest

from tests.unit.test_split import READ_SIZES, Row, reader, rows
from thresher._python.lines import LineSplitter


def split(data: bytes, size: int = 1 << 30, max_record_bytes: int = 100, **settings: int) -> tuple[list[Row], int]:
    """Return everything that leaves a splitter, and how many lines were blank."""
    splitter = LineSplitter(reader(data, size), max_record_bytes=max_record_bytes, **settings)
    found = rows(splitter)
    assert splitter.offset == len(data) + settings.get("offset", 0)
    return found, splitter.blank_lines


@pytest.mark.parametrize("size", READ_SIZES)
def test_lines(size: int) -> None:
    """Lines end at LF, CRLF or the end; white space alone is blank; the mark is skipped at the beginning only."""
    data = b'\xef\xbb\xbf{"a":1}\n\n \t\r\r\n"\r\n\xff\n\xef\xbb\xbf\n\r{}\r'
    assert split(data, size) == (
        [
            (1, 1, 3, b'{"a":1}', ['{"a":1}'], None),
            (2, 4, 17, b'"', ['"'], None),
            (3, 5, 20, b"\xff", ["\udcff"], None),
            (4, 6, 22, b"\xef\xbb\xbf", ["\ufeff"], None),
            (5, 7, 26, b"\r{}\r", ["\r{}\r"], None),
        ],
        2,
    )
    assert split(b"{}", size, offset=7, line=3) == ([(1, 3, 7, b"{}", ["{}"], None)], 0)
    assert split(b"", size) == ([], 0)


@pytest.mark.parametrize("size", READ_SIZES)
def test_oversize(size: int) -> None:
    """A line that is too long is passed over up to its end, white space or not."""
    large = "record_too_large"
    assert split(b"12345\n123456\n123456\r\n12345\r\n      \n1", size, 5) == (
        [
            (1, 1, 0, b"12345", ["12345"], None),
            (2, 2, 6, b"123456", None, large),
            (3, 3, 13, b"123456", None, large),
            (4, 4, 21, b"12345", ["12345"], None),
            (5, 5, 28, b"      ", None, large),
            (6, 6, 35, b"1", ["1"], None),
        ],
        0,
    )
    assert split(b"12345\r", size, 5) == ([(1, 1, 0, b"12345\r", None, large)], 0)
    assert split(b"x" * 200_000 + b"\r\n{}\n", size, 5)[0][0][3] == b"x" * 200_000


def test_against_the_obvious() -> None:
    """Random lines, split in the obvious way."""
    rng = random.Random(5)
    for _ in range(2_000):
        pieces = [b"a", b"{}", b" ", b"\t", b"\r", b"\n", b"\r\n", b"\xff"]
        data = b"".join(rng.choice(pieces) for _ in range(rng.randrange(25)))
        limit = rng.choice([1, 3, 100])
        expected: list[Row] = []
        offset = blank = 0
        lines = data.split(b"\n")
        for line, ended in enumerate(lines, 1):
            raw = ended.removesuffix(b"\r") if line < len(lines) else ended
            if len(raw) > limit:
                expected.append((len(expected) + 1, line, offset, raw, None, "record_too_large"))
            elif raw.strip(b" \t\r"):
                cells = [raw.decode("utf-8", "surrogateescape")]
                expected.append((len(expected) + 1, line, offset, raw, cells, None))
            elif line < len(lines) or raw:
                blank += 1
            offset += len(ended) + 1
        assert split(data, rng.choice(READ_SIZES), limit) == (expected, blank), (data, limit)

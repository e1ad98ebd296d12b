"""Split: the bytes of one CSV source enter, its records leave, each with its cells or one structural error.

The dialect is RFC 4180 with the rules for malformed input that docs/semantics.md gives. What leaves depends on the
bytes alone, never on how many of them a read returns. Holds a few times ``max_record_bytes`` at most: the bytes of
an oversize record go through a temporary file. Never validates, and never looks at what a cell means.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator
from typing import IO, NamedTuple

import msgspec

from thresher._python.reject import Raw, Structural
from thresher.errors import FileError

__all__ = ["MARK", "Record", "Splitter", "line_end"]

MARK = b"\xef\xbb\xbf"
"""The UTF-8 byte order mark."""

CHUNK = 1 << 16
"""Bytes that are asked for at once."""

CR = 0x0D


class Record(msgspec.Struct):
    """One record of a source."""

    number: int
    """From 1; the header and blank lines do not count."""
    line: int
    """The physical line of its first byte, from 1."""
    byte_offset: int
    """Of its first byte, in the source."""
    raw: Raw
    """Its bytes without the line end; a file, open until the next record is asked for, where it is oversize."""
    cells: list[str]
    """The text of its cells; with an error other than ``csv_field_count`` empty."""
    error: Structural | None


class Splitter:
    """Iterates once over the records of a source.

    Attributes:
        offset: offset of the first byte that no record or blank line has taken yet.
        line: the number of the physical line that begins there, from 1.
        blank_lines: how many were skipped.
    """

    def __init__(
        self,
        read: Callable[[int], bytes],
        *,
        delimiter: str,
        columns: int | None,
        max_record_bytes: int,
        offset: int = 0,
        line: int = 1,
    ) -> None:
        """Start at a position of a source.

        Args:
            read: ``read(n)`` returns at most n bytes, none at the end.
            delimiter: one ASCII character.
            columns: cells that a record must have; None: any number.
            max_record_bytes: longest record, in bytes, its line end not counted.
            offset: where in the source the first byte that ``read`` returns stands; a byte order mark is skipped
                at 0.
            line: the number of the physical line there.
        """
        self.offset = offset
        self.line = line
        self.blank_lines = 0
        self._read = read
        self._delimiter = delimiter.encode()
        self._columns = columns
        self._max = max_record_bytes
        self._data = b""
        self._at = 0
        self._ended = False

    def __iter__(self) -> Iterator[Record]:
        """Yield the records in order."""
        number = 0
        if self.offset == 0:
            self._grow()
            if self._data.startswith(MARK):
                self._take(len(MARK), lines=0)
        while True:
            data, start, limit = self._data, self._at, self._at + self._max
            stop, after = line_end(data, start, limit)
            if after is None and not self._ended and len(data) < limit + 2:
                self._grow()
                continue
            if start == len(data):
                return
            if stop == start:
                self.blank_lines += 1
                self._take((after or stop) - start, lines=1)
                continue
            if stop <= limit and data.find(b'"', start, stop) < 0:
                span = _Span(stop, after or stop, None, None)
            else:
                found = _scan(data, start, limit, self._delimiter, self._ended)
                if found is None:
                    self._grow()
                    continue
                span = found
            number += 1
            line, offset = self.line, self.offset
            if span.error is Structural.RECORD_TOO_LARGE:
                with self._spill() as spool:
                    yield Record(number, line, offset, spool, [], span.error)
                continue
            self._take(span.after - start, lines=data.count(b"\n", start, span.after))
            raw = data[start : span.stop]
            cells, error = self._decode(raw, span)
            yield Record(number, line, offset, raw, cells, error)

    def _decode(self, raw: bytes, span: _Span) -> tuple[list[str], Structural | None]:
        if span.error is not None:
            return [], span.error
        try:
            if span.cells is None:
                cells = raw.decode().split(self._delimiter.decode())
            else:
                cells = [cell.decode() for cell in span.cells]
        except UnicodeDecodeError:
            return [], Structural.INVALID_UTF8
        if self._columns is not None and len(cells) != self._columns:
            return cells, Structural.FIELD_COUNT
        return cells, None

    def _take(self, count: int, lines: int) -> None:
        """Pass over ``count`` bytes that hold ``lines`` line ends."""
        self._at += count
        self.offset += count
        self.line += lines

    def _grow(self) -> None:
        """Drop the bytes that were taken, and read as many again as are left, so that rescans cost linear time."""
        left = self._data[self._at :]
        pieces, want = [left], max(CHUNK, len(left))
        while want > 0:
            piece = self._read(want)
            if not piece:
                self._ended = True
                break
            pieces.append(piece)
            want -= len(piece)
        self._data, self._at = b"".join(pieces), 0

    def _spill(self) -> IO[bytes]:
        """Take an oversize record, up to the first line end behind its limit, into a file."""
        spool = tempfile.SpooledTemporaryFile(max_size=CHUNK)  # noqa: SIM115 - closed by the caller
        search = self._at + self._max
        while True:
            lf = self._data.find(b"\n", search)
            stop = lf if lf >= 0 else len(self._data)
            try:
                spool.write(memoryview(self._data)[self._at : stop])
            except OSError as error:
                spool.close()
                folder = tempfile.gettempdir()
                raise FileError(
                    f"a temporary file for an oversize record could not be written in {folder!r}: {error.strerror}; "
                    "make room there, or name another folder in TMPDIR",
                    errno=error.errno,
                    filename=folder,
                ) from error
            self._take(stop - self._at, self._data.count(b"\n", self._at, stop))
            if lf >= 0:
                break
            if self._ended:
                return spool
            self._grow()
            search = 0
        self._take(1, lines=1)
        spool.seek(-1, os.SEEK_END)
        if spool.read(1) == b"\r":
            spool.seek(-1, os.SEEK_END)
            spool.truncate()
        return spool


class _Span(NamedTuple):
    """Where a record lies in the window, and what it is made of."""

    stop: int
    """The end of its bytes."""
    after: int
    """The first byte after its line end."""
    cells: list[bytes] | None
    """None: there is no quote, and the delimiter alone splits it."""
    error: Structural | None


def line_end(data: bytes, at: int, limit: int) -> tuple[int, int | None]:
    """Find where the physical line around ``at`` ends.

    The line end is looked for no further than is needed to tell whether the line ends at ``limit`` or before.

    Returns:
        the end of the line's bytes, and the first byte after its LF or CRLF; None where there is no LF.
    """
    lf = data.find(b"\n", at, limit + 2)
    if lf < 0:
        return len(data), None
    return (lf - 1 if lf > at and data[lf - 1] == CR else lf), lf + 1


def _scan(data: bytes, start: int, limit: int, delimiter: bytes, ended: bool) -> _Span | None:
    """Find the end of a record in which there are quotes, or which may be oversize.

    Args:
        data: the window.
        start: where in it the record begins.
        limit: ``start + max_record_bytes``: the record's last byte must lie before it.
        delimiter: one byte.
        ended: the source has no byte after the window.

    Returns:
        the record; None where the window is too short to tell.
    """
    telling = ended or len(data) >= limit + 2
    too_large = _Span(start, start, [], Structural.RECORD_TOO_LARGE)
    cells: list[bytes] = []
    stray = False
    at = start
    stop, after = line_end(data, start, limit)
    while True:
        text, quoted = b"", at < limit and data.startswith(b'"', at)
        if quoted:
            close = _closing_quote(data, at + 1, limit)
            if close is None:
                if not telling:
                    return None
                # The quote is taken to be a mistake: its line is given up, not what follows.
                stop, after = line_end(data, at, limit)
                if stop > limit:
                    return too_large
                return _Span(stop, after or stop, [], Structural.UNCLOSED_QUOTE)
            text = data[at + 1 : close].replace(b'""', b'"')
            at = close + 1
            if at > stop:
                stop, after = line_end(data, at, limit)
        cut = data.find(delimiter, at, min(stop, limit))
        rest = data[at : cut if cut >= 0 else stop]
        stray = stray or (bool(rest) if quoted else b'"' in rest)
        cells.append(text + rest)
        if cut >= 0:
            at = cut + 1
            continue
        if after is None and not telling:
            return None
        if stop > limit:
            return too_large
        return _Span(stop, after or stop, cells, Structural.STRAY_QUOTE if stray else None)


def _closing_quote(data: bytes, at: int, limit: int) -> int | None:
    """Return where a quoted cell closes whose text begins at ``at``; None where it is open at ``limit``."""
    while True:
        quote = data.find(b'"', at, limit)
        if quote < 0:
            return None
        if quote + 1 == limit or not data.startswith(b'"', quote + 1):
            return quote
        at = quote + 2

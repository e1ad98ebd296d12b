"""Window: the bytes of one source enter, the stretch that a splitter looks at leaves; what its records are made of.

Holds a few times ``max_record_bytes`` at most: the bytes of an oversize record go through a temporary file. What a
record is, the splitters say; never looks at the bytes itself, but for line ends.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import IO

import msgspec

from thresher._python.reject import Raw, Structural
from thresher.errors import FileError

__all__ = ["CHUNK", "MARK", "Record", "Window", "line_end"]

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


class Window:
    """What all splitters share: where they stand in the source, and the bytes from there on.

    Attributes:
        offset: offset of the first byte that nobody has taken yet.
        line: the number of the physical line of that byte, from 1.
        blank_lines: how many were skipped.
    """

    def __init__(self, read: Callable[[int], bytes], *, max_record_bytes: int, offset: int = 0, line: int = 1) -> None:
        """Start at a position of a source.

        Args:
            read: ``read(n)`` returns at most n bytes, none at the end.
            max_record_bytes: longest record, in bytes, its line end not counted.
            offset: where in the source the first byte that ``read`` returns stands; a byte order mark is skipped
                at 0.
            line: the number of the physical line there.
        """
        self.offset = offset
        self.line = line
        self.blank_lines = 0
        self._read = read
        self._max = max_record_bytes
        self._data = b""
        self._at = 0
        self._ended = False

    def __iter__(self) -> Iterator[Record]:
        """Yield the records in order."""
        raise NotImplementedError

    def _skip_mark(self) -> None:
        """Pass over a byte order mark at the very beginning."""
        if self.offset == 0:
            self._grow()
            if self._data.startswith(MARK):
                self._take(len(MARK), lines=0)

    def _next_line(self) -> tuple[int, int | None] | None:
        """Return the end of the line that begins here, as :func:`line_end` does; None where the source has no more.

        As much is in the window as is needed to tell whether the line is too long.
        """
        while True:
            limit = self._at + self._max
            stop, after = line_end(self._data, self._at, limit)
            if after is not None or self._ended or len(self._data) >= limit + 2:
                return None if self._at == len(self._data) else (stop, after)
            self._grow()

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

    def _spill_to(self, spool: IO[bytes], stop: int) -> None:
        """Take the bytes up to ``stop`` into a file.

        Raises:
            FileError: there is no room for it.
        """
        try:
            spool.write(memoryview(self._data)[self._at : stop])
        except OSError as error:
            spool.close()
            import tempfile

            folder = tempfile.gettempdir()
            raise FileError(
                f"a temporary file for an oversize record could not be written in {folder!r}: {error.strerror}; "
                "make room there, or name another folder in TMPDIR",
                errno=error.errno,
                filename=folder,
            ) from error
        self._take(stop - self._at, self._data.count(b"\n", self._at, stop))

    def _spill_line(self) -> IO[bytes]:
        """Take an oversize record, up to the first line end behind its limit, into a file."""
        import tempfile

        spool = tempfile.SpooledTemporaryFile(max_size=CHUNK)  # noqa: SIM115 - closed by the caller
        search = self._at + self._max
        while True:
            lf = self._data.find(b"\n", search)
            self._spill_to(spool, lf if lf >= 0 else len(self._data))
            if lf >= 0:
                break
            if self._ended:
                return spool
            self._grow()
            search = 0
        self._take(1, lines=1)
        cut_tail(spool, b"\r", most=1)
        return spool


def cut_tail(spool: IO[bytes], what: bytes, *, most: int | None = None) -> None:
    """Cut bytes off the end of a file.

    Args:
        spool: the file.
        what: those that are cut off.
        most: how many, at most.
    """
    end = spool.seek(0, 2)
    size = min(CHUNK, end if most is None else most)
    while size:
        spool.seek(max(0, end - size))
        piece = spool.read(min(size, end))
        left = len(piece.rstrip(what))
        end -= len(piece) - left
        if left or most is not None or not end:
            break
    spool.truncate(end)


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

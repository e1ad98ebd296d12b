"""Opened: the first bytes of one opened source enter, its header leaves, and then what the engine is given.

JSON has no header. Reads no further than the header, or the sample that inference wants, and hands on what it
has read. Never looks at a schema, and never opens anything.
"""

from __future__ import annotations

import io
import os
import threading
from collections.abc import Callable, Iterator
from functools import partial
from typing import Literal

import msgspec

from thresher import engine
from thresher._python.element import SPACE
from thresher._python.reject import Structural
from thresher._python.split import Splitter
from thresher._python.window import MARK
from thresher.compression import Compression
from thresher.config import Config
from thresher.decode import mark
from thresher.errors import DataProcessingError
from thresher.stream import Stream, read_after, read_at, read_fd, read_until

__all__ = ["Header", "Opened", "read_fd"]

LOOK_BYTES = 1 << 12
"""The first bytes of a source, by which its format is told."""

BLANK_BYTES = 1 << 16
"""Blank lines before the header may take this many bytes."""

SAMPLE_BYTES = 1 << 24
"""A sample ends after this many bytes, however few records that are."""

PULL_BYTES = 1 << 16
"""Fewest bytes that a file object is asked for."""

SMALL_BYTES = 1 << 18
"""A source of no more than this that only Python can read is read at once: no thread is worth it."""

CANDIDATES = (",", ";", "\t", "|")
"""The delimiters that ``auto`` chooses from, the preferred first."""


class Header(msgspec.Struct, frozen=True):
    """What stands at the head of a source, under one delimiter."""

    cells: list[str]
    """The names of the columns; where the source has no header the cells of its first record, to tell the delimiter
    by, and none where it has no record or a malformed one."""
    start: int
    """Offset of the first byte after the header."""
    start_line: int
    """The number of the physical line there, from 1."""
    blank_lines: int
    """Blank lines before the header."""


class Opened:
    """One opened source.

    Attributes:
        name: as shown in rejects and reports.
        format: how its records are written.
        size: bytes in all, None where not known.
        compression: how it is compressed; None: it is not.
        encoding: the codec of Python that decodes it.
        is_file: whether it was opened by its path.
    """

    def __init__(
        self,
        name: str,
        config: Config,
        *,
        format: Literal["csv", "tsv", "jsonl", "json"] = "csv",
        size: int | None = None,
        fd: int | None = None,
        data: bytes | None = None,
        read: Callable[[int], bytes] | None = None,
        owned: bool = False,
    ) -> None:
        """Wrap what is open; exactly one of ``fd``, ``data`` and ``read`` is given.

        Args:
            name: as shown.
            config: the settings.
            format: how its records are written.
            size: bytes in all, where known.
            fd: a descriptor.
            data: the bytes themselves.
            read: reads at most n bytes, and raises FileError where it cannot.
            owned: whether :meth:`close` closes the descriptor.
        """
        self.name = name
        self.format = format
        self.size = size
        self._head = bytearray()
        self._config = config
        self._fd = fd
        self._data = data
        self._read = read
        self._owned = owned
        self._ended = False
        self._stream: Stream | None = None
        self.is_file = owned
        # Only what is of no known size is waited for.
        self._stopped = threading.Event() if size is None else None
        self.compression: Compression | None = None
        self.encoding = "utf-8"

    @property
    def fd(self) -> int | None:
        """The descriptor of the source as it lies, where it has one."""
        return self._fd

    @property
    def is_whole(self) -> bool:
        """Whether all of it is in memory."""
        return self._data is not None

    def unpack(self, compression: Compression | None, encoding: str | None) -> None:
        """Decompress and decode the source from its beginning on; what was read of it so far is read again.

        Args:
            compression: how it is compressed.
            encoding: the codec of Python that decodes it; None: it is UTF-8.
        """
        again, begin = self._raw()
        self._stream = Stream(
            self.name,
            begin,
            compression=compression,
            encoding=encoding,
            max_bytes=self._config.max_bytes,
            again=again,
        )
        self.compression, self.encoding = compression, encoding or "utf-8"
        self._head.clear()
        self._ended, self.size, self._data, self._read = False, None, None, self._stream.read

    def _raw(self) -> tuple[bool, Callable[[], Callable[[int], bytes]]]:
        """Return what begins to read the source as it lies, and whether that may be done more than once."""
        name, head, fd, data, more = self.name, bytes(self._head), self._fd, self._data, self._read
        if data is not None:
            return True, lambda: io.BytesIO(data).read
        if more is None and fd is not None:
            if self.size is not None:
                start = os.lseek(fd, 0, os.SEEK_CUR) - len(head)
                return True, lambda: read_at(fd, name, start)
            more = self._waiting(fd)
        rest = more or (lambda n: b"")
        return False, lambda: read_after(head, rest)

    def read_whole(self) -> None:
        """Read a small file at once, for which one call of the system is enough.

        Raises:
            FileError: it cannot be read.
        """
        if self._fd is None or self._data is not None or not 0 < (self.size or 0) <= SMALL_BYTES:
            return
        piece = read_fd(self._fd, self.name, (self.size or 0) + 1)
        if len(piece) == self.size:
            self._data = piece
        else:
            # It grows, or is one of those that the system makes up.
            self._head += piece
            self._ended = not piece

    def first_line(self) -> bytes | None:
        """Return the first line, its line end included, where nothing but that line makes the header; else None.

        So that of many files with the same first line only one has to be looked at.
        """
        begin = self.peek(LOOK_BYTES)
        line = begin[: begin.find(b"\n") + 1]
        # A quote may go on behind the line, a blank line comes before the header, a mark may say another encoding.
        if line.strip() and b'"' not in line and line.find(b"\r") in (-1, len(line) - 2) and b" " < line[:1] < b"\x7f":
            return line
        return None

    def delimiters(self) -> list[str]:
        """Return the delimiters that the source may have, the preferred first."""
        if self._config.delimiter != "auto":
            return [self._config.delimiter]
        return ["\t"] if self.format == "tsv" else list(CANDIDATES)

    def headers(self) -> dict[str, Header]:
        """Return the header under each delimiter under which it can be read.

        Raises:
            DataProcessingError: it can be read under none; the reason is that of the preferred delimiter.
            FileError: the source cannot be read.
        """
        found: dict[str, Header] = {}
        reason: DataProcessingError | None = None
        for delimiter in self.delimiters():
            try:
                found[delimiter] = self.header(delimiter)
            except DataProcessingError as error:
                reason = reason or error
        if reason is not None and not found:
            raise reason
        return found

    def beginning(self) -> Header:
        """Return where the records of a source without a header begin: behind a byte order mark, or in an array.

        Raises:
            DataProcessingError: the mark is that of another encoding, or there is no array.
            FileError: the source cannot be read.
        """
        self._no_other_mark()
        if self.format == "json":
            return self._array()
        return Header(cells=[], start=len(MARK) if self.peek(len(MARK)) == MARK else 0, start_line=1, blank_lines=0)

    def _array(self) -> Header:
        """Return where the elements of an array begin: behind its opening bracket."""
        size = LOOK_BYTES
        # No more than is needed: whoever writes into a pipe may be in no hurry.
        while not (text := (begin := self.peek(size)).removeprefix(MARK).lstrip(SPACE)):
            if len(begin) < size or size == BLANK_BYTES:
                break
            size = min(4 * size, BLANK_BYTES)
        if text.startswith(b"["):
            start = len(begin) - len(text) + 1
            return Header(cells=[], start=start, start_line=1 + begin.count(b"\n", 0, start), blank_lines=0)
        if not text and len(begin) < BLANK_BYTES:
            what = "is empty: an array without records is []"
        elif not text:
            what = f"begins with more than {BLANK_BYTES} bytes of white space: remove them"
        else:
            shown = text[:20].decode("utf-8", "replace")
            what = f"begins with {shown!r}, not with the '[' of a JSON array: " + (
                "if each line is an object, use format='jsonl'"
                if text.startswith(b"{")
                else "if it is CSV, use format='csv'; is encoding right?"
            )
        raise DataProcessingError(f"{self.name!r} {what}")

    def header(self, delimiter: str) -> Header:
        """Return the header under one delimiter.

        Args:
            delimiter: one ASCII character.

        Raises:
            DataProcessingError: the source has no header, or a malformed one.
            FileError: the source cannot be read.
        """
        limit = self._config.max_record_bytes
        self._no_other_mark()
        # A record that begins within BLANK_BYTES is seen whole, so that the end of what is read here never counts
        # as the end of the source.
        cap = BLANK_BYTES + limit + 2
        splitter = Splitter(self._peek(0, cap), delimiter=delimiter, columns=None, max_record_bytes=limit)
        record = next(iter(splitter), None)
        if self._config.header is not True:
            return msgspec.structs.replace(self.beginning(), cells=record.cells if record else [])
        if (record is None and splitter.offset >= cap) or (record and record.byte_offset > BLANK_BYTES):
            raise DataProcessingError(
                f"{self.name!r} has more than {BLANK_BYTES} bytes of blank lines before its header: remove them"
            )
        if record is None:
            raise DataProcessingError(
                f"{self.name!r} is empty: it has no header; if that is as it should be, use header=False or name the "
                "columns with header=(…)"
            )
        if record.error is not None:
            advice = _ADVICE[record.error].format(max_record_bytes=limit)
            if record.error is Structural.INVALID_UTF8 and self.encoding != "utf-8":
                advice = f"holds bytes that are not {self.encoding}: is encoding={self.encoding!r} right?"
            raise DataProcessingError(f"{self.name!r}, line {record.line}: the header {advice}")
        return Header(
            cells=record.cells, start=splitter.offset, start_line=splitter.line, blank_lines=splitter.blank_lines
        )

    def _no_other_mark(self) -> None:
        encoding = mark(self.peek(4)) if self.encoding == "utf-8" else None
        if encoding is not None:
            raise DataProcessingError(
                f"{self.name!r} begins with the byte order mark of {encoding.upper()}: use encoding={encoding!r}"
            )

    def sample(self, delimiter: str, header: Header, records: int) -> Iterator[list[str]]:
        """Yield the cells of the first records; those with a structural error are left out, but count.

        Args:
            delimiter: the one that was chosen.
            header: the header under it.
            records: how many records are looked at, at most; a sample also ends after 16 MiB.

        Raises:
            FileError: the source cannot be read.
        """
        splitter = Splitter(
            self._peek(header.start, header.start + SAMPLE_BYTES),
            delimiter=delimiter,
            columns=len(header.cells),
            max_record_bytes=self._config.max_record_bytes,
            offset=header.start,
            line=header.start_line,
        )
        for record in splitter:
            cut_off = splitter.offset >= header.start + SAMPLE_BYTES
            if record.error is None and not cut_off:
                yield record.cells
            if record.number >= records or cut_off:
                return

    def source(self, plan: int, header: Header) -> engine.Source:
        """Return what the engine is given. Nothing can be read from here after that.

        Args:
            plan: the position of the source's plan in the job.
            header: the header under the plan's delimiter.
        """
        data, read = self._data, self._read
        fd = None if data is not None else self._fd
        if read is not None:
            fd = None
            while not self._ended and len(self._head) < SMALL_BYTES:
                self._pull(SMALL_BYTES - len(self._head))
            if self._ended:
                data, read = bytes(self._head), None
            elif self._stream is not None:
                self._stream.rest()
        return engine.Source(
            name=self.name,
            plan=plan,
            head=b"" if data is not None else bytes(self._head),
            fd=fd,
            data=data,
            read=read,
            start=header.start,
            start_line=header.start_line,
            blank_lines=header.blank_lines,
            size=self.size,
        )

    def stop(self) -> None:
        """Make a read that waits for a pipe return; nobody wants the rest."""
        if self._stopped is not None:
            self._stopped.set()

    def close(self) -> None:
        """Close the descriptor, where it was opened here. May be called again."""
        self.stop()
        if self._fd is not None and self._owned:
            self._owned = False
            os.close(self._fd)

    def peek(self, count: int) -> bytes:
        """Return the first ``count`` bytes, fewer where the source has no more.

        Raises:
            FileError: the source cannot be read.
        """
        if self._data is not None:
            return self._data[:count]
        read, pieces = self._peek(0, count), []
        while piece := read(count):
            pieces.append(piece)
        return b"".join(pieces)

    def _peek(self, start: int, cap: int) -> Callable[[int], bytes]:
        """Return a read over the bytes from ``start`` up to ``cap``; those that come from outside are kept."""
        at = start

        def read(n: int) -> bytes:
            nonlocal at
            n = min(n, cap - at)
            if self._data is not None:
                piece = self._data[at : at + n]
            else:
                if n > 0 and at >= len(self._head) and not self._ended:
                    self._pull(n)
                piece = bytes(self._head[at : at + n])
            at += len(piece)
            return piece

        return read

    def _waiting(self, fd: int) -> Callable[[int], bytes]:
        """Return a read of the descriptor that can be stopped where it may wait."""
        name, stopped = self.name, self._stopped
        return partial(read_fd, fd, name) if stopped is None else read_until(fd, name, stopped)

    def _pull(self, n: int) -> None:
        if self._read is not None:
            # Not a few bytes at a time: each read may be a request to somebody far away.
            piece = self._read(max(n, PULL_BYTES))
        elif self._fd is not None:
            # A pipe may bring nothing for ever, and whoever began the run may have left.
            piece = self._waiting(self._fd)(n)
        else:
            piece = b""
        self._ended = not piece
        self._head += piece


_ADVICE = {
    Structural.RECORD_TOO_LARGE: (
        "is longer than {max_record_bytes} bytes: is this a CSV file? If so, raise max_record_bytes"
    ),
    Structural.UNCLOSED_QUOTE: "has a quoted cell that is not closed: close it, or remove the quote",
    Structural.STRAY_QUOTE: (
        "has a quote inside an unquoted cell or after a closing quote: "
        "put the whole cell in quotes and double those inside"
    ),
    Structural.INVALID_UTF8: (
        "is not valid UTF-8: name the encoding of the source, for example encoding='windows-1252'"
    ),
}

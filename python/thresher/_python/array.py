"""Array: the bytes of one JSON array enter, behind its bracket; its elements leave, each the only cell of a record.

What an element is, and where reading goes on behind a broken one, is said in docs/semantics.md. Never holds the array,
and never looks at the JSON of an element: that is for Pydantic.
"""

from __future__ import annotations

import enum
import re
from collections.abc import Callable, Iterator
from typing import IO

from thresher._python.element import SPACE, Element, End
from thresher._python.reject import Raw, Structural
from thresher._python.window import CHUNK, Record, Window, cut_tail

__all__ = ["ArraySplitter"]

_SPACES = re.compile(rb"[ \t\r\n]*+")

_FLAT = re.compile(rb'[ \t\r\n]*+,[ \t\r\n]*+(\{(?:[^"{}\[\]\n]++|"[^"\\\n]*+(?:\\[^\n][^"\\\n]*+)*+")*+\})')
"""A comma, then a flat object on one line: what mostly comes behind an element, found at once."""


class _Place(enum.Enum):
    """Where between elements the next byte stands."""

    FIRST = enum.auto()
    """After the opening bracket."""
    COMMA = enum.auto()
    """After a comma."""
    ELEMENT = enum.auto()
    """After an element."""
    BORROWED = enum.auto()
    """After an element that took a closing bracket which may have been the array's."""
    END = enum.auto()
    """After the closing bracket."""


class ArraySplitter(Window):
    """Iterates once over the elements of an array, as :class:`~thresher._python.split.Splitter` does over CSV records.

    Bytes that are not UTF-8 stand in the cell as lone surrogates (``surrogateescape``).
    """

    def __init__(self, read: Callable[[int], bytes], *, max_record_bytes: int, offset: int, line: int) -> None:
        """Start behind the opening bracket of the array.

        Args:
            read: ``read(n)`` returns at most n bytes, none at the end.
            max_record_bytes: longest element, in bytes.
            offset: where in the source the first byte that ``read`` returns stands.
            line: the number of the physical line there.
        """
        super().__init__(read, max_record_bytes=max_record_bytes, offset=offset, line=line)
        # The opening bracket is taken to begin its line.
        self._line_begin = offset - 1

    def __iter__(self) -> Iterator[Record]:
        """Yield the records in order."""
        number, place = 1, _Place.FIRST
        while True:
            while place is _Place.ELEMENT and (flat := self._flat()) is not None:
                line, offset = self.line, self.offset
                self._take(len(flat), lines=0)
                yield Record(number, line, offset, flat, [flat.decode("utf-8", "surrogateescape")], None)
                number += 1
            byte = self._next()
            if not byte and place in (_Place.BORROWED, _Place.END):
                return
            line, offset = self.line, self.offset
            behind = place in (_Place.ELEMENT, _Place.BORROWED)
            raw: Raw = b""
            error: Structural | None
            if not byte:
                error, place = Structural.ARRAY_TRUNCATED, _Place.END
            elif place is _Place.END:
                with self._spill(None)[0] as spool:
                    yield Record(number, line, offset, spool, [], Structural.TEXT_AFTER_ARRAY)
                return
            elif byte in b",]":
                self._pass(1)
                missing = place is _Place.COMMA or (place is _Place.FIRST and byte == b",")
                place = _Place.COMMA if byte == b"," else _Place.END
                if not missing:
                    continue
                error = Structural.MISSING_ELEMENT
            else:
                raw, end, last = self._element()
                error = _fault(raw, end, behind)
                place = self._following(end, last)
            if not isinstance(raw, bytes):
                with raw:
                    yield Record(number, line, offset, raw, [], error)
            else:
                cells = [raw.decode("utf-8", "surrogateescape")] if error is None else []
                yield Record(number, line, offset, raw, cells, error)
            number += 1

    def _next(self) -> bytes:
        """Pass over white space; return the byte after it, none at the end of the source."""
        while True:
            spaces = _SPACES.match(self._data, self._at)
            self._pass((spaces.end() if spaces is not None else self._at) - self._at)
            if self._at < len(self._data):
                return self._data[self._at : self._at + 1]
            if self._ended:
                return b""
            self._grow()

    def _flat(self) -> bytes | None:
        """Return the next element where it is a flat object behind a comma, which is passed over; else None."""
        flat = _FLAT.match(self._data, self._at)
        if flat is None or flat.end() - flat.start(1) > self._max:
            return None
        self._pass(flat.start(1) - self._at)
        return flat[1]

    def _pass(self, count: int) -> None:
        """Take bytes, and remember where the line begins."""
        lines = self._data.count(b"\n", self._at, self._at + count)
        if lines:
            self._note_line(self._at + count)
        self._take(count, lines)

    def _note_line(self, stop: int) -> None:
        lf = self._data.rfind(b"\n", self._at, stop)
        if lf >= 0:
            self._line_begin = self.offset + lf + 1 - self._at

    def _element(self) -> tuple[Raw, End | None, int]:
        """Take the element that begins here.

        Returns:
            its bytes, how it ended (None: the source ended in it), and its last byte that is no white space.
        """
        element, looked = Element(self.offset - self._line_begin), 0
        while (found := element.feed(self._data, self._at + looked)) is None and not self._ended:
            looked = len(self._data) - self._at
            if looked > self._max:
                spool, end = self._spill(element)
                return spool, end, element.last
            self._grow()
        stop, end = found or (len(self._data), None)
        if stop - self._at > self._max:
            spool, end = self._spill(element, (stop, end))
            return spool, end, element.last
        raw = self._data[self._at : stop]
        self._pass(stop - self._at)
        return raw.rstrip(SPACE), end, element.last

    def _spill(
        self, element: Element | None, found: tuple[int, End | None] | None = None
    ) -> tuple[IO[bytes], End | None]:
        """Take an element, or without one the rest of the source, into a file.

        Args:
            element: the bytes in the window were looked at.
            found: where in the window it ends, and how.
        """
        import tempfile

        spool = tempfile.SpooledTemporaryFile(max_size=CHUNK)  # noqa: SIM115 - closed by the caller
        while True:
            stop, end = found or (len(self._data), None)
            self._note_line(stop)
            self._spill_to(spool, stop)
            if found is not None or self._ended:
                break
            self._grow()
            found = None if element is None else element.feed(self._data, self._at)
        cut_tail(spool, SPACE)
        return spool, end

    def _following(self, end: End | None, last: int) -> _Place:
        """Return what stands behind an element."""
        if end is End.RESUMED:
            comma = last == ord(",") and self._data[self._at : self._at + 1] not in (b",", b"]")
            return _Place.COMMA if comma else _Place.ELEMENT
        if end is None:
            return _Place.END
        return _Place.BORROWED if end is End.BORROWED else _Place.ELEMENT


def _fault(raw: Raw, end: End | None, behind: bool) -> Structural | None:
    """Return what is wrong with the form of an element; ``behind``: no comma stood between it and the one before."""
    if end is None:
        return Structural.ARRAY_TRUNCATED
    if end is End.RESUMED:
        return Structural.UNCLOSED_ELEMENT
    if not isinstance(raw, bytes):
        return Structural.RECORD_TOO_LARGE if end is End.WHOLE else Structural.UNCLOSED_ELEMENT
    return Structural.MISSING_COMMA if behind else None

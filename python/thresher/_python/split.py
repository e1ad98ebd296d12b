"""Split: the bytes of one CSV source enter, its records leave, each with its cells or one structural error.

The dialect is RFC 4180 with the rules for malformed input that docs/semantics.md gives. What leaves depends on the
bytes alone, never on how many of them a read returns. Never validates, and never looks at what a cell means.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

from thresher._python.reject import Structural
from thresher._python.window import Record, Window, line_end

__all__ = ["Splitter"]


class Splitter(Window):
    """Iterates once over the records of a source, cells and all."""

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
        super().__init__(read, max_record_bytes=max_record_bytes, offset=offset, line=line)
        self._delimiter = delimiter.encode()
        self._columns = columns

    def __iter__(self) -> Iterator[Record]:
        """Yield the records in order."""
        number = 0
        self._skip_mark()
        while (found := self._next_line()) is not None:
            stop, after = found
            data, start, limit = self._data, self._at, self._at + self._max
            if stop == start:
                self.blank_lines += 1
                self._take((after or stop) - start, lines=1)
                continue
            if stop <= limit and data.find(b'"', start, stop) < 0:
                span = _Span(stop, after or stop, None, None)
            else:
                scanned = _scan(data, start, limit, self._delimiter, self._ended)
                if scanned is None:
                    self._grow()
                    continue
                span = scanned
            number += 1
            line, offset = self.line, self.offset
            if span.error is Structural.RECORD_TOO_LARGE:
                with self._spill_line() as spool:
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


class _Span(NamedTuple):
    """Where a record lies in the window, and what it is made of."""

    stop: int
    """The end of its bytes."""
    after: int
    """The first byte after its line end."""
    cells: list[bytes] | None
    """None: there is no quote, and the delimiter alone splits it."""
    error: Structural | None


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

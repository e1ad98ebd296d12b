"""Lines: the bytes of one source of JSON Lines enter, its records leave, each a line that is its only cell.

A line ends at LF or CRLF, or with the source. A line of nothing but spaces, tabs and carriage returns is blank. Never
looks at the JSON: what a line says, and whether it is JSON at all, is for Pydantic to tell.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from thresher._python.reject import Structural
from thresher._python.split import MARK, Record, Splitter, line_end

__all__ = ["LineSplitter"]


class LineSplitter(Splitter):
    """Iterates once over the lines of a source, as :class:`~thresher._python.split.Splitter` does over CSV records.

    Bytes that are not UTF-8 stand in the cell as lone surrogates (``surrogateescape``), from which they can be had
    again: Pydantic is asked about such a line too.
    """

    def __init__(self, read: Callable[[int], bytes], *, max_record_bytes: int, offset: int = 0, line: int = 1) -> None:
        """Start at a position of a source.

        Args:
            read: ``read(n)`` returns at most n bytes, none at the end.
            max_record_bytes: longest line, in bytes, its end not counted.
            offset: where in the source the first byte that ``read`` returns stands; a byte order mark is skipped
                at 0.
            line: the number of the line there.
        """
        super().__init__(read, delimiter=",", columns=1, max_record_bytes=max_record_bytes, offset=offset, line=line)

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
            line, offset = self.line, self.offset
            if stop > limit:
                number += 1
                with self._spill() as spool:
                    yield Record(number, line, offset, spool, [], Structural.RECORD_TOO_LARGE)
                continue
            raw = data[start:stop]
            self._take((after or stop) - start, lines=1)
            if not raw.strip(b" \t\r"):
                self.blank_lines += 1
                continue
            number += 1
            yield Record(number, line, offset, raw, [raw.decode("utf-8", "surrogateescape")], None)

"""Lines: the bytes of one source of JSON Lines enter, its records leave, each a line that is its only cell.

A line ends at LF or CRLF, or with the source. A line of nothing but spaces, tabs and carriage returns is blank. Never
looks at the JSON: what a line says, and whether it is JSON at all, is for Pydantic to tell.
"""

from __future__ import annotations

from collections.abc import Iterator

from thresher._python.reject import Structural
from thresher._python.window import Record, Window

__all__ = ["LineSplitter"]


class LineSplitter(Window):
    """Iterates once over the lines of a source, as :class:`~thresher._python.split.Splitter` does over CSV records.

    Bytes that are not UTF-8 stand in the cell as lone surrogates (``surrogateescape``), from which they can be had
    again: Pydantic is asked about such a line too.
    """

    def __iter__(self) -> Iterator[Record]:
        """Yield the records in order."""
        number = 0
        self._skip_mark()
        while (found := self._next_line()) is not None:
            stop, after = found
            data, start = self._data, self._at
            line, offset = self.line, self.offset
            if stop > start + self._max:
                number += 1
                with self._spill_line() as spool:
                    yield Record(number, line, offset, spool, [], Structural.RECORD_TOO_LARGE)
                continue
            raw = data[start:stop]
            self._take((after or stop) - start, lines=1)
            if not raw.strip(b" \t\r"):
                self.blank_lines += 1
                continue
            number += 1
            yield Record(number, line, offset, raw, [raw.decode("utf-8", "surrogateescape")], None)

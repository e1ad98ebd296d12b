"""Element: the bytes of a JSON array from the first of an element on enter, the end of that element leaves.

Only brackets and strings are looked at: whether an element is JSON is for Pydantic to tell. The twin of
``rust/core/src/split/element.rs``. The text may come in pieces; what is remembered of them does not grow.
"""

from __future__ import annotations

import enum
import re

__all__ = ["SPACE", "Element", "End"]

SPACE = b" \t\r\n"
"""White space of JSON."""

DEEPEST = 1024
"""Brackets of deeper levels are counted, but not told apart; Pydantic reads no JSON as deep as that."""

_PLAIN = re.compile(rb'(?:[^"{}\[\]]++|"[^"\\\n]*+(?:\\[^\n][^"\\\n]*+)*+")*+')
"""What lies between brackets: anything, and strings that are closed on their line."""

_SPECIAL = re.compile(rb'["\\\n]')
"""What ends a string, or may."""

_SCALAR_END = re.compile(rb'[ \t\r\n,{\[\]"]')

_PAIRS = {ord("}"): ord("{"), ord("]"): ord("[")}

_QUOTE, _BACKSLASH, _LF, _COLON, _OBJECT, _ARRAY, _ARRAY_END = b'"\\\n:{[]'


class End(enum.Enum):
    """How an element came to its end."""

    WHOLE = enum.auto()
    """Where it had to."""
    BROKEN = enum.auto()
    """At a bracket that is not its own."""
    BORROWED = enum.auto()
    """At a ``]`` that is not its own: it may be that of the array."""
    RESUMED = enum.auto()
    """Not at all: the next one begins."""


class _Where(enum.Enum):
    OUTSIDE = enum.auto()
    """Of strings."""
    INSIDE = enum.auto()
    """Of a string."""
    ESCAPE = enum.auto()
    """After a backslash in a string."""
    LINE = enum.auto()
    """In a string that a line end broke, before anything but white space on the next line."""
    SCALAR = enum.auto()
    """In a number or word."""


class Element:
    """Finds the end of one element.

    Attributes:
        last: the last byte so far that is no white space.
    """

    def __init__(self, column: int) -> None:
        """Begin with an element.

        Args:
            column: bytes between the last line end and its first byte.
        """
        self.last = 0
        self._column = column
        self._indent: int | None = None
        self._open = bytearray()
        self._deeper = 0
        self._where: _Where | None = None

    def feed(self, data: bytes, begin: int) -> tuple[int, End] | None:
        """Look at the next bytes, those of ``data`` from ``begin`` on.

        Returns:
            where the element ends, and how; None where it goes on behind these bytes.
        """
        at = begin
        if self._where is None:
            first = data[at]
            if first == _QUOTE:
                self._where, at = _Where.INSIDE, at + 1
            else:
                self._where = _Where.OUTSIDE if first in (_OBJECT, _ARRAY) else _Where.SCALAR
        if self._where is _Where.SCALAR:
            found = _SCALAR_END.search(data, at)
            return None if found is None else (found.start(), End.WHOLE)
        while at < len(data):
            if self._where is _Where.OUTSIDE:
                plain = _PLAIN.match(data, at)
                at = plain.end() if plain is not None else at
                if at == len(data):
                    break
                if data[at] == _QUOTE:
                    self._where = _Where.INSIDE
                elif (end := self._bracket(data, begin, at)) is not None:
                    return end
                at += 1
            elif self._where is _Where.INSIDE:
                special = _SPECIAL.search(data, at)
                if special is None:
                    break
                at = special.end()
                if data[at - 1] == _QUOTE:
                    if not self._open:
                        return at, End.WHOLE
                    self._where = _Where.OUTSIDE
                else:
                    self._where = _Where.ESCAPE if data[at - 1] == _BACKSLASH else _Where.LINE
            elif self._where is _Where.ESCAPE:
                self._where = _Where.LINE if data[at] == _LF else _Where.INSIDE
                at += 1
            elif data[at] in SPACE:
                at += 1
            elif data[at] not in b'"{}[],':
                self._where = _Where.INSIDE
            elif self._open:
                # A line of JSON begins here: the string was not closed.
                self._where = _Where.OUTSIDE
            else:
                self.last, _ = self._behind(data, begin, at)
                return at, End.RESUMED
        self.last, self._indent = self._behind(data, begin, len(data))
        return None

    def _bracket(self, data: bytes, begin: int, at: int) -> tuple[int, End] | None:
        """Open or close a bracket; return the end of the element where this is it."""
        bracket = data[at]
        if bracket in (_OBJECT, _ARRAY):
            if bracket == _OBJECT and self._next_begins(data, begin, at):
                return at, End.RESUMED
            if len(self._open) < DEEPEST:
                self._open.append(bracket)
            else:
                self._deeper += 1
            return None
        if self._deeper:
            self._deeper -= 1
            return None
        wanted = _PAIRS[bracket]
        matches = self._open[-1] == wanted
        # One that is not the innermost closes those inside of it; one that nothing opened is taken for a wrong one.
        place = len(self._open) - 1 if matches else self._open.rfind(wanted)
        del self._open[place:]
        if self._open:
            return None
        if matches or place == 0:
            return at + 1, End.WHOLE if matches else End.BROKEN
        return at + 1, End.BORROWED if bracket == _ARRAY_END else End.BROKEN

    def _next_begins(self, data: bytes, begin: int, at: int) -> bool:
        """Tell whether a ``{`` cannot belong to the element, and stands where the next one would begin.

        In an object a ``{`` stands after a colon. Where it does not, no array is open, and it begins a line no further
        in than the element itself, the element was not closed.
        """
        if not self._open or self._deeper or self._open[-1] != _OBJECT or _ARRAY in self._open:
            return False
        self.last, indent = self._behind(data, begin, at)
        return self.last != _COLON and indent is not None and indent <= self._column

    def _behind(self, data: bytes, begin: int, at: int) -> tuple[int, int | None]:
        """Return the last byte before ``at`` that is no white space, and how far in ``at`` stands on its line.

        The second is None where there is more than white space before it on its line.
        """
        indent, counting = 0, True
        while at > begin and data[at - 1] in SPACE:
            at -= 1
            if data[at] == _LF:
                counting = False
            elif counting:
                indent += 1
        if at > begin:
            return data[at - 1], None if counting else indent
        if counting:
            return self.last, None if self._indent is None else self._indent + indent
        return self.last, indent

"""Patterns: a regular expression of Python enters, one of the Rust crate ``regex`` that finds the same leaves.

The same in ASCII text without line feeds; for other text nobody asks. A closed world over what Python's own parser
makes of the pattern: what is not in it has no translation.
"""

from __future__ import annotations

import re
from re import _constants as c  # type: ignore[attr-defined]
from re import _parser  # type: ignore[attr-defined]
from typing import Any

__all__ = ["in_rust"]

_CATEGORIES = {
    c.CATEGORY_DIGIT: r"0-9",
    c.CATEGORY_SPACE: r"\t-\r\x1c-\x20",
    c.CATEGORY_WORD: r"0-9A-Za-z_",
}
"""The characters of ASCII in each class of Python; a space is also what separates files, groups, records and units."""

_OTHERS = {
    c.CATEGORY_NOT_DIGIT: c.CATEGORY_DIGIT,
    c.CATEGORY_NOT_SPACE: c.CATEGORY_SPACE,
    c.CATEGORY_NOT_WORD: c.CATEGORY_WORD,
}

_PLACES = {c.AT_BEGINNING: r"\A", c.AT_BEGINNING_STRING: r"\A", c.AT_END: r"\z", c.AT_END_STRING: r"\z"}

_MOST = 2000
"""Characters and classes, repetitions counted, that the crate surely builds without growing too large."""


class _UnknownError(Exception):
    """There is no translation."""


def in_rust(pattern: str) -> str | None:
    """Return a pattern that finds the same; None where there is none.

    Args:
        pattern: of Python.
    """
    try:
        parsed = _parser.parse(pattern)
        if parsed.state.flags & ~re.UNICODE:
            return None
        text, size = _sequence(parsed)
    except (re.error, _UnknownError, RecursionError, OverflowError):
        return None
    return text if size <= _MOST else None


def _sequence(items: Any) -> tuple[str, int]:
    """Return the translation of several items, one after another, and how large it is."""
    found = [_item(kind, value) for kind, value in items]
    return "".join(text for text, _ in found), sum(size for _, size in found)


def _item(kind: Any, value: Any) -> tuple[str, int]:
    if kind is c.LITERAL:
        return _character(value), 1
    if kind is c.NOT_LITERAL:
        return f"[^{_character(value)}]", 1
    if kind is c.ANY:
        return r"[^\n]", 1
    if kind is c.IN:
        return _class(value), 1
    if kind is c.AT and value in _PLACES:
        return _PLACES[value], 1
    if kind in (c.MAX_REPEAT, c.MIN_REPEAT):
        # What is found depends on greed; whether something is found does not.
        low, high, inner = value
        text, size = _sequence(inner)
        times = low + 1 if high is c.MAXREPEAT else high
        return f"(?:{text}){{{low},{'' if high is c.MAXREPEAT else high}}}", (size + 1) * (times + 1)
    if kind is c.SUBPATTERN:
        _, added, dropped, inner = value
        if added or dropped:
            raise _UnknownError
        text, size = _sequence(inner)
        return f"(?:{text})", size
    if kind is c.BRANCH:
        ways = [_sequence(each) for each in value[1]]
        return f"(?:{'|'.join(text for text, _ in ways)})", sum(size + 1 for _, size in ways)
    raise _UnknownError


def _class(items: Any) -> str:
    """Return a class of characters; nothing beyond ASCII is ever looked at."""
    negated = items[0][0] is c.NEGATE
    parts = []
    for kind, value in items[1:] if negated else items:
        if kind is c.LITERAL:
            parts.append(_character(value))
        elif kind is c.RANGE:
            low, high = value
            if low < 0x80:
                parts.append(f"{_character(low)}-{_character(min(high, 0x7F))}")
        elif kind is c.CATEGORY and value in _CATEGORIES:
            parts.append(_CATEGORIES[value])
        elif kind is c.CATEGORY and value in _OTHERS:
            parts.append(f"[^{_CATEGORIES[_OTHERS[value]]}]")
        else:
            raise _UnknownError
    # A class of nothing is none to the crate.
    return f"[{'^' if negated else ''}{''.join(parts) or _character(0xFF)}]"


def _character(code: int) -> str:
    return f"\\x{{{code:x}}}"

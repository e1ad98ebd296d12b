"""Patterns: the regular expression of ``matches`` or ``fullmatches`` enters, a predicate leaves.

The syntax is that of ``pattern=`` in Pydantic, and pydantic-core itself searches: its engine takes time that is linear
in the text, whatever the pattern, which Python's ``re`` does not.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Literal

from pydantic_core import SchemaError, SchemaValidator, core_schema

__all__ = ["LONGEST_PATTERN", "Predicate"]

LONGEST_PATTERN = 1_000
"""Characters of a pattern."""

_VERBOSE = re.compile(r"\(\?[a-zA-Z]*x")


class Predicate:
    """Tells whether a pattern is found in a text."""

    def __init__(self, name: Literal["matches", "fullmatches"] | str, pattern: str) -> None:
        """Compile a pattern.

        Args:
            name: ``matches``: the pattern is found anywhere; ``fullmatches``: it matches the whole text.
            pattern: in the syntax of Rust's ``regex``.

        Raises:
            ValueError: it is no pattern, or too large.
        """
        if len(pattern) > LONGEST_PATTERN:
            raise ValueError(f"it has {len(pattern):,} characters, and {LONGEST_PATTERN:,} are allowed")
        if name == "fullmatches":
            if _VERBOSE.search(pattern):
                raise ValueError("the flag x cannot be used: leave out white space and comments")
            # First by itself, as parentheses that do not match would find each other in the whole.
            _searcher(pattern)
            pattern = rf"\A(?:{pattern})\z"
        self._name = name
        self._matches = _searcher(pattern).isinstance_python

    def __call__(self, text: str) -> bool:
        """Return whether it does.

        Raises:
            TypeError: ``text`` is no text.
        """
        if not isinstance(text, str):
            raise TypeError(f"{self._name}() takes text, not {type(text).__name__}")
        return self._matches(text)


@lru_cache(maxsize=256)
def _searcher(pattern: str) -> SchemaValidator:
    try:
        return SchemaValidator(core_schema.str_schema(pattern=pattern, regex_engine="rust-regex"))
    except SchemaError as error:
        raise ValueError(_words(str(error))) from None


def _words(message: str) -> str:
    """Return the last line of what pydantic-core says of a pattern."""
    lines = [line.strip() for line in message.splitlines() if line.strip()]
    return lines[-1].removeprefix("error: ") if lines else "it is no pattern"

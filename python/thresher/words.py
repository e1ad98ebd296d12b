"""Words: a message of the library enters, the same in the words of the command leaves: options in place of settings.

Whoever writes advice that names a setting as Python has it adds it here.
"""

from __future__ import annotations

import re

__all__ = ["for_the_command"]

_WORDS: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"\b(delimiter|encoding|format)=('[^']*')"), r"--\1 \2"),
    (re.compile(r"use header=False or name the columns with header=\(…\)"), "use --no-header"),
    (re.compile(r"\buse header=False\b"), "use --no-header"),
    (re.compile(r"\braise max_bytes\b"), "raise --max-bytes"),
    (re.compile(r"\braise max_record_bytes\b"), "raise --max-record-bytes"),
    (re.compile(r"^max_bytes (?=must)"), "--max-bytes "),
    (re.compile(r"^max_record_bytes (?=must)"), "--max-record-bytes "),
    (re.compile(r"^max_rejects (?='.*' is neither)"), "--max-rejects "),
    (re.compile(r"^(workers|verify|delimiter|encoding) (?=must|'[^']*' cannot)"), r"--\1 "),
)
"""What the library says, and what is written in its place."""


def for_the_command(message: str) -> str:
    """Return a message with the options of the command in place of settings.

    Args:
        message: of an exception of the library.
    """
    for said, instead in _WORDS:
        message = said.sub(instead, message)
    return message

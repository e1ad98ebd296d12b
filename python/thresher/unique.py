"""Unique: nothing enters; random texts leave that nobody has had yet, for ids of runs and names of hidden files.

A call of the system for each would let go of the interpreter's lock, for which other threads wait: many are drawn at
once. Two processes never have the same.
"""

from __future__ import annotations

import os

__all__ = ["BYTES", "unique"]

BYTES = 16
"""Random bytes in each."""

_drawn: list[str] = []

if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_drawn.clear)


def unique() -> str:
    """Return 32 hexadecimal digits."""
    try:
        return _drawn.pop()
    except IndexError:
        text = os.urandom(64 * BYTES).hex()
        first, *others = (text[at : at + 2 * BYTES] for at in range(0, len(text), 2 * BYTES))
        _drawn.extend(others)
        return first

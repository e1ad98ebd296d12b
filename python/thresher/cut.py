"""Cut: the beginning of a line of JSON of a reject that is too long to be read enters; what it tells leaves.

The errors of a record of many megabytes have inputs of many megabytes, and types, locs and messages in front of them.
"""

from __future__ import annotations

import json
from typing import Any

__all__ = ["told"]

_decode = json.JSONDecoder().raw_decode

_ERRORS = '"errors":['


def told(beginning: bytes) -> dict[str, Any] | None:
    """Return the reject as far as it is told, with an empty ``raw``; None where not even one error is.

    Args:
        beginning: of a line, as an engine wrote it. An input on which it ends is given as None.
    """
    text = beginning.decode("utf-8", "replace")
    place = text.find(_ERRORS)
    if place < 0:
        return None
    found: dict[str, Any] = json.loads(text[:place].rstrip(",") + "}")
    found["errors"] = _errors(text, place + len(_ERRORS))
    found["raw"] = ""
    return found if found["errors"] else None


def _errors(text: str, at: int) -> list[dict[str, Any]]:
    """Return the errors that begin at a place, the last perhaps without its input."""
    errors: list[dict[str, Any]] = []
    while text.startswith("{", at):
        error: dict[str, Any] = {}
        try:
            while text[at] != "}":
                # Behind the brace or a comma.
                key, at = _decode(text, at + 1)
                error[key], at = None, at + 1
                error[key], at = _decode(text, at)
                if at >= len(text) - 1:
                    error[key] = None
                    raise IndexError
        except (ValueError, IndexError, RecursionError):
            if "input" in error:
                errors.append(error)
            break
        errors.append(error)
        at += 2
    return errors

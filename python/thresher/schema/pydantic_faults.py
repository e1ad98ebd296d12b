"""Faults of Pydantic: a ``ValidationError`` enters, the errors of one record leave, as Pydantic itself writes them.

Never words an error and never re-encodes one, but where what Pydantic writes is no JSON.
"""

from __future__ import annotations

import json
from typing import Any

import msgspec
from pydantic_core import PydanticSerializationError, ValidationError, to_json

from thresher.encode import elements
from thresher.engine import Fault

__all__ = ["faults"]


class _Shown(msgspec.Struct):
    """What is shown of one error."""

    type: str
    loc: msgspec.Raw
    msg: str


_raw_errors = msgspec.json.Decoder(list[msgspec.Raw]).decode
_shown_error = msgspec.json.Decoder(_Shown).decode


def faults(error: ValidationError) -> list[Fault]:
    """Return the errors of one record, each with the bytes that Pydantic wrote for it."""
    try:
        text = error.json(include_url=False)
    except PydanticSerializationError:
        # An input or a context that is no JSON: only then is an error written here.
        lines = [to_json(each, fallback=repr, inf_nan_mode="null") for each in error.errors(include_url=False)]
        return [_fault(line, _shown_error(line)) for line in lines]
    except ValueError:
        # A line that is not UTF-8: its bytes are the input of the error.
        legible = map(_legible, error.errors(include_url=False))
        lines = [to_json(each, fallback=repr, inf_nan_mode="null") for each in legible]
        return [_fault(line, _shown_error(line)) for line in lines]
    try:
        lines = [bytes(raw) for raw in _raw_errors(text)]
        return [_fault(line, _shown_error(line)) for line in lines]
    except msgspec.DecodeError:
        # Pydantic writes an input or a bound that is infinite as Infinity, which is no JSON.
        return [_fault(line.encode(), _shown_anyway(line)) for line in elements(text)]


def _legible(error: Any) -> dict[str, Any]:
    """Return an error with text in the place of bytes as its input; U+FFFD where they are no text."""
    given = error["input"]
    return {**error, "input": given.decode("utf-8", "replace") if isinstance(given, bytes) else given}


def _fault(line: bytes, shown: _Shown) -> Fault:
    loc = bytes(shown.loc).decode()
    items = msgspec.json.decode(shown.loc)
    where = ".".join(str(item) for item in items)
    what = f"{shown.msg} [{shown.type}]"
    return Fault(json=line, text=f"{where}: {what}" if items else what, loc=loc, type=shown.type)


def _shown_anyway(line: str) -> _Shown:
    found = json.loads(line)
    return _Shown(type=found["type"], loc=msgspec.Raw(to_json(found["loc"])), msg=found["msg"])

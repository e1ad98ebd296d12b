"""Faults of msgspec: the one error that it gives for a record enters, with its path as text; type, loc and input leave.

The message stays msgspec's own. The type is told by how the message begins, and named as Pydantic names the same
mistake where it has a name for it. Never decides that a record is refused.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from thresher.engine import Fault

__all__ = ["REFUSALS", "fault", "found", "legible", "parts", "shown", "type_of"]

REFUSALS = (msgspec.DecodeError, ValueError, RecursionError)
"""What msgspec raises about a record: it does not fit the type, or is no JSON; text in it is no UTF-8, or a number is
no date; it is nested too deeply. A ValueError of user code is a ValidationError by then."""

_EXPECTED = {
    "int": "int_type",
    "float": "float_type",
    "bool": "bool_type",
    "str": "string_type",
    "bytes": "bytes_type",
    "datetime": "datetime_type",
    "date": "date_type",
    "time": "time_type",
    "duration": "time_delta_type",
    "uuid": "uuid_type",
    "decimal": "decimal_type",
    "null": "none_required",
    "array": "list_type",
    "object": "dict_type",
}
"""``Expected `int`, got …``; of several types any other name."""

_BEGINS: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(pattern), name)
    for pattern, name in (
        ("Object missing required field ", "missing"),
        ("Object contains unknown field ", "extra_forbidden"),
        ("Expected `str` matching regex ", "string_pattern_mismatch"),
        ("Expected `str` of length >= ", "string_too_short"),
        ("Expected `str` of length <= ", "string_too_long"),
        ("Expected `bytes` of length >= ", "bytes_too_short"),
        ("Expected `bytes` of length <= ", "bytes_too_long"),
        ("Expected `(?:array|object)` of (?:at least )?length (?:>= )?", "too_short"),
        ("Expected `(?:array|object)` of (?:at most )?length (?:<= )?", "too_long"),
        ("Expected `\\w+` >= ", "greater_than_equal"),
        ("Expected `\\w+` > ", "greater_than"),
        ("Expected `\\w+` <= ", "less_than_equal"),
        ("Expected `\\w+` < ", "less_than"),
        ("Expected `\\w+` that's a multiple of ", "multiple_of"),
        ("Expected `\\w+` with no timezone component", "timezone_naive"),
        ("Expected `\\w+` with a timezone component", "timezone_aware"),
        ("Invalid enum value ", "enum"),
        ("Invalid value ", "union_tag_invalid"),
        ("Invalid RFC3339 encoded datetime|Invalid epoch timestamp|Timestamp is out of range", "datetime_parsing"),
        ("Invalid RFC3339 encoded date", "date_parsing"),
        ("Invalid RFC3339 encoded time", "time_parsing"),
        ("Invalid ISO8601 duration|Duration is out of range|Only units 'D'", "time_delta_parsing"),
        ("Invalid UUID", "uuid_parsing"),
        ("Invalid decimal string", "decimal_parsing"),
        ("Invalid base64 encoded string", "bytes_invalid_encoding"),
        ("Integer value out of range|Number out of range", "out_of_range"),
    )
)

_TYPES = re.compile(r"Expected `([^`]+)`, got `")

_AT = re.compile(r" - at `(?:(key)` in `)?(\$[^`]*)`\Z", re.DOTALL)
"""The path at the end of a message. A name with a backquote in it is taken for part of the message."""

_FIELD = re.compile(r"Object (?:missing required|contains unknown) field `(.*)`\Z", re.DOTALL)

_ANY_KEY = "[...]"


def parts(error: Exception) -> tuple[str, str, bool]:
    """Return the message of a refusal without its path, the path, and whether it means a key of what stands there."""
    text = str(error)
    at = _AT.search(text) if isinstance(error, msgspec.ValidationError) else None
    return (text, "$", False) if at is None else (text[: at.start()], at[2], at[1] is not None)


def type_of(error: Exception, msg: str) -> str:
    """Return the type of an error.

    Args:
        error: the refusal.
        msg: its message, without the path.
    """
    if isinstance(error, RecursionError):
        return "too_deep"
    if not isinstance(error, msgspec.ValidationError):
        return "json_invalid" if isinstance(error, msgspec.DecodeError | UnicodeDecodeError) else "value_error"
    expected = _TYPES.match(msg)
    if expected is not None:
        names = [name for name in expected[1].split(" | ") if name != "null"] or ["null"]
        return _EXPECTED.get(names[0], "wrong_type") if len(names) == 1 else "wrong_type"
    for pattern, name in _BEGINS:
        if pattern.match(msg):
            return name
    # What a __post_init__ said.
    return "value_error"


def found(error: Exception, record: Any) -> dict[str, Any]:
    """Return an error as it is written: ``type``, ``loc`` (a list), ``msg`` and ``input``.

    Args:
        error: the refusal.
        record: what was validated: a mapping, or a line of JSON.
    """
    msg, path, of_key = parts(error)
    type_ = type_of(error, msg)
    value = shown(record)
    loc: list[str | int] = []
    if isinstance(error, msgspec.ValidationError):
        loc, value = _walk(path, value)
        field = _FIELD.match(msg)
        if field is not None:
            loc.append(field[1])
            if type_ != "missing" and isinstance(value, Mapping):
                value = value.get(field[1], value)
        elif of_key:
            loc.append("[key]")
    return {"type": type_, "loc": loc, "msg": msg, "input": value}


def fault(error: Exception, record: Any) -> Fault:
    """Return an error with the bytes in which it is written.

    Args:
        error: the refusal.
        record: what was validated: a mapping, or a line of JSON.
    """
    one = found(error, record)
    try:
        line = msgspec.json.encode(one)
    except (UnicodeEncodeError, RecursionError, TypeError):
        # The line has half a surrogate pair in it, is nested too deeply, or a value of a transform is no JSON.
        one["input"] = legible(record)
        line = msgspec.json.encode(one)
    where = ".".join(str(item) for item in one["loc"])
    what = f"{one['msg']} [{one['type']}]"
    return Fault(
        json=line,
        text=f"{where}: {what}" if one["loc"] else what,
        loc=msgspec.json.encode(one["loc"]).decode(),
        type=one["type"],
    )


def shown(record: Any) -> Any:
    """Return a record as it is shown: of a line of JSON its value, numbers as they are written there; else the text."""
    if not isinstance(record, str | bytes):
        return record
    try:
        return _read(record.decode() if isinstance(record, bytes) else record)
    except (ValueError, RecursionError):
        return legible(record)


def legible(record: Any) -> str:
    """Return a record as text: what is shown where its value cannot be."""
    if isinstance(record, bytes):
        return record.decode("utf-8", "replace")
    return record if isinstance(record, str) else repr(record)


def _verbatim(text: str) -> msgspec.Raw:
    return msgspec.Raw(text.encode())


def _real(text: str) -> Any:
    # A number that is too large for a double would make the line of the reject one that few can read.
    return text if math.isinf(float(text)) else _verbatim(text)


def _no_number(text: str) -> Any:
    raise ValueError(f"{text} is no JSON")


_read = json.JSONDecoder(parse_int=_verbatim, parse_float=_real, parse_constant=_no_number).decode


def _walk(path: str, value: Any) -> tuple[list[str | int], Any]:
    """Return the loc of a path, and what stands there; where the path does not fit the value, as far as it goes."""
    for loc, inner in _ways(path[1:], value):
        return loc, inner
    return [path[1:].lstrip(".")] if len(path) > 1 else [], value


def _ways(path: str, value: Any) -> Iterator[tuple[list[str | int], Any]]:
    """Yield the ways to read a path: a name may have dots and brackets in it, so what is there decides."""
    if not path:
        yield [], value
    elif path.startswith(_ANY_KEY) and isinstance(value, Mapping):
        # Any key of a dict: known where there is but one.
        rest = path[len(_ANY_KEY) :]
        if len(value) == 1:
            ((key, inner),) = value.items()
            yield from (([key, *loc], end) for loc, end in _ways(rest, inner))
        elif rest:
            yield [_ANY_KEY, rest.lstrip(".")], value
        else:
            yield [_ANY_KEY], value
    elif path[0] == "[" and isinstance(value, list | tuple):
        number, _, rest = path[1:].partition("]")
        if number.isdigit() and int(number) < len(value):
            yield from (([int(number), *loc], end) for loc, end in _ways(rest, value[int(number)]))
    elif path[0] == "." and isinstance(value, Mapping):
        for key in sorted((key for key in value if isinstance(key, str)), key=len, reverse=True):
            if path.startswith(key, 1) and path[1 + len(key) : 2 + len(key)] in ("", ".", "["):
                yield from (([key, *loc], end) for loc, end in _ways(path[1 + len(key) :], value[key]))

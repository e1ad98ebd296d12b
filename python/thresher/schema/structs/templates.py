"""Error templates of a field of a Struct: msgspec's own messages, observed when the plan is made.

Enters: the annotation of a field and its kind. Leaves: the errors that its kernel may give, without loc. It never words
a message itself; what is not seen as expected has no template, and msgspec is asked about the records that have it.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import msgspec

from thresher import kinds
from thresher.kinds import Kind
from thresher.plan import HOLE
from thresher.schema.compiled import Template
from thresher.schema.structs import faults

__all__ = ["of_cells", "of_lines", "worded"]

_MARK = "no such value"

_JSON = {"1": "int", "1.5": "float", "true": "bool", "null": "null", '"x"': "str", "[]": "array", "{}": "object"}
"""A value of each type of JSON, and what msgspec calls it."""


def worded(type_: str, msg: str) -> Template:
    """Return an error with this message."""
    return Template(type=type_, msg=msgspec.json.encode(msg).decode(), plain=msg, suffix="}")


def of_cells(annotation: Any, kind: Kind) -> tuple[Template, ...]:
    """Return the errors that cells of a field may have.

    Args:
        annotation: of the field, with its metadata.
        kind: its kernel.
    """
    return _told(annotation, (_cell(each) for each in _odd(kind)), lines=False)


def of_lines(annotation: Any, kind: Kind) -> tuple[Template, ...]:
    """Return the errors that values of JSON may have.

    Args:
        annotation: of the field, with its metadata.
        kind: its kernel.
    """
    others = of_others(annotation)
    texts = (msgspec.json.encode(each).decode() for each in _odd(kind))
    found = _told(annotation, texts, lines=True)
    return (*others, *(each for each in found if each.type not in {other.type for other in others}))


def of_others(annotation: Any) -> tuple[Template, ...]:
    """Return the error of a value of another type, if it is one that differs in the name of that type alone."""
    refused = {}
    struct = msgspec.defstruct("One", [("x", annotation)])
    for text, name in _JSON.items():
        error = _refusal(struct, text, lines=True)
        if error is not None:
            msg = faults.parts(error)[0]
            if msg.endswith(f"`, got `{name}`"):
                refused[msg.removesuffix(f"{name}`")] = faults.type_of(error, msg)
    if len(refused) != 1:
        return ()
    ((head, type_),) = refused.items()
    return (_template(type_, f"{head}{HOLE}`"),)


def _told(annotation: Any, values: Iterator[Any], *, lines: bool) -> tuple[Template, ...]:
    """Return the errors of some values, one of each type; none of a type that comes in two forms."""
    found: dict[str, Template | None] = {}
    struct = msgspec.defstruct("One", [("x", annotation)])
    for value in values:
        error = _refusal(struct, value, lines=lines)
        if error is None:
            continue
        msg = faults.parts(error)[0]
        type_ = faults.type_of(error, msg)
        if type_ == "enum":
            shown = repr(_MARK) if _MARK in msg else str(_BEYOND)
            msg = msg.replace(shown, HOLE)
            if HOLE not in msg:
                continue
        template = _template(type_, msg)
        found[type_] = template if found.get(type_, template) == template else None
    return tuple(template for template in found.values() if template is not None)


def _template(type_: str, msg: str) -> Template:
    escaped = msgspec.json.encode(HOLE).decode()[1:-1]
    made = worded(type_, msg)
    return Template(type=type_, msg=made.msg.replace(escaped, HOLE), plain=msg, suffix="}")


def _refusal(struct: Any, value: Any, *, lines: bool) -> Exception | None:
    try:
        if lines:
            msgspec.json.decode(f'{{"x":{value}}}', type=struct)
        else:
            msgspec.convert({"x": value}, struct, strict=False)
    except faults.REFUSALS as error:
        return error
    return None


def _cell(value: Any) -> str:
    return value if isinstance(value, str) else repr(value)


_BEYOND = 10**17 + 3
"""An integer that is hardly one of a Literal."""


def _odd(kind: Kind) -> Iterator[Any]:
    """Yield values that a kernel refuses, with every error that it may give."""
    yield _MARK
    if isinstance(kind, kinds.Choice):
        if kind.integer:
            yield _BEYOND
    elif isinstance(kind, kinds.Int):
        for bound, step in ((kind.ge, -1), (kind.le, 1)):
            if bound is not None:
                yield bound + step
        if kind.multiple_of is not None:
            near = {(kind.ge or 0) + step for step in range(4)} | {(kind.le or 0) - step for step in range(4)}
            yield from sorted(value for value in near if value % kind.multiple_of)
    elif isinstance(kind, kinds.Float):
        yield from (
            math.nextafter(bound, toward)
            for bound, toward in ((kind.ge, -math.inf), (kind.le, math.inf))
            if bound is not None
        )
        yield from (bound for bound in (kind.gt, kind.lt) if bound is not None)
    elif isinstance(kind, kinds.Str):
        if kind.min_length:
            yield "x" * (kind.min_length - 1)
        if kind.max_length is not None:
            yield "x" * (kind.max_length + 1)
        if kind.pattern is not None:
            lengths = {kind.min_length or 0, min(kind.max_length or 20, 20)}
            yield from (each * length for each in "x0 ~" for length in lengths)
    elif isinstance(kind, kinds.DateTime):
        yield "2024-01-31T00:00:00" if kind.tz == "aware" else "2024-01-31T00:00:00Z"
    elif isinstance(kind, kinds.Time):
        yield "00:00:00" if kind.tz == "aware" else "00:00:00Z"

"""Error templates: pydantic-core's own messages, read once from the installed version.

Enters: a core schema of one leaf and the errors that its kernel may give. Leaves: templates without loc. It never
writes a message itself; where pydantic-core does not write errors as expected, there is no template, and the kernel's
errors become records that Pydantic is asked about.
"""

from __future__ import annotations

import datetime
import decimal
import math
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Literal, TypeAlias

import msgspec
from pydantic_core import SchemaError, SchemaValidator, ValidationError, to_json

from thresher.plan import HOLE
from thresher.schema.compiled import Template

__all__ = ["Words", "made", "missing", "observed", "of_json_leaf", "of_leaf", "refused", "template_of"]

Words: TypeAlias = Literal["python", "json"]
"""The wording of messages: pydantic-core's for Python objects, or for JSON."""

_MARK = "\x01?"


class _Line(msgspec.Struct):
    """One error as pydantic-core writes it."""

    type: str
    loc: msgspec.Raw
    msg: msgspec.Raw
    input: msgspec.Raw
    ctx: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET


def template_of(error: ValidationError) -> Template | None:
    """Take the only error of ``error`` apart; None where it is not written as expected."""
    text = error.json(include_url=False)
    try:
        lines = msgspec.json.decode(text, type=list[_Line])
    except msgspec.DecodeError:
        return None
    if len(lines) != 1:
        return None
    line = lines[0]
    loc, msg, given = (bytes(raw).decode() for raw in (line.loc, line.msg, line.input))
    suffix = "}" if line.ctx is msgspec.UNSET else f',"ctx":{bytes(line.ctx).decode()}}}'
    if f'[{{"type":{to_json(line.type).decode()},"loc":{loc},"msg":{msg},"input":{given}{suffix}]' != text:
        return None
    escaped = to_json(HOLE).decode()[1:-1]
    return Template(
        type=line.type,
        msg=msg.replace(escaped, HOLE),
        plain=msgspec.json.decode(msg),
        suffix=suffix.replace(escaped, HOLE),
    )


def made(kind: str, ctx: Mapping[str, Any] | None = None, input_type: Words = "python") -> Template | None:
    """Return the template of an error of the given type and context, as pydantic-core renders it."""
    line: Any = {"type": kind, "loc": ("x",), "input": _MARK}
    if ctx is not None:
        line["ctx"] = dict(ctx)
    try:
        return template_of(ValidationError.from_exception_data("x", [line], input_type))
    except (TypeError, ValueError, KeyError):
        return None


def observed(node: Mapping[str, Any], cell: Any, kind: str) -> Template | None:
    """Return the template of the error that ``node`` gives for ``cell``, if its type is ``kind``."""
    try:
        SchemaValidator(dict(node)).validate_python(cell)
    except ValidationError as error:
        template = template_of(error)
        return template if template is not None and template.type == kind else None
    except (SchemaError, OverflowError):
        return None
    return None


def missing() -> Template:
    """Return the template of a required field without a value; its input is the record."""
    template = made("missing")
    assert template is not None
    return template


def refused(node: Mapping[str, Any], config: Mapping[str, Any]) -> Template | None:
    """Return the one error that ``node`` gives for every text, or None where it may accept one."""
    try:
        validator = SchemaValidator(dict(node), dict(config))  # type: ignore[arg-type]
    except SchemaError:
        return None
    found = set()
    for cell in ("", "1", "1.5", "true", "2020-01-01", "2020-01-01T00:00:00", "00:00:00", "P1D", "abc", _MARK):
        try:
            validator.validate_python(cell)
        except ValidationError as error:
            found.add(template_of(error))
        else:
            return None
    return found.pop() if len(found) == 1 else None


def of_leaf(node: Mapping[str, Any], config: Mapping[str, Any]) -> tuple[Template, ...]:
    """Return the templates of every error that the kernel of this leaf may give.

    Args:
        node: a core schema of a kind in ``NODE_KEYS``, not strict.
        config: the configuration of the model.
    """
    found = _BY_KIND[node["type"]](node, config)
    return tuple(template for template in found if template is not None)


def of_json_leaf(node: Mapping[str, Any], config: Mapping[str, Any], words: Words = "json") -> tuple[Template, ...]:
    """Return the templates of every error that the kernel of this leaf may give for a JSON value.

    Args:
        node: a core schema of a kind in ``NODE_KEYS``.
        config: the configuration of the model.
        words: which wording the messages have; ``python`` where the JSON is inside of a cell.
    """
    found: list[Template | None] = []
    for each in of_leaf(node, config):
        # The one parse error that is worded in another way where the input is JSON.
        found.append(made(each.type, {"error": HOLE}, words) if each.type == "time_delta_parsing" else each)
    wrong = _WRONG_TYPE.get(node["type"])
    if wrong is not None:
        found.append(made(wrong, None, words))
    if node["type"] == "int":
        found.append(made("int_from_float", None, words))
    return tuple(template for template in found if template is not None)


_WRONG_TYPE = {
    "bool": "bool_type",
    "bytes": "bytes_type",
    "date": "date_type",
    "datetime": "datetime_type",
    "decimal": "decimal_type",
    "float": "float_type",
    "int": "int_type",
    "str": "string_type",
    "time": "time_type",
    "timedelta": "time_delta_type",
    "uuid": "uuid_type",
}
"""The error of a JSON value that is of another type altogether."""


def _hole(kind: str) -> Template | None:
    return made(kind, {"error": HOLE})


_BOUNDS = {
    "le": "less_than_equal",
    "lt": "less_than",
    "ge": "greater_than_equal",
    "gt": "greater_than",
}


def _numbers(
    node: Mapping[str, Any], beyond: Callable[[str, Any], Any], convert: Callable[[Any], Any]
) -> Iterable[Template | None]:
    """Yield the templates of bounds, observed with a cell just outside each of them."""
    for key, kind in _BOUNDS.items():
        bound = node.get(key)
        if bound is None:
            continue
        template = observed({"type": node["type"], key: bound}, str(beyond(key, bound)), kind)
        yield template or made(kind, {key: convert(bound)})


def _int(node: Mapping[str, Any], config: Mapping[str, Any]) -> Iterable[Template | None]:
    yield made("int_parsing")
    if node.get("multiple_of") is not None:
        yield made("multiple_of", {"multiple_of": int(node["multiple_of"])})
    yield from _numbers(node, lambda key, bound: int(bound) + {"le": 1, "ge": -1}.get(key, 0), int)


def _float(node: Mapping[str, Any], config: Mapping[str, Any]) -> Iterable[Template | None]:
    def beyond(key: str, bound: Any) -> float:
        toward = {"le": math.inf, "ge": -math.inf}.get(key)
        return float(bound) if toward is None else math.nextafter(float(bound), toward)

    yield made("float_parsing")
    if not node.get("allow_inf_nan", config.get("allow_inf_nan", True)):
        yield made("finite_number")
    if node.get("multiple_of") is not None:
        yield made("multiple_of", {"multiple_of": float(node["multiple_of"])})
    yield from _numbers(node, beyond, float)


def _decimal(node: Mapping[str, Any], config: Mapping[str, Any]) -> Iterable[Template | None]:
    def beyond(key: str, bound: Any) -> decimal.Decimal:
        exact = decimal.Decimal(str(bound))
        with decimal.localcontext(prec=999):
            return exact + {"le": 1, "ge": -1}.get(key, 0)

    yield made("decimal_parsing")
    if not node.get("allow_inf_nan", config.get("allow_inf_nan", False)):
        yield made("finite_number")
    digits, places = node.get("max_digits"), node.get("decimal_places")
    if digits is not None:
        yield made("decimal_max_digits", {"max_digits": digits})
    if places is not None:
        yield made("decimal_max_places", {"decimal_places": places})
        if digits is not None:
            yield made("decimal_whole_digits", {"whole_digits": max(digits - places, 0)})
    yield from _numbers(node, beyond, lambda bound: decimal.Decimal(str(bound)))


def _str(node: Mapping[str, Any], config: Mapping[str, Any]) -> Iterable[Template | None]:
    for key, kind in (("min_length", "string_too_short"), ("max_length", "string_too_long")):
        length = node.get(key, config.get(f"str_{key}"))
        if length is not None:
            yield made(kind, {key: length})
    if node.get("pattern") is not None:
        yield made("string_pattern_mismatch", {"pattern": node["pattern"]})
    if node.get("ascii_only"):
        yield made("string_not_ascii")


def _bytes(node: Mapping[str, Any], config: Mapping[str, Any]) -> Iterable[Template | None]:
    for key, kind in (("min_length", "bytes_too_short"), ("max_length", "bytes_too_long")):
        if node.get(key) is not None:
            yield made(kind, {key: node[key]})


def _temporal(node: Mapping[str, Any], config: Mapping[str, Any]) -> Iterable[Template | None]:
    yield from map(_hole, _PARSING[node["type"]])
    if node["type"] == "date":
        yield made("date_from_datetime_inexact")
    for key, kind in _BOUNDS.items():
        bound = node.get(key)
        if bound is None or isinstance(bound, datetime.timedelta):
            continue
        # Only an open bound refuses itself, and only pydantic-core knows how it writes the bound.
        at = observed({"type": node["type"], "lt": bound}, bound, "less_than")
        shown = at and msgspec.json.decode(at.suffix[len(',"ctx":') : -1])["lt"]
        yield made(kind, {key: shown}) if shown is not None else None
    constraint = node.get("tz_constraint")
    if constraint is not None:
        yield made("timezone_naive" if constraint == "naive" else "timezone_aware")


def _uuid(node: Mapping[str, Any], config: Mapping[str, Any]) -> Iterable[Template | None]:
    yield _hole("uuid_parsing")
    if node.get("version") is not None:
        yield made("uuid_version", {"expected_version": node["version"]})


def _choice(node: Mapping[str, Any], config: Mapping[str, Any]) -> Iterable[Template | None]:
    yield observed(node, _MARK, "literal_error" if node["type"] == "literal" else "enum")


def _none(node: Mapping[str, Any], config: Mapping[str, Any]) -> Iterable[Template | None]:
    return ()


_PARSING = {
    "date": ("date_parsing", "date_from_datetime_parsing"),
    "datetime": ("datetime_parsing", "datetime_from_date_parsing"),
    "time": ("time_parsing",),
    "timedelta": ("time_delta_parsing",),
}

_BY_KIND: Mapping[str, Callable[[Mapping[str, Any], Mapping[str, Any]], Iterable[Template | None]]] = {
    "any": _none,
    "bool": lambda node, config: (made("bool_parsing"),),
    "int": _int,
    "float": _float,
    "decimal": _decimal,
    "str": _str,
    "bytes": _bytes,
    "date": _temporal,
    "datetime": _temporal,
    "time": _temporal,
    "timedelta": _temporal,
    "uuid": _uuid,
    "literal": _choice,
    "enum": _choice,
}

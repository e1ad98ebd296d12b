"""What the native engine decides of a JSON Schema: it accepts where that is certain, and refuses nothing by itself.

Enters: the schema of a property. Leaves: the kinds and shapes of kernels that accept some of what the schema accepts,
and nothing else, written as the library writes it. No kernel has an error: whatever it does not accept is unsure, and
goes to the library. A closed world: a keyword that is not known here is not native.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from functools import cache
from typing import Any

import msgspec

from thresher import plan as p
from thresher import shapes as s
from thresher.schema.json_schema_types import ALL, Resolve, types_of

__all__ = ["Natives", "NotNativeError", "translated"]

_SILENT = frozenset(
    {"title", "description", "default", "examples", "$comment", "deprecated", "readOnly", "writeOnly", "type", "$ref"}
)
"""Keywords that assert nothing, or are looked at apart."""

_BOUNDS = frozenset({"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"})
_LENGTHS = frozenset({"minLength", "maxLength"})
_ITEMS = frozenset({"items", "minItems", "maxItems"})
_KNOWN: Mapping[str, frozenset[str]] = {
    # Every format is one of texts, and asserts nothing about others.
    "integer": _BOUNDS | {"multipleOf", "format"},
    "number": _BOUNDS | {"format"},
    "string": _LENGTHS | {"pattern", "format"},
    "boolean": frozenset({"format"}),
    "array": _ITEMS,
    "object": frozenset(),
    "null": frozenset(),
}
_INT64 = range(-(1 << 63), 1 << 63)
_LARGE = 1e16
"""From here on floats are written with an exponent, and each writer has its own way."""

_DAY = (
    r"[12][0-9]{3}-(?:(?:0[13578]|1[02])-(?:0[1-9]|[12][0-9]|3[01])|(?:0[469]|11)-(?:0[1-9]|[12][0-9]|30)"
    r"|02-(?:0[1-9]|1[0-9]|2[0-8]))"
)
_CLOCK = r"(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](?:\.[0-9]{1,9})?(?:Z|[+-](?:[01][0-9]|2[0-3]):[0-5][0-9])"
_FORMATS = {
    "date": f"^{_DAY}$",
    "date-time": f"^{_DAY}T{_CLOCK}$",
    "time": f"^{_CLOCK}$",
    "uuid": "^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$",
    "email": r"^[A-Za-z0-9_]{1,20}(?:[.+-][A-Za-z0-9_]{1,20}){0,2}@(?:[A-Za-z][A-Za-z0-9]{0,20}\.){1,3}[A-Za-z]{2,10}$",
    "ipv4": r"^(?:[1-9]?[0-9]|1[0-9]{2}|2[0-4][0-9])(?:\.(?:[1-9]?[0-9]|1[0-9]{2}|2[0-4][0-9])){3}$",
}
"""Texts that certainly are of a format: most of those that files are made of."""


class NotNativeError(Exception):
    """A property is for the library; the argument says why."""


class Natives:
    """Finds the kinds of properties, and collects the shapes that they name."""

    def __init__(self) -> None:
        """Start with no shapes."""
        self.text: list[p.Shape] = []
        """Of cells."""
        self.json: list[p.Shape] = []
        """Of JSON values."""

    def cell(self, schema: Any, resolve: Resolve) -> p.Kind:
        """Return the kind of a property whose values are cells that are not null.

        Raises:
            NotNativeError: it has none.
        """
        types, schema = _seen(schema, resolve)
        if types == ALL:
            return p.Str()
        kinds = types - {"null"}
        listed = _listed(schema)
        if listed is not None:
            texts = [each for each in listed if isinstance(each, str)]
            if texts and len(texts) == len([each for each in listed if each is not None]) and "string" in kinds:
                return _choice(texts)
            if texts or not kinds:
                raise NotNativeError("its values are texts and others")
        elif kinds == {"string"}:
            return _str(schema)
        if len(kinds) != 1 and kinds != {"integer", "number"}:
            raise NotNativeError("its cells may be of several types")
        inner = self._shape(schema, frozenset(kinds), self.text)
        return p.Nested(_put(self.text, s.Json(inner=inner, problems=[])))

    def value(self, schema: Any, resolve: Resolve) -> tuple[p.Kind, bool]:
        """Return the kind of a property whose values are JSON, and whether null is accepted besides.

        Raises:
            NotNativeError: it has none.
        """
        types, schema = _seen(schema, resolve)
        if types == ALL:
            return p.Nested(_put(self.json, s.AnyJson())), False
        kinds = types - {"null"}
        listed = _listed(schema)
        if kinds == {"string"} and listed is None:
            return _str(schema), "null" in types
        if listed and kinds == {"string"} and all(isinstance(each, str) for each in listed):
            return _choice(listed), False
        return p.Nested(self._shape(schema, types, self.json)), False

    def _shape(self, schema: Mapping[str, Any], types: frozenset[str], shapes: list[p.Shape]) -> int:
        """Return the place of the shape of a JSON value."""
        listed = _listed(schema)
        if listed is not None:
            return _put(shapes, s.OneOf(cases=list(map(_case, listed)), exact=True, integer=False, problems=[]))
        kinds = types - {"null"}
        if "number" in kinds:
            kinds -= {"integer"}
        choices = [self._of_type(schema, kind, shapes) for kind in sorted(kinds)]
        if not choices:
            return _put(shapes, s.Null(problems=[]))
        if len(choices) > 1:
            labelled = [s.Labelled(shape=shape, label=str(place)) for place, shape in enumerate(choices)]
            choices = [_put(shapes, s.Union(choices=labelled, mode="smart"))]
        return _put(shapes, s.Nullable(inner=choices[0])) if "null" in types else choices[0]

    def _of_type(self, schema: Mapping[str, Any], kind: str, shapes: list[p.Shape]) -> int:
        if kind == "string":
            return _put(shapes, s.Leaf(kind=_str(schema), strict=True, problems=[]))
        if kind == "boolean":
            return _put(shapes, s.Leaf(kind=p.Bool(), strict=True, problems=[]))
        if kind == "integer":
            return _put(shapes, s.Leaf(kind=_int(schema), strict=True, problems=[]))
        if kind == "number":
            # The one error that is known: it makes the choice go on to floats, and is never seen.
            wrong = s.Problem(type="int_type", msg='""', plain="", suffix="}")
            choices = [s.Leaf(_int(schema), True, [wrong]), s.Leaf(_float(schema), True, [])]
            places = [s.Labelled(shape=_put(shapes, each), label=str(at)) for at, each in enumerate(choices)]
            return _put(shapes, s.Union(choices=places, mode="smart"))
        if kind == "array":
            return self._array(schema, shapes)
        text, anything = _put(shapes, s.Leaf(p.Str(), True, [])), _put(shapes, s.AnyJson())
        return _put(shapes, s.Dict(text, anything, None, None, False, []))

    def _array(self, schema: Mapping[str, Any], shapes: list[p.Shape]) -> int:
        items = schema.get("items", True)
        if items is True or items == {}:
            item = _put(shapes, s.AnyJson())
        else:
            # A reference is resolved for the property alone.
            types, inner = _seen(items, _nothing)
            item = _put(shapes, s.AnyJson()) if types == ALL else self._shape(inner, types, shapes)
        lengths = _length(schema, "minItems"), _length(schema, "maxItems")
        return _put(shapes, s.List(item, *lengths, fail_fast=False, problems=[]))


def _nothing(reference: str) -> Any:
    raise LookupError(reference)


def _put(shapes: list[p.Shape], shape: p.Shape) -> int:
    shapes.append(shape)
    return len(shapes) - 1


def _seen(schema: Any, resolve: Resolve) -> tuple[frozenset[str], Mapping[str, Any]]:
    """Return the types of a schema, and the schema itself, references followed.

    Raises:
        NotNativeError: it has keywords that are not known.
    """
    if schema is True:
        return ALL, {}
    for _ in range(8):
        if not (isinstance(schema, Mapping) and "$ref" in schema):
            break
        if schema.keys() - _SILENT or "type" in schema:
            raise NotNativeError("$ref with other keywords")
        try:
            schema, resolve = resolve(schema["$ref"])
        except Exception:
            raise NotNativeError("$ref") from None
    if not isinstance(schema, Mapping) or "$ref" in schema or "$id" in schema:
        raise NotNativeError("$ref")
    said = schema.get("type")
    listed = _listed(schema)
    types = types_of(schema, resolve)
    if not types:
        raise NotNativeError("no value is accepted")
    if said is None and listed is None:
        if schema.keys() - _SILENT:
            raise NotNativeError(f"{_first(schema.keys() - _SILENT)} without a type")
        return ALL, schema
    known = _SILENT.union(*(_KNOWN[each] for each in types)) if listed is None else _SILENT | {"enum", "const"}
    beyond = schema.keys() - known
    if beyond:
        raise NotNativeError(_first(beyond))
    if "number" in types and "multipleOf" in schema:
        raise NotNativeError("multipleOf of numbers with a fraction")
    return types, schema


def _first(keys: Any) -> str:
    return str(min(keys))


def _listed(schema: Mapping[str, Any]) -> list[Any] | None:
    """Return the values that a schema lists and whose type it allows."""
    if "const" in schema and "enum" in schema:
        raise NotNativeError("enum and const")
    found = [schema["const"]] if "const" in schema else schema.get("enum")
    if found is None:
        return None
    if not isinstance(found, list):
        raise NotNativeError("enum")
    said = schema.get("type")
    allowed = ALL if said is None else frozenset([said] if isinstance(said, str) else said)
    if "number" in allowed:
        allowed |= {"integer"}
    return [each for each in found if types_of({"const": each}, _nothing) <= allowed]


def _case(value: Any) -> s.Case:
    if value is None:
        return s.Case("null", "", p.Text("null", ""))
    if isinstance(value, bool):
        text = "true" if value else "false"
        return s.Case("bool", text, p.Text(text, text))
    if isinstance(value, int) and value in _INT64:
        return s.Case("int", str(value), p.Text(str(value), str(value)))
    if isinstance(value, str):
        return s.Case("str", value, p.Text(msgspec.json.encode(value).decode(), value))
    raise NotNativeError("enum of numbers with a fraction, arrays or objects")


def _choice(texts: list[Any]) -> p.Choice:
    cells = list(dict.fromkeys(texts))
    return p.Choice(cells, [p.Text(msgspec.json.encode(each).decode(), each) for each in cells], "literal_error")


def _str(schema: Mapping[str, Any]) -> p.Str:
    pattern = schema.get("pattern")
    form = schema.get("format")
    if form is not None:
        if pattern is not None or form not in _FORMATS:
            raise NotNativeError(f"format {form!r}")
        pattern = _FORMATS[form]
    elif pattern is not None:
        pattern = translated(pattern)
    return p.Str(min_length=_length(schema, "minLength"), max_length=_length(schema, "maxLength"), pattern=pattern)


def _length(schema: Mapping[str, Any], key: str) -> int | None:
    value = schema.get(key)
    if value is None:
        return None
    if type(value) is not int or not 0 <= value < 1 << 32:
        raise NotNativeError(f"{key}: {value}")
    return value


def _int(schema: Mapping[str, Any]) -> p.Int:
    multiple = schema.get("multipleOf")
    if multiple is not None and (type(multiple) is not int or multiple not in _INT64):
        raise NotNativeError("multipleOf with a fraction")
    bounds = {key: schema.get(key) for key in _BOUNDS}
    for key, value in bounds.items():
        if value is not None and (type(value) is not int or value not in _INT64):
            if type(value) is not float or "multipleOf" in schema or not -1e15 < value < 1e15:
                raise NotNativeError(f"{key} beyond 64 bits")
            # For a whole number a bound with a fraction is the next whole one.
            whole = int(value // 1)
            up = key in ("minimum", "exclusiveMaximum") and whole != value
            bounds[key] = whole + up
    return p.Int(
        multiple_of=multiple,
        ge=bounds["minimum"],
        le=bounds["maximum"],
        gt=bounds["exclusiveMinimum"],
        lt=bounds["exclusiveMaximum"],
    )


def _float(schema: Mapping[str, Any]) -> p.Float:
    bounds: dict[str, float | None] = {}
    for key in _BOUNDS:
        value = schema.get(key)
        if value is None:
            bounds[key] = None
        elif type(value) in (int, float) and abs(value) < 1 << 53:
            bounds[key] = float(value)
        else:
            # Beyond, an integer may be read as a float that is within the bound while it is not.
            raise NotNativeError(f"{key}: {value}")
    less, more = bounds["exclusiveMaximum"], bounds["exclusiveMinimum"]
    return p.Float(
        allow_inf_nan=False,
        ge=bounds["minimum"],
        le=bounds["maximum"],
        gt=-_LARGE if more is None else max(more, -_LARGE),
        lt=_LARGE if less is None else min(less, _LARGE),
    )


@cache
def _piece() -> re.Pattern[str]:
    """Return what one piece of a pattern is, compiled when a schema has a pattern."""
    return re.compile(
        r"(?P<same>[A-Za-z0-9 _@/:,;#%&=!~<>'\"-]|\\[-.^$|?*+(){}\[\]/\\]|[|)]|\((?:\?:|(?!\?)))"
        r"|(?P<end>[\^$])"
        r"|(?P<dot>\.)"
        r"|(?P<digit>\\d)|(?P<word>\\w)"
        r"|(?P<many>(?:[*+?]|\{[0-9]{1,3}(?:,(?:[0-9]{1,3})?)?\})\??)"
        r"|\[(?P<not>\^?)(?P<set>(?:[A-Za-z0-9 _@/:,;#%=!<>'\".+*?(){}|$]|[A-Za-z0-9]-[A-Za-z0-9]"
        r"|\\[-.^$|?*+(){}\[\]/\\dw])+-?)\]",
        re.ASCII,
    )


_SETS = {"\\d": "0-9", "\\w": "A-Za-z0-9_", "\\/": "/"}


def translated(pattern: Any) -> str:
    """Return a pattern of ECMA 262 in the syntax of the crate ``regex``, where it means the same for every text.

    Raises:
        NotNativeError: it has something else than letters, classes of ASCII, groups and repetitions.
    """
    if not isinstance(pattern, str):
        raise NotNativeError("pattern")
    # What is repeated very often, inside of what is repeated, makes tables too large to be of use.
    counts = [int(count) for count in re.findall(r"\{(?:[0-9]{1,3},)?([0-9]{1,3})\}", pattern)]
    if len(pattern) > 300 or math.prod(max(count, 1) for count in counts) > 2_000:
        raise NotNativeError("a long pattern")
    found, at = [], 0
    while at < len(pattern):
        piece = _piece().match(pattern, at)
        if piece is None:
            raise NotNativeError(f"pattern {pattern!r}")
        at = piece.end()
        kind = piece.lastgroup
        if kind == "same":
            found.append("/" if piece[0] == "\\/" else piece[0])
        elif kind == "dot":
            found.append(r"[^\n\r\u{2028}\u{2029}]")
        elif kind in ("digit", "word"):
            found.append("[0-9]" if kind == "digit" else "[A-Za-z0-9_]")
        elif kind == "set":
            inner = re.sub(r"\\[dw/]", lambda match: _SETS[match[0]], piece["set"])
            found.append(f"[{piece['not']}{_escaped(inner)}]")
        else:
            found.append(piece[0])
    text = "".join(found)
    try:
        re.compile(text.replace(r"\u{2028}\u{2029}", ""))
    except re.error:
        raise NotNativeError(f"pattern {pattern!r}") from None
    return text


def _escaped(inner: str) -> str:
    """Return the inside of a class with a mark escaped that begins a comment in some modes of the crate ``regex``."""
    return inner.replace("#", r"\#")

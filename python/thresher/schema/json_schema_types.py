"""What a JSON Schema says of one value: the types that it may have, and how the text of a cell is read by them.

Enters: subschemas, and the text of cells. Leaves: sets of types, and values. It never validates: a cell that does not
read as one of its types stays text, and the schema refuses that with its own error.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, Final

import msgspec

__all__ = ["TOO_DEEP", "Resolve", "annotation_of", "cell_reader", "texts_of", "too_deep", "types_of"]

Resolve = Callable[[str], Any]
"""Returns what a ``$ref`` refers to, with what resolves the references inside of it; raises where nothing is there."""

ALL: Final = frozenset({"array", "boolean", "integer", "null", "number", "object", "string"})
_MOST = 32
"""References that are followed, one inside another, before a schema counts as saying nothing."""

TOO_DEEP = 200
"""Arrays and objects inside one another beyond which a text is no JSON here, as for Pydantic."""


def types_of(schema: Any, resolve: Resolve, depth: int = 0) -> frozenset[str]:
    """Return the types that a value may have, as far as ``type``, ``enum``, ``const``, ``$ref`` and ``…Of`` tell.

    Args:
        schema: a subschema.
        resolve: finds what it refers to.
        depth: how many references and alternatives were followed to here.

    Returns:
        Some of ``array boolean integer null number object string``; all of them where the schema does not say.
    """
    if not isinstance(schema, Mapping) or depth > _MOST:
        return frozenset() if schema is False else ALL
    found = ALL
    reference = schema.get("$ref")
    if isinstance(reference, str):
        try:
            inner, following = resolve(reference)
        except Exception:
            return ALL
        found = _both(found, types_of(inner, following, depth + 1))
    said = schema.get("type")
    if isinstance(said, str):
        found = _both(found, frozenset({said}))
    elif isinstance(said, list):
        found = _both(found, frozenset(each for each in said if isinstance(each, str)))
    listed = _listed(schema)
    if listed is not None:
        found = _both(found, frozenset(map(_type_of, listed)))
    for each in schema.get("allOf", ()):
        found = _both(found, types_of(each, resolve, depth + 1))
    for keyword in ("anyOf", "oneOf"):
        choices = schema.get(keyword)
        if isinstance(choices, list) and choices:
            found = _both(found, frozenset().union(*(types_of(each, resolve, depth + 1) for each in choices)))
    return found


def _both(one: frozenset[str], other: frozenset[str]) -> frozenset[str]:
    """Return the types that are in both; every integer is a number."""
    found = one & other
    if ("integer" in one and "number" in other) or ("integer" in other and "number" in one):
        found |= {"integer"}
    return found


def _listed(schema: Mapping[str, Any]) -> list[Any] | None:
    """Return the values that a schema lists; None where it lists none."""
    if "const" in schema:
        return [schema["const"]]
    found = schema.get("enum")
    return found if isinstance(found, list) else None


def _type_of(value: Any) -> str:
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, float) and value.is_integer():
        return "integer"
    return _TYPES.get(type(value), "null")


_TYPES = {str: "string", int: "integer", float: "number", list: "array", dict: "object"}


def texts_of(schema: Any) -> frozenset[str]:
    """Return the texts that a schema lists as values in ``enum`` or ``const``."""
    listed = _listed(schema) if isinstance(schema, Mapping) else None
    return frozenset(each for each in listed or () if isinstance(each, str))


_NUMBER = re.compile(r"[ \t\r\n]*-?(?:0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?[ \t\r\n]*", re.ASCII)
_BOOLEANS = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
_decode = msgspec.json.Decoder().decode


def cell_reader(types: frozenset[str], texts: frozenset[str] = frozenset()) -> Callable[[str], Any]:
    """Return what makes of the text of a cell the value that a schema is given.

    Args:
        types: that the value may have.
        texts: that the schema lists as values: such a cell is never read as anything else.
    """
    # A schema that says nothing of types has nothing to read by.
    if types == ALL or not types - {"string", "null"}:
        return _as_it_is
    whole, real = "integer" in types, "number" in types
    boolean = "boolean" in types
    opening = "".join(mark for kind, mark in (("array", "["), ("object", "{")) if kind in types)

    def read(cell: str) -> Any:
        if cell in texts:
            return cell
        if boolean and (word := cell.strip(" \t\r\n")) in _BOOLEANS:
            return _BOOLEANS[word]
        if whole or real:
            number = _NUMBER.fullmatch(cell)
            if number is not None:
                value = _parsed(cell)
                if real or type(value) is int or (type(value) is float and value.is_integer()):
                    return value
                return cell
        if opening and cell.lstrip(" \t\r\n")[:1] in tuple(opening):
            return _parsed(cell)
        return cell

    return read


def _as_it_is(cell: str) -> Any:
    return cell


def _parsed(cell: str) -> Any:
    """Return the value of a JSON text; the text itself where it is none."""
    try:
        return cell if too_deep(cell) else _decode(cell)
    except (msgspec.MsgspecError, RecursionError):
        return cell


_STRING = re.compile(r'"(?:[^"\\]|\\.)*"?', re.DOTALL)


def too_deep(text: str) -> bool:
    """Tell whether arrays and objects stand more than :data:`TOO_DEEP` deep inside one another."""
    if text.count("[") + text.count("{") <= TOO_DEEP:
        return False
    depth = 0
    for mark in re.findall(r"[\[\]{}]", _STRING.sub("", text)):
        depth += 1 if mark in "[{" else -1
        if depth > TOO_DEEP:
            return True
    return False


_ANNOTATIONS: Mapping[str, Any] = {"boolean": bool, "integer": int, "number": float, "string": str}


def annotation_of(types: frozenset[str], optional: bool) -> Any:
    """Return the annotation in Python of a value.

    Args:
        types: that it may have.
        optional: whether it may be missing.
    """
    kinds = types - {"null"}
    if "number" in kinds:
        kinds -= {"integer"}
    found: Any = _ANNOTATIONS.get(next(iter(kinds)), Any) if len(kinds) == 1 else Any
    return found if found is Any or not (optional or "null" in types) else found | None

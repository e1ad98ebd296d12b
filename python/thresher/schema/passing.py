"""Values with an inner structure that pass from one schema to another without being looked at.

Enters: a field of each of two schemas. Leaves: whether the second accepts every value of the first as it is, and
writes it the same way. It never guesses: what it does not know does not pass.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from thresher.schema import nodes

if TYPE_CHECKING:
    from thresher.schema.compiled import Compiled

__all__ = ["made_anew", "passes_again", "stays"]

Node = Mapping[str, Any]

_SCALARS = frozenset({"none", "bool", "int", "float", "bytes", "date", "time", "datetime", "uuid", "literal", "enum"})
_CHANGES = ("to_lower", "to_upper", "strip_whitespace")
_INSIDE = {"nullable": "schema", "list": "items_schema"}


def passes_again(first: Compiled, name: str, second: Compiled, other: str) -> bool:
    """Return whether values of a field of the first schema pass as values of a field of the second.

    Args:
        first: the schema that validated the values.
        name: of its field.
        second: the schema that would validate them again.
        other: the name of its field.
    """
    if name not in first.nodes or other not in second.nodes or _settings(first) != _settings(second):
        return False
    if any(first.config.get(f"str_{key}") for key in _CHANGES):
        return False
    definitions = {each["ref"]: each for each in first.definitions if "ref" in each}
    others = {each["ref"]: each for each in second.definitions if "ref" in each}
    ours, theirs = _bare(first.nodes[name]["schema"], definitions), _bare(second.nodes[other]["schema"], others)
    return bool(ours == theirs) and _idempotent(ours, definitions, frozenset())


def stays(compiled: Compiled, name: str) -> bool:
    """Return whether every value of a field stays what it is where its bare annotation validates it once more.

    A default may be of any type; an int as the default of a float is written as the float that it becomes. For what a
    factory of defaults makes see :func:`made_anew`.

    Args:
        compiled: the schema that validated the values.
        name: of its field.
    """
    definitions = {each["ref"]: each for each in compiled.definitions if "ref" in each}
    inner = nodes.inner_nodes(compiled.nodes[name]["schema"], definitions)
    if any("function" in each or each.get("serialization") for each in inner):
        return False
    node = _bare(compiled.nodes[name]["schema"], definitions)
    if node["type"] == "nullable":
        node = _bare(node["schema"], definitions)
    if node["type"] == "decimal" and node.get("allow_inf_nan", compiled.config.get("allow_inf_nan")):
        # A bare one takes no NaN.
        return False
    if any(node.get(key) for key in _CHANGES) and any(compiled.config.get(f"str_{key}") for key in _CHANGES):
        # One would be done again without the other.
        return False
    # What is done to text was done, and is not done again; durations and decimals are values of their own.
    if node["type"] not in ("str", "timedelta", "decimal") and not _idempotent(node, definitions, frozenset()):
        return False
    default = compiled.library.default(name)
    if default is ... or default is None:
        return True
    place = next(place for place, field in enumerate(compiled.fields) if field.name == name)
    try:
        found = compiled.field(place).of(default)
        return type(found) in (type(default), float) and bool(found == default)
    except Exception:
        return False


def made_anew(compiled: Compiled, name: str) -> bool:
    """Return whether a factory makes defaults of which nobody knows the type before: it is called for records alone.

    Args:
        compiled: the schema that validated the values.
        name: of its field.
    """
    definitions = {each["ref"]: each for each in compiled.definitions if "ref" in each}
    node = nodes.resolve(compiled.nodes[name]["schema"], definitions)
    factory = node.get("default_factory") if node["type"] == "default" else None
    if factory is None:
        return False
    of = {list: "list", dict: "dict", set: "set", frozenset: "frozenset"}.get(factory)
    return of is None or of != _bare(node, definitions)["type"]


def _settings(compiled: Compiled) -> dict[str, Any]:
    """Return the configuration, as far as it concerns values."""
    return {key: value for key, value in compiled.config.items() if key != "title"}


def _bare(node: Node, definitions: Mapping[str, Node]) -> Node:
    """Return what validates a value that is there."""
    node = nodes.resolve(node, definitions)
    while node["type"] == "default":
        node = nodes.resolve(node["schema"], definitions)
    return node


def _idempotent(node: Node, definitions: Mapping[str, Node], seen: frozenset[int]) -> bool:
    """Return whether a validated value validates again, unchanged."""
    node = nodes.resolve(node, definitions)
    if id(node) in seen:
        return True
    seen |= {id(node)}
    kind = node["type"]
    if kind == "model":
        # An instance of the class is taken as it is.
        always = node.get("revalidate_instances") or (node.get("config") or {}).get("revalidate_instances")
        return always in (None, "never")
    if kind == "str":
        return not any(node.get(key) for key in _CHANGES)
    if kind in _SCALARS or kind == "any":
        return True
    if kind in _INSIDE:
        return _INSIDE[kind] not in node or _idempotent(node[_INSIDE[kind]], definitions, seen)
    if kind == "dict":
        inside = (node.get("keys_schema"), node.get("values_schema"))
        return all(each is None or _idempotent(each, definitions, seen) for each in inside)
    return kind == "tuple" and all(_idempotent(each, definitions, seen) for each in node["items_schema"])

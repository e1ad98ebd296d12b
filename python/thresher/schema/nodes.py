"""Questions about a core schema that need no validator: what stands inside, whether None or nothing will do.

Enters: nodes of a core schema and its definitions. Leaves: facts. It never decides a route.
"""

from __future__ import annotations

import operator
from collections.abc import Iterator, Mapping
from typing import Any

__all__ = [
    "Definitions",
    "accepts_none",
    "has_default",
    "inner_nodes",
    "needs_record",
    "user_validators",
    "writes_enum_values",
]

Node = Mapping[str, Any]
Definitions = Mapping[str, Node]

_OPAQUE = frozenset({"metadata", "default", "expected", "members", "cls", "custom_error_context", "config"})
"""Keys whose values are no core schemas, whatever they look like."""


def resolve(node: Node, definitions: Definitions) -> Node:
    """Return the node that a reference stands for."""
    seen = set()
    while True:
        if node["type"] == "definitions":
            node = node["schema"]
        elif node["type"] == "definition-ref" and node["schema_ref"] in definitions and node["schema_ref"] not in seen:
            seen.add(node["schema_ref"])
            node = definitions[node["schema_ref"]]
        else:
            return node


def has_default(node: Node, definitions: Definitions) -> bool:
    """Return whether pydantic-core finds a default for a field without a value: only at the outermost node."""
    node = resolve(node, definitions)
    return node["type"] == "default" and ("default" in node or "default_factory" in node)


def accepts_none(
    node: Node, definitions: Definitions, annotation: Any = None, _seen: frozenset[int] = frozenset()
) -> bool:
    """Return whether None validates, as far as the schema tells; user functions are taken to pass it on.

    Args:
        node: the core schema.
        definitions: what it refers to.
        annotation: the annotation of the field; asked where a function takes the place of the whole schema.
    """
    node = resolve(node, definitions)
    if id(node) in _seen:
        return False
    seen = _seen | {id(node)}
    kind = node["type"]

    def inner(child: Node) -> bool:
        return accepts_none(child, definitions, annotation, seen)

    if kind in ("nullable", "any", "none"):
        return True
    if kind == "literal":
        return None in node["expected"]
    if kind == "enum":
        return any(member.value is None for member in node["members"])
    if kind in ("default", "function-after", "function-before", "function-wrap", "custom-error"):
        return inner(node["schema"])
    if kind == "function-plain":
        return annotation in (Any, object, None) or type(None) in getattr(annotation, "__args__", ())
    if kind == "union":
        return any(inner(choice[0] if isinstance(choice, tuple) else choice) for choice in node["choices"])
    if kind == "tagged-union":
        return any(inner(choice) for choice in node["choices"].values() if isinstance(choice, Mapping))
    if kind == "chain":
        return bool(node["steps"]) and inner(node["steps"][0])
    if kind == "lax-or-strict":
        return inner(node["lax_schema"])
    if kind == "json-or-python":
        return inner(node["python_schema"])
    if kind == "is-instance":
        return isinstance(node["cls"], type) and isinstance(None, node["cls"])
    return False


def inner_nodes(node: Node, definitions: Definitions) -> Iterator[Node]:
    """Yield every mapping in a core schema, references followed once."""
    seen: set[int] = set()
    waiting: list[Any] = [node]
    while waiting:
        current = waiting.pop()
        if isinstance(current, Mapping):
            if id(current) in seen:
                continue
            seen.add(id(current))
            yield current
            if current.get("type") == "definition-ref" and current.get("schema_ref") in definitions:
                waiting.append(definitions[current["schema_ref"]])
            waiting.extend(value for key, value in current.items() if key not in _OPAQUE)
        elif isinstance(current, list | tuple):
            waiting.extend(current)


def needs_record(node: Node, definitions: Definitions) -> str:
    """Return why a field cannot be validated or written apart from its record; empty where it can."""
    for current in inner_nodes(node, definitions):
        kind = current.get("type")
        # The types that Pydantic brings take info as well, and look at none of it.
        if kind == "with-info" and "function" in current and not _of_pydantic(current["function"]):
            return f"the validator {_name(current['function'])} takes info, and so the other fields"
        if current.get("default_factory_takes_data"):
            return f"the default factory {_name(current['default_factory'])} takes the other fields"
        if current.get("is_field_serializer"):
            return f"the serializer {_name(current['function'])} takes the model"
        if kind == "default" and current.get("on_error", "raise") != "raise":
            return f"on_error={current['on_error']!r}"
        if kind == "missing-sentinel":
            return "MISSING leaves its key out"
    return ""


def _of_pydantic(function: Any) -> bool:
    module = str(getattr(function, "__module__", None) or "")
    return module in ("pydantic.types", "pydantic.networks", "pydantic.color", "ipaddress")


def _name(function: Any) -> str:
    return getattr(function, "__qualname__", None) or repr(function)


def writes_enum_values(node: Node, definitions: Definitions) -> bool:
    """Return whether a node is that of an enum whose values take the place of its members (``use_enum_values``)."""
    inner = resolve(node["schema"], definitions) if "schema" in node else node
    function = node.get("function") or {}
    return inner["type"] == "enum" and isinstance(function.get("function"), operator.attrgetter)


def user_validators(node: Node, definitions: Definitions) -> list[str]:
    """Return the names of the validator functions in a node, Pydantic's own left out."""
    found = [
        current["function"]
        for current in inner_nodes(node, definitions)
        if current.get("type") == "no-info" and "function" in current
    ]
    return [
        _name(each)
        for each in found
        # The values of enums are taken with the latter.
        if not str(getattr(each, "__module__", None)).startswith("pydantic.")
        and not isinstance(each, operator.attrgetter)
    ]

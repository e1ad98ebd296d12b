"""Defaults that are known when the plan is made.

Enters: the core schema of a field with a default. Leaves: how the default is written, where that is a constant. It
never calls a default factory.
"""

from __future__ import annotations

import datetime
import decimal
import enum
import uuid
from collections.abc import Mapping
from typing import Any

from pydantic_core import PydanticSerializationError, SchemaError, SchemaSerializer, SchemaValidator, ValidationError

from thresher.encode import cell_text
from thresher.plan import Ask, Kind, Text
from thresher.schema import nodes

__all__ = ["static_default"]

Node = Mapping[str, Any]

_CONSTANTS = (
    str,
    int,
    float,
    bool,
    bytes,
    type(None),
    decimal.Decimal,
    datetime.date,
    datetime.datetime,
    datetime.time,
    datetime.timedelta,
    uuid.UUID,
)


def static_default(
    node: Node, config: Mapping[str, Any], definitions: Mapping[str, Node], kind: Kind | None
) -> Text | None:
    """Return how the default is written, or None where Pydantic has to be asked each time.

    Args:
        node: a node of the kind ``default``.
        config: the configuration of the model.
        definitions: what the node refers to.
        kind: the kind of the field; None: a shape decides it.
    """
    if "default" not in node or node.get("default_factory") is not None:
        return None
    value = node["default"]
    if not _constant(value):
        return None
    if any(current.get("serialization") for current in nodes.inner_nodes(node, definitions)):
        return None
    whole = {"type": "definitions", "schema": dict(node), "definitions": list(definitions.values())}
    try:
        if node.get("validate_default", config.get("validate_default", False)):
            if isinstance(kind, Ask):
                return None
            fields = {"type": "model-fields", "fields": {"x": {"type": "model-field", "schema": dict(node)}}}
            validator = SchemaValidator({**whole, "schema": fields}, dict(config))  # type: ignore[arg-type]
            value = validator.validate_python({})[0]["x"]
        serializer = SchemaSerializer(whole, dict(config))  # type: ignore[arg-type]
        json = serializer.to_json(value, warnings="error")
    except (ValidationError, PydanticSerializationError, SchemaError):
        return None
    return Text(json=json.decode(), csv=cell_text(json, value))


def _constant(value: Any) -> bool:
    if isinstance(value, enum.Enum):
        return _constant(value.value)
    if type(value) in (list, tuple, set, frozenset):
        return all(map(_constant, value))
    if type(value) is dict:
        return all(_constant(key) and _constant(item) for key, item in value.items())
    return type(value) in _CONSTANTS

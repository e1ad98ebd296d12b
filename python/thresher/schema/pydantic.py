"""The compiler for Pydantic models: a closed world over ``Model.__pydantic_core_schema__``.

Enters: a model class. Leaves: :class:`Compiled`. It never validates a record, and never takes a node, a key or a hook
that it does not know for harmless: that field, or the record, goes to Pydantic.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from typing import Any

import msgspec
import pydantic_core
from pydantic import BaseModel
from pydantic_core import SchemaSerializer, SchemaValidator

from thresher.errors import ConfigurationError
from thresher.schema import hooks, nodes, table
from thresher.schema.compiled import Compiled, Field
from thresher.schema.field import Site, compile_field
from thresher.schema.pydantic_library import PydanticLibrary, inherits
from thresher.schema.shape import Shapes

__all__ = ["compile_model"]

Node = Mapping[str, Any]


def compile_model(model: type[BaseModel]) -> Compiled:
    """Return the compiled form of a Pydantic model.

    Raises:
        ConfigurationError: the model is not complete: a forward reference in it cannot be resolved.
    """
    schema = _core_schema(model)
    definitions = definitions_of(schema)
    reasons: list[str] = []
    unknown: set[str] = set()
    node, free_header = unwrap(schema, "model", "its schema is", definitions, reasons)
    config: Mapping[str, Any] = {}
    fields_node: Node | None = None
    if node is not None:
        config = node.get("config") or {}
        check_keys(node, "model", reasons, unknown)
        unknown_config = config.keys() - table.CONFIG_KEYS
        if unknown_config:
            unknown |= unknown_config
            reasons.append(f"the configuration has {listed(unknown_config)}")
        if node.get("root_model"):
            reasons.append("it is a root model")
            free_header = True
        else:
            fields_node, inner_free = unwrap(node["schema"], "model-fields", "its fields are", definitions, reasons)
            free_header = free_header or inner_free
        if node.get("custom_init"):
            reasons.append("it has its own __init__")
            free_header = True
        if node.get("serialization"):
            reasons.append("it has a model serializer")
    free_header = _hooks(model, node, reasons) or free_header

    found: dict[str, Node] = {}
    extra: Any = "ignore"
    computed: list[str] = []
    if fields_node is not None:
        check_keys(fields_node, "model-fields", reasons, unknown)
        found = dict(fields_node["fields"])
        extra = fields_node.get("extra_behavior") or config.get("extra_fields_behavior") or "ignore"
        computed = together(fields_node, node, config, extra, reasons)

    shapes = Shapes(definitions, "python")
    fields = []
    for name, field_node in found.items():
        info = model.model_fields.get(name)
        site = Site(
            name=name,
            node=field_node,
            annotation=None if info is None else info.annotation,
            config=config,
            definitions=definitions,
            shapes=shapes,
        )
        field, field_reasons = compile_field(site, unknown)
        reasons.extend(field_reasons)
        fields.append(field)
    if unknown:
        warn_of(unknown)

    root: tuple[Field, ...] = ()
    if node is not None and node.get("root_model"):
        from thresher.schema.adapter import fields_of_choices

        root, _ = fields_of_choices(node["schema"], definitions, reasons[0])
    excluded = {name for name, node in found.items() if node.get("serialization_exclude")}
    outputs = [field.key for field in fields if field.name not in excluded] + computed
    return Compiled(
        schema=model,
        library=PydanticLibrary(model, tuple(field.name for field in root)),
        fields=root or tuple(spread(field, reasons) for field in fields),
        extra=extra,
        loc_by_alias=bool(config.get("loc_by_alias", True)),
        record_reason=reasons[0] if reasons else "",
        free_header=free_header,
        outputs=tuple(dict.fromkeys(field.key for field in root)) or (None if fields_node is None else tuple(outputs)),
        config=config,
        definitions=tuple(definitions.values()),
        nodes=found,
        shapes=tuple(shapes.found),
    )


def _core_schema(model: type[BaseModel]) -> Node:
    if not model.__pydantic_complete__:
        try:
            model.model_rebuild()
        except Exception as error:
            raise ConfigurationError(
                f"the model {model.__qualname__} is not complete: {error}; define what it refers to, then call "
                f"{model.__qualname__}.model_rebuild()"
            ) from error
    return model.__pydantic_core_schema__


def definitions_of(schema: Node) -> dict[str, Node]:
    """Return every node that has a reference, by that reference."""
    found: dict[str, Node] = {}
    if schema["type"] == "definitions":
        found.update((definition["ref"], definition) for definition in schema["definitions"])
    return found


def unwrap(
    schema: Node, wanted: str, called: str, definitions: Mapping[str, Node], reasons: list[str]
) -> tuple[Node | None, bool]:
    """Return the node of the wanted kind, and whether user code sees the record before it.

    ``called`` is how the schema is named where it is something else.
    """
    free_header = False
    node = nodes.resolve(schema, definitions)
    while node["type"] != wanted:
        kind = node["type"]
        if kind not in ("function-before", "function-after", "function-wrap") or "schema" not in node:
            reasons.append(f"{called} a {kind}")
            return None, True
        reasons.append(f"it has a model validator ({kind.removeprefix('function-')})")
        free_header = free_header or kind != "function-after"
        if node.get("serialization"):
            reasons.append("it has a model serializer")
        node = nodes.resolve(node["schema"], definitions)
    return node, free_header


def together(
    fields_node: Node, node: Node | None, config: Mapping[str, Any], extra: str, reasons: list[str]
) -> list[str]:
    """Note what concerns the fields together; return the keys of computed fields."""
    if extra not in ("ignore", "forbid", "allow"):
        reasons.append(f"extra={extra!r}")
    if (fields_node.get("extras_schema") or fields_node.get("extras_keys_schema")) and extra == "allow":
        reasons.append("its extra columns have a type (__pydantic_extra__)")
    seen_by_model = (node or {}).get("extra_behavior") or config.get("extra_fields_behavior") or "ignore"
    if seen_by_model != extra:
        reasons.append("the model and its fields differ in extra")
    if fields_node.get("serialization"):
        reasons.append("it has a model serializer")
    computed = list(fields_node.get("computed_fields") or ())
    if computed:
        reasons.append("it has computed fields")
    by_alias = bool(config.get("serialize_by_alias"))
    return [each["alias"] if by_alias and "alias" in each else each["property_name"] for each in computed]


def _hooks(model: type[BaseModel], node: Node | None, reasons: list[str]) -> bool:
    """Note hooks that no core schema shows; return whether one of them sees the record first."""
    validator: Any = model.__pydantic_validator__
    serializer: Any = model.__pydantic_serializer__
    if type(validator) is not SchemaValidator:
        reasons.append("a Pydantic plug-in watches its validation")
    if type(serializer) is not SchemaSerializer:
        reasons.append("it has its own serializer")
    new: Any = model.__new__
    if new is not object.__new__:
        reasons.append("it has its own __new__")
    if not inherits(model, "model_dump_json"):
        reasons.append("it overrides model_dump_json")
    post_init = None if node is None else node.get("post_init")
    if post_init and not (post_init == "model_post_init" and hooks.harmless_private_attributes(model)):
        reasons.append(f"it has its own {post_init}")
    if not inherits(model, "model_validate"):
        reasons.append("it overrides model_validate")
        return True
    return False


def check_keys(node: Node, kind: str, reasons: list[str], unknown: set[str]) -> None:
    beyond = node.keys() - table.known_keys(kind)
    if beyond:
        unknown |= beyond
        reasons.append(f"its {kind} has {listed(beyond)}")


def listed(keys: set[str]) -> str:
    return ", ".join(sorted(keys)) + ", which this version of thresher does not know"


def spread(field: Field, reasons: list[str]) -> Field:
    """Return the field as the whole model is validated: where one thing needs the record, all fields do."""
    if not reasons or field.route == "record":
        return field
    first = reasons[0]
    return msgspec.structs.replace(
        field, route="record", reason=first.partition(":")[0] if first.startswith("field ") else first
    )


def warn_of(unknown: set[str]) -> None:
    warnings.warn(
        f"pydantic-core {pydantic_core.__version__} has {', '.join(sorted(unknown))}, which this version of thresher "
        f"does not know (it was tested with {', '.join(table.TESTED_VERSIONS)}); what uses them is validated by "
        "Pydantic, which is exact but slower",
        RuntimeWarning,
        stacklevel=2,
    )

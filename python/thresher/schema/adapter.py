"""The compiler for what Pydantic adapts: dataclasses, TypedDicts, and aliases such as a union of models.

Enters: a type. Leaves: :class:`Compiled`. A dataclass or TypedDict is compiled as a model is, in a closed world; of any
other type every record goes to Pydantic. It never validates a record.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, TypedDict, get_args, get_origin

import msgspec
from pydantic import TypeAdapter
from pydantic_core import SchemaSerializer, SchemaValidator

from thresher.errors import ConfigurationError
from thresher.plan import Ask
from thresher.schema import nodes, table
from thresher.schema.adapter_library import AdapterLibrary
from thresher.schema.annotations import plain, shown_type
from thresher.schema.compiled import Compiled, Field
from thresher.schema.field import Site, compile_field
from thresher.schema.pydantic import check_keys, compile_model, definitions_of, listed, spread, warn_of
from thresher.schema.shape import Shapes

__all__ = ["compile_type", "fields_of_choices"]

Node = Mapping[str, Any]
_FUNCTIONS = ("function-before", "function-after", "function-wrap")
_SHAPED = {"dataclass": "dataclass-args", "typed-dict": "typed-dict"}
_WRITING = frozenset(
    {"serialize_by_alias", "ser_json_bytes", "ser_json_inf_nan", "ser_json_temporal", "ser_json_timedelta"}
)
_FIELD = frozenset({"schema", "validation_alias", "serialization_alias", "serialization_exclude", "metadata", "frozen"})


def compile_type(schema: Any) -> Compiled:
    """Return the compiled form of a dataclass, a TypedDict, or any other type that Pydantic adapts.

    Raises:
        ConfigurationError: Pydantic cannot adapt it.
    """
    name = name_of(schema)
    try:
        adapter: TypeAdapter[Any] = TypeAdapter(schema)
        adapter.rebuild(raise_errors=True)
        core: Node = adapter.core_schema
    except Exception as error:
        if struct := _struct_in(schema):
            raise ConfigurationError(
                f"the schema {name} is made of msgspec Structs, and a schema can be one alone: give a Struct, such as "
                f"{struct.__qualname__}, or make a union of Pydantic models or dataclasses"
            ) from None
        first = str(error).partition("\n")[0]
        raise ConfigurationError(f"the schema {name} cannot be used by Pydantic: {first}") from error
    definitions = definitions_of(core)
    node = nodes.resolve(core, definitions)
    if node["type"] == "model" and node == nodes.resolve(node["cls"].__pydantic_core_schema__, {}):
        return compile_model(node["cls"])
    return _Compiler(schema, name, adapter, core, definitions).compiled()


def name_of(schema: Any) -> str:
    """Return what a type is called, for people."""
    found = getattr(schema, "__qualname__", None) if isinstance(schema, type) else getattr(schema, "__name__", None)
    if isinstance(found, str) and get_origin(schema) is None:
        return found
    if get_origin(schema) is Annotated:
        return name_of(get_args(schema)[0])
    text = shown_type(schema)
    return text if len(text) <= 80 else text[:79] + "…"


def _struct_in(schema: Any) -> type[msgspec.Struct] | None:
    """Return the first msgspec Struct of which a type is made."""
    if isinstance(schema, type) and issubclass(schema, msgspec.Struct):
        return schema
    inner = [*get_args(schema), getattr(schema, "__value__", None), getattr(schema, "__supertype__", None)]
    return next((found for each in inner if each is not None and (found := _struct_in(each))), None)


class _Compiler:
    """Compiles one type."""

    def __init__(
        self, schema: Any, name: str, adapter: TypeAdapter[Any], core: Node, definitions: Mapping[str, Node]
    ) -> None:
        self.schema = schema
        self.name = name
        self.adapter = adapter
        self.definitions = definitions
        self.reasons: list[str] = []
        self.unknown: set[str] = set()
        self.free_header = False
        self.node = self._unwrapped(core)

    def _unwrapped(self, core: Node) -> Node:
        """Return the node inside of the validators of the record."""
        node = nodes.resolve(core, self.definitions)
        while node["type"] in _FUNCTIONS and "schema" in node:
            kind = node["type"].removeprefix("function-")
            self.reasons.append(f"it has a validator of its own ({kind})")
            self.free_header = self.free_header or kind != "after"
            if node.get("serialization"):
                self.reasons.append("it has a serializer of its own")
            node = nodes.resolve(node["schema"], self.definitions)
        return node

    def compiled(self) -> Compiled:
        kind = self.node["type"]
        validator: Any = self.adapter.validator
        if type(validator) is not SchemaValidator:
            self.reasons.append("a Pydantic plug-in watches its validation")
        serializer: Any = self.adapter.serializer
        if type(serializer) is not SchemaSerializer:
            self.reasons.append("it has its own serializer")
        return self._shaped(kind) if kind in _SHAPED else self._opaque(kind)

    def _shaped(self, kind: str) -> Compiled:
        """Return a dataclass or TypedDict."""
        node, reasons = self.node, self.reasons
        config: Mapping[str, Any] = node.get("config") or {}
        check_keys(node, kind, reasons, self.unknown)
        unknown_config = config.keys() - table.CONFIG_KEYS
        if unknown_config:
            self.unknown |= unknown_config
            reasons.append(f"the configuration has {listed(unknown_config)}")
        if kind == "typed-dict":
            # Its configuration says how it is read, and not how it is written: that is for whatever holds it to say.
            config = {key: value for key, value in config.items() if key not in _WRITING}
        if node.get("serialization"):
            reasons.append("it has a serializer of its own")
        args: Node | None = node
        if kind == "dataclass":
            args = self._args(node["schema"])
            self._hooks(node, config)
        found: dict[str, Node] = {}
        optional: set[str] = set()
        extra: Any = "ignore"
        computed: list[str] = []
        if args is not None:
            extra = args.get("extra_behavior") or config.get("extra_fields_behavior") or "ignore"
            found, optional = self._fields(kind, args, config)
            computed = self._together(args, config, extra)
        annotations = self._annotations()
        fields = []
        shapes = Shapes(self.definitions, "python")
        for name, field_node in found.items():
            site = Site(name, field_node, annotations.get(name, Any), config, self.definitions, shapes)
            field, field_reasons = compile_field(site, self.unknown)
            reasons.extend(field_reasons)
            fields.append(_optional(field) if name in optional else field)
        if self.unknown:
            warn_of(self.unknown)
        if kind == "dataclass" and extra == "allow":
            # It keeps what it does not know, and does not write it.
            reasons.append("it keeps any other key (extra='allow')")
            extra = "ignore"
        excluded = {name for name, each in found.items() if each.get("serialization_exclude")}
        outputs = [field.key for field in fields if field.name not in excluded] + computed
        class_ = isinstance(self.schema, type)
        fields_ = tuple(spread(field, reasons) for field in fields)
        return Compiled(
            schema=self.schema if class_ else self._record(fields_, annotations),
            library=AdapterLibrary(self.adapter, node if args is not None else None, found),
            fields=fields_,
            extra=extra,
            loc_by_alias=bool(config.get("loc_by_alias", True)),
            record_reason=reasons[0] if reasons else "",
            free_header=self.free_header,
            outputs=None if args is None else tuple(outputs),
            config=config,
            definitions=tuple(self.definitions.values()),
            nodes=found,
            shapes=tuple(shapes.found),
        )

    def _args(self, schema: Node) -> Node | None:
        """Return the fields of a dataclass; None where something unknown stands before them."""
        node = nodes.resolve(schema, self.definitions)
        while node["type"] in _FUNCTIONS and "schema" in node:
            kind = node["type"].removeprefix("function-")
            self.reasons.append(f"it has a validator of its own ({kind})")
            self.free_header = self.free_header or kind != "after"
            node = nodes.resolve(node["schema"], self.definitions)
        if node["type"] != "dataclass-args":
            self.reasons.append(f"its fields are a {node['type']}")
            self.free_header = True
            return None
        check_keys(node, "dataclass-args", self.reasons, self.unknown)
        return node

    def _hooks(self, node: Node, config: Mapping[str, Any]) -> None:
        """Note what is done to instances that no field shows."""
        cls: Any = node["cls"]
        if node.get("post_init"):
            self.reasons.append("it has its own __post_init__")
        if node.get("strict", config.get("strict", False)):
            self.reasons.append("it is strict, so that a row is no instance")
        if cls.__new__ is not object.__new__:
            self.reasons.append("it has its own __new__")
        if cls.__getattribute__ is not object.__getattribute__:
            self.reasons.append("it has its own __getattribute__")
        for name in node["fields"]:
            found: Any = next((vars(base)[name] for base in cls.__mro__ if name in vars(base)), None)
            if hasattr(type(found), "__set__") and not (node.get("slots") and _is_slot(found)):
                self.reasons.append(f"{name!r} is a property")

    def _fields(self, kind: str, args: Node, config: Mapping[str, Any]) -> tuple[dict[str, Node], set[str]]:
        """Return the node of each field in the form of a model's, and the names of those that may be left out."""
        found: dict[str, Node] = {}
        optional = set()
        total = args.get("total", config.get("typed_dict_total", True))
        given = args["fields"]
        items = given.items() if isinstance(given, Mapping) else ((each["name"], each) for each in given)
        for name, each in items:
            check_keys(each, each["type"], self.reasons, self.unknown)
            if each.get("init_only") or not each.get("init", True):
                why = "is handed to __post_init__" if each.get("init_only") else "is not read (init=False)"
                self.reasons.append(f"field {name!r}: it {why}")
            if each.get("init_only"):
                continue
            kept = {key: value for key, value in each.items() if key in _FIELD or key == "serialization_exclude_if"}
            found[name] = {"type": "model-field", **kept}
            if kind == "typed-dict" and not each.get("required", total):
                if not nodes.has_default(each["schema"], self.definitions):
                    optional.add(name)
            elif kind == "dataclass" and not each.get("init", True):
                optional.add(name)
        if kind == "dataclass" and list(found) != list(self.node["fields"]):
            self.reasons.append("its fields are not those that are written")
        return found, optional

    def _together(self, args: Node, config: Mapping[str, Any], extra: str) -> list[str]:
        """Note what concerns the fields together; return the keys of computed fields."""
        reasons = self.reasons
        if extra not in ("ignore", "forbid", "allow"):
            reasons.append(f"extra={extra!r}")
        if args.get("extras_schema") and extra == "allow":
            reasons.append("its extra columns have a type")
        if args is not self.node and args.get("serialization"):
            reasons.append("it has a serializer of its own")
        computed = list(args.get("computed_fields") or ())
        if computed:
            reasons.append("it has computed fields")
        by_alias = bool(config.get("serialize_by_alias"))
        return [each["alias"] if by_alias and "alias" in each else each["property_name"] for each in computed]

    def _annotations(self) -> dict[str, Any]:
        try:
            return plain(get_origin(self.schema) or self.schema if not isinstance(self.schema, type) else self.schema)
        except TypeError:
            return {}

    def _opaque(self, kind: str) -> Compiled:
        """Return a type of which every record goes to Pydantic, with what is known of its fields."""
        self.reasons.append(f"its schema is a {kind}")
        fields, annotations = fields_of_choices(self.node, self.definitions, self.reasons[0])
        return Compiled(
            schema=self._record(fields, annotations),
            library=AdapterLibrary(self.adapter, None, {}, [field.name for field in fields]),
            fields=fields,
            extra="ignore",
            loc_by_alias=True,
            record_reason=self.reasons[0],
            free_header=True,
            outputs=tuple(dict.fromkeys(field.key for field in fields)) or None,
        )

    def _record(self, fields: tuple[Field, ...], annotations: Mapping[str, Any]) -> Any:
        """Return a class that has the fields of a type that is none."""
        found = {field.name: annotations.get(field.name, Any) for field in fields}
        made: Any = TypedDict("Record", found, total=False)  # type: ignore[misc]
        made.__qualname__ = made.__name__ = self.name
        return made


def _is_slot(found: Any) -> bool:
    return type(found).__name__ == "member_descriptor"


def _optional(field: Field) -> Field:
    """Return a field without a default that may be left out."""
    null = "omit" if field.null == "missing" else field.null
    return msgspec.structs.replace(field, required=False, optional=True, null=null)


def fields_of_choices(
    node: Node, definitions: Mapping[str, Node], reason: str
) -> tuple[tuple[Field, ...], dict[str, Any]]:
    """Return the fields that any choice of a union has, in the order in which they are met, and their annotations.

    Args:
        node: the core schema of the union; of anything else there are none.
        definitions: what it refers to.
        reason: why every record goes to Pydantic.
    """
    found: dict[str, list[Field]] = {}
    annotations: dict[str, Any] = {}
    for choice in _choices(node, definitions, 0):
        known = plain(choice.schema)
        for field in choice.fields:
            found.setdefault(field.name, []).append(field)
            annotation = known.get(field.name, Any)
            if annotations.setdefault(field.name, annotation) != annotation:
                annotations[field.name] = Any
    return tuple(_merged(fields, reason) for fields in found.values()), annotations


def _choices(node: Node, definitions: Mapping[str, Node], depth: int) -> Iterator[Compiled]:
    """Yield the models, dataclasses and TypedDicts among the choices of a union."""
    node = nodes.resolve(node, definitions)
    if depth > 8:
        return
    if node["type"] in ("union", "tagged-union"):
        choices = node["choices"]
        for each in choices.values() if isinstance(choices, Mapping) else choices:
            choice = each[0] if isinstance(each, tuple) else each
            if isinstance(choice, Mapping):
                yield from _choices(choice, definitions, depth + 1)
    elif node["type"] in ("default", *_FUNCTIONS) and "schema" in node:
        yield from _choices(node["schema"], definitions, depth + 1)
    elif node["type"] == "model":
        yield compile_model(node["cls"])
    elif node["type"] in _SHAPED and "cls" in node:
        yield compile_type(node["cls"])


def _merged(fields: list[Field], reason: str) -> Field:
    """Return the fields of one name in several choices as one."""
    return msgspec.structs.replace(
        fields[0],
        annotation=" | ".join(dict.fromkeys(field.annotation for field in fields)),
        constraints=fields[0].constraints if len(fields) == 1 else "",
        route="record",
        reason=reason,
        paths=tuple(dict.fromkeys(path for field in fields for path in field.paths)),
        required=False,
        # None is passed only where each choice takes it, and one would miss it otherwise.
        nullable=all(field.nullable for field in fields),
        optional=any(field.required for field in fields),
        kind=Ask(),
        default=None,
        templates=(),
    )

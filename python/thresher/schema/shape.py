"""The compiler for what is inside of a value: nodes of a core schema become shapes.

Enters: nodes and the configuration around them. Leaves: shapes in one list, which name each other by position. It works
in a closed world, as the compiler for fields does: a node, key or hook that it does not know raises :class:`AskError`,
and the whole value goes to Pydantic.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from thresher import shapes
from thresher.plan import HOLE, Nested, Shape
from thresher.schema import nodes, problems, table, templates
from thresher.schema.leaf import AskError, kind_of, written_differently
from thresher.schema.literal import cases
from thresher.schema.templates import Words

__all__ = ["Shapes"]

Node = Mapping[str, Any]
Config = Mapping[str, Any]

_KEYS_OF_DICTS = frozenset({"any", "str", "int", "uuid", "date", "datetime", "literal", "enum"})
"""Kinds whose values pydantic-core writes as keys of an object just as it writes them elsewhere."""

_FIELD_TYPES = {"list": "List", "set": "Set", "frozenset": "Frozenset", "tuple": "Tuple", "dict": "Dictionary"}
_WRONG_TYPES = {
    "list": "list_type",
    "set": "set_type",
    "frozenset": "frozen_set_type",
    "tuple": "tuple_type",
    "dict": "dict_type",
}


class Shapes:
    """The shapes of one plan, in the making."""

    def __init__(self, definitions: Mapping[str, Node], words: Words) -> None:
        """Begin with none.

        Args:
            definitions: what nodes refer to.
            words: the wording of messages: that of the input of the whole record, also where JSON is inside of a cell.
        """
        self.definitions = definitions
        self.words = words
        self.found: list[Shape] = []
        self._places: dict[tuple[int, int, bool], int] = {}
        # What is compiled must not be collected: its identity is its name above.
        self._held: list[Any] = []

    def field(self, node: Node, config: Config, *, json: bool) -> Nested:
        """Return the kind of a field.

        Args:
            node: the schema of the field; a default around it is left out.
            config: the configuration of its model.
            json: whether the values are JSON, or the texts of cells.

        Raises:
            AskError: no shape decides such values exactly.
        """
        return Nested(shape=self.of(self.without_default(node), config, json=json))

    def without_default(self, node: Node) -> Node:
        """Return the schema of a field without what stands for its default."""
        while True:
            node = nodes.resolve(node, self.definitions)
            if node["type"] != "default":
                return node
            self._check(node, table.WRAPPER_KEYS["default"])
            if node.get("on_error", "raise") != "raise":
                raise AskError(f"on_error={node['on_error']!r}")
            node = node["schema"]

    def of(self, node: Node, config: Config, *, json: bool = True) -> int:
        """Return the position of the shape of a node.

        Raises:
            AskError: there is none; no shape of what is inside of it was added.
        """
        node = self._resolved(node)
        while (following := self._stands_for(node, json=json)) is not None:
            node = self._resolved(following)
        key = id(node), id(config), json
        place = self._places.get(key)
        if place is not None:
            return place
        place = len(self.found)
        self._places[key] = place
        self._held.append((node, config))
        self.found.append(shapes.AnyJson())
        try:
            self.found[place] = self._json(node, config) if json else self._text(node, config)
        except AskError:
            del self.found[place:]
            self._places = {key: at for key, at in self._places.items() if at < place}
            raise
        return place

    def _resolved(self, node: Node) -> Node:
        for _ in range(len(self.definitions) + 8):
            if node["type"] not in ("definitions", "definition-ref"):
                return node
            self._check(node, table.WRAPPER_KEYS[node["type"]])
            following = nodes.resolve(node, self.definitions)
            if following is node:
                break
            node = following
        raise AskError("a reference to nothing")

    def _stands_for(self, node: Node, *, json: bool) -> Node | None:
        """Return the node that one stands for which adds nothing to it."""
        if node["type"] == "json-or-python":
            self.checked(node, "json-or-python")
            found: Node = node["json_schema" if json else "python_schema"]
            return found
        if node["type"] == "union" and len(node["choices"]) == 1 and node.get("auto_collapse", True):
            self.checked(node, "union")
            (choice,) = node["choices"]
            only: Node = choice[0] if isinstance(choice, tuple) else choice
            return only
        return None

    def _check(self, node: Node, keys: frozenset[str]) -> None:
        beyond = node.keys() - keys
        if beyond:
            raise AskError(f"{', '.join(sorted(beyond))}, which this version of thresher does not know")
        if node.get("serialization"):
            raise AskError("it has a serializer")

    def checked(self, node: Node, kind: str) -> Node:
        """Return a node of one kind, all of whose keys are known.

        Raises:
            AskError: it is of another kind, has other keys, or a serializer of its own.
        """
        if node["type"] != kind:
            raise AskError(_no_kernel(node, self.definitions))
        self._check(node, table.known_keys(kind))
        return node

    def _json(self, node: Node, config: Config) -> Shape:
        """Return the shape of a node that reads JSON values."""
        from thresher.schema import shape_objects, shape_unions

        kind = node["type"]
        if kind in table.NODE_KEYS:
            self.checked(node, kind)
            return self._leaf(node, config)
        if kind == "nullable":
            self.checked(node, kind)
            return shapes.Nullable(self.of(node["schema"], config))
        if kind == "json":
            return self._inner(node, config)
        if kind in ("model", "typed-dict", "dataclass"):
            return shape_objects.object_of(self, node, config, json=True)
        if kind in ("union", "tagged-union"):
            return shape_unions.union_of(self, node, config, json=True)
        if kind not in _WRONG_TYPES:
            raise AskError(_no_kernel(node, self.definitions))
        self.checked(node, kind)
        return self._container(node, config)

    def _text(self, node: Node, config: Config) -> Shape:
        """Return the shape of a node that reads the texts of cells."""
        from thresher.schema import shape_objects, shape_unions

        kind = node["type"]
        if kind == "nullable":
            self.checked(node, kind)
            return shapes.Nullable(self.of(node["schema"], config, json=False))
        if kind == "json":
            return self._inner(node, config)
        if kind == "union":
            return shape_unions.union_of(self, node, config, json=False)
        if kind == "model" and node.get("root_model"):
            return shape_objects.object_of(self, node, config, json=False)
        if kind in _WRONG_TYPES or kind in ("model", "typed-dict", "dataclass", "tagged-union", "none"):
            self._refuses_text(node)
            return self._never(node, config)
        if kind not in table.NODE_KEYS:
            raise AskError(_no_kernel(node, self.definitions))
        self.checked(node, kind)
        strict = node.get("strict", config.get("strict", False))
        if strict and kind not in ("str", "any", "literal"):
            return self._never(node, config)
        differently = written_differently(node, config)
        if differently:
            raise AskError(differently)
        if kind == "any":
            return shapes.AnyJson()
        found = problems.problems(templates.of_leaf(node, config))
        if kind in ("literal", "enum"):
            return self._one_of(node, config, found)
        return shapes.Leaf(kind=kind_of(node, config), strict=False, problems=found)

    def _refuses_text(self, node: Node) -> None:
        """Make sure that no user code sees a value before its type is looked at.

        Raises:
            AskError: some does, or may.
        """
        self.checked(node, node["type"])
        if callable(node.get("discriminator")):
            raise AskError("a discriminator that is a function")
        if node["type"] in ("model", "dataclass"):
            inside = "model-fields" if node["type"] == "model" else "dataclass-args"
            fields = self.checked(nodes.resolve(node["schema"], self.definitions), inside)
            if fields.get("from_attributes") or (node.get("config") or {}).get("from_attributes"):
                raise AskError("from_attributes")

    def _never(self, node: Node, config: Config) -> Shape:
        """Return the shape of a node that takes no text."""
        whole = {"type": "definitions", "schema": dict(node), "definitions": list(self.definitions.values())}
        refusal = templates.refused(whole, config)
        if refusal is None:
            raise AskError("some texts may be accepted")
        return shapes.Never(problems=problems.problems([refusal]))

    def _leaf(self, node: Node, config: Config) -> Shape:
        kind = node["type"]
        if kind == "any":
            return shapes.AnyJson()
        if kind == "none":
            return shapes.Null(problems=problems.plain(self.words, "none_required"))
        differently = written_differently(node, config)
        if differently:
            raise AskError(differently)
        if kind == "str" and node.get("coerce_numbers_to_str", config.get("coerce_numbers_to_str", False)):
            raise AskError("coerce_numbers_to_str")
        found = problems.problems(templates.of_json_leaf(node, config, self.words))
        if kind == "int":
            found += problems.plain(self.words, "int_parsing_size", "finite_number")
        if kind in ("literal", "enum"):
            return self._one_of(node, config, found)
        strict = bool(node.get("strict", config.get("strict", False)))
        if strict:
            # A strict date is not tried as a datetime, nor the other way; the kernels do, and then have another error.
            found = [each for each in found if each.type not in _SECOND_TRIES]
        return shapes.Leaf(kind=kind_of(node, config), strict=strict, problems=found)

    def _one_of(self, node: Node, config: Config, found: list[shapes.Problem]) -> Shape:
        strict = node.get("strict", config.get("strict", False))
        return shapes.OneOf(
            cases=cases(node),
            exact=node["type"] == "literal",
            integer=node.get("sub_type") == "int" and not strict,
            problems=found,
        )

    def _inner(self, node: Node, config: Config) -> Shape:
        """Return the shape of text that holds JSON."""
        self.checked(node, "json")
        found = problems.plain(self.words, "json_type") + problems.plain(self.words, "json_invalid", error=HOLE)
        return shapes.Json(inner=self.of(node.get("schema", _ANY), config), problems=found)

    def _container(self, node: Node, config: Config) -> Shape:
        kind, words = node["type"], self.words
        least, most = _length(node, "min_length"), _length(node, "max_length")
        fast = bool(node.get("fail_fast", False))
        told = kind in ("list", "tuple")
        found = problems.plain(words, _WRONG_TYPES[kind])
        found += problems.lengths(node, _FIELD_TYPES[kind], words, told=told)
        if kind == "dict":
            return self._dict(node, config, (least, most, fast, found))
        if kind == "tuple":
            return self._tuple(node, config, (least, most, fast, found))
        item = self.of(node.get("items_schema", _ANY), config)
        made = shapes.List if kind == "list" else shapes.Set
        return made(item, least, most, fast, found)

    def _dict(self, node: Node, config: Config, rest: Any) -> Shape:
        keys = self._resolved(node.get("keys_schema", _ANY))
        if keys["type"] not in _KEYS_OF_DICTS:
            raise AskError(f"keys that are {keys['type']}")
        if keys.get("sub_type") == "int" and keys.get("strict", config.get("strict", False)):
            raise AskError("keys are text and never as strict as other values")
        key = self.of(keys, config)
        return shapes.Dict(key, self.of(node.get("values_schema", _ANY), config), *rest)

    def _tuple(self, node: Node, config: Config, rest: Any) -> Shape:
        least, most, fast, found = rest
        variadic = node.get("variadic_item_index")
        items = [self.of(each, config) for each in node["items_schema"]]
        if variadic is None:
            if least is not None or most is not None:
                raise AskError("a tuple of some length with a length besides")
            found += problems.lengths({"max_length": len(items)}, "Tuple", self.words, told=True)
        found += problems.plain(self.words, "missing")
        return shapes.Tuple(items, variadic, least, most, fast, found)


_ANY: Node = {"type": "any"}
_SECOND_TRIES = frozenset({"date_from_datetime_parsing", "datetime_from_date_parsing"})


def _length(node: Node, key: str) -> int | None:
    value = node.get(key)
    if value is not None and (type(value) is not int or not 0 <= value < 1 << 63):
        raise AskError(f"{key}={value!r} is not a length")
    return value


def _no_kernel(node: Node, definitions: Mapping[str, Node]) -> str:
    called = nodes.user_validators(node, definitions)
    return f"the validator {called[0]}" if called else f"no kernel for {node['type']}"

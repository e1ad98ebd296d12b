"""Unions inside of a value: nodes become unions of the plan.

Enters: a node of the kind ``union`` or ``tagged-union``. Leaves: a shape. It never assumes that a value is written by
the choice that accepted it: pydantic-core looks for a writer anew, and where that may be another choice which writes in
another way, :class:`AskError` is raised.
"""

from __future__ import annotations

import datetime
import decimal
import uuid
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from pydantic_core import PydanticSerializationError, SchemaError, SchemaSerializer, SchemaValidator

from thresher import shapes
from thresher.plan import Shape
from thresher.schema import nodes, problems
from thresher.schema.leaf import AskError

if TYPE_CHECKING:
    from thresher.schema.shape import Shapes

__all__ = ["union_of"]

Node = Mapping[str, Any]
Config = Mapping[str, Any]


def union_of(made: Shapes, node: Node, config: Config, *, json: bool) -> Shape:
    """Return the shape of a union.

    Args:
        made: the shapes of the plan.
        node: of the kind ``union``, of more than one choice, or ``tagged-union``.
        config: the configuration around it.
        json: whether the values are JSON, or the texts of cells.

    Raises:
        AskError: no shape decides it exactly, or writes it so.
    """
    made.checked(node, node["type"])
    if node.get("custom_error_type") is not None:
        raise AskError("a union with an error of its own")
    if node["type"] == "tagged-union":
        return _tagged(made, node, config)
    mode = node.get("mode", "smart")
    if mode not in ("smart", "left_to_right"):
        raise AskError(f"mode={mode!r}")
    labelled = [each if isinstance(each, tuple) else (each, None) for each in node["choices"]]
    choices = [
        shapes.Labelled(shape=made.of(choice, config, json=json), label=_label(made, choice, config, label))
        for choice, label in labelled
    ]
    _prove(made, [choice for choice, _ in labelled], node, config)
    return shapes.Union(choices=choices, mode=mode)


def _label(made: Shapes, choice: Node, config: Config, label: str | None) -> str:
    """Return what stands in the loc of the errors of a choice."""
    if label is not None:
        return str(label)
    resolved = nodes.resolve(choice, made.definitions)
    if resolved["type"] == "model":
        return str(resolved["cls"].__name__)
    whole: Any = {"type": "definitions", "schema": dict(resolved), "definitions": list(made.definitions.values())}
    # The title of the configuration would be that of the choice.
    settings: Any = {key: value for key, value in config.items() if key != "title"}
    try:
        title = SchemaValidator(whole, settings).title
    except SchemaError as error:
        raise AskError("a choice that cannot be named") from error
    if "..." in title:
        raise AskError("a choice that refers to itself")
    return title


def _tagged(made: Shapes, node: Node, config: Config) -> Shape:
    """Return the shape of a union whose choice a tag makes."""
    discriminator, choices = node["discriminator"], node["choices"]
    if isinstance(discriminator, str):
        lookups = [discriminator]
    elif callable(discriminator):
        raise AskError("a discriminator that is a function")
    else:
        paths = [discriminator] if not isinstance(discriminator[0], list) else discriminator
        if any(len(path) != 1 or type(path[0]) is not str for path in paths):
            raise AskError("a discriminator inside of another value")
        lookups = [path[0] for path in paths]
    for tag, choice in choices.items():
        if type(tag) is not str or not isinstance(choice, Mapping):
            raise AskError("a discriminator that is no text")
        if nodes.resolve(choice, made.definitions)["type"] not in ("model", "typed-dict", "dataclass"):
            raise AskError("a tagged union of other things than objects")
    _prove(made, list(choices.values()), None, config)
    return shapes.Tagged(
        lookups=lookups,
        tags=list(choices),
        shapes=[made.of(choice, config) for choice in choices.values()],
        problems=problems.tags(node, made.words),
    )


def _prove(made: Shapes, choices: Sequence[Node], union: Node | None, config: Config) -> None:
    """Make sure that every value is written as the choice writes it that accepted it.

    Arrays, objects and instances are told apart by their class alone, so no two choices may give the same. For scalars,
    which the writers tell apart by their types alone as well, an example of each type is written in both ways.

    Raises:
        AskError: some value may be written in another way.
    """
    classes = [set(_classes(choice, made.definitions)) for choice in choices]
    shared = [each for each, count in Counter(cls for found in classes for cls in found).items() if count > 1]
    for cls in shared:
        if cls not in _EXAMPLES and not (union is None and cls is not dict):
            raise AskError(f"several choices give a {cls.__name__}")
    if union is None:
        return
    definitions = list(made.definitions.values())
    whole = _writer({"type": "definitions", "schema": dict(union), "definitions": definitions}, config)
    for choice, found in zip(choices, classes, strict=True):
        alone = _writer({"type": "definitions", "schema": dict(choice), "definitions": definitions}, config)
        for value in _examples(choice, made.definitions, found):
            if _written(whole, value) != _written(alone, value):
                raise AskError(f"another choice writes {value!r} in another way")


def _writer(node: Any, config: Config) -> SchemaSerializer:
    settings: Any = dict(config)
    try:
        return SchemaSerializer(node, settings)
    except SchemaError as error:
        raise AskError("a union that cannot be written") from error


def _written(writer: SchemaSerializer, value: Any) -> bytes:
    try:
        return writer.to_json(value, warnings="error")
    except PydanticSerializationError as error:
        raise AskError(f"{value!r} cannot be written") from error


_PLAIN: Mapping[str, type[Any]] = {
    "none": type(None),
    "bool": bool,
    "int": int,
    "float": float,
    "decimal": decimal.Decimal,
    "str": str,
    "bytes": bytes,
    "date": datetime.date,
    "time": datetime.time,
    "datetime": datetime.datetime,
    "timedelta": datetime.timedelta,
    "uuid": uuid.UUID,
    "list": list,
    "set": set,
    "frozenset": frozenset,
    "tuple": tuple,
    "dict": dict,
    "typed-dict": dict,
}

_EXAMPLES: Mapping[type[Any], tuple[Any, ...]] = {
    type(None): (None,),
    bool: (True, False),
    int: (1, 0, -12345678901234567890),
    float: (1.5, 2.0, -0.0, 1e300),
    str: ("a", "", "1", "true", "2020-01-01"),
    bytes: (b"a", b""),
    decimal.Decimal: (decimal.Decimal("1.50"), decimal.Decimal(2)),
    datetime.date: (datetime.date(2020, 1, 2),),
    datetime.datetime: (datetime.datetime(2020, 1, 2), datetime.datetime(2020, 1, 2, 3, 4, 5, 6)),
    datetime.time: (datetime.time(1, 2, 3),),
    datetime.timedelta: (datetime.timedelta(days=1, seconds=2),),
    uuid.UUID: (uuid.UUID(int=1),),
}


def _classes(node: Node, definitions: Mapping[str, Node], seen: frozenset[int] = frozenset()) -> Iterator[type[Any]]:
    """Yield the classes that validated values of a node may have."""
    node = nodes.resolve(node, definitions)
    if id(node) in seen:
        return
    seen |= {id(node)}
    kind = node["type"]
    if kind in _PLAIN:
        yield _PLAIN[kind]
    elif kind == "any":
        yield from (type(None), bool, int, float, str, list, dict)
    elif kind in ("model", "dataclass"):
        yield node["cls"]
    elif kind == "literal":
        yield from map(type, node["expected"])
    elif kind == "enum":
        yield node["cls"]
    elif kind == "nullable":
        yield type(None)
        yield from _classes(node["schema"], definitions, seen)
    elif kind == "json":
        yield from _classes(node.get("schema", {"type": "any"}), definitions, seen)
    elif kind == "json-or-python":
        yield from _classes(node["json_schema"], definitions, seen)
    elif kind in ("union", "tagged-union"):
        choices = node["choices"].values() if kind == "tagged-union" else node["choices"]
        for each in choices:
            yield from _classes(each[0] if isinstance(each, tuple) else each, definitions, seen)
    else:
        raise AskError(f"no kernel for {kind}")


def _examples(choice: Node, definitions: Mapping[str, Node], classes: set[type[Any]]) -> Iterator[Any]:
    """Yield scalars that a choice gives, at least one of each class."""
    choice = nodes.resolve(choice, definitions)
    if choice["type"] == "literal":
        yield from choice["expected"]
    elif choice["type"] == "enum":
        yield from choice["members"]
    else:
        for cls in classes:
            yield from _EXAMPLES.get(cls, ())

"""Binding to JSON Lines: a compiled schema becomes a plan. There is no header; keys are looked up in each line.

Enters: a :class:`Compiled`. Leaves: a :class:`thresher.plan.Plan`. A field of plain scalars gets a kernel, one with an
inner structure a shape, and any other asks Pydantic about its values; what concerns the record as a whole sends every
line to Pydantic. It never reads a record.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from thresher.plan import HOLE, Ask, BoundField, Choice, Column, Extra, Kind, Plan, Shape
from thresher.schema import nodes, problems, table, templates
from thresher.schema.compiled import RAW, Compiled, Field
from thresher.schema.leaf import AskError, kind_of, written_differently
from thresher.schema.shape import Shapes

__all__ = ["bind_lines"]

Node = Mapping[str, Any]

_STRICT = frozenset({"str", "literal", "bytes"})
"""Kinds that take the same JSON values whether they are strict or not."""


def bind_lines(compiled: Compiled) -> Plan:
    """Return the plan for JSON Lines; see :meth:`Compiled.lines`."""
    if _needs_record(compiled):
        return _plan(compiled, [], _outputs(compiled), [])
    binder = _Binder(compiled, list(dict.fromkeys(path for field in compiled.fields for path in field.paths)))
    try:
        fields = [binder.bound(field) for field in compiled.fields]
    except _RecordError:
        return _plan(compiled, [], _outputs(compiled), [])
    return _plan(compiled, binder.lookups, fields, binder.shapes.found)


def _plan(compiled: Compiled, lookups: list[str], fields: list[BoundField], shapes: list[Shape]) -> Plan:
    extra = None
    if lookups and compiled.extra != "ignore":
        template = compiled.library.forbidden("") if compiled.extra == "forbid" else None
        (forbidden,) = [None] if template is None else problems.problems([template])
        extra = Extra(behavior=compiled.extra, forbidden=forbidden)
    return Plan(
        route="native" if lookups else "record",
        delimiter=",",
        columns=[Column(name=RAW, null="omit")],
        fields=fields,
        forbidden=[],
        format="jsonl",
        lookups=lookups,
        shapes=shapes,
        extra=extra,
    )


class _RecordError(Exception):
    """A field cannot be decided apart from its record."""


def _needs_record(compiled: Compiled) -> bool:
    """Tell whether every line has to go to Pydantic, whatever its fields are."""
    from thresher.schema.pydantic_library import inherits

    if compiled.record_reason or not compiled.fields or not inherits(compiled.schema, "model_validate_json"):
        return True
    # Only models are known to write the keys that they allow after their fields.
    if compiled.extra == "allow" and not hasattr(compiled.schema, "__pydantic_root_model__"):
        return True
    wanted = Counter(path for field in compiled.fields for path in field.paths)
    return any(
        not field.paths
        or any(wanted[path] > 1 or HOLE in path for path in field.paths)
        or not _plain_alias(compiled.nodes[field.name])
        for field in compiled.fields
    )


def _plain_alias(node: Node) -> bool:
    """Tell whether a field is not looked up inside of other values."""
    alias = node.get("validation_alias")
    if alias is None or isinstance(alias, str):
        return True
    return all(len(each) == 1 for each in alias) if isinstance(alias[0], list) else len(alias) == 1


@dataclass(slots=True, init=False)
class _Binder:
    """Binds the fields of one schema."""

    compiled: Compiled
    lookups: list[str]
    shapes: Shapes

    def __init__(self, compiled: Compiled, lookups: list[str]) -> None:
        self.compiled = compiled
        self.lookups = lookups
        definitions = {each["ref"]: each for each in compiled.definitions if "ref" in each}
        self.shapes = Shapes(definitions, "json")

    def bound(self, field: Field) -> BoundField:
        """Return the field with a kernel, a shape, or what asks Pydantic."""
        loc = field.paths[0] if self.compiled.loc_by_alias else field.name
        paths = [self.lookups.index(path) for path in field.paths]
        bare = BoundField(
            name=field.key,
            column=paths[0],
            kind=Ask(),
            null="missing" if field.required else "omit" if field.optional else field.null,
            default=field.default,
            errors=[templates.missing().at(field.missing_loc)] if field.required else [],
            paths=paths if len(paths) > 1 else [],
        )
        schema = self.compiled.nodes[field.name]["schema"]
        try:
            return self._flat(bare, schema, loc)
        except AskError:
            pass
        try:
            kind = self.shapes.field(schema, self.compiled.config, json=True)
        except AskError:
            if len(paths) > 1:
                # Only the record tells which of the keys was there, and so the loc.
                raise _RecordError from None
            return bare
        return msgspec.structs.replace(bare, kind=kind, loc=[loc])

    def _flat(self, bare: BoundField, schema: Node, loc: str) -> BoundField:
        """Return the field with a kernel for scalars.

        Raises:
            AskError: there is none.
        """
        leaf, nullable = _leaf(schema, self.shapes.definitions)
        kind = _kind(leaf, self.compiled.config)
        errors = [template.at((loc,)) for template in templates.of_json_leaf(leaf, self.compiled.config)]
        return msgspec.structs.replace(bare, kind=kind, nullable=nullable, errors=errors + bare.errors)


def _leaf(schema: Node, definitions: Mapping[str, Node]) -> tuple[Node, bool]:
    """Return the node that decides about values, and whether null passes it by.

    Raises:
        AskError: something stands in between that is not known.
    """
    node, outermost, nullable = schema, True, False
    while True:
        kind = node["type"]
        keys = table.NODE_KEYS.get(kind) or table.WRAPPER_KEYS.get(kind)
        if keys is None or node.keys() - keys or node.get("serialization"):
            raise AskError(f"no kernel for {kind}")
        if kind == "any":
            raise AskError("arrays and objects are no scalars")
        if kind in table.NODE_KEYS:
            return node, nullable
        if kind == "default" and not outermost:
            raise AskError("a default inside another type")
        nullable = nullable or kind == "nullable"
        reference = kind in ("definition-ref", "definitions")
        following = nodes.resolve(node, definitions) if reference else node["schema"]
        if following is node:
            raise AskError("a reference to nothing")
        outermost = outermost and reference
        node = following


def _kind(leaf: Node, config: Mapping[str, Any]) -> Kind:
    """Return the kind of kernel for JSON values.

    Raises:
        AskError: there is none.
    """
    name = leaf["type"]
    reason = written_differently(leaf, config)
    if reason:
        raise AskError(reason)
    if leaf.get("strict", config.get("strict", False)) and name not in _STRICT:
        raise AskError("strict")
    if name == "none":
        raise AskError("nothing but null")
    if name == "str" and leaf.get("coerce_numbers_to_str", config.get("coerce_numbers_to_str", False)):
        raise AskError("coerce_numbers_to_str")
    if name == "literal" and any(type(value) is not str for value in leaf["expected"]):
        raise AskError("a literal that is no text")
    if name == "enum":
        wanted = int if leaf.get("sub_type") == "int" else str
        if any(type(member.value) is not wanted for member in leaf["members"]):
            raise AskError("an enum of other values than text, and no IntEnum")
    kind = kind_of(leaf, config)
    if isinstance(kind, Choice) and not kind.cells:
        raise AskError("no value is accepted")
    return kind


def _outputs(compiled: Compiled) -> list[BoundField]:
    """Return what is written where every line goes to Pydantic: the names and their order, no more."""
    return [
        BoundField(name=name, column=None, kind=Ask(), null="ask", default=None, errors=[])
        for name in compiled.outputs or ()
    ]

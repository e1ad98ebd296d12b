"""Binding to JSON Lines: a compiled schema becomes a plan. There is no header; keys are looked up in each line.

Enters: a :class:`Compiled`. Leaves: a :class:`thresher.plan.Plan`. It is native only for flat objects all of whose
fields have a kernel that decides JSON strings, numbers and literals exactly as pydantic-core does; else every line goes
to Pydantic. It never reads a record.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from thresher.plan import HOLE, Ask, BoundField, Choice, Column, Kind, Plan
from thresher.schema import nodes, table, templates
from thresher.schema.compiled import RAW, Compiled, Field
from thresher.schema.leaf import AskError, kind_of, written_differently

__all__ = ["bind_lines"]

Node = Mapping[str, Any]

_STRICT = frozenset({"str", "any", "literal", "bytes"})
"""Kinds that take the same JSON values whether they are strict or not."""


def bind_lines(compiled: Compiled) -> Plan:
    """Return the plan for JSON Lines; see :meth:`Compiled.lines`."""
    fields = [] if _needs_record(compiled) else _native(compiled)
    return Plan(
        route="native" if fields else "record",
        delimiter=",",
        columns=[Column(name=RAW, null="omit")],
        fields=fields or _outputs(compiled),
        forbidden=[],
        format="jsonl",
        lookups=[field.paths[0] for field in compiled.fields] if fields else [],
    )


def _needs_record(compiled: Compiled) -> bool:
    """Tell whether every line has to go to Pydantic, whatever its fields are."""
    from thresher.schema.pydantic_library import inherits

    if compiled.record_reason or compiled.extra != "ignore" or not inherits(compiled.schema, "model_validate_json"):
        return True
    wanted = Counter(path for field in compiled.fields for path in field.paths)
    return any(
        len(field.paths) != 1
        or wanted[field.paths[0]] > 1
        or HOLE in field.paths[0]
        or not _plain_alias(compiled.nodes[field.name])
        for field in compiled.fields
    )


def _plain_alias(node: Node) -> bool:
    """Tell whether a field is not looked up inside of other values."""
    alias = node.get("validation_alias")
    if alias is None or isinstance(alias, str):
        return True
    return all(len(each) == 1 for each in alias) if isinstance(alias[0], list) else len(alias) == 1


def _native(compiled: Compiled) -> list[BoundField]:
    """Return the fields, none where one of them has no kernel for JSON."""
    try:
        return [_bound(compiled, place, field) for place, field in enumerate(compiled.fields)]
    except AskError:
        return []


def _bound(compiled: Compiled, place: int, field: Field) -> BoundField:
    definitions = {each["ref"]: each for each in compiled.definitions if "ref" in each}
    leaf, nullable = _leaf(compiled.nodes[field.name]["schema"], definitions)
    kind = _kind(leaf, compiled.config)
    loc = field.paths[0] if compiled.loc_by_alias else field.name
    errors = [template.at((loc,)) for template in templates.of_json_leaf(leaf, compiled.config)]
    if field.required:
        errors.append(templates.missing().at(field.missing_loc))
    return BoundField(
        name=field.key,
        column=place,
        kind=kind,
        null="missing" if field.required else "omit" if field.optional else field.null,
        default=field.default,
        errors=errors,
        nullable=nullable,
    )


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
        if kind in table.NODE_KEYS:
            return node, nullable or kind == "any"
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

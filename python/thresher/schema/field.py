"""The compiler for one field of a Pydantic model.

Enters: the field's core schema and what surrounds it. Leaves: a :class:`Field` with its route, and the reasons, if
any, why its whole record has to go to Pydantic. It never sees a header.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from thresher.plan import Ask, Choice, Kind, Refuse, Text
from thresher.schema import nodes, table, templates
from thresher.schema.annotations import shown_type
from thresher.schema.compiled import Field, Template
from thresher.schema.default import static_default
from thresher.schema.leaf import AskError, kind_of, written_differently
from thresher.schema.shape import Shapes

__all__ = ["Site", "compile_field"]

Node = Mapping[str, Any]
_TEXT_IS_STRICT = frozenset({"str", "any", "literal"})


@dataclass(frozen=True, slots=True)
class Site:
    """A field and what surrounds it."""

    name: str
    node: Node
    annotation: Any
    config: Mapping[str, Any]
    definitions: Mapping[str, Node]
    shapes: Shapes
    """The shapes of the schema so far; those of the field are added."""


def compile_field(site: Site, unknown: set[str]) -> tuple[Field, list[str]]:
    """Compile one field.

    Args:
        site: the field.
        unknown: keys that no table has are added to it.

    Returns:
        The field, and why its record has to go to Pydantic.
    """
    schema: Node = site.node["schema"]
    reasons = []
    beyond = site.node.keys() - table.FIELD_KEYS
    if beyond:
        unknown |= beyond
        reasons.append(f"it has {', '.join(sorted(beyond))}, which this version of thresher does not know")
    if site.node.get("serialization_exclude") or site.node.get("serialization_exclude_if"):
        reasons.append("it is left out of the output (exclude)")
    why = nodes.needs_record(schema, site.definitions)
    if why:
        reasons.append(why)

    leaf: Node | None = None
    kind: Kind = Ask()
    asked = ""
    found: tuple[Template, ...] = ()
    try:
        leaf, kind, found = _kernel(site, schema, unknown)
    except AskError as error:
        asked = str(error)
        leaf = _constrained(schema, site.definitions)
        try:
            kind = site.shapes.field(schema, site.config, json=False)
            asked = ""
        except AskError as error:
            asked = asked if str(error).startswith("no kernel") else str(error)

    required = not nodes.has_default(schema, site.definitions)
    nullable = nodes.accepts_none(schema, site.definitions, site.annotation)
    null, default = _null(site, schema, kind, required, nullable)
    paths, missing_loc, path_reason = _paths(site)
    if path_reason:
        reasons.append(path_reason)
    alias = site.node.get("serialization_alias") if site.config.get("serialize_by_alias") else None
    key = site.name if alias is None else alias
    route: Literal["native", "field", "record"] = "record" if reasons else "field" if asked else "native"
    field = Field(
        name=site.name,
        key=key,
        annotation=shown_type(site.annotation),
        constraints=_constraints(leaf),
        route=route,
        reason=reasons[0] if reasons else asked,
        paths=paths,
        missing_loc=missing_loc,
        required=required,
        nullable=nullable,
        null=null,
        default=default,
        kind=kind,
        templates=found,
    )
    return field, [f"field {site.name!r}: {reason}" for reason in reasons]


def _kernel(site: Site, schema: Node, unknown: set[str]) -> tuple[Node, Kind, tuple[Template, ...]]:
    """Return the leaf, its kind and its templates, or raise AskError."""
    node = schema
    outermost = True
    while True:
        kind = node["type"]
        keys = table.NODE_KEYS.get(kind) or table.WRAPPER_KEYS.get(kind)
        if keys is None:
            if nodes.writes_enum_values(node, site.definitions):
                raise AskError("its values are those of an enum (use_enum_values)")
            called = nodes.user_validators(node, site.definitions)
            raise AskError(f"the validator {called[0]}" if called else _no_kernel(site, kind))
        beyond = node.keys() - keys
        if beyond:
            unknown |= beyond
            raise AskError(f"{', '.join(sorted(beyond))}, which this version of thresher does not know")
        if node.get("serialization"):
            raise AskError("it has a serializer")
        if kind in table.NODE_KEYS:
            break
        if kind == "default" and not outermost:
            raise AskError("a default inside another type")
        following = (
            nodes.resolve(node, site.definitions) if kind in ("definition-ref", "definitions") else node["schema"]
        )
        if following is node:
            raise AskError("a reference to nothing")
        outermost = outermost and kind in ("definition-ref", "definitions")
        node = following

    differently = written_differently(node, site.config)
    if differently:
        raise AskError(differently)
    strict = node.get("strict", site.config.get("strict", False))
    if kind == "none" or (strict and kind not in _TEXT_IS_STRICT):
        refusal = templates.refused(node, site.config)
        if refusal is None:
            raise AskError("strict, and yet some texts are accepted")
        return node, Refuse(error=refusal.type), (refusal,)
    result = kind_of(node, site.config)
    found = templates.of_leaf(node, site.config)
    if isinstance(result, Choice) and not result.cells and len(found) == 1:
        return node, Refuse(error=result.error), found
    return node, result, found


def _no_kernel(site: Site, kind: str) -> str:
    if kind in ("json", "union", "tagged-union", "list", "dict", "set", "tuple", "frozenset", "model"):
        return f"no kernel for {kind}"
    if kind.startswith("function") and site.annotation in (str, int, bytes):
        return "a validator of Pydantic's own"
    return f"no kernel for {shown_type(site.annotation)}"


def _null(
    site: Site, schema: Node, kind: Kind, required: bool, nullable: bool
) -> tuple[Literal["none", "default", "missing", "ask"], Text | None]:
    """Return what a null cell means, and the default if that is it."""
    if not required:
        default = static_default(nodes.resolve(schema, site.definitions), site.config, site.definitions, kind)
        return ("ask", None) if default is None else ("default", default)
    if not nullable:
        return "missing", None
    outer = nodes.resolve(schema, site.definitions)
    plain = outer["type"] in ("nullable", "any", "none", "literal") and not outer.get("serialization")
    return ("none" if plain else "ask"), None


def _paths(site: Site) -> tuple[tuple[str, ...], tuple[str | int, ...], str]:
    """Return the lookup keys, the loc of ``missing`` and why the record is needed, by Pydantic's rules.

    A path of several items never matches text, as pydantic-core does not look inside a str.
    """
    alias = site.node.get("validation_alias")
    if alias is None:
        aliases: list[list[str | int]] = []
    elif isinstance(alias, str):
        aliases = [[alias]]
    else:
        aliases = [list(alias)] if not isinstance(alias[0], list) else [list(each) for each in alias]
    by_alias = bool(site.config.get("validate_by_alias", True))
    by_name = bool(site.config.get("validate_by_name", False))
    paths = [str(each[0]) for each in aliases if len(each) == 1] if by_alias else []
    if not aliases or by_name:
        paths.append(site.name)
    loc: tuple[str | int, ...] = (site.name,)
    if aliases and by_alias and site.config.get("loc_by_alias", True):
        loc = tuple(aliases[0])
    odd = any("\x00" in str(item) for item in (*paths, *loc))
    return tuple(dict.fromkeys(paths)), loc, "a NUL in its name" if odd else ""


_INVISIBLE = table.COMMON_KEYS | {"schema", "cls", "members", "missing", "expected", "sub_type", "function"}


def _constrained(schema: Node, definitions: Mapping[str, Node]) -> Node | None:
    """Return the leaf inside functions and other wrappers, for showing its constraints."""
    node = nodes.resolve(schema, definitions)
    while "schema" in node and node["type"] not in ("model", "json"):
        node = nodes.resolve(node["schema"], definitions)
    return node if node["type"] in table.NODE_KEYS else None


def _constraints(leaf: Node | None) -> str:
    if leaf is None:
        return ""
    return ", ".join(
        f"{key}={value!r}" if not hasattr(value, "isoformat") else f"{key}={value.isoformat()}"
        for key, value in leaf.items()
        if key not in _INVISIBLE and value is not None and value != "truncate"
    )

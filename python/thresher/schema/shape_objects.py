"""Models, TypedDicts and dataclasses inside of a value: nodes become objects of the plan.

Enters: a node of one of these kinds. Leaves: a shape with a member for each field. It never takes a hook for harmless:
a class with code of its own that sees values raises :class:`AskError`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal

from pydantic_core import SchemaValidator

from thresher import shapes
from thresher.plan import HOLE, Shape, Text
from thresher.schema import hooks, nodes, problems, table
from thresher.schema.default import static_default
from thresher.schema.leaf import AskError

if TYPE_CHECKING:
    from thresher.schema.shape import Shapes

__all__ = ["object_of"]

Node = Mapping[str, Any]
Config = Mapping[str, Any]


def object_of(made: Shapes, node: Node, around: Config, *, json: bool) -> Shape:
    """Return the shape of a model, a TypedDict or a dataclass.

    Args:
        made: the shapes of the plan.
        node: of the kind ``model``, ``typed-dict`` or ``dataclass``.
        around: the configuration around it.
        json: whether the values are JSON, or the texts of cells, of which only root models take any.

    Raises:
        AskError: no shape decides it exactly.
    """
    kind = node["type"]
    made.checked(node, kind)
    config: Config = node.get("config") or _NO_CONFIG
    unknown = config.keys() - table.CONFIG_KEYS
    if unknown:
        raise AskError(f"{', '.join(sorted(unknown))}, which this version of thresher does not know")
    if kind == "model":
        return _model(made, node, config, json=json)
    if kind == "typed-dict":
        # pydantic-core reads one by its own configuration, and writes it by the one around it.
        if any(config.get(key) != around.get(key) for key in _WRITING):
            raise AskError("a TypedDict that is written by the configuration around it")
        found = problems.plain(made.words, "dict_type")
        return _object(made, node, config, [*node["fields"].items()], instance=False, wrong=found)
    return _dataclass(made, node, config)


_NO_CONFIG: Config = {}
_WRITING = ("serialize_by_alias", "ser_json_temporal", "ser_json_timedelta", "ser_json_bytes", "ser_json_inf_nan")


def _model(made: Shapes, node: Node, config: Config, *, json: bool) -> Shape:
    cls = node["cls"]
    _plain_class(cls, f"the model {cls.__name__}")
    if type(cls.__pydantic_validator__) is not SchemaValidator:
        raise AskError(f"a Pydantic plug-in watches the validation of {cls.__name__}")
    if node.get("custom_init"):
        raise AskError(f"{cls.__name__} has its own __init__")
    post_init = node.get("post_init")
    if post_init and not (post_init == "model_post_init" and hooks.harmless_private_attributes(cls)):
        raise AskError(f"{cls.__name__} has its own {post_init}")
    if node.get("root_model"):
        return shapes.Instance(inner=made.of(made.without_default(node["schema"]), config, json=json))
    fields = made.checked(nodes.resolve(node["schema"], made.definitions), "model-fields")
    if (node.get("extra_behavior") or config.get("extra_fields_behavior") or "ignore") != _extra(fields, config):
        raise AskError(f"{cls.__name__} and its fields differ in extra")
    wrong = problems.plain(made.words, "model_type", class_name=fields.get("model_name", "Model"))
    return _object(made, fields, config, [*fields["fields"].items()], instance=True, wrong=wrong)


def _dataclass(made: Shapes, node: Node, config: Config) -> Shape:
    cls = node["cls"]
    _plain_class(cls, f"the dataclass {cls.__name__}")
    if node.get("post_init"):
        raise AskError(f"{cls.__name__} has a __post_init__")
    fields = made.checked(nodes.resolve(node["schema"], made.definitions), "dataclass-args")
    if _extra(fields, config) != "ignore":
        raise AskError(f"{cls.__name__} is a dataclass with extra={_extra(fields, config)!r}")
    for field in fields["fields"]:
        if not field.get("init", True) or field.get("init_only"):
            raise AskError(f"{cls.__name__}.{field['name']} is no ordinary field")
    if [field["name"] for field in fields["fields"]] != list(node["fields"]):
        raise AskError(f"the fields of {cls.__name__} are not those of its __init__")
    wrong = problems.plain(made.words, "dataclass_type", class_name=fields["dataclass_name"])
    members = [(field["name"], field) for field in fields["fields"]]
    return _object(made, fields, config, members, instance=True, wrong=wrong)


def _plain_class(cls: Any, called: str) -> None:
    new: object = cls.__new__
    if new is not object.__new__:
        raise AskError(f"{called} has its own __new__")


def _extra(node: Node, config: Config) -> Any:
    return node.get("extra_behavior") or config.get("extra_fields_behavior") or "ignore"


def _object(
    made: Shapes,
    node: Node,
    config: Config,
    fields: Sequence[tuple[str, Node]],
    *,
    instance: bool,
    wrong: list[shapes.Problem],
) -> Shape:
    """Return the shape of an object with these fields."""
    extra = _extra(node, config)
    if extra not in ("ignore", "forbid", "allow"):
        raise AskError(f"extra={extra!r}")
    if extra == "allow" and (node.get("extras_schema") or node.get("extras_keys_schema")):
        raise AskError("extra keys have a type")
    if node.get("computed_fields"):
        raise AskError("computed fields")
    total = node.get("total", config.get("typed_dict_total", True))
    members = [_member(made, name, field, config, total=bool(total)) for name, field in fields]
    wanted = Counter(path for member in members for path in member.paths)
    written = Counter(member.name for member in members)
    if any(count > 1 for counts in (wanted, written) for count in counts.values()):
        raise AskError("two fields share a key")
    forbidden = problems.plain(made.words, "extra_forbidden") if extra == "forbid" else []
    return shapes.Object(
        members=members,
        extra=extra,
        loc_by_alias=bool(config.get("loc_by_alias", True)),
        counts_fields=True,
        instance=instance,
        problems=wrong + forbidden,
    )


_FIELD_KINDS = frozenset({"model-field", "typed-dict-field", "dataclass-field"})


def _member(made: Shapes, name: str, field: Node, config: Config, *, total: bool) -> shapes.Member:
    kind = field["type"]
    if kind not in _FIELD_KINDS:
        raise AskError(f"a field that is a {kind}")
    made.checked(field, kind)
    if field.get("serialization_exclude") or field.get("serialization_exclude_if"):
        raise AskError(f"{name!r} is left out of the output (exclude)")
    paths, missing_loc = _lookups(name, field, config)
    alias = field.get("serialization_alias") if config.get("serialize_by_alias") else None
    required = kind != "typed-dict-field" or bool(field.get("required", total))
    on_absent, default = _absent(made, field["schema"], config, required=required)
    return shapes.Member(
        name=name if alias is None else alias,
        loc=name,
        paths=paths,
        missing_loc=missing_loc,
        shape=made.field(field["schema"], config, json=True).shape,
        on_absent=on_absent,
        default=default,
        missing=next(iter(problems.plain(made.words, "missing")), None),
    )


def _absent(
    made: Shapes, schema: Node, config: Config, *, required: bool
) -> tuple[Literal["missing", "default", "ask", "omit"], Text | None]:
    """Return what it means that the key of a field is not there, and the default if that is it."""
    if not nodes.has_default(schema, made.definitions):
        return ("missing" if required else "omit"), None
    outer = nodes.resolve(schema, made.definitions)
    default = static_default(outer, config, made.definitions, None)
    return ("ask", None) if default is None else ("default", default)


def _lookups(name: str, field: Node, config: Config) -> tuple[list[str], list[str | int]]:
    """Return the keys that a field is looked up under, and the loc of ``missing``."""
    alias = field.get("validation_alias")
    if alias is None:
        aliases: list[list[str | int]] = []
    elif isinstance(alias, str):
        aliases = [[alias]]
    else:
        aliases = [list(alias)] if not isinstance(alias[0], list) else [list(each) for each in alias]
    if any(len(each) != 1 for each in aliases):
        raise AskError(f"{name!r} is looked up inside of another value")
    by_alias, by_name = bool(config.get("validate_by_alias", True)), bool(config.get("validate_by_name", False))
    paths = [str(each[0]) for each in aliases] if by_alias else []
    if not aliases or by_name:
        paths.append(name)
    loc: list[str | int] = [name]
    if aliases and by_alias and config.get("loc_by_alias", True):
        loc = aliases[0]
    if not paths or any(HOLE in str(each) for each in (*paths, *loc)):
        raise AskError(f"{name!r} has an odd name")
    return list(dict.fromkeys(paths)), loc

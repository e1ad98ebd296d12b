"""What the compiler knows of pydantic-core: kinds of node, their exact keys, and the keys of the configuration.

Enters: nothing. Leaves: tables, and what an installed pydantic-core has beyond them. It never decides a route; the
compiler sends whatever is not listed here to Pydantic (closed world). Whoever adds a key to a table also makes the
compiler apply it; ``tests/unit/test_table.py`` compares the tables with the installed pydantic-core.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, get_type_hints

__all__ = [
    "COMMON_KEYS",
    "CONFIG_KEYS",
    "FIELDS_KEYS",
    "FIELD_KEYS",
    "MODEL_KEYS",
    "NODE_KEYS",
    "SHAPE_KEYS",
    "TESTED_VERSIONS",
    "WRAPPER_KEYS",
    "unknown_keys",
]

TESTED_VERSIONS = ("2.50.4",)
"""Versions of pydantic-core whose source was read and against which the differential tests passed."""

COMMON_KEYS = frozenset({"type", "ref", "metadata", "serialization"})
"""Keys that every node may have. ``serialization`` is looked at apart; the other three change no record."""

_BOUNDS = frozenset({"le", "lt", "ge", "gt"})

NODE_KEYS: Mapping[str, frozenset[str]] = {
    "any": COMMON_KEYS,
    "none": COMMON_KEYS,
    "bool": COMMON_KEYS | {"strict"},
    "int": COMMON_KEYS | _BOUNDS | {"strict", "multiple_of"},
    "float": COMMON_KEYS | _BOUNDS | {"strict", "multiple_of", "allow_inf_nan"},
    "decimal": COMMON_KEYS | _BOUNDS | {"strict", "multiple_of", "allow_inf_nan", "max_digits", "decimal_places"},
    "str": COMMON_KEYS
    | {
        "strict",
        "pattern",
        "regex_engine",
        "max_length",
        "min_length",
        "strip_whitespace",
        "to_lower",
        "to_upper",
        "ascii_only",
        "coerce_numbers_to_str",
    },
    "bytes": COMMON_KEYS | {"strict", "max_length", "min_length"},
    "date": COMMON_KEYS | _BOUNDS | {"strict", "now_op", "now_utc_offset"},
    "time": COMMON_KEYS | _BOUNDS | {"strict", "tz_constraint", "microseconds_precision"},
    "datetime": COMMON_KEYS
    | _BOUNDS
    | {"strict", "now_op", "now_utc_offset", "tz_constraint", "microseconds_precision"},
    "timedelta": COMMON_KEYS | _BOUNDS | {"strict", "multiple_of", "microseconds_precision"},
    "uuid": COMMON_KEYS | {"strict", "version"},
    "literal": COMMON_KEYS | {"expected"},
    "enum": COMMON_KEYS | {"strict", "cls", "members", "sub_type", "missing"},
}
"""Kinds of node that a kernel may decide, with every key that the compiler understands."""

WRAPPER_KEYS: Mapping[str, frozenset[str]] = {
    "default": COMMON_KEYS
    | {
        "schema",
        "default",
        "default_factory",
        "default_factory_takes_data",
        "on_error",
        "validate_default",
        "strict",
    },
    "nullable": COMMON_KEYS | {"schema", "strict"},
    "definition-ref": COMMON_KEYS | {"schema_ref"},
    "definitions": COMMON_KEYS | {"schema", "definitions"},
}
"""Nodes that stand around another one. pydantic-core ignores ``strict`` on them."""

_LENGTHS = frozenset({"min_length", "max_length", "fail_fast", "strict"})

SHAPE_KEYS: Mapping[str, frozenset[str]] = {
    "list": COMMON_KEYS | _LENGTHS | {"items_schema"},
    "set": COMMON_KEYS | _LENGTHS | {"items_schema"},
    "frozenset": COMMON_KEYS | _LENGTHS | {"items_schema"},
    "tuple": COMMON_KEYS | _LENGTHS | {"items_schema", "variadic_item_index"},
    "dict": COMMON_KEYS | _LENGTHS | {"keys_schema", "values_schema"},
    "union": COMMON_KEYS
    | {
        "choices",
        "auto_collapse",
        "custom_error_type",
        "custom_error_message",
        "custom_error_context",
        "mode",
        "strict",
    },
    "tagged-union": COMMON_KEYS
    | {
        "choices",
        "discriminator",
        "custom_error_type",
        "custom_error_message",
        "custom_error_context",
        "strict",
        "from_attributes",
    },
    "json": COMMON_KEYS | {"schema"},
    "json-or-python": COMMON_KEYS | {"json_schema", "python_schema"},
    "typed-dict": COMMON_KEYS
    | {
        "fields",
        "cls",
        "cls_name",
        "computed_fields",
        "strict",
        "extras_schema",
        "extra_behavior",
        "total",
        "config",
    },
    "typed-dict-field": frozenset(
        {
            "type",
            "schema",
            "required",
            "validation_alias",
            "serialization_alias",
            "serialization_exclude",
            "serialization_exclude_if",
            "metadata",
        }
    ),
    "dataclass": COMMON_KEYS
    | {
        "cls",
        "generic_origin",
        "schema",
        "fields",
        "cls_name",
        "post_init",
        "revalidate_instances",
        "strict",
        "frozen",
        "slots",
        "config",
    },
    "dataclass-args": COMMON_KEYS
    | {"dataclass_name", "fields", "computed_fields", "collect_init_only", "extra_behavior"},
    "dataclass-field": frozenset(
        {
            "type",
            "name",
            "schema",
            "kw_only",
            "init",
            "init_only",
            "frozen",
            "validation_alias",
            "serialization_alias",
            "serialization_exclude",
            "serialization_exclude_if",
            "metadata",
        }
    ),
}
"""Nodes with an inner structure. JSON arrays and objects are read by them alike whether they are ``strict`` or not."""

MODEL_KEYS = COMMON_KEYS | {
    "cls",
    "generic_origin",
    "schema",
    "custom_init",
    "root_model",
    "post_init",
    "revalidate_instances",
    "strict",
    "frozen",
    "extra_behavior",
    "config",
}
"""``revalidate_instances`` and ``generic_origin`` concern instances as input, ``frozen`` assignment; a dict is neither.
pydantic-core reads ``strict`` of a model from its configuration only."""

FIELDS_KEYS = COMMON_KEYS | {
    "fields",
    "model_name",
    "computed_fields",
    "strict",
    "extras_schema",
    "extras_keys_schema",
    "extra_behavior",
    "from_attributes",
}
"""``strict`` and ``from_attributes`` concern inputs that are not dicts."""

FIELD_KEYS = frozenset(
    {
        "type",
        "schema",
        "validation_alias",
        "serialization_alias",
        "serialization_exclude",
        "serialization_exclude_if",
        "frozen",
        "metadata",
    }
)

CONFIG_KEYS = frozenset(
    {
        # Applied by the compiler.
        "strict",
        "extra_fields_behavior",
        "loc_by_alias",
        "validate_default",
        "str_max_length",
        "str_min_length",
        "str_strip_whitespace",
        "str_to_lower",
        "str_to_upper",
        "allow_inf_nan",
        "ser_json_timedelta",
        "ser_json_temporal",
        "ser_json_bytes",
        "ser_json_inf_nan",
        "val_json_bytes",
        "val_temporal_unit",
        "microseconds_precision",
        "regex_engine",
        "validate_by_alias",
        "validate_by_name",
        "serialize_by_alias",
        # Without effect on a record of text: titles, instances as input, the printed form of an exception, caches,
        # numbers as input; typed dicts and URLs are validated by Pydantic itself.
        "title",
        "typed_dict_total",
        "from_attributes",
        "revalidate_instances",
        "hide_input_in_errors",
        "validation_error_cause",
        "coerce_numbers_to_str",
        "cache_strings",
        "polymorphic_serialization",
        "url_preserve_empty_path",
    }
)

_TYPED_DICTS: Mapping[str, str] = {
    "any": "AnySchema",
    "none": "NoneSchema",
    "bool": "BoolSchema",
    "int": "IntSchema",
    "float": "FloatSchema",
    "decimal": "DecimalSchema",
    "str": "StringSchema",
    "bytes": "BytesSchema",
    "date": "DateSchema",
    "time": "TimeSchema",
    "datetime": "DatetimeSchema",
    "timedelta": "TimedeltaSchema",
    "uuid": "UuidSchema",
    "literal": "LiteralSchema",
    "enum": "EnumSchema",
    "default": "WithDefaultSchema",
    "nullable": "NullableSchema",
    "definition-ref": "DefinitionReferenceSchema",
    "definitions": "DefinitionsSchema",
    "list": "ListSchema",
    "set": "SetSchema",
    "frozenset": "FrozenSetSchema",
    "tuple": "TupleSchema",
    "dict": "DictSchema",
    "union": "UnionSchema",
    "tagged-union": "TaggedUnionSchema",
    "json": "JsonSchema",
    "json-or-python": "JsonOrPythonSchema",
    "typed-dict": "TypedDictSchema",
    "typed-dict-field": "TypedDictField",
    "dataclass": "DataclassSchema",
    "dataclass-args": "DataclassArgsSchema",
    "dataclass-field": "DataclassField",
    "model": "ModelSchema",
    "model-fields": "ModelFieldsSchema",
    "model-field": "ModelField",
    "config": "CoreConfig",
}


def known_keys(kind: str) -> frozenset[str]:
    """Return the keys known for a kind of node; ``config`` is the configuration.

    Args:
        kind: a key of one of the tables, or ``model``, ``model-fields``, ``model-field``, ``config``.
    """
    apart = {"model": MODEL_KEYS, "model-fields": FIELDS_KEYS, "model-field": FIELD_KEYS, "config": CONFIG_KEYS}
    return apart.get(kind) or NODE_KEYS.get(kind) or SHAPE_KEYS.get(kind) or WRAPPER_KEYS[kind]


def unknown_keys(core_schema: Any = None) -> dict[str, frozenset[str]]:
    """Return what the installed pydantic-core has beyond the tables: kind of node to keys; empty when nothing.

    Args:
        core_schema: the module to compare with; default ``pydantic_core.core_schema``.
    """
    if core_schema is None:
        from pydantic_core import core_schema
    found = {}
    for kind, name in _TYPED_DICTS.items():
        typed_dict = getattr(core_schema, name)
        try:
            keys = frozenset(get_type_hints(typed_dict))
        except NameError:
            keys = frozenset(typed_dict.__annotations__)
        beyond = keys - known_keys(kind)
        if beyond:
            found[kind] = beyond
    return found

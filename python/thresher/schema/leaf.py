"""One leaf of a core schema becomes the kind of a kernel, or the reason why Pydantic has to be asked.

Enters: a node whose kind and keys are in the tables, and the configuration of the model. Leaves: a
:data:`thresher.plan.Kind`. It never guesses: what a kernel cannot represent exactly becomes :class:`AskError`.
"""

from __future__ import annotations

import datetime
import decimal
import enum
import math
import re
from collections.abc import Callable, Mapping
from typing import Any

from pydantic_core import to_json

from thresher import plan
from thresher.plan import HOLE, Kind, Text

__all__ = ["AskError", "check_enum", "kind_of", "written_differently"]

Node = Mapping[str, Any]

_INT64 = range(-(1 << 63), 1 << 63)
# Of the kernel: see MAX_DIGITS in rust/core/src/check/decimal.rs, which counts the point.
_LONGEST_DECIMAL = 30
_BOUND_KEYS = ("le", "lt", "ge", "gt")


class AskError(Exception):
    """Pydantic has to be asked about this field; the argument says why."""


def kind_of(node: Node, config: Mapping[str, Any]) -> Kind:
    """Return the kind of kernel that decides this leaf exactly as Pydantic does for text.

    Args:
        node: a core schema of a kind in ``NODE_KEYS`` with no other keys than those, which is not strict.
        config: the configuration of the model.

    Raises:
        AskError: no kernel does.
    """
    return _BY_KIND[node["type"]](node, config)


def written_differently(node: Node, config: Mapping[str, Any]) -> str:
    """Return the setting under which Pydantic writes values of this leaf in another way than the engines do."""
    for key, (kinds, ordinary) in _WRITTEN.items():
        value = config.get(key, ordinary)
        if node["type"] in kinds and value != ordinary:
            if key == "ser_json_inf_nan" and not node.get("allow_inf_nan", config.get("allow_inf_nan", True)):
                continue
            return f"{key}={value!r}"
    return ""


_WRITTEN: Mapping[str, tuple[frozenset[str], str]] = {
    "ser_json_temporal": (frozenset({"date", "datetime", "time", "timedelta"}), "iso8601"),
    "ser_json_timedelta": (frozenset({"timedelta"}), "iso8601"),
    "ser_json_bytes": (frozenset({"bytes"}), "utf8"),
    "ser_json_inf_nan": (frozenset({"float"}), "null"),
}


def _any(node: Node, config: Mapping[str, Any]) -> Kind:
    return plan.Any()


def _bool(node: Node, config: Mapping[str, Any]) -> Kind:
    return plan.Bool()


def _whole(value: Any, name: str) -> int | None:
    """Return a bound that pydantic-core reads as an int."""
    if value is None:
        return None
    if type(value) is float and value.is_integer():
        value = int(value)
    if type(value) is not int:
        raise AskError(f"{name}={value!r} is not an int")
    if value not in _INT64:
        raise AskError(f"{name}={value} does not fit in 64 bits")
    return value


def _int(node: Node, config: Mapping[str, Any]) -> Kind:
    return plan.Int(**{key: _whole(node.get(key), key) for key in ("multiple_of", *_BOUND_KEYS)})


def _real(value: Any, name: str) -> float | None:
    if value is None:
        return None
    if type(value) not in (int, float):
        raise AskError(f"{name}={value!r} is not a float")
    bound = float(value)
    if not math.isfinite(bound):
        raise AskError(f"{name}={value!r} is not finite")
    return bound


def _float(node: Node, config: Mapping[str, Any]) -> Kind:
    return plan.Float(
        allow_inf_nan=bool(node.get("allow_inf_nan", config.get("allow_inf_nan", True))),
        **{key: _real(node.get(key), key) for key in ("multiple_of", *_BOUND_KEYS)},
    )


def _plain_decimal(value: Any, name: str) -> str | None:
    if value is None:
        return None
    if type(value) not in (int, float, decimal.Decimal):
        raise AskError(f"{name}={value!r} is not a Decimal")
    bound = decimal.Decimal(str(value))
    if not bound.is_finite():
        raise AskError(f"{name}={value!r} is not finite")
    if abs(bound.adjusted()) > _LONGEST_DECIMAL or len(bound.as_tuple().digits) > _LONGEST_DECIMAL:
        raise AskError(f"{name}={value!r} is too long")
    text = format(bound, "f")
    if len(text.lstrip("-")) > _LONGEST_DECIMAL:
        raise AskError(f"{name}={value!r} is too long")
    return text


def _decimal(node: Node, config: Mapping[str, Any]) -> Kind:
    if node.get("multiple_of") is not None:
        raise AskError("multiple_of of a Decimal depends on Python's decimal context")
    return plan.Decimal(
        max_digits=_length(node, "max_digits"),
        decimal_places=_length(node, "decimal_places"),
        **{key: _plain_decimal(node.get(key), key) for key in _BOUND_KEYS},
    )


def _length(node: Node, key: str, otherwise: Any = None) -> int | None:
    value = node.get(key, otherwise)
    if value is None:
        return None
    if type(value) is not int or not 0 <= value < 1 << 63:
        raise AskError(f"{key}={value!r} is not a length")
    return value


def _str(node: Node, config: Mapping[str, Any]) -> Kind:
    def flag(key: str) -> bool:
        return bool(node.get(key, config.get(f"str_{key}", False)))

    pattern = node.get("pattern")
    if pattern is not None:
        if isinstance(pattern, re.Pattern) or type(pattern) is not str:
            raise AskError("the pattern is a compiled one, which Python's re searches")
        if HOLE in pattern:
            raise AskError("a NUL in the pattern")
        if node.get("regex_engine", config.get("regex_engine", "rust-regex")) != "rust-regex":
            raise AskError("regex_engine='python-re'")
    lower = flag("to_lower")
    return plan.Str(
        strip=flag("strip_whitespace"),
        lower=lower,
        upper=flag("to_upper") and not lower,
        ascii_only=bool(node.get("ascii_only", False)),
        min_length=_length(node, "min_length", config.get("str_min_length")),
        max_length=_length(node, "max_length", config.get("str_max_length")),
        pattern=pattern,
    )


def _bytes(node: Node, config: Mapping[str, Any]) -> Kind:
    mode = config.get("val_json_bytes", "utf8")
    if mode != "utf8":
        raise AskError(f"val_json_bytes={mode!r}")
    return plan.Bytes(min_length=_length(node, "min_length"), max_length=_length(node, "max_length"))


def _unit(config: Mapping[str, Any]) -> Any:
    unit = config.get("val_temporal_unit", "infer")
    if unit not in ("seconds", "milliseconds", "infer"):
        raise AskError(f"val_temporal_unit={unit!r}")
    return unit


def _microseconds(node: Node, config: Mapping[str, Any]) -> Any:
    mode = node.get("microseconds_precision", config.get("microseconds_precision", "truncate"))
    if mode not in ("truncate", "error"):
        raise AskError(f"microseconds_precision={mode!r}")
    return mode


def _iso(node: Node, exact: type[Any]) -> dict[str, str | None]:
    """Return the bounds in ISO form, if they are of the kind's own type and their offset is in whole minutes."""
    bounds: dict[str, str | None] = {}
    for key in _BOUND_KEYS:
        value = node.get(key)
        if value is None:
            continue
        if type(value) is not exact:
            raise AskError(f"{key}={value!r} is not a {exact.__name__}")
        offset = getattr(value, "utcoffset", lambda: None)()
        if offset is None and getattr(value, "tzinfo", None) is not None:
            raise AskError(f"{key}={value!r} has a time zone without a fixed offset")
        if offset is not None and offset % datetime.timedelta(minutes=1):
            raise AskError(f"{key}={value!r} has an offset with seconds")
        bounds[key] = value.isoformat()
    return bounds


def _not_now(node: Node) -> None:
    if node.get("now_op") is not None:
        raise AskError(f"the {node['now_op']} depends on the clock")


def _zone(node: Node) -> Any:
    constraint = node.get("tz_constraint")
    if constraint not in (None, "naive", "aware"):
        raise AskError("a fixed offset is asked for")
    return constraint


def _date(node: Node, config: Mapping[str, Any]) -> Kind:
    _not_now(node)
    return plan.Date(unit=_unit(config), **_iso(node, datetime.date))


def _datetime(node: Node, config: Mapping[str, Any]) -> Kind:
    _not_now(node)
    return plan.DateTime(
        unit=_unit(config),
        tz=_zone(node),
        microseconds=_microseconds(node, config),
        **_iso(node, datetime.datetime),
    )


def _time(node: Node, config: Mapping[str, Any]) -> Kind:
    return plan.Time(tz=_zone(node), microseconds=_microseconds(node, config), **_iso(node, datetime.time))


def _timedelta(node: Node, config: Mapping[str, Any]) -> Kind:
    if node.get("multiple_of") is not None:
        raise AskError("multiple_of of a timedelta")
    bounds = {}
    for key in _BOUND_KEYS:
        value = node.get(key)
        if value is None:
            continue
        if type(value) is not datetime.timedelta:
            raise AskError(f"{key}={value!r} is not a timedelta")
        bounds[key] = value // datetime.timedelta(microseconds=1)
        if bounds[key] not in _INT64:
            raise AskError(f"{key}={value!r} does not fit in 64 bits of microseconds")
    return plan.TimeDelta(microseconds=_microseconds(node, config), **bounds)


def _uuid(node: Node, config: Mapping[str, Any]) -> Kind:
    return plan.Uuid(version=node.get("version"))


_EXACT = (str, int, float, bool, bytes, type(None))


def _literal(node: Node, config: Mapping[str, Any]) -> Kind:
    for value in node["expected"]:
        if type(value) not in _EXACT:
            raise AskError(f"the literal {value!r} may be equal to a text without being one")
    # A text is only ever equal to a text: Literal[1] does not take "1".
    cells = list(dict.fromkeys(value for value in node["expected"] if type(value) is str))
    return plan.Choice(cells=cells, texts=[_text(cell) for cell in cells], error="literal_error")


def _text(value: str | int) -> Text:
    return Text(json=to_json(value).decode(), csv=str(value))


def _enum(node: Node, config: Mapping[str, Any]) -> Kind:
    cls: Any = node["cls"]
    check_enum(node, cls)
    sub_type = node.get("sub_type")
    if sub_type not in (None, "str", "int"):
        raise AskError(f"an enum of {sub_type}")
    wanted = int if sub_type == "int" else str
    cells, texts = [], []
    for member in node["members"]:
        value = member.value
        if type(value) not in _EXACT or value is not member._value_:
            raise AskError(f"the member {member!r} may be equal to a text without being one")
        if sub_type is not None and type(value) is not wanted:
            raise AskError(f"the value of {member!r} is not exactly {wanted.__name__}")
        # Aliases of a member are listed as well.
        if type(value) is not wanted or str(value) in cells:
            continue
        if wanted is int and value not in _INT64:
            raise AskError(f"the value of {member!r} does not fit in 64 bits")
        cells.append(str(value))
        texts.append(_text(value))
    return plan.Choice(cells=cells, texts=texts, error="enum", integer=sub_type == "int")


def check_enum(node: Node, cls: Any) -> None:
    """Refuse enums that may find members for values which are none of theirs."""
    metaclass: object = type(cls)
    if metaclass is not enum.EnumMeta:
        raise AskError(f"{cls.__name__} has its own metaclass")
    if enum.Flag in cls.__mro__:
        raise AskError(f"{cls.__name__} is a Flag")
    ordinary: Any = enum.Enum._missing_
    if node.get("missing") is not None or getattr(cls._missing_, "__func__", None) is not ordinary.__func__:
        raise AskError(f"{cls.__name__} defines _missing_")
    values = {member.value for member in node["members"] if type(member.value) is str}
    if any(isinstance(value, str) and value not in values for value in cls._value2member_map_):
        raise AskError(f"{cls.__name__} has other values for its members")
    if {id(member) for member in cls} != {id(member) for member in node["members"]}:
        raise AskError(f"{cls.__name__} is validated against other members than its own")


_BY_KIND: Mapping[str, Callable[[Node, Mapping[str, Any]], Kind]] = {
    "any": _any,
    "bool": _bool,
    "int": _int,
    "float": _float,
    "decimal": _decimal,
    "str": _str,
    "bytes": _bytes,
    "date": _date,
    "datetime": _datetime,
    "time": _time,
    "timedelta": _timedelta,
    "uuid": _uuid,
    "literal": _literal,
    "enum": _enum,
}

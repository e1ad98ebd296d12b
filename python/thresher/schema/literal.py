"""Literals and Enums: the JSON values that they accept.

Enters: a node of the kind ``literal`` or ``enum``. Leaves: cases of the plan. It never guesses: a value that may be
equal to another one in Python's eyes only becomes :class:`AskError`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from pydantic_core import to_json

from thresher.plan import Text
from thresher.schema.leaf import AskError, check_enum
from thresher.shapes import Case

__all__ = ["cases"]

_INT64 = range(-(1 << 63), 1 << 63)


def cases(node: Mapping[str, Any]) -> list[Case]:
    """Return the values that a node accepts.

    Raises:
        AskError: one of them is no plain JSON value, or the enum looks for members in other ways.
    """
    if node["type"] == "literal":
        return _unique(node["expected"])
    cls, sub_type = node["cls"], node.get("sub_type")
    check_enum(node, cls)
    if sub_type not in (None, "str", "int"):
        raise AskError(f"an enum of {sub_type}")
    values = [member.value for member in node["members"]]
    wanted = {"str": str, "int": int}.get(sub_type or "")
    for member, value in zip(node["members"], values, strict=True):
        if value is not member._value_:
            raise AskError(f"the member {member!r} has another value")
        if wanted is not None and type(value) is not wanted:
            raise AskError(f"the value of {member!r} is not exactly {wanted.__name__}")
    # A float or a tuple of a member would be found by Python's equality.
    if any(type(value) not in (str, int, bool, type(None)) for value in values):
        raise AskError("an enum of other values than text, numbers and null")
    return _unique(values)


def _unique(values: Iterable[Any]) -> list[Case]:
    found: dict[tuple[str, str], Case] = {}
    for value in values:
        if type(value) is bytes:
            # No JSON value is equal to it.
            continue
        case = _case(value)
        found[case.type, case.text] = case
    return list(found.values())


def _case(value: Any) -> Case:
    json = to_json(value).decode() if type(value) in (str, int, bool, type(None)) else ""
    if type(value) is str:
        return Case("str", value, Text(json=json, csv=value))
    if type(value) is bool:
        return Case("bool", json, Text(json=json, csv=json))
    if value is None:
        return Case("null", "", Text(json=json, csv=""))
    if type(value) is int:
        if value not in _INT64:
            raise AskError(f"{value!r} does not fit in 64 bits")
        return Case("int", json, Text(json=json, csv=json))
    raise AskError(f"the literal {value!r} may be equal to a value without being one")

"""Constants: parts of a syntax tree that look at no record enter, their values leave.

Only literals and calls of the table's constructors are read, each with bounds on its size; nothing else is evaluated.
"""

from __future__ import annotations

import ast
import datetime as dt
import decimal
import math
from collections.abc import Callable
from typing import Any

from thresher.expr.parse import Parsed
from thresher.expr.table import CONSTRUCTORS

__all__ = ["INT64", "NO_CONSTANT", "constant", "plan_text"]

NO_CONSTANT: Any = object()
"""Stands for the value of what is no constant."""

INT64 = range(-(1 << 63), 1 << 63)

LONGEST_TEXT = 1_000
"""Characters of a text that is made by repeating one."""

LONGEST_INT = 4_000
"""Bits of an int."""


def constant(parsed: Parsed, node: ast.expr) -> Any:
    """Return the value of a constant, :data:`NO_CONSTANT` for anything else.

    Args:
        parsed: the expression.
        node: a part of it.

    Raises:
        ConfigurationError: a constant that cannot be: ``date(2024, 2, 31)``.
    """
    if isinstance(node, ast.Constant):
        return _literal(parsed, node)
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub | ast.UAdd):
        value = constant(parsed, node.operand)
        if type(value) in (int, float, dt.timedelta, decimal.Decimal):
            return -value if isinstance(node.op, ast.USub) else value
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mult):
        return _repeated(parsed, node)
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in CONSTRUCTORS:
        return _constructed(parsed, node, node.func.id)
    return NO_CONSTANT


def _literal(parsed: Parsed, node: ast.Constant) -> Any:
    value = node.value
    if value is None or type(value) in (bool, float):
        return value
    if type(value) is int:
        if value.bit_length() > LONGEST_INT:
            raise parsed.refusal(node, "this number is too large")
        return value
    if type(value) is str:
        try:
            value.encode()
        except UnicodeEncodeError:
            raise parsed.refusal(node, "this text holds half of a surrogate pair, which no file can hold") from None
        return value
    what = "..." if value is ... else f"a constant of the type {type(value).__name__}"
    raise parsed.refusal(node, f"{what} is no part of the language")


def _repeated(parsed: Parsed, node: ast.BinOp) -> Any:
    """Return ``'-' * 20``, the one use of ``*`` on text."""
    left, right = constant(parsed, node.left), constant(parsed, node.right)
    if type(left) is int and type(right) is str:
        left, right = right, left
    if type(left) is not str or type(right) is not int:
        return NO_CONSTANT
    if len(left) * right > LONGEST_TEXT:
        raise parsed.refusal(node, f"this text would have {len(left) * right:,} characters: {LONGEST_TEXT:,} at most")
    return left * right


def _decimal(text: str | int) -> decimal.Decimal:
    value = decimal.Decimal(text)
    if not value.is_finite() or abs(value.adjusted()) > LONGEST_TEXT:
        raise ValueError("it must be finite, and not too large")
    return value


_MAKE: dict[str, tuple[Callable[..., Any], tuple[type, ...]]] = {
    "date": (dt.date, (int,)),
    "datetime": (dt.datetime, (int,)),
    "timedelta": (dt.timedelta, (int, float)),
    "Decimal": (_decimal, (int, str)),
}


def _constructed(parsed: Parsed, node: ast.Call, name: str) -> Any:
    make, types = _MAKE[name]
    usage = f"write it as in {CONSTRUCTORS[name]}"
    args = [constant(parsed, each) for each in node.args]
    named = {str(each.arg): constant(parsed, each.value) for each in node.keywords}
    if any(type(value) not in types for value in [*args, *named.values()]):
        raise parsed.refusal(node, f"{name}() takes constants only: {usage}")
    try:
        return make(*args, **named)
    except (TypeError, ValueError, OverflowError, ArithmeticError) as error:
        words = str(error).removeprefix(f"_{name}() ") or type(error).__name__
        raise parsed.refusal(node, f"{name}(): {words}: {usage}") from None


def plan_text(value: Any) -> tuple[str, str] | None:
    """Return the type and the text of a constant as the plan has it, None where it has none.

    Args:
        value: a constant.
    """
    kind = type(value)
    if value is None:
        return "none", ""
    if kind is bool:
        return "bool", "true" if value else "false"
    if kind is int:
        return ("int", str(value)) if value in INT64 else None
    if kind is float:
        return "float", "nan" if math.isnan(value) else repr(value)
    if kind is str:
        return "str", value
    if kind is dt.date:
        return "date", value.isoformat()
    if kind is dt.datetime:
        return "datetime", value.isoformat()
    if kind is dt.timedelta:
        span = value // dt.timedelta(microseconds=1)
        return ("timedelta", str(span)) if span in INT64 else None
    return None

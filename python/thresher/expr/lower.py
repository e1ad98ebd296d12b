"""Lowering: a typed tree enters, a node of the plan leaves, or the reason why only Python can evaluate it.

The native engine computes with bool, int, float, str, date, datetime, timedelta and None, with Python's semantics, and
leaves a record to Python where it is not sure. Never evaluates anything.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from thresher.expr.check import Typed
from thresher.expr.constants import plan_text
from thresher.expr.table import NATIVE
from thresher.expr.types import show
from thresher.plan import Call, Const, Load, Node

__all__ = ["MAX_DEPTH", "NotNativeError", "const_of", "lower"]

MAX_DEPTH = 48
"""Levels of a tree in the plan: what reads it has a limit to how deeply JSON is nested."""


class NotNativeError(Exception):
    """An expression that only Python evaluates; the argument says why."""


def const_of(value: Any) -> Const | None:
    """Return a constant of the plan, None where the plan cannot have it."""
    found = plan_text(value)
    return None if found is None else Const(*found)  # type: ignore[arg-type]


def lower(typed: Typed, load: Callable[[str], int], depth: int = 1) -> Node:
    """Return an expression as the native engine evaluates it.

    Args:
        typed: the expression.
        load: gives the position in ``Transform.inputs`` of a field; raises NotNativeError for a field that the native
            engine has no values of.
        depth: levels around it, with its own.

    Raises:
        NotNativeError: only Python evaluates it.
    """
    if depth > MAX_DEPTH:
        raise NotNativeError(f"it is more than {MAX_DEPTH} levels deep")
    if typed.op == "const":
        found = const_of(typed.value)
        if found is None:
            raise NotNativeError(f"the constant {typed.value!r} is not native")
        return found
    if typed.op == "load":
        return Load(load(typed.value), show(typed.type))
    if typed.op not in NATIVE:
        raise NotNativeError(f"{typed.op} is not native")
    return Call(typed.op, [lower(arg, load, depth + 1) for arg in typed.args], show(typed.type))

"""Faults of a transform: an expression, the values that it looked at and what went wrong enter; a fault leaves.

Never decides that a record is rejected.
"""

from __future__ import annotations

import decimal
from collections.abc import Mapping, Sequence
from typing import Any

from pydantic_core import to_json

from thresher.engine import Fault, Stage
from thresher.expr.expression import Expression

__all__ = ["REJECTING", "check_failed", "no_object", "raised"]

REJECTING: tuple[tuple[type[Exception], str, str], ...] = (
    (ZeroDivisionError, "zero_division", "Division by zero"),
    (OverflowError, "overflow", "A result is too large"),
    (IndexError, "index_error", "There is no such part"),
    (ValueError, "value_error", "A value cannot be used"),
    (TypeError, "type_error", "A value has the wrong type"),
    (AttributeError, "attribute_error", "A value has the wrong type"),
    (ArithmeticError, "arithmetic_error", "A number cannot be computed"),
)
"""Exceptions that reject a record, the first that fits: the error type and the head of the message. Any other one is a
defect, and stops the run."""


def raised(expression: Expression, values: Mapping[str, Any], loc: Sequence[str], error: Exception) -> Fault | None:
    """Return the fault for an exception of an expression, None where it does not reject the record.

    Args:
        expression: what was evaluated.
        values: the value of each field of the record.
        loc: the output field, or nothing.
        error: what was raised.
    """
    for kind, name, head in REJECTING:
        if isinstance(error, kind):
            words = str(error)
            if isinstance(error, decimal.DecimalException):
                words = f"decimal.{type(error).__name__}"
            msg = f"{head} in expression {expression.text}: {words}"
            return _fault("transform", name, loc, msg, expression, values)
    return None


def check_failed(expression: Expression, message: str | None, values: Mapping[str, Any]) -> Fault:
    """Return the fault of a check that is not true.

    Args:
        expression: the check.
        message: the message of the user's choice.
        values: the value of each field of the record.
    """
    msg = f"Check failed: {expression.text}" if message is None else message
    return _fault("check", "check_failed", (), msg, expression, values)


def no_object(instance: Any) -> Fault:
    """Return the fault of a record that is to be written with fields, and has none.

    Args:
        instance: the record, such as a list.
    """
    msg = "Input should be an object, so that it has the fields that are written"
    error = {"type": "no_object", "loc": [], "msg": msg, "input": instance}
    return Fault(
        json=to_json(error, fallback=repr, inf_nan_mode="strings"),
        text=f"{msg} [no_object]",
        loc="[]",
        type="no_object",
        stage="output",
    )


def _fault(
    stage: Stage, type_: str, loc: Sequence[str], msg: str, expression: Expression, values: Mapping[str, Any]
) -> Fault:
    error = {
        "type": type_,
        "loc": list(loc),
        "msg": msg,
        "input": expression.looked_at(values),
        "ctx": {"expression": expression.text},
    }
    # In a file of JSON an infinite number can only be a text.
    line = to_json(error, fallback=repr, inf_nan_mode="strings")
    where = ".".join(loc)
    what = f"{msg} [{type_}]"
    return Fault(
        json=line,
        text=f"{where}: {what}" if loc else what,
        loc=to_json(list(loc)).decode(),
        type=type_,
        stage=stage,
    )

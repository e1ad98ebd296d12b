"""Expressions: the text of one and the fields that it may use enter, something that can be evaluated leaves.

text → parse → check → evaluate (Python) or lower (the plan)
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from thresher.expr.check import Scope, Typed, check
from thresher.expr.evaluate import function_of
from thresher.expr.parse import parse
from thresher.expr.types import Type

__all__ = ["Expression"]


class Expression:
    """An expression over the fields of a schema. It has no state, so threads may share it.

    Attributes:
        text: as it was written.
        typed: its parts with their types.
        fields: the fields that it looks at, in order of appearance.
    """

    __slots__ = ("_function", "fields", "text", "typed")

    def __init__(self, text: str, scope: Scope, place: str) -> None:
        """Parse, check and compile an expression.

        Args:
            text: the expression.
            scope: the names that it may use.
            place: what it is for, in words, for messages.

        Raises:
            ConfigurationError: it cannot work; the message shows where and why.
        """
        parsed = parse(text, place)
        self.text = parsed.text
        self.typed: Typed = check(parsed, scope)
        self._function, self.fields = function_of(parsed)

    @property
    def type(self) -> Type:
        """The type of its values."""
        return self.typed.type

    def evaluate(self, values: Mapping[str, Any]) -> Any:
        """Return its value for one record.

        Args:
            values: the value of each field.

        Raises:
            Exception: whatever Python raises for these values, such as ZeroDivisionError.
        """
        return self._function(*[values[name] for name in self.fields])

    def looked_at(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """Return the values of the fields that it looks at.

        Args:
            values: the value of each field.
        """
        return {name: values[name] for name in self.fields}

    def __repr__(self) -> str:
        """Show the text."""
        return f"<Expression {self.text!r}>"

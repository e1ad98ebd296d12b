"""Checking: a syntax tree and the types of the fields enter, a typed tree leaves, or the reason why it cannot work.

Happens once, when the pipeline is built: names that do not exist, functions that are not in the table and operations
that no pair of values allows are refused here. Never sees a value of a record.
"""

from __future__ import annotations

import ast
import itertools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from thresher.errors import closest
from thresher.expr import calls
from thresher.expr.constants import NO_CONSTANT, constant
from thresher.expr.parse import Parsed
from thresher.expr.table import BINARY, COMPARISONS, CONSTRUCTORS, FUNCTIONS, UNARY, can_equal, can_order
from thresher.expr.types import Type, of_value, show

__all__ = ["Checker", "Scope", "Typed", "check"]

BOOL: Type = frozenset({"bool"})
NONE = frozenset({"none"})


@dataclass(frozen=True, slots=True)
class Typed:
    """A part of an expression and the type of its values."""

    op: str
    """``const``, ``load``, or the name of a call as in :class:`thresher.plan.Call`; what the plan has no name for is
    evaluated by Python alone."""
    type: Type
    args: tuple[Typed, ...] = ()
    value: Any = None
    """Of a constant its value, of ``load`` the name of the field."""


@dataclass(frozen=True, slots=True)
class Scope:
    """The names that expressions may use."""

    fields: Mapping[str, Type]
    """Name of each field, and the type of its values."""
    aliases: Mapping[str, str]
    """Other names under which users may look for a field: its columns."""
    schema: str
    """The name of the schema."""


def check(parsed: Parsed, scope: Scope) -> Typed:
    """Return the typed tree of an expression.

    Args:
        parsed: the expression.
        scope: the names that it may use.

    Raises:
        ConfigurationError: a name that does not exist or an operation that is impossible, and where.
    """
    return Checker(parsed, scope).of(parsed.body)


class Checker:
    """Checks the parts of one expression."""

    def __init__(self, parsed: Parsed, scope: Scope) -> None:
        """Make a checker.

        Args:
            parsed: the expression.
            scope: the names that it may use.
        """
        self.parsed = parsed
        self.scope = scope
        self._by_form: dict[type[ast.expr], Callable[[Any], Typed]] = {
            ast.Name: self._name,
            ast.BinOp: self._binary,
            ast.UnaryOp: self._unary,
            ast.BoolOp: self._boolean,
            ast.Compare: self._compare,
            ast.IfExp: self._conditional,
            ast.JoinedStr: self._joined,
            ast.Call: lambda node: calls.called(self, node),
            ast.Attribute: lambda node: calls.attribute(self, node),
            ast.Subscript: lambda node: calls.subscript(self, node),
        }

    def of(self, node: ast.expr) -> Typed:
        """Return the typed form of a part.

        Raises:
            ConfigurationError: it cannot work.
        """
        value = constant(self.parsed, node)
        if value is not NO_CONSTANT:
            return Typed("const", of_value(value), value=value)
        form = self._by_form.get(type(node))
        if form is None:
            listed = isinstance(node, ast.Tuple | ast.List | ast.Set)
            raise self.parsed.refusal(
                node,
                "a list of values may only stand after 'in': status in ('new', 'paid')"
                if listed
                else f"{type(node).__name__} is no part of the language",
            )
        return form(node)

    def combined(self, args: Sequence[Typed], rule: Callable[..., str | None]) -> Type:
        """Return what a rule gives for every combination of types that arguments may have; empty: impossible."""
        found = {rule(*each) for each in itertools.product(*(arg.type for arg in args))}
        return frozenset(name for name in found if name is not None)

    def _name(self, node: ast.Name) -> Typed:
        name, scope = node.id, self.scope
        if name in scope.fields:
            return Typed("load", scope.fields[name], value=name)
        if name in FUNCTIONS or name in CONSTRUCTORS:
            usage = FUNCTIONS[name].usage if name in FUNCTIONS else CONSTRUCTORS[name]
            raise self.parsed.refusal(node, f"{name} is a function: call it, as in {usage}")
        if name in scope.aliases:
            raise self.parsed.refusal(
                node, f"{name!r} is a column: its field is called {scope.aliases[name]!r}, and expressions use that"
            )
        hint = closest(name, [*scope.fields, *FUNCTIONS]) or (
            f"; its fields are {_listed(scope.fields)}" if scope.fields else "; it has no fields"
        )
        raise self.parsed.refusal(node, f"{scope.schema} has no field {name!r}{hint}")

    def _binary(self, node: ast.BinOp) -> Typed:
        op, symbol, rule = BINARY[type(node.op).__name__]
        args = self.of(node.left), self.of(node.right)
        result = self.combined(args, rule)
        if op == "mul" and any("str" in arg.type for arg in args):
            result = frozenset()
        if not result:
            raise self.parsed.refusal(node, _impossible(symbol, args))
        return Typed(op, result, args)

    def _unary(self, node: ast.UnaryOp) -> Typed:
        if isinstance(node.op, ast.Not):
            return Typed("not", BOOL, (self.of(node.operand),))
        op, symbol, rule = UNARY[type(node.op).__name__]
        arg = self.of(node.operand)
        result = self.combined([arg], rule)
        if not result:
            raise self.parsed.refusal(node, f"{symbol} cannot be applied to {show(arg.type)}")
        return Typed(op, result, (arg,))

    def _boolean(self, node: ast.BoolOp) -> Typed:
        args = tuple(map(self.of, node.values))
        op = "and" if isinstance(node.op, ast.And) else "or"
        # What `or` gives is None only where its last operand is.
        first = [arg.type if op == "and" else arg.type - NONE for arg in args[:-1]]
        return Typed(op, frozenset().union(*first, args[-1].type), args)

    def _conditional(self, node: ast.IfExp) -> Typed:
        args = self.of(node.test), self.of(node.body), self.of(node.orelse)
        return Typed("if", args[1].type | args[2].type, args)

    def _compare(self, node: ast.Compare) -> Typed:
        if len(node.ops) == 1:
            return self._compared(node, node.ops[0], self.of(node.left), node.comparators[0])
        parts = []
        left = self.of(node.left)
        for op, right in zip(node.ops, node.comparators, strict=True):
            if type(op).__name__ not in COMPARISONS:
                raise self.parsed.refusal(node, "'in' and 'is' cannot stand in a chain: join two conditions with 'and'")
            parts.append(self._compared(node, op, left, right))
            left = parts[-1].args[1]
        return Typed("and", BOOL, tuple(parts))

    def _compared(self, node: ast.Compare, op: ast.cmpop, left: Typed, right: ast.expr) -> Typed:
        if isinstance(op, ast.Is | ast.IsNot):
            if not (isinstance(right, ast.Constant) and right.value is None):
                raise self.parsed.refusal(node, "'is' is for None only: to compare values write == or !=")
            return Typed("is_none" if isinstance(op, ast.Is) else "is_not_none", BOOL, (left,))
        if isinstance(op, ast.In | ast.NotIn):
            return self._contained(node, isinstance(op, ast.In), left, right)
        name, symbol = COMPARISONS[type(op).__name__]
        args = left, self.of(right)
        possible = can_equal if name in ("eq", "ne") else can_order
        if not self.combined(args, lambda one, other: "bool" if possible(one, other) else None):
            raise self.parsed.refusal(node, _incomparable(symbol, args))
        return Typed(name, BOOL, args)

    def _contained(self, node: ast.Compare, positive: bool, left: Typed, right: ast.expr) -> Typed:
        if not isinstance(right, ast.Tuple | ast.List | ast.Set):
            args = left, self.of(right)
            if not all("str" in arg.type for arg in args):
                raise self.parsed.refusal(
                    node,
                    f"'in' looks for text in text, or for a value in constants: x in ('a', 'b'); this is "
                    f"{show(args[0].type)} in {show(args[1].type)}",
                )
            return Typed("contains" if positive else "not_contains", BOOL, (args[1], args[0]))
        values = [constant(self.parsed, each) for each in right.elts]
        if NO_CONSTANT in values:
            wrong = right.elts[values.index(NO_CONSTANT)]
            raise self.parsed.refusal(wrong, "only constants may stand in the list after 'in'")
        if not values:
            raise self.parsed.refusal(right, "the list after 'in' is empty")
        listed = [Typed("const", of_value(value), value=value) for value in values]
        for element, each in zip(right.elts, listed, strict=True):
            if not self.combined((left, each), lambda one, other: "bool" if can_equal(one, other) else None):
                raise self.parsed.refusal(element, _incomparable("==", (left, each)))
        return Typed("in" if positive else "not_in", BOOL, (left, *listed))

    def _joined(self, node: ast.JoinedStr) -> Typed:
        parts = []
        for each in node.values:
            if isinstance(each, ast.FormattedValue):
                parts.append(calls.formatted(self, each))
            else:
                parts.append(self.of(each))
        return Typed("concat", frozenset({"str"}), tuple(parts))


def _listed(names: Mapping[str, Type]) -> str:
    shown = list(names)[:12]
    return ", ".join(shown) + (", …" if len(names) > len(shown) else "")


def _impossible(symbol: str, args: Sequence[Typed]) -> str:
    left, right = (arg.type - NONE or arg.type for arg in args)
    message = f"{show(left)} {symbol} {show(right)} is impossible"
    text = frozenset({"str"})
    if symbol == "*" and text in (left, right):
        return f"{message}: text can only be repeated where both are constants, as in '-' * 20"
    if symbol == "+" and text in (left, right):
        return f"{message}: write str() around the one that is no text, or f'{{a}}{{b}}'"
    if text in (left, right) and symbol != "%":
        return f"{message}: write int() or float() around text that is a number"
    if symbol == "%" and left == text:
        return f"{message}: write f'{{a}}' to put values into text"
    if {"float", "decimal"} <= left | right:
        return f"{message}: write float() around the Decimal"
    return message


def _incomparable(symbol: str, args: Sequence[Typed]) -> str:
    left, right = (arg.type - NONE or arg.type for arg in args)
    equal = symbol in ("==", "!=")
    message = f"{show(left)} {symbol} {show(right)}" + (" is never true" if symbol == "==" else " is impossible")
    if symbol == "!=":
        message = f"{show(left)} != {show(right)} is always true"
    if {left, right} == {frozenset({"date"}), frozenset({"datetime"})}:
        return f"{message}: write .date() behind the datetime"
    if NONE in (left, right) and not equal:
        return f"{message}: None has no order"
    if frozenset({"other"}) in (left, right):
        return f"{message}: expressions cannot look into it, but str() of it is text"
    text = frozenset({"str"})
    if text in (left, right) and (left | right) & {"date", "datetime"}:
        return f"{message}: write the constant as date(2024, 1, 31) or datetime(2024, 1, 31, 12, 30)"
    if text in (left, right):
        return f"{message}: convert one of them with int(), float() or str()"
    return message

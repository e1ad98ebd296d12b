"""Evaluation in Python: a checked syntax tree enters, a function of the values of its fields leaves.

The function is the tree itself, compiled by Python, so its meaning is Python's own. It sees the values that it is given
and the functions below, and nothing else: no builtins, no globals.
"""

from __future__ import annotations

import ast
import decimal
import warnings
from collections.abc import Callable
from typing import Any

from thresher.expr.calls import format_spec
from thresher.expr.constants import NO_CONSTANT, constant
from thresher.expr.parse import Parsed
from thresher.expr.patterns import Predicate

__all__ = ["FUNCTIONS", "LONGEST_REPLACED", "function_of"]

LONGEST_REPLACED = 1 << 22
"""Characters of a text that ``replace`` has made longer."""

LARGEST_DECIMAL = 1_000
"""Digits of a Decimal that is written out or made an int."""


def function_of(parsed: Parsed) -> tuple[Callable[..., Any], tuple[str, ...]]:
    """Return a function that evaluates an expression, and the fields whose values it takes, in order.

    Args:
        parsed: an expression that passed the check.
    """
    rewriter = _Rewriter(parsed)
    body = rewriter.visit(parsed.body)
    args = ast.arguments([], [ast.arg(name) for name in rewriter.fields.values()], None, [], [], None, [])
    tree = ast.fix_missing_locations(ast.Expression(ast.Lambda(args, body)))
    names = {"__builtins__": {}, **FUNCTIONS, **rewriter.constants}
    with warnings.catch_warnings():
        # About forms such as `1 is None`, which are what the user wrote.
        warnings.simplefilter("ignore")
        code = compile(tree, "<expression>", "eval")
    # The tree holds only what the checker let through, and these names.
    function: Callable[..., Any] = eval(code, names)
    return function, tuple(rewriter.fields)


class _Rewriter(ast.NodeTransformer):
    """Makes a new tree, in which every name is one of ours."""

    def __init__(self, parsed: Parsed) -> None:
        self._parsed = parsed
        self.fields: dict[str, str] = {}
        self.constants: dict[str, Any] = {}

    def visit(self, node: ast.AST) -> Any:
        """Return the new form of a part; parts that are constants become one."""
        if isinstance(node, ast.Call | ast.BinOp | ast.UnaryOp):
            value = constant(self._parsed, node)
            if value is not NO_CONSTANT:
                return self._constant(value)
        return super().visit(node)

    def _constant(self, value: Any) -> ast.expr:
        name = f"c{len(self.constants)}"
        self.constants[name] = value
        return ast.Name(name, ast.Load())

    def visit_Name(self, node: ast.Name) -> ast.Name:
        """Return the argument that a field is given as."""
        return ast.Name(self.fields.setdefault(node.id, f"v{len(self.fields)}"), ast.Load())

    def visit_Compare(self, node: ast.Compare) -> Any:
        """Make the list after ``in`` a constant tuple, which compares as ``==`` does."""
        comparators: list[ast.expr] = []
        for each in node.comparators:
            if isinstance(each, ast.Tuple | ast.List | ast.Set):
                comparators.append(self._constant(tuple(constant(self._parsed, item) for item in each.elts)))
            else:
                comparators.append(self.visit(each))
        return ast.Compare(self.visit(node.left), node.ops, comparators)

    def visit_Call(self, node: ast.Call) -> Any:
        """Return the call of one of our functions, or of a method of the table."""
        function = node.func
        if isinstance(function, ast.Attribute):
            args = [self.visit(arg) for arg in node.args]
            on = self.visit(function.value)
            if function.attr == "replace":
                return ast.Call(ast.Name("f_replace", ast.Load()), [on, *args], [])
            return ast.Call(ast.Attribute(on, function.attr, ast.Load()), args, [])
        assert isinstance(function, ast.Name)
        if function.id in ("matches", "fullmatches"):
            predicate = self._constant(Predicate(function.id, constant(self._parsed, node.args[1])))
            return ast.Call(predicate, [self.visit(node.args[0])], [])
        return ast.Call(ast.Name(f"f_{function.id}", ast.Load()), [self.visit(arg) for arg in node.args], [])

    def visit_FormattedValue(self, node: ast.FormattedValue) -> Any:
        """Return the value as text."""
        args = [self.visit(node.value), ast.Constant(format_spec(node))]
        return ast.FormattedValue(ast.Call(ast.Name("f_format", ast.Load()), args, []), -1, None)


def _coalesce(*values: Any) -> Any:
    for value in values:
        if value is not None:
            return value
    return None


def _replace(text: str, old: str, new: str) -> str:
    """Replace, in bounds: nested calls would otherwise grow without any."""
    if isinstance(text, str) and isinstance(old, str) and isinstance(new, str) and len(new) > len(old):
        length = len(text) + text.count(old) * (len(new) - len(old))
        if length > LONGEST_REPLACED:
            raise OverflowError(f"replace() would make a text of {length:,} characters")
    return text.replace(old, new)


def _small(value: Any) -> Any:
    """Refuse Decimals such as 1E+999999999, whose digits would fill the memory."""
    if isinstance(value, decimal.Decimal) and value.is_finite() and abs(value.adjusted()) > LARGEST_DECIMAL:
        raise OverflowError(f"the Decimal has more than {LARGEST_DECIMAL:,} digits")
    return value


def _format(value: Any, spec: str) -> str:
    return format(_small(value), spec) if spec else str(value)


def _int(value: Any) -> int:
    return int(_small(value))


def _round(value: Any, digits: int | None = None) -> Any:
    return round(_small(value)) if digits is None else round(_small(value), digits)


FUNCTIONS: dict[str, Callable[..., Any]] = {
    "f_abs": abs,
    "f_bool": bool,
    "f_coalesce": _coalesce,
    "f_float": float,
    "f_format": _format,
    "f_int": _int,
    "f_len": len,
    "f_max": max,
    "f_min": min,
    "f_replace": _replace,
    "f_round": _round,
    "f_str": str,
}
"""What an expression can call by name, and no more; each is evaluated with the values of one record."""

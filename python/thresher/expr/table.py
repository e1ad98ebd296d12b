"""The table of the language: every operator, function, method and attribute, and the types that each takes and gives.

Nothing is called that is not listed here. Whoever adds a row also adds it to ``docs/expressions.md``, which a test
compares with this table, and, where it is native, to the evaluator of the native engine, which another test does.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

__all__ = [
    "ATTRIBUTES",
    "BINARY",
    "COMPARISONS",
    "CONSTRUCTORS",
    "FUNCTIONS",
    "METHODS",
    "NATIVE",
    "UNARY",
    "Function",
    "Method",
    "can_equal",
    "can_order",
]

# fmt: off
NATIVE = frozenset({
    "add", "sub", "mul", "div", "floordiv", "mod", "neg", "pos", "abs", "eq", "ne", "lt", "le", "gt", "ge", "and",
    "or", "not", "if", "is_none", "is_not_none", "in", "not_in", "contains", "not_contains", "len", "min", "max",
    "round", "int", "float", "str", "bool", "lower", "upper", "strip", "lstrip", "rstrip", "removeprefix",
    "removesuffix", "replace", "startswith", "endswith", "zfill", "title", "casefold", "find", "count", "isdigit",
    "split_at", "index", "slice", "concat", "format", "matches", "fullmatches", "year", "month", "day", "hour",
    "minute", "second", "weekday", "isoweekday", "date", "isoformat", "days", "total_seconds", "coalesce",
})
# fmt: on
"""Names of calls that the native engine evaluates; ``_engine.functions()`` lists the same."""

Rule = Callable[..., "str | None"]
"""Takes the type names of arguments; gives that of the result, or None where it is impossible."""

_INTS = frozenset({"bool", "int"})
_REALS = _INTS | {"float"}
_EXACT = _INTS | {"decimal"}
_NUMBERS = _REALS | {"decimal"}
_DATES = frozenset({"date", "datetime"})
_ORDERED = frozenset({"str", "date", "datetime", "time", "timedelta", "uuid"})


def can_order(left: str, right: str) -> bool:
    """Return whether values of two types have an order."""
    return {left, right} <= _NUMBERS or (left == right and left in _ORDERED)


def can_equal(left: str, right: str) -> bool:
    """Return whether values of two types may be equal."""
    return can_order(left, right) or left == right == "none"


def _number(left: str, right: str) -> str | None:
    both = {left, right}
    if both <= _INTS:
        return "int"
    if both <= _REALS:
        return "float"
    return "decimal" if both <= _EXACT else None


def _add(left: str, right: str) -> str | None:
    if left == right and left in ("str", "timedelta"):
        return left
    if right == "timedelta" and left in _DATES:
        return left
    if left == "timedelta" and right in _DATES:
        return right
    return _number(left, right)


def _sub(left: str, right: str) -> str | None:
    if left == right and left in _DATES | {"timedelta"}:
        return "timedelta"
    if right == "timedelta" and left in _DATES:
        return left
    return _number(left, right)


def _mul(left: str, right: str) -> str | None:
    if "timedelta" in (left, right):
        other = right if left == "timedelta" else left
        return "timedelta" if other in _REALS else None
    return _number(left, right)


def _div(left: str, right: str) -> str | None:
    if left == "timedelta":
        return "float" if right == "timedelta" else "timedelta" if right in _REALS else None
    return "float" if {left, right} <= _INTS else _number(left, right)


def _floordiv(left: str, right: str) -> str | None:
    if left == "timedelta":
        return "int" if right == "timedelta" else "timedelta" if right in _INTS else None
    return _number(left, right)


def _mod(left: str, right: str) -> str | None:
    return "timedelta" if left == right == "timedelta" else _number(left, right)


BINARY: dict[str, tuple[str, str, Rule]] = {
    "Add": ("add", "+", _add),
    "Sub": ("sub", "-", _sub),
    "Mult": ("mul", "*", _mul),
    "Div": ("div", "/", _div),
    "FloorDiv": ("floordiv", "//", _floordiv),
    "Mod": ("mod", "%", _mod),
}
"""Operators by their name in Python's syntax tree: name in the plan, symbol, rule."""


def _negative(of: str) -> str | None:
    if of in _INTS:
        return "int"
    return of if of in ("float", "decimal", "timedelta") else None


UNARY: dict[str, tuple[str, str, Rule]] = {
    "USub": ("neg", "-", _negative),
    "UAdd": ("pos", "+", _negative),
}

COMPARISONS: dict[str, tuple[str, str]] = {
    "Eq": ("eq", "=="),
    "NotEq": ("ne", "!="),
    "Lt": ("lt", "<"),
    "LtE": ("le", "<="),
    "Gt": ("gt", ">"),
    "GtE": ("ge", ">="),
}


@dataclass(frozen=True, slots=True)
class Function:
    """A function that is called by its name."""

    rule: Rule
    least: int = 1
    """Arguments that it takes at least."""
    most: int | None = 1
    """Arguments that it takes at most; None: any number."""
    usage: str = ""


def _only(types: frozenset[str], result: str) -> Rule:
    return lambda *of: result if set(of) <= types else None


def _round(of: str, digits: str | None = None) -> str | None:
    if digits is not None and digits != "int":
        return None
    if of in _INTS:
        return "int"
    if of not in ("float", "decimal"):
        return None
    return "int" if digits is None else of


FUNCTIONS: dict[str, Function] = {
    "len": Function(_only(frozenset({"str"}), "int"), usage="len(text)"),
    "abs": Function(_negative, usage="abs(number)"),
    # Their results are those of an argument: the checker joins the types.
    "min": Function(lambda *of: of[0], 2, None, "min(a, b, …)"),
    "max": Function(lambda *of: of[0], 2, None, "max(a, b, …)"),
    "coalesce": Function(lambda *of: of[0], 2, None, "coalesce(a, b, …)"),
    "round": Function(_round, 1, 2, "round(number) or round(number, 2)"),
    "int": Function(_only(_NUMBERS | {"str"}, "int"), usage="int(value)"),
    "float": Function(_only(_NUMBERS | {"str"}, "float"), usage="float(value)"),
    "str": Function(lambda of: "str", usage="str(value)"),
    "bool": Function(lambda of: "bool", usage="bool(value)"),
    "matches": Function(_only(frozenset({"str"}), "bool"), 2, 2, "matches(text, 'pattern')"),
    "fullmatches": Function(_only(frozenset({"str"}), "bool"), 2, 2, "fullmatches(text, 'pattern')"),
}

CONSTRUCTORS: dict[str, str] = {
    "date": "date(2024, 1, 31)",
    "datetime": "datetime(2024, 1, 31, 12, 30)",
    "timedelta": "timedelta(days=2, hours=12)",
    "Decimal": "Decimal('1.19')",
}
"""Functions of constants alone, which make a constant, and how they are written."""


@dataclass(frozen=True, slots=True)
class Method:
    """A method: called on a value of some types."""

    on: frozenset[str]
    result: str
    params: tuple[str, ...] = ()
    """Type of each argument."""
    required: int | None = None
    """Arguments that must be given; None: all."""
    usage: str = ""


_STR = frozenset({"str"})

METHODS: dict[str, Method] = {
    "lower": Method(_STR, "str"),
    "upper": Method(_STR, "str"),
    "title": Method(_STR, "str"),
    "casefold": Method(_STR, "str"),
    "strip": Method(_STR, "str", ("str",), 0, "text.strip() or text.strip('-')"),
    "lstrip": Method(_STR, "str", ("str",), 0, "text.lstrip() or text.lstrip('0')"),
    "rstrip": Method(_STR, "str", ("str",), 0, "text.rstrip() or text.rstrip('.')"),
    "removeprefix": Method(_STR, "str", ("str",), usage="text.removeprefix('SKU-')"),
    "removesuffix": Method(_STR, "str", ("str",), usage="text.removesuffix('.csv')"),
    "replace": Method(_STR, "str", ("str", "str"), usage="text.replace(',', '.')"),
    "startswith": Method(_STR, "bool", ("str",), usage="text.startswith('A')"),
    "endswith": Method(_STR, "bool", ("str",), usage="text.endswith('.')"),
    "find": Method(_STR, "int", ("str",), usage="text.find('@')"),
    "count": Method(_STR, "int", ("str",), usage="text.count(' ')"),
    "isdigit": Method(_STR, "bool"),
    "zfill": Method(_STR, "str", ("int",), usage="text.zfill(8)"),
    # Gives a list, so the checker asks for an index right behind it.
    "split": Method(_STR, "str", ("str", "int"), 0, "text.split(',')[0]"),
    "weekday": Method(_DATES, "int"),
    "isoweekday": Method(_DATES, "int"),
    "isoformat": Method(_DATES | {"time"}, "str"),
    "date": Method(frozenset({"datetime"}), "date"),
    "total_seconds": Method(frozenset({"timedelta"}), "float"),
}

_CLOCK = frozenset({"datetime", "time"})
_SPAN = frozenset({"timedelta"})

ATTRIBUTES: dict[str, frozenset[str]] = {
    "year": _DATES,
    "month": _DATES,
    "day": _DATES,
    "hour": _CLOCK,
    "minute": _CLOCK,
    "second": _CLOCK,
    "microsecond": _CLOCK,
    "days": _SPAN,
    "seconds": _SPAN,
    "microseconds": _SPAN,
}
"""Attributes, all of them ints, and the types that have them."""

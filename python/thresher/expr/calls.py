"""Calls, attributes and indexes of an expression: their syntax enters, their typed form leaves.

Only what is in the table can be called or reached; the checker does the rest of the language.
"""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING, Any

from thresher.expr.constants import constant
from thresher.expr.patterns import Predicate
from thresher.expr.table import ATTRIBUTES, CONSTRUCTORS, FUNCTIONS, METHODS, can_order
from thresher.expr.types import BASES, Type, show

if TYPE_CHECKING:
    from thresher.expr.check import Checker, Typed

__all__ = ["attribute", "called", "format_spec", "formatted", "subscript"]

INT: Type = frozenset({"int"})
STR: Type = frozenset({"str"})
NONE = frozenset({"none"})

MOST_DIGITS = 400
"""Places to which ``round`` rounds."""

MOST_WIDTH = 1_000
"""Characters to which ``zfill`` and format specs pad, and places that they show."""


def called(checker: Checker, node: ast.Call) -> Typed:
    """Return the typed form of a call.

    Raises:
        ConfigurationError: there is no such function or method, or its arguments cannot work.
    """
    function = node.func
    if isinstance(function, ast.Attribute):
        return _method(checker, node, function)
    if not isinstance(function, ast.Name):
        raise checker.parsed.refusal(function, "only functions and methods can be called, by their name")
    name = function.id
    if name in CONSTRUCTORS:
        # A constant, had it been right.
        constant(checker.parsed, node)
    if name not in FUNCTIONS:
        if name in checker.scope.fields:
            raise checker.parsed.refusal(function, f"{name!r} is a field, not a function: it cannot be called")
        names = [*FUNCTIONS, *CONSTRUCTORS]
        more = f"; the functions are {', '.join(names)}"
        if name in METHODS:
            more = f": it is a method, written as in {METHODS[name].usage or f'x.{name}()'}"
        raise checker.parsed.unknown(function, "function", name, names, more)
    row = FUNCTIONS[name]
    args = _arguments(checker, node, row.least, row.most, row.usage)
    if name in ("min", "max", "coalesce"):
        return _chosen(checker, node, name, args)
    result = checker.combined(args, row.rule)
    if not result:
        raise checker.parsed.refusal(node, f"{name}({', '.join(show(arg.type) for arg in args)}) is impossible")
    if name in ("matches", "fullmatches"):
        _pattern(checker, node, name, args[1])
    if name == "round" and len(args) == 2:
        _bounded(checker, node.args[1], args[1], -MOST_DIGITS, MOST_DIGITS, "round() takes the number of places as")
    return _typed(name, result, args)


def _typed(op: str, result: Type, args: list[Typed] | tuple[Typed, ...]) -> Typed:
    from thresher.expr.check import Typed

    return Typed(op, result, tuple(args))


def _arguments(checker: Checker, node: ast.Call, least: int, most: int | None, usage: str) -> list[Typed]:
    if node.keywords:
        raise checker.parsed.refusal(node.keywords[0], f"arguments have no names here: write {usage}")
    given = len(node.args)
    if given < least or (most is not None and given > most):
        raise checker.parsed.refusal(node, f"{given} arguments are given: write {usage}")
    return [checker.of(arg) for arg in node.args]


def _chosen(checker: Checker, node: ast.Call, name: str, args: list[Typed]) -> Typed:
    """Return the form of a function that gives one of its arguments."""
    if name == "coalesce":
        first = frozenset[str]().union(*(arg.type - NONE for arg in args[:-1]))
        return _typed(name, first | args[-1].type, args)
    types = [arg.type - NONE for arg in args]
    if not all(checker.combined((args[0], arg), lambda a, b: "bool" if can_order(a, b) else None) for arg in args[1:]):
        raise checker.parsed.refusal(node, f"{name}({', '.join(map(show, types))}) is impossible: they have no order")
    return _typed(name, frozenset[str]().union(*types), args)


def _pattern(checker: Checker, node: ast.Call, name: str, arg: Typed) -> None:
    if arg.op != "const":
        raise checker.parsed.refusal(node.args[1], f"the pattern of {name}() must be a constant")
    try:
        Predicate(name, arg.value)
    except ValueError as error:
        raise checker.parsed.refusal(node.args[1], f"the pattern cannot be used: {error}") from None


def _bounded(checker: Checker, node: ast.expr, arg: Typed, least: int, most: int, words: str) -> None:
    if arg.op != "const" or not least <= arg.value <= most:
        raise checker.parsed.refusal(node, f"{words} a constant from {least} to {most:,}")


def _method(checker: Checker, node: ast.Call, function: ast.Attribute) -> Typed:
    name = function.attr
    _refuse_private(checker, function)
    if name in ATTRIBUTES:
        raise checker.parsed.refusal(node, f"{name} is no method: write it without parentheses")
    if isinstance(function.value, ast.Name) and function.value.id in CONSTRUCTORS:
        raise checker.parsed.refusal(node, f"write a constant as in {CONSTRUCTORS[function.value.id]}")
    if name == "split":
        raise checker.parsed.refusal(node, "split() needs an index right behind it: text.split(',')[0]")
    if name not in METHODS:
        more = f": it is a function, written as in {FUNCTIONS[name].usage}" if name in FUNCTIONS else ""
        raise checker.parsed.unknown(function, "method", name, METHODS, more)
    on = checker.of(function.value)
    row = METHODS[name]
    if not on.type & row.on:
        raise checker.parsed.refusal(node, _absent(name, on.type))
    args = _method_arguments(checker, node, name)
    if name == "zfill":
        _bounded(checker, node.args[0], args[0], 0, MOST_WIDTH, "zfill() takes the width as")
    return _typed(name, frozenset({row.result}), [on, *args])


def _method_arguments(checker: Checker, node: ast.Call, name: str) -> list[Typed]:
    row = METHODS[name]
    usage = row.usage or f"x.{name}()"
    args = _arguments(checker, node, len(row.params) if row.required is None else row.required, len(row.params), usage)
    for given, arg, wanted in zip(node.args, args, row.params, strict=False):
        if wanted not in arg.type:
            raise checker.parsed.refusal(given, f"{name}() takes {wanted} here, not {show(arg.type)}: write {usage}")
    return args


def _absent(name: str, of: Type) -> str:
    """Return the message for a type that does not have a method or attribute."""
    if of == frozenset({"other"}):
        return "expressions cannot look into values of this type, but str() of it is text"
    here = [each for each, row in METHODS.items() if row.on & of] + [a for a, on in ATTRIBUTES.items() if on & of]
    has = f"it has {', '.join(here)}" if here else "it has none"
    return f"{show(of)} has no {name}; {has}"


def _refuse_private(checker: Checker, node: ast.Attribute) -> None:
    if node.attr.startswith("_"):
        raise checker.parsed.refusal(node, f"{node.attr!r} cannot be reached: no name that begins with _ can")


def attribute(checker: Checker, node: ast.Attribute) -> Typed:
    """Return the typed form of ``value.name``.

    Raises:
        ConfigurationError: there is no such attribute.
    """
    name = node.attr
    _refuse_private(checker, node)
    if name in METHODS:
        raise checker.parsed.refusal(node, f"{name} is a method: call it, as in {METHODS[name].usage or f'x.{name}()'}")
    if name not in ATTRIBUTES:
        raise checker.parsed.unknown(node, "attribute", name, ATTRIBUTES)
    on = checker.of(node.value)
    if not on.type & ATTRIBUTES[name]:
        raise checker.parsed.refusal(node, _absent(name, on.type))
    return _typed(name, INT, [on])


def subscript(checker: Checker, node: ast.Subscript) -> Typed:
    """Return the typed form of ``text[i]``, ``text[i:j]`` or ``text.split(',')[i]``.

    Raises:
        ConfigurationError: it is none of these.
    """
    value, index = node.value, node.slice
    if isinstance(value, ast.Call) and isinstance(value.func, ast.Attribute) and value.func.attr == "split":
        return _split(checker, value, value.func, index)
    on = checker.of(value)
    if "str" not in on.type:
        raise checker.parsed.refusal(node, f"only text has an index, and this is {show(on.type)}")
    if not isinstance(index, ast.Slice):
        return _typed("index", STR, [on, _whole(checker, index)])
    if index.step is not None and constant(checker.parsed, index.step) not in (None, 1):
        raise checker.parsed.refusal(index.step, "a slice takes characters one after the other: leave the step out")
    bounds = [
        checker.of(ast.Constant(None)) if bound is None else _whole(checker, bound, none=True)
        for bound in (index.lower, index.upper)
    ]
    return _typed("slice", STR, [on, *bounds])


def _whole(checker: Checker, node: ast.expr, *, none: bool = False) -> Typed:
    found = checker.of(node)
    if not found.type & {"int", "bool"} and not (none and found.type == NONE):
        raise checker.parsed.refusal(node, f"an index is an int, not {show(found.type)}")
    return found


def _split(checker: Checker, call: ast.Call, function: ast.Attribute, index: ast.expr) -> Typed:
    on = checker.of(function.value)
    if "str" not in on.type:
        raise checker.parsed.refusal(call, _absent("split", on.type))
    args = _method_arguments(checker, call, "split")
    if isinstance(index, ast.Slice):
        raise checker.parsed.refusal(index, "one part of the split can be taken: text.split(',')[0]")
    place = _whole(checker, index)
    if args and args[0].op == "const" and args[0].value == "":
        raise checker.parsed.refusal(call.args[0], "text cannot be split at an empty separator")
    return _typed("split_at" if len(args) == 1 else "split", STR, [on, *args, place])


_SPEC = re.compile(r"(?:.?[<>=^])?[-+ ]?z?#?0?(\d+)?[,_]?(?:\.(\d+))?[bcdeEfFgGnosxX%]?", re.DOTALL)
_STRFTIME = re.compile(r"(?:[^%]|%[aAbBcdHIjmMpSUwWxXyYZzfGuV%])*", re.DOTALL)
_TEMPORAL = frozenset({"date", "datetime", "time"})


def formatted(checker: Checker, node: ast.FormattedValue) -> Typed:
    """Return the typed form of ``{value:spec}`` in an f-string.

    Raises:
        ConfigurationError: the spec is no constant, or cannot be.
    """
    if node.conversion != -1:
        raise checker.parsed.refusal(node, "conversions (!r, !s, !a, =) are no part of the language: write str(x)")
    found = checker.of(node.value)
    spec = format_spec(node)
    if spec is None:
        raise checker.parsed.refusal(node, "a format spec must be constant: no {} inside of it")
    if not spec:
        return _typed("str", STR, [found])
    problem = _spec_problem(spec, found.type)
    if problem:
        raise checker.parsed.refusal(node, f"the format spec {spec!r} cannot be used: {problem}")
    op = "strftime" if found.type & _TEMPORAL else "format"
    return _typed(op, STR, [found, checker.of(ast.Constant(spec))])


def format_spec(node: ast.FormattedValue) -> str | None:
    """Return the constant format spec of a part of an f-string, None where it is not constant."""
    if node.format_spec is None:
        return ""
    parts = node.format_spec.values if isinstance(node.format_spec, ast.JoinedStr) else [node.format_spec]
    texts = [part.value for part in parts if isinstance(part, ast.Constant) and isinstance(part.value, str)]
    return "".join(texts) if len(texts) == len(parts) else None


_SAMPLES: dict[str, Any] = {"bool": True, "int": 1, "float": 1.0, "str": "x", "decimal": BASES["decimal"](1)}


def _spec_problem(spec: str, of: Type) -> str:
    if of & _TEMPORAL:
        if len(spec) > MOST_WIDTH or not _STRFTIME.fullmatch(spec):
            return "it is none of the plain ones, such as %Y-%m-%d"
        return ""
    match = _SPEC.fullmatch(spec)
    if match is None:
        return "it is none of the plain ones, such as >10, 08.3f or ,"
    if any(len(number) > 4 or int(number) > MOST_WIDTH for number in match.groups("0")):
        return f"its width is more than {MOST_WIDTH:,}"
    problem = f"{show(of)} takes none"
    for name in of & _SAMPLES.keys():
        try:
            format(_SAMPLES[name], spec)
        except ValueError as error:
            problem = str(error)
        else:
            return ""
    return problem

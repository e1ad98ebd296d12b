"""The table of expressions: trees of the plan, rows of values, and what Python's own ``eval`` makes of them.

    python -m tests.expressions        writes ``cases/expressions.toml`` anew

``cargo test`` holds the native evaluator against it. A value is written as ``type:text``, the text as in
:class:`thresher.plan.Const`. ``unsure`` is expected where Python raises or a number passes 64 bits, and ``unsure?``
stands before a value that the native evaluator may leave to Python.
"""

from __future__ import annotations

import datetime as dt
import json
import re
from pathlib import Path
from typing import Any

from tests.expression_rows import Row, Tree, UnwritableError, expressions, written

__all__ = ["FILE", "table"]

FILE = Path(__file__).parent / "cases" / "expressions.toml"

FORMS: dict[str, str] = {
    "if": "({1} if {0} else {2})",
    "is_none": "({0} is None)",
    "is_not_none": "({0} is not None)",
    "contains": "({1} in {0})",
    "not_contains": "({1} not in {0})",
    "replace": "{0}.replace({1}, {2})",
    "split_at": "{0}.split({1})[{2}]",
    "index": "{0}[{1}]",
    "slice": "{0}[{1}:{2}]",
    "format": "format({0}, {1})",
    "matches": "bool(re.search({1}, {0}))",
    "fullmatches": "bool(re.fullmatch({1}, {0}))",
    "not": "(not {0})",
    "neg": "(-{0})",
    "pos": "(+{0})",
}
"""How each call is written in Python."""

SYMBOLS = dict(
    zip(
        ["add", "sub", "mul", "div", "floordiv", "mod", "eq", "ne", "lt", "le", "gt", "ge"],
        ["+", "-", "*", "/", "//", "%", "==", "!=", "<", "<=", ">", ">="],
        strict=True,
    )
)
FUNCTIONS = ["abs", "len", "int", "float", "str", "bool", "round", "min", "max"]
ATTRIBUTES = ["year", "month", "day", "hour", "minute", "second", "days"]


def _call(name: str, args: list[str]) -> str:
    """Return a call as Python."""
    if name in FORMS:
        return FORMS[name].format(*args)
    if name in SYMBOLS:
        return f"({args[0]} {SYMBOLS[name]} {args[1]})"
    if name in FUNCTIONS:
        return f"{name}({', '.join(args)})"
    if name in ATTRIBUTES:
        return f"{args[0]}.{name}"
    if name in ("and", "or"):
        return f"({f' {name} '.join(args)})"
    if name in ("in", "not_in"):
        return f"({args[0]} {name.replace('_', ' ')} ({''.join(f'{each}, ' for each in args[1:])}))"
    if name == "concat":
        return f"''.join([{', '.join(args)}])"
    if name == "coalesce":
        return f"next((each for each in [{', '.join(args)}] if each is not None), None)"
    # What is left are methods.
    return f"{args[0]}.{name}({', '.join(args[1:])})"


def _read(tree: Tree) -> Any:
    """Return the value of a constant."""
    kind, text = tree["type"], tree["value"]
    if kind == "bool":
        return text == "true"
    if kind == "date":
        return dt.date.fromisoformat(text)
    if kind == "datetime":
        return dt.datetime.fromisoformat(text)
    return None if kind == "none" else {"int": int, "float": float, "str": str}[kind](text)


def _source(tree: Tree, names: dict[str, Any]) -> str:
    """Return a tree as Python. Constants get names, which are added."""
    if tree["op"] == "load":
        return "abc"[tree["input"]]
    if tree["op"] == "const":
        name = f"k{len(names)}"
        names[name] = _read(tree)
        return name
    return _call(tree["name"], [_source(arg, names) for arg in tree["args"]])


def _expected(tree: Tree, row: Row) -> str:
    """Return what Python says of a row."""
    names: dict[str, Any] = dict(zip("abc", row, strict=False))
    source = _source(tree, names)
    try:
        made = written(eval(source, {"re": re}, names))
    except (
        ArithmeticError,
        TypeError,
        ValueError,
        LookupError,
        AttributeError,
        MemoryError,
        UnwritableError,
    ):
        return "unsure"
    return f"unsure?{made}" if _left(tree, row) else made


LEFT_SPECS = ("1001", "z.1f", "n", "010,", "c", "#x", ".3", "+.3", "_x")
"""Format specs that the native evaluator leaves to Python, for some of the values at least."""


def _left(tree: Tree, row: Row) -> bool:
    """Return whether the native evaluator may leave a row to Python that has a value there."""
    if tree["op"] != "call":
        return False
    name, args = tree["name"], tree["args"]
    types = {type(value) for value in row}
    texts = [each for each in row if isinstance(each, str)]
    if name in ("mul", "div") and ({dt.timedelta, float} <= types or str in types):
        return True
    if name in ("title", "casefold", "isdigit") and not all(each.isascii() for each in texts):
        return True
    if name in ("lower", "upper") and any(max(each, default="") > "\u017f" for each in texts):
        return True
    if name in ("int", "float") and texts:
        return "_" in texts[0] or not texts[0].isascii()
    if name == "round":
        return isinstance(row[0], float) and abs(row[0]) >= 1 << 63 and len(row) > 1 and bool(row[1]) and row[1] < 0
    if name == "format":
        return args[1]["value"] in LEFT_SPECS or (isinstance(row[0], dt.datetime) and args[1]["value"] != "")
    return any(_left(arg, row) for arg in args)


def table() -> str:
    """Return the text of the table."""
    lines = ["# Made by `python -m tests.expressions`, which explains it: do not edit.", ""]
    for tree, rows in expressions():
        names: dict[str, Any] = {}
        source = _source(tree, names)
        for name, value in names.items():
            source = re.sub(rf"\b{name}\b", lambda _, value=value: repr(value), source)
        lines += ["[[expression]]", f"python = {_toml(source)}", f"node = {_toml(json.dumps(tree))}", "rows = ["]
        for row in rows:
            lines.append(f"  [{', '.join(_toml(each) for each in [*map(written, row), _expected(tree, row)])}],")
        lines += ["]", ""]
    return "\n".join(lines)


def _toml(text: str) -> str:
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


if __name__ == "__main__":
    FILE.write_text(table(), encoding="utf-8")

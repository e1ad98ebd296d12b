"""Parsing: the text of an expression enters, its syntax tree leaves, with nothing in it but what the language has.

The language is a part of Python's expressions, so Python's own parser reads it. What it must not hold is refused here
by its form alone: nothing is looked up and nothing is evaluated.
"""

from __future__ import annotations

import ast
import re
import warnings
from collections.abc import Iterable
from dataclasses import dataclass

from thresher.errors import ConfigurationError, closest, shown

__all__ = ["MAX_DEPTH", "MAX_LENGTH", "MAX_NODES", "Parsed", "parse"]

MAX_LENGTH = 4_000
"""Characters of an expression."""

MAX_NODES = 2_000
"""Operators, names and constants of an expression."""

MAX_DEPTH = 100
"""Levels of an expression: each operator or call around another one is one."""


@dataclass(frozen=True, slots=True)
class Parsed:
    """An expression whose form is right."""

    text: str
    place: str
    """What it is for, in words: ``where``, ``From of 'total'``."""
    body: ast.expr

    def refusal(self, node: ast.AST | None, message: str) -> ConfigurationError:
        """Return the error for a part of the expression.

        Args:
            node: the part; None: the whole.
            message: what is wrong with it, and what to do.
        """
        return ConfigurationError(f"{self.place}: {message}\n{_pointed(self.text, node)}")

    def unknown(self, node: ast.AST, what: str, name: str, known: Iterable[str], more: str = "") -> ConfigurationError:
        """Return the error for a name that does not exist, with the closest that do.

        Args:
            node: where it stands.
            what: what kind of thing it should be.
            name: the name.
            known: the names that there are.
            more: what else to say.
        """
        return self.refusal(node, f"there is no {what} {name!r}{closest(name, known)}{more}")


def parse(text: str, place: str) -> Parsed:
    """Return the syntax tree of an expression.

    Args:
        text: the expression.
        place: what it is for, in words, for messages.

    Raises:
        ConfigurationError: it is no expression, holds what the language does not have, or is too large; the message
            shows where.
    """
    if not isinstance(text, str):
        raise ConfigurationError(f"{place}: an expression is a str, not {type(text).__name__}: {shown(text)}")
    text = text.strip()
    if not text:
        raise ConfigurationError(f"{place}: the expression is empty")
    if len(text) > MAX_LENGTH:
        raise ConfigurationError(
            f"{place}: the expression has {len(text):,} characters, and {MAX_LENGTH:,} are allowed: {text[:60]}…"
        )
    try:
        with warnings.catch_warnings():
            # About escapes such as '\d', which mean what they look like.
            warnings.simplefilter("ignore")
            body = ast.parse(text, mode="eval").body
    except SyntaxError as error:
        raise ConfigurationError(f"{place}: {_syntax(error, text)}") from None
    except (ValueError, RecursionError, MemoryError, OverflowError) as error:
        raise ConfigurationError(f"{place}: the expression cannot be read: {error}\n    {text[:80]}") from None
    parsed = Parsed(text, place, body)
    _check_size(parsed)
    return parsed


_STATEMENT = re.compile(r"(import|from|def|class|return|del|assert|raise|with|for|while|try|global|pass|async|print)\b")


def _syntax(error: SyntaxError, text: str) -> str:
    """Return the words for what Python's parser says."""
    if _STATEMENT.match(text) or ";" in text:
        message = "this is a statement: an expression is wanted, such as quantity * unit_price"
    elif re.search(r"(?<![=!<>:])=(?!=)", text) and "=" in (error.msg or "") + text:
        message = f"{error.msg}; to compare, write =="
    else:
        message = f"this is no expression: {error.msg}"
    if error.offset == 0 and error.msg == "invalid syntax":
        # Python gives this place where it wanted more.
        lines = text.split("\n")
        message, line, column = f"{message}: it ends too early", len(lines), len(lines[-1])
    else:
        line, column = error.lineno or 1, max((error.offset or 1) - 1, 0)
    return f"{message}\n{_marked(text, line, column, column + 1)}"


def _check_size(parsed: Parsed) -> None:
    """Refuse forms that the language does not have, and trees that are too large or too deep."""
    waiting: list[tuple[ast.AST, int]] = [(parsed.body, 1)]
    count = 0
    while waiting:
        node, depth = waiting.pop()
        if isinstance(node, ast.expr):
            count += 1
        if count > MAX_NODES:
            raise parsed.refusal(None, f"the expression has more than {MAX_NODES:,} parts: split it up")
        if depth > MAX_DEPTH and isinstance(node, ast.expr):
            raise parsed.refusal(node, f"the expression is more than {MAX_DEPTH} levels deep: split it up")
        words = _REFUSED.get(type(node))
        if words is not None:
            raise parsed.refusal(node, words)
        if isinstance(node, ast.BinOp | ast.UnaryOp) and type(node.op) in _REFUSED:
            raise parsed.refusal(node, _REFUSED[type(node.op)])
        if not isinstance(node, _ALLOWED):
            raise parsed.refusal(node, f"{type(node).__name__} is no part of the language")
        waiting.extend((child, depth + 1) for child in ast.iter_child_nodes(node))


_COMPREHENSION = "a comprehension is no part of the language: an expression looks at one record and has no loops"
_BITS = "is no part of the language: for conditions write 'and', 'or', 'not'"
_WAIT = "is no part of the language: an expression is a value, computed at once"
_SHIFT = "shifts are no part of the language, because their cost has no bound"

_REFUSED: dict[type[ast.AST], str] = {
    ast.Lambda: "a function cannot be made here: use map_records= or map_batches= for Python of your own",
    ast.ListComp: _COMPREHENSION,
    ast.SetComp: _COMPREHENSION,
    ast.DictComp: _COMPREHENSION,
    ast.GeneratorExp: _COMPREHENSION,
    ast.Await: f"await {_WAIT}",
    ast.Yield: f"yield {_WAIT}",
    ast.YieldFrom: f"yield {_WAIT}",
    ast.NamedExpr: "no name can be given to a value here (:=)",
    ast.Starred: "arguments cannot be spread with * here: write each of them",
    ast.Dict: "a dict is no part of the language; for a choice write: a if condition else b",
    ast.Pow: "** is no part of the language, because its cost has no bound: write x * x",
    ast.MatMult: "@ is no part of the language",
    ast.LShift: _SHIFT,
    ast.RShift: _SHIFT,
    ast.BitOr: f"| {_BITS}",
    ast.BitAnd: f"& {_BITS}",
    ast.BitXor: f"^ {_BITS}",
    ast.Invert: f"~ {_BITS}",
}

_ALLOWED = (
    ast.BinOp,
    ast.UnaryOp,
    ast.BoolOp,
    ast.Compare,
    ast.IfExp,
    ast.Call,
    ast.keyword,
    ast.Attribute,
    ast.Subscript,
    ast.Slice,
    ast.Name,
    ast.Constant,
    ast.JoinedStr,
    ast.FormattedValue,
    # Only after `in`; the checker sees to it.
    ast.Tuple,
    ast.List,
    ast.Set,
    ast.operator,
    ast.unaryop,
    ast.boolop,
    ast.cmpop,
    ast.expr_context,
)


def _pointed(text: str, node: ast.AST | None) -> str:
    """Return the expression with carets under a part of it."""
    if node is None or not hasattr(node, "lineno"):
        return _marked(text, 1, 0, 0)
    lines = text.split("\n")
    line: int = node.lineno
    if line > len(lines):
        return _marked(text, 1, 0, 0)
    encoded = lines[line - 1].encode("utf-8", "replace")
    end_line: int = getattr(node, "end_lineno", None) or line
    end: int = (getattr(node, "end_col_offset", None) or 0) if end_line == line else len(encoded)
    # Offsets are in bytes; those inside of an f-string may point anywhere.
    start: int = node.col_offset  # type: ignore[attr-defined]
    column = len(encoded[:start].decode("utf-8", "replace"))
    return _marked(text, line, column, len(encoded[:end].decode("utf-8", "replace")))


WIDTH = 100
"""Characters of a line that are shown."""


def _marked(text: str, line: int, start: int, end: int) -> str:
    """Return a line with carets below the columns from ``start`` to ``end``; long lines are cut around them."""
    lines = text.split("\n")
    shown = lines[min(line, len(lines)) - 1].rstrip()
    start = min(start, len(shown))
    end = max(min(end, len(shown)), start)
    if len(shown) > WIDTH:
        first = max(0, min(start - 20, len(shown) - WIDTH))
        shown = ("…" if first else "") + shown[first : first + WIDTH] + ("…" if first + WIDTH < len(shown) else "")
        start, end = start - first + bool(first), min(end - first + bool(first), len(shown))
    carets = f"\n    {' ' * start}{'^' * max(end - start, 1)}" if (start, end) != (0, 0) else ""
    return f"    {shown}{carets}"

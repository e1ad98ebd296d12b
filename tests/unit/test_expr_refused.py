"""Expressions that could do anything but compute a value at a bounded cost are refused, kindly, and never evaluated."""

from __future__ import annotations

import datetime as dt
import time
import tomllib
from pathlib import Path
from typing import Any

import pytest
from pydantic import AnyUrl

import thresher
from thresher.expr import expression
from thresher.expr.check import Scope
from thresher.expr.expression import Expression
from thresher.expr.parse import MAX_LENGTH
from thresher.expr.types import of_annotation

TABLE = tomllib.loads((Path(__file__).parents[1] / "cases" / "refused_expressions.toml").read_text())
CASES = [(text, group["says"]) for group in TABLE.values() for text in group["expressions"]]

TYPES: dict[str, Any] = {
    "n": int,
    "x": float,
    "text": str,
    "maybe": str | None,
    "day": dt.date,
    "at": dt.datetime,
    "flag": bool,
    "link": AnyUrl,
}
SCOPE = Scope({name: of_annotation(kind) for name, kind in TYPES.items()}, {"a column": "n"}, "Record")


@pytest.fixture(autouse=True)
def _nothing_is_evaluated(monkeypatch: pytest.MonkeyPatch) -> None:
    def evaluated(*args: Any) -> Any:
        pytest.fail("it was compiled")

    monkeypatch.setattr(expression, "function_of", evaluated)


def test_there_are_enough() -> None:
    assert len({text for text, _ in CASES}) == len(CASES) > 200


@pytest.mark.parametrize(("text", "says"), CASES)
def test_it_is_refused(text: str, says: str) -> None:
    began = time.perf_counter()
    with pytest.raises(thresher.ConfigurationError) as caught:
        Expression(text, SCOPE, "where")
    assert time.perf_counter() - began < 1
    message = str(caught.value)
    assert message.startswith("where: ")
    assert says in message
    if text.strip():
        # The place is shown below the expression.
        assert "^" in message.splitlines()[-1]


@pytest.mark.parametrize("text", ["n >", "n +", "n and", "text ==", "not", "n > 1 and\\\n n <"])
def test_the_end_is_shown_where_more_was_wanted(text: str) -> None:
    with pytest.raises(thresher.ConfigurationError) as caught:
        Expression(text, SCOPE, "where")
    *_, shown, carets = str(caught.value).splitlines()
    assert "it ends too early" in str(caught.value)
    assert len(carets) == len(shown) + 1


LARGE = {
    "long": "n + " * 2000 + "n",
    "wide": "max(" + ", ".join(["1"] * 1900) + ", n)",
    "deep": "(" * 150 + "n" + ")" * 150,
    "deeper": "-" * 3000 + "n",
    "nested": "max(n, " * 150 + "n" + ")" * 150,
    "many signs": "not " * 500 + "n",
    "calls": "str(" * 120 + "n" + ")" * 120,
    "f-strings": "f'{" * 30 + "n" + "}'" * 30,
    "chain": ".lower()" * 400,
    "many digits": "n + " + "9" * 3000,
}


@pytest.mark.parametrize("name", LARGE)
def test_its_size_is_bounded(name: str) -> None:
    began = time.perf_counter()
    with pytest.raises(thresher.ConfigurationError):
        Expression(LARGE[name].replace("n", "q"), SCOPE, "where")
    assert time.perf_counter() - began < 1


@pytest.mark.parametrize(
    "text", ["\ud800", "text == '\ud800'", "n\x00", "'\\ud800' + text", "text == '\\N{no such name}'", "\x0c"]
)
def test_odd_characters(text: str) -> None:
    with pytest.raises(thresher.ConfigurationError):
        Expression(text, SCOPE, "where")


@pytest.mark.parametrize("given", [1, None, True, b"n", ["n"]])
def test_what_is_no_text(given: Any) -> None:
    with pytest.raises(thresher.ConfigurationError, match="an expression is a str"):
        Expression(given, SCOPE, "where")


def test_the_largest_are_not_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    text = "(" + " and ".join(["n > 1"] * 400) + ")"
    assert 3000 < len(text) < MAX_LENGTH
    assert Expression(text, SCOPE, "where").evaluate({"n": 2}) is True

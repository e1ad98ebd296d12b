"""The table of expressions is what Python says today, and both sides call functions by the same names."""

from __future__ import annotations

import pytest

from tests import expressions
from thresher.expr.table import NATIVE


def test_table_is_what_python_says() -> None:
    """The table that `cargo test` reads is up to date: `python -m tests.expressions` writes it anew."""
    assert expressions.table() == expressions.FILE.read_text(encoding="utf-8")


def test_native_functions_are_those_of_the_table() -> None:
    """What is native for the compiler is what the engine evaluates."""
    native = pytest.importorskip("thresher._engine")
    assert set(native.functions()) == NATIVE

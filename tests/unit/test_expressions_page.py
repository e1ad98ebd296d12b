"""The page on expressions is right: every example gives what it shows, on both engines, and no row is missing."""

from __future__ import annotations

import ast
import datetime
import re
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple
from uuid import UUID

import pytest
from pydantic import create_model

import thresher
from thresher.expr import table as language

PAGE = (Path(__file__).parents[2] / "docs" / "expressions.md").read_text()

TYPES: dict[str, Any] = {
    "int": int,
    "float": float,
    "str": str,
    "str | None": str | None,
    "bool": bool,
    "date": datetime.date,
    "datetime": datetime.datetime,
    "timedelta": datetime.timedelta,
    "Decimal": Decimal,
    "UUID": UUID,
}


class Row(NamedTuple):
    """One row of the page's tables."""

    write: str
    example: str
    gives: str
    native: bool


def cells(line: str) -> list[str]:
    return [cell.strip().replace("\\|", "|").strip("`") for cell in re.split(r"(?<!\\)\|", line)[1:-1]]


LINES = [
    cells(line) for line in PAGE.splitlines() if line.startswith("|") and not line.startswith(("|---", "| write "))
]
ROWS = [Row(line[0], line[2], line[3], line[4] == "yes") for line in LINES if len(line) == 5]
FIELDS = {line[0]: (line[1], line[2]) for line in LINES if len(line) == 3 and line[1] in TYPES}

Record = create_model("Record", **{name: (TYPES[kind], ...) for name, (kind, _) in FIELDS.items()})
SOURCE = "\n".join([",".join(FIELDS), ",".join(f'"{text}"' for _, text in FIELDS.values()), ""]).encode()


def values(rows: list[Row], engine: str) -> list[Any]:
    """Return what the examples give."""
    expressions = {f"x{place}": row.example for place, row in enumerate(rows)}
    pipeline = thresher.Pipeline(Record, select=[], values=expressions, engine=engine)
    (record,) = pipeline.process(SOURCE).records()
    return list(record.__dict__.values())


def test_the_record_is_there() -> None:
    assert len(FIELDS) == 12
    assert len(ROWS) > 60


@pytest.mark.parametrize("native", [True, False])
def test_examples_give_what_is_shown(engine: str, native: bool) -> None:
    rows = [row for row in ROWS if row.native == native]
    found = values(rows, engine)
    assert {row.example: repr(value) for row, value in zip(rows, found, strict=True)} == {
        row.example: row.gives for row in rows
    }


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.write)
def test_native_is_what_is_said_to_be(row: Row) -> None:
    explanation = thresher.Pipeline(Record, select=[], values={"x": row.example}).explain()
    assert (explanation.steps[0].route == "native") == row.native, explanation.steps[0].reason


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.write)
def test_python_gives_the_same(row: Row) -> None:
    """Python itself, on the text of the example."""
    (record,) = thresher.process(SOURCE, Record, engine="python").records()
    names = {
        "date": datetime.date,
        "datetime": datetime.datetime,
        "timedelta": datetime.timedelta,
        "Decimal": Decimal,
        "coalesce": lambda *args: next((arg for arg in args if arg is not None), None),
        "matches": lambda text, pattern: re.search(pattern, text) is not None,
        "fullmatches": lambda text, pattern: re.fullmatch(pattern, text) is not None,
    }
    assert repr(eval(row.example, names, dict(record.__dict__))) == row.gives


def test_every_row_of_the_table_is_on_the_page() -> None:
    written = [ast.parse(row.example, mode="eval") for row in ROWS]
    nodes = [node for tree in written for node in ast.walk(tree)]
    operators = {type(node).__name__ for node in nodes if isinstance(node, ast.operator | ast.unaryop | ast.cmpop)}
    assert set(language.BINARY) | set(language.UNARY) | set(language.COMPARISONS) <= operators
    called = {node.func.id for node in nodes if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)}
    assert called == set(language.FUNCTIONS) | set(language.CONSTRUCTORS)
    reached = {node.attr for node in nodes if isinstance(node, ast.Attribute)}
    assert reached == set(language.METHODS) | set(language.ATTRIBUTES)

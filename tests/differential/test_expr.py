"""Random expressions over random rows: Rust, Python and plain ``eval`` agree on verdict, value, type and exception.

``THRESHER_PROFILE=long`` compares more than 200,000 pairs of an expression and a row. No difference is allowed.
"""

from __future__ import annotations

import datetime as dt
import json
import re
import tempfile
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from hypothesis import given, note
from hypothesis import strategies as st
from pydantic import BaseModel, create_model
from pydantic_core import to_json

import thresher
from effort import ENGINES, LONG, TIMEOUT, tries
from expression_texts import Row, expressions, rows
from thresher.encode import csv_line
from thresher.expr.types import annotation_of, of_annotation
from thresher.transform.compile import scope_of
from thresher.transform.faults import REJECTING

EXAMPLES, RECORDS = (1_100, 200) if LONG else (60, 60)


NULL = "\\N"

pytestmark = TIMEOUT

NAMES: dict[str, Any] = {
    "date": dt.date,
    "datetime": dt.datetime,
    "timedelta": dt.timedelta,
    "coalesce": lambda *args: next((arg for arg in args if arg is not None), None),
    "matches": lambda text, pattern: re.search(pattern, _text("matches", text)) is not None,
    "fullmatches": lambda text, pattern: re.fullmatch(pattern, _text("fullmatches", text)) is not None,
}
"""What Python does not have of the language. The patterns that are drawn mean the same to ``re``."""


def _text(name: str, value: Any) -> Any:
    if not isinstance(value, str):
        raise TypeError(f"{name}() takes text, not {type(value).__name__}")
    return value


def source(found: list[dict[str, Any]]) -> bytes:
    """Return rows as CSV."""
    lines = [csv_line(list(Row.model_fields), ",")]
    lines += [csv_line([cell(value) for value in row.values()], ",") for row in found]
    return b"".join(lines)


def cell(value: Any) -> str:
    if value is None:
        return NULL
    if isinstance(value, float):
        return repr(value)
    if isinstance(value, dt.timedelta):
        return str(to_json(value).decode().strip('"'))
    return value.isoformat() if isinstance(value, dt.date) else str(value)


def evaluated(text: str, found: list[dict[str, Any]]) -> list[Any]:
    """Return what plain ``eval`` makes of an expression: for each row a value, or the exception."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        code = compile(text, "<expression>", "eval")
    values: list[Any] = []
    for row in found:
        try:
            values.append(eval(code, NAMES, row))
        except Exception as error:
            values.append(error)
    return values


def kind_of(error: Exception) -> str:
    return next(name for kind, name, _ in REJECTING if isinstance(error, kind))


def run(pipeline: thresher.Pipeline, data: bytes, engine: str, suffix: str) -> tuple[bytes, list[dict[str, Any]], Any]:
    """Return the accepted file, the rejects and the result."""
    with tempfile.TemporaryDirectory() as folder:
        good, bad = Path(folder, f"good{suffix}"), Path(folder, "bad.jsonl")
        result = pipeline.process(data, output=good, rejects=bad, engine=engine)
        assert result.read == result.accepted + result.rejected + result.filtered
        return good.read_bytes(), [json.loads(line) for line in bad.read_bytes().splitlines()], result


@tries(EXAMPLES)
@given(text=expressions(), seed=st.integers(0, 1 << 32))
def test_values_and_exceptions(text: str, seed: int) -> None:
    note(text)
    found = rows(seed, RECORDS)
    wanted = evaluated(text, found)
    pipeline = thresher.Pipeline(Row, select=[], values={"out": text}, null_values=(NULL,))
    output = model_of(pipeline)
    values = [value for value in wanted if not isinstance(value, Exception)]
    data = source(found)
    for engine in ENGINES:
        good, bad, _ = run(pipeline, data, engine, ".jsonl")
        lines = [output.model_construct(out=value).model_dump_json(warnings="error") for value in values]
        same(engine, good, lines, values)
        assert_rejects(engine, text, bad, wanted, found)
        if any(isinstance(value, float) for value in values):
            # JSON has no infinity, and CSV no difference between an empty text and None.
            good, _, _ = run(pipeline, data, engine, ".csv")
            same(engine, good.partition(b"\n")[2], [written(output, value) for value in values], values)


@tries(EXAMPLES // 3)
@given(text=expressions(), seed=st.integers(0, 1 << 32))
def test_where_and_checks(text: str, seed: int) -> None:
    note(text)
    found = rows(seed, RECORDS // 2)
    wanted = evaluated(text, found)
    data = source(found)
    filtering = thresher.Pipeline(Row, where=text, null_values=(NULL,))
    checking = thresher.Pipeline(Row, checks=[text], null_values=(NULL,))
    kept = [Row(**row).model_dump_json() for row, value in zip(found, wanted, strict=True) if holds(value)]
    raised = sum(isinstance(value, Exception) for value in wanted)
    for engine in ENGINES:
        good, bad, result = run(filtering, data, engine, ".jsonl")
        same(engine, good, kept, kept)
        assert (result.rejected, result.filtered) == (raised, len(found) - len(kept) - raised)
        good, bad, result = run(checking, data, engine, ".jsonl")
        same(engine, good, kept, kept)
        refused = [n for n, value in enumerate(wanted, 1) if not holds(value)]
        assert [reject["record"] for reject in bad] == refused
        for reject in bad:
            value = wanted[reject["record"] - 1]
            stage, kind = ("transform", kind_of(value)) if isinstance(value, Exception) else ("check", "check_failed")
            assert (reject["stage"], reject["errors"][0]["type"]) == (stage, kind), engine


def holds(value: Any) -> bool:
    return not isinstance(value, Exception) and bool(value)


def model_of(pipeline: thresher.Pipeline) -> type[BaseModel]:
    """Return a model that writes the value as its type is written."""
    shown = pipeline.explain().steps[0].type
    kinds = frozenset().union(*(of_annotation(NAMES_OF[name]) for name in shown.split(" | ")))
    made: type[BaseModel] = create_model("Out", out=(annotation_of(kinds), ...))
    return made


NAMES_OF: dict[str, Any] = {
    "None": type(None), "int": int, "float": float, "str": str, "bool": bool, "date": dt.date, "datetime": dt.datetime,
    "timedelta": dt.timedelta,
}  # fmt: skip


def written(output: type[BaseModel], value: Any) -> str:
    made: Mapping[str, Any] = output.model_validate({"out": value}).__dict__
    if made["out"] is None:
        return '""'
    return repr(made["out"])


def same(engine: str, found: bytes, wanted: list[str], values: list[Any]) -> None:
    lines = found.decode().split("\n")
    assert lines.pop() == ""
    for line, expected, value in zip(lines, wanted, values, strict=False):
        assert line == expected, (engine, value)
    assert len(lines) == len(wanted), engine


def assert_rejects(engine: str, text: str, bad: list[dict[str, Any]], wanted: list[Any], found: list[Any]) -> None:
    expected = [(n, error) for n, error in enumerate(wanted, 1) if isinstance(error, Exception)]
    assert [reject["record"] for reject in bad] == [n for n, _ in expected], engine
    for reject, (number, error) in zip(bad, expected, strict=True):
        (fault,) = reject["errors"]
        assert reject["stage"] == "transform"
        assert fault["type"] == kind_of(error), engine
        assert fault["loc"] == ["out"]
        assert fault["msg"].endswith(f" in expression {text}: {error}"), engine
        assert fault["ctx"] == {"expression": text}
        looked_at = {name: found[number - 1][name] for name in fault["input"]}
        assert fault["input"] == json.loads(to_json(looked_at, inf_nan_mode="strings"))


def test_the_scope_is_that_of_the_model() -> None:
    compiled = thresher.Pipeline(Row)._bound.compiled
    assert {name: of_annotation(info.annotation) for name, info in Row.model_fields.items()} == scope_of(
        compiled
    ).fields

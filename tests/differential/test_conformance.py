"""Every case of the conformance tables, through ``thresher.process`` with each engine, against Pydantic itself."""

from __future__ import annotations

import contextlib
import importlib.util
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError, create_model

import thresher

FOLDER = Path(__file__).parent.parent / "cases" / "conformance"


def _load(mode: str) -> dict[str, list[str]]:
    """Return the inputs of each type expression, in order."""
    path = Path(os.environ.get("THRESHER_CONFORMANCE", FOLDER / f"pydantic_{mode}.jsonl"))
    found: dict[str, list[str]] = {}
    with path.open(encoding="utf-8") as lines:
        for line in lines:
            case = json.loads(line)
            if case.get("mode", mode) == mode:
                found.setdefault(case["type"], []).append(case["input"])
    return found


def _names() -> dict[str, Any]:
    spec = importlib.util.spec_from_file_location("conformance_namespace", FOLDER / "namespace.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    names: dict[str, Any] = module.NAMES
    return names


CSV, JSON = _load("csv"), _load("json")


@pytest.fixture(scope="module")
def names() -> dict[str, Any]:
    return _names()


def test_there_are_cases() -> None:
    assert sum(map(len, CSV.values())) >= 2_000
    assert sum(map(len, JSON.values())) >= 3_000


def _ids(cases: dict[str, list[str]]) -> list[str]:
    return [f"{n}-{each[:60]}" for n, each in enumerate(cases)]


@pytest.mark.parametrize("expression", CSV, ids=_ids(CSV))
def test_cells(expression: str, engine: Any, names: dict[str, Any]) -> None:
    """Each case is a cell of a CSV file."""
    inputs = CSV[expression]
    model: Any = create_model("M", x=(eval(expression, dict(names)), ...))
    source = "x\n" + "".join('"' + each.replace('"', '""') + '"\n' for each in inputs)
    asked: list[Any] = [lambda given=given: model.model_validate({"x": given}) for given in inputs]
    for result in results(source.encode(), model, engine, null_values=()):
        compare(result, model, engine, asked)


@pytest.mark.parametrize("expression", JSON, ids=_ids(JSON))
def test_lines(expression: str, engine: Any, names: dict[str, Any]) -> None:
    """Each case is a value in a line of JSON; a line end in it becomes a space."""
    model: Any = create_model("M", x=(eval(expression, dict(names)), ...))
    lines = [f'{{"x": {each}}}'.replace("\n", " ").encode("utf-8", "surrogatepass") for each in JSON[expression]]
    asked: list[Any] = [lambda line=line: model.model_validate_json(line) for line in lines]
    for result in results(b"\n".join(lines), model, engine, format="jsonl"):
        compare(result, model, engine, asked)


def results(source: bytes, model: Any, engine: str, **settings: Any) -> Iterator[Any]:
    """Yield what a pipeline makes of a source; with the Rust engine, which remembers it, twice."""
    pipeline = thresher.Pipeline(model, engine=engine, **settings)
    for _ in range(2 if engine == "rust" else 1):
        yield pipeline.process(source)


def compare(result: Any, model: Any, engine: str, asked: list[Any]) -> None:
    """Compare a result with what Pydantic says about each record."""
    assert (result.engine, result.read) == (engine, len(asked))
    rejects = {reject.record: reject for reject in result.rejects}
    accepted = iter(result.records())
    for record, ask in enumerate(asked, 1):
        try:
            expected = ask()
        except ValidationError as error:
            reject = rejects.pop(record)
            told = [{**each, "loc": list(each["loc"])} for each in reject.told]
            assert_errors(reject, told, error)
        else:
            assert record not in rejects, (record, rejects[record])
            found = next(accepted)
            assert type(found) is model
            assert same(found.x, expected.x), record
            assert found.model_fields_set == expected.model_fields_set
    assert (list(accepted), rejects) == ([], {})


def assert_errors(reject: Any, told: list[Any], error: ValidationError) -> None:
    """Compare the errors of a reject, as JSON and as Python objects, with those of Pydantic."""
    expected = error.errors(include_url=False)
    for each in expected:
        # Text is given to Pydantic as text; only what is none as bytes.
        if isinstance(each["input"], bytes):
            with contextlib.suppress(UnicodeDecodeError):
                each["input"] = each["input"].decode()
    assert same(reject.errors, expected), reject.record
    if not any(isinstance(each["input"], bytes) for each in expected):
        assert same(told, json.loads(error.json(include_url=False))), reject.record


def same(found: Any, expected: Any) -> bool:
    """Return whether two values are equal and of the same type, all the way down; NaN equals NaN."""
    if type(found) is not type(expected):
        return False
    if isinstance(expected, float):
        return repr(found) == repr(expected)
    if isinstance(expected, dict):
        return list(found) == list(expected) and all(same(found[key], value) for key, value in expected.items())
    if isinstance(expected, list | tuple):
        return len(found) == len(expected) and all(map(same, found, expected))
    if isinstance(expected, Exception):
        return bool(found.args == expected.args)
    return bool(found == expected) or repr(found) == repr(expected)

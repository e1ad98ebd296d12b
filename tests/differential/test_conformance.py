"""Every CSV case of the conformance table, through ``thresher.process`` with each engine, against Pydantic itself."""

from __future__ import annotations

import importlib.util
import json
import os
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError, create_model

import thresher

FOLDER = Path(__file__).parent.parent / "cases" / "conformance"


def _load() -> dict[str, list[str]]:
    """Return the inputs of each type expression, in order."""
    path = Path(os.environ.get("THRESHER_CONFORMANCE", FOLDER / "pydantic_csv.jsonl"))
    found: dict[str, list[str]] = {}
    with path.open(encoding="utf-8") as lines:
        for line in lines:
            case = json.loads(line)
            if case.get("mode", "csv") == "csv":
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


CASES = _load()


@pytest.fixture(scope="module")
def names() -> dict[str, Any]:
    return _names()


def test_there_are_cases() -> None:
    assert sum(map(len, CASES.values())) >= 2_000


@pytest.mark.parametrize("expression", CASES, ids=[f"{n}-{each[:60]}" for n, each in enumerate(CASES)])
def test_conformance(expression: str, engine: Any, names: dict[str, Any]) -> None:
    inputs = CASES[expression]
    model: Any = create_model("M", x=(eval(expression, dict(names)), ...))
    source = "x\n" + "".join('"' + each.replace('"', '""') + '"\n' for each in inputs)
    result = thresher.process(source.encode(), model, engine=engine, null_values=())
    assert (result.engine, result.read) == (engine, len(inputs))
    rejects = {reject.record: reject for reject in result.rejects}
    accepted = iter(result.records())
    for record, given in enumerate(inputs, 1):
        try:
            expected = model.model_validate({"x": given})
        except ValidationError as error:
            reject = rejects.pop(record)
            expected_errors, expected_json = error.errors(include_url=False), json.loads(error.json(include_url=False))
            told = [{**each, "loc": list(each["loc"])} for each in reject.told]
        else:
            assert record not in rejects, (given, rejects[record])
            found = next(accepted)
            assert type(found) is model
            assert same(found.x, expected.x), given
            assert found.model_fields_set == expected.model_fields_set
            continue
        assert told == expected_json, given
        assert same(reject.errors, expected_errors), given
    assert (list(accepted), rejects) == ([], {})


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

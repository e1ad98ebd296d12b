"""Odd values of every type with an inner structure, as JSON Lines and as cells: each engine against Pydantic itself."""

from __future__ import annotations

import json
import tomllib
import warnings
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel, ValidationError, create_model

import thresher
from lines import accepted_and_rejects
from nested_types import NAMES
from thresher import schema
from thresher.plan import Ask

TABLE = tomllib.loads((Path(__file__).parent.parent / "cases" / "nested_values.toml").read_text(encoding="utf-8"))
TYPES: list[dict[str, Any]] = TABLE["type"]

pytestmark = pytest.mark.filterwarnings("ignore:Pydantic serializer warnings")


def _model(entry: dict[str, Any]) -> type[BaseModel]:
    model: type[BaseModel] = create_model("M", x=(eval(entry["type"], dict(NAMES)), ...))
    return model


@pytest.mark.parametrize("entry", TYPES, ids=lambda entry: entry["type"][:60])
def test_routes(entry: dict[str, Any]) -> None:
    """A type asks Pydantic where the table says so, and nowhere else."""
    plan = schema.compile(_model(entry)).lines()
    asks = plan.route == "record" or any(isinstance(field.kind, Ask) for field in plan.fields)
    assert asks == entry.get("asks", False), plan


@pytest.mark.parametrize("entry", TYPES, ids=lambda entry: entry["type"][:60])
def test_lines(entry: dict[str, Any], engine: Any, tmp_path: Path) -> None:
    """Each value stands in a line of JSON."""
    model = _model(entry)
    data = b"".join(f'{{"x":{value}}}\n'.encode() for value in entry["values"])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        accepted, rejects, records = accepted_and_rejects(model, data)
        good, bad = tmp_path / "g.jsonl", tmp_path / "b.jsonl"
        thresher.process(data, model, output=good, rejects=bad, engine=engine, format="jsonl")
        assert bad.read_bytes().splitlines(keepends=True) == rejects
        assert good.read_bytes().splitlines(keepends=True) == accepted
        result = thresher.process(data, model, engine=engine, format="jsonl")
    assert list(map(repr, result.records())) == list(map(repr, records))


@pytest.mark.parametrize("entry", TYPES, ids=lambda entry: entry["type"][:60])
def test_cells(entry: dict[str, Any], engine: Any, tmp_path: Path) -> None:
    """Each value, and the text of each that is a string, is a cell."""
    model = _model(entry)
    cells = [*entry["values"], *(json.loads(each) for each in entry["values"] if _is_string(each))]
    data = "x\n" + "".join('"' + cell.replace('"', '""') + '"\n' for cell in cells)
    accepted, refused = [], []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for cell in cells:
            try:
                accepted.append(model.model_validate({"x": cell}))
            except ValidationError as error:
                refused.append(json.loads(error.json(include_url=False)))
        good, bad = tmp_path / "g.jsonl", tmp_path / "b.jsonl"
        config: dict[str, Any] = {"engine": engine, "format": "csv", "delimiter": ",", "null_values": ()}
        thresher.process(data.encode(), model, output=good, rejects=bad, **config)
        told = [json.loads(line)["errors"] for line in bad.read_bytes().splitlines()]
        assert told == refused
        assert good.read_bytes().splitlines() == [each.model_dump_json().encode() for each in accepted]
        result = thresher.process(data.encode(), model, **config)
    assert list(map(repr, result.records())) == list(map(repr, accepted))


def _is_string(text: str) -> bool:
    try:
        json.loads(text).encode()
    except (ValueError, AttributeError):
        return False
    return True

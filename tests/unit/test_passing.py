"""Fields with an inner structure that an output schema copies: natively where nothing changes, else by Python."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import pytest
from pydantic import BaseModel, ConfigDict, Field, Json, StringConstraints

import thresher


class Inner(BaseModel):
    a: int
    b: str = "b"


class Always(BaseModel):
    model_config = ConfigDict(revalidate_instances="always")
    a: int


class Shouting(BaseModel):
    model_config = ConfigDict(str_to_upper=True)
    x: list[str]


LINES = (
    b'{"x":[1,1,2]}\n{"x":["3"]}\n{"x":{"a":"1"}}\n{"x":"[1]"}\n{"x":[{"a":1}]}\n{"x":["a"]}\n{"x":{"k":[[1],[2]]}}\n'
    b'{"x":1}\n{"x":null}\n{"x":[]}\n{}\n'
)

PASS = [list[int], list[Inner], Inner, dict[str, list[list[int]]], list[int] | None, tuple[int, ...], list[str]]
ASKED = [list[Annotated[str, StringConstraints(to_upper=True)]], Json[list[int]], int | str, Always, set[int]]


def _models(given: Any, wanted: Any) -> tuple[Any, Any]:
    class Read(BaseModel):
        x: given

    class Written(BaseModel):
        x: wanted
        y: Annotated[int, thresher.From("1")]

    return Read, Written


def _agree(given: Any, wanted: Any, tmp_path: Path) -> None:
    """Both engines make the same of every line."""
    made = []
    for name in ("rust", "python"):
        good, bad = tmp_path / f"{name}.jsonl", tmp_path / f"{name}.bad.jsonl"
        pipeline = thresher.Pipeline(*_models(given, wanted), engine=name)
        pipeline.process(LINES, output=good, rejects=bad, format="jsonl")
        made.append((good.read_bytes(), bad.read_bytes()))
    assert made[0] == made[1]


@pytest.mark.parametrize("type_", PASS, ids=str)
def test_the_same_type_passes(type_: Any, tmp_path: Path) -> None:
    pytest.importorskip("thresher._engine")
    _agree(type_, type_, tmp_path)
    explanation = thresher.Pipeline(*_models(type_, type_)).explain()
    assert explanation.steps[0].route == "native"


@pytest.mark.parametrize("type_", ASKED, ids=str)
def test_what_would_change_when_it_is_asked_again_does_not(type_: Any, tmp_path: Path) -> None:
    pytest.importorskip("thresher._engine")
    _agree(type_, type_, tmp_path)
    explanation = thresher.Pipeline(*_models(type_, type_)).explain()
    assert explanation.steps[0].route == "python"


@pytest.mark.parametrize("wanted", [set[int], list[str], tuple[int, ...], list[Annotated[int, Field(le=1)]]], ids=str)
def test_another_type_does_not(wanted: Any, tmp_path: Path) -> None:
    """Also where both schemas have but one such field."""
    pytest.importorskip("thresher._engine")
    _agree(list[int], wanted, tmp_path)
    assert thresher.Pipeline(*_models(list[int], wanted)).explain().steps[0].route == "python"


def test_another_configuration_does_not() -> None:
    class Read(BaseModel):
        x: list[str]

    assert thresher.Pipeline(Read, Shouting).explain().steps[0].route == "python"

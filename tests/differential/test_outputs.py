"""Values that pass from one model to another: both engines write what Pydantic makes of the input model's value.

Each pair of types of a kind, for each odd cell of that kind, as a copy and as the expression that is the field's name.
``THRESHER_PROFILE=long`` tries every pair. No difference is allowed.
"""

from __future__ import annotations

import itertools
import json
import random
import warnings
from pathlib import Path
from typing import Annotated, Any, NamedTuple

import pytest
from pydantic import BaseModel, ValidationError, create_model
from pydantic_core import PydanticSerializationError

import thresher
from effort import ENGINES, LONG, QUIET, TIMEOUT
from kinds import NATIVE, OTHERS, odd_cells, optional
from thresher.encode import csv_line

PAIRS = 1_000 if LONG else 25
ODD = odd_cells()

pytestmark = [QUIET, TIMEOUT]


class Pair(NamedTuple):
    """An input type, with or without a default, and an output type."""

    given: Any
    default: Any
    wanted: Any


def pairs(kind: str) -> list[Pair]:
    """Return some pairs of the types of a kind."""
    found = NATIVE[kind] + OTHERS.get(kind, [])
    types = [*found, *map(optional, NATIVE[kind])]
    others = [annotation for each in ("str", "float") for annotation in NATIVE[each][:2]]
    made = [Pair(given, ..., wanted) for given, wanted in itertools.product(types, types + others)]
    made += [
        Pair(given, default, wanted) for given, wanted in itertools.product(types, types) for default in (None, 0, "x")
    ]
    random.Random(kind).shuffle(made)
    # Of equal types always, as most copies are of those.
    return [Pair(each, ..., each) for each in types[:10]] + made[:PAIRS]


def model(name: str, annotation: Any, default: Any = ...) -> type[BaseModel]:
    made: type[BaseModel] = create_model(name, x=(annotation, default))
    return made


def expected(given: type[BaseModel], wanted: type[BaseModel], cells: list[str]) -> list[tuple[str, str, list[Any]]]:
    """Return the verdict of each cell, its line or stage, and the types of its errors."""
    found = []
    for cell in cells:
        stage = "validate"
        try:
            # The empty cell is null, and the second column is there so that no line is blank.
            nullable = given.model_fields["x"].is_required() and _takes_none(given)
            row = {"x": cell} if cell else {"x": None} if nullable else {}
            instance = given.model_validate(row)
            stage = "output"
            line = wanted.model_validate({"x": instance.x}).model_dump_json()  # type: ignore[attr-defined]
        except ValidationError as error:
            found.append(("rejected", stage, [each["type"] for each in error.errors()]))
        else:
            found.append(("accepted", line, []))
    return found


def _takes_none(given: type[BaseModel]) -> bool:
    compiled = thresher.Pipeline(given)._bound.compiled
    return compiled.fields[0].nullable


@pytest.mark.parametrize("kind", NATIVE)
def test_values_pass_as_pydantic_passes_them(kind: str, tmp_path: Path) -> None:
    cells = [*ODD[kind], ""]
    data = b"x,y\n" + b"".join(csv_line([cell, ""], ",") for cell in cells)
    for pair in pairs(kind):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            given, wanted = model("In", pair.given, pair.default), model("Out", pair.wanted)
            loaded = model("Out", Annotated[pair.wanted, thresher.From("x")])
            try:
                results = expected(given, wanted, cells)
            except (AttributeError, TypeError, PydanticSerializationError):
                # A validator of the user's that takes text only, or bytes that are no text: either stops the run.
                continue
            for output, engine in itertools.product((wanted, loaded), ENGINES):
                pipeline = built(given, output, engine)
                if pipeline is None:
                    assert all(result[0] == "rejected" for result in results), pair
                    continue
                compare(pipeline, data, results, tmp_path, f"{pair} {output is loaded} {engine}")


def built(given: type[BaseModel], output: type[BaseModel], engine: Any) -> thresher.Pipeline | None:
    """Return a pipeline; None where it is refused because no value can be accepted."""
    try:
        return thresher.Pipeline(given, output, engine=engine)
    except thresher.ConfigurationError as error:
        if "its expression gives" not in str(error):
            raise
        return None


def compare(pipeline: thresher.Pipeline, data: bytes, results: list[Any], folder: Path, about: str) -> None:
    result = pipeline.process(data, output=folder / "o.jsonl", rejects=folder / "r.jsonl")
    assert result.read == len(results), about
    lines = iter((folder / "o.jsonl").read_bytes().split(b"\n"))
    rejects = {reject["record"]: reject for reject in map(json.loads, (folder / "r.jsonl").read_bytes().splitlines())}
    for number, (verdict, text, types) in enumerate(results, 1):
        if verdict == "accepted":
            assert number not in rejects, (about, number, rejects[number])
            assert next(lines).decode() == text, (about, number)
        else:
            assert number in rejects, (about, number, text, types)
            reject = rejects[number]
            assert (reject["stage"], [each["type"] for each in reject["errors"]]) == (text, types), (about, number)

"""Random schemas whose fields are all selected: both engines write what is written where nothing is selected.

``THRESHER_PROFILE=long`` runs more than 100,000 records. Differences are allowed where a default of a dataclass is of
another type than its field, and is not written as its configuration says; and where a validator leaves its field out,
which a drafted output needs.
"""

from __future__ import annotations

import json
import random
import tempfile
import warnings
from pathlib import Path
from typing import Any

import msgspec
from hypothesis import given, note
from hypothesis import strategies as st

import thresher
from effort import ENGINES, LONG, QUIET, TIMEOUT, tries
from family import Relative, relatives
from lines import random_lines
from model_files import DrawnModel, models
from nested_models import DrawnNested, nested_lines, nested_models
from structs import DrawnStruct, cells_and_rows, random_struct_lines, structs

EXAMPLES, RECORDS = (750, 60) if LONG else (40, 30)
SEEDS = st.integers(0, 1 << 32)

pytestmark = [QUIET, TIMEOUT]


@tries(EXAMPLES)
@given(drawn=models(), seed=SEEDS)
def test_models(drawn: DrawnModel, seed: int) -> None:
    compare(drawn.model, random_lines(drawn, random.Random(seed), RECORDS), drawn.described)


@tries(EXAMPLES)
@given(drawn=nested_models(), seed=SEEDS)
def test_nested_models(drawn: DrawnNested, seed: int) -> None:
    compare(drawn.model, nested_lines(drawn, random.Random(seed), RECORDS), drawn.described)


@tries(EXAMPLES)
@given(relative=relatives(), seed=SEEDS)
def test_dataclasses_and_typed_dicts(relative: Relative, seed: int) -> None:
    if "ser_json_" in relative.drawn.described:
        return
    compare(relative.type, random_lines(relative.drawn, random.Random(seed), RECORDS), relative.drawn.described)


@tries(EXAMPLES)
@given(drawn=structs(), seed=SEEDS)
def test_structs(drawn: DrawnStruct, seed: int) -> None:
    compare(drawn.struct, b"\n".join(random_struct_lines(drawn, random.Random(seed), RECORDS)), drawn.described)


@tries(EXAMPLES)
@given(drawn=structs(), seed=SEEDS)
def test_cells_of_structs(drawn: DrawnStruct, seed: int) -> None:
    data, *_ = cells_and_rows(drawn, random.Random(seed), RECORDS)
    compare(drawn.struct, data, drawn.described, "csv")


def compare(schema: Any, data: bytes, described: str, form: str = "jsonl") -> None:
    """Hold what is written of a selection against what is written of the whole."""
    note(described)
    # Keys of extra='allow' may be those of fields.
    if any(each in described for each in ("_custom", "'extra': 'allow'")):
        return
    with warnings.catch_warnings():
        # Pydantic warns when it writes a default of another type than its field.
        warnings.simplefilter("ignore")
        fields = {row.field.split(" ")[0] for row in thresher.explain(schema).rows}
        try:
            whole = written(schema, data, ENGINES[0], form)
        except thresher.DataProcessingError:
            # A default that its own field cannot write.
            return
        for engine in ENGINES:
            selected = written(schema, data, engine, form, select=sorted(fields))
            assert selected[1] == whole[1]
            for one, other in zip(selected[0], whole[0], strict=True):
                if issubclass(schema, msgspec.Struct):
                    # A tag is no field.
                    other.pop(schema.__struct_config__.tag_field, None)
                # What is excluded, or left out, is written only where it is selected.
                assert json.dumps({key: one[key] for key in other}) == json.dumps(other)


def written(
    schema: Any, data: bytes, engine: Any, form: Any, **arguments: Any
) -> tuple[list[dict[str, Any]], list[int]]:
    """Return the accepted records as JSON tells them, and the numbers of the rejects."""
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder, "o.jsonl")
        result = thresher.Pipeline(schema, engine=engine, **arguments).process(data, format=form, output=target)
        lines = target.read_bytes().split(b"\n")[:-1]
        return [json.loads(line) for line in lines], [reject.record for reject in result.rejects]

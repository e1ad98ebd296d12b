"""Random models and files: Rust, Python and Pydantic itself agree on every verdict, value, error and byte.

``THRESHER_PROFILE=long`` runs more than 100,000 records. No difference is allowed.
"""

from __future__ import annotations

import random
import tempfile
import warnings
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, note
from hypothesis import strategies as st
from pydantic_core import PydanticSerializationError

import thresher
from effort import ENGINES, LONG, QUIET, TIMEOUT, tries
from model_files import DrawnModel, models, random_file
from oracles import compare, expected

EXAMPLES, RECORDS = (1_500, 100) if LONG else (60, 40)

pytestmark = [QUIET, TIMEOUT]


@tries(EXAMPLES)
@given(
    drawn=models(),
    seed=st.integers(0, 1 << 32),
    delimiter=st.sampled_from(",;\t|"),
    nulls=st.sampled_from([("",), ("",), (), ("", "NA", "x"), ("0", "1")]),
    block_bytes=st.sampled_from([1, 7, 64, 1 << 18]),
    workers=st.integers(1, 3),
)
def test_engines_and_pydantic_agree(
    drawn: DrawnModel, seed: int, delimiter: str, nulls: tuple[str, ...], block_bytes: int, workers: int
) -> None:
    file = random_file(drawn, random.Random(seed), delimiter, RECORDS)
    note(f"{drawn.described}\nheader: {file.header}")
    with warnings.catch_warnings():
        # Pydantic warns when it writes a default of another type than its field.
        warnings.simplefilter("ignore")
        config = {"delimiter": delimiter, "null_values": nulls, "block_bytes": block_bytes, "workers": workers}
        try:
            accepted, rejects, records = expected(drawn, file, nulls)
        except PydanticSerializationError:
            # A default that its own field cannot write: nothing can be made of such a model, and nothing is.
            for engine in ENGINES:
                with tempfile.TemporaryDirectory() as folder, pytest.raises(thresher.DataProcessingError):
                    thresher.process(file.data, drawn.model, output=Path(folder, "a.jsonl"), engine=engine, **config)
                assert not Path(folder, "a.jsonl").exists()
            return
        tables = []
        for engine in ENGINES:
            with tempfile.TemporaryDirectory() as folder:
                good, bad, table, told = (Path(folder, name) for name in ("g.jsonl", "b.jsonl", "t.csv", "b.csv"))
                result = thresher.process(file.data, drawn.model, output=good, rejects=bad, engine=engine, **config)
                assert result.read == len(file.rows)
                compare(engine, file, bad.read_bytes(), rejects)
                compare(engine, file, good.read_bytes(), accepted)
                thresher.process(file.data, drawn.model, output=table, rejects=told, engine=engine, **config)
                tables.append((table.read_bytes(), told.read_bytes()))
            kept = list(thresher.process(file.data, drawn.model, engine=engine, **config).records())
            assert len(kept) == len(records)
            for found, wanted in zip(kept, records, strict=True):
                assert shown(found) == shown(wanted), engine
        assert len(set(tables)) == 1


def shown(instance: Any) -> str:
    """Return all there is to an instance: type and value of each attribute, extras, and which were set."""
    return (
        f"{type(instance)} {instance.__dict__!r} {instance.__pydantic_extra__!r} "
        f"{sorted(instance.model_fields_set)} {[type(value) for value in instance.__dict__.values()]}"
    )

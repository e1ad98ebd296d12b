"""Random models with inner structure, JSON Lines and cells: Rust, Python and Pydantic agree on every value and error.

``THRESHER_PROFILE=long`` runs more than 100,000 records. No difference is allowed.
"""

from __future__ import annotations

import csv
import io
import json
import random
import tempfile
import warnings
from pathlib import Path
from typing import Any

from hypothesis import given, note
from hypothesis import strategies as st
from pydantic import ValidationError

import thresher
from effort import ENGINES, LONG, QUIET, TIMEOUT, tries
from lines import accepted_and_rejects
from nested_models import DrawnNested, nested_cells, nested_lines, nested_models

EXAMPLES, RECORDS = (1_500, 100) if LONG else (60, 30)

pytestmark = [QUIET, TIMEOUT]


@tries(EXAMPLES)
@given(
    drawn=nested_models(),
    seed=st.integers(0, 1 << 32),
    block_bytes=st.sampled_from([1, 64, 1 << 18]),
    workers=st.integers(1, 2),
)
def test_lines(drawn: DrawnNested, seed: int, block_bytes: int, workers: int) -> None:
    """Accepted lines, rejects and records are those of the loop that asks Pydantic about each line."""
    data = nested_lines(drawn, random.Random(seed), RECORDS)
    note(drawn.described)
    config: dict[str, Any] = {"format": "jsonl", "block_bytes": block_bytes, "workers": workers}
    with warnings.catch_warnings():
        # Pydantic warns when it writes a default of another type than its field.
        warnings.simplefilter("ignore")
        try:
            accepted, rejects, records = accepted_and_rejects(drawn.model, data)
        except Exception:
            # A default that its own field cannot write.
            return
        for engine in ENGINES:
            with tempfile.TemporaryDirectory() as folder:
                good, bad = Path(folder, "g.jsonl"), Path(folder, "b.jsonl")
                thresher.process(data, drawn.model, output=good, rejects=bad, engine=engine, **config)
                assert bad.read_bytes().splitlines(keepends=True) == rejects, engine
                assert good.read_bytes().splitlines(keepends=True) == accepted, engine
            result = thresher.process(data, drawn.model, engine=engine, **config)
            assert list(map(repr, result.records())) == list(map(repr, records)), engine


@tries(EXAMPLES)
@given(drawn=nested_models(), seed=st.integers(0, 1 << 32), block_bytes=st.sampled_from([64, 1 << 18]))
def test_tables(drawn: DrawnNested, seed: int, block_bytes: int) -> None:
    """Both engines write the same CSV of JSON Lines, or refuse to for the same reason."""
    data = nested_lines(drawn, random.Random(seed), RECORDS)
    note(drawn.described)
    written = []
    for engine in ENGINES:
        with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
            warnings.simplefilter("ignore")
            table, bad = Path(folder, "t.csv"), Path(folder, "b.csv")
            try:
                thresher.process(
                    data, drawn.model, output=table, rejects=bad, engine=engine, format="jsonl", block_bytes=block_bytes
                )
                written.append((table.read_bytes(), bad.read_bytes()))
            except (thresher.DataProcessingError, thresher.ConfigurationError) as error:
                written.append((str(type(error)).encode(), b""))
    assert len(set(written)) == 1


@tries(EXAMPLES)
@given(drawn=nested_models(2), seed=st.integers(0, 1 << 32), block_bytes=st.sampled_from([64, 1 << 18]))
def test_cells(drawn: DrawnNested, seed: int, block_bytes: int) -> None:
    """Cells that hold JSON, or the value of one of several types, mean what they mean to ``model_validate``."""
    data = nested_cells(drawn, random.Random(seed), RECORDS)
    note(drawn.described)
    names, *rows = csv.reader(io.StringIO(data.decode(), newline=""))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        records, errors = [], []
        try:
            for row in rows:
                try:
                    records.append(drawn.model.model_validate(dict(zip(names, row, strict=True))))
                except ValidationError as error:
                    errors.append(json.loads(error.json(include_url=False)))
            lines = [record.model_dump_json().encode() for record in records]
        except Exception:
            return
        for engine in ENGINES:
            with tempfile.TemporaryDirectory() as folder:
                good, bad = Path(folder, "g.jsonl"), Path(folder, "b.jsonl")
                config: dict[str, Any] = {"engine": engine, "block_bytes": block_bytes, "null_values": ()}
                thresher.process(data, drawn.model, output=good, rejects=bad, format="csv", delimiter=",", **config)
                told = [json.loads(line)["errors"] for line in bad.read_bytes().splitlines()]
                assert repr(told) == repr(errors), engine
                assert good.read_bytes().splitlines() == lines, engine
                result = thresher.process(data, drawn.model, format="csv", delimiter=",", **config)
                assert list(map(repr, result.records())) == list(map(repr, records)), engine

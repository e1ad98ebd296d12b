"""Random dataclasses and TypedDicts: Rust, Python and Pydantic itself agree on every verdict, value, error and byte.

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

import thresher
from effort import ENGINES, LONG, QUIET, TIMEOUT, tries
from family import Relative, relatives
from lines import accepted_and_rejects, random_lines
from model_files import random_file
from oracles import compare, expected

EXAMPLES, RECORDS = (750, 100) if LONG else (60, 40)

pytestmark = [QUIET, TIMEOUT]


@tries(EXAMPLES)
@given(
    relative=relatives(),
    seed=st.integers(0, 1 << 32),
    delimiter=st.sampled_from(",;\t|"),
    nulls=st.sampled_from([("",), ("",), (), ("", "NA", "x"), ("0", "1")]),
    block_bytes=st.sampled_from([1, 7, 64, 1 << 18]),
)
def test_tables(relative: Relative, seed: int, delimiter: str, nulls: tuple[str, ...], block_bytes: int) -> None:
    file = random_file(relative.drawn, random.Random(seed), delimiter, RECORDS)
    note(f"{relative.drawn.described}\nheader: {file.header}")
    config = {"delimiter": delimiter, "null_values": nulls, "block_bytes": block_bytes}
    with warnings.catch_warnings():
        # Pydantic warns when it writes a default of another type than its field.
        warnings.simplefilter("ignore")
        try:
            accepted, rejects, records = expected(relative.drawn, file, nulls, relative.adapter)
        except Exception:
            refused(relative, file.data, config)
            return
        tables = []
        for engine in ENGINES:
            with tempfile.TemporaryDirectory() as folder:
                good, bad, table = (Path(folder, name) for name in ("g.jsonl", "b.jsonl", "t.csv"))
                thresher.process(file.data, relative.type, output=good, rejects=bad, engine=engine, **config)
                compare(engine, file, bad.read_bytes(), rejects)
                compare(engine, file, good.read_bytes(), accepted)
                thresher.process(file.data, relative.type, output=table, engine=engine, **config)
                tables.append(table.read_bytes())
            kept = list(thresher.process(file.data, relative.type, engine=engine, **config).records())
            assert [shown(found) for found in kept] == [shown(wanted) for wanted in records], engine
        assert len(set(tables)) == 1


@tries(EXAMPLES)
@given(relative=relatives(), seed=st.integers(0, 1 << 32), block_bytes=st.sampled_from([1, 7, 64, 1 << 18]))
def test_lines(relative: Relative, seed: int, block_bytes: int) -> None:
    data = random_lines(relative.drawn, random.Random(seed), RECORDS)
    note(relative.drawn.described)
    config: dict[str, Any] = {"format": "jsonl", "block_bytes": block_bytes}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            accepted, rejects, records = accepted_and_rejects(relative.adapter, data)
        except Exception:
            refused(relative, data, config)
            return
        for engine in ENGINES:
            with tempfile.TemporaryDirectory() as folder:
                good, bad = Path(folder, "g.jsonl"), Path(folder, "b.jsonl")
                thresher.process(data, relative.type, output=good, rejects=bad, engine=engine, **config)
                assert bad.read_bytes().splitlines(keepends=True) == rejects, engine
                assert good.read_bytes().splitlines(keepends=True) == accepted, engine
            kept = list(thresher.process(data, relative.type, engine=engine, **config).records())
            assert [shown(found) for found in kept] == [shown(wanted) for wanted in records], engine


def refused(relative: Relative, data: bytes, config: dict[str, Any]) -> None:
    """A default that its own field cannot write, or a validator that crashes: nothing is made of such a type."""
    for engine in ENGINES:
        with tempfile.TemporaryDirectory() as folder, pytest.raises(thresher.DataProcessingError):
            thresher.process(data, relative.type, output=Path(folder, "a.jsonl"), engine=engine, **config)
        assert not Path(folder, "a.jsonl").exists()


def shown(record: Any) -> str:
    """Return all there is to a record: type and value of each attribute, in order."""
    if isinstance(record, dict):
        values = record
    elif hasattr(record, "__dict__"):
        values = record.__dict__
    else:
        values = {name: getattr(record, name) for name in type(record).__slots__}
    return f"{type(record)} {values!r} {[type(value) for value in values.values()]}"

"""Random Structs and files: Rust, Python and msgspec itself agree on every verdict, value, error and byte.

``THRESHER_PROFILE=long`` runs more than 100,000 records of each format. No difference is allowed.
"""

from __future__ import annotations

import importlib.util
import os
import random
import tempfile
from functools import partial
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, note, settings
from hypothesis import strategies as st

import thresher
from structs import DrawnStruct, cells_and_rows, mapping_of, random_struct_lines, structs, verdicts

LONG = os.environ.get("THRESHER_PROFILE") == "long"
EXAMPLES, RECORDS = (1_500, 100) if LONG else (80, 40)
ENGINES = ["python"] if importlib.util.find_spec("thresher._engine") is None else ["rust", "python"]

pytestmark = pytest.mark.timeout(3600 if LONG else 120)


@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    drawn=structs(),
    seed=st.integers(0, 1 << 32),
    nulls=st.sampled_from([("",), ("",), (), ("", "null", "1")]),
    block_bytes=st.sampled_from([1, 7, 64, 1 << 18]),
    workers=st.integers(1, 3),
)
def test_cells(drawn: DrawnStruct, seed: int, nulls: tuple[str, ...], block_bytes: int, workers: int) -> None:
    data, header, rows, raws = cells_and_rows(drawn, random.Random(seed), RECORDS)
    note(f"{drawn.described}\nheader: {header}")
    records = [mapping_of(drawn, header, row, nulls) for row in rows]
    first = len(data) - sum(len(raw) + 1 for raw in raws)
    decode = partial(msgspec.convert, type=drawn.struct, strict=False)
    config = {"delimiter": ",", "null_values": nulls, "block_bytes": block_bytes, "workers": workers}
    compare(drawn, data, verdicts(decode, records, raws, 2, first), config)


@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    drawn=structs(),
    seed=st.integers(0, 1 << 32),
    block_bytes=st.sampled_from([1, 7, 64, 1 << 18]),
    workers=st.integers(1, 3),
)
def test_lines(drawn: DrawnStruct, seed: int, block_bytes: int, workers: int) -> None:
    lines = random_struct_lines(drawn, random.Random(seed), RECORDS)
    note(drawn.described)

    def decode(line: bytes) -> Any:
        try:
            return msgspec.json.decode(line.decode(), type=drawn.struct)
        except UnicodeDecodeError:
            return msgspec.json.decode(line, type=drawn.struct)

    config = {"format": "jsonl", "block_bytes": block_bytes, "workers": workers}
    compare(drawn, b"".join(line + b"\n" for line in lines), verdicts(decode, lines, lines, 1, 0), config)


def compare(drawn: DrawnStruct, data: bytes, wanted: tuple[list[bytes], list[bytes], list[Any]], config: Any) -> None:
    accepted, rejects, instances = wanted
    tables = []
    for engine in ENGINES:
        with tempfile.TemporaryDirectory() as folder:
            good, bad, table, told = (Path(folder, name) for name in ("g.jsonl", "b.jsonl", "t.csv", "b.csv"))
            result = thresher.process(data, drawn.struct, output=good, rejects=bad, engine=engine, **config)
            assert result.read == len(accepted) + len(rejects)
            assert bad.read_bytes().splitlines(keepends=True) == rejects, engine
            assert good.read_bytes().splitlines(keepends=True) == accepted, engine
            thresher.process(data, drawn.struct, output=table, rejects=told, engine=engine, **config)
            tables.append((table.read_bytes(), told.read_bytes()))
        kept = thresher.process(data, drawn.struct, engine=engine, **config).records()
        assert [shown(found) for found in kept] == [shown(one) for one in instances], engine
    assert len(set(tables)) == 1


def shown(instance: Any) -> str:
    """Return all there is to an instance: type and value of each field."""
    values = [getattr(instance, name) for name in instance.__struct_fields__]
    return f"{type(instance)} {values!r} {[type(value) for value in values]}"

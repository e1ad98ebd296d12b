"""Random Structs and files: Rust, Python and msgspec itself agree on every verdict, value, error and byte.

``THRESHER_PROFILE=long`` runs more than 100,000 records of each format. No difference is allowed.
"""

from __future__ import annotations

import json
import random
import tempfile
from functools import partial
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given, note
from hypothesis import strategies as st

import thresher
from effort import ENGINES, LONG, TIMEOUT, tries
from kinds import label
from lines import VALUES
from structs import (
    ODD,
    TYPES,
    DrawnField,
    DrawnStruct,
    cells_and_rows,
    mapping_of,
    random_struct_lines,
    structs,
    verdicts,
)
from thresher.encode import csv_line

EXAMPLES, RECORDS = (1_500, 100) if LONG else (80, 40)

pytestmark = TIMEOUT


@tries(EXAMPLES)
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


@tries(EXAMPLES)
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


ANNOTATIONS = [(kind, each) for kind, found in TYPES.items() for each in found]
CASES = [*ANNOTATIONS, *((kind, each | None) for kind, each in ANNOTATIONS if kind not in ("any", "nested", "deep"))]


@pytest.mark.parametrize(("kind", "annotation"), CASES, ids=[f"{kind}-{label(each)}" for kind, each in CASES])
def test_odd_cells_and_values(kind: str, annotation: Any) -> None:
    """Every odd cell, and every odd value of JSON, on every type."""
    struct = msgspec.defstruct("Odd", [("n", int), ("x", annotation)])
    drawn = DrawnStruct(struct, [DrawnField("x", "x", kind, annotation, False, False)], "")
    cells = sorted({cell for each in ODD.values() for cell in each} | {"null", "NULL", "nUll", *ODD_NUMBERS})
    raws = [csv_line([str(number), cell], ",")[:-1] for number, cell in enumerate(cells)]
    records = [{"n": str(number), "x": cell} for number, cell in enumerate(cells)]
    decode = partial(msgspec.convert, type=struct, strict=False)
    data = b"n,x\n" + b"".join(raw + b"\n" for raw in raws)
    compare(drawn, data, verdicts(decode, records, raws, 2, 4), {"delimiter": ",", "null_values": ()})
    values = [
        *VALUES,
        *ODD_NUMBERS,
        *(json.dumps(cell) for cell in cells),
        *(json.dumps(c, ensure_ascii=False) for c in cells),
    ]
    lines = [b'{"n":1,"x":%b}' % value.encode() for value in values if "\n" not in value]
    data = b"".join(line + b"\n" for line in lines)
    compare(drawn, data, verdicts(partial(msgspec.json.decode, type=struct), lines, lines, 1, 0), {"format": "jsonl"})


ODD_NUMBERS = [
    "1e16", "1e15", "1.0e+16", "123456789012345678901234567890.5", "0.1234567890123456789012345", "1e22", "1e23",
    "9007199254740993", "9007199254740993.0", "72057594037927945.0", "1e-5", "0.00001", "1.7976931348623157e308",
    "5e-324", "2.4703282292062327e-324", "999999999999999999", "1000000000000000000", "-1e-7", "1E5", "0e0", "-0e0",
    "1.50", "100.0", "253402300799", "253402300800", "-62135596800", "-62135596801", "12:00:00\x00", "PT1S\x00",
    "2024-01-31T00:00:00\x00", "2024-01-31\x00", "1\x00", "1.5\x00", "true\x00", "2024-01-31T00:00:00Z\x00",
    "2024-01-31T00:00:00+01:00\x00", "12:00:00.5\x00", "P1D\x00", "\x00", "12:00:00Z\x00",
]  # fmt: skip
"""Of forms that no other table has."""


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

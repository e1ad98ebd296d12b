"""Accounting of JSON arrays: whatever bytes come in, each belongs to one record, and both engines say the same."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Literal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import BaseModel, RootModel

import thresher


class Row(BaseModel):
    """A record."""

    a: int
    b: Any = None


class Never(RootModel[Literal["never, ever"]]):
    """Nothing is accepted, so that all bytes of all records come back."""


PIECES = [
    b'{"a":1}', b'{"a":"x","b":[{"a":2}]}', b"{", b"}", b"[", b"]", b",", b"\n", b"\r\n", b" ", b'"', b"\\", b'\\"', 
    b":", b"1", b"null", b"\xff", b"\x00", b'"q]"', b'\n  {"a": 3}', b'},\n{"a":', b'","b":"', b'"},\n',
]  # fmt: skip
"""What arrays are made of, and what they should not be made of."""

values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=8,
)
records = st.fixed_dictionaries({"a": st.integers() | st.text(max_size=4)}, optional={"b": values})


@st.composite
def arrays(draw: st.DrawFn) -> bytes:
    """Draw arrays that are whole, or damaged here and there."""
    data = json.dumps(
        draw(st.lists(records | values, max_size=8)),
        indent=draw(st.sampled_from([None, 0, 2])),
        ensure_ascii=draw(st.booleans()),
    ).encode("utf-8", "surrogatepass")
    for _ in range(draw(st.integers(0, 3))):
        at, length = draw(st.integers(1, len(data))), draw(st.integers(0, 3))
        data = data[:at] + draw(st.sampled_from([b"", *PIECES])) + data[at + length :]
    return data


bodies = st.one_of(
    st.binary(max_size=100).map(lambda body: b"[" + body),
    st.lists(st.sampled_from(PIECES), max_size=40).map(lambda pieces: b"[" + b"".join(pieces)),
    arrays(),
)
limits = st.sampled_from([1 << 20, 40, 7, 1])


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder that all examples share."""
    return tmp_path_factory.mktemp("accounting")


def outcome(data: bytes, model: Any, folder: Path, **settings: Any) -> tuple[bytes, bytes, thresher.Result]:
    """Process an array into files; return their bytes and the result."""
    good, bad = folder / "good.jsonl", folder / "bad.jsonl"
    result = thresher.process(data, model, format="json", output=good, rejects=bad, **settings)
    assert result.read == result.accepted + result.rejected
    return good.read_bytes(), bad.read_bytes(), result


@settings(max_examples=200)
@given(data=bodies, limit=limits, block=st.integers(1, 70), workers=st.integers(1, 3))
def test_every_byte_belongs_to_one_record(folder: Path, data: bytes, limit: int, block: int, workers: int) -> None:
    """Between records stand white space, commas and one closing bracket, and nothing else."""
    expected = outcome(data, Never, folder, engine="python", max_record_bytes=limit)
    good, bad, result = outcome(
        data, Never, folder, engine="rust", max_record_bytes=limit, block_bytes=block, workers=workers
    )
    assert (good, bad) == expected[:2] == (b"", bad)
    at, between = 1, b""
    for number, reject in enumerate(result.rejects, 1):
        assert reject.record == number
        assert reject.line == 1 + data.count(b"\n", 0, reject.byte_offset)
        assert reject.raw == data[reject.byte_offset : reject.byte_offset + len(reject.raw)]
        assert reject.raw == reject.raw.strip(b" \t\r\n")
        assert reject.byte_offset >= at
        between += data[at : reject.byte_offset]
        at = reject.byte_offset + len(reject.raw)
    between += data[at:]
    assert between.translate(None, b" \t\r\n,") in (b"", b"]")


@settings(max_examples=200)
@given(data=bodies, limit=limits, block=st.integers(1, 70), workers=st.integers(1, 3))
def test_engines_agree(folder: Path, data: bytes, limit: int, block: int, workers: int) -> None:
    """The same bytes come out of both engines, whatever the size of blocks and the number of threads."""
    expected = outcome(data, Row, folder, engine="python", max_record_bytes=limit)
    for how in ({}, {"block_bytes": block, "workers": workers}):
        found = outcome(data, Row, folder, engine="rust", max_record_bytes=limit, **how)
        assert found[:2] == expected[:2]
        assert found[2].error_counts == expected[2].error_counts


@settings(max_examples=200)
@given(data=bodies)
def test_what_is_json_is_read_as_json_reads_it(folder: Path, data: bytes) -> None:
    """Of a valid array each element is a record; of any other text something is refused."""
    _, _, result = outcome(data, Never, folder, engine="rust")
    kinds = {reject.told[0]["type"] for reject in result.rejects}
    try:
        array = json.loads(data.decode())
    except ValueError:
        assert kinds - {"literal_error"}
    else:
        # Half of a surrogate pair is no text for Pydantic.
        assert kinds <= {"literal_error", "json_invalid"}
        assert len(result.rejects) == len(array)
        assert [repr(json.loads(reject.raw)) for reject in result.rejects] == list(map(repr, array))

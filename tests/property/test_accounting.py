"""Accounting: whatever bytes come in, every record is accounted for, and nothing of the source is lost."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import BaseModel

import thresher
from thresher.errors import DataProcessingError


class Row(BaseModel):
    """Two columns, one of which is easily wrong."""

    a: int
    b: str = ""


PIECES = [b",", b"\n", b"\r\n", b"\r", b'"', b'""', b"1", b"22", b"x", b" ", b"\x00", b"\xff", b"\xc3\xa9", b'"q,q"']
"""What CSV is made of, and what it should not be made of."""

LINES = [b"1,x\n", b'2,"a\nb"\r\n', b"\n", b'3,"open\n', b"x,y\n", b"4\n", b'5,a"b\n']
"""Records, most of them with something about them."""

bodies = st.one_of(
    st.binary(max_size=200),
    st.lists(st.sampled_from(PIECES), max_size=80).map(b"".join),
    st.lists(st.sampled_from(LINES), max_size=30).map(b"".join),
)


def outcome(source: bytes, folder: Path, **settings: Any) -> tuple[bytes, bytes, thresher.Result]:
    """Process a source into files; return their bytes and the result."""
    good, bad = folder / "good.jsonl", folder / "bad.jsonl"
    result = thresher.process(source, Row, output=good, rejects=bad, **settings)
    return good.read_bytes(), bad.read_bytes(), result


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder that all examples share."""
    return tmp_path_factory.mktemp("accounting")


def covered(source: bytes, start: int, rejects: bytes) -> bytes:
    """Return the source from ``start`` with the raw bytes of every reject cut out, checking that they stood there."""
    import base64

    rest, at = b"", start
    for line in rejects.splitlines():
        reject = json.loads(line)
        raw = base64.b64decode(reject["raw_base64"]) if "raw_base64" in reject else reject["raw"].encode()
        offset = reject["byte_offset"]
        assert source[offset : offset + len(raw)] == raw
        assert offset >= at
        assert reject["line"] == source[:offset].count(b"\n") + 1
        rest += source[at:offset]
        at = offset + len(raw)
    return rest + source[at:]


@settings(max_examples=300)
@given(body=bodies, limit=st.sampled_from([1 << 20, 64, 7]))
def test_any_bytes_are_accounted_for(folder: Path, body: bytes, limit: int) -> None:
    """read = accepted + rejected; rejects hold their bytes, and what is left is exactly the accepted records."""
    source = b"a,b\n" + body
    outcomes = {}
    for engine in ("rust", "python"):
        good, bad, result = outcome(source, folder, engine=engine, max_record_bytes=limit, delimiter=",")
        assert result.read == result.accepted + result.rejected + result.filtered
        assert result.accepted == good.count(b"\n")
        assert result.rejected == bad.count(b"\n")
        records = [json.loads(line)["record"] for line in bad.splitlines()]
        assert records == sorted(set(records))
        outcomes[engine] = good, bad, result.report.blank_lines
    assert outcomes["rust"] == outcomes["python"]
    good, bad, _ = outcomes["rust"]
    rest = covered(source, 4, bad)
    # What is left of the source, read again, is the accepted records and nothing else.
    again, more, result = outcome(b"a,b\n" + rest, folder, engine="python", max_record_bytes=limit, delimiter=",")
    assert (again, more) == (good, b"")


@settings(max_examples=150)
@given(body=bodies, block=st.integers(1, 70), workers=st.integers(1, 8), limit=st.sampled_from([1 << 20, 33]))
def test_blocks_and_threads_change_nothing(folder: Path, body: bytes, block: int, workers: int, limit: int) -> None:
    """The same bytes come out whatever the size of blocks and the number of threads."""
    source = b"a,b\n" + body
    expected = outcome(source, folder, engine="rust", delimiter=",", max_record_bytes=limit)
    found = outcome(
        source, folder, engine="rust", delimiter=",", max_record_bytes=limit, block_bytes=block, workers=workers
    )
    assert found[:2] == expected[:2]
    for result in (expected[2], found[2]):
        assert result.read == result.accepted + result.rejected
    assert found[2].error_counts == expected[2].error_counts


@settings(max_examples=150)
@given(
    source=st.one_of(
        st.binary(max_size=100), st.lists(st.sampled_from([b"a", b"b", *PIECES]), max_size=30).map(b"".join)
    )
)
def test_any_source_at_all_ends_in_a_result_or_a_plain_error(source: bytes) -> None:
    """Header and all: the same result or the same message from both engines, and never anything else."""
    told = []
    for engine in ("rust", "python"):
        try:
            result = thresher.process(source, Row, engine=engine, format="csv")
        except (DataProcessingError, thresher.ConfigurationError) as error:
            told.append(str(error))
        else:
            assert result.read == result.accepted + result.rejected
            assert sum(1 for _ in result.records()) == result.accepted
            told.append(f"{result.read} {result.accepted} {[reject.told for reject in result.rejects]}")
    assert told[0] == told[1]

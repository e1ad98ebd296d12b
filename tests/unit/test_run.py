"""The Python engine keeps the accounts, the order and the promises about files."""

from __future__ import annotations

import errno
import io
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from thresher._python import run
from thresher._python.run import PythonEngine
from thresher.engine import Answer, Fault, Job, Outcome, Source, SourceCount
from thresher.errors import EngineError, FileError
from thresher.plan import Column, Plan


class Stub:
    """An oracle that refuses records whose first cell is ``bad``, and knows what it was asked."""

    def __init__(self) -> None:
        """Start with no question."""
        self.asked: list[int] = []
        self.numbers: list[tuple[int, int]] = []

    def cells(self, plan: int, field: int, cells: Sequence[str], numbers: Sequence[tuple[int, int]]) -> list[Answer]:
        """Never asked by this engine."""
        raise NotImplementedError

    def records(self, plan: int, records: Sequence[Sequence[str]], numbers: Sequence[tuple[int, int]]) -> list[Answer]:
        """Accept all but the bad ones."""
        self.asked.append(len(records))
        self.numbers += numbers
        bad = Fault(json=b'{"type":"bad"}', text="a: bad [bad]", loc='["a"]', type="bad")
        return [[bad] if cells[0] == "bad" else ("|".join(cells).encode() + b"\n", cells) for cells in records]


PLAN = Plan(
    route="record",
    delimiter=",",
    columns=[Column(name="a", null="omit"), Column(name="b", null="omit")],
    fields=[],
    forbidden=[],
)


def job(**settings: Any) -> Job:
    """Return a job with one plan of two columns."""
    values: dict[str, Any] = {
        "plans": [PLAN],
        "null_values": [""],
        "max_record_bytes": 100,
        "workers": 1,
        "block_bytes": 1 << 18,
        "accepted_format": "csv",
        "rejects_format": "jsonl",
    }
    return Job(**values | settings)


def process(data: bytes, oracle: Stub | None = None, **settings: Any) -> tuple[Outcome, bytes]:
    """Run a job over bytes without a header; return the outcome and what was accepted."""
    reading, writing = os.pipe()
    with open(reading, "rb") as accepted:
        try:
            outcome = PythonEngine().run(
                job(**settings), [Source(name="s", plan=0, data=data)], oracle or Stub(), accepted=writing, rejects=None
            )
        finally:
            os.close(writing)
        return outcome, accepted.read()


MIXED = b'1,2\nbad,3\n\n4\n"5,6\n7,8\nbad,9\n'


def test_accounts_and_order() -> None:
    """Accepted records, rejects and counts come in the order of the source."""
    oracle = Stub()
    outcome, accepted = process(MIXED, oracle)
    assert accepted == b"1|2\n7|8\n"
    assert outcome.sources == [SourceCount("s", 6, 2, 4, 0, 1, len(MIXED))]
    assert [(c.loc, c.type, c.count, c.source, c.record, c.line) for c in outcome.counts] == [
        ('["a"]', "bad", 2, "s", 2, 2),
        ("[]", "csv_field_count", 1, "s", 3, 4),
        ("[]", "csv_unclosed_quote", 1, "s", 4, 5),
    ]
    lines = outcome.rejects.splitlines()
    assert lines[0] == (
        b'{"record":2,"line":2,"byte_offset":4,"source":"s","stage":"validate","errors":[{"type":"bad"}],"raw":"bad,3"}'
    )
    assert [line.split(b',"byte')[0] for line in lines] == [
        b'{"record":2,"line":2',
        b'{"record":3,"line":4',
        b'{"record":4,"line":5',
        b'{"record":6,"line":7',
    ]
    assert oracle.numbers == [(1, 1), (2, 2), (5, 6), (6, 7)]
    assert (outcome.asked_records, outcome.asked_cells) == (4, 0)


def test_rejects_as_csv() -> None:
    """Rejects as CSV have the columns of the source and three more."""
    outcome, _ = process(MIXED, rejects_format="csv")
    assert outcome.rejects == (
        b"bad,3,2,2,a: bad [bad]\n"
        b"4,,3,4,Record has 1 cells where the header has 2 [csv_field_count]\n"
        b'"""5,6",,4,5,A quoted cell is not closed before the end of the source or within 100 bytes; reading resumed at'
        b" the next line [csv_unclosed_quote]\n"
        b"bad,9,6,7,a: bad [bad]\n"
    )


def test_kept() -> None:
    """Without a format for them the accepted records are kept as the oracle's values."""
    outcome, accepted = process(MIXED, accepted_format=None)
    assert accepted == b""
    assert outcome.kept is not None
    assert len(outcome.kept) == 2
    assert list(outcome.kept.instances()) == [["1", "2"], ["7", "8"]]


@given(
    data=st.lists(st.sampled_from([b'"', b",", b"\n", b"1", b"bad,1\n", b"2,3\n", b"\xff", b"x" * 50])).map(b"".join)
)
def test_batches_change_nothing(data: bytes) -> None:
    """The size of a batch changes neither the outcome nor the files, and every record is counted."""
    results = []
    for records in (1, 3, 1000):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(run, "BATCH_RECORDS", records)
            outcome, accepted = process(data, max_record_bytes=60)
        (count,) = outcome.sources
        assert count.read == count.accepted + count.rejected
        assert count.bytes == len(data)
        results.append((outcome.rejects, accepted, outcome.counts, outcome.sources))
    assert results[0] == results[1] == results[2]


def test_oversize_record_between_others() -> None:
    """An oversize record keeps its place among the rejects, and comes whole."""
    outcome, accepted = process(b"bad,1\n" + b"x" * 300_000 + b"\nbad,2\n3,4\n")
    lines = outcome.rejects.splitlines()
    assert [line[:11] for line in lines] == [b'{"record":1', b'{"record":2', b'{"record":3']
    assert lines[1].endswith(b'"raw":"' + b"x" * 300_000 + b'"}')
    assert accepted == b"3|4\n"


def test_batches_are_full_by_bytes_too() -> None:
    """Few large records are a batch, so that memory does not depend on how large they are."""
    oracle = Stub()
    process(b"1,%s\n" % (b"x" * 600_000) * 5, oracle, max_record_bytes=1 << 20, accepted_format=None)
    assert oracle.asked == [2, 2, 1]


def test_several_sources_of_every_kind(tmp_path: Path) -> None:
    """Sources are read from their own kind of place, start behind their headers, and are counted apart."""
    path = tmp_path / "b"
    path.write_bytes(b"a,b\n3,4\nbad,5\n")
    fd = os.open(path, os.O_RDONLY)
    stream = io.BytesIO(b"a,b\n\n6,7\n")
    sources = [
        Source(name="data", plan=0, data=b"a,b\n1,2\n", start=4, start_line=2),
        Source(name="fd", plan=0, head=os.read(fd, 6), fd=fd, start=4, start_line=2),
        Source(name="read", plan=0, head=stream.read(5), read=stream.read, start=4, start_line=2, blank_lines=3),
    ]
    seen: list[int] = []
    outcome = PythonEngine().run(
        job(accepted_format=None), sources, Stub(), accepted=None, rejects=None, progress=seen.append
    )
    os.close(fd)
    assert outcome.kept is not None
    assert list(outcome.kept.instances()) == [["1", "2"], ["3", "4"], ["6", "7"]]
    assert outcome.sources == [
        SourceCount("data", 1, 1, 0, 0, 0, 8),
        SourceCount("fd", 2, 1, 1, 0, 0, 14),
        SourceCount("read", 1, 1, 0, 0, 4, 9),
    ]
    assert [(c.source, c.record, c.line) for c in outcome.counts] == [("fd", 2, 3)]
    assert seen == sorted(seen)
    assert seen[-1] == 31


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs /dev/full")
@pytest.mark.parametrize("which", ["accepted", "rejects"])
def test_full_disk(which: str) -> None:
    """A disk that is full is a FileError with its number."""
    full = os.open("/dev/full", os.O_WRONLY)
    null = os.open(os.devnull, os.O_WRONLY)
    outputs = {"accepted": null, "rejects": null} | {which: full}
    try:
        with pytest.raises(FileError, match="could not be written: No space left on device") as info:
            PythonEngine().run(job(), [Source(name="s", plan=0, data=b"1,2\nbad,1\n")], Stub(), **outputs)
    finally:
        os.close(full)
        os.close(null)
    assert info.value.errno == errno.ENOSPC
    assert info.value.filename is None


def test_closed_pipe() -> None:
    """A reader that went away is a FileError with its number."""
    reading, writing = os.pipe()
    os.close(reading)
    try:
        with pytest.raises(FileError) as info:
            PythonEngine().run(job(), [Source(name="s", plan=0, data=b"1,2\n")], Stub(), accepted=writing, rejects=None)
    finally:
        os.close(writing)
    assert info.value.errno == errno.EPIPE


def test_source_that_cannot_be_read(tmp_path: Path) -> None:
    """An error while reading names the source."""
    fd = os.open(tmp_path, os.O_RDONLY)
    try:
        with pytest.raises(FileError, match="'folder' could not be read") as info:
            PythonEngine().run(
                job(accepted_format=None), [Source(name="folder", plan=0, fd=fd)], Stub(), accepted=None, rejects=None
            )
    finally:
        os.close(fd)
    assert (info.value.errno, info.value.filename) == (errno.EISDIR, "folder")


def test_an_oracle_that_breaks_its_contract() -> None:
    """Too few answers are a defect, not a wrong result."""

    class Short(Stub):
        def records(self, *args: Any) -> list[Answer]:
            return []

    with pytest.raises(EngineError, match="0 answers for 1 records"):
        process(b"1,2\n", Short())

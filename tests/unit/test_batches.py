"""Batches: the same records as a whole run, a few at a time; stopped promptly, and by whatever stops them."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import io
import os
import signal
import subprocess
import sys
import threading
import time
import tracemalloc
import weakref
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import BaseModel, ConfigDict, Field, field_validator

import thresher
from thresher.errors import ConfigurationError, DataProcessingError, FileError


class Row(BaseModel):
    a: int
    b: str = "none"


class Twice(BaseModel):
    b: str
    twice: Annotated[int, thresher.From("a * 2"), Field(lt=150)]


def rows(count: int) -> bytes:
    """Return a source in which every fifth record is bad, in one of three ways."""
    bad = (b"x,y", b'1,"a"b', b"1,2,3")
    lines = (bad[i % 3] if i % 5 == 4 else b"%d,%s" % (i, b"" if i % 7 else b"text") for i in range(count))
    return b"a,b\n" + b"\n".join(lines) + b"\n"


def lines(count: int) -> bytes:
    return b"".join(b'{"a":%s}\n' % (b"null" if i % 5 == 4 else b"%d" % i) for i in range(count))


@pytest.fixture
def alone() -> Iterator[None]:
    """See to it that no thread of a run, and no open file, is left behind."""
    files = set(os.listdir("/proc/self/fd")) if os.path.isdir("/proc/self/fd") else set()
    yield
    gc.collect()
    assert [thread for thread in threading.enumerate() if thread.name.startswith("thresher")] == []
    if files:
        assert len(os.listdir("/proc/self/fd")) <= len(files)


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    counts=st.lists(st.integers(0, 60), min_size=1, max_size=3),
    size=st.sampled_from([1, 2, 7, 50, 1 << 40]),
    block_bytes=st.sampled_from([1, 50, 1 << 18]),
    workers=st.integers(1, 3),
    arguments=st.sampled_from([{}, {"where": "a % 3 != 0"}, {"output_schema": Twice}]),
    json=st.booleans(),
)
def test_they_are_the_whole_run(
    counts: list[int], size: int, block_bytes: int, workers: int, arguments: dict[str, Any], json: bool
) -> None:
    """Sums, records, rejects and report are those of a run in one piece; both engines cut at the same places."""
    sources = [(lines if json else rows)(count) for count in counts]
    config = {"format": "jsonl" if json else "csv", "block_bytes": block_bytes, "workers": workers}
    told = []
    for engine in ("rust", "python"):
        pipeline = thresher.Pipeline(Row, engine=engine, **arguments)
        whole = pipeline.process(sources, **config)
        batches = pipeline.batches(sources, size=size, **config)
        found = list(batches)
        report = batches.report
        for name in ("read", "accepted", "rejected", "filtered"):
            assert sum(getattr(batch, name) for batch in found) == getattr(whole, name) == getattr(report, name)
        assert [record for batch in found for record in batch.records()] == list(whole.records())
        assert [reject for batch in found for reject in batch.rejects] == list(whole.rejects)
        assert report.errors == whole.report.errors
        assert [source.read for source in report.sources] == counts
        for batch in found:
            assert 1 <= batch.read <= size
            assert batch.read == batch.accepted + batch.rejected + batch.filtered
            assert (batch.first_record - 1) % size == 0
            assert batch.accepted == len(list(batch.records()))
            assert batch.rejected == len(batch.rejects)
            assert all(batch.first_record <= r.record < batch.first_record + batch.read for r in batch.rejects)
        told.append([(batch.source, batch.first_record, batch.read, batch.accepted, batch.filtered) for batch in found])
    assert told[0] == told[1]


def test_a_batch_says_what_it_is(engine: str) -> None:
    """Its place and its counts, and what else a result gives."""
    batches = thresher.Pipeline(Row, engine=engine).batches(rows(12), size=10)
    first, second = batches
    assert repr(first) == "<Batch <bytes> from record 1: read=10 accepted=8 rejected=2>"
    assert (second.first_record, second.read, second.source) == (11, 2, "<bytes>")
    assert first.to_numpy()["a"].tolist() == [0, 1, 2, 3, 5, 6, 7, 8]
    assert first.rejects[0].errors[0]["type"] == "csv_stray_quote"
    assert list(first.records()) == list(first.records())
    assert repr(batches) == "<Batches of 10 records, closed>"


@pytest.mark.usefixtures("alone")
def test_leaving_early_stops_the_run(engine: str, tmp_path: Path) -> None:
    """Nothing goes on, and nothing is published."""
    pipeline = thresher.Pipeline(Row, engine=engine, block_bytes=100)
    with pipeline.batches(rows(50_000), size=10, rejects=tmp_path / "bad.jsonl") as batches:
        assert next(batches).accepted == 8
        began = time.perf_counter()
    assert time.perf_counter() - began < 5
    assert list(batches) == []
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(ConfigurationError, match="before the last batch"):
        _ = batches.report
    batches.close()


@pytest.mark.usefixtures("alone")
def test_the_last_reference_stops_the_run(engine: str) -> None:
    """An iterator that is dropped leaves no thread behind."""
    batches = thresher.Pipeline(Row, engine=engine, block_bytes=100).batches(rows(50_000), size=10)
    next(batches)
    del batches


@pytest.mark.usefixtures("alone")
def test_an_exception_of_the_consumer_stops_the_run(engine: str) -> None:
    pipeline = thresher.Pipeline(Row, engine=engine, block_bytes=100)

    def consume() -> None:
        with pipeline.batches(rows(50_000), size=10) as batches:
            for batch in batches:
                _ = batch.accepted // 0

    with pytest.raises(ZeroDivisionError):
        consume()


def stalled(name: str) -> int:
    """Make a FIFO that holds some records and brings no more; return what it is written to."""
    import fcntl

    os.mkfifo(name)
    into = os.open(name, os.O_RDWR)
    fcntl.fcntl(into, fcntl.F_SETPIPE_SZ, 1 << 20)
    os.write(into, rows(50_000))
    return into


@pytest.mark.usefixtures("alone")
@pytest.mark.skipif(sys.platform != "linux", reason="the size of a pipe")
def test_a_source_that_brings_nothing_can_be_left(engine: str, tmp_path: Path) -> None:
    """A run that waits for a pipe stops when it is closed."""
    name = str(tmp_path / "rows.csv")
    into = stalled(name)
    try:
        batches = thresher.Pipeline(Row, engine=engine).batches(name, size=100, block_bytes=1000)
        assert next(batches).read == 100
        began = time.perf_counter()
        batches.close()
        assert time.perf_counter() - began < 5
    finally:
        os.close(into)


@pytest.mark.usefixtures("alone")
def test_nothing_happens_before_the_first(engine: str, tmp_path: Path) -> None:
    """The run begins with the first batch; what is wrong with names is said at once."""
    pipeline = thresher.Pipeline(Row, engine=engine)
    batches = pipeline.batches(tmp_path / "missing.csv")
    with pytest.raises(FileError, match=r"missing\.csv"):
        next(batches)
    assert list(batches) == []
    for size in (0, -1, True, 1.5):
        with pytest.raises(ConfigurationError, match="size must be"):
            pipeline.batches(rows(1), size=size)  # type: ignore[arg-type]
    with pytest.raises(ConfigurationError, match="no setting 'sise'"):
        pipeline.batches(rows(1), sise=1)
    with pytest.raises(ConfigurationError, match="suffix"):
        pipeline.batches(rows(1), rejects="bad.txt")


class Crashing(BaseModel):
    a: int

    @field_validator("a")
    @classmethod
    def crash(cls, value: int) -> int:
        if value == 500:
            raise RuntimeError("no such number")
        return value


@pytest.mark.usefixtures("alone")
def test_what_stops_the_run_takes_its_place(engine: str, tmp_path: Path) -> None:
    """The batches before it come first; after it there are none."""
    data = b"a\n" + b"".join(b"%d\n" % i for i in range(1000))
    pipeline = thresher.Pipeline(Crashing, engine=engine, block_bytes=64, workers=1)
    batches = pipeline.batches(data, size=10, rejects=tmp_path / "bad.jsonl")
    seen = []
    with pytest.raises(DataProcessingError, match="no such number"):
        seen.extend(batch.first_record for batch in batches)
    assert seen == list(range(1, len(seen) * 10, 10))
    assert len(seen) <= 50
    assert next(batches, None) is None
    assert list(tmp_path.iterdir()) == []


def test_rejects_in_a_file(engine: str, tmp_path: Path) -> None:
    """They appear, with the report, when the last batch was taken; the batches count them."""
    bad, report = tmp_path / "bad.jsonl", tmp_path / "report.json"
    pipeline = thresher.Pipeline(Row, engine=engine)
    batches = pipeline.batches(rows(100), size=30, rejects=bad, report=report)
    first = next(batches)
    assert (first.rejected, len(first.rejects)) == (6, 6)
    with pytest.raises(ConfigurationError, match=r"bad\.jsonl"):
        list(first.rejects)
    assert [batch.rejected for batch in batches] == [6, 6, 2]
    pipeline.process(rows(100), rejects=tmp_path / "whole.jsonl")
    assert bad.read_bytes() == (tmp_path / "whole.jsonl").read_bytes()
    assert report.read_text() == batches.report.to_json()


def test_oversize_rejects_are_in_their_batch(engine: str) -> None:
    """Their raw bytes come whole, whatever the size."""
    data = b"a,b\n1,x\n2," + b"y" * 300_000 + b"\n3,z\n4," + b"y" * 300_000 + b"\n"
    pipeline = thresher.Pipeline(Row, engine=engine, max_record_bytes=1000)
    found = list(pipeline.batches(data, size=2, block_bytes=64))
    assert [[len(reject.raw) for reject in batch.rejects] for batch in found] == [[300_002], [300_002]]
    assert [record.a for batch in found for record in batch.records()] == [1, 3]


class Inner(BaseModel):
    text: str


class Outer(BaseModel):
    a: int
    inner: Inner | None = None
    items: list[int] = []


@pytest.mark.parametrize("end", [b"]", b"", b"]x"])
@pytest.mark.parametrize("block_bytes", [1, 30, 1 << 18])
def test_arrays_and_nested_records(engine: str, block_bytes: int, end: bytes) -> None:
    """Elements that are broken, and an array that is, are rejects of the batch that they stand in."""
    kinds = [b'{"a":1}', b'{"a":2,"inner":{"text":"x"},"items":[1,2]}', b'{"a":"x"}', b'{"a":1', b'{"a":1,"inner":{}}']
    data = b"[" + b",\n".join(kinds[i % 5] for i in range(40)) + end
    pipeline = thresher.Pipeline(Outer, engine=engine, format="json", block_bytes=block_bytes, verify=1)
    whole = pipeline.process(data)
    found = list(pipeline.batches(data, size=7))
    assert [record for batch in found for record in batch.records()] == list(whole.records())
    assert [reject for batch in found for reject in batch.rejects] == list(whole.rejects)
    assert [batch.read for batch in found[:-1]] == [7] * (len(found) - 1)
    assert sum(batch.read for batch in found) == whole.read


class Made:
    """A value that a weak reference can watch."""


class Making(BaseModel):
    model_config = ConfigDict(arbitrary_types_allowed=True)
    a: int
    b: Made

    @field_validator("b", mode="before")
    @classmethod
    def make(cls, value: str) -> Made:
        made = Made()
        if value:
            WATCHED.append(weakref.ref(made))
        return made


WATCHED: list[weakref.ref[Made]] = []


def test_values_of_pydantic_are_let_go(engine: str) -> None:
    """Those of a batch that was dropped, and those of records that were rejected by another field."""
    WATCHED.clear()
    data = b"a,b\n" + b"".join(b"%s,x\n" % (b"bad" if i % 2 else b"%d" % i) for i in range(2000))
    with thresher.Pipeline(Making, engine=engine, block_bytes=500).batches(data, size=10, verify=3) as batches:
        for place, batch in enumerate(batches):
            assert all(isinstance(record.b, Made) for record in batch.records())
            if place % 50 == 49:
                del batch
                gc.collect()
                assert sum(watched() is not None for watched in WATCHED) < 400


class Endless(io.RawIOBase):
    """A source that is made while it is read."""

    def __init__(self, size: int) -> None:
        self.left, self.given = size, 0
        self.held = b"a,b\n"
        self.piece = b"".join(b"%d,some text of a record\n" % i for i in range(5000))

    def readable(self) -> bool:
        return True

    def read(self, n: int = -1) -> bytes:
        if not self.held and self.left > 0:
            self.held = self.piece
            self.left -= len(self.piece)
        given, self.held = self.held[:n], self.held[n:]
        self.given += len(given)
        return given


@pytest.mark.usefixtures("alone")
def test_a_slow_consumer_holds_the_run_back(engine: str) -> None:
    """No more than a few blocks are read ahead."""
    source = Endless(1 << 30)
    with thresher.Pipeline(Row, engine=engine).batches(source, size=1000) as batches:
        next(batches)
        time.sleep(0.3)
        assert source.given < 16 << 20


MEMORY = """
import resource, sys
import thresher
from tests.unit.test_batches import Endless, Row
pipeline = thresher.Pipeline(Row, engine=sys.argv[1])
def peak(size):
    accepted = 0
    for batch in pipeline.batches(Endless(size), size=20_000):
        accepted += batch.accepted
        next(batch.records())
    return accepted, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss << 10
small, before = peak(16 << 20)
large, after = peak(256 << 20)
print(small, large, (after - before) >> 20)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="peak memory in KiB")
def test_memory_does_not_grow_with_the_source(engine: str) -> None:
    """A source sixteen times as large costs no more memory; kept whole it would cost 300 MB."""
    if engine == "python":
        tracemalloc.start()
        for _ in thresher.Pipeline(Row, engine=engine).batches(Endless(1 << 20), size=1000):
            pass
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert peak < 16 << 20
        return
    root = Path(__file__).parents[2]
    path = os.pathsep.join([str(root), *sys.path])
    ran = subprocess.run(
        [sys.executable, "-c", MEMORY, engine],
        cwd=root, env={**os.environ, "PYTHONPATH": path}, capture_output=True, text=True, timeout=100,
    )  # fmt: skip
    assert ran.returncode == 0, ran.stderr
    small, large, growth = map(int, ran.stdout.split())
    assert large > 10 * small
    assert growth < 60


ABANDONED = """
import thresher
from tests.unit.test_batches import Row, rows
batches = thresher.Pipeline(Row, engine={engine!r}, block_bytes=100).batches(rows(100_000), size=10)
print(next(batches).read, flush=True)
"""

INTERRUPTED = """
import os, tempfile, thresher
from tests.unit.test_batches import Row, stalled
source = os.path.join(tempfile.mkdtemp(), "rows.csv")
into = stalled(source)
try:
    for batch in thresher.Pipeline(Row, engine={engine!r}).batches(source, size=100, block_bytes=1000):
        print(batch.first_record, flush=True)
except KeyboardInterrupt:
    print("interrupted", flush=True)
"""


def _program(text: str, engine: str) -> subprocess.Popen[str]:
    root = Path(__file__).parents[2]
    path = os.pathsep.join([str(root), *sys.path])
    return subprocess.Popen(
        [sys.executable, "-c", text.format(engine=engine)],
        cwd=root, env={**os.environ, "PYTHONPATH": path}, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip


def test_the_program_ends_though_a_run_was_left(engine: str) -> None:
    """An iterator that is still there at the end of the program is stopped then."""
    program = _program(ABANDONED, engine)
    out, err = program.communicate(timeout=60)
    assert (program.returncode, out, err) == (0, "10\n", "")


@pytest.mark.skipif(sys.platform != "linux", reason="the size of a pipe")
def test_ctrl_c_while_a_batch_is_waited_for(engine: str) -> None:
    """KeyboardInterrupt reaches whoever waits, and the run stops."""
    program = _program(INTERRUPTED, engine)
    assert program.stdout is not None
    assert program.stdout.readline() == "1\n"
    time.sleep(1.5)
    program.send_signal(signal.SIGINT)
    out, err = program.communicate(timeout=30)
    assert (program.returncode, out.splitlines()[-1], err) == (0, "interrupted", "")


def test_in_an_event_loop(engine: str) -> None:
    """The same batches, and the run stops with the generator."""
    pipeline = thresher.Pipeline(Row, engine=engine, block_bytes=100)

    async def all_of_them() -> list[int]:
        return [batch.accepted async for batch in pipeline.abatches(rows(100), size=30)]

    async def one() -> int:
        async with contextlib.aclosing(pipeline.abatches(rows(50_000), size=30)) as batches:
            async for batch in batches:
                return batch.accepted
        return 0

    assert asyncio.run(all_of_them()) == [24, 24, 24, 8]
    assert asyncio.run(one()) == 24
    assert [thread for thread in threading.enumerate() if thread.name == "thresher-batches"] == []


@pytest.mark.usefixtures("alone")
def test_several_at_once(engine: str) -> None:
    """Runs do not disturb one another."""
    pipeline = thresher.Pipeline(Row, engine=engine)
    pairs = zip(pipeline.batches(rows(100), size=10), pipeline.batches(rows(100), size=10), strict=True)
    assert all(list(one.records()) == list(other.records()) for one, other in pairs)


def test_as_one_stream_of_arrow(engine: str) -> None:
    """Other libraries read all batches as one table, a few in memory at a time."""
    arrow = pytest.importorskip("pyarrow")
    pipeline = thresher.Pipeline(Row, engine=engine)
    whole = pipeline.process(rows(100)).to_arrow()
    assert arrow.table(pipeline.batches(rows(100), size=7)).equals(whole)
    empty = arrow.table(pipeline.batches(b"a,b\n"))
    assert (empty.num_rows, empty.schema) == (0, whole.schema)
    changing = b"a,b\n1,x\n2,y\n99999999999999999999,z\n"
    with pytest.raises((DataProcessingError, arrow.ArrowException), match="do not fit the types of the first batch"):
        arrow.table(pipeline.batches(changing, size=2))
    taken = pipeline.batches(rows(100), size=7)
    next(taken)
    with pytest.raises(ConfigurationError, match="taken already"):
        arrow.table(taken)


def test_duckdb_and_polars_read_them(engine: str) -> None:
    """A batch as often as is wanted; all batches once, and never less than all of them."""
    arrow, duckdb, polars = map(pytest.importorskip, ("pyarrow", "duckdb", "polars"))
    pipeline = thresher.Pipeline(Row, engine=engine)
    batch = next(pipeline.batches(rows(100), size=50))
    assert duckdb.sql("select count(*), max(a) from batch").fetchall() == [(40, 48)]
    assert polars.DataFrame(batch).shape == (40, 2)
    batches = pipeline.batches(rows(100), size=7)
    reader = arrow.RecordBatchReader.from_stream(batches)
    assert duckdb.from_arrow(reader).aggregate("count(*)").fetchall() == [(80,)]
    assert batches.report.accepted == 80
    assert polars.DataFrame(pipeline.batches(rows(100), size=7)).shape == (80, 2)
    batches = pipeline.batches(rows(100), size=7)
    with pytest.raises((ConfigurationError, duckdb.Error), match="taken already"):
        duckdb.sql("select count(*) from batches").fetchall()

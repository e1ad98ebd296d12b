"""Small runs, many of them at once: one pipeline in many threads and tasks, and nothing of one run in another."""

from __future__ import annotations

import asyncio
import contextvars
import os
import random
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Annotated, Any

import msgspec
import pytest
from pydantic import BaseModel, Field, field_validator

import thresher
from thresher.errors import DataProcessingError, FileError


class Row(BaseModel):
    """Two columns."""

    a: int
    b: str


class Item(BaseModel):
    """Something inside of a record."""

    name: Annotated[str, Field(pattern=r"^\w+$")]
    sizes: list[float]


class Nested(BaseModel):
    """A record of JSON."""

    key: int
    items: list[Item]
    note: str | None = None


class Point(msgspec.Struct):
    """A Struct."""

    x: float
    on: bool = True


def rows(seed: int, count: int = 60, header: str = "a,b") -> bytes:
    """Return a small file of rows, a few of them bad."""
    draw = random.Random(seed)
    lines = [f"{draw.choice(['x', draw.randrange(10**6)])},text {seed} {number}" for number in range(count)]
    if header.startswith("b"):
        lines = [",".join(reversed(line.split(","))) for line in lines]
    return "\n".join([header, *lines, ""]).encode()


def told(result: thresher.Result) -> Any:
    """Return all that a run came to, apart from its id and its times."""
    return (
        list(result.records()),
        [(reject.record, reject.line, reject.raw, reject.errors) for reject in result.rejects],
        result.error_counts,
        result.report.sources,
    )


def threads_of_process() -> int:
    """Return how many threads the system says that there are; 0 where it does not say."""
    return len(os.listdir("/proc/self/task")) if os.path.isdir("/proc/self/task") else 0


def test_fifty_threads_share_a_pipeline(engine: str, tmp_path: Path) -> None:
    """Each has its own files, of several headers, and gets what a pipeline of its own would give."""
    shared = thresher.Pipeline(Row, engine=engine)
    sources = [rows(seed, header="a,b" if seed % 3 else "b,a") for seed in range(50)]
    alone = [thresher.Pipeline(Row, engine=engine).process(source) for source in sources]
    start = threading.Barrier(len(sources))

    def work(number: int) -> list[Any]:
        path = tmp_path / f"{number}.csv"
        path.write_bytes(sources[number])
        start.wait(60)
        found = []
        for turn in range(5):
            good, bad = tmp_path / f"{number}-{turn}.csv", tmp_path / f"{number}-{turn}.jsonl"
            found.append(told(shared.process(sources[number])))
            shared.process(path, output=good, rejects=bad)
            assert len(bad.read_bytes().splitlines()) == alone[number].rejected
            assert len(good.read_bytes().splitlines()) == alone[number].accepted + 1
        return found

    with ThreadPoolExecutor(len(sources)) as pool:
        for number, found in enumerate(pool.map(work, range(len(sources)))):
            assert found == [told(alone[number])] * 5


def test_nothing_of_one_run_is_left_in_another(engine: str, tmp_path: Path) -> None:
    """Runs of many kinds take turns, failures among them, and each gives what it gave alone."""
    lines = b"".join(
        b'{"key": %s, "items": [{"name": "n%d", "sizes": [1, 2.5]}], "note": "\\u00e9%d"}\n'
        % (b"true" if number % 7 == 0 else b"%d" % number, number, number)
        for number in range(80)
    )

    class Doubled(BaseModel):
        a: int
        b: str

    class Fails(BaseModel):
        a: int

        @field_validator("a")
        @classmethod
        def fail(cls, value: int) -> int:
            raise KeyError(value)

    kinds: list[tuple[thresher.Pipeline, bytes, dict[str, Any]]] = [
        (thresher.Pipeline(Row, engine=engine), rows(1), {}),
        (thresher.Pipeline(Row, engine=engine), rows(2, 3), {}),
        (thresher.Pipeline(Row, engine=engine), b"a,b\n", {}),
        (thresher.Pipeline(Row, engine=engine), b'a,b\n1,"one ""two"""\n2,"open\n3,x\n', {}),
        (thresher.Pipeline(Row, engine=engine), rows(3), {"null_values": ("text 3 7", "x")}),
        (thresher.Pipeline(Row, engine=engine), rows(4), {"verify": 3}),
        (thresher.Pipeline(Row, Doubled, values={"a": "a * 2"}, where="a > 1000", engine=engine), rows(5), {}),
        (thresher.Pipeline(Nested, engine=engine), lines, {}),
        (thresher.Pipeline(Nested, engine=engine), b"[" + lines.replace(b"\n", b",")[:-1] + b"]", {"format": "json"}),
        (thresher.Pipeline(Point, engine=engine), b"x,on\n1.5,1\ninf,0\nx,2\n", {}),
        (thresher.Pipeline(Row, engine=engine), rows(6, 400), {"workers": 3, "block_bytes": 500}),
    ]
    fails = thresher.Pipeline(Fails, engine=engine)

    def outputs(number: int) -> tuple[bytes, bytes]:
        pipeline, source, settings = kinds[number]
        good, bad = tmp_path / "good.jsonl", tmp_path / "bad.jsonl"
        pipeline.process(source, output=good, rejects=bad, **settings)
        return good.read_bytes(), bad.read_bytes()

    alone = [told(pipeline.process(source, **settings)) for pipeline, source, settings in kinds]
    written = [outputs(number) for number in range(len(kinds))]
    draw = random.Random(11)
    for _ in range(150):
        number = draw.randrange(len(kinds))
        pipeline, source, settings = kinds[number]
        if draw.random() < 0.1:
            with pytest.raises(DataProcessingError, match="KeyError"):
                fails.process(b"a\n1\n2\n")
        if draw.random() < 0.4:
            assert outputs(number) == written[number]
        else:
            assert told(pipeline.process(source, **settings)) == alone[number]


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (b"a,b\n1,x\n", b"b,a\nx,1\n"),
        (b"a,b\n1,x\n", b"a;b\n1;x\n"),
        (b"a,b\n1,x\n", b"a,b\r\n1,x\r\n"),
        (b"a,b\n1,x\n", b"\n\na,b\n1,x\n"),
        (b"a,b\n1,x\n", b"\xef\xbb\xbfa,b\n1,x\n"),
        (b"a,b\n1,x\n", b'"a","b"\n1,x\n'),
        (b'a,b,"c\n1,2,3\n"\n1,x,\n', b'a,b,"c\n4"\n1,x,\n'),
        (b"a,b,\xc3\xa9\n1,x,\n", b"a,b,\xc3\xa8\n1,x,\n"),
        (b"a,b\n1,x\n", b"a,b"),
    ],
    ids=str,
)
def test_headers_one_after_another(engine: str, first: bytes, second: bytes) -> None:
    """A pipeline that has met a header reads another as if it were the first, and the same in the same way."""
    shared = thresher.Pipeline(Row, engine=engine)
    for source in (first, second, first, second):
        assert told(shared.process(source)) == told(thresher.Pipeline(Row, engine=engine).process(source))


def test_settings_one_after_another(engine: str) -> None:
    """The same header under other settings is looked at anew."""
    pipeline = thresher.Pipeline(Row, engine=engine)
    source = b"a,b\n1,x\n2,\n"
    assert [pipeline.process(source, null_values=nulls).rejected for nulls in [("",), (), ("x",), ("",)]] == [
        1,
        0,
        1,
        1,
    ]
    with pytest.raises(DataProcessingError):
        pipeline.process(source, delimiter=";")
    with pytest.raises(DataProcessingError):
        pipeline.process(source, max_record_bytes=2)
    assert pipeline.process(source, header=("a", "b")).rejected == 2
    assert pipeline.process(source.decode().encode("utf-16"), encoding="utf-16").accepted == 1
    assert pipeline.process(source).accepted == 1


def test_a_file_that_changes_between_runs(engine: str, tmp_path: Path) -> None:
    """Nothing of what a file held is remembered."""
    pipeline, path = thresher.Pipeline(Row, engine=engine), tmp_path / "x.csv"
    for seed in range(4):
        path.write_bytes(rows(seed, 10 + seed))
        with path.open("rb") as file:
            expected = list(pipeline.process(file, format="csv").records())
        assert list(pipeline.process(path).records()) == expected
        assert pipeline.process(path).read == 10 + seed
    path.write_bytes(b"")
    with pytest.raises(DataProcessingError, match="is empty"):
        pipeline.process(path)


@pytest.mark.skipif(not os.path.exists("/proc/self/statm"), reason="asks Linux for its memory")
def test_ten_thousand_runs_leave_nothing_behind(tmp_path: Path) -> None:
    """Neither threads, nor descriptors, nor memory."""
    path = tmp_path / "x.csv"
    path.write_bytes(rows(1, 100))
    pipeline = thresher.Pipeline(Row, engine="rust")

    def held() -> tuple[int, int, int]:
        pages = int(Path("/proc/self/statm").read_text().split()[1])
        return threads_of_process(), len(os.listdir("/proc/self/fd")), pages * os.sysconf("SC_PAGE_SIZE")

    def some(count: int) -> None:
        with ThreadPoolExecutor(4) as pool:
            # A hundred at a time: results that wait to be taken are nothing that was left behind.
            for _ in range(count // 100):
                for result in pool.map(lambda _: pipeline.process(path), range(100)):
                    assert result.read == 100

    some(500)
    threads, descriptors, memory = held()
    some(10_000)
    after = held()
    # The system lets go of a thread a little later than Python does.
    assert after[0] <= threads + 4
    assert after[1] == descriptors
    assert after[2] - memory < 24 << 20


class TestAwaited:
    """Runs that an event loop waits for."""

    def test_results_are_those_of_process(self, engine: str, tmp_path: Path) -> None:
        """Whatever the source: bytes, files, file objects, lists; also where a file is written."""
        pipeline = thresher.Pipeline(Row, engine=engine)
        path = tmp_path / "x.csv"
        path.write_bytes(rows(1))

        async def all_of_them() -> list[thresher.Result]:
            with path.open("rb") as file:
                return await asyncio.gather(
                    pipeline.aprocess(path),
                    pipeline.aprocess(str(path)),
                    pipeline.aprocess(rows(1)),
                    pipeline.aprocess([path]),
                    pipeline.aprocess(file, format="csv"),
                    pipeline.aprocess(path, rejects=tmp_path / "bad.jsonl"),
                    pipeline.aprocess(memoryview(rows(1))),
                )

        expected = list(pipeline.process(path).records())
        for result in asyncio.run(all_of_them()):
            assert list(result.records()) == expected
        assert (tmp_path / "bad.jsonl").exists()

    def test_two_hundred_tasks(self, engine: str) -> None:
        """Each gets its own result, by few threads."""
        pipeline = thresher.Pipeline(Row, engine=engine)
        before, most = threads_of_process(), 0

        async def one(number: int) -> None:
            nonlocal most
            for turn in range(3):
                result = await pipeline.aprocess(rows(number, 5 + turn))
                assert {record.b.split()[1] for record in result.records()} <= {str(number)}
                assert result.read == 5 + turn
                most = max(most, threads_of_process())

        async def all_of_them() -> None:
            await asyncio.gather(*(one(number) for number in range(200)))

        asyncio.run(all_of_them())
        assert most <= before + (os.cpu_count() or 1) + 1

    def test_loops_of_several_threads(self, engine: str) -> None:
        """Each loop gets its own results, one loop after another and at once."""
        pipeline = thresher.Pipeline(Row, engine=engine)

        async def all_of_them(number: int) -> list[int]:
            results = await asyncio.gather(*(pipeline.aprocess(rows(number, 10 + number)) for _ in range(20)))
            return [result.read for result in results]

        with ThreadPoolExecutor(4) as pool:
            for number, found in enumerate(pool.map(lambda n: asyncio.run(all_of_them(n)), range(8))):
                assert found == [10 + number] * 20

    def test_exceptions_reach_who_awaits(self, engine: str, tmp_path: Path) -> None:
        """Each its own, while the others go on."""
        pipeline = thresher.Pipeline(Row, engine=engine)

        async def all_of_them() -> list[Any]:
            runs = [
                pipeline.aprocess(b"a,c\n1,2\n"),
                pipeline.aprocess(tmp_path / "none.csv"),
                pipeline.aprocess(rows(1)),
            ]
            return await asyncio.gather(*runs, return_exceptions=True)

        header, missing, right = asyncio.run(all_of_them())
        assert isinstance(header, DataProcessingError)
        assert isinstance(missing, FileError)
        assert right.read == 60

    def test_cancelled_tasks(self, engine: str) -> None:
        """They are left at once, and the others are not disturbed."""
        pipeline = thresher.Pipeline(Row, engine=engine)

        async def all_of_them() -> list[Any]:
            tasks = [asyncio.ensure_future(pipeline.aprocess(rows(number))) for number in range(100)]
            await asyncio.sleep(0)
            for task in tasks[::2]:
                task.cancel()
            return await asyncio.gather(*tasks, return_exceptions=True)

        found = asyncio.run(all_of_them())
        assert all(isinstance(one, asyncio.CancelledError) for one in found[::2])
        assert [one.read for one in found[1::2]] == [60] * 50
        assert asyncio.run(pipeline.aprocess(rows(1))).read == 60

    @pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="pipes with names")
    def test_who_waits_for_a_pipe_is_in_nobodys_way(self, engine: str, tmp_path: Path) -> None:
        """Runs that wait for somebody leave the threads of small runs alone."""
        pipeline = thresher.Pipeline(Row, engine=engine)
        pipes = [tmp_path / f"pipe{number}" for number in range((os.cpu_count() or 1) + 1)]
        for pipe in pipes[:4]:
            os.mkfifo(pipe)

        async def all_of_them() -> int:
            waiting = [asyncio.ensure_future(pipeline.aprocess(pipe)) for pipe in pipes[:4]]
            await asyncio.sleep(0.05)
            read = (await pipeline.aprocess(rows(1))).read
            for pipe in pipes[:4]:
                await asyncio.to_thread(pipe.write_bytes, rows(2))
            assert [result.read for result in await asyncio.gather(*waiting)] == [60] * len(waiting)
            return read

        assert asyncio.run(all_of_them()) == 60

    def test_user_code_sees_the_context_of_its_task(self, engine: str) -> None:
        """A validator that looks at a context variable sees that of the task."""
        who: contextvars.ContextVar[str] = contextvars.ContextVar("who")

        class Seen(BaseModel):
            a: str

            @field_validator("a")
            @classmethod
            def see(cls, value: str) -> str:
                return f"{value} of {who.get()}"

        pipeline = thresher.Pipeline(Seen, engine=engine)

        async def one(name: str) -> str:
            who.set(name)
            (record,) = (await pipeline.aprocess(b"a\nx\n")).records()
            return str(record.a)

        async def all_of_them() -> list[str]:
            return await asyncio.gather(*(one(f"task {number}") for number in range(10)))

        assert asyncio.run(all_of_them()) == [f"x of task {number}" for number in range(10)]

    @pytest.mark.skipif(not hasattr(os, "fork") or sys.platform == "darwin", reason="forks")
    @pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork:DeprecationWarning")
    def test_a_forked_process(self, engine: str) -> None:
        """Threads do not come along, so that it begins anew; and no two processes give a run the same id."""
        pipeline = thresher.Pipeline(Row, engine=engine)
        asyncio.run(pipeline.aprocess(rows(1)))
        out, into = os.pipe()
        child = os.fork()
        if child == 0:
            try:
                os.write(into, asyncio.run(pipeline.aprocess(rows(1))).run_id.encode())
            finally:
                os._exit(0)
        os.close(into)
        with open(out, "rb") as pipe:
            theirs = pipe.read().decode()
        os.waitpid(child, 0)
        assert len(theirs) == 32
        assert theirs not in [pipeline.process(rows(1)).run_id for _ in range(70)]

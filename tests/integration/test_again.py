"""Small sources like one that was met before: they are run in another way, and nobody can tell."""

from __future__ import annotations

import contextlib
import copy
import gc
import gzip
import os
import pickle
import subprocess
import sys
import tarfile
import threading
import weakref
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Annotated, Any

import msgspec
import pytest
from pydantic import BaseModel, Field, field_validator

import thresher
from thresher.errors import ConfigurationError, DataProcessingError, FileError


class Row(BaseModel):
    """Two columns."""

    a: int
    b: str


class Odd(BaseModel):
    """A field of the user's own, which only Pydantic can check."""

    a: int
    b: Annotated[str, Field(min_length=2)]

    @field_validator("b")
    @classmethod
    def doubled(cls, value: str) -> str:
        return value * 2


class Pair(msgspec.Struct):
    """The same for msgspec."""

    a: int
    b: str


class Total(BaseModel):
    """What a transform writes."""

    c: int
    b: str


CSV = b"a,b\n1,one\nx,two\n3,\n4,four\n"
TSV = CSV.replace(b",", b"\t")
LINES = b'{"a": 1, "b": "one"}\n{"a": "x", "b": "two"}\n{"a":4,"b":"f\\u00f6ur"}\n{"b": 1}\n\n[]\n'


@pytest.fixture
def long_ways(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Return a list that grows with each run that looks at its source."""
    import thresher.run

    open_sources, seen = thresher.run.open_sources, []

    def watched(source: Any, config: Any) -> Any:
        seen.append(source)
        return open_sources(source, config)

    monkeypatch.setattr(thresher.run, "open_sources", watched)
    return seen


def facts(result: thresher.Result) -> Any:
    """Return all that a run came to, apart from its id, its times, and its memory."""
    report = msgspec.to_builtins(result.report)
    for name in ("run_id", "started_at", "elapsed_seconds", "records_per_second", "bytes_per_second", "outputs"):
        report.pop(name)
    report["engine"].pop("peak_memory_bytes")
    rejects = [(r.source, r.record, r.line, r.byte_offset, r.stage, r.raw, r.told) for r in result.rejects]
    kept = None if "accepted" in result.report.outputs else list(result.records())
    return report, rejects, kept


@pytest.mark.parametrize("output", [None, "csv", "tsv", "jsonl"])
@pytest.mark.parametrize("schema", [Row, Odd, Pair], ids=lambda schema: schema.__name__)
@pytest.mark.parametrize(("suffix", "data"), [("csv", CSV), ("txt", CSV), ("tsv", TSV), ("jsonl", LINES), (None, CSV)])
def test_it_comes_to_the_same(
    engine: str, suffix: str | None, data: bytes, schema: Any, output: str | None, tmp_path: Path, long_ways: list[Any]
) -> None:
    """In memory and to files, for each format, natively and by the oracle."""
    pipeline = thresher.Pipeline(schema, engine=engine)
    source: Any = data
    if suffix is not None:
        source = tmp_path / f"source.{suffix}"
        source.write_bytes(data)
    found = []
    for turn in range(3):
        outputs = {}
        if output is not None:
            outputs = {"output": tmp_path / f"{turn}.{output}", "rejects": tmp_path / f"{turn}-bad.jsonl"}
        result = pipeline.process(source, **outputs)
        found.append((facts(result), [path.read_bytes() for path in outputs.values()]))
        assert list(result.report.outputs.values()) == [str(path) for path in reversed(outputs.values())]
    assert found[1] == found[0]
    assert found[2] == found[0]
    assert found[0][0][0]["rejected"] > 0
    # Files are written with nobody's code between them and the engine.
    short = engine == "rust" and (schema is not Odd or output is None)
    assert len(long_ways) == (1 if short else 3)
    assert not list(tmp_path.glob(".*"))


@pytest.mark.parametrize("options", [{"where": "a > 1"}, {"output_schema": Total, "values": {"c": "a * 2"}}])
def test_transforms(engine: str, options: Any, tmp_path: Path, long_ways: list[Any]) -> None:
    """What is written is what it was, rejects as CSV among it."""
    pipeline = thresher.Pipeline(Row, engine=engine, **options)
    found = []
    for turn in range(2):
        good, bad = tmp_path / f"{turn}.csv", tmp_path / f"{turn}-bad.csv"
        result = pipeline.process(CSV, output=good, rejects=bad)
        found.append((result.read, result.accepted, result.filtered, good.read_bytes(), bad.read_bytes()))
        with pytest.raises(ConfigurationError, match="cannot be read back"):
            list(result.rejects)
    assert found[1] == found[0]
    assert facts(pipeline.process(CSV)) == facts(thresher.Pipeline(Row, engine=engine, **options).process(CSV))
    assert len(long_ways) == (3 if engine == "rust" else 4)


def archive(data: bytes, folder: Path) -> bytes:
    """Return a tar archive whose first member has a name that looks like a header."""
    path = folder / "archive.tar"
    with tarfile.open(path, "w", format=tarfile.USTAR_FORMAT) as archive:
        archive.addfile(tarfile.TarInfo("a,b\n"))
    return path.read_bytes().ljust(len(data), b"\0")


OTHERS: dict[str, Callable[[Path], bytes]] = {
    "empty": lambda _: b"",
    "header": lambda _: b"a,b\n",
    "no line end": lambda _: b"a,b",
    "other header": lambda _: b"b,a\none,1\n",
    "no such column": lambda _: b"a,c\n1,2\n",
    "carriage returns": lambda _: CSV.replace(b"\n", b"\r\n"),
    "quoted header": lambda _: b'"a",b\n1,2\n',
    "blank lines": lambda _: b"\n\n" + CSV,
    "mark": lambda _: b"\xef\xbb\xbf" + CSV,
    "other encoding": lambda _: CSV.decode().encode("utf-16"),
    "compressed": lambda _: gzip.compress(CSV),
    "large": lambda _: CSV + b"5,five\n" * 50_000,
    "archive": lambda folder: archive(CSV, folder),
    "array": lambda _: b'[{"a": 1, "b": "x"}]',
    "one object": lambda _: b'{\n"a": 1,\n"b": "x"\n}\n',
    "lines": lambda _: LINES,
    "mark before lines": lambda _: b"\xef\xbb\xbf" + LINES,
    "open quote": lambda _: b'a,b\n1,"two\n3,four',
    "no utf-8": lambda _: b"a,b\n1,\xff\n\xfe,2\n",
    "zeros": lambda _: b"a,b\n1,\0\n\0",
}


@pytest.mark.parametrize("name", ["x.csv", "x.jsonl", "x.json", "x", "bytes"])
@pytest.mark.parametrize("other", OTHERS)
def test_sources_of_other_kinds(engine: str, name: str, other: str, tmp_path: Path) -> None:
    """After one that is remembered, each gives what it would have given first: a result, or the same words."""
    path = tmp_path / name
    path.write_bytes(LINES if name in ("x.jsonl", "x.json") else CSV)
    used = thresher.Pipeline(Row, engine=engine)
    for _ in range(2):
        used.process(path if name != "bytes" else path.read_bytes())
    path.write_bytes(OTHERS[other](tmp_path))

    def come_to(pipeline: thresher.Pipeline) -> Any:
        try:
            return facts(pipeline.process(path if name != "bytes" else path.read_bytes()))
        except (ConfigurationError, DataProcessingError, FileError) as error:
            return type(error), str(error)

    assert come_to(used) == come_to(thresher.Pipeline(Row, engine=engine))


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no FIFOs")
def test_a_fifo(engine: str, tmp_path: Path) -> None:
    """It is opened once: who writes into it has one reader."""
    used = thresher.Pipeline(Row, engine=engine)
    path = tmp_path / "x.csv"
    path.write_bytes(CSV)
    expected = [used.process(path).accepted for _ in range(2)]
    path.unlink()
    os.mkfifo(path)
    script = "import sys, time; file = open(sys.argv[1], 'wb'); time.sleep(0.2); file.write(sys.argv[2].encode())"
    with subprocess.Popen([sys.executable, "-c", script, path, CSV.decode()]) as writer:
        assert [used.process(path).accepted] * 2 == expected
    assert writer.returncode == 0


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork")
def test_forks_in_the_middle_of_runs(engine: str, tmp_path: Path) -> None:
    """What another thread held on to when the process was forked is in nobody's way."""
    environment = {**os.environ, "THRESHER_ENGINE": engine}
    done = subprocess.run(
        [sys.executable, "-c", FORKS], env=environment, capture_output=True, text=True, check=False, timeout=120
    )
    assert (done.stdout, done.returncode) == ("all came back\n", 0), done.stderr


@pytest.mark.parametrize("setting", [{"header": False}, {"null_values": ("one",)}, {"max_bytes": 10}, {"workers": 1}])
def test_other_settings(engine: str, setting: Any) -> None:
    """What was found out under some settings is not used under others."""
    used = thresher.Pipeline(Row, engine=engine)
    for _ in range(2):
        used.process(CSV)

    def come_to(pipeline: thresher.Pipeline) -> Any:
        try:
            return facts(pipeline.process(CSV, **setting))
        except (DataProcessingError, FileError) as error:
            return str(error)

    expected = come_to(thresher.Pipeline(Row, engine=engine))
    assert [come_to(used), come_to(used)] == [expected, expected]


@pytest.mark.parametrize("role", ["output", "rejects"])
def test_standard_output(engine: str, role: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: Any) -> None:
    """It is no file of that name, however often it is written to."""
    monkeypatch.chdir(tmp_path)
    pipeline = thresher.Pipeline(Row, engine=engine)
    pipeline.process(CSV, **{role: "first.jsonl"})
    for _ in range(3):
        result = pipeline.process(CSV, **{role: "-"})
        assert capfd.readouterr().out == (tmp_path / "first.jsonl").read_text()
    assert [path.name for path in tmp_path.iterdir()] == ["first.jsonl"]
    if role == "rejects":
        with pytest.raises(ConfigurationError, match="cannot be read back"):
            list(result.rejects)


def test_a_path_that_no_system_has(engine: str, tmp_path: Path) -> None:
    """The words are those of the first time."""
    pipeline = thresher.Pipeline(Row, engine=engine)
    (tmp_path / "x.csv").write_bytes(CSV)
    pipeline.process(tmp_path / "x.csv")
    with pytest.raises(ConfigurationError, match="looks like data, not like a path"):
        pipeline.process("\ud800.csv")


def test_a_compressed_name(engine: str, tmp_path: Path) -> None:
    """The suffix of a compression says the same whatever was met."""
    pipeline = thresher.Pipeline(Row, engine=engine)
    (tmp_path / "x.dat").write_bytes(CSV)
    (tmp_path / "x.gz").write_bytes(CSV)
    for _ in range(2):
        assert pipeline.process(tmp_path / "x.dat").accepted == 2
        with pytest.raises(FileError, match="named as compressed"):
            pipeline.process(tmp_path / "x.gz")


def test_the_users_code_runs_once(engine: str, tmp_path: Path) -> None:
    """Once for each record, however well its source is known."""
    seen = []

    def see(record: dict[str, Any]) -> dict[str, Any]:
        seen.append(record["a"])
        return record

    pipeline = thresher.Pipeline(Row, map_records=see, engine=engine)
    for turn in range(3):
        pipeline.process(CSV, output=tmp_path / f"{turn}.csv", rejects=tmp_path / f"{turn}.jsonl")
        pipeline.process(CSV)
    assert seen == [1, 4] * 6


class TestOutputs:
    """Where an output cannot be made as a new file of that name."""

    @pytest.fixture
    def used(self, engine: str, tmp_path: Path) -> thresher.Pipeline:
        pipeline = thresher.Pipeline(Row, engine=engine)
        for turn in range(2):
            pipeline.process(CSV, output=tmp_path / f"u{turn}.csv", rejects=tmp_path / f"u{turn}.jsonl")
        return pipeline

    def test_it_exists(self, used: thresher.Pipeline, tmp_path: Path) -> None:
        good, bad = tmp_path / "good.csv", tmp_path / "bad.jsonl"
        good.write_bytes(b"old")
        good.chmod(0o600)
        used.process(CSV, output=good, rejects=bad)
        assert good.read_bytes() == (tmp_path / "u1.csv").read_bytes()
        assert good.stat().st_mode & 0o777 == 0o600
        assert bad.read_bytes() == (tmp_path / "u1.jsonl").read_bytes()

    def test_new_files_have_the_mode_of_new_files(self, used: thresher.Pipeline, tmp_path: Path) -> None:
        (tmp_path / "other").write_bytes(b"")
        assert (tmp_path / "u1.csv").stat().st_mode == (tmp_path / "other").stat().st_mode

    def test_it_is_a_link(self, used: thresher.Pipeline, tmp_path: Path) -> None:
        (tmp_path / "link.csv").symlink_to(tmp_path / "real.csv")
        used.process(CSV, output=tmp_path / "link.csv", rejects=tmp_path / "bad.jsonl")
        assert (tmp_path / "link.csv").is_symlink()
        assert (tmp_path / "real.csv").read_bytes() == (tmp_path / "u1.csv").read_bytes()

    def test_it_is_the_source(self, used: thresher.Pipeline, tmp_path: Path) -> None:
        source = tmp_path / "source.csv"
        source.write_bytes(CSV)
        for _ in range(2):
            with pytest.raises(ConfigurationError, match="is the source"):
                used.process(source, output=source, rejects=tmp_path / "bad.jsonl")
        assert source.read_bytes() == CSV

    @pytest.mark.parametrize(
        ("name", "words"),
        [
            ("folder.csv", "is a folder"),
            ("nowhere/good.csv", "does not exist"),
            ("u0.csv/good.csv", "is no folder"),
            ("n" * 300 + ".csv", "File name too long"),
        ],
    )
    def test_it_cannot_be_written(self, used: thresher.Pipeline, name: str, words: str, tmp_path: Path) -> None:
        (tmp_path / "folder.csv").mkdir()
        before = sorted(tmp_path.rglob("*"))
        with pytest.raises(FileError, match=words):
            used.process(CSV, output=tmp_path / name, rejects=tmp_path / "bad.jsonl")
        assert sorted(tmp_path.rglob("*")) == before

    def test_long_names(self, used: thresher.Pipeline, tmp_path: Path) -> None:
        """The hidden names of two files with one long beginning are the same."""
        name = "é" * 100
        used.process(CSV, output=tmp_path / f"{name}.csv", rejects=tmp_path / f"{name}.jsonl")
        assert (tmp_path / f"{name}.csv").read_bytes() == (tmp_path / "u1.csv").read_bytes()
        assert not list(tmp_path.glob(".*"))

    def test_names_that_are_no_text(self, used: thresher.Pipeline, tmp_path: Path) -> None:
        name = os.fsdecode(b"\xff.csv")
        used.process(CSV, output=tmp_path / name, rejects=tmp_path / "bad.jsonl")
        assert (tmp_path / name).read_bytes() == (tmp_path / "u1.csv").read_bytes()

    def test_a_name_in_the_working_directory(
        self, used: thresher.Pipeline, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Rejects are found again from another directory."""
        monkeypatch.chdir(tmp_path)
        result = used.process(CSV, output="good.csv", rejects="bad.jsonl")
        monkeypatch.chdir("/")
        assert [reject.record for reject in result.rejects] == [2, 3]
        assert (tmp_path / "good.csv").exists()

    def test_rejects_that_change(self, used: thresher.Pipeline, tmp_path: Path) -> None:
        result = used.process(CSV, output=tmp_path / "good.csv", rejects=tmp_path / "bad.jsonl")
        with (tmp_path / "bad.jsonl").open("ab") as file:
            file.write(b"{}\n")
        with pytest.raises(FileError, match="has changed"):
            list(result.rejects)

    def test_a_report(self, used: thresher.Pipeline, tmp_path: Path) -> None:
        used.process(CSV, output=tmp_path / "g.csv", rejects=tmp_path / "b.jsonl", report=tmp_path / "r.json")
        assert msgspec.json.decode((tmp_path / "r.json").read_bytes())["rejected"] == 2


def test_outputs_that_appear_during_runs(engine: str, tmp_path: Path) -> None:
    """Whatever the moment, both files are there, or none is: one that had its name already is taken back."""
    pipeline = thresher.Pipeline(Row, engine=engine)
    pipeline.process(CSV, output=tmp_path / "first.csv", rejects=tmp_path / "first.jsonl")
    over = threading.Event()
    good, bad = tmp_path / "good.csv", tmp_path / "bad.jsonl"

    def disturb() -> None:
        while not over.is_set():
            with contextlib.suppress(OSError):
                good.mkdir()
                good.rmdir()

    thread = threading.Thread(target=disturb)
    thread.start()
    try:
        for _ in range(200):
            try:
                pipeline.process(CSV, output=good, rejects=bad)
            except FileError:
                assert not bad.exists()
                assert not good.is_file()
            else:
                assert good.read_bytes() == (tmp_path / "first.csv").read_bytes()
                good.unlink()
                bad.unlink()
            assert not list(tmp_path.glob(".*"))
    finally:
        over.set()
        thread.join()


def test_a_validator_that_crashes(engine: str, tmp_path: Path) -> None:
    """Its record is named, and nothing is left behind."""

    class Fails(BaseModel):
        a: int

        @field_validator("a")
        @classmethod
        def fail(cls, value: int) -> int:
            if value == 7:
                raise KeyError(value)
            return value

    pipeline = thresher.Pipeline(Fails, engine=engine)
    for turn in range(2):
        pipeline.process(b"a\n1\n", output=tmp_path / f"{turn}.csv", rejects=tmp_path / f"{turn}.jsonl")
    with pytest.raises(DataProcessingError, match="record 2") as caught:
        pipeline.process(b"a\n1\n7\n", output=tmp_path / "good.csv", rejects=tmp_path / "bad.jsonl")
    assert isinstance(caught.value.__cause__, KeyError)
    assert len(list(tmp_path.iterdir())) == 4


FORKS = """
import faulthandler, os, threading
from pydantic import BaseModel
import thresher

class Row(BaseModel):
    a: int

pipeline = thresher.Pipeline(Row)
# Modules that are imported just now are another matter.
assert [reject.record for reject in pipeline.process(b"a\\n1\\nx\\n").rejects] == [2]
over = threading.Event()

def work(number):
    turn = 0
    while not over.is_set():
        turn += 1
        pipeline.process(b"a,b%d\\n1,2\\nx,2\\n" % (turn % 100 + 100 * number))

threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
for thread in threads:
    thread.start()
for turn in range(60):
    child = os.fork()
    if child == 0:
        faulthandler.dump_traceback_later(20, exit=True)
        for number in range(5):
            assert pipeline.process(b"a,c%d\\n1,2\\nx,2\\n" % number).accepted == 1
            assert pipeline.process(b"a,c%d\\n1,2\\nx,2\\n" % number).rejected == 1
        os._exit(0)
    if os.waitpid(child, 0)[1] != 0:
        print("one was stuck")
        os._exit(1)
over.set()
for thread in threads:
    thread.join()
print("all came back")
"""

FULL = """
import resource, signal, sys
from pathlib import Path
from pydantic import BaseModel
import thresher

class Row(BaseModel):
    a: int

folder = Path(sys.argv[1])
pipeline = thresher.Pipeline(Row)
small, large = b"a\\n1\\nx\\n", b"a\\n" + b"1\\n" * 20_000
for turn in range(2):
    pipeline.process(small, output=folder / f"{turn}.csv", rejects=folder / f"{turn}.jsonl")
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, 10_000))
try:
    pipeline.process(large, output=folder / "good.csv", rejects=folder / "bad.jsonl")
except thresher.FileError as error:
    print(error)
print(sorted(path.name for path in folder.iterdir()))
"""


@pytest.mark.skipif(sys.platform == "win32", reason="there are no such limits")
def test_no_room(engine: str, tmp_path: Path) -> None:
    """A file that cannot be written to its end is not there, and the message says so."""
    environment = {**os.environ, "THRESHER_ENGINE": engine}
    done = subprocess.run(
        [sys.executable, "-c", FULL, tmp_path], env=environment, capture_output=True, text=True, check=True, timeout=60
    )
    message, names = done.stdout.splitlines()
    assert "good.csv' could not be written: File too large; make room and run again" in message
    assert names == "['0.csv', '0.jsonl', '1.csv', '1.jsonl']"


def test_what_nobody_holds_goes(engine: str) -> None:
    """A model that holds its own pipeline, and its results, is a cycle through what is remembered."""

    class Own(BaseModel):
        a: int

        @field_validator("a")
        @classmethod
        def same(cls, value: int) -> int:
            return value

    Own.pipeline = thresher.Pipeline(Own, engine=engine)
    Own.results = [Own.pipeline.process(b"a\n1\n") for _ in range(3)]
    gone = weakref.ref(Own)
    del Own
    for _ in range(3):
        gc.collect()
    assert gone() is None


def test_garbage_beside_results(engine: str) -> None:
    """What a result is made of is none of the garbage that its pipeline has become."""

    def run() -> thresher.Result:
        pipeline = thresher.Pipeline(Row, engine=engine)
        pipeline.process(CSV)
        result = pipeline.process(CSV)
        cycle: list[Any] = [pipeline]
        cycle.append(cycle)
        return result

    result = run()
    gc.collect()
    assert (result.accepted, len(result.rejects), len(list(result.records()))) == (2, 2, 2)


def test_what_was_forgotten_goes(engine: str) -> None:
    """A result that nobody has looked at holds nothing that the collector of garbage does not know of."""

    class Own(BaseModel):
        a: int

    pipeline = Own.pipeline = thresher.Pipeline(Own, engine=engine)
    pipeline.process(b"a\n1\n")
    Own.result = pipeline.process(b"a\n1\n")
    for number in range(70):
        pipeline.process(b"a,b%d\n1,2\n" % number)
    gone = weakref.ref(Own)
    del Own, pipeline
    for _ in range(3):
        gc.collect()
    assert gone() is None


def test_pipelines_and_results_go_to_other_processes(engine: str) -> None:
    """However often they were used."""
    pipeline = thresher.Pipeline(Row, engine=engine)
    for _ in range(3):
        result = pipeline.process(CSV)
        expected = facts(pickle.loads(pickle.dumps(result)))
        assert facts(result) == expected
        assert facts(pickle.loads(pickle.dumps(pipeline)).process(CSV)) == expected
        assert facts(copy.deepcopy(pipeline).process(CSV)) == expected


def test_threads_see_one_account(engine: str) -> None:
    """Whoever looks first."""
    pipeline = thresher.Pipeline(Row, engine=engine)
    with ThreadPoolExecutor(8) as pool:
        for _ in range(100):
            result = pipeline.process(CSV)
            reports = list(pool.map(lambda _, result=result: result.report, range(8)))
            assert all(report is reports[0] for report in reports)


def test_an_account_is_given_once(engine: str) -> None:
    """And of the time of the run, not of the time when somebody looked."""
    pipeline = thresher.Pipeline(Row, engine=engine)
    results = [pipeline.process(CSV) for _ in range(3)]
    assert len({result.run_id for result in results}) == 3
    started = [result.report.started_at for result in results]
    assert started == sorted(started)
    for result in results:
        assert result.report is result.report
        assert result.rejects is result.rejects
        assert 0 < result.elapsed < 60


def test_logging(engine: str, caplog: pytest.LogCaptureFixture) -> None:
    """Each run is told of once."""
    pipeline = thresher.Pipeline(Row, engine=engine)
    with caplog.at_level("INFO", logger="thresher"):
        for _ in range(3):
            pipeline.process(CSV)
    assert [record.getMessage() for record in caplog.records if record.name == "thresher"] == [
        "processed 4 records: 2 accepted, 2 rejected, 0 filtered"
    ] * 3


def test_more_first_lines_than_are_remembered(engine: str) -> None:
    """Then it begins anew."""
    pipeline = thresher.Pipeline(Row, engine=engine)
    for turn in range(2):
        for number in range(70):
            assert pipeline.process(b"a,b,c%d\n1,x,\n%d,y,\n" % (number, turn)).accepted == 2

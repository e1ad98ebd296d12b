"""What both engines promise apart from records: the choice between them, their tables, threads, and failures."""

from __future__ import annotations

import asyncio
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import get_args

import pytest
from pydantic import BaseModel, field_validator
from pydantic_core import core_schema

import thresher
from tests import jobs
from thresher import engine as engines
from thresher.errors import ConfigurationError, DataProcessingError


class Row(BaseModel):
    """Two columns."""

    a: int
    b: str


SMALL = b"a,b\n" + b"".join(b"%d,text\n" % i for i in range(1000))

native = pytest.importorskip("thresher._engine")


def test_every_error_of_a_kernel_is_one_of_pydantic() -> None:
    """The table of the engine has no error that the installed pydantic-core does not know."""
    known = set(get_args(core_schema.ErrorType))
    assert set(native.error_types()) <= known


@pytest.mark.parametrize("name", jobs.NAMES)
def test_fixtures_are_what_the_compiler_makes(name: str) -> None:
    """The jobs that `cargo test` runs are those of the compiler: `python -m tests.jobs` writes them anew."""
    assert (jobs.FOLDER / f"{name}.json").read_bytes() == jobs.job(name)
    native.check_job(jobs.job(name))


def test_a_job_that_cannot_be_carried_out_is_refused() -> None:
    """The engine says what is wrong with a plan instead of guessing."""
    for job, said in (
        (b"{}", "missing field"),
        (b"[", "EOF"),
        (jobs.job("readings").replace(b'","', b'"ab"', 1), "one byte"),
    ):
        with pytest.raises(native.RunError, match=said):
            native.check_job(job)


def test_choice_by_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """THRESHER_ENGINE comes before auto, and a setting comes before it."""
    monkeypatch.setenv("THRESHER_ENGINE", "python")
    assert engines.choose("auto").name == "python"
    assert engines.choose("rust").name == "rust"
    monkeypatch.setenv("THRESHER_ENGINE", "ruby")
    with pytest.raises(ConfigurationError, match="THRESHER_ENGINE is 'ruby'"):
        engines.choose("auto")
    monkeypatch.delenv("THRESHER_ENGINE")
    assert engines.choose("auto").name == "rust"


def test_a_broken_extension_is_not_hidden(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Only a missing extension selects Python; any other error of its import is raised."""
    import builtins

    real = builtins.__import__

    def broken(name: str, *args: object, **kwargs: object) -> object:
        if name == "thresher._engine":
            raise ImportError("undefined symbol")
        return real(name, *args, **kwargs)  # type: ignore[arg-type]

    monkeypatch.setattr(builtins, "__import__", broken)
    with pytest.raises(ImportError, match="undefined symbol"):
        engines.choose("auto")


def test_a_hundred_runs_at_once_start_no_hundred_pools(engine: str) -> None:
    """Small sources run on their callers' threads, all with the right result."""
    pipeline = thresher.Pipeline(Row)
    # Threads of the system, not of Python: other libraries have pools of their own.
    before = len(os.listdir("/proc/self/task")) if os.path.isdir("/proc/self/task") else 0
    most = 0

    def one(_: int) -> int:
        nonlocal most
        result = pipeline.process(SMALL, engine=engine)
        most = max(most, len(os.listdir("/proc/self/task")) if os.path.isdir("/proc/self/task") else 0)
        return result.accepted

    with ThreadPoolExecutor(20) as pool:
        assert list(pool.map(one, range(100))) == [1000] * 100
    assert most <= before + 20 + 4


def test_runs_in_an_event_loop(engine: str) -> None:
    """Many runs at once, awaited."""
    pipeline = thresher.Pipeline(Row)

    async def all_of_them() -> list[int]:
        results = await asyncio.gather(*(pipeline.aprocess(SMALL, engine=engine) for _ in range(50)))
        return [result.accepted for result in results]

    assert asyncio.run(all_of_them()) == [1000] * 50


def test_a_validator_that_crashes_stops_the_run(engine: str, tmp_path: Path) -> None:
    """What is no validation error is not a reject: the run stops, says where, and publishes nothing."""

    class Crashing(BaseModel):
        a: int

        @field_validator("a")
        @classmethod
        def crash(cls, value: int) -> int:
            if value == 700:
                raise KeyError("boom")
            return value

    output = tmp_path / "good.csv"
    with pytest.raises(DataProcessingError, match=r"record 701 \(line 702\).*KeyError") as caught:
        thresher.process(SMALL, Crashing, output=output, engine=engine, block_bytes=500)
    assert isinstance(caught.value.__cause__, KeyError)
    assert list(tmp_path.iterdir()) == []


def test_a_file_object_that_fails(engine: str) -> None:
    """An exception of the source's own read reaches the caller."""

    class Failing:
        def __init__(self) -> None:
            self.left = [SMALL[:500]]

        def read(self, size: int) -> bytes:
            if not self.left:
                raise OSError(5, "the cable is out")
            return self.left.pop()

    with pytest.raises(thresher.FileError, match="the cable is out"):
        thresher.process(Failing(), Row, engine=engine, format="csv")

"""Many small runs at once beside one after another: throughput, latencies, threads and memory.

Enters: nothing. Leaves: a table for files of 1,000 readings whose records are kept in memory or written to files, with
a msgspec Struct and with a Pydantic model: one run after another, 100 threads and 200 asyncio tasks at once. The ways
take turns; a ratio is that of two turns of one round, and medians are shown with their range.

    python -m benches.concurrent [--rounds 9] [--runs 4000] [--workload readings]
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import os
import shutil
import statistics
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import thresher
from benches import data
from benches.models import MODELS
from benches.structs import STRUCTS

__all__ = ["main"]

RECORDS = 1_000
THREADS = 100
TASKS = 200


def threads_of_process() -> int:
    """Return how many threads this process has."""
    return len(os.listdir("/proc/self/task"))


def memory() -> float:
    """Return the megabytes that this process holds."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


@dataclass
class Case:
    """One pipeline, one source, and where its records go."""

    pipeline: thresher.Pipeline
    source: Path
    folder: Path | None
    numbers: Iterator[int] = field(default_factory=itertools.count)

    def arguments(self) -> dict[str, Any]:
        """Return the outputs of the next run: new files, or none."""
        if self.folder is None:
            return {}
        number = next(self.numbers)
        return {"output": self.folder / f"{number}.csv", "rejects": self.folder / f"{number}.jsonl"}

    def run(self) -> None:
        """Process the file."""
        self.pipeline.process(self.source, **self.arguments())

    async def arun(self) -> None:
        """Process the file, awaited."""
        await self.pipeline.aprocess(self.source, **self.arguments())

    def clean(self) -> None:
        """Remove what was written."""
        if self.folder is not None:
            shutil.rmtree(self.folder)
            self.folder.mkdir()


@dataclass
class Turn:
    """What one turn of one way took."""

    runs: int
    latencies: list[float] = field(default_factory=list)
    seconds: float = 0.0
    threads: int = 0

    def note(self, began: float) -> None:
        """Note a run that ends now."""
        self.latencies.append(time.perf_counter() - began)
        if len(self.latencies) % 200 == 0:
            self.threads = max(self.threads, threads_of_process())

    @property
    def rate(self) -> float:
        """Runs a second."""
        return self.runs / self.seconds

    def latency(self, share: float) -> float:
        """Return the milliseconds that this share of the runs took at most."""
        return sorted(self.latencies)[int(len(self.latencies) * share)] * 1000


def in_sequence(case: Case, turn: Turn) -> None:
    """One run after another."""
    for _ in range(turn.runs):
        began = time.perf_counter()
        case.run()
        turn.note(began)


def in_threads(case: Case, turn: Turn) -> None:
    """100 threads at once, each with its share of the runs."""

    def work() -> None:
        for _ in range(turn.runs // THREADS):
            began = time.perf_counter()
            case.run()
            turn.note(began)

    workers = [threading.Thread(target=work) for _ in range(THREADS)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()


def in_tasks(case: Case, turn: Turn) -> None:
    """200 asyncio tasks at once, each with its share of the runs."""

    async def task() -> None:
        for _ in range(turn.runs // TASKS):
            began = time.perf_counter()
            await case.arun()
            turn.note(began)

    async def all_of_them() -> None:
        await asyncio.gather(*(task() for _ in range(TASKS)))

    asyncio.run(all_of_them())


def in_to_thread(case: Case, turn: Turn) -> None:
    """200 asyncio tasks at once that call the blocking function through ``asyncio.to_thread``."""

    async def task() -> None:
        for _ in range(turn.runs // TASKS):
            began = time.perf_counter()
            await asyncio.to_thread(case.run)
            turn.note(began)

    async def all_of_them() -> None:
        await asyncio.gather(*(task() for _ in range(TASKS)))

    asyncio.run(all_of_them())


WAYS: dict[str, Callable[[Case, Turn], None]] = {
    "one after another": in_sequence,
    "100 threads": in_threads,
    "200 tasks, aprocess": in_tasks,
    "200 tasks, to_thread": in_to_thread,
}


def measure(case: Case, rounds: int, runs: int) -> dict[str, list[Turn]]:
    """Return the turns of each way; the ways take turns, another one first in each round."""
    turns: dict[str, list[Turn]] = {name: [] for name in WAYS}
    names = list(WAYS)
    for number in range(rounds):
        for name in names[number % len(names) :] + names[: number % len(names)]:
            turn = Turn(runs)
            began = time.perf_counter()
            WAYS[name](case, turn)
            turn.seconds = time.perf_counter() - began
            turns[name].append(turn)
            case.clean()
    return turns


def spread(values: list[float], form: str) -> str:
    """Return the median with its range."""
    return f"{statistics.median(values):{form}} ({min(values):{form}} to {max(values):{form}})"


def main() -> None:
    """Measure, and print a table."""
    parser = argparse.ArgumentParser(description="Measure many small runs at once.")
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--runs", type=int, default=4_000, help="of each way in each round")
    parser.add_argument("--workload", default="readings", choices=sorted(STRUCTS))
    options = parser.parse_args()
    columns = "schema, records go | way | runs a second | times one after another | median ms | 99th percentile ms"
    print(f"| {columns} | threads | MB |\n|---|---|---:|---:|---:|---:|---:|---:|")
    schemas = {"msgspec Struct": STRUCTS[options.workload], "Pydantic model": MODELS[options.workload]}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        source = data.write(folder / "source.csv", options.workload, RECORDS)
        (folder / "out").mkdir()
        for where, out in (("in memory", None), ("to files", folder / "out")):
            for library, schema in schemas.items():
                case = Case(thresher.Pipeline(schema), source, out)
                for _ in range(100):
                    case.run()
                turns = measure(case, options.rounds, options.runs)
                alone = [turn.rate for turn in turns["one after another"]]
                for way, those in turns.items():
                    ratios = [turn.rate / rate for turn, rate in zip(those, alone, strict=True)]
                    print(
                        f"| {library}, {where} | {way} | {statistics.median(turn.rate for turn in those):,.0f} "
                        f"| {spread(ratios, '.2f')} | {statistics.median(turn.latency(0.5) for turn in those):.2f} "
                        f"| {spread([turn.latency(0.99) for turn in those], '.1f')} "
                        f"| {max(turn.threads for turn in those)} | {memory():.0f} |",
                        flush=True,
                    )


if __name__ == "__main__":
    main()

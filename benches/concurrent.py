"""Many small runs at once: throughput beside one run after another, latencies, threads and memory.

Enters: nothing. Leaves: a table of 100 threads and of 200 asyncio tasks, each processing files of 1,000 readings.

    python -m benches.concurrent
"""

from __future__ import annotations

import asyncio
import os
import resource
import statistics
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path

import thresher
from benches import data
from benches.models import MODELS

__all__ = ["main"]

RECORDS = 1_000
RUNS = 2_000
"""Files that are processed in all, in each of the ways."""


def threads_of_process() -> int:
    """Return how many threads this process has."""
    return len(os.listdir("/proc/self/task"))


class Meter:
    """Latencies of runs, and the most threads that were seen."""

    def __init__(self) -> None:
        """Start with nothing measured."""
        self.latencies: list[float] = []
        self.threads = 0

    def measured(self, run: Callable[[], object]) -> None:
        """Run and note how long it took."""
        began = time.perf_counter()
        run()
        self.latencies.append(time.perf_counter() - began)
        if len(self.latencies) % 50 == 0:
            self.threads = max(self.threads, threads_of_process())


def in_sequence(run: Callable[[], object], meter: Meter) -> None:
    """One run after another."""
    for _ in range(RUNS):
        meter.measured(run)


def in_threads(run: Callable[[], object], meter: Meter) -> None:
    """100 threads at once, each with its share of the runs."""
    workers = [threading.Thread(target=lambda: [meter.measured(run) for _ in range(RUNS // 100)]) for _ in range(100)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()


def in_tasks(process: Callable[[], object], meter: Meter) -> None:
    """200 asyncio tasks at once, each with its share of the runs."""

    async def task() -> None:
        for _ in range(RUNS // 200):
            await asyncio.to_thread(meter.measured, process)

    async def all_of_them() -> None:
        await asyncio.gather(*(task() for _ in range(200)))

    asyncio.run(all_of_them())


def main() -> None:
    """Measure, and print a table."""
    pipeline = thresher.Pipeline(MODELS["readings"])
    with tempfile.TemporaryDirectory() as folder:
        source = data.write(Path(folder) / "source.csv", "readings", RECORDS)

        def run() -> object:
            return pipeline.process(source)

        run()
        print("| way | runs a second | median ms | 99th percentile ms | threads | peak MB |\n|---|---|---|---|---|---|")
        for name, way in (("one after another", in_sequence), ("100 threads", in_threads), ("200 tasks", in_tasks)):
            meter = Meter()
            began = time.perf_counter()
            way(run, meter)
            elapsed = time.perf_counter() - began
            ordered = sorted(meter.latencies)
            peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000
            print(
                f"| {name} | {RUNS / elapsed:,.0f} | {statistics.median(ordered) * 1000:.1f} "
                f"| {ordered[int(len(ordered) * 0.99)] * 1000:.1f} | {meter.threads} | {peak:.0f} |"
            )


if __name__ == "__main__":
    main()

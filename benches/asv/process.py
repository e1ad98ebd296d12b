"""Whole runs: a workload's file in, accepted records and rejects out.

Parameters: engine, workload, number of records, share of bad records, threads. The Python engine, which is there to be
read, is measured on small files only.
"""

from __future__ import annotations

import itertools
import os
import tempfile
from pathlib import Path
from typing import Any

import thresher
from benches import data
from benches.lines import LINES
from benches.models import MODELS, NULL_VALUES

SIZES = (1_000, 100_000, 1_000_000)
CASES = list(itertools.product(("readings", "orders"), SIZES, (0.01, 1.0)))


def files() -> Path:
    """Return the directory of the workloads' files."""
    return Path(os.environ.get("THRESHER_BENCH_DATA", Path(tempfile.gettempdir()) / "thresher-benches"))


class Process:
    """One run of a compiled pipeline, file to files."""

    params: Any = (("rust", "python"), ("readings", "orders"), SIZES, (0.01, 1.0), (1, 2))
    param_names = ("engine", "workload", "records", "bad", "workers")
    timeout = 300

    def setup_cache(self) -> None:
        """Write the files once."""
        for workload, records, bad in CASES:
            data.cached(files(), workload, records, bad=bad)

    def setup(self, engine: str, workload: str, records: int, bad: float, workers: int) -> None:
        """Compile the schema."""
        if engine == "python" and (records > 100_000 or workers > 1):
            raise NotImplementedError("the Python engine is measured on small files, and it has one thread")
        self.source = data.cached(files(), workload, records, bad=bad)
        self.pipeline = thresher.Pipeline(MODELS[workload])
        self.directory = tempfile.TemporaryDirectory()
        self.settings: dict[str, Any] = {
            "output": Path(self.directory.name) / "accepted.csv",
            "rejects": Path(self.directory.name) / "rejects.jsonl",
            "null_values": NULL_VALUES[workload],
            "engine": engine,
            "workers": workers,
        }

    def teardown(self, *_: Any) -> None:
        """Remove what was written."""
        if hasattr(self, "directory"):
            self.directory.cleanup()

    def time_process(self, *_: Any) -> None:
        """Seconds."""
        self.pipeline.process(self.source, **self.settings)

    def peakmem_process(self, *_: Any) -> None:
        """Peak memory of the process."""
        self.pipeline.process(self.source, **self.settings)

    def track_records_per_second(self, *_: Any) -> float:
        """Records a second, as the run itself reports them."""
        result = self.pipeline.process(self.source, **self.settings)
        return result.read / result.elapsed

    track_records_per_second.unit = "records/s"  # type: ignore[attr-defined]


class Target:
    """What the engine is made for: a million readings, from a file to files, in less than a tenth of a second."""

    number = 1
    repeat = 15

    def setup(self) -> None:
        """Compile the schemas; every run writes new files."""
        self.source = data.cached(files(), "readings", 1_000_000)
        self.pipeline = thresher.Pipeline(MODELS["readings"], LINES["readings"])
        self.directory = tempfile.TemporaryDirectory()

    def teardown(self) -> None:
        """Remove what was written."""
        self.directory.cleanup()

    def time_a_million_readings(self) -> None:
        """Seconds, with the transform."""
        folder = Path(self.directory.name)
        self.pipeline.process(self.source, output=folder / "accepted.csv", rejects=folder / "rejects.jsonl")

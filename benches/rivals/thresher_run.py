"""thresher itself, through its Python interface, file to files.

``THRESHER_ENGINE`` chooses the engine, ``THRESHER_BENCH_WORKERS`` the number of threads.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import thresher
from benches.models import MODELS, NULL_VALUES
from benches.rivals import Counts, Run, main


def transforms() -> dict[str, Any]:
    """Return the output schemas of the workloads."""
    if not hasattr(thresher, "From"):
        raise SystemExit("this version of thresher has no transforms")
    from benches.lines import LINES

    return LINES


def prepare(workload: str, source: Path, directory: Path, transform: bool) -> Run:
    """Compile the schema; return the run."""
    schemas = [MODELS[workload], *([transforms()[workload]] if transform else [])]
    pipeline = thresher.Pipeline(*schemas)
    settings: dict[str, Any] = {
        "null_values": NULL_VALUES[workload],
        "workers": int(os.environ.get("THRESHER_BENCH_WORKERS", "0")),
    }
    # As the source is written: .csv or .jsonl.
    accepted, rejects = directory / f"accepted{source.suffix}", directory / "rejects.jsonl"
    # Imports are not timed, of any rival: some of thresher's own are made by the first run.
    with source.open("rb") as file:
        pipeline.process(file.readline(), output=accepted, rejects=rejects, format=source.suffix[1:], **settings)
    accepted.unlink()
    rejects.unlink()

    def run() -> Counts:
        result = pipeline.process(source, output=accepted, rejects=rejects, **settings)
        return Counts(result.accepted, result.rejected)

    return run


if __name__ == "__main__":
    main("thresher_run", prepare)

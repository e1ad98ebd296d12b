"""One file for each way of separating good records from bad ones; each runs as a process of its own.

    python -m benches.rivals.pydantic_loop orders orders.csv out/ [--transform]

Enters: a workload's name, its CSV file (of those whose name ends in ``jsonl`` its JSON Lines), a directory. Leaves:
``accepted.csv`` (or ``accepted.jsonl``) and, where the rival can tell reasons, ``rejects.*`` in that directory; on
standard output one JSON line with the rival's name, its own seconds (imports and the building of the schema not
counted), the records it accepted and rejected, and the peak of its memory.

Every rival does the same work on the same input: it validates each record against the workload's schema, and writes
the accepted ones in their order; the first lines of each say what it leaves out. With ``--transform`` it writes what
the workload's transform makes of them: readings: record_id, value * 1.8 + 32; orders: order_id, the email in lower
case, the total, ordered_at, status.
"""

from __future__ import annotations

import argparse
import json
import resource
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

__all__ = ["EMAIL", "Counts", "Run", "count_lines", "main"]

EMAIL = r"^[A-Za-z0-9._%+-]+@[A-Za-z0-9.-]+\.[A-Za-z]{2,}$"
"""The pattern of the addresses of orders, as in ``examples/orders.py``."""


class Counts(NamedTuple):
    """What a rival can tell of a run; None where it cannot."""

    accepted: int | None
    rejected: int | None
    peak_rss_bytes: int | None = None
    """Given where the work is done by another process."""


Run = Callable[[], Counts]


def peak_rss() -> int:
    """Return the most memory that this process has held, in bytes.

    ``getrusage`` would give the parent's peak where that was higher, because it survives ``exec``.
    """
    try:
        status = Path("/proc/self/status").read_text()
    except OSError:
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return peak if sys.platform == "darwin" else peak * 1024
    return next(int(line.split()[1]) * 1024 for line in status.splitlines() if line.startswith("VmHWM:"))


def count_lines(path: Path) -> int:
    """Return the number of lines of a file, without its header."""
    with path.open("rb") as file:
        return sum(block.count(b"\n") for block in iter(lambda: file.read(1 << 20), b"")) - 1


def main(rival: str, prepare: Callable[[str, Path, Path, bool], Run]) -> None:
    """Run a rival as the command line says, and print its figures.

    Args:
        rival: its name.
        prepare: ``prepare(workload, source, directory, transform)`` imports and builds what it needs and returns the
            work; only the work is timed. The counts are taken after the clock has stopped where they cost anything.
    """
    parser = argparse.ArgumentParser(prog=f"python -m benches.rivals.{rival}")
    parser.add_argument("workload")
    parser.add_argument("source", type=Path)
    parser.add_argument("directory", type=Path)
    parser.add_argument("--transform", action="store_true")
    given = parser.parse_args()
    given.directory.mkdir(parents=True, exist_ok=True)
    run = prepare(given.workload, given.source, given.directory, given.transform)
    start = time.perf_counter()
    counts = run()
    seconds = time.perf_counter() - start
    peak = peak_rss() if counts.peak_rss_bytes is None else counts.peak_rss_bytes
    accepted = count_lines(given.directory / "accepted.csv") if counts.accepted is None else counts.accepted
    print(
        json.dumps(
            {
                "rival": rival,
                "seconds": round(seconds, 6),
                "accepted": accepted,
                "rejected": counts.rejected,
                "peak_rss_bytes": peak,
            }
        )
    )

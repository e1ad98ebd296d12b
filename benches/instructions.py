"""A guard that does not depend on the clock: instructions per record of small workloads, counted by callgrind.

Enters: nothing but the workloads. Leaves: a table, and status 1 where a count has grown past the tolerance over the one
recorded in ``benches/instructions.json``. The engine runs without Python, on one thread.

    python -m benches.instructions             compare
    python -m benches.instructions --record    write the counts anew, after a change that is meant to change them
"""

from __future__ import annotations

import argparse
import json
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

from benches import data

__all__ = ["CASES", "count"]

ROOT = Path(__file__).parent.parent
RECORDED = ROOT / "benches" / "instructions.json"

RECORDS = 20_000
"""Records of each workload: enough for start-up to be small beside them."""

TOLERANCE = 0.15
"""Growth that is let pass: compilers and C libraries differ a little."""


class Case(NamedTuple):
    """What is counted."""

    job: str
    """Its file in ``tests/cases/jobs``."""
    bad: float = 0.01
    """Share of bad records."""
    errors: int = 1
    """Errors in each of those."""
    spaced: bool = False
    """Whether lines have the blanks that ``json.dumps`` leaves."""
    format: str | None = None
    """Of what is written, where it is not that of the job."""


CASES = {
    "readings": Case("readings"),
    "orders": Case("orders"),
    "readings, all bad": Case("readings", 1.0),
    "orders, all bad, three errors each": Case("orders", 1.0, 3),
    "readings as JSON Lines": Case("readings-jsonl"),
    "orders as JSON Lines": Case("orders-jsonl"),
    "readings as JSON Lines, all bad": Case("readings-jsonl", 1.0),
    "orders as JSON Lines, all bad, three errors each": Case("orders-jsonl", 1.0, 3),
    "nested orders": Case("nested-jsonl"),
    "readings as JSON Lines with blanks": Case("readings-jsonl", spaced=True),
    "orders as JSON Lines with blanks": Case("orders-jsonl", spaced=True),
    "nested orders with blanks": Case("nested-jsonl", spaced=True),
    "readings from JSON Lines to CSV": Case("readings-jsonl", format="csv"),
    "orders from JSON Lines to CSV": Case("orders-jsonl", format="csv"),
}


def build() -> Path:
    """Build the example that runs a job; return its path."""
    subprocess.run(
        ["cargo", "build", "--release", "--quiet", "--package", "thresher-core", "--example", "job"],
        cwd=ROOT,
        check=True,
    )
    return ROOT / "target" / "release" / "examples" / "job"


def count(program: Path, name: str, folder: Path) -> float:
    """Return the instructions per record of a case."""
    case = CASES[name]
    workload, _, suffix = case.job.partition("-")
    source, job = folder / "source", folder / "job.json"
    data.write(source, workload, RECORDS, bad=case.bad, errors=case.errors, format="jsonl" if suffix else "csv")
    if case.spaced:
        lines = source.read_text("utf-8").splitlines()
        source.write_text("".join(json.dumps(json.loads(line)) + "\n" for line in lines), "utf-8")
    plan = json.loads((ROOT / "tests" / "cases" / "jobs" / f"{case.job}.json").read_text("utf-8"))
    job.write_text(json.dumps({**plan, "accepted_format": case.format or plan["accepted_format"]}), "utf-8")
    done = subprocess.run(
        [
            *("valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null"),
            *(program, job, source, folder / "accepted.csv", folder / "rejects.jsonl"),
        ],
        capture_output=True,
        text=True,
        check=True,
    )
    found = re.search(r"Collected : (\d+)", done.stderr)
    if found is None:
        raise RuntimeError(f"callgrind printed no count:\n{done.stderr}")
    return int(found[1]) / RECORDS


def main() -> int:
    """Count, and compare or record."""
    parser = argparse.ArgumentParser(description="Count instructions per record.")
    parser.add_argument("--record", action="store_true", help="write the counts anew")
    options = parser.parse_args()
    if shutil.which("valgrind") is None:
        print("valgrind is not installed: instructions are not counted", file=sys.stderr)
        return 0
    program = build()
    with tempfile.TemporaryDirectory() as folder:
        counts = {name: round(count(program, name, Path(folder)), 1) for name in CASES}
    if options.record:
        RECORDED.write_text(json.dumps(counts, indent=2) + "\n")
    recorded = json.loads(RECORDED.read_text())
    grown = False
    print("| workload | instructions a record | recorded | ratio |\n|---|---|---|---|")
    for name, found in counts.items():
        ratio = found / recorded[name]
        grown |= ratio > 1 + TOLERANCE
        print(f"| {name} | {found:,.0f} | {recorded[name]:,.0f} | {ratio:.3f} |")
    if grown:
        print(f"a count has grown by more than {TOLERANCE:.0%}: mend it, or record it with --record", file=sys.stderr)
    return int(grown)


if __name__ == "__main__":
    sys.exit(main())

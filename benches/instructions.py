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

from benches import data

__all__ = ["CASES", "count"]

ROOT = Path(__file__).parent.parent
RECORDED = ROOT / "benches" / "instructions.json"

RECORDS = 20_000
"""Records of each workload: enough for start-up to be small beside them."""

TOLERANCE = 0.15
"""Growth that is let pass: compilers and C libraries differ a little."""

CASES = {
    "readings": ("readings", 0.01, 1),
    "orders": ("orders", 0.01, 1),
    "readings, all bad": ("readings", 1.0, 1),
    "orders, all bad, three errors each": ("orders", 1.0, 3),
    "readings as JSON Lines": ("readings-jsonl", 0.01, 1),
    "orders as JSON Lines": ("orders-jsonl", 0.01, 1),
    "readings as JSON Lines, all bad": ("readings-jsonl", 1.0, 1),
    "orders as JSON Lines, all bad, three errors each": ("orders-jsonl", 1.0, 3),
    "nested orders": ("nested-jsonl", 0.01, 1),
}
"""Name: job of ``tests/cases/jobs``, share of bad records, errors in each."""


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
    fixture, bad, errors = CASES[name]
    workload, _, suffix = fixture.partition("-")
    source = folder / "source"
    data.write(source, workload, RECORDS, bad=bad, errors=errors, format="jsonl" if suffix else "csv")
    job = ROOT / "tests" / "cases" / "jobs" / f"{fixture}.json"
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

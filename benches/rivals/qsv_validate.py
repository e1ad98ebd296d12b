"""qsv, a native command: a JSON Schema for each row; valid and invalid rows to files of their own, with all reasons.

It is compared where the command is found: ``make qsv`` builds it. The command is a process of its own, and what is
timed is all of it, from start to end.

It passes valid rows on as they were read: it fills in no defaults, and transforms nothing where the others do. Its
notion of a type is its own: a number is what a float parser reads, an integer has no white space and no underscores,
true and false may be 1 and 0, and an empty cell is null. JSON Schema has no time without an offset; the moments of
orders are a pattern instead, which knows the days of each month and leap years.
"""

from __future__ import annotations

import json
import os
import re
import resource
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from benches.rivals import EMAIL, Counts, Run, main

__all__ = ["command"]

DAY = (
    r"(?:\d{4}-(?:(?:0[13578]|1[02])-(?:0[1-9]|[12]\d|3[01])|(?:0[469]|11)-(?:0[1-9]|[12]\d|30)|02-(?:0[1-9]|1\d|2[0-8]))"
    r"|(?:\d\d(?:0[48]|[2468][048]|[13579][26])|(?:[02468][048]|[13579][26])00)-02-29)"
)
MOMENT = rf"^{DAY}T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d$"

PROPERTIES: dict[str, dict[str, dict[str, Any]]] = {
    "readings": {
        "record_id": {"type": "string"},
        "value": {"type": "number"},
        "is_valid": {"type": ["boolean", "null"]},
    },
    "orders": {
        "order_id": {"type": "integer", "minimum": 1},
        "customer_email": {"type": "string", "maxLength": 254, "pattern": EMAIL},
        "sku": {"type": "string", "pattern": r"^SKU-\d{5}$"},
        "quantity": {"type": "integer", "minimum": 1, "maximum": 1000},
        "unit_price": {"type": "number", "exclusiveMinimum": 0},
        "currency": {"type": "string", "enum": ["EUR", "USD", "GBP", "JPY"]},
        "status": {"type": "string", "enum": ["new", "paid", "shipped", "cancelled"]},
        "ordered_at": {"type": "string", "pattern": MOMENT},
        "ship_date": {"type": ["string", "null"], "format": "date"},
        "discount": {"type": ["number", "null"], "minimum": 0, "maximum": 1},
        "note": {"type": ["string", "null"]},
        "gift": {"type": ["boolean", "null"]},
    },
}


def command() -> str | None:
    """Return the path of the command, or None where it is not installed.

    ``THRESHER_BENCH_QSV`` names it; else it is what ``make qsv`` has built, or what the shell finds.
    """
    built = Path(__file__).parents[2] / "target" / "qsv" / "bin"
    path = os.pathsep.join([str(built), os.environ.get("PATH", "")])
    named = os.environ.get("THRESHER_BENCH_QSV")
    return named or shutil.which("qsvlite", path=path) or shutil.which("qsv", path=path)


def prepare(workload: str, source: Path, directory: Path, transform: bool) -> Run:
    """Write the schema; return the run of the command."""
    program = command()
    if program is None:
        raise SystemExit("qsv is not installed: `make qsv` builds it")
    schema = directory / "schema.json"
    schema.write_text(
        json.dumps(
            {
                "$schema": "https://json-schema.org/draft/2020-12/schema",
                "type": "object",
                "properties": PROPERTIES[workload],
                "required": list(PROPERTIES[workload]),
            }
        )
    )
    # It writes beside its input, and appends to its name.
    given, accepted = directory / "source.csv", directory / "accepted.csv"
    given.symlink_to(source.resolve())
    # Where nothing is bad it writes only what --valid-output names.
    arguments = [program, "validate", "--quiet", "--valid-output", str(accepted), str(given), str(schema)]

    def run() -> Counts:
        done = subprocess.run(arguments, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, check=False)
        # Its status is 1 also where it did all its work.
        found = re.search(r"^(?:([\d,]+) out of )?[\d,]+( records invalid\.)?$", done.stderr, re.MULTILINE)
        if found is None:
            raise SystemExit(f"qsv ended with status {done.returncode}: {done.stderr}")
        rejected = int((found[1] or "0").replace(",", ""))
        if rejected:
            given.with_name("source.csv.valid").rename(accepted)
        peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
        return Counts(None, rejected, peak)

    return run


if __name__ == "__main__":
    main("qsv_validate", prepare)

"""The same loop with msgspec.convert. It stops at the first error of a record, and says only that."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec

from benches.rivals import Counts, Run, main
from benches.structs import STRUCTS


def text(value: Any) -> Any:
    """Return a value as it stands in the accepted file."""
    if value is True:
        return "true"
    if value is False:
        return "false"
    return value.isoformat() if hasattr(value, "isoformat") else value


def reading_out(record: Any) -> list[Any]:
    """Transform a reading."""
    return [record.record_id, record.value * 1.8 + 32]


def order_out(record: Any) -> list[Any]:
    """Transform an order."""
    total = record.quantity * record.unit_price * (1 - record.discount)
    return [record.order_id, record.customer_email.lower(), total, record.ordered_at.isoformat(), record.status]


TRANSFORMS: dict[str, tuple[list[str], Callable[[Any], list[Any]]]] = {
    "readings": (["record_id", "processed_value"], reading_out),
    "orders": (["order_id", "customer_email", "total", "ordered_at", "status"], order_out),
}


def prepare(workload: str, source: Path, directory: Path, transform: bool) -> Run:
    """Build the schema; return the loop."""
    struct = STRUCTS[workload]
    names = list(struct.__struct_fields__)
    cells: Callable[[Any], list[Any]] = lambda record: [text(value) for value in msgspec.structs.astuple(record)]  # noqa: E731
    if transform:
        names, cells = TRANSFORMS[workload]

    def run() -> Counts:
        accepted = rejected = 0
        convert = msgspec.convert
        with (
            source.open(encoding="utf-8", newline="") as file,
            (directory / "accepted.csv").open("w", encoding="utf-8", newline="") as good,
            (directory / "rejects.jsonl").open("w", encoding="utf-8") as bad,
        ):
            writer = csv.writer(good, lineterminator="\n")
            writer.writerow(names)
            for number, row in enumerate(csv.DictReader(file), 1):
                given = {k: v for k, v in row.items() if v}
                try:
                    record = convert(given, struct, strict=False)
                except msgspec.ValidationError as error:
                    rejected += 1
                    bad.write(json.dumps({"record": number, "error": str(error), "row": row}) + "\n")
                    continue
                accepted += 1
                writer.writerow(cells(record))
        return Counts(accepted, rejected)

    return run


if __name__ == "__main__":
    main("msgspec_loop", prepare)

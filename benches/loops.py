"""The loops that people write over records, with the library that validates left open.

Enters: a file of CSV or JSON Lines, and what a library does with one record. Leaves: the accepted records, the rejects
with their reasons, and the counts of both. It imports no library that validates: rivals must not hold each other's
memory.
"""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benches.rivals import Counts

__all__ = ["TRANSFORMS", "over_lines", "over_rows", "text"]


def text(value: Any) -> Any:
    """Return a value as it stands in the accepted file."""
    if value is True:
        return "true"
    if value is False:
        return "false"
    if hasattr(value, "isoformat"):
        moment: str = value.isoformat()
        return moment[:-6] + "Z" if moment.endswith("+00:00") else moment
    return value


def reading_out(record: Any) -> list[Any]:
    """Transform a reading."""
    return [record.record_id, record.value * 1.8 + 32]


def order_out(record: Any) -> list[Any]:
    """Transform an order."""
    total = record.quantity * record.unit_price * (1 - record.discount)
    return [record.order_id, record.customer_email.lower(), total, record.ordered_at.isoformat(), record.status]


ORDER = ["order_id", "customer_email", "total", "ordered_at", "status"]
TRANSFORMS: dict[str, tuple[list[str], Callable[[Any], list[Any]]]] = {
    "readings": (["record_id", "processed_value"], reading_out),
    "orders": (ORDER, order_out),
    "validated": (ORDER, order_out),
}
"""The transforms of the workloads: the names of the columns, and a function that gives a record's cells."""


def over_rows(
    source: Path,
    directory: Path,
    names: list[str],
    *,
    validate: Callable[[dict[str, Any]], Any],
    refusal: type[Exception],
    refused: Callable[[int, Any, dict[str, Any]], str],
    cells: Callable[[Any], list[Any]],
    null: str = "",
) -> Counts:
    """Validate the rows of a CSV file.

    Args:
        source: the file.
        directory: where ``accepted.csv`` and ``rejects.jsonl`` are written.
        names: the columns of ``accepted.csv``.
        validate: takes a row, returns the record.
        refusal: what ``validate`` raises for a bad record.
        refused: takes a record's number, what was raised, and the row; returns the line that tells of it.
        cells: takes a record, returns its cells.
        null: the text of a cell that is null: its key is left out.

    Returns:
        how many were accepted and rejected.
    """
    accepted = rejected = 0
    with (
        source.open(encoding="utf-8", newline="") as file,
        (directory / "accepted.csv").open("w", encoding="utf-8", newline="") as good,
        (directory / "rejects.jsonl").open("w", encoding="utf-8") as bad,
    ):
        writer = csv.writer(good, lineterminator="\n")
        writer.writerow(names)
        for number, row in enumerate(csv.DictReader(file), 1):
            given: dict[str, Any] = {name: cell for name, cell in row.items() if cell != null}
            try:
                record = validate(given)
            except refusal as error:
                rejected += 1
                bad.write(refused(number, error, row))
                continue
            accepted += 1
            writer.writerow(cells(record))
    return Counts(accepted, rejected)


def over_lines(
    source: Path,
    directory: Path,
    *,
    validate: Callable[[bytes], Any],
    refusal: type[Exception],
    refused: Callable[[int, Any, bytes], bytes],
    encode: Callable[[Any], bytes],
) -> Counts:
    """Validate the lines of a JSON Lines file.

    Args:
        source: the file.
        directory: where ``accepted.jsonl`` and ``rejects.jsonl`` are written.
        validate: takes a line, returns the record.
        refusal: what ``validate`` raises for a bad record.
        refused: takes a record's number, what was raised, and the line; returns the line that tells of it.
        encode: takes a record, returns its line without the line end.

    Returns:
        how many were accepted and rejected.
    """
    accepted = rejected = 0
    with (
        source.open("rb") as file,
        (directory / "accepted.jsonl").open("wb") as good,
        (directory / "rejects.jsonl").open("wb") as bad,
    ):
        for number, line in enumerate(file, 1):
            try:
                record = validate(line)
            except refusal as error:
                rejected += 1
                bad.write(refused(number, error, line))
                continue
            accepted += 1
            good.write(encode(record) + b"\n")
    return Counts(accepted, rejected)

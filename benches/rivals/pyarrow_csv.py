"""PyArrow: streaming blocks of text columns, checked and cast with compute functions. It keeps no reasons."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv

from benches.rivals import EMAIL, Counts, Run, main

FLOAT = r"^[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?$"
INT = r"^[+-]?\d{1,18}$"


def matches(cells: Any, pattern: str) -> Any:
    """Return where the cells match a pattern; null and what does not match are false."""
    return pc.fill_null(pc.match_substring_regex(cells, pattern), False)


def absent_or(cells: Any, valid: Any) -> Any:
    """Return where cells are null or valid."""
    return pc.or_kleene(pc.is_null(cells), valid)


def all_of(*masks: Any) -> Any:
    """Return where all masks hold."""
    mask = masks[0]
    for other in masks[1:]:
        mask = pc.and_(mask, pc.fill_null(other, False))
    return mask


def numbers(cells: Any, pattern: str, type: pa.DataType) -> Any:
    """Return cells as numbers, null where they are none."""
    return pc.cast(pc.if_else(matches(cells, pattern), cells, None), type)


def flags(cells: Any, default: bool) -> Any:
    """Return cells as booleans."""
    return pc.fill_null(pc.equal(cells, "true"), default)


def is_flag(cells: Any) -> Any:
    """Return where cells are null, true or false."""
    return absent_or(cells, pc.is_in(cells, pa.array(["true", "false"])))


def readings(batch: pa.RecordBatch) -> pa.Table:
    """Validate readings."""
    value = numbers(batch["value"], FLOAT, pa.float64())
    mask = all_of(pc.is_valid(value), is_flag(batch["is_valid"]))
    columns = {"record_id": batch["record_id"], "value": value, "is_valid": flags(batch["is_valid"], True)}
    return pa.table(columns).filter(mask)


def orders(batch: pa.RecordBatch) -> pa.Table:
    """Validate orders."""
    number = numbers(batch["order_id"], INT, pa.int64())
    quantity = numbers(batch["quantity"], INT, pa.int64())
    price = numbers(batch["unit_price"], FLOAT, pa.float64())
    discount = numbers(batch["discount"], FLOAT, pa.float64())
    ordered = pc.strptime(batch["ordered_at"], "%Y-%m-%dT%H:%M:%S", "s", error_is_null=True)
    shipped = pc.strptime(batch["ship_date"], "%Y-%m-%d", "s", error_is_null=True)
    email = batch["customer_email"]
    mask = all_of(
        pc.fill_null(pc.greater_equal(number, 1), False),
        matches(email, EMAIL),
        pc.less_equal(pc.utf8_length(email), 254),
        matches(batch["sku"], r"^SKU-\d{5}$"),
        pc.and_(pc.greater_equal(quantity, 1), pc.less_equal(quantity, 1000)),
        pc.greater(price, 0),
        pc.is_in(batch["currency"], pa.array(["EUR", "USD", "GBP", "JPY"])),
        pc.is_in(batch["status"], pa.array(["new", "paid", "shipped", "cancelled"])),
        # strptime reads 30 February as 1 March: what is a date is written back as it was read.
        pc.equal(pc.strftime(ordered, "%Y-%m-%dT%H:%M:%S"), batch["ordered_at"]),
        absent_or(batch["ship_date"], pc.equal(pc.strftime(shipped, "%Y-%m-%d"), batch["ship_date"])),
        absent_or(batch["discount"], pc.and_(pc.greater_equal(discount, 0), pc.less_equal(discount, 1))),
        is_flag(batch["gift"]),
    )
    columns = {
        "order_id": number,
        "customer_email": email,
        "sku": batch["sku"],
        "quantity": quantity,
        "unit_price": price,
        "currency": batch["currency"],
        "status": batch["status"],
        "ordered_at": batch["ordered_at"],
        "ship_date": batch["ship_date"],
        "discount": pc.fill_null(discount, 0.0),
        "note": batch["note"],
        "gift": flags(batch["gift"], False),
    }
    return pa.table(columns).filter(mask)


def readings_out(table: pa.Table) -> pa.Table:
    """Transform readings."""
    value = pc.add(pc.multiply(table["value"], 1.8), 32.0)
    return pa.table({"record_id": table["record_id"], "processed_value": value})


def orders_out(table: pa.Table) -> pa.Table:
    """Transform orders."""
    kept = pc.subtract(1.0, table["discount"])
    total = pc.multiply(pc.multiply(pc.cast(table["quantity"], pa.float64()), table["unit_price"]), kept)
    return pa.table(
        {
            "order_id": table["order_id"],
            "customer_email": pc.utf8_lower(table["customer_email"]),
            "total": total,
            "ordered_at": table["ordered_at"],
            "status": table["status"],
        }
    )


WORK: dict[str, tuple[Any, Any]] = {"readings": (readings, readings_out), "orders": (orders, orders_out)}


def prepare(workload: str, source: Path, directory: Path, transform: bool) -> Run:
    """Return the loop over blocks."""
    validate, change = WORK[workload]
    with source.open(encoding="utf-8") as file:
        names = file.readline().rstrip("\n").split(",")
    options = csv.ConvertOptions(
        column_types=dict.fromkeys(names, pa.string()), strings_can_be_null=True, null_values=[""]
    )

    def run() -> Counts:
        accepted = read = 0
        writer = None
        for batch in csv.open_csv(source, convert_options=options):
            table = validate(batch)
            read += len(batch)
            accepted += len(table)
            if transform:
                table = change(table)
            if writer is None:
                style = csv.WriteOptions(quoting_style="needed")
                writer = csv.CSVWriter(directory / "accepted.csv", table.schema, write_options=style)
            writer.write_table(table)
        if writer is not None:
            writer.close()
        return Counts(accepted, read - accepted)

    return run


if __name__ == "__main__":
    main("pyarrow_csv", prepare)

"""Pandera on Polars: cast to the types of the schema, then drop the rows that fail its checks.

Cells that do not cast become null, and null where the schema refuses it. The reasons are indices, lost when rows drop.
"""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import pandera.polars as pa
import polars as pl

from benches.rivals import EMAIL, Counts, Run, main

ISO = "%Y-%m-%dT%H:%M:%S"
INVALID = "__invalid"

READING = pa.DataFrameSchema(
    {
        "record_id": pa.Column(str),
        "value": pa.Column(float),
        "is_valid": pa.Column(bool),
        INVALID: pa.Column(bool, pa.Check.eq(False)),
    },
    drop_invalid_rows=True,
)
ORDER = pa.DataFrameSchema(
    {
        "order_id": pa.Column(int, pa.Check.ge(1)),
        "customer_email": pa.Column(str, [pa.Check.str_matches(EMAIL), pa.Check.str_length(max_value=254)]),
        "sku": pa.Column(str, pa.Check.str_matches(r"^SKU-\d{5}$")),
        "quantity": pa.Column(int, pa.Check.in_range(1, 1000)),
        "unit_price": pa.Column(float, pa.Check.gt(0)),
        "currency": pa.Column(str, pa.Check.isin(["EUR", "USD", "GBP", "JPY"])),
        "status": pa.Column(str, pa.Check.isin(["new", "paid", "shipped", "cancelled"])),
        "ordered_at": pa.Column(pl.Datetime("us")),
        "ship_date": pa.Column(pl.Date, nullable=True),
        "discount": pa.Column(float, pa.Check.in_range(0, 1)),
        "note": pa.Column(str, nullable=True),
        "gift": pa.Column(bool),
        INVALID: pa.Column(bool, pa.Check.eq(False)),
    },
    drop_invalid_rows=True,
)


def flag(name: str, default: bool) -> pl.Expr:
    """Return a column of true and false."""
    cell = pl.col(name)
    return pl.when(cell.is_null()).then(default).otherwise(cell == "true").alias(name)


def not_flag(name: str) -> pl.Expr:
    """Return where cells are neither null, nor true, nor false."""
    return pl.col(name).is_not_null() & ~pl.col(name).is_in(["true", "false"])


def readings(frame: pl.DataFrame) -> pl.DataFrame:
    """Cast readings."""
    return frame.with_columns(
        pl.col("value").cast(pl.Float64, strict=False),
        flag("is_valid", True),
        not_flag("is_valid").fill_null(False).alias(INVALID),
    )


def orders(frame: pl.DataFrame) -> pl.DataFrame:
    """Cast orders."""
    c = pl.col
    shipped, discount = (
        c("ship_date").str.to_date("%Y-%m-%d", strict=False),
        c("discount").cast(pl.Float64, strict=False),
    )
    return frame.with_columns(
        c("order_id", "quantity").cast(pl.Int64, strict=False),
        c("unit_price").cast(pl.Float64, strict=False),
        c("ordered_at").str.to_datetime(ISO, strict=False, time_unit="us"),
        shipped,
        discount.fill_null(0.0),
        flag("gift", False),
        (not_flag("gift") | (c("ship_date").is_not_null() & shipped.is_null())).fill_null(False).alias(INVALID),
    )


WORK: dict[str, tuple[Any, Any]] = {"readings": (READING, readings), "orders": (ORDER, orders)}


def transformed(workload: str, frame: pl.DataFrame) -> pl.DataFrame:
    """Apply the workload's transform."""
    if workload == "readings":
        return frame.select("record_id", (pl.col("value") * 1.8 + 32).alias("processed_value"))
    total = (pl.col("quantity") * pl.col("unit_price") * (1 - pl.col("discount"))).alias("total")
    return frame.select("order_id", pl.col("customer_email").str.to_lowercase(), total, "ordered_at", "status")


def prepare(workload: str, source: Path, directory: Path, transform: bool) -> Run:
    """Return the work."""
    schema, cast = WORK[workload]
    logging.getLogger("pandera").setLevel(logging.ERROR)

    def run() -> Counts:
        read = pl.read_csv(source, infer_schema=False)
        frame = schema.validate(cast(read), lazy=True).drop(INVALID)
        accepted = len(frame)
        if transform:
            frame = transformed(workload, frame)
        frame.write_csv(directory / "accepted.csv", datetime_format=ISO)
        return Counts(accepted, len(read) - accepted)

    return run


if __name__ == "__main__":
    main("pandera_polars", prepare)

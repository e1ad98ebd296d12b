"""Polars, streaming: the schema written again as expressions. It keeps no rejects and no reasons."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import polars as pl

from benches.rivals import EMAIL, Counts, Run, main

ISO = "%Y-%m-%dT%H:%M:%S"


def flag(name: str, default: bool) -> tuple[pl.Expr, pl.Expr]:
    """Return a column of true and false, and whether each cell is one of them or null."""
    cell = pl.col(name)
    value = pl.when(cell.is_null()).then(default).otherwise(cell == "true").alias(name)
    return value, cell.is_null() | cell.is_in(["true", "false"])


def readings(frame: pl.LazyFrame) -> pl.LazyFrame:
    """Validate readings."""
    value, valid = pl.col("value").cast(pl.Float64, strict=False), flag("is_valid", True)
    return frame.filter(value.is_not_null(), valid[1]).select("record_id", value, valid[0])


def orders(frame: pl.LazyFrame) -> pl.LazyFrame:
    """Validate orders."""
    c = pl.col
    number = c("order_id").cast(pl.Int64, strict=False)
    quantity = c("quantity").cast(pl.Int64, strict=False)
    price = c("unit_price").cast(pl.Float64, strict=False)
    discount = c("discount").cast(pl.Float64, strict=False)
    ordered = c("ordered_at").str.to_datetime(ISO, strict=False)
    shipped = c("ship_date").str.to_date("%Y-%m-%d", strict=False)
    gift, gift_valid = flag("gift", False)
    return frame.filter(
        number >= 1,
        c("customer_email").str.contains(EMAIL) & (c("customer_email").str.len_chars() <= 254),
        c("sku").str.contains(r"^SKU-\d{5}$"),
        quantity.is_between(1, 1000),
        price > 0,
        c("currency").is_in(["EUR", "USD", "GBP", "JPY"]),
        c("status").is_in(["new", "paid", "shipped", "cancelled"]),
        ordered.is_not_null(),
        c("ship_date").is_null() | shipped.is_not_null(),
        c("discount").is_null() | discount.is_between(0, 1),
        gift_valid,
    ).select(
        number,
        "customer_email",
        "sku",
        quantity,
        price,
        "currency",
        "status",
        ordered,
        shipped,
        discount.fill_null(0.0),
        "note",
        gift,
    )


def readings_out(frame: pl.LazyFrame) -> pl.LazyFrame:
    """Transform readings."""
    return frame.select("record_id", (pl.col("value") * 1.8 + 32).alias("processed_value"))


def orders_out(frame: pl.LazyFrame) -> pl.LazyFrame:
    """Transform orders."""
    total = (pl.col("quantity") * pl.col("unit_price") * (1 - pl.col("discount"))).alias("total")
    return frame.select("order_id", pl.col("customer_email").str.to_lowercase(), total, "ordered_at", "status")


WORK: dict[str, tuple[Any, Any]] = {"readings": (readings, readings_out), "orders": (orders, orders_out)}


def prepare(workload: str, source: Path, directory: Path, transform: bool) -> Run:
    """Return the query."""
    validate, change = WORK[workload]

    def run() -> Counts:
        frame = validate(pl.scan_csv(source, infer_schema=False))
        if transform:
            frame = change(frame)
        frame.sink_csv(directory / "accepted.csv", datetime_format=ISO)
        return Counts(None, None)

    return run


if __name__ == "__main__":
    main("polars_streaming", prepare)

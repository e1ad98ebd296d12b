"""DuckDB with typed columns and store_rejects. Its reasons cover types, not the bounds and patterns of the schema."""

from __future__ import annotations

from pathlib import Path

import duckdb

from benches.rivals import EMAIL, Counts, Run, main

COLUMNS = {
    "readings": {"record_id": "VARCHAR", "value": "DOUBLE", "is_valid": "BOOLEAN"},
    "orders": {
        "order_id": "BIGINT",
        "customer_email": "VARCHAR",
        "sku": "VARCHAR",
        "quantity": "BIGINT",
        "unit_price": "DOUBLE",
        "currency": "VARCHAR",
        "status": "VARCHAR",
        "ordered_at": "TIMESTAMP",
        "ship_date": "DATE",
        "discount": "DOUBLE",
        "note": "VARCHAR",
        "gift": "BOOLEAN",
    },
}

SELECT = {
    "readings": "record_id, value, coalesce(is_valid, true) AS is_valid",
    "orders": """order_id, customer_email, sku, quantity, unit_price, currency, status,
        strftime(ordered_at, '%Y-%m-%dT%H:%M:%S') AS ordered_at, ship_date, coalesce(discount, 0) AS discount,
        note, coalesce(gift, false) AS gift""",
}

TRANSFORM = {
    "readings": "record_id, value * 1.8 + 32 AS processed_value",
    "orders": """order_id, lower(customer_email) AS customer_email,
        quantity * unit_price * (1 - coalesce(discount, 0)) AS total,
        strftime(ordered_at, '%Y-%m-%dT%H:%M:%S') AS ordered_at, status""",
}

# Columns that are not selected are named here too: DuckDB would not look at their cells otherwise.
WHERE = {
    "readings": "record_id IS NOT NULL AND value IS NOT NULL AND (is_valid IS NULL OR is_valid IN (true, false))",
    "orders": rf"""order_id >= 1 AND regexp_matches(customer_email, '{EMAIL}') AND length(customer_email) <= 254
        AND regexp_matches(sku, '^SKU-\d{{5}}$') AND quantity BETWEEN 1 AND 1000 AND unit_price > 0
        AND currency IN ('EUR', 'USD', 'GBP', 'JPY') AND status IN ('new', 'paid', 'shipped', 'cancelled')
        AND ordered_at IS NOT NULL AND (discount IS NULL OR discount BETWEEN 0 AND 1)
        AND (ship_date IS NULL OR ship_date >= DATE '0001-01-01') AND (gift IS NULL OR gift IN (true, false))""",
}


def prepare(workload: str, source: Path, directory: Path, transform: bool) -> Run:
    """Return the query."""
    columns = ", ".join(f"'{name}': '{type}'" for name, type in COLUMNS[workload].items())
    selected = (TRANSFORM if transform else SELECT)[workload]
    copy = f"""
        COPY (SELECT {selected} FROM read_csv('{source}', header = true, delim = ',', quote = '"', escape = '"',
            auto_detect = false, columns = {{{columns}}}, store_rejects = true, rejects_limit = 0)
            WHERE {WHERE[workload]})
        TO '{directory / "accepted.csv"}' (HEADER, DELIMITER ',')
    """
    connection = duckdb.connect()

    def run() -> Counts:
        connection.execute(copy)
        connection.execute(f"COPY (SELECT * FROM reject_errors) TO '{directory / 'rejects.csv'}' (HEADER)")
        return Counts(None, None)

    return run


if __name__ == "__main__":
    main("duckdb_rejects", prepare)

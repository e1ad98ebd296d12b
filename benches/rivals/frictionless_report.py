"""Frictionless: a Table Schema, and a report of every error with its row and field. It writes no accepted records."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from frictionless import Checklist, Resource, Schema, system

from benches.rivals import EMAIL, Counts, Run, count_lines, main

NEEDED = {"required": True}
# Table Schema has no exclusive minimum here; the smallest price that occurs says the same as "above zero".
CENT = 0.01
FLAG = {"type": "boolean", "trueValues": ["true"], "falseValues": ["false"]}

FIELDS: dict[str, list[dict[str, Any]]] = {
    "readings": [
        {"name": "record_id", "type": "string", "constraints": NEEDED},
        {"name": "value", "type": "number", "constraints": NEEDED},
        {"name": "is_valid", **FLAG},
    ],
    "orders": [
        {"name": "order_id", "type": "integer", "constraints": {**NEEDED, "minimum": 1}},
        {"name": "customer_email", "type": "string", "constraints": {**NEEDED, "pattern": EMAIL, "maxLength": 254}},
        {"name": "sku", "type": "string", "constraints": {**NEEDED, "pattern": r"^SKU-\d{5}$"}},
        {"name": "quantity", "type": "integer", "constraints": {**NEEDED, "minimum": 1, "maximum": 1000}},
        {"name": "unit_price", "type": "number", "constraints": {**NEEDED, "minimum": CENT}},
        {"name": "currency", "type": "string", "constraints": {**NEEDED, "enum": ["EUR", "USD", "GBP", "JPY"]}},
        {
            "name": "status",
            "type": "string",
            "constraints": {**NEEDED, "enum": ["new", "paid", "shipped", "cancelled"]},
        },
        {"name": "ordered_at", "type": "datetime", "format": "%Y-%m-%dT%H:%M:%S", "constraints": NEEDED},
        {"name": "ship_date", "type": "date"},
        {"name": "discount", "type": "number", "constraints": {"minimum": 0, "maximum": 1}},
        {"name": "note", "type": "string"},
        {"name": "gift", **FLAG},
    ],
}


def prepare(workload: str, source: Path, directory: Path, transform: bool) -> Run:
    """Return the work."""
    schema = Schema.from_descriptor({"fields": FIELDS[workload]})

    def run() -> Counts:
        with system.use_context(trusted=True):
            report = Resource(path=str(source), schema=schema).validate(Checklist(), limit_errors=1_000_000_000)
        (directory / "rejects.json").write_text(report.to_json())
        rejected = len({error.row_number for error in report.tasks[0].errors})
        return Counts(count_lines(source) - rejected, rejected)

    return run


if __name__ == "__main__":
    main("frictionless_report", prepare)

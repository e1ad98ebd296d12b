"""The loop that people write: csv.DictReader, model_validate, csv.writer, and a file of rejects."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from benches.models import MODELS, NULL_VALUES
from benches.rivals import Counts, Run, main


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


TRANSFORMS: dict[str, tuple[list[str], Callable[[Any], list[Any]]]] = {
    "readings": (["record_id", "processed_value"], reading_out),
    "orders": (["order_id", "customer_email", "total", "ordered_at", "status"], order_out),
}


def plain(names: list[str]) -> Callable[[Any], list[Any]]:
    """Return a function that gives the cells of a record as they are written."""
    return lambda record: [text(getattr(record, name)) for name in names]


def nullable(model: type[BaseModel]) -> set[str]:
    """Return the fields that take None and have no default: their null cells are passed as None."""
    takes_none = {name for name, field in model.model_fields.items() if type(None) in _arguments(field.annotation)}
    return {name for name in takes_none if model.model_fields[name].is_required()}


def _arguments(annotation: Any) -> tuple[Any, ...]:
    return getattr(annotation, "__args__", ())


def prepare(workload: str, source: Path, directory: Path, transform: bool) -> Run:
    """Build the schema; return the loop."""
    model, null = MODELS[workload], NULL_VALUES[workload][0]
    names, cells = list(model.model_fields), plain(list(model.model_fields))
    if transform:
        names, cells = TRANSFORMS[workload]
    kept_as_none = nullable(model)

    def run() -> Counts:
        accepted = rejected = 0
        with (
            source.open(encoding="utf-8", newline="") as file,
            (directory / "accepted.csv").open("w", encoding="utf-8", newline="") as good,
            (directory / "rejects.jsonl").open("w", encoding="utf-8") as bad,
        ):
            writer = csv.writer(good, lineterminator="\n")
            writer.writerow(names)
            for number, row in enumerate(csv.DictReader(file), 1):
                given: dict[str, str | None] = {k: v for k, v in row.items() if v != null}
                for name in kept_as_none:
                    given.setdefault(name, None)
                try:
                    record = model.model_validate(given)
                except ValidationError as error:
                    rejected += 1
                    errors = error.json(include_url=False)
                    bad.write(f'{{"record":{number},"errors":{errors},"row":{json.dumps(row)}}}\n')
                    continue
                accepted += 1
                writer.writerow(cells(record))
        return Counts(accepted, rejected)

    return run


if __name__ == "__main__":
    main("pydantic_loop", prepare)

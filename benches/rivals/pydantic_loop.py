"""The loop that people write: csv.DictReader, model_validate, csv.writer, and a file of rejects."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from benches.loops import TRANSFORMS, over_rows, text
from benches.models import MODELS, NULL_VALUES
from benches.rivals import Run, main


def plain(names: list[str]) -> Callable[[Any], list[Any]]:
    """Return a function that gives the cells of a record as they are written."""
    return lambda record: [text(getattr(record, name)) for name in names]


def validator(model: type[BaseModel]) -> Callable[[dict[str, Any]], BaseModel]:
    """Return what validates a row. Null cells of fields that take None and have no default are passed as None."""
    nones = {
        name: None
        for name, field in model.model_fields.items()
        if field.is_required() and type(None) in getattr(field.annotation, "__args__", ())
    }
    return (lambda given: model.model_validate(nones | given)) if nones else model.model_validate


def refused(number: int, error: ValidationError, row: dict[str, Any]) -> str:
    """Return the line of a reject, with all of its errors."""
    return f'{{"record":{number},"errors":{error.json(include_url=False)},"row":{json.dumps(row)}}}\n'


def prepare(workload: str, source: Path, directory: Path, transform: bool) -> Run:
    """Build the schema; return the loop."""
    model = MODELS[workload]
    names, cells = TRANSFORMS[workload] if transform else (list(model.model_fields), plain(list(model.model_fields)))
    validate = validator(model)
    return lambda: over_rows(
        source,
        directory,
        names,
        validate=validate,
        refusal=ValidationError,
        refused=refused,
        cells=cells,
        null=NULL_VALUES[workload][0],
    )


if __name__ == "__main__":
    main("pydantic_loop", prepare)

"""The loop over JSON Lines that people write: model_validate_json, model_dump_json, and a file of rejects."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from benches.loops import TRANSFORMS, over_lines
from benches.models import MODELS
from benches.rivals import Run, main


def refused(number: int, error: ValidationError, line: bytes) -> bytes:
    """Return the line of a reject, with all of its errors."""
    errors = error.json(include_url=False)
    return f'{{"record":{number},"errors":{errors},"raw":{json.dumps(line.decode())}}}\n'.encode()


def plain(record: BaseModel) -> bytes:
    """Return a record as it is written."""
    return record.model_dump_json().encode()


def transformed(workload: str) -> Callable[[Any], bytes]:
    """Return a function that gives what the workload's transform makes of a record."""
    names, cells = TRANSFORMS[workload]

    def encode(record: Any) -> bytes:
        values = dict(zip(names, cells(record), strict=True))
        return json.dumps(values, ensure_ascii=False, separators=(",", ":")).encode()

    return encode


def prepare(workload: str, source: Path, directory: Path, transform: bool) -> Run:
    """Build the schema; return the loop."""
    return lambda: over_lines(
        source,
        directory,
        validate=MODELS[workload].model_validate_json,
        refusal=ValidationError,
        refused=refused,
        encode=transformed(workload) if transform else plain,
    )


if __name__ == "__main__":
    main("pydantic_jsonl", prepare)

"""The loop over JSON Lines that people write: model_validate_json, model_dump_json, and a file of rejects."""

from __future__ import annotations

import json
from pathlib import Path

from pydantic import ValidationError

from benches.models import MODELS
from benches.rivals import Counts, Run, main
from benches.rivals.pydantic_loop import TRANSFORMS


def prepare(workload: str, source: Path, directory: Path, transform: bool) -> Run:
    """Build the schema; return the loop."""
    model = MODELS[workload]
    names, cells = TRANSFORMS[workload] if transform else ([], lambda record: [])

    def run() -> Counts:
        accepted = rejected = 0
        with (
            source.open("rb") as file,
            (directory / "accepted.jsonl").open("w", encoding="utf-8") as good,
            (directory / "rejects.jsonl").open("w", encoding="utf-8") as bad,
        ):
            for number, line in enumerate(file, 1):
                try:
                    record = model.model_validate_json(line)
                except ValidationError as error:
                    rejected += 1
                    errors = error.json(include_url=False)
                    bad.write(f'{{"record":{number},"errors":{errors},"raw":{json.dumps(line.decode())}}}\n')
                    continue
                accepted += 1
                if transform:
                    values = dict(zip(names, cells(record), strict=True))
                    good.write(json.dumps(values, ensure_ascii=False, separators=(",", ":")) + "\n")
                else:
                    good.write(record.model_dump_json() + "\n")
        return Counts(accepted, rejected)

    return run


if __name__ == "__main__":
    main("pydantic_jsonl", prepare)

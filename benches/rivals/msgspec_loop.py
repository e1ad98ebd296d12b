"""The same loop with msgspec.convert. It stops at the first error of a record, and says only that."""

from __future__ import annotations

import functools
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec

from benches.loops import TRANSFORMS, over_rows, text
from benches.rivals import Run, main
from benches.structs import STRUCTS


def plain(record: Any) -> list[Any]:
    """Return the cells of a record as they are written."""
    return [text(value) for value in msgspec.structs.astuple(record)]


def refused(number: int, error: msgspec.ValidationError, row: dict[str, Any]) -> str:
    """Return the line of a reject."""
    return json.dumps({"record": number, "error": str(error), "row": row}) + "\n"


def prepare(workload: str, source: Path, directory: Path, transform: bool) -> Run:
    """Build the schema; return the loop."""
    struct = STRUCTS[workload]
    names: list[str] = list(struct.__struct_fields__)
    cells: Callable[[Any], list[Any]] = plain
    if transform:
        names, cells = TRANSFORMS[workload]
    return lambda: over_rows(
        source,
        directory,
        names,
        validate=functools.partial(msgspec.convert, type=struct, strict=False),
        refusal=msgspec.ValidationError,
        refused=refused,
        cells=cells,
    )


if __name__ == "__main__":
    main("msgspec_loop", prepare)

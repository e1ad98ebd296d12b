"""The same loop with msgspec.json. It stops at the first error of a record, and says only that."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec

from benches.loops import TRANSFORMS, over_lines
from benches.rivals import Run, main
from benches.structs import STRUCTS


def prepare(workload: str, source: Path, directory: Path, transform: bool) -> Run:
    """Build the schema; return the loop."""
    decode, encode = msgspec.json.Decoder(STRUCTS[workload]).decode, msgspec.json.Encoder().encode
    names, cells = TRANSFORMS[workload]

    def refused(number: int, error: msgspec.DecodeError, line: bytes) -> bytes:
        return encode({"record": number, "error": str(error), "raw": line.decode()}) + b"\n"

    def transformed(record: Any) -> bytes:
        return encode(dict(zip(names, cells(record), strict=True)))

    return lambda: over_lines(
        source,
        directory,
        validate=decode,
        refusal=msgspec.DecodeError,
        refused=refused,
        encode=transformed if transform else encode,
    )


if __name__ == "__main__":
    main("msgspec_jsonl", prepare)

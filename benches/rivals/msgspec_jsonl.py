"""The same loop with msgspec.json. It stops at the first error of a record, and says only that."""

from __future__ import annotations

from pathlib import Path

import msgspec

from benches.rivals import Counts, Run, main
from benches.rivals.msgspec_loop import TRANSFORMS
from benches.structs import STRUCTS


def prepare(workload: str, source: Path, directory: Path, transform: bool) -> Run:
    """Build the schema; return the loop."""
    decode, encode = msgspec.json.Decoder(STRUCTS[workload]).decode, msgspec.json.Encoder().encode
    names, cells = TRANSFORMS[workload]

    def run() -> Counts:
        accepted = rejected = 0
        with (
            source.open("rb") as file,
            (directory / "accepted.jsonl").open("wb") as good,
            (directory / "rejects.jsonl").open("wb") as bad,
        ):
            for number, line in enumerate(file, 1):
                try:
                    record = decode(line)
                except msgspec.DecodeError as error:
                    rejected += 1
                    bad.write(encode({"record": number, "error": str(error), "raw": line.decode()}) + b"\n")
                    continue
                accepted += 1
                written = dict(zip(names, cells(record), strict=True)) if transform else record
                good.write(encode(written) + b"\n")
        return Counts(accepted, rejected)

    return run


if __name__ == "__main__":
    main("msgspec_jsonl", prepare)

"""What Pydantic alone makes of a random file: the accepted file, the rejects, the records."""

from __future__ import annotations

from typing import Any

from pydantic import TypeAdapter, ValidationError
from pydantic_core import to_json

from model_files import DrawnModel, RandomFile

__all__ = ["compare", "expected"]


def mapping_of(drawn: DrawnModel, header: list[str], row: list[str], nulls: tuple[str, ...]) -> dict[str, str | None]:
    """Return what a loop over the file would give to the model."""
    wanted: dict[str, bool] = {}
    for each in drawn.fields:
        for lookup in each.lookups:
            wanted.setdefault(lookup, each.nullable and not each.has_default)
    found: dict[str, str | None] = {}
    for name, cell in zip(header, row, strict=True):
        if cell not in nulls:
            found[name] = cell
        elif wanted.get(name, False):
            found[name] = None
    return found


_REJECT = b'{"record":%d,"line":%d,"byte_offset":%d,"source":"<bytes>","stage":"%s","errors":%s,"raw":%s}\n'


def _ragged(actual: int, expected: int) -> bytes:
    error = {
        "type": "csv_field_count",
        "loc": [],
        "msg": f"Record has {actual} cells where the header has {expected}",
        "input": None,
        "ctx": {"expected": expected, "actual": actual},
    }
    return to_json([error])


def expected(
    drawn: DrawnModel, file: RandomFile, nulls: tuple[str, ...], adapter: TypeAdapter[Any] | None = None
) -> tuple[bytes, bytes, list[Any]]:
    """Return the accepted file, the rejects and the records, by Pydantic alone.

    Args:
        drawn: the model.
        file: of it.
        nulls: texts that make a cell null.
        adapter: of the type that takes the place of the model.
    """
    validate = drawn.model.model_validate if adapter is None else adapter.validate_python
    accepted, rejects, records = [], [], []
    for number, row in enumerate(file.rows):
        place = number + 1, file.lines[number], file.offsets[number]
        raw = to_json(file.raws[number].decode())
        if len(row) != len(file.header):
            rejects.append(_REJECT % (*place, b"split", _ragged(len(row), len(file.header)), raw))
            continue
        try:
            instance = validate(mapping_of(drawn, file.header, row, nulls))
        except ValidationError as error:
            rejects.append(_REJECT % (*place, b"validate", error.json(include_url=False).encode(), raw))
        else:
            records.append(instance)
            accepted.append(
                (instance.model_dump_json().encode() if adapter is None else adapter.dump_json(instance)) + b"\n"
            )
    return b"".join(accepted), b"".join(rejects), records


def compare(engine: str, file: RandomFile, found: bytes, wanted: bytes) -> None:
    """Compare two files line by line, so that a difference is shown by its record."""
    if found == wanted:
        return
    for one, other in zip(found.splitlines(), wanted.splitlines(), strict=False):
        assert one == other, engine
    assert found == wanted, engine

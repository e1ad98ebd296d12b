"""Tables of cases: the TOML files of ``tests/cases`` enter, typed cases leave. ``cargo test`` reads the same files."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import msgspec

__all__ = ["ArrayCase", "CsvCase", "Expected", "malformed_csv", "malformed_json_array"]

CASES = Path(__file__).parent / "cases"


class Expected(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One record that is expected: its cells, or its error and raw bytes."""

    record: int
    line: int
    offset: int
    cells: list[str] | None = None
    error: str | None = None
    actual: int | None = None
    raw: str | None = None
    raw_hex: str | None = None

    def raw_bytes(self) -> bytes | None:
        """Return the raw bytes of a reject; None for a good record, whose raw bytes the table does not repeat."""
        if self.raw_hex is not None:
            return bytes.fromhex(self.raw_hex)
        return None if self.raw is None else self.raw.encode()


class CsvCase(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One source and what becomes of it; the head of the file explains the keys."""

    id: str
    input: str | None = None
    bytes_hex: str | None = None
    delimiter: str = ","
    max_record_bytes: int = 1 << 20
    header: bool = True
    header_error: str | None = None
    columns: tuple[str, ...] = ("a", "b")
    start: int = 0
    start_line: int | None = None
    blank_before: int = 0
    blank_lines: int = 0
    expect: tuple[Expected, ...] = ()

    def source(self) -> bytes:
        """Return the bytes of the source."""
        return bytes.fromhex(self.bytes_hex) if self.bytes_hex is not None else (self.input or "").encode()

    def first_line(self) -> int:
        """Return the number of the physical line at ``start``."""
        return self.start_line if self.start_line is not None else (2 if self.header else 1)


class ArrayCase(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One JSON array and what becomes of it; the head of the file explains the keys."""

    id: str
    input: str | None = None
    bytes_hex: str | None = None
    max_record_bytes: int = 1 << 20
    start: int = 1
    start_line: int = 1
    expect: tuple[Expected, ...] = ()

    def source(self) -> bytes:
        """Return the bytes of the source."""
        return bytes.fromhex(self.bytes_hex) if self.bytes_hex is not None else (self.input or "").encode()


def malformed_json_array() -> list[ArrayCase]:
    """Return the cases of ``malformed_json_array.toml``."""
    return msgspec.convert(_load("malformed_json_array"), list[ArrayCase])


def malformed_csv() -> list[CsvCase]:
    """Return the cases of ``malformed_csv.toml``."""
    return msgspec.convert(_load("malformed_csv"), list[CsvCase])


def _load(name: str) -> list[dict[str, Any]]:
    cases: list[dict[str, Any]] = tomllib.loads((CASES / f"{name}.toml").read_text(encoding="utf-8"))["case"]
    return cases

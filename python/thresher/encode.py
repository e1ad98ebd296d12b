"""Encoding of what the schema accepted: an instance, or the value of one field, becomes bytes for the sink.

Enters: JSON as the schema's library wrote it, and the value it stands for. Leaves: a line of JSON, a line of CSV, or
the text of one cell. It never decides what JSON a value has: that is the library's.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from typing import Any, Literal

import msgspec

from thresher.errors import DataProcessingError

__all__ = ["LineEncoder", "cell_text", "csv_cell", "csv_line", "elements"]

_raw = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode
_text = msgspec.json.Decoder(str).decode
_NUMBER = frozenset(b"-0123456789")


def cell_text(written: bytes, value: object) -> str:
    """Return the text of a CSV cell: the JSON without its quotes, floats as Python's repr, None as nothing.

    Args:
        written: the JSON text of the value.
        value: the value, for floats that JSON cannot write (``inf``); None where the JSON says it all.
    """
    if type(value) is float:
        return repr(value)
    if written[:1] == b'"':
        return _text(written) if b"\\" in written else written[1:-1].decode()
    if written == b"null":
        return ""
    if written[0] in _NUMBER and not written.lstrip(b"-").isdigit():
        return repr(float(written))
    return written.decode()


def csv_cell(text: str, delimiter: str) -> str:
    """Return a cell as it is written: in quotes only where it holds the delimiter, a quote, CR or LF."""
    if delimiter in text or '"' in text or "\n" in text or "\r" in text:
        return '"' + text.replace('"', '""') + '"'
    return text


def csv_line(cells: Sequence[str], delimiter: str) -> bytes:
    """Return a record with its line end. One empty cell alone is quoted: it would be a blank line."""
    if len(cells) == 1 and cells[0] == "":
        return b'""\n'
    line = delimiter.join(cells)
    # One look at the whole line is cheaper than four at each cell, and few lines need a quote.
    if '"' in line or "\n" in line or "\r" in line or line.count(delimiter) != len(cells) - 1:
        line = delimiter.join(csv_cell(cell, delimiter) for cell in cells)
    return (line + "\n").encode()


class LineEncoder:
    """Writes accepted records of one plan in one format."""

    def __init__(
        self,
        format: Literal["csv", "tsv", "jsonl"],
        names: Sequence[str],
        attributes: Mapping[str, str],
        custom: Collection[str] = (),
    ) -> None:
        """Make an encoder.

        Args:
            format: the format of the sink.
            names: what records are written under, in the order of the columns.
            attributes: the attribute of the schema for a name, where there is one.
            custom: names whose JSON user code writes: their values do not say what stands in the cell.
        """
        self._jsonl = format == "jsonl"
        self._delimiter = "\t" if format == "tsv" else ","
        self._names = list(names)
        self._attributes = [None if name in custom else attributes.get(name) for name in names]
        self._unique = len(set(names)) == len(self._names)

    def line(self, written: bytes, values: Mapping[str, Any]) -> bytes:
        """Return one record as its line in the sink, line end included.

        Args:
            written: the JSON of the record.
            values: of its fields, by attribute.

        Raises:
            DataProcessingError: the JSON is no object, or has keys that no column has.
        """
        if self._jsonl:
            return written + b"\n"
        cells = []
        for attribute, found in zip(self._attributes, self._members(written), strict=True):
            if found is None:
                cells.append("")
            else:
                cells.append(cell_text(found, None if attribute is None else values.get(attribute)))
        return csv_line(cells, self._delimiter)

    def _members(self, written: bytes) -> list[bytes | None]:
        """Return the JSON of each column, None where the record has none."""
        if self._unique:
            try:
                members = _raw(written)
            except msgspec.DecodeError:
                pass
            else:
                found = [bytes(members.pop(name)) if name in members else None for name in self._names]
                if members:
                    raise _no_column(next(iter(members)))
                return found
        return self._members_in_order(written)

    def _members_in_order(self, written: bytes) -> list[bytes | None]:
        """Do the same for keys that repeat, and for numbers that are not JSON (``NaN``, ``Infinity``)."""
        try:
            pairs = members_of(written.decode())
        except ValueError:
            raise DataProcessingError(
                f"a record is written as {written[:60]!r}, which has no columns: write JSON Lines instead of CSV"
            ) from None
        found: list[bytes | None] = [None] * len(self._names)
        for key, value in pairs:
            for place, name in enumerate(self._names):
                if name == key and found[place] is None:
                    found[place] = value.encode()
                    break
            else:
                raise _no_column(key)
        return found


def elements(text: str) -> list[str]:
    """Return the elements of a compact JSON array, each as it is written; ``Infinity`` and ``NaN`` may be in it."""
    decode = json.JSONDecoder().raw_decode
    found, at = [], 1
    while text[at] != "]":
        _, end = decode(text, at)
        found.append(text[at:end])
        at = end + (text[end] == ",")
    return found


def _no_column(key: str) -> DataProcessingError:
    return DataProcessingError(
        f"a record is written with the key {key!r}, which the header of the accepted file does not have, because "
        "the model's serializer or a validator adds it: write JSON Lines instead of CSV"
    )


def members_of(text: str) -> list[tuple[str, str]]:
    """Return the members of a compact JSON object, in order, each value as it is written.

    Raises:
        ValueError: it is no object.
    """
    if not text.startswith("{"):
        raise ValueError
    decode = json.JSONDecoder().raw_decode
    pairs, at = [], 1
    while text[at] != "}":
        key, at = decode(text, at)
        _, end = decode(text, at + 1)
        pairs.append((key, text[at + 1 : end]))
        at = end + (text[end] == ",")
    return pairs

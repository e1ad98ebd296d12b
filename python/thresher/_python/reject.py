"""Reject: a refused record enters, its line in the file of rejects leaves; the table of structural errors.

Writes through a callable that takes bytes, an oversize record in pieces. Never decides whether a record is
refused, and never changes its bytes.
"""

from __future__ import annotations

import base64
import codecs
import enum
from collections.abc import Callable, Iterator, Sequence
from typing import IO, TypeAlias

import msgspec

from thresher.engine import Fault, Stage

__all__ = ["PIECE", "Raw", "Structural", "cell", "csv_line", "jsonl_line"]

Raw: TypeAlias = bytes | IO[bytes]
"""The bytes of a record without its line end; a seekable file where the record is oversize."""

Write: TypeAlias = Callable[[bytes], object]

PIECE = 3 << 16
"""Bytes of an oversize record that are handled at once; a multiple of 3, so that base64 joins without padding."""


class Structural(enum.Enum):
    """The errors that a record can have before it is validated, in the order of their precedence.

    A record has at most one. Whoever adds one here also adds it in ``rust/core/src/reject.rs``.
    """

    RECORD_TOO_LARGE = ("record_too_large", "Record is longer than {max_record_bytes} bytes", ("max_record_bytes",))
    UNCLOSED_QUOTE = (
        "csv_unclosed_quote",
        "A quoted cell is not closed before the end of the source or within {max_record_bytes} bytes; "
        "reading resumed at the next line",
        ("max_record_bytes",),
    )
    STRAY_QUOTE = ("csv_stray_quote", "A quote stands inside an unquoted cell or after a closing quote", ())
    INVALID_UTF8 = ("invalid_utf8", "Record is not valid UTF-8", ())
    FIELD_COUNT = (
        "csv_field_count",
        "Record has {actual} cells where the header has {expected}",
        ("expected", "actual"),
    )
    ARRAY_TRUNCATED = (
        "json_array_truncated",
        "The source ends before its array does: it is cut off, or a quote or a bracket is missing",
        (),
    )
    TEXT_AFTER_ARRAY = (
        "json_text_after_array",
        "This stands behind the array, of which a source holds only one, up to the end of the source",
        (),
    )
    UNCLOSED_ELEMENT = ("json_unclosed_element", "The element is not closed: a quote or a bracket is missing", ())
    MISSING_COMMA = ("json_missing_comma", "No comma stands between this and the element before it", ())
    MISSING_ELEMENT = ("json_missing_element", "No element stands before this comma or bracket", ())

    def __init__(self, kind: str, template: str, facts: tuple[str, ...]) -> None:
        """Name the columns of the table."""
        self.kind = kind
        self.template = template
        self.facts = facts

    def fault(self, **facts: int) -> Fault:
        """Return this error as it is written.

        Args:
            facts: the numbers that the message may name; those that belong to this error become its ``ctx``.
        """
        msg = self.template.format(**facts)
        error: dict[str, object] = {"type": self.kind, "loc": [], "msg": msg, "input": None}
        if self.facts:
            error["ctx"] = {name: facts[name] for name in self.facts}
        return Fault(json=msgspec.json.encode(error), text=f"{msg} [{self.kind}]", loc="[]", type=self.kind)


def jsonl_line(
    write: Write, record: int, line: int, byte_offset: int, source: str, stage: Stage, faults: Sequence[Fault], raw: Raw
) -> None:
    """Write one reject as a line of JSON.

    Args:
        write: takes the bytes.
        record: the number of the record, from 1.
        line: the number of its first physical line, from 1.
        byte_offset: offset of its first byte in the source.
        source: the name of the source.
        stage: where it was refused.
        faults: its errors, at least one.
        raw: its bytes.
    """
    errors = b",".join(fault.json for fault in faults)
    write(
        b'{"record":%d,"line":%d,"byte_offset":%d,"source":%b,"stage":"%b","errors":[%b],'
        % (record, line, byte_offset, msgspec.json.encode(source), stage.encode(), errors)
    )
    if _is_utf8(raw):
        # Escaping looks at one character at a time, so the pieces join to the escape of the whole.
        decode = codecs.getincrementaldecoder("utf-8")().decode
        write(b'"raw":"')
        for piece in _pieces(raw):
            write(msgspec.json.encode(decode(piece))[1:-1])
    else:
        write(b'"raw_base64":"')
        for piece in _pieces(raw):
            write(base64.b64encode(piece))
    write(b'"}\n')


def csv_line(
    write: Write,
    record: int,
    line: int,
    faults: Sequence[Fault],
    raw: Raw,
    delimiter: str,
    columns: int,
    *,
    verbatim: bool,
) -> None:
    """Write one reject as a CSV record: the original columns, then ``_record``, ``_line`` and ``_errors``.

    A record of cells is written verbatim; one that could not be split, or is a line of JSON, is the first cell of a
    record whose other columns are empty.

    Args:
        write: takes the bytes.
        record: the number of the record, from 1.
        line: the number of its first physical line, from 1.
        faults: its errors, at least one.
        raw: its bytes.
        delimiter: the one of the source.
        columns: how many the source has.
        verbatim: whether the raw bytes are cells already.
    """
    mark = delimiter.encode()
    if verbatim:
        for piece in _pieces(raw):
            write(piece)
    else:
        quoted = any(_needs_quotes(piece, mark) for piece in _pieces(raw))
        write(b'"' if quoted else b"")
        for piece in _pieces(raw):
            write(piece.replace(b'"', b'""') if quoted else piece)
        write((b'"' if quoted else b"") + mark * (columns - 1))
    text = "; ".join(fault.text for fault in faults)
    write(b"%b%d%b%d%b%b\n" % (mark, record, mark, line, mark, cell(text.encode(), mark)))


def cell(text: bytes, delimiter: bytes) -> bytes:
    """Return a CSV cell, quoted only where it must be."""
    return b'"' + text.replace(b'"', b'""') + b'"' if _needs_quotes(text, delimiter) else text


def _needs_quotes(text: bytes, delimiter: bytes) -> bool:
    return any(special in text for special in (delimiter, b'"', b"\r", b"\n"))


def _pieces(raw: Raw) -> Iterator[bytes]:
    if isinstance(raw, bytes):
        yield raw
        return
    raw.seek(0)
    while piece := raw.read(PIECE):
        yield piece


def _is_utf8(raw: Raw) -> bool:
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        for piece in _pieces(raw):
            decoder.decode(piece)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True

"""Decode: pieces of a source in any encoding enter, pieces of UTF-8 leave.

Bytes that the encoding does not have cost one record and not the source: each is written as the lone surrogate
``U+DC00 + byte``, which is no UTF-8, so that the record is rejected as ``invalid_utf8`` with nothing lost. Never looks
at records.
"""

from __future__ import annotations

import codecs
import functools
from collections.abc import Iterator

from thresher.errors import ConfigurationError, FileError, closest

__all__ = ["codec", "decoded"]

UTF8 = frozenset({"utf-8", "utf-8-sig"})

MARKS: tuple[tuple[bytes, str], ...] = (
    (b"\xff\xfe\x00\x00", "utf-32"),
    (b"\x00\x00\xfe\xff", "utf-32"),
    (b"\xff\xfe", "utf-16"),
    (b"\xfe\xff", "utf-16"),
)
"""Byte order marks of encodings other than UTF-8, the longer first."""

KNOWN = ("utf-8", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "latin-1", "windows-1252", "iso-8859-15", "ascii",
         "shift_jis", "gb18030", "big5", "euc-kr", "koi8-r", "mac-roman", "cp437", "cp850")  # fmt: skip
"""Names to suggest where one is not known."""


@functools.cache
def codec(name: str) -> str | None:
    """Return the codec of Python that decodes an encoding; None: it is UTF-8 and nothing has to be done.

    Args:
        name: any name that Python has for it.

    Raises:
        ConfigurationError: Python has no such encoding, or it is none of text.
    """
    try:
        found = codecs.lookup(name)
    except (LookupError, ValueError):
        raise ConfigurationError(f"there is no encoding {name!r}{closest(name, KNOWN)}") from None
    try:
        b"a".decode(name)
        usable = found.incrementaldecoder is not None
    except LookupError:
        usable = False
    except UnicodeError:
        usable = found.name != "undefined"
    if not usable:
        raise ConfigurationError(f"encoding {name!r} is no encoding of text{closest(name, KNOWN)}")
    return None if found.name in UTF8 else found.name


def mark(begin: bytes) -> str | None:
    """Return the encoding that a byte order mark names, that of UTF-8 excepted.

    Args:
        begin: the first 4 bytes, fewer where there are no more.
    """
    return next((name for first, name in MARKS if begin.startswith(first)), None)


def _undecodable(error: UnicodeError) -> tuple[str, int]:
    """Return what stands for bytes that cannot be decoded."""
    if not isinstance(error, UnicodeDecodeError):
        raise error
    return "".join(chr(0xDC00 + byte) for byte in error.object[error.start : error.end]), error.end


codecs.register_error("thresher.undecodable", _undecodable)


def decoded(pieces: Iterator[bytes], encoding: str, name: str) -> Iterator[bytes]:
    """Yield the same text in UTF-8.

    Args:
        pieces: of the source.
        encoding: a codec of Python.
        name: of the source, for messages.

    Raises:
        FileError: while iterating: the source cannot be decoded at all, such as UTF-16 without a byte order mark.
    """
    decoder = codecs.getincrementaldecoder(encoding)("thresher.undecodable")
    taken = 0
    try:
        for piece in pieces:
            text = decoder.decode(piece)
            taken += len(piece)
            if text:
                yield text.encode("utf-8", "surrogatepass")
        if text := decoder.decode(b"", True):
            yield text.encode("utf-8", "surrogatepass")
    except UnicodeError as error:
        advice = ""
        if encoding in ("utf-16", "utf-32") and "BOM" in str(error):
            advice = f"; it has no byte order mark: name the order with encoding='{encoding}-le' or '{encoding}-be'"
        raise FileError(
            f"{name!r} cannot be decoded as {encoding}: {error}, behind byte {taken:,}{advice}", filename=name
        ) from error

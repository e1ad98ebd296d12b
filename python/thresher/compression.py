"""Compression: pieces of a compressed source enter, pieces of its text leave; and how a source is compressed.

Any number of members or frames may stand one after another, as `cat a.gz b.gz` makes them. No piece that leaves is
longer than :data:`PIECE_BYTES`, however well it was compressed. The decompressors are libraries; what is done here is
to notice what they leave to their caller: an end that is missing, and bytes behind the end. Never looks at the text.
"""

from __future__ import annotations

import importlib
import re
import zlib
from collections.abc import Callable, Iterator
from typing import Literal, Protocol, TypeAlias

from thresher.errors import ConfigurationError, FileError

__all__ = ["PIECE_BYTES", "SUFFIXES", "Compression", "decompressed", "detect", "without_suffix"]

Compression: TypeAlias = Literal["gzip", "bzip2", "xz", "zstd"]

SUFFIXES: dict[str, Compression] = {
    ".gz": "gzip",
    ".bz2": "bzip2",
    ".xz": "xz",
    ".zst": "zstd",
    ".zstd": "zstd",
}
"""What a suffix says. Whoever adds one here also adds a row to both tables below."""

FIRST_BYTES: dict[Compression, re.Pattern[bytes]] = {
    "gzip": re.compile(rb"\x1f\x8b\x08"),
    # The magic number of a block, or that of the end where there is none: the first three bytes alone are a word.
    "bzip2": re.compile(rb"BZh[1-9](?:1AY&SY|\x17rE8P\x90)"),
    "xz": re.compile(rb"\xfd7zXZ\x00"),
    # A frame, or one that is to be skipped (RFC 8878 §3.1).
    "zstd": re.compile(rb"\x28\xb5\x2f\xfd|[\x50-\x5f]\x2a\x4d\x18"),
}

LOOK_BYTES = 10
"""As many first bytes tell how a source is compressed."""

PADDED = frozenset({"gzip", "xz"})
"""Those that may have zero bytes behind a member."""

PIECE_BYTES = 1 << 18
"""Longest piece of text."""


class Decompressor(Protocol):
    """What ``bz2``, ``lzma`` and ``zstd`` of the standard library have in common."""

    @property
    def eof(self) -> bool:
        """Whether the end of the member was seen."""

    @property
    def needs_input(self) -> bool:
        """Whether nothing more comes without more compressed bytes."""

    @property
    def unused_data(self) -> bytes:
        """What followed the end of the member."""

    def decompress(self, data: bytes, max_length: int) -> bytes:
        """Return at most so many bytes of text."""
        ...


class _Gzip:
    """zlib as the others are. It checks the sum and the length that end a member."""

    def __init__(self) -> None:
        self._zlib = zlib.decompressobj(wbits=31)

    @property
    def eof(self) -> bool:
        return self._zlib.eof

    @property
    def needs_input(self) -> bool:
        return not self._zlib.unconsumed_tail

    @property
    def unused_data(self) -> bytes:
        return self._zlib.unused_data

    def decompress(self, data: bytes, max_length: int) -> bytes:
        return self._zlib.decompress(self._zlib.unconsumed_tail + data, max_length)


def detect(begin: bytes) -> Compression | None:
    """Return how a source is compressed, by its first bytes; None where it is not.

    Args:
        begin: the first :data:`LOOK_BYTES` bytes, fewer where there are no more.
    """
    return next((name for name, pattern in FIRST_BYTES.items() if pattern.match(begin)), None)


def without_suffix(name: str) -> tuple[str, Compression | None]:
    """Return a name without the suffix of a compression, and which one it was; None where it has none."""
    stem, dot, suffix = name.rpartition(".")
    found = SUFFIXES.get(dot + suffix.lower())
    return (name, None) if found is None else (stem, found)


def decompressed(pieces: Iterator[bytes], compression: Compression, name: str) -> Iterator[bytes]:
    """Return the text of a compressed source, in pieces.

    Args:
        pieces: of the compressed bytes, none of them empty.
        compression: how they are compressed.
        name: of the source, for messages.

    Raises:
        ConfigurationError: zstd, and no library for it is installed.
        FileError: while iterating: the bytes are damaged, or end too early; says where.
    """
    new, errors = _decompressor(compression, name)
    return _text(pieces, new, errors, compression, name)


def _decompressor(
    compression: Compression, name: str
) -> tuple[Callable[[], Decompressor], tuple[type[Exception], ...]]:
    """Return what makes a decompressor for one member, and what it raises."""
    if compression == "gzip":
        return _Gzip, (zlib.error,)
    if compression == "bzip2":
        import bz2

        return bz2.BZ2Decompressor, (OSError, ValueError)
    if compression == "xz":
        import lzma

        return lzma.LZMADecompressor, (lzma.LZMAError,)
    for module in ("compression.zstd", "backports.zstd"):
        try:
            zstd = importlib.import_module(module)
        except ModuleNotFoundError:
            continue
        return zstd.ZstdDecompressor, (zstd.ZstdError,)
    raise ConfigurationError(
        f"{name!r} is compressed with zstd, and no library for that is installed: install thresher[zstd] (the package "
        "backports.zstd; from Python 3.14 on nothing is needed)"
    )


def _text(
    pieces: Iterator[bytes],
    new: Callable[[], Decompressor],
    errors: tuple[type[Exception], ...],
    compression: Compression,
    name: str,
) -> Iterator[bytes]:
    member: Decompressor | None = None
    taken = given = 0

    def damaged(why: object, begin: int) -> FileError:
        return FileError(
            f"{name!r} is damaged: {why}, in bytes {begin:,} to {taken:,} as compressed with {compression}, after "
            f"{given:,} bytes of text",
            filename=name,
        )

    for piece in pieces:
        begin, data = taken, piece
        taken += len(piece)
        while data or (member is not None and not member.needs_input):
            if member is None:
                if given and compression in PADDED:
                    data = data.lstrip(b"\0")
                    if not data:
                        break
                member = new()
            try:
                text = member.decompress(data, PIECE_BYTES)
            except errors as error:
                what = str(error).removeprefix("Error -3 while decompressing data: ") or type(error).__name__
                raise damaged(what, begin) from error
            data = b""
            if member.eof:
                data, member = member.unused_data, None
            if text:
                given += len(text)
                yield text
    if member is not None or not taken:
        raise FileError(
            f"{name!r} is cut off: it ends after {taken:,} bytes, within what was compressed with {compression}; it "
            f"gave {given:,} bytes of text",
            filename=name,
        )

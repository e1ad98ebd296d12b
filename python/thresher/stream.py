"""Stream: the bytes of a source as they lie enter; the bytes that an engine reads leave, as UTF-8 text.

    bytes → decompress → decode → limit

Record offsets, line numbers and counts of bytes refer to what leaves. Never looks at records, and has no thread: see
``pump``.
"""

from __future__ import annotations

import io
import os
import select
import threading
from collections.abc import Callable, Iterator
from typing import TypeAlias

from thresher.compression import Compression, decompressed
from thresher.decode import decoded
from thresher.errors import DataProcessingError, FileError

__all__ = ["Read", "Stream", "limited", "read_after", "read_at", "read_fd", "read_until"]

Read: TypeAlias = Callable[[int], bytes]
"""``read(n)`` returns at most n bytes, none at the end."""

RAW_BYTES = 1 << 16
"""Bytes that are read at once."""

WAIT_MILLISECONDS = 50
"""How long a read waits before it looks whether anybody still wants it."""


class Stream:
    """The text of one source. May be begun again where its bytes can be had again."""

    def __init__(
        self,
        name: str,
        begin: Callable[[], Read],
        *,
        compression: Compression | None,
        encoding: str | None,
        max_bytes: int | None,
        again: bool,
    ) -> None:
        """Prepare; nothing is read yet.

        Args:
            name: of the source, for messages.
            begin: returns a ``read`` of the bytes as they lie, from their beginning.
            compression: how they are compressed.
            encoding: the codec of Python that decodes them; None: UTF-8.
            max_bytes: of text, more stop the run.
            again: whether ``begin`` may be called more than once.
        """
        self._name = name
        self._begin = begin
        self._compression = compression
        self._encoding = encoding
        self._max_bytes = max_bytes
        self._again = again
        self._pieces: Iterator[bytes] | None = None
        self._held = memoryview(b"")
        self._given = 0

    def read(self, n: int) -> bytes:
        """Return at most ``n`` bytes of text, none at the end.

        Raises:
            ConfigurationError: there is no library for the compression.
            DataProcessingError: there are more than ``max_bytes``.
            FileError: the source cannot be read, is damaged or cut off, or cannot be decoded.
        """
        if self._pieces is None:
            self._pieces = self._text()
            self._skip(self._given)
        if not self._held:
            self._held = memoryview(next(self._pieces, b""))
        piece = bytes(self._held[:n])
        self._held = self._held[len(piece) :]
        self._given += len(piece)
        return piece

    def rest(self) -> None:
        """Let go of what a decompressor holds (64 MB and more) until the next read, where that can be made again."""
        if self._again:
            self._pieces, self._held = None, memoryview(b"")

    def _skip(self, count: int) -> None:
        while count and self._pieces is not None:
            piece = memoryview(next(self._pieces, b""))
            if not piece:
                return
            self._held = piece[count:]
            count -= min(count, len(piece))

    def _text(self) -> Iterator[bytes]:
        read = self._begin()
        pieces: Iterator[bytes] = iter(lambda: read(RAW_BYTES), b"")
        if self._compression is not None:
            pieces = decompressed(pieces, self._compression, self._name)
        if self._encoding is not None:
            pieces = decoded(pieces, self._encoding, self._name)
        return pieces if self._max_bytes is None else _limited(pieces, self._max_bytes, self._name)


def _limited(pieces: Iterator[bytes], limit: int, name: str) -> Iterator[bytes]:
    """Yield pieces as long as they are no more than ``limit`` bytes in all."""
    left = limit
    for piece in pieces:
        left -= len(piece)
        if left < 0:
            raise limited(name, limit)
        yield piece


def limited(name: str, limit: int) -> DataProcessingError:
    """Return the error of a source that is longer than it may be."""
    return DataProcessingError(
        f"{name!r} holds more than {limit:,} bytes of text, and max_bytes allows no more: is it what it should be? "
        "If so, raise max_bytes"
    )


def read_fd(fd: int, name: str, n: int) -> bytes:
    """Return at most ``n`` bytes from a descriptor, none at its end.

    Args:
        fd: the descriptor.
        name: of the source, for the message.
        n: bytes.

    Raises:
        FileError: it cannot be read.
    """
    while True:
        try:
            return os.read(fd, n)
        except BlockingIOError:
            # A descriptor that somebody has set not to wait: wait all the same.
            select.select([fd], [], [])
        except OSError as error:
            raise _unreadable(name, error) from error


def read_at(fd: int, name: str, start: int) -> Read:
    """Return a read of a regular file from an offset on, which leaves the descriptor's own position alone.

    Args:
        fd: the descriptor.
        name: of the source, for messages.
        start: the offset.
    """
    at = start

    def read(n: int) -> bytes:
        nonlocal at
        try:
            piece = os.pread(fd, n, at)
        except OSError as error:
            raise _unreadable(name, error) from error
        at += len(piece)
        return piece

    return read


def read_until(fd: int, name: str, stopped: threading.Event) -> Read:
    """Return a read of a descriptor that ends once nobody wants it any more: a pipe may never bring anything.

    Args:
        fd: the descriptor.
        name: of the source, for messages.
        stopped: set where nobody wants it any more.
    """
    poll = select.poll()
    poll.register(fd, select.POLLIN)

    def read(n: int) -> bytes:
        while not stopped.is_set():
            if poll.poll(WAIT_MILLISECONDS):
                return read_fd(fd, name, n)
        return b""

    return read


def read_after(head: bytes, read: Read) -> Read:
    """Return a read of what was read already, then of the rest.

    Args:
        head: what was read.
        read: the rest.
    """
    first = io.BytesIO(head)
    return lambda n: first.read(n) or read(n)


def _unreadable(name: str, error: OSError) -> FileError:
    return FileError(f"{name!r} could not be read: {error.strerror}", errno=error.errno, filename=name)

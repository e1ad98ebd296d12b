"""Sample: whatever is written to a descriptor enters, the first bytes of it leave; the rest is dropped.

For examples of rejects where nobody asked to keep them: memory stays bounded however many there are. Never looks
at what the bytes say.
"""

from __future__ import annotations

import os
import threading
from types import TracebackType

__all__ = ["Sample"]

BYTES = 8 << 20
"""Bytes that are kept."""


class Sample:
    """A descriptor to write to, and a thread that keeps the first bytes; a context manager."""

    def __init__(self, limit: int = BYTES) -> None:
        """Prepare; nothing is opened yet.

        Args:
            limit: bytes that are kept.
        """
        self._limit = limit
        self._kept = bytearray()
        self._reader = threading.Thread(target=self._read, name="thresher-sample", daemon=True)
        self._out = self._in = -1

    @property
    def fd(self) -> int:
        """The descriptor to write to."""
        return self._in

    def __enter__(self) -> Sample:
        """Open the descriptor."""
        self._out, self._in = os.pipe()
        self._reader.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Close the descriptor, and wait until what was written has been read."""
        os.close(self._in)
        self._reader.join()
        os.close(self._out)

    def lines(self) -> bytes:
        """Return what was kept; the last line may be cut off."""
        return bytes(self._kept)

    def _read(self) -> None:
        while piece := os.read(self._out, 1 << 16):
            self._kept += piece[: self._limit - len(self._kept)]

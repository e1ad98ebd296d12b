"""Pump: sources that only Python can read enter, descriptors leave that any engine can read.

One thread a run reads them in the order in which the engine does, and writes what it reads to pipes: decompressing and
decoding go on beside validation. What stops it looks like the end of a source to the engine, so that :meth:`Pump.check`
has to be asked before anything is published. Never looks at what it carries.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from types import TracebackType

import msgspec

from thresher.engine import Source
from thresher.errors import FileError
from thresher.stream import Read

__all__ = ["Pump"]

PIPE_BYTES = 1 << 20
"""What a pipe holds, where the system can be asked for that."""

READ_BYTES = 1 << 18
"""Bytes that are read at once."""

PATIENCE = 1.0
"""Seconds that the end waits for a read of the user's file object, which cannot be stopped."""


class Pump:
    """Carries sources to an engine; a context manager."""

    def __init__(self, stop: Callable[[], None]) -> None:
        """Prepare; nothing is opened yet.

        Args:
            stop: makes reads that wait return.
        """
        self._stop = stop
        self._queue: list[tuple[Read, int]] = []
        self._pipes: list[int] = []
        self._thread: threading.Thread | None = None
        self._error: BaseException | None = None
        self._over = False

    def carry(self, source: Source) -> Source:
        """Return the source with a descriptor in place of its ``read``; any other source as it is.

        Raises:
            FileError: too many files are open.
        """
        if source.read is None:
            return source
        try:
            out, into = os.pipe()
        except OSError as error:
            raise FileError(
                f"{source.name!r} cannot be read beside the others: {error.strerror}; raise `ulimit -n`, or name fewer "
                "files at once",
                errno=error.errno,
                filename=source.name,
            ) from error
        self._pipes.append(out)
        self._queue.append((source.read, into))
        return msgspec.structs.replace(source, read=None, fd=out)

    def __enter__(self) -> Pump:
        """Return itself; the thread begins with :meth:`start`."""
        return self

    @property
    def busy(self) -> bool:
        """Whether it carries anything."""
        return self._thread is not None

    def start(self) -> None:
        """Begin to carry. Without a source to carry, no thread is started."""
        if self._queue:
            self._thread = threading.Thread(target=self._carry, name="thresher-pump", daemon=True)
            self._thread.start()

    def check(self) -> None:
        """Raise what stopped it, if anything did."""
        if self._error is not None:
            raise self._error

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Stop, wherever it is, and close everything."""
        self._over = True
        self._stop()
        for fd in self._pipes:
            # The next write to it fails.
            os.close(fd)
        self._pipes.clear()
        if self._thread is None:
            self._close_all()
        else:
            self._thread.join(PATIENCE)

    def _carry(self) -> None:
        try:
            while self._queue:
                read, into = self._queue[0]
                _widen(into)
                while not self._over and (piece := read(READ_BYTES)):
                    with memoryview(piece) as view:
                        done = 0
                        while done < len(view):
                            done += os.write(into, view[done:])
                del self._queue[0]
                os.close(into)
        except BrokenPipeError as error:
            # The engine has stopped, and nobody reads any more; a source that raises this is another matter.
            self._error = None if self._over else error
        except BaseException as error:
            self._error = error
        finally:
            self._close_all()

    def _close_all(self) -> None:
        """Close what is written to: for the engine, that is the end of every source that is left."""
        while self._queue:
            os.close(self._queue.pop()[1])


def _widen(fd: int) -> None:
    """Make a pipe hold more than the 64 KiB of the system, where it allows that."""
    try:
        import fcntl

        fcntl.fcntl(fd, fcntl.F_SETPIPE_SZ, PIPE_BYTES)
    except (ImportError, AttributeError, OSError):
        pass

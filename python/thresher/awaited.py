"""Awaited: runs that an event loop waits for enter; their results leave, many at one wake-up of the loop.

A run of a small file takes less time than handing it to a thread by :func:`asyncio.to_thread` and back does. So small
runs without user code are taken one after another by as many threads as there are processors, which never look up
while there is more to do, and a loop that is awake already is not woken again. Whatever may take long, or wait for
somebody, goes to the threads of the loop's own executor. Never processes anything itself.
"""

from __future__ import annotations

import asyncio
import contextvars
import os
import stat
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from thresher.opened import SMALL_BYTES

if TYPE_CHECKING:
    from thresher.result import Result
    from thresher.source import SourceLike
    from thresher.target import Name

__all__ = ["awaited"]

Run = Callable[[], "Result"]

PAUSE = 0.001
"""Seconds that a loop is left alone after it has looked, while there is more to do: to wake it costs as much as a small
run. Results wait for no longer than that and the end of another small run."""


class _NotSmallError(Exception):
    """A run turned out to be none for the few threads."""


class _Box:
    """What was done for one loop and not delivered yet."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._done: deque[tuple[asyncio.Future[Any], Any, BaseException | None]] = deque()
        self._woken = False
        self._looked = 0.0

    def put(self, future: asyncio.Future[Any], result: Any, error: BaseException | None) -> bool:
        """Put a result in. Returns whether the loop is to be woken, or may sleep on a little."""
        self._done.append((future, result, error))
        return time.monotonic() - self._looked > PAUSE

    def wake(self) -> None:
        """Wake the loop, unless it is about to look."""
        if self._done and not self._woken:
            self._woken = True
            # Who closed the loop awaits nothing any more.
            with suppress(RuntimeError):
                self._loop.call_soon_threadsafe(self._deliver)

    def _deliver(self) -> None:
        # What is put in from now on wakes the loop again, or is found below.
        self._woken = False
        self._looked = time.monotonic()
        while self._done:
            future, result, error = self._done.popleft()
            if future.cancelled():
                continue
            if error is None:
                future.set_result(result)
            else:
                future.set_exception(error)


class _Crew:
    """A few threads of the process, which end with it. Without anything to do they sleep."""

    def __init__(self) -> None:
        self._most = os.cpu_count() or 1
        self._threads = ThreadPoolExecutor(self._most, thread_name_prefix="aprocess")
        self._lock = threading.Lock()
        self._busy = 0
        self._queue: deque[tuple[_Box, asyncio.Future[Any], contextvars.Context, Run]] = deque()
        self._boxes: WeakKeyDictionary[asyncio.AbstractEventLoop, _Box] = WeakKeyDictionary()

    def take(self, run: Run) -> asyncio.Future[Any]:
        """Take a run of the running loop."""
        loop = asyncio.get_running_loop()
        box = self._boxes.get(loop)
        if box is None:
            box = self._boxes[loop] = _Box(loop)
        future = loop.create_future()
        self._queue.append((box, future, contextvars.copy_context(), run))
        if self._busy < self._most:
            with self._lock:
                more = self._busy < self._most
                self._busy += more
            if more:
                self._threads.submit(self._work)
        return future

    def _work(self) -> None:
        """Carry out what there is, in the order in which it came."""
        late: set[_Box] = set()
        while True:
            try:
                box, future, context, run = self._queue.popleft()
            except IndexError:
                while late:
                    late.pop().wake()
                with self._lock:
                    if not self._queue:
                        self._busy -= 1
                        return
                continue
            if future.cancelled():
                continue
            result, error = None, None
            try:
                result = context.run(run)
            except BaseException as raised:
                error = raised
            if box.put(future, result, error):
                box.wake()
            else:
                late.add(box)
            # A thread that sleeps holds on to nothing of the last run.
            del box, future, context, run, result, error


_crew: _Crew | None = None


def _forget() -> None:
    """Begin anew in a process that was forked: threads do not come with it."""
    global _crew
    _crew = None


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget)


async def awaited(
    run: Run, again: Callable[[], Result | None], source: SourceLike, targets: Sequence[Name | None], *, native: bool
) -> Result:
    """Carry out a run in a thread, and wait for it.

    Args:
        run: carries it out.
        again: the same for a small source like one that was met before, which waits for nobody; None: it is none.
        source: what it reads.
        targets: what it writes.
        native: whether no code of the user's takes part.
    """
    global _crew
    if native and isinstance(source, str | os.PathLike | bytes | bytearray | memoryview):
        if _crew is None:
            _crew = _Crew()

        def small() -> Result:
            known = again()
            if known is not None:
                return known
            if not _is_small(source, targets):
                raise _NotSmallError
            return run()

        with suppress(_NotSmallError):
            result: Result = await _crew.take(small)
            return result
    return await asyncio.to_thread(run)


def _is_small(source: SourceLike, targets: Sequence[Name | None]) -> bool:
    """Tell whether a run reads little, and waits for nobody. Asks the system, which may take its time."""
    if isinstance(source, bytes | bytearray | memoryview):
        size: int | None = memoryview(source).nbytes
    else:
        size = _regular(source, 0)
    return size is not None and size <= SMALL_BYTES and all(t is None or _regular(t, 0) is not None for t in targets)


def _regular(path: Any, missing: int) -> int | None:
    """Return the bytes of a regular file, ``missing`` where there is none of that name; None: it is something else."""
    if os.fspath(path) == "-":
        return None
    try:
        status = os.stat(path)
    except (OSError, ValueError):
        return missing
    return status.st_size if stat.S_ISREG(status.st_mode) else None

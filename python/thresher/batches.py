"""Batches: a run that goes on in a thread enters; batches of its records leave, a few of which are in memory at a time.

    engine → parts → channel → batches

The engine waits where nobody takes batches, and stops where nobody wants them any more. Never looks at a record.
"""

from __future__ import annotations

import io
import threading
import weakref
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from types import TracebackType
from typing import Any

from thresher.columns import Columns
from thresher.engine import Kept, Part
from thresher.errors import ConfigurationError, DataProcessingError, shown
from thresher.records import Records
from thresher.reject import Recall, Rejects
from thresher.report import Report
from thresher.result import Result

__all__ = ["SIZE", "Batch", "Batches", "Channel"]

SIZE = 50_000
"""Records of a batch where nobody says how many: a few megabytes."""

WAITING = 2
"""Blocks of the engine that wait to be taken."""

PATIENCE = 5.0
"""Seconds that the end of the program, or of the last reference to a run, waits for it to stop."""


class UnwantedError(Exception):
    """Nobody wants the rest."""


class Channel:
    """What lies between the thread of a run and whoever takes its batches."""

    def __init__(self, size: int) -> None:
        """Make it; nothing runs yet.

        Args:
            size: records of a batch.
        """
        self.size = size
        self._changed = threading.Condition()
        self._blocks: deque[Sequence[Part]] = deque()
        self._closed = False
        self._over = False
        self.result: Result | None = None
        self.error: BaseException | None = None
        self.names: Sequence[str] = ()
        self.schema: type = object
        self.recall: Recall | None = None
        self.rejects: str | None = None
        """The file that rejects go to; None: to their batches."""
        self._stop: Callable[[], None] | None = None

    def open(self, stop: Callable[[], None]) -> None:
        """Note that sources are open.

        Args:
            stop: makes reads that wait return.
        """
        with self._changed:
            self._stop = stop
            if self._closed:
                stop()

    def begin(self, names: Sequence[str], schema: type, recall: Recall, rejects: str | None) -> None:
        """Note what batches are made with; the run calls this before the first part.

        Args:
            names: of the sources.
            schema: what accepted records are instances of.
            recall: gives the errors of rejects with the objects that JSON cannot carry.
            rejects: the file that rejects go to.
        """
        self.names, self.schema, self.recall, self.rejects = names, schema, recall, rejects

    def put(self, parts: Sequence[Part]) -> None:
        """Take the parts of a block from the engine, and wait where there are enough.

        Raises:
            UnwantedError: nobody wants them any more.
        """
        with self._changed:
            while len(self._blocks) >= WAITING and not self._closed:
                self._changed.wait()
            if self._closed:
                raise UnwantedError
            self._blocks.append(parts)
            self._changed.notify_all()

    def tick(self, done: int, total: int | None) -> None:
        """Let a run go on, however many bytes it has read.

        Raises:
            UnwantedError: nobody wants the rest.
        """
        if self._closed:
            raise UnwantedError

    def end(self, result: Result | None, error: BaseException | None) -> None:
        """Note how the run ended."""
        with self._changed:
            self.result, self.error, self._over = result, error, True
            self._changed.notify_all()

    def take(self) -> Sequence[Part] | None:
        """Return the parts of the next block, None when there are no more."""
        with self._changed:
            while not self._blocks and not self._over and not self._closed:
                self._changed.wait()
            if not self._blocks:
                return None
            parts = self._blocks.popleft()
            self._changed.notify_all()
            return parts

    def close(self) -> None:
        """Stop the run, and forget what waits."""
        with self._changed:
            self._closed = True
            self._blocks.clear()
            self._changed.notify_all()
            if self._stop is not None:
                self._stop()


class Batch(Records):
    """Consecutive records of one source: the accepted ones, and the rejects.

    Attributes:
        source: the name of the source.
        first_record: the number of its first record in its source, from 1.
        read: how many records: ``accepted + rejected + filtered``.
        accepted: how many were accepted.
        rejected: how many were rejected.
        filtered: how many valid records were left out.
        rejects: a sequence of :class:`thresher.Reject`.
    """

    def __init__(self, parts: Sequence[Part], channel: Channel) -> None:
        """Put a batch together.

        Args:
            parts: at least one.
            channel: of its run.
        """
        super().__init__(_joined([part.kept for part in parts]), channel.schema)
        self.source = channel.names[parts[0].source]
        self.first_record = parts[0].record
        self.accepted = sum(part.accepted for part in parts)
        self.rejected = sum(part.rejected for part in parts)
        self.filtered = sum(part.filtered for part in parts)
        self.read = self.accepted + self.rejected + self.filtered
        lines = b"".join(part.rejects for part in parts)
        self.rejects = (
            Rejects(self.rejected, partial(io.BytesIO, lines), where="memory", recall=channel.recall)
            if channel.rejects is None
            else Rejects(self.rejected, None, where=repr(channel.rejects))
        )

    def __repr__(self) -> str:
        """Give the place and the counts."""
        counts = [f"accepted={self.accepted}", f"rejected={self.rejected}"]
        counts += [f"filtered={self.filtered}"] if self.filtered else []
        return f"<Batch {self.source} from record {self.first_record}: read={self.read} {' '.join(counts)}>"


class Batches(Iterator[Batch]):
    """The batches of a run, in the order of the sources; an iterator and a context manager.

    The run begins with the first batch that is asked for, and goes on in a thread of its own while a batch is worked
    on; it never gets more than a few blocks ahead. Leaving the ``with`` block, :meth:`close`, an exception, or the loss
    of the last reference stops it. Batches may be taken from any thread, one at a time.
    """

    def __init__(self, run: Callable[[Channel], Result], size: int) -> None:
        """Prepare; nothing runs yet.

        Args:
            run: carries the run out.
            size: records of a batch.

        Raises:
            ConfigurationError: no batch can be of that size.
        """
        if not isinstance(size, int) or isinstance(size, bool) or not 1 <= size < 1 << 63:
            raise ConfigurationError(f"size must be a number of records from 1, not {shown(size)}")
        self._channel = Channel(size)
        self._run = run
        self._thread: threading.Thread | None = None
        self._left: deque[Part] = deque()
        self._closed = False

    def __iter__(self) -> Batches:
        """Return itself."""
        return self

    def __next__(self) -> Batch:
        """Return the next batch: ``size`` records of one source, fewer at its end.

        Raises:
            DataProcessingError: a source that cannot be processed as a whole.
            FileError: a file could not be read or written.
            ConfigurationError: a source or target that cannot be used.
            EngineError: a defect of thresher.
        """
        if self._closed:
            raise StopIteration
        try:
            self._start()
            parts: list[Part] = []
            read = 0
            while read < self._channel.size and (part := self._part()) is not None:
                if parts and part.source != parts[0].source:
                    self._left.appendleft(part)
                    break
                parts.append(part)
                read += part.accepted + part.rejected + part.filtered
        except BaseException:
            self.close()
            raise
        if self._closed or not parts:
            self.close()
            raise StopIteration
        return Batch(parts, self._channel)

    def _part(self) -> Part | None:
        """Return the next part, None when there are no more; raise what the run raised."""
        while not self._left:
            block = self._channel.take()
            if block is None:
                if self._channel.error is not None:
                    raise self._channel.error
                return None
            self._left.extend(block)
        return self._left.popleft()

    def _start(self) -> None:
        if self._thread is None:
            # It must not hold on to this object, whose loss stops it.
            self._thread = threading.Thread(
                target=_carried_out, args=(self._run, self._channel), name="thresher-batches", daemon=True
            )
            weakref.finalize(self, _abandoned, self._channel, self._thread)
            self._thread.start()

    def close(self) -> None:
        """Stop the run, wherever it is, and let go of everything. Nothing that it was to write is published.

        A read of a file object cannot be stopped: where one waits for more than 5 seconds, its thread is left behind.
        """
        self._closed = True
        self._left.clear()
        self._channel.close()
        if self._thread is not None:
            self._thread.join(PATIENCE)

    def __enter__(self) -> Batches:
        """Return itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Stop the run; see :meth:`close`."""
        self.close()

    @property
    def report(self) -> Report:
        """The facts of the whole run, when the last batch was taken.

        Raises:
            ConfigurationError: there are more batches, or the run was stopped.
        """
        if self._channel.result is None:
            raise ConfigurationError("there is no report before the last batch was taken")
        return self._channel.result.report

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        """Return all records as one stream of Arrow's C interface, a few in memory at a time.

        So that DuckDB, Polars and PyArrow read a source that is larger than memory; the types are those of the first
        batch, as in :meth:`thresher.Result.to_arrow`. Rejects are lost: name a file for them.

        Args:
            requested_schema: a capsule with the schema that is wanted; None: that of the records.

        Raises:
            ConfigurationError: PyArrow is not installed, or batches were taken already.
        """
        from thresher.arrow import pyarrow

        if self._thread is not None or self._closed:
            raise ConfigurationError(
                "these batches were taken already, in part or all of them, and cannot be read anew; for a reader that "
                "asks twice, as DuckDB does, make one stream: pyarrow.RecordBatchReader.from_stream(batches)"
            )
        arrow = pyarrow("the Arrow stream")
        first = next(self, None)
        if first is None:
            from thresher.arrow import table

            schema = table(self._channel.schema, _joined([]), "the Arrow stream").schema
        else:
            schema = first.to_arrow().schema
        reader = arrow.RecordBatchReader.from_batches(schema, _record_batches(arrow, schema, first, self))
        stream: object = reader.__arrow_c_stream__(requested_schema)
        return stream

    def __repr__(self) -> str:
        """Say how large they are, and whether there are more."""
        return f"<Batches of {self._channel.size} records{', closed' if self._closed else ''}>"


def _carried_out(run: Callable[[Channel], Result], channel: Channel) -> None:
    """Carry a run out in its thread."""
    try:
        result = run(channel)
    except UnwantedError:
        channel.end(None, None)
    except BaseException as error:
        channel.end(None, error)
    else:
        channel.end(result, None)


def _abandoned(channel: Channel, thread: threading.Thread) -> None:
    """Stop a run that nobody refers to, or at the end of the program: its thread must not outlive the interpreter."""
    channel.close()
    if thread is not threading.current_thread():
        thread.join(PATIENCE)


def _joined(kept: Sequence[Kept]) -> Kept:
    """Return the accepted records of several parts."""
    columns = [each for each in kept if isinstance(each, Columns)]
    if columns and len(columns) == len(kept):
        return Columns.joined(columns)
    from thresher._python.run import KeptInstances

    made = KeptInstances()
    for each in kept:
        for instance in each.instances():
            made.append(instance)
    return made


def _record_batches(arrow: Any, schema: Any, first: Batch | None, more: Batches) -> Iterator[Any]:
    """Yield record batches of one schema."""
    batch = first
    while batch is not None:
        table = batch.to_arrow()
        if table.schema != schema:
            try:
                table = table.cast(schema)
            except (arrow.ArrowException, ValueError) as error:
                raise DataProcessingError(
                    f"the records from {batch.first_record} of {batch.source!r} on do not fit the types of the first "
                    f"batch: {error}; take the batches one by one, each with to_arrow()"
                ) from error
        yield from table.to_batches()
        batch = next(more, None)

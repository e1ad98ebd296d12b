"""Run: a job and its opened sources enter, written files and an :class:`Outcome` leave: the Python engine.

The reference that the native engine is measured by: the splitter of this package, then Pydantic itself for every
record. Never decides a verdict, and never opens or publishes a file.
"""

from __future__ import annotations

import io
import os
import select
import stat
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from thresher._python import reject
from thresher._python.array import ArraySplitter
from thresher._python.lines import LineSplitter
from thresher._python.reject import Structural
from thresher._python.split import Splitter
from thresher._python.window import Record, Window
from thresher.engine import (
    LONGEST_KIND,
    Count,
    Fault,
    Job,
    Oracle,
    Outcome,
    Part,
    Receiver,
    Source,
    SourceCount,
    Stage,
)
from thresher.errors import EngineError, FileError
from thresher.opened import read_fd
from thresher.plan import Plan
from thresher.stream import WAIT_MILLISECONDS

__all__ = ["PythonEngine"]

BATCH_RECORDS = 1000
"""Records that the oracle is asked about at once."""

BATCH_BYTES = 1 << 20
"""Raw bytes after which a batch is full, however few records it has."""

WRITE_BYTES = 1 << 18
"""Bytes that are collected before they are written."""


class PythonEngine:
    """The reference engine. It has no state: one object may run many jobs at once."""

    name = "python"

    def run(
        self,
        job: Job,
        sources: Sequence[Source],
        oracle: Oracle,
        *,
        accepted: int | None,
        rejects: int | None,
        progress: Callable[[int], None] | None = None,
        receiver: Receiver | None = None,
    ) -> Outcome:
        """Run a job to its end.

        Args:
            job: the plans and settings; ``workers`` and ``block_bytes`` mean nothing here.
            sources: in the order in which their records are to come out.
            oracle: Pydantic.
            accepted: descriptor that accepted records are written to; None with ``job.accepted_format`` None.
            rejects: descriptor that rejects are written to; None: they come back in the outcome.
            progress: called after each batch with the bytes read so far.
            receiver: takes the records that are kept, with ``job.batch``.

        Raises:
            DataProcessingError: a validator of the user's crashed.
            FileError: a source could not be read, or a sink not written.
            EngineError: the oracle broke its contract.
        """
        run = _Run(job, oracle, accepted, rejects, progress, receiver)
        counts = [run.source(source, place) for place, source in enumerate(sources)]
        return run.outcome(counts)


class KeptInstances:
    """Accepted records that were kept in memory, as the model's instances."""

    def __init__(self) -> None:
        """Start with none."""
        self._instances: list[Any] = []
        self.append = self._instances.append

    def __len__(self) -> int:
        """Return the number of records."""
        return len(self._instances)

    def instances(self) -> Iterator[Any]:
        """Yield the instances in the order of the source."""
        return iter(self._instances)


class _Run:
    """One job under way."""

    def __init__(
        self,
        job: Job,
        oracle: Oracle,
        accepted: int | None,
        rejects: int | None,
        progress: Callable[[int], None] | None,
        receiver: Receiver | None,
    ) -> None:
        self._job = job
        self._receiver = receiver
        self._oracle = oracle
        self._progress = progress
        self._kept = KeptInstances() if job.accepted_format is None else None
        self._accepted = _Output(accepted, "accepted records")
        self._rejects = _Output(rejects, "rejects")
        self._counts: Counter[tuple[str, str]] = Counter()
        self._further = 0
        self._first: dict[tuple[str, str], tuple[str, int, int]] = {}
        self._finished_bytes = 0
        self._asked = 0

    def source(self, source: Source, place: int) -> SourceCount:
        """Process one source, the one at ``place``, and return its accounting."""
        tally: Counter[str] = Counter()
        plan = self._job.plans[source.plan]
        splitter = self._splitter(source, plan)
        batch: list[Record] = []
        held = 0
        for record in splitter:
            if isinstance(record.raw, bytes):
                batch.append(record)
                held += len(record.raw)
                if len(batch) < BATCH_RECORDS and held < BATCH_BYTES and not self._ends(record.number):
                    continue
            else:
                # Its file is open only until the next record is asked for.
                batch.append(record)
            self._part(batch, source, place, tally)
            batch, held = [], 0
            if self._progress is not None:
                self._progress(self._finished_bytes + splitter.offset)
        self._part(batch, source, place, tally)
        self._finished_bytes += splitter.offset
        if self._progress is not None:
            self._progress(self._finished_bytes)
        return SourceCount(
            name=source.name,
            read=tally.total(),
            accepted=tally["accepted"],
            rejected=tally["rejected"],
            filtered=tally["filtered"],
            blank_lines=source.blank_lines + splitter.blank_lines,
            bytes=splitter.offset,
        )

    def _splitter(self, source: Source, plan: Plan) -> Window:
        """Return what splits a source."""
        read, limit = _reader(source, self._waiting if self._progress else None), self._job.max_record_bytes
        if plan.format != "csv":
            kind = ArraySplitter if plan.format == "json" else LineSplitter
            return kind(read, max_record_bytes=limit, offset=source.start, line=source.start_line)
        return Splitter(
            read,
            delimiter=plan.delimiter,
            columns=len(plan.columns),
            max_record_bytes=limit,
            offset=source.start,
            line=source.start_line,
        )

    def outcome(self, sources: list[SourceCount]) -> Outcome:
        """Write what is still held, and return the result."""
        self._accepted.flush()
        self._rejects.flush()
        return Outcome(
            sources=sources,
            counts=[Count(loc, type_, self._counts[loc, type_], *where) for (loc, type_), where in self._first.items()],
            further_errors=self._further,
            kept=self._kept if self._receiver is None else None,
            rejects=self._rejects.kept(),
            asked_records=self._asked,
        )

    def _waiting(self) -> None:
        """Let whoever watches stop a run that waits for bytes."""
        if self._progress is not None:
            self._progress(self._finished_bytes)

    def _ends(self, number: int) -> bool:
        """Return whether a batch that is handed over ends with a record."""
        return self._receiver is not None and number % self._job.batch == 0

    def _part(self, batch: list[Record], source: Source, place: int, tally: Counter[str]) -> None:
        """Process records that were read together; hand them over where somebody takes them."""
        if self._receiver is None or not batch:
            self._batch(batch, source, tally)
            return
        before = tally.copy()
        self._kept = kept = KeptInstances()
        self._batch(batch, source, tally)
        self._receiver(
            [
                Part(
                    source=place,
                    record=batch[0].number,
                    accepted=tally["accepted"] - before["accepted"],
                    rejected=tally["rejected"] - before["rejected"],
                    filtered=tally["filtered"] - before["filtered"],
                    kept=kept,
                    rejects=self._rejects.taken(),
                )
            ]
        )

    def _batch(self, batch: list[Record], source: Source, tally: Counter[str]) -> None:
        """Give each record of a batch its verdict, and write it, in order."""
        sound = [record for record in batch if record.error is None]
        self._asked += len(sound)
        answers = (
            self._oracle.records(source.plan, [r.cells for r in sound], [(r.number, r.line) for r in sound])
            if sound
            else []
        )
        if len(answers) != len(sound):
            raise EngineError(f"the oracle gave {len(answers)} answers for {len(sound)} records: please report this")
        answer = iter(answers)
        for record in batch:
            if record.error is not None:
                tally["rejected"] += 1
                self._reject(record, source, "split", [self._fault(record, record.error, source)])
                continue
            verdict = next(answer)
            if isinstance(verdict, list):
                tally["rejected"] += 1
                self._reject(record, source, verdict[0].stage, verdict)
                continue
            if verdict is False:
                tally["filtered"] += 1
                continue
            tally["accepted"] += 1
            if self._kept is not None:
                self._kept.append(verdict[1])
            else:
                self._accepted.write(verdict[0])

    def _fault(self, record: Record, error: Structural, source: Source) -> Fault:
        return error.fault(
            max_record_bytes=self._job.max_record_bytes,
            expected=len(self._job.plans[source.plan].columns),
            actual=len(record.cells),
        )

    def _reject(self, record: Record, source: Source, stage: Stage, faults: list[Fault]) -> None:
        number, line = record.number, record.line
        for fault in faults:
            key = fault.loc, fault.type
            if key not in self._first:
                if len(self._first) >= self._job.most_kinds or len(fault.loc) + len(fault.type) > LONGEST_KIND:
                    self._further += 1
                    continue
                self._first[key] = source.name, number, line
            self._counts[key] += 1
        write, raw = self._rejects.write, record.raw
        if self._job.rejects_format == "jsonl":
            reject.jsonl_line(write, number, line, record.byte_offset, source.name, stage, faults, raw)
        else:
            plan = self._job.plans[source.plan]
            verbatim = stage != "split" and plan.format == "csv"
            reject.csv_line(write, number, line, faults, raw, plan.delimiter, len(plan.columns), verbatim=verbatim)


class _Output:
    """Bytes on their way to a descriptor, or to memory where there is none."""

    def __init__(self, fd: int | None, what: str) -> None:
        self._fd = fd
        self._what = what
        self._held = bytearray()

    def write(self, data: bytes) -> None:
        self._held += data
        if self._fd is not None and len(self._held) >= WRITE_BYTES:
            self.flush()

    def flush(self) -> None:
        if self._fd is None:
            return
        with memoryview(self._held) as view:
            done = 0
            try:
                while done < len(view):
                    done += os.write(self._fd, view[done:])
            except OSError as error:
                raise FileError(
                    f"the {self._what} could not be written: {error.strerror}", errno=error.errno
                ) from error
        self._held.clear()

    def kept(self) -> bytes:
        return bytes(self._held)

    def taken(self) -> bytes:
        """Return what is kept, and forget it; nothing where there is a descriptor."""
        if self._fd is not None:
            return b""
        held = bytes(self._held)
        self._held.clear()
        return held


def _reader(source: Source, waiting: Callable[[], None] | None) -> Callable[[int], bytes]:
    """Return a read that begins at ``source.start``; ``waiting`` is called while a pipe brings nothing."""
    if source.data is not None:
        whole = io.BytesIO(source.data)
        whole.seek(source.start)
        return whole.read
    head = io.BytesIO(source.head)
    head.seek(source.start)
    name, fd, more = source.name, source.fd, source.read
    poll = None
    if fd is not None and not stat.S_ISREG(os.fstat(fd).st_mode):
        poll = select.poll()
        poll.register(fd, select.POLLIN)

    def read(n: int) -> bytes:
        if piece := head.read(n):
            return piece
        if more is not None:
            return more(n)
        if fd is not None and poll is not None and waiting is not None:
            while not poll.poll(WAIT_MILLISECONDS):
                waiting()
        if fd is None:
            raise EngineError(f"the source {name!r} has nothing to be read from: please report this")
        return read_fd(fd, name, n)

    return read

"""The Rust engine, as :class:`thresher.engine.Engine`: a job goes in as JSON, plain objects come back.

Nothing is decided here. The twin of ``_python/run.py``.
"""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, TypeVar

import msgspec

from thresher import _engine
from thresher.columns import Columns
from thresher.engine import Count, Job, Oracle, Outcome, Part, Receiver, Source, SourceCount
from thresher.errors import EngineError, FileError
from thresher.plan import Plan

if TYPE_CHECKING:
    from thresher.schema.compiled import Compiled

__all__ = ["RustEngine", "called", "outcome_of", "ready"]

T = TypeVar("T")

if _engine.debug:
    warnings.warn(
        "thresher._engine is a debug build and many times slower than a release: build it with --release",
        RuntimeWarning,
        stacklevel=2,
    )


class RustEngine:
    """The native engine. It has no state: one object may run many jobs at once."""

    name = "rust"

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
        """Run a job to its end; see :meth:`thresher.engine.Engine.run`."""
        if any(source.read is not None for source in sources):
            # What only Python can read is read by the caller's thread.
            job = msgspec.structs.replace(job, workers=1)
        names = [source.name for source in sources]
        plans = _kept_plans(job.plans)
        asked = oracle
        if job.verify:
            from thresher.verify import Shadow

            asked = Shadow(oracle, job, names, plans)
        done = called(
            _engine.run,
            ready(job),
            list(sources),
            asked,
            accepted,
            rejects,
            progress,
            _receiving(receiver, plans, oracle),
        )
        return outcome_of(done, job, names, oracle.compiled)


def called(function: Callable[..., T], *arguments: object) -> T:
    """Call a function of the extension.

    Raises:
        FileError: a source could not be read, or a sink not written.
        EngineError: a defect of thresher.
    """
    try:
        return function(*arguments)
    except _engine.RunError as failure:
        raise _mapped(failure) from None


def outcome_of(done: _engine.Outcome, job: Job, names: Sequence[str], written: Compiled) -> Outcome:
    """Return the outcome of a run for what the engine gave back.

    Args:
        done: what it gave back.
        job: what it was asked to do.
        names: of the sources.
        written: the schema of the records that are written.
    """
    kept = None
    if job.accepted_format is None:
        kept = Columns(_kept_plans(job.plans), done["chunks"], done["objects"], written)
    return Outcome(
        sources=[
            SourceCount(name=name, read=read, accepted=good, rejected=bad, filtered=out, blank_lines=blank, bytes=size)
            for name, read, good, bad, out, blank, size in done["sources"]
        ],
        counts=[
            Count(loc, type_, count, names[source], record, line)
            for loc, type_, count, source, record, line in done["counts"]
        ],
        further_errors=done["further_errors"],
        kept=kept,
        rejects=done["rejects"],
        asked_cells=done["asked_cells"],
        asked_records=done["asked_records"],
        verified_records=done["verified_records"],
    )


def ready(job: Job) -> _engine.Ready:
    """Return a job made ready, which is done once for as many runs as have the same."""
    made: _engine.Ready | None = job.made.get("rust")
    if made is None:
        made = job.made["rust"] = _engine.Ready(msgspec.json.encode(job))
    return made


def _receiving(
    receiver: Receiver | None, plans: Sequence[Plan], oracle: Oracle
) -> Callable[[list[_engine.Part]], None] | None:
    """Return what the engine calls with the parts of a block."""
    if receiver is None:
        return None

    def take(parts: list[_engine.Part]) -> None:
        receiver(
            [
                Part(
                    source=source,
                    record=record,
                    accepted=accepted,
                    rejected=rejected,
                    filtered=filtered,
                    kept=Columns(plans, [chunk], objects, oracle.compiled),
                    rejects=rejects,
                )
                for source, record, accepted, rejected, filtered, chunk, objects, rejects in parts
            ]
        )

    return take


def _kept_plans(plans: Sequence[Plan]) -> list[Plan]:
    """Return plans for what is kept: where there is an output schema, every record is an instance that Python made."""
    return [
        plan
        if plan.transform is None or plan.transform.outputs is None
        else msgspec.structs.replace(plan, route="record", transform=None)
        for plan in plans
    ]


def _mapped(failure: _engine.RunError) -> Exception:
    """Return the exception of thresher for one of the engine."""
    kind, what, errno, text = failure.args
    why = os.strerror(errno) if errno else text
    if kind == "read":
        return FileError(f"{what!r} could not be read: {why}", errno=errno or None, filename=what)
    if kind == "write":
        return FileError(f"the {what} could not be written: {why}", errno=errno or None)
    return EngineError(f"the engine failed ({kind}, {what}): {text}; please report this")

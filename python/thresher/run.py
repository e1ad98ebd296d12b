"""Run: one source, one compiled schema and the names of outputs enter; files and a :class:`Result` leave.

    bytes → split → cells → check → transform → encode → sink

Everything before the engine is called prepares it, everything after gives account. Never looks at a record: from
split to encode that is the engine's.
"""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import msgspec

from thresher import engine
from thresher.again import Found
from thresher.bound import Bound
from thresher.config import Config
from thresher.encode import csv_line
from thresher.engine import SourceCount
from thresher.errors import ConfigurationError, DataProcessingError
from thresher.opened import Opened
from thresher.plan import Plan
from thresher.pump import Pump
from thresher.recall import Recalled
from thresher.reject import Rejects
from thresher.report import Report, outputs_of
from thresher.result import Account, Result
from thresher.sample import Sample
from thresher.schema.compiled import Compiled
from thresher.sink import Sinks
from thresher.source import SourceLike, close_sources, open_sources
from thresher.target import Targets
from thresher.unique import unique

if TYPE_CHECKING:
    from thresher.batches import Channel
    from thresher.transform.spec import Spec

__all__ = ["run", "run_again"]

logger = logging.getLogger("thresher")


def run(
    source: SourceLike,
    bound: Bound | None,
    targets: Targets,
    config: Config,
    *,
    spec: Spec | None = None,
    progress: Callable[[int, int | None], None] | None = None,
    sample_rejects: bool = False,
    channel: Channel | None = None,
) -> Result:
    """Process a source.

    Args:
        source: what to read.
        bound: the schema, and what happens to records after they were validated; None: the schema is inferred from
            the first source.
        targets: what to write.
        config: the settings.
        spec: what happens to records after they were validated, as the user said it, where the schema is inferred.
        progress: called now and then with the bytes read and, where known, the bytes there are.
        sample_rejects: where no file for rejects is named, keep the first of them only, in bounded memory.
        channel: takes the accepted records, and rejects for which no file is named, while the run goes on.

    Raises:
        ConfigurationError: a setting, or a source or target that cannot be used.
        DataProcessingError: a source that cannot be processed as a whole.
        FileError: a file could not be read or written.
        EngineError: a defect of thresher.
    """
    plain = bound is not None and channel is None and progress is None and not sample_rejects
    if bound is not None and plain and (known := run_again(source, bound, targets, config)) is not None:
        return known
    began, started_at, run_id = time.perf_counter(), datetime.now(UTC), unique()
    chosen = engine.choose(config.engine)
    opened = open_sources(source, config)
    if channel is not None:
        channel.open(lambda: _stop(opened))
    try:
        inferred = None
        if bound is None:
            from thresher.schema import compile
            from thresher.schema.infer import infer_opened

            inferred = infer_opened(opened[0], config)
            compiled = compile(inferred.model)
            bound = Bound(compiled, None if spec is None else spec.compile(compiled))
        compiled, transform, written = bound.compiled, bound.transform, bound.written
        plans, sources = bound.sources(opened, config)
        if transform is None or transform.output is None:
            _refuse_unknown_columns(compiled, plans, targets)
        job, oracle = bound.job(plans, targets, config)
        recalled = Recalled(compiled, plans, sources, config.null_values)
        if channel is not None:
            job = msgspec.structs.replace(job, batch=channel.size)
            to_file = None if targets.rejects is None else targets.rejects.name
            channel.begin([source.name for source in sources], written.schema, recalled, to_file)
        sampled = Sample() if sample_rejects and targets.rejects is None else None
        pump = Pump(lambda: _stop(opened))
        lying = _as_they_lie(sources, opened) if targets.each() else []
        with Sinks(targets, lying) as sinks, sampled or nullcontext(), pump:
            heads = _header_lines(plans, targets)
            sinks.write_headers(*heads)
            carried = [pump.carry(source) for source in sources]
            pump.start()
            if pump.busy and config.workers == 0 and all(each.compression is not None for each in opened):
                job = msgspec.structs.replace(job, workers=_beside_the_pump())
            outcome = chosen.run(
                job,
                carried,
                oracle,
                accepted=sinks.accepted,
                rejects=sinks.rejects if sampled is None else sampled.fd,
                progress=_watch(pump, progress, _size(sources)),
                receiver=None if channel is None else channel.put,
            )
            # What stopped the pump looked like the end of a source.
            pump.check()
            outcome.sources = _described(outcome.sources, opened)
            report = Report.of(
                outcome,
                run_id=run_id,
                started_at=started_at,
                elapsed=time.perf_counter() - began,
                engine=chosen.name,
                libraries=compiled.versions,
                outputs=outputs_of(targets),
            )
            sinks.publish(b"" if targets.report is None else report.to_json().encode())
    finally:
        close_sources(opened)
    lines = outcome.rejects if sampled is None else sampled.lines()
    rejects = Rejects.of(report.rejected, lines, targets.rejects, recalled)
    if plain and chosen.name == "rust" and len(opened) == 1:
        bound.again.remember(source, Found(opened[0], job, oracle, heads), targets, config)
    result = Result(Account(report, rejects, outcome.kept), schema=written.schema, inferred=inferred)
    _log(result)
    return result


def run_again(source: SourceLike, bound: Bound, targets: Targets, config: Config) -> Result | None:
    """Process a small source like one that was met before. None: it is none; see :meth:`thresher.again.Again.result`.

    Args:
        source: what to read; it is not waited for.
        bound: the schema, and what happens to records after they were validated.
        targets: what to write.
        config: the settings.

    Raises:
        DataProcessingError: a validator of the user's crashed.
    """
    if engine.choose(config.engine).name != "rust":
        return None
    result = bound.again.result(source, targets, config)
    if result is not None:
        _log(result)
    return result


def _refuse_unknown_columns(compiled: Compiled, plans: Sequence[Plan], targets: Targets) -> None:
    """Refuse to write CSV where nobody knows the columns before the last record was read.

    Raises:
        ConfigurationError: the records are JSON, and their keys are those of the model and any others.
    """
    if targets.accepted is None or targets.accepted.format == "jsonl" or all(plan.format == "csv" for plan in plans):
        return
    if compiled.extra == "allow" or compiled.outputs is None:
        why = "is no object with fields" if compiled.outputs is None else "keeps any other key (extra='allow')"
        raise ConfigurationError(
            f"the model {compiled.schema.__qualname__} {why}, so that the columns of {targets.accepted.name!r} are "
            "not known: write .jsonl, or name the columns in an output schema"
        )


def _header_lines(plans: Sequence[Plan], targets: Targets) -> tuple[bytes, bytes]:
    """Return the header lines of accepted records and of rejects, should they be written as CSV or TSV.

    Raises:
        DataProcessingError: the sources have different columns, and one such file is to take them all.
    """
    accepted = rejects = b""
    if targets.accepted is not None and targets.accepted.format != "jsonl":
        delimiter = "\t" if targets.accepted.format == "tsv" else ","
        lines = {csv_line(plan.keys, delimiter): None for plan in plans}
        accepted = _only(list(lines), targets.accepted.name)
    if targets.rejects is not None and targets.rejects.format == "csv":
        lines = {csv_line(_with_reasons([c.name for c in plan.columns]), plan.delimiter): None for plan in plans}
        rejects = _only(list(lines), targets.rejects.name)
    return accepted, rejects


def _with_reasons(columns: list[str]) -> list[str]:
    """Return the columns of a rejects file: those of the source, and three that none of them is named as.

    A file that was handed back has the three of its first round; those of the second are told apart by a number.
    """
    added = ["_record", "_line", "_errors"]
    again = 1
    while not set(columns).isdisjoint(added):
        again += 1
        added = [f"_record{again}", f"_line{again}", f"_errors{again}"]
    return columns + added


def _only(lines: list[bytes], name: str) -> bytes:
    if len(lines) > 1:
        raise DataProcessingError(
            f"the sources have different columns and cannot share {name!r}: the header of one would be "
            f"{_shown(lines[0])} and of another {_shown(lines[1])}; write .jsonl, or process them one by one"
        )
    return lines[0]


def _shown(line: bytes) -> str:
    text = line.decode().rstrip("\n")
    return repr(text if len(text) <= 80 else text[:79] + "…")


def _size(sources: Sequence[engine.Source]) -> int | None:
    """Return the bytes of all sources, None where one does not say."""
    sizes = [source.size for source in sources]
    return None if None in sizes else sum(size or 0 for size in sizes)


def _watch(
    pump: Pump, tell: Callable[[int, int | None], None] | None, total: int | None
) -> Callable[[int], None] | None:
    """Return what the engine calls now and then; an exception of it stops the run."""
    if tell is None and not pump.busy:
        return None

    def watch(done: int) -> None:
        pump.check()
        if tell is not None:
            tell(done, total)

    return watch


def _beside_the_pump() -> int:
    """Return how many threads validate while one decompresses.

    One fewer than there are processors: on two, a million small records took 101 ms so, and 133 ms with one more,
    which keeps the one that all wait for from running.
    """
    affinity = getattr(os, "sched_getaffinity", None)
    return max(1, (len(affinity(0)) if affinity is not None else os.cpu_count() or 1) - 1)


def _stop(opened: Sequence[Opened]) -> None:
    for each in opened:
        each.stop()


def _as_they_lie(sources: Sequence[engine.Source], opened: Sequence[Opened]) -> list[engine.Source]:
    """Return the sources with the descriptors of their files, also where an engine is not to read these."""
    pairs = zip(sources, opened, strict=True)
    return [msgspec.structs.replace(source, fd=each.fd) for source, each in pairs]


def _described(counts: list[SourceCount], opened: Sequence[Opened]) -> list[SourceCount]:
    """Return the accounting of each source with how it was compressed and encoded."""
    if all(each.compression is None and each.encoding == "utf-8" for each in opened):
        return counts
    return [
        msgspec.structs.replace(count, compression=each.compression, encoding=each.encoding)
        for count, each in zip(counts, opened, strict=True)
    ]


def _log(result: Result) -> None:
    if not logger.isEnabledFor(logging.INFO):
        return
    report = result.report
    logger.info(
        "processed %d records: %d accepted, %d rejected, %d filtered",
        report.read,
        report.accepted,
        report.rejected,
        report.filtered,
        extra={
            "run_id": report.run_id,
            "read": report.read,
            "accepted": report.accepted,
            "rejected": report.rejected,
            "filtered": report.filtered,
            "bytes": report.bytes,
            "elapsed_seconds": report.elapsed_seconds,
            "engine": report.engine.name,
            "outputs": report.outputs,
            "errors": [
                {"loc": list(error.loc), "type": error.type, "count": error.count} for error in report.errors[:10]
            ],
        },
    )

"""Run: one source, one compiled schema and the names of outputs enter; files and a :class:`Result` leave.

    bytes → split → cells → check → transform → encode → sink

Everything before the engine is called prepares it, everything after gives account. Never looks at a record: from
split to encode that is the engine's.
"""

from __future__ import annotations

import io
import logging
import os
import time
import uuid
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from datetime import UTC, datetime
from functools import partial

from thresher import engine
from thresher.config import Config
from thresher.encode import csv_line
from thresher.errors import DataProcessingError
from thresher.opened import Opened
from thresher.oracle import PydanticOracle
from thresher.plan import Plan
from thresher.recall import Recalled
from thresher.reject import Rejects
from thresher.report import Report
from thresher.result import Result
from thresher.sample import Sample
from thresher.schema.compiled import Compiled
from thresher.sink import Sinks
from thresher.source import SourceLike, close_sources, open_sources
from thresher.target import Targets

__all__ = ["run"]

logger = logging.getLogger("thresher")


def run(
    source: SourceLike,
    compiled: Compiled | None,
    targets: Targets,
    config: Config,
    *,
    progress: Callable[[int, int | None], None] | None = None,
    sample_rejects: bool = False,
) -> Result:
    """Process a source.

    Args:
        source: what to read.
        compiled: the schema; None: it is inferred from the first source.
        targets: what to write.
        config: the settings.
        progress: called now and then with the bytes read and, where known, the bytes there are.
        sample_rejects: where no file for rejects is named, keep the first of them only, in bounded memory.

    Raises:
        ConfigurationError: a setting, or a source or target that cannot be used.
        DataProcessingError: a source that cannot be processed as a whole.
        FileError: a file could not be read or written.
        EngineError: a defect of thresher.
    """
    began, started_at, run_id = time.perf_counter(), datetime.now(UTC), uuid.uuid4().hex
    chosen = engine.choose(config.engine)
    opened = open_sources(source, config)
    try:
        inferred = None
        if compiled is None:
            from thresher.schema import compile
            from thresher.schema.infer import infer_opened

            inferred = infer_opened(opened[0], config)
            compiled = compile(inferred.model)
        plans, sources = _bind(compiled, opened, config)
        job = _job(plans, targets, config)
        sampled = Sample() if sample_rejects and targets.rejects is None else None
        with Sinks(targets, sources) as sinks, sampled or nullcontext():
            sinks.write_headers(*_header_lines(plans, targets))
            outcome = chosen.run(
                job,
                sources,
                PydanticOracle(compiled, job),
                accepted=sinks.accepted,
                rejects=sinks.rejects if sampled is None else sampled.fd,
                progress=None if progress is None else partial(_progress, progress, _size(sources)),
            )
            report = Report.of(
                outcome,
                run_id=run_id,
                started_at=started_at,
                elapsed=time.perf_counter() - began,
                engine=chosen.name,
                outputs={target.role: target.name for target in targets.each() if target.name != os.devnull},
            )
            sinks.publish(report.to_json().encode())
    finally:
        close_sources(opened)
    written = outcome.rejects if sampled is None else sampled.lines()
    rejects = _rejects(report.rejected, written, targets, Recalled(compiled, plans, sources, config.null_values))
    _log(report)
    return Result(report, rejects, outcome.kept, schema=compiled.schema, inferred=inferred)


def _bind(compiled: Compiled, opened: Sequence[Opened], config: Config) -> tuple[list[Plan], list[engine.Source]]:
    """Bind the schema to the header of each source; equal headers share a plan."""
    names = None
    if config.header is not True:
        names = config.header if isinstance(config.header, tuple) else compiled.columns()
    plans: list[Plan] = []
    sources = []
    for each in opened:
        headers = each.headers()
        try:
            plan = compiled.bind({delimiter: header.cells for delimiter, header in headers.items()}, names=names)
        except DataProcessingError as error:
            raise DataProcessingError(f"{each.name!r}: {error}") from None
        if plan not in plans:
            plans.append(plan)
        sources.append(each.source(plans.index(plan), headers[plan.delimiter]))
    return plans, sources


def _job(plans: list[Plan], targets: Targets, config: Config) -> engine.Job:
    return engine.Job(
        plans=plans,
        null_values=list(config.null_values),
        max_record_bytes=config.max_record_bytes,
        workers=config.workers or _processors(),
        block_bytes=config.block_bytes,
        # The suffix was looked up in a table of these very words.
        accepted_format=None if targets.accepted is None else targets.accepted.format,  # type: ignore[arg-type]
        rejects_format="jsonl" if targets.rejects is None else targets.rejects.format,  # type: ignore[arg-type]
    )


def _processors() -> int:
    """Return how many processors this process may use."""
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:
        return os.cpu_count() or 1


def _header_lines(plans: Sequence[Plan], targets: Targets) -> tuple[bytes, bytes]:
    """Return the header lines of accepted records and of rejects, should they be written as CSV or TSV.

    Raises:
        DataProcessingError: the sources have different columns, and one such file is to take them all.
    """
    accepted = rejects = b""
    if targets.accepted is not None and targets.accepted.format != "jsonl":
        delimiter = "\t" if targets.accepted.format == "tsv" else ","
        lines = {csv_line([field.name for field in plan.fields], delimiter): None for plan in plans}
        accepted = _only(list(lines), targets.accepted.name)
    if targets.rejects is not None and targets.rejects.format == "csv":
        added = ["_record", "_line", "_errors"]
        lines = {csv_line([c.name for c in plan.columns] + added, plan.delimiter): None for plan in plans}
        rejects = _only(list(lines), targets.rejects.name)
    return accepted, rejects


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


def _progress(tell: Callable[[int, int | None], None], total: int | None, done: int) -> None:
    tell(done, total)


def _rejects(count: int, written: bytes, targets: Targets, recall: Recalled) -> Rejects:
    target = targets.rejects
    if target is None:
        return Rejects(count, partial(io.BytesIO, written), where="memory", recall=recall)
    if target.format == "jsonl" and os.path.isfile(target.name):
        return Rejects.in_file(count, target.name, recall)
    return Rejects(count, None, where=repr(target.name), recall=recall)


def _log(report: Report) -> None:
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

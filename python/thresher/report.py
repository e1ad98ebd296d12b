"""Report: the facts of a run. An outcome and clock readings enter, one struct leaves, and its JSON.

Never changes what was counted: every number is the engine's, or is computed from one of them here.
"""

from __future__ import annotations

import functools
import os
import platform
import sys
from collections.abc import Mapping
from datetime import datetime

import msgspec

from thresher.engine import Outcome, SourceCount
from thresher.source import shown_name
from thresher.target import Targets

__all__ = ["EngineReport", "ErrorCount", "Report", "error_counts", "outputs_of"]


class ErrorCount(msgspec.Struct, frozen=True):
    """How often one error occurred, and where first."""

    loc: tuple[str | int, ...]
    """The path to the value, as in Pydantic's errors; empty for an error of the whole record."""
    type: str
    """The error type, as in Pydantic's errors."""
    count: int
    """How many times."""
    source: str
    """The source of the first record with it."""
    record: int
    """The number of that record in its source, from 1."""
    line: int
    """The number of that record's first physical line, from 1; lines are those of the text, as it was decompressed."""


class EngineReport(msgspec.Struct, frozen=True, kw_only=True):
    """What depends on the engine and the machine, and on nothing that was read."""

    name: str
    """``rust`` or ``python``."""
    asked_cells: int
    """Cells that Pydantic was asked about."""
    asked_records: int
    """Whole records that Pydantic was asked about."""
    verified_records: int = 0
    """Records that were decided natively, and compared with Pydantic's verdict: see the setting ``verify``."""
    peak_memory_bytes: int | None
    """The most memory that the process had held when the report was made; None where the system does not tell."""


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """The facts of a run. ``read == accepted + rejected + filtered``, for every source and in all.

    Both engines give the same, apart from the run id, times and :attr:`engine`.
    """

    run_id: str
    """32 hexadecimal digits, different for every run."""
    started_at: str
    """UTC, ISO 8601."""
    read: int
    """Records."""
    accepted: int
    """Records."""
    rejected: int
    """Records."""
    filtered: int
    """Records."""
    blank_lines: int
    """Lines without a byte, which are no records."""
    bytes: int
    """Bytes of text read: decompressed and in UTF-8, headers included."""
    sources: list[SourceCount]
    """The same numbers for each source, in order."""
    errors: list[ErrorCount]
    """How often each error occurred, the most frequent first; of the first 10,000 kinds, by loc and type."""
    further_errors: int = 0
    """Errors that are in none of these: of kinds that occurred first when there were 10,000 already, or whose loc and
    type together have more than 1,000 characters."""
    outputs: dict[str, str]
    """The files that were written: ``accepted``, ``rejects``, ``report``."""
    elapsed_seconds: float
    """From the call to the last record written."""
    records_per_second: float
    """Records read per second."""
    bytes_per_second: float
    """Bytes read per second."""
    engine: EngineReport
    """Who did the work, and how."""
    versions: dict[str, str]
    """Of thresher, python and the library of the schema (pydantic and pydantic-core, or msgspec)."""

    def to_json(self) -> str:
        """Return the report as indented JSON, with a line end."""
        return msgspec.json.format(msgspec.json.encode(self), indent=2).decode() + "\n"

    @classmethod
    def of(
        cls,
        outcome: Outcome,
        *,
        run_id: str,
        started_at: datetime,
        elapsed: float,
        engine: str,
        outputs: dict[str, str],
        libraries: Mapping[str, str],
    ) -> Report:
        """Make the report of an outcome.

        Args:
            outcome: what the engine gave back.
            run_id: the run's id.
            started_at: when it began, in UTC.
            elapsed: how long it took, in seconds.
            engine: the name of the engine.
            outputs: the name of each file written, by role.
            libraries: the versions that the verdicts depend on, by name.
        """
        read = sum(source.read for source in outcome.sources)
        size = sum(source.bytes for source in outcome.sources)
        seconds = max(elapsed, 1e-9)
        return cls(
            run_id=run_id,
            started_at=started_at.isoformat(),
            read=read,
            accepted=sum(source.accepted for source in outcome.sources),
            rejected=sum(source.rejected for source in outcome.sources),
            filtered=sum(source.filtered for source in outcome.sources),
            blank_lines=sum(source.blank_lines for source in outcome.sources),
            bytes=size,
            sources=outcome.sources,
            errors=error_counts(outcome),
            further_errors=outcome.further_errors,
            outputs=outputs,
            elapsed_seconds=round(elapsed, 6),
            records_per_second=round(read / seconds, 1),
            bytes_per_second=round(size / seconds, 1),
            engine=EngineReport(
                name=engine,
                asked_cells=outcome.asked_cells,
                asked_records=outcome.asked_records,
                verified_records=outcome.verified_records,
                peak_memory_bytes=peak_memory(),
            ),
            versions={**versions(), **libraries},
        )


def error_counts(outcome: Outcome) -> list[ErrorCount]:
    """Return how often each error occurred, the most frequent first, then in order of first occurrence."""
    counts = [
        ErrorCount(
            loc=tuple(msgspec.json.decode(count.loc)),
            type=count.type,
            count=count.count,
            source=count.source,
            record=count.record,
            line=count.line,
        )
        for count in outcome.counts
    ]
    return sorted(counts, key=lambda count: -count.count)


def outputs_of(targets: Targets) -> dict[str, str]:
    """Return the names of the files that are written, by role."""
    return {target.role: shown_name(target.name) for target in targets.each() if target.name != os.devnull}


def peak_memory() -> int | None:
    """Return the most bytes of memory that this process has held, or None where the system does not tell."""
    try:
        import resource
    except ImportError:
        return None
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


@functools.cache
def versions() -> dict[str, str]:
    """Return the versions that every result depends on, by name. Not to be changed by the caller."""
    import thresher

    return {
        "thresher": thresher.__version__,
        "python": platform.python_version(),
    }

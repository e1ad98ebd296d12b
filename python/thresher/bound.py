"""Bound: a schema and its transform, with all that was made of them for the headers and settings that were met so far.

Enters: opened sources and settings. Leaves: plans, jobs and their oracles, made once and used by every later run that
has the same: a small file takes less time than any of them. Safe to share between threads. It never reads a record.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from thresher import engine
from thresher.again import Again
from thresher.config import Config
from thresher.errors import DataProcessingError
from thresher.opened import Header, Opened
from thresher.oracle import JobOracle
from thresher.plan import Plan
from thresher.target import Targets
from thresher.verify import every

if TYPE_CHECKING:
    from thresher.schema.compiled import Compiled
    from thresher.transform.compiled import Transform

__all__ = ["Bound"]

KEPT = 64
"""Headers, and jobs, that are remembered; then it begins anew."""


class Bound:
    """A schema and a transform, and what was made of them.

    Attributes:
        compiled: the schema.
        transform: what happens to records after they were validated.
        written: the schema of the records that are written.
        native: whether no code of the user's takes part.
        again: small sources like those that were met.
    """

    def __init__(self, compiled: Compiled, transform: Transform | None = None) -> None:
        """Begin with nothing made."""
        self.compiled = compiled
        self.transform = transform
        self.written = compiled if transform is None else transform.written
        self.native = _is_native(compiled) and (transform is None or transform.native is not None)
        self._heads: dict[Any, tuple[Plan, Header]] = {}
        self._lines: dict[str, Plan] = {}
        self._jobs: dict[Any, tuple[engine.Job, JobOracle]] = {}
        self.again = Again(self.compiled, self.written, native=self.native)

    def sources(self, opened: Sequence[Opened], config: Config) -> tuple[list[Plan], list[engine.Source]]:
        """Bind the schema, and the transform, to the header of each source; equal headers share a plan.

        Args:
            opened: the sources.
            config: the settings.

        Raises:
            DataProcessingError: a header that does not fit, or none.
            FileError: a source cannot be read.
        """
        plans: list[Plan] = []
        sources = []
        for each in opened:
            plan, header = self._head(each, config)
            if plan not in plans:
                plans.append(plan)
            sources.append(each.source(plans.index(plan), header))
        return plans, sources

    def job(self, plans: list[Plan], targets: Targets, config: Config) -> tuple[engine.Job, JobOracle]:
        """Return the job for plans, and its oracle.

        Args:
            plans: as :meth:`sources` gave them.
            targets: what is written.
            config: the settings.
        """
        accepted = None if targets.accepted is None else targets.accepted.format
        rejects = "jsonl" if targets.rejects is None else targets.rejects.format
        # A plan is known by its identity: a job that is remembered holds on to its plans.
        key = (config, accepted, rejects, *map(id, plans))
        found = self._jobs.get(key)
        if found is None:
            job = engine.Job(
                plans=plans,
                null_values=list(config.null_values),
                max_record_bytes=config.max_record_bytes,
                workers=config.workers,
                block_bytes=config.block_bytes,
                # The suffix was looked up in a table of these very words.
                accepted_format=accepted,  # type: ignore[arg-type]
                rejects_format=rejects,  # type: ignore[arg-type]
                verify=every(config.verify, self.compiled),
                most_kinds=engine.MOST_KINDS,
            )
            found = job, JobOracle(self.compiled, job, self.transform)
            _remember(self._jobs, key, found)
        return found

    def _head(self, opened: Opened, config: Config) -> tuple[Plan, Header]:
        """Return the plan of one source, and its header."""
        if opened.format in ("jsonl", "json"):
            return self._plan_of_lines(opened.format), opened.beginning()
        line = opened.first_line() if config.header is True else None
        if line is None:
            return self._look(opened, config)
        key = (config, opened.format, opened.encoding, line)
        found = self._heads.get(key)
        if found is None:
            found = self._look(opened, config)
            _remember(self._heads, key, found)
        return found

    def _plan_of_lines(self, format: str) -> Plan:
        plan = self._lines.get(format)
        if plan is None:
            plan = self.compiled.lines() if format == "jsonl" else self.compiled.elements()
            plan = self._lines[format] = self._transformed(plan)
        return plan

    def _look(self, opened: Opened, config: Config) -> tuple[Plan, Header]:
        """Read the header of a source of CSV, and bind the schema to it."""
        names = None
        if config.header is not True:
            names = config.header if isinstance(config.header, tuple) else self.compiled.columns()
        headers = opened.headers()
        try:
            plan = self.compiled.bind({delimiter: header.cells for delimiter, header in headers.items()}, names=names)
        except DataProcessingError as error:
            raise DataProcessingError(f"{opened.name!r}: {error}") from None
        return self._transformed(plan), headers[plan.delimiter]

    def _transformed(self, plan: Plan) -> Plan:
        return plan if self.transform is None else self.transform.bind(plan)


def _is_native(compiled: Compiled) -> bool:
    return not compiled.record_reason and all(field.route == "native" for field in compiled.fields)


def _remember(made: dict[Any, Any], key: Any, value: Any) -> None:
    """Keep what was made; of two threads that made the same, either will do."""
    if len(made) >= KEPT:
        made.clear()
    made[key] = value

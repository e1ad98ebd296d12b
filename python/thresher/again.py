"""Again: a small source like one that was met before enters; its result leaves, by a single call of the engine.

What has to be found out about a source before a run hangs on its suffix, the settings and its first line. Once a run
has found it out, :class:`Again` remembers it, and the next such file is opened, read, run and closed, and its outputs
are made and named, within the engine. Whatever is not as it was then (an output that exists, a file that cannot be
read, any error) leaves no trace, and is left to :mod:`thresher.run`, which has the words for it. Never looks at a
record.
"""

from __future__ import annotations

import os
import re
import time
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from thresher.compression import without_suffix
from thresher.engine import Job, Oracle, Source
from thresher.opened import LOOK_BYTES, SMALL_BYTES, Opened
from thresher.recall import Recalled
from thresher.reject import Rejects, absolute
from thresher.report import Report, outputs_of
from thresher.result import Account, Result
from thresher.source import SUFFIXES, shown_name
from thresher.target import STDOUT
from thresher.unique import unique

if TYPE_CHECKING:
    from thresher import _engine
    from thresher.config import Config
    from thresher.schema.compiled import Compiled
    from thresher.source import SourceLike
    from thresher.target import Target, Targets

__all__ = ["Again", "Found"]

KEPT = 64
"""First lines that are remembered, under all settings; then it begins anew."""

_NO_FILE = re.compile(r"[*?\[\n\0]|\A-?\Z")
"""What makes a name a glob, standard input, or data."""


class Found(NamedTuple):
    """What a run has found out about its only source."""

    opened: Opened
    job: Job
    oracle: Oracle
    heads: tuple[bytes, bytes]
    """The header lines of accepted records and of rejects, where they are written as CSV."""


class Again:
    """What was found out about the sources of one schema, for the next ones. Safe to share between threads."""

    def __init__(self, compiled: Compiled, written: Compiled, *, native: bool) -> None:
        """Begin with nothing.

        Args:
            compiled: the schema.
            written: the schema of the records that are written.
            native: whether no code of the user's takes part.
        """
        self._compiled, self._written, self._native = compiled, written, native
        self._known: dict[Any, _engine.Known] = {}
        self._lines = 0

    def __getstate__(self) -> dict[str, Any]:
        """Leave out what was met: it is of this process."""
        return {**self.__dict__, "_known": {}, "_lines": 0}

    def remember(self, source: SourceLike, found: Found, targets: Targets, config: Config) -> None:
        """Remember a source that the Rust engine has run, where others may be like it.

        Args:
            source: as the user named it.
            found: what was found out about it.
            targets: what was written.
            config: the settings.
        """
        plain, line = _plain(source), _first_line(found.opened, config)
        if plain is None or line is None or found.job.verify or not self._usual(targets, config):
            return
        from thresher import _engine
        from thresher._rust import ready

        key = _key(plain[2], targets, config)
        known = self._known.get(key)
        if known is not None and known.knows(line):
            return
        if self._lines >= KEPT:
            self._known, self._lines, known = {}, 0, None
        if known is None:
            known = self._known.setdefault(key, _engine.Known(SMALL_BYTES, LOOK_BYTES))
        self._lines += 1
        known.remember(line, ready(found.job), found.oracle, found.job, *found.heads)

    def _usual(self, targets: Targets, config: Config) -> bool:
        """Tell whether the engine alone can read and write what is asked for."""
        each = targets.each()
        return (
            targets.report is None
            and config.max_bytes is None
            and all(target.name != STDOUT for target in each)
            # Whatever fails while files are written is done again the long way, and nobody's code is to run twice.
            and (self._native or not each)
        )

    def result(self, source: SourceLike, targets: Targets, config: Config) -> Result | None:
        """Process a source like one that was met; None: there was none, or not all is as it was then.

        Args:
            source: as the user named it.
            targets: what to write.
            config: the settings.

        Raises:
            DataProcessingError: a validator of the user's crashed.
            EngineError: a defect of thresher.
        """
        if not self._known or (plain := _plain(source)) is None:
            return None
        known = self._known.get(_key(plain[2], targets, config))
        if known is None or not self._usual(targets, config):
            return None
        began, started_at, run_id = time.perf_counter(), datetime.now(UTC), unique()
        from thresher._rust import called

        done = called(known.run, plain[0], plain[1], _name(targets.accepted), _name(targets.rejects), run_id[:12])
        if done is None:
            return None
        rejects = targets.rejects
        if rejects is not None and rejects.format == "jsonl":
            # Where they lie, even if the working directory is another when somebody looks.
            rejects = msgspec.structs.replace(rejects, name=absolute(rejects.name))
        account = partial(
            _account,
            done,
            compiled=self._compiled,
            written=self._written,
            name=plain[1],
            rejects=rejects,
            targets=targets,
            config=config,
            run_id=run_id,
            started_at=started_at,
            elapsed=time.perf_counter() - began,
        )
        return Result(account, schema=self._written.schema)


def _account(
    done: _engine.Done,
    *,
    compiled: Compiled,
    written: Compiled,
    name: str,
    rejects: Target | None,
    targets: Targets,
    config: Config,
    run_id: str,
    started_at: datetime,
    elapsed: float,
) -> Account:
    """Give account of a run."""
    from thresher._rust import outcome_of

    job = done.job
    outcome = outcome_of(done.outcome(), job, [name], written)
    report = Report.of(
        outcome,
        run_id=run_id,
        started_at=started_at,
        elapsed=elapsed,
        engine="rust",
        outputs=outputs_of(targets),
        libraries=compiled.versions,
    )
    recalled = Recalled(compiled, job.plans, [Source(name=name, plan=0)], config.null_values)
    lines = Rejects.of(report.rejected, outcome.rejects, rejects, recalled, done.identity)
    return Account(report, lines, outcome.kept)


def _plain(source: SourceLike) -> tuple[str | bytes, str, str | None] | None:
    """Return bytes, or the path of one file, its name as shown, and what its suffix says; None: it is anything else."""
    if type(source) is bytes:
        return source, "<bytes>", None
    path = os.fspath(source) if isinstance(source, str | os.PathLike) else None
    if type(path) is not str or _NO_FILE.search(path) or without_suffix(path)[1] is not None:
        return None
    name = path if path.isascii() else shown_name(path)
    return path, name, SUFFIXES.get(os.path.splitext(path)[1].lower())


def _first_line(opened: Opened, config: Config) -> bytes | None:
    """Return the line by which others are known to be like this source; empty where all are, which have no header."""
    if not opened.is_whole or opened.compression is not None or opened.encoding != "utf-8":
        return None
    if opened.format == "jsonl":
        # By its suffix or the settings, not by what it holds.
        named = config.format if config.format != "auto" else SUFFIXES.get(os.path.splitext(opened.name)[1].lower())
        return b"" if named == "jsonl" else None
    return opened.first_line() if opened.format in ("csv", "tsv") and config.header is True else None


def _key(said: str | None, targets: Targets, config: Config) -> tuple[Any, ...]:
    accepted, rejects = targets.accepted, targets.rejects
    return config, said, accepted and accepted.format, rejects and rejects.format


def _name(target: Target | None) -> str | None:
    return None if target is None else target.name

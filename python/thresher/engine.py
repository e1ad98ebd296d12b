"""The boundary between Python and an engine: what a job is, what comes back, and which engine runs it.

Both engines implement :class:`Engine`. They meet Python once a job, and once for each batch that Pydantic has
to be asked about, never once a record.
"""

from __future__ import annotations

import functools
import os
import warnings
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Literal, Protocol, TypeAlias

import msgspec

from thresher.errors import ConfigurationError
from thresher.plan import Plan

__all__ = [
    "LONGEST_KIND",
    "MOST_KINDS",
    "Answer",
    "Engine",
    "Fault",
    "Job",
    "Kept",
    "Oracle",
    "Outcome",
    "Part",
    "Receiver",
    "Source",
    "Stage",
    "choose",
]


MOST_KINDS = 10_000
"""Kinds of errors, by loc and type, that are counted each; keys of the data may be part of a loc, so that there is no
end to them."""

LONGEST_KIND = 1000
"""More characters of loc and type are not counted by themselves. The twin is in ``rust/core/src/report.rs``."""


class Source(msgspec.Struct, kw_only=True):
    """One opened source. Exactly one of ``fd``, ``data`` and ``read`` is set.

    Offsets count from the first byte of the source, byte order mark and header included.
    """

    name: str
    """As shown in rejects and reports: the path as given, ``<bytes>``, ``<stdin>``, the name of a file object."""
    plan: int
    """Which of the job's plans it is bound to."""
    head: bytes = b""
    """The bytes that were read from ``fd`` or ``read`` to see the header; the engine starts with these."""
    fd: int | None = None
    """A file descriptor, positioned just after ``head``."""
    data: bytes | None = None
    """The whole source in memory."""
    read: Callable[[int], bytes] | None = None
    """``read(n)`` returns at most n bytes, none at the end; continues just after ``head``."""
    start: int = 0
    """Offset of the first byte after the header."""
    start_line: int = 1
    """The number of the physical line that begins at ``start``."""
    blank_lines: int = 0
    """Blank lines before the header."""
    size: int | None = None
    """Bytes in all, where known."""


class Job(msgspec.Struct, kw_only=True, dict=True):
    """What an engine is asked to do, apart from the sources themselves. Sent to Rust as JSON."""

    plans: list[Plan]
    null_values: list[str]
    max_record_bytes: int
    workers: int
    block_bytes: int
    accepted_format: Literal["csv", "tsv", "jsonl"] | None
    """How accepted records are written; None: they are kept in memory."""
    rejects_format: Literal["csv", "jsonl"]
    verify: int = 0
    """Record 1 of each source and each whose number is a multiple of this is also given to Pydantic, and compared; 0:
    none is. The Python engine asks Pydantic about every record anyway."""
    most_kinds: int = MOST_KINDS
    """Kinds of errors that are counted each, those that occur first."""
    batch: int = 0
    """Records of a batch that is handed over while the run goes on; 0: nothing is."""

    @functools.cached_property
    def made(self) -> dict[str, Any]:
        """What an engine made of the job, under its name, for the next run. Not part of the job."""
        return {}


Stage: TypeAlias = Literal["split", "validate", "transform", "check", "output"]
"""Where a record was refused: it could not be read, the schema refused it, an expression failed, a check was not true,
the output schema refused it."""


class Fault(msgspec.Struct, frozen=True):
    """One error of one record, as Pydantic gave it, in the forms in which it is written."""

    json: bytes
    """The whole error object, as ``ValidationError.json(include_url=False)`` writes it."""
    text: str
    """``loc: msg [type]``, for rejects written as CSV."""
    loc: str
    """The loc as JSON."""
    type: str
    stage: Stage = "validate"
    """All faults of a record have the same."""


Answer: TypeAlias = "tuple[bytes, object] | list[Fault] | Literal[False]"
"""A tuple: accepted, with the encoded bytes and the value. A list: rejected, with every error. False: filtered."""


class Oracle(Protocol):
    """Pydantic, asked in batches.

    ``plan`` is the position in ``Job.plans``; ``numbers`` are the record and line numbers, for the message where a
    validator crashes.
    """

    @property
    def compiled(self) -> Any:
        """The schema of the records that are written, as ``thresher.schema.compile`` made it."""
        ...

    def cells(
        self, plan: int, field: int, cells: Sequence[str], numbers: Sequence[tuple[int, int]]
    ) -> list[Answer | None]:
        """Validate cells of one field; the bytes of an accepted one are its JSON text or CSV cell (unquoted).

        None: only the whole record tells, so ask about that (a validator asked for a default, or left the field
        out).
        """
        ...

    def records(self, plan: int, records: Sequence[Sequence[str]], numbers: Sequence[tuple[int, int]]) -> list[Answer]:
        """Validate and transform whole records; the bytes of an accepted one are its line in the sink, LF and all.

        Of JSON Lines the only cell is the line; bytes that are not UTF-8 stand in it as lone surrogates
        (``surrogateescape``).
        """
        ...


class Kept(Protocol):
    """Accepted records that were kept in memory."""

    def __len__(self) -> int:
        """Return the number of records."""
        ...

    def instances(self) -> Iterator[Any]:
        """Yield instances of the model, equal to what Pydantic would have built."""
        ...


class Count(msgspec.Struct, frozen=True):
    """How often one error occurred."""

    loc: str
    """The loc as JSON."""
    type: str
    count: int
    source: str
    """Where it occurred first."""
    record: int
    line: int


class SourceCount(msgspec.Struct, frozen=True):
    """The accounting of one source: ``read == accepted + rejected + filtered``."""

    name: str
    read: int
    accepted: int
    rejected: int
    filtered: int
    blank_lines: int
    bytes: int
    """Of text: decompressed, and in UTF-8; line numbers and byte offsets refer to that as well."""
    compression: str | None = None
    """How the source is compressed; None: it is not."""
    encoding: str = "utf-8"
    """The codec of Python that decoded it."""


class Outcome(msgspec.Struct, kw_only=True):
    """What an engine gives back."""

    sources: list[SourceCount]
    counts: list[Count]
    """Of the first ``most_kinds`` kinds of errors; ordered by first occurrence (source, record), then by their place in
    the record."""
    kept: Kept | None
    """The accepted records, where the job has no format for them."""
    rejects: bytes
    """The rejects as written, where no descriptor was given for them."""
    asked_cells: int = 0
    """Cells that went to Pydantic (field hybrid)."""
    asked_records: int = 0
    """Records that went to Pydantic (record fallback, or unsure)."""
    verified_records: int = 0
    """Records that were decided natively, and compared with Pydantic's verdict."""
    further_errors: int = 0
    """Errors that are in none of ``counts``: of further kinds, or of one longer than :data:`LONGEST_KIND`."""


class Part(msgspec.Struct, kw_only=True):
    """Consecutive records of one batch, handed over while the run goes on.

    A batch is ``Job.batch`` records of one source, the last of a source excepted; it comes in one part or in several.
    """

    source: int
    """The position of their source."""
    record: int
    """The number of the first, in its source."""
    accepted: int
    rejected: int
    filtered: int
    kept: Kept
    """Those that were accepted."""
    rejects: bytes
    """Those that were rejected, as they are written; none where they go to a descriptor."""


Receiver: TypeAlias = Callable[[Sequence[Part]], None]
"""Takes parts, in the order of the sources; waits where they are not wanted yet. An exception of it stops the run."""


class Engine(Protocol):
    """One way of doing a job. Both ways write the same bytes."""

    name: str

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
            job: the plans and settings.
            sources: in the order in which their records are to come out.
            oracle: Pydantic.
            accepted: descriptor that accepted records are written to; None with ``job.accepted_format`` None.
            rejects: descriptor that rejects are written to; None: they come back in the outcome.
            progress: called now and then with the bytes read so far.
            receiver: takes the records that are kept, with ``job.batch``; the outcome then has none of them.

        Raises:
            DataProcessingError: a validator of the user's crashed, with the record's number.
            FileError: a source could not be read, or a sink not written.
            EngineError: a defect of thresher.
        """
        ...


def choose(wanted: Literal["auto", "rust", "python"]) -> Engine:
    """Return the engine: the one wanted, else ``THRESHER_ENGINE``'s, else Rust where its extension is installed.

    Raises:
        ConfigurationError: ``THRESHER_ENGINE`` names no engine, or Rust is forced and not installed.
        ImportError: the extension is there and broken.
    """
    name: str = wanted
    if name == "auto":
        name = os.environ.get("THRESHER_ENGINE", "").strip().lower() or "auto"
    if name not in ("auto", "rust", "python"):
        raise ConfigurationError(f"THRESHER_ENGINE is {name!r}: use 'rust', 'python' or 'auto'")
    if name == "python":
        from thresher._python.run import PythonEngine

        return PythonEngine()
    try:
        import thresher._engine  # noqa: F401
    except ModuleNotFoundError as error:
        if error.name != "thresher._engine":
            raise
        if name == "rust":
            raise ConfigurationError(
                "the engine 'rust' was asked for, but this installation has no thresher._engine: install a wheel "
                "for this platform, or cargo and build it, or use engine='python'"
            ) from None
        warnings.warn(
            "thresher runs on its Python engine, which is much slower, because this installation has no native "
            "extension; install a wheel for this platform, or silence this with engine='python'",
            RuntimeWarning,
            stacklevel=2,
        )
        from thresher._python.run import PythonEngine

        return PythonEngine()
    from thresher._rust import RustEngine

    return RustEngine()

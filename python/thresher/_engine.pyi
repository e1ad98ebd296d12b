"""The native extension. It is called by ``_rust.py`` and ``again.py`` alone."""

from collections.abc import Callable
from typing import TypeAlias, TypedDict

from thresher.engine import Job, Oracle, Source

debug: bool
"""Whether it was built without optimisation."""

version: str
"""The version of its crate."""

class RunError(Exception):
    """What stopped a run."""

    args: tuple[str, str, int, str]
    """kind (``read``, ``write``, ``plan``, ``panic``), what, errno or 0, text."""

Chunk: TypeAlias = tuple[int, int, list[tuple[bytes, bytes, bytes, bytes]], dict[int, int]]
"""plan, rows, (marks, int64 or uint8 values, uint32 ends, text) of each field, handles of whole records by row.
Without marks every row has a value."""

class Outcome(TypedDict):
    """What a run gives back."""

    sources: list[tuple[str, int, int, int, int, int, int]]
    """name, read, accepted, rejected, filtered, blank lines, bytes."""
    counts: list[tuple[str, str, int, int, int, int]]
    """loc as JSON, type, count, position of the source, record, line."""
    further_errors: int
    chunks: list[Chunk]
    objects: list[object]
    """What handles stand for."""
    rejects: bytes
    asked_cells: int
    asked_records: int
    verified_records: int

Part: TypeAlias = tuple[int, int, int, int, int, Chunk, dict[int, object], bytes]
"""source, first record, accepted, rejected, filtered, the accepted ones, what handles in them stand for, rejects."""

class Ready:
    """A job whose plans are ready. It never changes: any number of runs may share it."""

    def __init__(self, job: bytes) -> None:
        """Make the plans of a job ready.

        Args:
            job: a :class:`thresher.engine.Job` as JSON.

        Raises:
            RunError: it cannot be carried out.
        """

Identity: TypeAlias = tuple[int, int, int, int]
"""Of a file: device, inode, bytes, nanoseconds of its last change."""

class Done:
    """A run that is over."""

    job: Job
    """As it was given to :meth:`Known.remember`."""
    identity: Identity | None
    """What the file of rejects is known by; None: there is none."""

    def outcome(self) -> Outcome:
        """Return what the run came to, made anew each time."""

class Known:
    """What small sources are like that were met. Any number of threads may share it."""

    def __init__(self, most_bytes: int, longest: int) -> None:
        """Begin with nothing.

        Args:
            most_bytes: of a source that is small.
            longest: bytes of a first line.
        """

    def knows(self, line: bytes) -> bool:
        """Tell whether a first line is remembered."""

    def remember(self, line: bytes, ready: Ready, oracle: Oracle, job: Job, accepted: bytes, rejects: bytes) -> None:
        """Remember what is done with sources of one first line.

        Args:
            line: its line end included; empty: with any source that begins with ``{``, and has no header.
            ready: the job for them, of a single plan.
            oracle: of the job.
            job: the same as it was before; comes back with the outcome.
            accepted: the header line of accepted records.
            rejects: the header line of rejects.
        """

    def run(self, source: str | bytes, name: str, accepted: str | None, rejects: str | None, mark: str) -> Done | None:
        """Run a small source whose first line is known, without visiting Python on the way.

        Args:
            source: the path of a file, or the bytes themselves.
            name: as shown in rejects.
            accepted: path of a new file for accepted records; None: they are kept, as the job has it.
            rejects: path of a new file for rejects; None: they are in the outcome.
            mark: tells the hidden names of unfinished files from those of other runs.

        Returns:
            None: the source is not known, or something is not as expected; nothing was left behind.
        """

def run(
    ready: Ready,
    sources: list[Source],
    oracle: Oracle,
    accepted: int | None,
    rejects: int | None,
    progress: Callable[[int], None] | None,
    receiver: Callable[[list[Part]], None] | None,
) -> Outcome:
    """Run a job.

    Raises:
        RunError: a source could not be read, a sink not written, or the engine broke.
    """

def error_types() -> list[str]:
    """Return the types of every error that a kernel can give."""

def functions() -> list[str]:
    """Return the names of the functions that expressions may call."""

def check_job(job: bytes) -> None:
    """Read a job as the engine would.

    Raises:
        RunError: it cannot be carried out.
    """

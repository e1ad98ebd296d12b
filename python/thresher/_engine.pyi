"""The native extension. Its functions are called by ``_rust.py`` alone."""

from collections.abc import Callable
from typing import TypeAlias, TypedDict

from thresher.engine import Oracle, Source

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

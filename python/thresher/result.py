"""Result: what a run gives back. Counts, rejects and, where no output was named, the accepted records.

Everything that costs more than a count is made when somebody looks. Never touches the files that were written,
other than to read rejects back.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

from thresher.config import reject_limit
from thresher.engine import Kept
from thresher.errors import DataProcessingError
from thresher.records import Records
from thresher.reject import Reject, Rejects
from thresher.report import ErrorCount, Report

if TYPE_CHECKING:
    from thresher.schema.draft import Inferred

__all__ = ["Account", "Reject", "Result"]


class Account(NamedTuple):
    """What a run gives account of."""

    report: Report
    """The facts."""
    rejects: Rejects
    kept: Kept | None
    """The accepted records; None where they were written to an output."""


class Result(Records):
    """The result of :func:`thresher.process`.

    Attributes:
        inferred: the model that was inferred where no schema was given; else None.
    """

    def __init__(
        self, account: Account | Callable[[], Account], *, schema: type, inferred: Inferred | None = None
    ) -> None:
        """Make a result.

        Args:
            account: of the run; or what gives it when somebody looks, each time the same.
            schema: the model that the accepted records are instances of.
            inferred: the model as it was inferred.
        """
        super().__init__(None, schema)
        self._account = account
        self._first: dict[str, Account] = {}
        self.inferred = inferred

    def _given(self) -> Account:
        """Return the account, which takes longer than a small run: it is made once, when somebody looks."""
        account = self._account
        if not isinstance(account, Account):
            # Of two threads that look at once, both see what one of them has made.
            account = self._account = self._first.setdefault("account", account())
        return account

    def __getstate__(self) -> dict[str, Any]:
        """Give the account: what makes it is of this process."""
        return {**self.__dict__, "_account": self._given(), "_first": {}}

    def _held(self) -> Kept | None:
        return self._given().kept

    @property
    def report(self) -> Report:
        """The facts of the run."""
        return self._given().report

    @property
    def rejects(self) -> Rejects:
        """A sequence of :class:`Reject`, in the order of the sources, read when looked at."""
        return self._given().rejects

    @property
    def read(self) -> int:
        """How many records were read: ``accepted + rejected + filtered``."""
        return self.report.read

    @property
    def accepted(self) -> int:
        """How many records were accepted."""
        return self.report.accepted

    @property
    def rejected(self) -> int:
        """How many records were rejected."""
        return self.report.rejected

    @property
    def filtered(self) -> int:
        """How many valid records were left out."""
        return self.report.filtered

    @property
    def error_counts(self) -> list[ErrorCount]:
        """How often each error occurred, the most frequent first, each with the first record that has it.

        Of the first 10,000 kinds, by loc and type; ``report.further_errors`` are those of others.
        """
        return self.report.errors

    @property
    def engine(self) -> str:
        """The engine that did the work: ``rust`` or ``python``."""
        return self.report.engine.name

    @property
    def elapsed(self) -> float:
        """How long the run took, in seconds."""
        return self.report.elapsed_seconds

    @property
    def run_id(self) -> str:
        """The id of the run: 32 hexadecimal digits."""
        return self.report.run_id

    def raise_for_rejects(self, limit: int | str = 0) -> None:
        """Raise where more records were rejected than ``limit``.

        Args:
            limit: how many may be rejected: a count, or a share of the records read such as ``"5%"``.

        Raises:
            DataProcessingError: more were rejected; says how many, and the most frequent error.
            ConfigurationError: ``limit`` is neither a count nor a share.
        """
        allowed = reject_limit(limit, self.read, "limit")
        if self.rejected <= allowed:
            return
        most = ""
        for top in self.error_counts[:1]:
            loc = ".".join(str(item) for item in top.loc)
            times = f"{top.count:,} time{'s' * (top.count > 1)}"
            most = f"; most often {f'{loc}: ' if loc else ''}{top.type} ({times}, first at {top.source}:{top.line})"
        raise DataProcessingError(f"{self.rejected:,} of {self.read:,} records were rejected, and {limit} may be{most}")

    def __repr__(self) -> str:
        """Give the counts, and what most of the rejects are."""
        parts = [f"read={self.read}", f"accepted={self.accepted}", f"rejected={self.rejected}"]
        if self.filtered:
            parts.append(f"filtered={self.filtered}")
        parts += [f"{role}_file={name!r}" for role, name in self.report.outputs.items()]
        if self.error_counts:
            top = self.error_counts[0]
            parts.append(f"top_error={'.'.join([*map(str, top.loc), top.type])!r}")
        return f"<Result {' '.join(parts)} engine={self.engine!r} elapsed={self.elapsed:.3f}s>"

    def _where(self) -> str:
        name = self.report.outputs.get("accepted")
        return "to standard output" if name == "-" else f"to {name!r}: read them back from there"

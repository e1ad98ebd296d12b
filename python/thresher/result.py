"""Result: what a run gives back. Counts, rejects and, where no output was named, the accepted records.

Everything that costs more than a count is made when somebody looks. Never touches the files that were written,
other than to read rejects back.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from thresher.config import Config
from thresher.engine import Kept
from thresher.errors import ConfigurationError, DataProcessingError
from thresher.reject import Reject, Rejects
from thresher.report import ErrorCount, Report

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    import polars as pl
    import pyarrow as pa

    from thresher.schema.draft import Inferred

__all__ = ["Reject", "Result"]


class Result:
    """The result of :func:`thresher.process`.

    Attributes:
        report: the facts of the run.
        rejects: a sequence of :class:`Reject`, in the order of the sources, read when looked at.
        inferred: the model that was inferred where no schema was given; else None.
    """

    def __init__(
        self,
        report: Report,
        rejects: Rejects,
        kept: Kept | None,
        *,
        schema: type,
        inferred: Inferred | None = None,
    ) -> None:
        """Make a result.

        Args:
            report: the facts of the run.
            rejects: its rejects.
            kept: its accepted records; None where they were written to an output.
            schema: the model that they are instances of.
            inferred: the model as it was inferred.
        """
        self.report = report
        self.rejects = rejects
        self._kept = kept
        self._schema = schema
        self.inferred = inferred

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

    def records(self) -> Iterator[Any]:
        """Return an iterator of the accepted records, as instances of the model, in the order of the sources.

        They equal what the model itself would have built. Each call starts anew.

        Raises:
            ConfigurationError: the records went to an output and are not in memory.
        """
        return self._in_memory("records()").instances()

    def to_numpy(self) -> dict[str, np.ndarray[Any, Any]]:
        """Return the accepted records as one array for each field, of shape ``(accepted,)``.

        bool, int, float, date, datetime (without a time zone) and timedelta become ``bool``, ``int64``,
        ``float64``, ``datetime64[D]``, ``datetime64[us]`` and ``timedelta64[us]``; a field with None among its
        values a ``numpy.ma.MaskedArray`` of that type. Any other field (str, Decimal, UUID, Enum, a datetime with
        a time zone, an int beyond 64 bits, values of several types) becomes an array of the Python objects, None
        included.

        Raises:
            ConfigurationError: the records went to an output and are not in memory.
            ImportError: NumPy is not installed.
        """
        kept = self._in_memory("to_numpy()")
        from thresher.arrays import kept_arrays

        return kept_arrays(self._schema, kept)

    def to_arrow(self) -> pa.Table:
        """Return the accepted records as a table of Arrow, with a column for each field.

        bool, int, float, str, bytes, date, datetime, time, timedelta and Decimal become ``bool``, ``int64``,
        ``double``, ``string``, ``binary``, ``date32[day]``, ``timestamp[us]`` (``tz=UTC`` where the values have a time
        zone), ``time64[us]``, ``duration[us]`` and ``decimal128``; a Literal or Enum the type of its values; lists,
        sets, models, TypedDicts and dicts become lists, structs and maps. Any other field, and one whose values do not
        fit, becomes the text that a CSV file would hold. Both engines give the same.

        Raises:
            ConfigurationError: PyArrow is not installed, or the records went to an output and are not in memory.
        """
        return self._arrow("to_arrow()")

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        """Return the records of :meth:`to_arrow` as a stream of Arrow's C interface.

        So that ``polars.DataFrame(result)``, ``pyarrow.table(result)`` and other libraries take a result as it is.

        Args:
            requested_schema: a capsule with the schema that is wanted; None: that of :meth:`to_arrow`.

        Raises:
            ConfigurationError: PyArrow is not installed, or the records went to an output and are not in memory.
        """
        stream: object = self._arrow("the Arrow stream").__arrow_c_stream__(requested_schema)
        return stream

    def to_polars(self) -> pl.DataFrame:
        """Return the records of :meth:`to_arrow` as a DataFrame of Polars.

        Raises:
            ConfigurationError: Polars or PyArrow is not installed, or the records are not in memory.
        """
        self._in_memory("to_polars()")
        try:
            import polars
        except ModuleNotFoundError as error:
            raise _missing("to_polars()", "Polars", "polars", error) from None
        frame: pl.DataFrame = polars.DataFrame(self._arrow("to_polars()"))
        return frame

    def to_pandas(self) -> pd.DataFrame:
        """Return the records of :meth:`to_arrow` as a DataFrame of pandas, with types of Arrow.

        So an int beside a None stays an int, and a date a date. ``to_arrow().to_pandas()`` gives types of NumPy.

        Raises:
            ConfigurationError: pandas or PyArrow is not installed, or the records are not in memory.
        """
        self._in_memory("to_pandas()")
        try:
            import pandas
        except ModuleNotFoundError as error:
            raise _missing("to_pandas()", "pandas", "pandas", error) from None
        frame: pd.DataFrame = self._arrow("to_pandas()").to_pandas(types_mapper=pandas.ArrowDtype)
        return frame

    def _arrow(self, what: str) -> pa.Table:
        kept = self._in_memory(what)
        from thresher.arrow import table

        return table(self._schema, kept, what)

    def raise_for_rejects(self, limit: int | str = 0) -> None:
        """Raise where more records were rejected than ``limit``.

        Args:
            limit: how many may be rejected: a count, or a share of the records read such as ``"5%"``.

        Raises:
            DataProcessingError: more were rejected; says how many, and the most frequent error.
            ConfigurationError: ``limit`` is neither a count nor a share.
        """
        allowed = Config(max_rejects=limit).reject_limit(self.read)
        if allowed is None or self.rejected <= allowed:
            return
        most = ""
        for top in self.error_counts[:1]:
            loc = ".".join(str(item) for item in top.loc)
            most = (
                f"; most often {f'{loc}: ' if loc else ''}{top.type} ({top.count:,} times, first at "
                f"{top.source}:{top.line})"
            )
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

    def _in_memory(self, what: str) -> Kept:
        if self._kept is None:
            name = self.report.outputs.get("accepted")
            where = "to standard output" if name == "-" else f"to {name!r}: read them back from there"
            raise ConfigurationError(
                f"{what} needs the accepted records in memory, and they went {where}; or leave output= out"
            )
        return self._kept


def _missing(what: str, name: str, extra: str, error: ModuleNotFoundError) -> Exception:
    """Return what to raise where an optional library is not installed; what it lacks itself is another matter."""
    if error.name != extra:
        return error
    return ConfigurationError(f"{what} needs {name}, which is not installed: install thresher[{extra}]")

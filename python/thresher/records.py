"""Records: accepted records in memory enter; instances of the schema, arrays and tables leave when somebody looks.

What a result and a batch have in common. Never validates, and never looks at rejects.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from thresher.engine import Kept
from thresher.errors import ConfigurationError

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    import polars as pl
    import pyarrow as pa

__all__ = ["Records"]


class Records:
    """Accepted records, in the order of the sources."""

    def __init__(self, kept: Kept | None, schema: type) -> None:
        """Keep them; nothing is built yet.

        Args:
            kept: the records; None where they were written to an output.
            schema: what they are instances of.
        """
        self._kept = kept
        self._schema = schema

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
            ConfigurationError: NumPy is not installed.
        """
        kept = self._in_memory("to_numpy()")
        from thresher.arrays import kept_arrays, require_numpy

        require_numpy("to_numpy()")
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

        So that ``polars.DataFrame(result)``, ``pyarrow.table(result)`` and other libraries take these records
        as they are.

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

    def _in_memory(self, what: str) -> Kept:
        kept = self._held()
        if kept is None:
            raise ConfigurationError(
                f"{what} needs the accepted records in memory, and they went {self._where()}; or leave output= out"
            )
        return kept

    def _held(self) -> Kept | None:
        return self._kept

    def _where(self) -> str:
        return "elsewhere"


def _missing(what: str, name: str, extra: str, error: ModuleNotFoundError) -> Exception:
    """Return what to raise where an optional library is not installed; what it lacks itself is another matter."""
    if error.name != extra:
        return error
    return ConfigurationError(f"{what} needs {name}, which is not installed: install thresher[{extra}]")

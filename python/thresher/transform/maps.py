"""Functions of the user's: the output values of a batch enter, the values that a function makes of them leave.

``map_records`` sees one record at a time as a dict, ``map_batches`` many as a dict of NumPy arrays, or as a batch of
Arrow where its parameter is annotated so. Both run before the output schema validates. An error of a function stops
the run: it never rejects records silently.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, get_type_hints

from thresher.errors import DataProcessingError
from thresher.transform.compiled import Transform

if TYPE_CHECKING:
    import numpy as np

__all__ = ["mapped"]

Rows = list[dict[str, Any]]
Numbers = Sequence[tuple[int, int]]


def mapped(transform: Transform, places: list[int], rows: Rows, numbers: Numbers) -> tuple[list[int], Rows]:
    """Return the records of a batch after the functions of a transform.

    Args:
        transform: the transform.
        places: the position of each record in ``numbers``.
        rows: the output values of each.
        numbers: record and line numbers.

    Returns:
        the positions and values of the records that are left; the others are filtered.

    Raises:
        DataProcessingError: a function raised, or returned what cannot be used; names the records.
    """
    if transform.map_records is not None:
        places, rows = _one_by_one(transform.map_records, places, rows, numbers)
    if transform.map_batches is not None and rows:
        places, rows = _together(transform.map_batches, places, rows, numbers, _names(transform))
    return places, rows


def _names(transform: Transform) -> tuple[str, ...]:
    return tuple(value.name for value in transform.values)


def _one_by_one(
    function: Callable[..., Any], places: list[int], rows: Rows, numbers: Numbers
) -> tuple[list[int], Rows]:
    kept, made = [], []
    for place, row in zip(places, rows, strict=True):
        record, line = numbers[place]
        try:
            found = function(row)
        except Exception as error:
            raise DataProcessingError(
                f"record {record} (line {line}): map_records raised {type(error).__name__}: {error}"
            ) from error
        if found is None:
            continue
        if not isinstance(found, Mapping):
            raise DataProcessingError(
                f"record {record} (line {line}): map_records returned {type(found).__name__}: return a dict of the "
                "values of the record, or None to leave it out"
            )
        kept.append(place)
        made.append(dict(found))
    return kept, made


def _together(
    function: Callable[..., Any], places: list[int], rows: Rows, numbers: Numbers, names: tuple[str, ...]
) -> tuple[list[int], Rows]:
    from thresher.arrays import array_of

    where = _where([numbers[place][0] for place in places])
    columns = {name: [row[name] for row in rows] for name in names if name in rows[0]}
    arrow = _wants_arrow(function)
    batch: Mapping[str, Any] = {} if arrow else {name: array_of(values) for name, values in columns.items()}
    given = arrow.from_pydict(columns) if arrow else batch
    try:
        found = function(given)
    except Exception as error:
        raise DataProcessingError(f"{where}: map_batches raised {type(error).__name__}: {error}") from error
    if hasattr(found, "to_pydict"):
        found = found.to_pydict()
    elif arrow:
        found, batch = _plain(found), columns
    if isinstance(found, Mapping):
        return places, _rows(found, len(rows), where)
    keep = _mask(found, len(rows), where)
    # Arrays may have been changed in place.
    made = _rows(batch, len(rows), where)
    return (
        [place for place, each in zip(places, keep, strict=True) if each],
        [row for row, each in zip(made, keep, strict=True) if each],
    )


def _wants_arrow(function: Callable[..., Any]) -> Any:
    """Return the class of Arrow that the function's first parameter is annotated with; None: it takes arrays."""
    try:
        first = next(iter(inspect.signature(function).parameters.values()), None)
        hint = None if first is None else get_type_hints(function).get(first.name)
    except (NameError, TypeError, ValueError):
        return None
    named = getattr(hint, "__module__", "").partition(".")[0], getattr(hint, "__name__", "")
    return hint if named in (("pyarrow", "RecordBatch"), ("pyarrow", "Table")) else None


def _plain(found: Any) -> Any:
    """Return a mask of Arrow as one of NumPy."""
    return found.to_numpy(zero_copy_only=False) if hasattr(found, "to_numpy") else found


def _rows(columns: Mapping[Any, Any], count: int, where: str) -> Rows:
    found = {str(name): _column(str(name), values, count, where) for name, values in columns.items()}
    return [{name: values[row] for name, values in found.items()} for row in range(count)]


def _where(records: Sequence[int]) -> str:
    if len(records) == 1:
        return f"record {records[0]}"
    return f"records {records[0]} to {records[-1]} ({len(records):,} in the batch)"


def _mask(found: Any, count: int, where: str) -> list[bool]:
    import numpy as np

    mask = found if isinstance(found, np.ndarray) else None
    if mask is None or mask.dtype != np.bool_ or mask.shape != (count,):
        what = type(found).__name__ if mask is None else f"an array of {mask.dtype} of shape {mask.shape}"
        raise DataProcessingError(
            f"{where}: map_batches returned {what}: return a dict of arrays, or an array of {count:,} bool that says "
            "which records are kept"
        )
    kept: list[bool] = np.ma.filled(mask, False).tolist()
    return kept


def _column(name: str, values: Any, count: int, where: str) -> list[Any]:
    """Return the values of a column as Python objects."""
    import numpy as np

    found = values if isinstance(values, np.ndarray | list | tuple) else np.asarray(values)
    if isinstance(found, np.ndarray):
        if found.shape != (count,):
            raise DataProcessingError(
                f"{where}: map_batches returned {name!r} with the shape {found.shape}: the batch has {count:,} records"
            )
        return _objects(found)
    if len(found) != count:
        raise DataProcessingError(
            f"{where}: map_batches returned {len(found):,} values of {name!r}: the batch has {count:,} records"
        )
    return list(found)


def _objects(values: np.ndarray[Any, Any]) -> list[Any]:
    import numpy as np

    if values.dtype.kind in "mM" and np.datetime_data(values.dtype)[0] not in ("us", "D"):
        kind = "datetime64" if values.dtype.kind == "M" else "timedelta64"
        # Finer and coarser units become ints of a list otherwise.
        values = values.astype(f"{kind}[us]")
    if values.dtype == np.dtype("timedelta64[D]"):
        values = values.astype("timedelta64[us]")
    found: list[Any] = values.tolist()
    if values.dtype == object:
        return [each.item() if isinstance(each, np.generic) else each for each in found]
    return found

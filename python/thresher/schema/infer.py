"""Infer: the first records of a source without a schema enter, a model leaves.

Pydantic itself is asked whether a cell satisfies a type, so that a cell which counted for the type here is accepted
by the model later. Never looks further than the first records: what comes later is for the model to judge.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from thresher.config import Config
from thresher.errors import ConfigurationError, DataProcessingError
from thresher.opened import Header, Opened
from thresher.schema.draft import TYPES, Column, Inferred, field_names, model_name
from thresher.source import SourceLike, close_sources, open_sources

if TYPE_CHECKING:
    from pydantic_core import SchemaValidator

__all__ = ["RECORDS", "Inferred", "infer", "infer_columns", "infer_opened"]

RECORDS = 10_000
"""Records that are looked at."""

FIRST = 100
"""Records that are looked at to tell the delimiter."""

PERCENT = 95
"""The share of a column's cells that must satisfy its type, nulls not counted."""

LOOKS: dict[str, re.Pattern[str] | None] = {
    "int": re.compile(r"\s*(?!\+\d{7})[+-]?(0|[1-9][\d_]*)\s*\Z"),
    "float": re.compile(r"(?!\s*[+-]?0[\d_]|\s*\+\d{7})"),
    "bool": None,
    "dt.date": re.compile(r"\s*\d{4}-\d\d-\d\d\s*\Z"),
    "dt.datetime": re.compile(r"\s*\d{4}-\d\d-\d\d"),
}
"""What a cell must look like besides satisfying the type, from narrow to wide. Pydantic alone would read ``00501``
and ``1.0`` as ints and ``20240101`` as a date (of 1970); the looks keep what the text says, so that ``+491701234567``
stays a telephone number."""


def infer_columns(
    names: Sequence[str], records: Iterable[Sequence[str]], null_values: Iterable[str]
) -> tuple[list[Column], int]:
    """Return what each column holds, and how many records were looked at.

    Args:
        names: of the columns.
        records: the cells of the first records; no more than :data:`RECORDS` are looked at.
        null_values: texts of null cells.
    """
    nulls = frozenset(null_values)
    seen: list[Counter[str]] = [Counter() for _ in names]
    looked_at = 0
    for cells in records:
        looked_at += 1
        for counter, cell in zip(seen, cells, strict=False):
            counter[cell] += 1
        if looked_at == RECORDS:
            break
    validators = _validators()
    columns = []
    for name, field, counter in zip(names, field_names(names), seen, strict=True):
        # A column of which nothing is known may be anything, null included.
        nullable = not counter or any(cell in nulls for cell in counter)
        for null in nulls:
            counter.pop(null, None)
        columns.append(Column(name, field, _narrowest(counter, validators), nullable))
    return columns, looked_at


def _validators() -> dict[str, tuple[SchemaValidator, re.Pattern[str] | None]]:
    from pydantic import TypeAdapter

    return {written: (TypeAdapter(TYPES[written]).validator, look) for written, look in LOOKS.items()}  # type: ignore[misc]


def _narrowest(cells: Counter[str], validators: dict[str, tuple[SchemaValidator, re.Pattern[str] | None]]) -> str:
    """Return the narrowest type that enough cells satisfy; ``str`` where there is no cell."""
    total = cells.total()
    for written, (validator, look) in validators.items() if total else ():
        allowed = total * (100 - PERCENT) // 100
        for cell, count in cells.items():
            if (look is None or look.match(cell)) and validator.isinstance_python(cell):
                continue
            allowed -= count
            if allowed < 0:
                break
        else:
            return written
    return "str"


def infer(source: SourceLike, *, config: Config | None = None, **settings: Any) -> Inferred:
    """Infer a model from the first records of a source.

    Each column gets the narrowest of int, float, bool, date, datetime and str that at least 95% of its cells
    satisfy, nulls not counted, and is nullable where there are nulls.

    Args:
        source: as for :func:`thresher.process`; of several, the first is looked at.
        config: the settings; None: the defaults.
        **settings: any field of :class:`Config`, in place of that of ``config``.

    Raises:
        ConfigurationError: a setting or the source cannot be used.
        DataProcessingError: the source has no header, or one that cannot be used.
        FileError: the source cannot be read.
    """
    merged = Config.from_settings(settings, config)
    opened = open_sources(source, merged)
    try:
        return infer_opened(opened[0], merged)
    finally:
        close_sources(opened)


def infer_opened(opened: Opened, config: Config) -> Inferred:
    """Infer a model from the first records of an opened source, which can still be processed after that.

    Args:
        opened: the source.
        config: the settings.

    Raises:
        ConfigurationError: the source is JSON, from which nothing is inferred.
        DataProcessingError: the source has no header, or one that cannot be used.
        FileError: the source cannot be read.
    """
    if opened.format in ("jsonl", "json"):
        what = "JSON Lines" if opened.format == "jsonl" else "a JSON array"
        raise ConfigurationError(f"{opened.name!r} is {what}, for which no schema is inferred: give one")
    delimiter, header = _delimiter(opened)
    if config.header is True:
        names = header.cells
    elif config.header is False:
        names = [f"column_{place}" for place in range(1, len(header.cells) + 1)]
    else:
        names = list(config.header)
    repeated = [name for name, count in Counter(names).items() if count > 1]
    if repeated:
        raise DataProcessingError(
            f"{opened.name!r}: the column {repeated[0]!r} occurs more than once in the header: rename or remove all "
            "but one"
        )
    if not names:
        raise DataProcessingError(f"{opened.name!r} is empty: nothing can be inferred from it")
    columns, records = infer_columns(names, opened.sample(delimiter, header, RECORDS), config.null_values)
    return Inferred(model_name(opened.name), opened.name, columns, records)


def _delimiter(opened: Opened) -> tuple[str, Header]:
    """Return the delimiter under which most of the first records have as many cells as the header."""
    headers = opened.headers()

    def fit(delimiter: str) -> tuple[bool, int, int]:
        header = headers[delimiter]
        regular = sum(1 for _ in opened.sample(delimiter, header, FIRST))
        return len(header.cells) > 1, regular, len(header.cells)

    best = max(headers, key=fit)
    return best, headers[best]

"""Headers: which delimiter a source has, and whether its first record is a header at all.

Enters: the cells of the first record under each delimiter. Leaves: the delimiter, or a hint for a message. It never
matches a column to a field.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from thresher.schema.compiled import Compiled

__all__ = ["delimiter_of", "looks_wrong"]

_DATA = re.compile(r"[+-]?[\d.,:/ T-]*\d[\d.,:/ TZ%-]*|true|false|", re.IGNORECASE)
"""A cell that is hardly a column's name: a number, a date, a boolean, nothing."""


def delimiter_of(compiled: Compiled, candidates: Mapping[str, Sequence[str]], names: Sequence[str] | None) -> str:
    """Return the delimiter under which the first record fits the schema best; of equals, the first.

    Args:
        compiled: the schema.
        candidates: the cells of the first record under each delimiter.
        names: the columns, where the first record is not a header; then their number decides.
    """
    if names is not None:
        return max(candidates, key=lambda delimiter: len(candidates[delimiter]) == len(names))

    def fit(delimiter: str) -> tuple[int, int]:
        header = set(candidates[delimiter])
        matched = sum(not header.isdisjoint(field.paths) for field in compiled.fields)
        # Nothing is known of the columns where user code renames them: more columns are the better guess.
        return matched, len(candidates[delimiter]) if compiled.free_header and not matched else 0

    return max(candidates, key=fit)


def looks_wrong(compiled: Compiled, header: Sequence[str], candidates: Mapping[str, Sequence[str]]) -> str:
    """Return a hint, with a leading ``; ``, where the header looks like data, another delimiter's, or a whole file."""
    if any("\r" in cell for cell in header):
        return "; its lines seem to end with CR alone, which is data here: convert them to LF"
    known = {path for field in compiled.fields for path in field.paths}
    if known.isdisjoint(header):
        data = sum(_DATA.fullmatch(cell.strip()) is not None for cell in header)
        if data and 2 * data >= len(header):
            return "; this looks like a record, not like a header: if the source has none, use header=False"
        folded = {path.strip().casefold() for path in known}
        if len(header) == 1 and len(candidates) == 1:
            split = [d for d in ",;\t|" if sum(part.strip().casefold() in folded for part in header[0].split(d)) > 1]
            if split:
                return f"; this looks like the wrong delimiter: try delimiter={split[0]!r}"
            between = [d for d in ",;\t|" if d in header[0]]
            if between:
                return f"; this looks like the wrong delimiter: the header has {between[0]!r} in it"
    return ""

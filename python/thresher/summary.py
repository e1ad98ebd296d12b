"""Summary: a result enters, the words for people at the end of the command leave.

Shows counts, the most frequent errors with an example of each, and where everything went. Never decides a verdict
or an exit status.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import islice
from typing import Any

from thresher._python.reject import Structural
from thresher.errors import ConfigurationError, FileError
from thresher.reject import Rejects
from thresher.report import ErrorCount, Report
from thresher.result import Result

__all__ = ["examples", "summary", "words"]

Words = Mapping[tuple[tuple[Any, ...], str], str]
"""The message of an error by its loc and type."""

TOP = 8
"""Errors that are shown."""

LOOKED_AT = 20_000
"""Rejects that are read to find examples; later ones are shown without."""

LONGEST = 1 << 20
"""Bytes of a reject that is looked at: an example of a record of 100 MB helps nobody."""

WIDTH = 60
"""Characters of an example that are shown."""


def examples(rejects: Rejects, wanted: Iterable[ErrorCount]) -> dict[ErrorCount, dict[str, Any]]:
    """Return the first error of each kind in full.

    Args:
        rejects: in order; no more are looked at than are needed.
        wanted: the errors, with the record that has each first.

    Returns:
        the error as Pydantic gives it, for those that were found.
    """
    places: dict[tuple[str, int], list[ErrorCount]] = {}
    for count in wanted:
        places.setdefault((count.source, count.record), []).append(count)
    found: dict[ErrorCount, dict[str, Any]] = {}
    try:
        for reject in islice(rejects.short(LONGEST), LOOKED_AT):
            if not places:
                break
            for count in places.pop((reject.source, reject.record), ()):
                for error in reject.told:
                    if (error["loc"], error["type"]) == (count.loc, count.type):
                        found[count] = error
                        break
    except (ConfigurationError, FileError):
        # Rejects that cannot be read back have no examples; the counts stand all the same.
        pass
    return found


def words(rejects: Rejects, max_record_bytes: int) -> Words:
    """Return the messages of errors that are known without an example: rejects may be where nobody can read them.

    Args:
        rejects: of the run.
        max_record_bytes: the setting.
    """
    facts = {"max_record_bytes": max_record_bytes, "actual": "…", "expected": "…"}
    return {((), each.kind): each.template.format(**facts) for each in Structural} | dict(rejects.words())


def summary(result: Result, found: Mapping[ErrorCount, dict[str, Any]], words: Words | None = None) -> str:
    """Return the summary, several lines without the last line end.

    Args:
        result: of the run.
        found: the errors in full, where known.
        words: the messages of others, where known.
    """
    report = result.report
    names = [source.name for source in report.sources]
    origin = names[0] if len(names) == 1 else f"{len(names)} sources"
    width = len(f"{report.read:,}")
    lines = [
        f"read      {report.read:>{width},}  from {origin}, {_size(report.bytes)}"
        + (f", {report.blank_lines:,} blank line{'s' * (report.blank_lines > 1)}" if report.blank_lines else ""),
        f"accepted  {report.accepted:>{width},}" + _went(report.outputs.get("accepted")),
        f"rejected  {report.rejected:>{width},}" + _went(report.outputs.get("rejects")),
    ]
    if report.filtered:
        lines.append(f"filtered  {report.filtered:>{width},}")
    if "report" in report.outputs:
        lines.append(f"report    {'':>{width}}" + _went(report.outputs["report"]))
    if report.errors or report.further_errors:
        lines += ["", *_errors(report, found, words or {}), ""]
    if any(count.type == "invalid_utf8" for count in report.errors):
        lines.append("if the encoding is not UTF-8, name it, for example with --encoding windows-1252")
    if report.rejected and "rejects" not in report.outputs:
        lines.append("the rejects were not kept; add --rejects bad.jsonl to keep them with their reasons")
    lines.append(
        f"{report.elapsed_seconds:.2f} s, {report.records_per_second:,.0f} records/s, "
        f"{_size(report.bytes_per_second)}/s, engine {report.engine.name}"
    )
    return "\n".join(lines)


def _errors(report: Report, found: Mapping[ErrorCount, dict[str, Any]], words: Words) -> list[str]:
    errors, further = report.errors, report.further_errors
    shown = errors[:TOP]
    width = max(len(f"{count:,}") for count in (*(count.count for count in shown), further))
    lines = []
    for count in shown:
        loc = ".".join(str(item) for item in count.loc)
        error = found.get(count)
        msg = error["msg"] if error else words.get((tuple(count.loc), count.type))
        what = count.type if msg is None else f"{msg} [{count.type}]"
        lines.append(f"{count.count:>{width},} x {f'{loc}: ' if loc else ''}{what}")
        example = "" if error is None or error["input"] is None else _example(error["input"])
        lines.append(f"{'':>{width}}   first at {count.source}:{count.line}{example}")
    if len(errors) > TOP:
        rest = sum(count.count for count in errors[TOP:])
        lines.append(f"{rest:>{width},} x {len(errors) - TOP} other kinds of errors")
    if further:
        lines.append(f"{further:>{width},} x errors of too many kinds to count each")
    return lines


def _went(name: str | None) -> str:
    if name is None:
        return ""
    return "  to standard output" if name == "-" else f"  to {name}"


def _example(value: object) -> str:
    """Return what follows a place: the input, or nothing where that is a whole record, of which the place says more."""
    text = repr(value)
    if len(text) <= WIDTH:
        return f"  {text}"
    return "" if isinstance(value, dict) else f"  {text[: WIDTH - 1]}…"


def _size(count: float) -> str:
    for unit in ("bytes", "kB", "MB"):
        if count < 1000:
            return f"{count:.0f} {unit}" if unit == "bytes" else f"{count:.1f} {unit}"
        count /= 1000
    return f"{count:.1f} GB"

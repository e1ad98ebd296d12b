"""thresher beside its rivals: the same files, in turns, each run a process of its own.

Enters: workloads, a number of records, a number of rounds. Leaves: a markdown table of medians and ratios on standard
output, and the same with a plot in ``benches/results/``. It fails where two that can tell disagree about the number of
accepted or rejected records. A rival that is not installed is left out, and the table says so.

    python -m benches.compare --records 1000000 --rounds 5 --workloads readings orders
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import platform
import shutil
import statistics
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from benches import data, flights
from benches.rivals import qsv_validate

__all__ = ["Measured", "compare"]

ROOT = Path(__file__).parents[1]
OURS = "thresher_run"
RIVALS = (
    "polars_streaming",
    "duckdb_rejects",
    "pyarrow_csv",
    "pandera_polars",
    "qsv_validate",
    "msgspec_loop",
    "pydantic_loop",
    "frictionless_report",
)
LINES = ("msgspec_jsonl", "pydantic_jsonl")
"""The rivals on JSON Lines."""
ONLY = {
    "flights": ("pydantic_loop",),
    "nested": ("pydantic_jsonl",),
    "validated": ("pydantic_loop", "pydantic_jsonl"),
}
"""Workloads that not every rival has a schema for."""
COMMANDS = {"qsv_validate": (qsv_validate.command, "`make qsv` builds it")}
"""Rivals that no package of this environment brings: what finds the command, and how it is had."""
SLOW = {"frictionless_report": 100_000}
"""The most records that a rival is given; it is compared with thresher on as many."""
SAME_BYTES = ("pydantic_loop", "msgspec_loop", "pydantic_jsonl")
"""Rivals whose accepted file must be the same as thresher's, byte for byte."""


class Measured(NamedTuple):
    """The runs of one rival on one workload."""

    rival: str
    seconds: list[float]
    accepted: int
    rejected: int | None
    peak_rss_bytes: int
    digest: str
    ours: float
    """Median seconds of thresher on the same file, in the same rounds."""

    @property
    def median(self) -> float:
        """Median of the seconds."""
        return statistics.median(self.seconds)

    @property
    def ratio(self) -> float:
        """How many times as long as thresher it took."""
        return self.median / self.ours


def source(directory: Path, workload: str, records: int, bad: float, errors: int, lines: bool) -> Path:
    """Return the file of a workload, CSV or JSON Lines."""
    if workload == "flights":
        return flights.write(directory / "flights.csv")
    return data.cached(directory, workload, records, bad=bad, errors=errors, format="jsonl" if lines else "csv")


def measure(rival: str, workload: str, path: Path, directory: Path, transform: bool) -> dict[str, Any]:
    """Run one rival once, in a process of its own."""
    shutil.rmtree(directory, ignore_errors=True)
    command = [sys.executable, "-m", f"benches.rivals.{rival}", workload, str(path), str(directory)]
    if transform:
        command.append("--transform")
    done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True)
    figures: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    accepted = directory / f"accepted{path.suffix}"
    figures["digest"] = hashlib.sha256(accepted.read_bytes()).hexdigest() if accepted.exists() else ""
    return figures


def compare(
    workload: str, path: Path, rivals: Sequence[str], *, rounds: int, transform: bool, scratch: Path
) -> list[Measured]:
    """Measure thresher and its rivals in turns.

    Args:
        workload: its name.
        path: its file.
        rivals: those to measure beside thresher.
        rounds: how often each runs.
        transform: whether what is accepted is transformed.
        scratch: a directory for what they write; it is emptied before each run.

    Returns:
        thresher first, then the rivals, quickest first.

    Raises:
        SystemExit: they disagree about the records.
    """
    runs: dict[str, list[dict[str, Any]]] = {name: [] for name in (OURS, *rivals)}
    for number in range(rounds):
        for name in runs:
            figures = measure(name, workload, path, scratch, transform)
            runs[name].append(figures)
            print(f"{workload} {number + 1}/{rounds} {name}: {figures['seconds']:.3f} s", file=sys.stderr)
    ours = statistics.median(run["seconds"] for run in runs[OURS])
    measured = [
        Measured(
            name,
            [run["seconds"] for run in of],
            of[0]["accepted"],
            of[0]["rejected"],
            max(run["peak_rss_bytes"] for run in of),
            of[0]["digest"],
            ours,
        )
        for name, of in runs.items()
    ]
    check(workload, measured)
    return [measured[0], *sorted(measured[1:], key=lambda one: one.median)]


def check(workload: str, measured: Sequence[Measured]) -> None:
    """Refuse figures of runs that did not do the same work."""
    ours = measured[0]
    for other in measured[1:]:
        if other.accepted != ours.accepted or other.rejected not in (None, ours.rejected):
            raise SystemExit(
                f"{workload}: {other.rival} accepted {other.accepted} and rejected {other.rejected} records, "
                f"thresher {ours.accepted} and {ours.rejected}"
            )
        if other.rival in SAME_BYTES and other.digest != ours.digest:
            raise SystemExit(f"{workload}: the accepted file of {other.rival} differs from thresher's")


def table(title: str, measured: Sequence[Measured]) -> str:
    """Return the measurements as a table in markdown."""
    lines = [
        f"### {title}",
        "",
        "| | median s | fastest s | times thresher | peak MB | accepted | rejected |",
        "|---|---:|---:|---:|---:|---:|---:|",
    ]
    for one in measured:
        rejected = "cannot tell" if one.rejected is None else f"{one.rejected:,}"
        lines.append(
            f"| {one.rival} | {one.median:.3f} | {min(one.seconds):.3f} | {one.ratio:.1f} "
            f"| {one.peak_rss_bytes / 1e6:.0f} | {one.accepted:,} | {rejected} |"
        )
    return "\n".join(lines) + "\n"


def plot(results: dict[str, list[Measured]], directory: Path) -> None:
    """Draw the medians, where matplotlib is installed."""
    try:
        import matplotlib
    except ModuleNotFoundError:
        print("matplotlib is not installed: no plot", file=sys.stderr)
        return
    matplotlib.use("Agg")
    from matplotlib import pyplot

    across = min(len(results), 3)
    down = -(-len(results) // across)
    figure, axes = pyplot.subplots(down, across, figsize=(6 * across, 3.6 * down), squeeze=False)
    for axis in axes.flat[len(results) :]:
        axis.set_visible(False)
    for axis, (title, measured) in zip(axes.flat, results.items(), strict=False):
        names = [one.rival for one in measured][::-1]
        values = [one.median for one in measured][::-1]
        bars = axis.barh(names, values, color=["#c44e52" if name == OURS else "#8c9bb0" for name in names])
        ratios = [one.ratio for one in measured][::-1]
        labels = [f"{value:.3g} s, {ratio:.1f} ×" for value, ratio in zip(values, ratios, strict=True)]  # noqa: RUF001
        axis.bar_label(bars, labels, padding=3)
        axis.set_xlim(right=max(values) * 1.35)
        axis.set_title(title, fontsize=10)
        axis.set_xlabel("seconds, median")
        axis.spines[["top", "right"]].set_visible(False)
    figure.tight_layout()
    for suffix in ("png", "svg"):
        figure.savefig(directory / f"compare.{suffix}", dpi=120)
    pyplot.close(figure)


def main(arguments: Sequence[str] | None = None) -> int:
    """Compare, as the command line says."""
    parser = argparse.ArgumentParser(prog="python -m benches.compare", description="thresher beside its rivals.")
    parser.add_argument(
        "--workloads", nargs="+", default=["readings", "orders", "validated"], choices=[*data.WORKLOADS, "flights"]
    )
    parser.add_argument("--rivals", nargs="+", choices=[*RIVALS, *LINES], help="default: all that read the format")
    parser.add_argument("--format", default="csv", choices=["csv", "jsonl"], help="of the files (default csv)")
    parser.add_argument("--records", type=int, default=1_000_000)
    parser.add_argument("--bad", type=float, default=0.01, help="share of bad records (default 0.01)")
    parser.add_argument("--errors", type=int, default=1, help="errors in each bad record (default 1)")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--transform", action="store_true", help="transform what is accepted")
    parser.add_argument("--directory", type=Path, default=ROOT / "benches/data", help="for the files of the workloads")
    parser.add_argument("--results", type=Path, default=ROOT / "benches/results", help="for the table and the plot")
    given = parser.parse_args(arguments)

    lines = given.format == "jsonl"
    if not lines and "nested" in given.workloads:
        parser.error("nested orders are JSON Lines")
    if lines and "flights" in given.workloads:
        parser.error("flights is CSV only")
    able = LINES if lines else RIVALS
    wanted = able if given.rivals is None else given.rivals
    if not set(wanted) <= set(able):
        parser.error(f"on {given.format} the rivals are {', '.join(able)}")
    absent = {name: how for name, (find, how) in COMMANDS.items() if name in wanted and find() is None}
    chosen = [rival for rival in wanted if rival not in absent]
    left_out = [f"{rival} is left out, since it is not installed: {how}." for rival, how in absent.items()]
    for line in left_out:
        print(line, file=sys.stderr)
    scratch = given.directory / "out"
    results: dict[str, list[Measured]] = {}
    for workload in given.workloads:
        groups: dict[int, list[str]] = {}
        for rival in chosen:
            if rival in ONLY.get(workload, able):
                groups.setdefault(min(given.records, SLOW.get(rival, given.records)), []).append(rival)
        for records, rivals in sorted(groups.items(), reverse=True):
            path = source(given.directory, workload, records, given.bad, given.errors, lines)
            read = f"{path.stat().st_size / 1e6:.1f} MB"
            title = f"{workload}, {read}" if workload == "flights" else f"{workload}, {records:,} records, {read}"
            if lines:
                title += " of JSON Lines"
            if workload != "flights" and given.bad != 0.01:
                title += f", {given.bad:.0%} bad with {given.errors} errors each"
            if given.transform:
                title += ", transformed"
            results[title] = compare(
                workload, path, rivals, rounds=given.rounds, transform=given.transform, scratch=scratch
            )
    shutil.rmtree(scratch, ignore_errors=True)

    machine = (
        f"{os.cpu_count()} processors, {platform.system()} {platform.machine()}, Python {platform.python_version()}"
    )
    heading = f"Medians of {given.rounds} rounds in turns; {machine}.\n"
    notes = [f"{line}\n" for line in left_out]
    tables = "\n".join([heading, *notes, *(table(title, measured) for title, measured in results.items())])
    given.results.mkdir(parents=True, exist_ok=True)
    (given.results / "compare.md").write_text(tables)
    plot(results, given.results)
    print(tables)
    return 0


if __name__ == "__main__":
    sys.exit(main())

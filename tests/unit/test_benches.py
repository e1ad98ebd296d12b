"""The workloads are what docs/performance.md says, and depend on nothing but their parameters."""

from __future__ import annotations

import csv
import re
from datetime import datetime
from pathlib import Path
from typing import Literal

import pytest
from pydantic import ValidationError

from benches import compare, data
from benches.models import MODELS, NULL_VALUES
from benches.rivals.qsv_validate import MOMENT


def form(workload: str) -> Literal["csv", "jsonl"]:
    """Return the format that the schema of a workload is for."""
    return "jsonl" if data.WORKLOADS[workload].nested else "csv"


def verdicts(path: Path, workload: str) -> list[int]:
    """Return the number of errors of each record."""
    counts = []
    model = MODELS[workload]
    with path.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file) if form(workload) == "csv" else file:
            try:
                if isinstance(row, str):
                    model.model_validate_json(row)
                else:
                    model.model_validate({key: cell for key, cell in row.items() if cell not in NULL_VALUES[workload]})
                counts.append(0)
            except ValidationError as error:
                counts.append(error.error_count())
    return counts


@pytest.mark.parametrize("workload", data.WORKLOADS)
def test_the_share_of_bad_records(workload: str, tmp_path: Path) -> None:
    source = data.write(tmp_path / "some", workload, 5_000, bad=0.1, format=form(workload))
    counts = verdicts(source, workload)
    assert len(counts) == 5_000
    assert 400 < sum(count > 0 for count in counts) < 600
    assert max(counts) == 1
    good = data.write(tmp_path / "good", workload, 500, bad=0, format=form(workload))
    assert not any(verdicts(good, workload))


@pytest.mark.parametrize(("workload", "most"), [("readings", 2), ("orders", 3)])
def test_all_records_bad(workload: str, most: int, tmp_path: Path) -> None:
    counts = verdicts(data.write(tmp_path / "bad.csv", workload, 500, bad=1, errors=3), workload)
    assert set(counts) == {most}


@pytest.mark.parametrize(("workload", "bytes_each"), [("readings", 26.8), ("orders", 114)])
def test_the_size_of_records(workload: str, bytes_each: float, tmp_path: Path) -> None:
    size = data.write(tmp_path / "some.csv", workload, 20_000).stat().st_size
    assert size / 20_000 == pytest.approx(bytes_each, rel=0.01)


@pytest.mark.parametrize("format", ["csv", "jsonl", "json"])
def test_the_same_parameters_give_the_same_file(format: str, tmp_path: Path) -> None:
    made = [tmp_path / f"{number}.{format}" for number in range(2)]
    for path in made:
        data.write(path, "orders", 100, seed=7, format=format)  # type: ignore[arg-type]
    assert made[0].read_bytes() == made[1].read_bytes()
    other = data.write(tmp_path / f"other.{format}", "orders", 100, seed=8)
    assert other.read_bytes() != made[0].read_bytes()


@pytest.mark.parametrize(
    ("workload", "format", "rivals"),
    [
        ("readings", "csv", ["msgspec_loop", "pydantic_loop"]),
        ("validated", "csv", ["pydantic_loop"]),
        ("orders", "jsonl", ["msgspec_jsonl", "pydantic_jsonl"]),
        ("nested", "jsonl", ["pydantic_jsonl"]),
    ],
)
def test_the_loops_do_the_same_work(
    workload: str, format: Literal["csv", "jsonl"], rivals: list[str], tmp_path: Path
) -> None:
    """The counts agree, and what is accepted is the same to the byte: `compare` refuses the figures otherwise."""
    source = data.write(tmp_path / f"some.{format}", workload, 500, bad=0.1, errors=2, format=format)
    measured = compare.compare(workload, source, rivals, rounds=1, transform=False, scratch=tmp_path / "out")
    assert {one.rival for one in measured} == {compare.OURS, *rivals}
    assert all(one.digest == measured[0].digest for one in measured)


@pytest.mark.parametrize("year", [1900, 1999, 2000, 2023, 2024, 2100])
def test_the_pattern_of_moments_knows_the_calendar(year: int) -> None:
    """A rival that has no type for a time without an offset is given a pattern: it means the same."""
    for day in (f"{year}-{month:02}-{day:02}" for month in range(14) for day in range(33)):
        for time in ("00:00:00", "23:59:59", "24:00:00", "12:60:00"):
            try:
                datetime.strptime(f"{day}T{time}", "%Y-%m-%dT%H:%M:%S")
                valid = True
            except ValueError:
                valid = False
            assert bool(re.fullmatch(MOMENT, f"{day}T{time}")) == valid, f"{day}T{time}"

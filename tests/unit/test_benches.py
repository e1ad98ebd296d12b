"""The workloads are what docs/performance.md says, and depend on nothing but their parameters."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Literal

import pytest
from pydantic import ValidationError

from benches import data
from benches.models import MODELS, NULL_VALUES


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

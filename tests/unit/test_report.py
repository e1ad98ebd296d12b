"""The report says what was counted."""

from __future__ import annotations

import json
from datetime import UTC, datetime

from thresher.engine import Count, Outcome, SourceCount
from thresher.report import ErrorCount, Report, error_counts

OUTCOME = Outcome(
    sources=[
        SourceCount(name="a.csv", read=6, accepted=3, rejected=2, filtered=1, blank_lines=1, bytes=100),
        SourceCount(name="b.csv", read=4, accepted=3, rejected=1, filtered=0, blank_lines=0, bytes=50),
    ],
    counts=[
        Count(loc='["x"]', type="missing", count=1, source="a.csv", record=2, line=3),
        Count(loc='["y",0]', type="int_parsing", count=2, source="a.csv", record=4, line=5),
        Count(loc="[]", type="csv_field_count", count=1, source="b.csv", record=1, line=2),
    ],
    kept=None,
    rejects=b"",
    asked_cells=3,
    asked_records=4,
)


def _report(elapsed: float = 2.0) -> Report:
    return Report.of(
        OUTCOME,
        run_id="0" * 32,
        started_at=datetime(2026, 1, 2, tzinfo=UTC),
        elapsed=elapsed,
        engine="python",
        outputs={"accepted": "good.csv"},
        libraries={"pydantic": "2.14", "pydantic-core": "2.50"},
    )


def test_totals_are_the_sums_of_the_sources() -> None:
    report = _report()
    assert (report.read, report.accepted, report.rejected, report.filtered) == (10, 6, 3, 1)
    assert (report.blank_lines, report.bytes) == (1, 150)
    assert report.read == report.accepted + report.rejected + report.filtered
    assert (report.records_per_second, report.bytes_per_second) == (5.0, 75.0)


def test_the_most_frequent_error_comes_first_and_equals_keep_their_order() -> None:
    assert error_counts(OUTCOME) == [
        ErrorCount(loc=("y", 0), type="int_parsing", count=2, source="a.csv", record=4, line=5),
        ErrorCount(loc=("x",), type="missing", count=1, source="a.csv", record=2, line=3),
        ErrorCount(loc=(), type="csv_field_count", count=1, source="b.csv", record=1, line=2),
    ]


def test_it_is_json() -> None:
    text = _report().to_json()
    found = json.loads(text)
    assert text.endswith("}\n")
    assert found["started_at"] == "2026-01-02T00:00:00+00:00"
    assert found["sources"][0]["name"] == "a.csv"
    assert found["errors"][0] == {
        "loc": ["y", 0], "type": "int_parsing", "count": 2, "source": "a.csv", "record": 4, "line": 5,
    }  # fmt: skip
    assert found["engine"]["name"] == "python"
    assert found["engine"]["peak_memory_bytes"] > 1_000_000
    assert set(found["versions"]) == {"thresher", "python", "pydantic", "pydantic-core"}
    assert found["outputs"] == {"accepted": "good.csv"}


def test_a_run_of_no_time_at_all() -> None:
    assert _report(elapsed=0.0).records_per_second > 0

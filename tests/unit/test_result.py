"""What a result tells and gives, apart from how it was made."""

from __future__ import annotations

import datetime as dt
import enum
import io
from collections.abc import Iterator
from decimal import Decimal
from functools import partial
from typing import Any

import numpy as np
import pytest
from pydantic import BaseModel, ConfigDict

from thresher.arrays import to_arrays
from thresher.engine import Count, Outcome, SourceCount
from thresher.errors import ConfigurationError, DataProcessingError
from thresher.reject import Rejects
from thresher.report import Report
from thresher.result import Account, Result


class Row(BaseModel):
    """One of each."""

    model_config = ConfigDict(extra="allow")

    i: int | None = 1
    f: float = 0.5
    b: bool = True
    s: str = "s"
    day: dt.date | None = dt.date(2024, 2, 29)
    at: dt.datetime = dt.datetime(2024, 2, 29, 1, 2, 3, 4)
    took: dt.timedelta = dt.timedelta(seconds=1)
    d: Decimal | None = None


class _Kept:
    def __init__(self, records: list[Any]) -> None:
        self._records = records

    def __len__(self) -> int:
        return len(self._records)

    def instances(self) -> Iterator[Any]:
        return iter(self._records)


def _result(accepted: int = 2, rejected: int = 0, kept: bool = True, outputs: dict[str, str] | None = None) -> Result:
    read = accepted + rejected
    counts = [Count(loc='["i"]', type="int_parsing", count=rejected, source="a.csv", record=1, line=2)]
    outcome = Outcome(
        sources=[SourceCount("a.csv", read, accepted, rejected, filtered=0, blank_lines=0, bytes=9)],
        counts=counts if rejected else [],
        kept=None,
        rejects=b"",
    )
    report = Report.of(
        outcome,
        run_id="r",
        started_at=dt.datetime.now(dt.UTC),
        elapsed=0.5,
        engine="rust",
        outputs=outputs or {},
        libraries={},
    )
    rejects = Rejects(rejected, partial(io.BytesIO, b""), where="memory")
    return Result(Account(report, rejects, _Kept([Row()] * accepted) if kept else None), schema=Row)


def test_counts_and_facts() -> None:
    result = _result(accepted=3, rejected=2)
    assert (result.read, result.accepted, result.rejected, result.filtered) == (5, 3, 2, 0)
    assert (result.engine, result.elapsed, result.run_id) == ("rust", 0.5, "r")
    assert result.error_counts[0].count == 2
    assert len(result.rejects) == 2


def test_its_repr_helps() -> None:
    shown = repr(_result(accepted=3, rejected=2, outputs={"accepted": "good.csv"}))
    for part in ("read=5", "accepted=3", "rejected=2", "good.csv", "i.int_parsing", "rust"):
        assert part in shown


def test_records_may_be_had_more_than_once() -> None:
    result = _result()
    assert list(result.records()) == list(result.records()) == [Row(), Row()]


@pytest.mark.parametrize(("name", "words"), [("good.csv", "to 'good.csv': read them back"), ("-", "standard output")])
def test_records_that_went_to_an_output(name: str, words: str) -> None:
    result = _result(kept=False, outputs={"accepted": name})
    with pytest.raises(ConfigurationError, match=words):
        result.records()
    with pytest.raises(ConfigurationError, match=r"to_numpy\(\) needs"):
        result.to_numpy()


@pytest.mark.parametrize("limit", [2, "2", "20%", 100])
def test_rejects_within_the_limit(limit: int | str) -> None:
    _result(accepted=8, rejected=2).raise_for_rejects(limit)


@pytest.mark.parametrize("limit", [0, 1, "19%"])
def test_more_rejects_than_the_limit(limit: int | str) -> None:
    with pytest.raises(DataProcessingError, match=r"2 of 10 records.*i: int_parsing \(2 times, first at a.csv:2\)"):
        _result(accepted=8, rejected=2).raise_for_rejects(limit)


def test_a_limit_that_is_none() -> None:
    with pytest.raises(ConfigurationError):
        _result().raise_for_rejects("few")


class Colour(enum.IntEnum):
    """An int that is more than an int."""

    RED = 1


class TestArrays:
    def test_native_types(self) -> None:
        arrays = to_arrays(Row, [Row(), Row(i=2)])
        assert {name: array.dtype.str[1:] for name, array in arrays.items()} == {
            "i": "i8", "f": "f8", "b": "b1", "s": "O", "day": "M8[D]", "at": "M8[us]", "took": "m8[us]", "d": "O",
        }  # fmt: skip
        assert not any(isinstance(array, np.ma.MaskedArray) for array in arrays.values())
        assert arrays["i"].tolist() == [1, 2]
        assert arrays["at"][0] == np.datetime64("2024-02-29T01:02:03.000004")

    def test_nulls_are_masked_where_the_type_is_native(self) -> None:
        arrays = to_arrays(Row, [Row(i=None, day=None), Row(i=2, d=Decimal("1.50"))])
        for name in ("i", "day"):
            array = arrays[name]
            assert isinstance(array, np.ma.MaskedArray)
            assert array.mask.tolist() == [True, False]
        assert arrays["i"].dtype == np.int64
        assert arrays["d"].tolist() == [None, Decimal("1.50")]

    def test_a_field_of_nothing_but_nulls_has_the_type_of_its_annotation(self) -> None:
        assert to_arrays(Row, [Row(i=None)])["i"].dtype == np.int64

    def test_no_record_at_all(self) -> None:
        arrays = to_arrays(Row, [])
        assert {len(array) for array in arrays.values()} == {0}
        assert (arrays["i"].dtype, arrays["f"].dtype, arrays["s"].dtype) == (np.int64, np.float64, object)

    def test_what_no_native_type_holds_exactly_stays_an_object(self) -> None:
        aware = dt.datetime(2024, 1, 1, tzinfo=dt.UTC)
        arrays = to_arrays(Row, [Row(i=1 << 63, at=aware), Row(i=None)])
        assert arrays["i"].tolist() == [1 << 63, None]
        assert arrays["at"].tolist()[0] is aware

        class Painted(BaseModel):
            colour: Colour | int

        assert to_arrays(Painted, [Painted(colour=Colour.RED)])["colour"].tolist() == [Colour.RED]
        assert to_arrays(Painted, [Painted(colour=Colour.RED), Painted(colour=2)])["colour"].dtype == object

    def test_lists_are_single_objects(self) -> None:
        class Listed(BaseModel):
            items: list[int]

        assert to_arrays(Listed, [Listed(items=[1, 2]), Listed(items=[3, 4])])["items"].tolist() == [[1, 2], [3, 4]]

    def test_extra_columns_come_after_the_fields(self) -> None:
        arrays = to_arrays(Row, [Row(), Row.model_validate({"more": "1"}), Row()])
        assert [*arrays][-1] == "more"
        assert arrays["more"].tolist() == [None, "1", None]

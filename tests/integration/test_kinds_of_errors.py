"""However many kinds of errors there are, their counts are bounded, and the same from both engines."""

from __future__ import annotations

import json
import random
from typing import Any, Literal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import BaseModel, ConfigDict

import thresher
from thresher import engine as boundary
from thresher.report import ErrorCount
from thresher.summary import summary


class Order(BaseModel):
    """A record whose errors have keys of the data in their locs."""

    model_config = ConfigDict(extra="forbid")
    id: int
    place: Literal["a", "b"] = "a"
    prices: dict[str, int] = {}
    parts: list[int] = []


class Flat(BaseModel):
    """A record that is checked natively, but for numbers that are too large for it."""

    id: int
    place: Literal["a", "b"] = "a"


def lines(rng: random.Random, records: int, keys: int) -> bytes:
    """Return JSON Lines with errors of many kinds, and lines that are no JSON."""
    made = []
    for number in range(records):
        record: dict[str, Any] = {"id": rng.choice([number, "x", None, 10**30]), "place": rng.choice(["a", "c"])}
        if rng.random() < 0.1:
            del record["id"]
        record["prices"] = {f"k{rng.randrange(keys)}": rng.choice([1, "n/a", None]) for _ in range(3)}
        record["parts"] = [rng.choice([1, "y"]) for _ in range(rng.randrange(4))]
        if rng.random() < 0.2:
            record["x" * rng.choice([1, 2, 981, 982, 983])] = 1
        if rng.random() < 0.1:
            record["é" * rng.choice([979, 980, 981, 982])] = 1
        made.append(json.dumps(record) if rng.random() < 0.9 else "{")
    return "\n".join(made).encode()


def counted(result: thresher.Result, most: int) -> tuple[dict[tuple[Any, str], tuple[int, int]], int]:
    """Count the errors of the rejects in the plainest way."""
    kinds: dict[tuple[Any, str], tuple[int, int]] = {}
    further = 0
    for reject in result.rejects:
        for error in reject.told:
            kind = error["loc"], error["type"]
            long = len(json.dumps(error["loc"], ensure_ascii=False, separators=(",", ":"))) + len(error["type"]) > 1000
            if (kind not in kinds and len(kinds) == most) or long:
                further += 1
            else:
                count, first = kinds.get(kind, (0, reject.record))
                kinds[kind] = count + 1, first
    return kinds, further


@settings(max_examples=40)
@given(
    model=st.sampled_from([Order, Flat]),
    seed=st.integers(0, 1 << 32),
    most=st.sampled_from([0, 1, 2, 5, 20, 10_000]),
    keys=st.sampled_from([1, 5, 1000]),
    block_bytes=st.sampled_from([1, 300, 5000, 1 << 18]),
    workers=st.integers(1, 4),
)
def test_the_first_kinds_are_counted_each(
    model: Any, seed: int, most: int, keys: int, block_bytes: int, workers: int
) -> None:
    """Both engines, and any number of threads, count what stands in the rejects."""
    data = lines(random.Random(seed), 60, keys)
    told = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(boundary, "MOST_KINDS", most)
        for name in ("rust", "python"):
            if name == "rust":
                pytest.importorskip("thresher._engine")
            result = thresher.process(
                data, model, engine=name, format="jsonl", block_bytes=block_bytes, workers=workers
            )
            kinds, further = counted(result, most)
            assert {(c.loc, c.type): (c.count, c.record) for c in result.error_counts} == kinds
            assert result.report.further_errors == further
            told.append((result.error_counts, further))
    assert len({repr(each) for each in told}) == 1


def test_ten_thousand_kinds(engine: Any) -> None:
    """What is past them is one number, in the report and in the summary."""
    data = b"\n".join(b'{"id":1,"prices":{"k%d":"x"}}' % number for number in range(25_000))
    result = thresher.process(data, Order, engine=engine, format="jsonl")
    assert result.rejected == 25_000
    assert len(result.error_counts) == 10_000
    assert result.error_counts[-1] == ErrorCount(
        loc=("prices", "k9999"), type="int_parsing", count=1, source="<bytes>", record=10_000, line=10_000
    )
    assert result.report.further_errors == 15_000
    assert json.loads(result.report.to_json())["further_errors"] == 15_000
    assert "15,000 x errors of too many kinds to count each" in summary(result, {})


def test_no_kind_at_all(engine: Any) -> None:
    """Locs that are too long leave nothing to name."""
    data = b'{"id":1,"%s":1}' % (b"x" * 2000)
    result = thresher.process(data, Order, engine=engine, format="jsonl")
    assert (result.rejected, result.error_counts, result.report.further_errors) == (1, [], 1)
    assert "1 x errors of too many kinds to count each" in summary(result, {})
    assert "top_error" not in repr(result)
    with pytest.raises(thresher.DataProcessingError, match=r"1 of 1 records were rejected, and 0 may be$"):
        result.raise_for_rejects()

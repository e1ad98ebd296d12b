"""Functions of the user's, over batches and over records: what they see, what they may return, what stops the run."""

from __future__ import annotations

import datetime as dt
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import pytest
from pydantic import BaseModel, RootModel

import thresher
from thresher.errors import ConfigurationError, DataProcessingError


class Order(BaseModel):
    order_id: int
    email: str
    quantity: int
    unit_price: float


class Line(BaseModel):
    order_id: int
    email: Annotated[str, thresher.From("email.lower()")]
    total: Annotated[float, thresher.From("quantity * unit_price")]
    each: Annotated[float | None, thresher.From("unit_price if quantity < 100 else None")]
    status: str = "new"
    origin: str = "shop"


class Pair(BaseModel):
    a: int
    b: str


class Only(BaseModel):
    a: int


ORDERS = b"""order_id,email,quantity,unit_price
1,Ada@B.org,2,0.75
2,b@b.org,two,1.5
3,b@b.org,0,1.5
5,b@b.org,2,100
6,b@b.org,3
7,"\xc3\x89@b.org",100,0.125
"""


def pipeline(**settings: Any) -> thresher.Pipeline:
    return thresher.Pipeline(Order, Line, where="quantity > 0", **settings)


def test_map_batches(engine: str, tmp_path: Path) -> None:
    seen: list[dict[str, Any]] = []

    def double(batch: dict[str, np.ndarray[Any, Any]]) -> dict[str, Any]:
        seen.append(batch)
        return {**batch, "total": batch["total"] * 2, "status": ["paid"] * len(batch["total"])}

    result = pipeline(map_batches=double, engine=engine).process(ORDERS, output=tmp_path / "o.csv")
    assert (result.accepted, result.rejected, result.filtered) == (3, 2, 1)
    lines = (tmp_path / "o.csv").read_text().splitlines()
    assert lines[1:] == [
        "1,ada@b.org,3.0,0.75,paid,shop",
        "5,b@b.org,400.0,100.0,paid,shop",
        "7,é@b.org,25.0,,paid,shop",
    ]
    assert sum(len(batch["total"]) for batch in seen) == 3
    (batch,) = seen
    assert {name: array.dtype for name, array in batch.items()} == {
        "order_id": np.int64, "email": object, "total": np.float64, "each": np.float64,
    }  # fmt: skip
    assert batch["each"].mask.tolist() == [False, False, True]


def test_map_batches_of_arrow(engine: str, tmp_path: Path) -> None:
    """A function whose parameter is annotated as a batch of Arrow is given one, and may return one or a mask."""
    pa = pytest.importorskip("pyarrow")
    compute = pytest.importorskip("pyarrow.compute")
    seen: list[object] = []

    def double(batch):  # type: ignore[no-untyped-def]
        seen.append(batch)
        total = compute.multiply(batch["total"], 2)
        return batch.set_column(batch.schema.get_field_index("total"), "total", total)

    def large(batch):  # type: ignore[no-untyped-def]
        return compute.greater(batch["total"], 2)

    for kind in (pa.RecordBatch, pa.Table):
        double.__annotations__ = large.__annotations__ = {"batch": kind}
        result = pipeline(map_batches=double, engine=engine).process(ORDERS, output=tmp_path / "o.csv")
        assert (result.accepted, result.rejected, result.filtered) == (3, 2, 1)
        assert (tmp_path / "o.csv").read_text().splitlines()[1].startswith("1,ada@b.org,3.0,0.75,")
        assert isinstance(seen[-1], kind)
        result = pipeline(map_batches=large, engine=engine).process(ORDERS)
        assert (result.accepted, result.filtered) == (2, 2)


def test_map_batches_may_filter(engine: str) -> None:
    result = pipeline(map_batches=lambda batch: batch["total"] > 2, engine=engine).process(ORDERS)
    assert (result.accepted, result.filtered) == (2, 2)


@pytest.mark.parametrize("kind", ["dict", "dates", "scalars"])
def test_what_map_batches_may_return(engine: str, kind: str) -> None:
    class Moment(BaseModel):
        when: dt.datetime
        day: dt.date | None
        span: dt.timedelta
        n: int

    made: dict[str, Any] = {
        "when": np.array(["2024-01-31T12:00"], "datetime64[m]"),
        "day": np.array(["NaT" if kind == "scalars" else "2024-01-31"], "datetime64[D]"),
        "span": np.array([2], "timedelta64[D]" if kind == "dates" else "timedelta64[ns]"),
        "n": np.array([np.int32(7)], dtype=object if kind == "scalars" else "uint8"),
    }
    values = {"when": "datetime(2020, 1, 1)", "day": "date(2020, 1, 1)", "span": "timedelta(days=1)"}
    found = thresher.Pipeline(Only, Moment, values={**values, "n": "a"}, map_batches=lambda batch: made, engine=engine)
    (record,) = found.process(b"a\n1\n").records()
    assert record.when == dt.datetime(2024, 1, 31, 12)
    assert record.day == (None if kind == "scalars" else dt.date(2024, 1, 31))
    assert record.span == (dt.timedelta(days=2) if kind == "dates" else dt.timedelta(0))
    assert type(record.n) is int


@pytest.mark.parametrize(
    ("function", "says"),
    [
        (lambda batch: 1 / 0, "map_batches raised ZeroDivisionError: division by zero"),
        (lambda batch: None, "map_batches returned NoneType: return a dict of arrays"),
        (lambda batch: np.array([True]), "an array of 3 bool that says which records are kept"),
        (lambda batch: np.array([1, 0, 1]), "returned an array of int64 of shape (3,)"),
        (lambda batch: {"total": [1.0]}, "map_batches returned 1 values of 'total': the batch has 3 records"),
        (lambda batch: {"total": np.zeros((3, 2))}, "returned 'total' with the shape (3, 2)"),
        (lambda batch: {"total": 1.0}, "returned 'total' with the shape ()"),
    ],
)
def test_errors_of_map_batches_stop_the_run(
    engine: str, tmp_path: Path, function: Callable[..., Any], says: str
) -> None:
    with pytest.raises(DataProcessingError) as caught:
        pipeline(map_batches=function, engine=engine).process(ORDERS, output=tmp_path / "o.csv")
    assert str(caught.value).startswith("records 1 to 6 (3 in the batch): ")
    assert says in str(caught.value)
    assert not (tmp_path / "o.csv").exists()


def test_map_records(engine: str) -> None:
    def changed(record: dict[str, Any]) -> dict[str, Any] | None:
        return None if record["order_id"] == 7 else {**record, "origin": "mapped"}

    result = pipeline(map_records=changed, engine=engine).process(ORDERS)
    assert (result.accepted, result.filtered) == (2, 2)
    assert [record.origin for record in result.records()] == ["mapped", "mapped"]


@pytest.mark.parametrize(
    ("function", "says"),
    [
        (lambda record: record["nothing"], "record 1 (line 2): map_records raised KeyError: 'nothing'"),
        (lambda record: 3, "record 1 (line 2): map_records returned int: return a dict"),
    ],
)
def test_errors_of_map_records_stop_the_run(engine: str, function: Callable[..., Any], says: str) -> None:
    with pytest.raises(DataProcessingError) as caught:
        pipeline(map_records=function, engine=engine).process(ORDERS)
    assert str(caught.value).startswith(says)


def test_functions_without_an_output_schema(engine: str) -> None:
    """What a function makes is validated by the input schema once more."""
    result = thresher.Pipeline(
        Pair, map_records=lambda record: {**record, "a": record["a"] * 2}, engine=engine
    ).process(b"a,b\n2,x\n3,y\n")
    assert list(result.records()) == [Pair(a=4, b="x"), Pair(a=6, b="y")]
    result = thresher.Pipeline(Pair, map_records=lambda record: {"a": "x", "b": "y"}, engine=engine).process(
        b"a,b\n2,x\n"
    )
    assert [(reject.stage, reject.errors[0]["type"]) for reject in result.rejects] == [("output", "int_parsing")]


class Open(BaseModel, extra="allow"):
    a: int


@pytest.mark.parametrize(
    ("schema", "why"),
    [
        (dict[str, int], "has no fields"),
        (RootModel[dict[str, int]], "has no fields"),
        (list[Only], "has no fields"),
        (Open, "takes keys that it does not name"),
    ],
)
@pytest.mark.parametrize("function", ["map_records", "map_batches"])
def test_what_a_function_would_not_see_is_refused(schema: Any, why: str, function: str) -> None:
    """Nothing is lost without a word: neither whole records nor the keys that ``extra='allow'`` keeps."""
    with pytest.raises(ConfigurationError, match=f"{function} is given the named fields.*{why}.*output schema"):
        thresher.Pipeline(schema, **{function: lambda rows: rows})


def test_named_fields_of_an_open_model_may_be_mapped(engine: str) -> None:
    pipeline = thresher.Pipeline(Open, Only, map_records=lambda row: {"a": row["a"] + 1}, engine=engine)
    assert list(pipeline.process(b'{"a": 1, "b": 2}\n', format="jsonl").records()) == [Only(a=2)]


def test_map_batches_says_beforehand_that_numpy_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Functions over single records need none."""
    monkeypatch.setitem(sys.modules, "numpy", None)
    with pytest.raises(ConfigurationError, match="map_batches needs NumPy, which is not installed"):
        thresher.Pipeline(Pair, map_batches=lambda columns: columns)
    thresher.Pipeline(Pair, map_records=lambda record: record)

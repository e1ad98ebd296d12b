"""msgspec Structs through the whole of thresher, with each engine."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec
import pytest

import thresher


class Order(msgspec.Struct, rename="camel", kw_only=True):
    """A flat record."""

    order_id: Annotated[int, msgspec.Meta(ge=1)]
    unit_price: float
    note: str | None = None
    ship_date: dt.date | None
    gift: bool = False


class Line(msgspec.Struct):
    """A record of the output."""

    order_id: int
    total: Annotated[float, thresher.From("unit_price * 2"), msgspec.Meta(lt=100)]
    note: str | None = None


CELLS = b"orderId,unitPrice,note,shipDate,gift\n1,2.5,,2024-01-01,true\n2,x,hi,,false\n0,1,,,\n,1,,,\n5,inf,,,TRUE\n"

LINES = (
    b'{"orderId":1,"unitPrice":2.50,"shipDate":null}\n{"orderId":"1","unitPrice":2.5,"shipDate":null}\n'
    b'{"orderId":1,"shipDate":null}\n{"orderId":1\n{"gift":true,"shipDate":"2024-02-29","unitPrice":1,"orderId":2}\n'
)


def test_cells(engine: Any, tmp_path: Path) -> None:
    """From CSV to CSV and JSON Lines."""
    good, bad, lines = tmp_path / "good.csv", tmp_path / "bad.jsonl", tmp_path / "good.jsonl"
    result = thresher.process(CELLS, Order, output=good, rejects=bad, engine=engine)
    assert (result.read, result.accepted, result.rejected) == (5, 2, 3)
    assert good.read_text() == ("orderId,unitPrice,note,shipDate,gift\n1,2.5,,2024-01-01,true\n5,inf,,,true\n")
    errors = [json.loads(line)["errors"] for line in bad.read_text().splitlines()]
    assert errors == [
        [{"type": "float_type", "loc": ["unitPrice"], "msg": "Expected `float`, got `str`", "input": "x"}],
        [{"type": "greater_than_equal", "loc": ["orderId"], "msg": "Expected `int` >= 1", "input": "0"}],
        [{
            "type": "missing", "loc": ["orderId"], "msg": "Object missing required field `orderId`",
            "input": {"unitPrice": "1", "shipDate": None},
        }],
    ]  # fmt: skip
    thresher.process(CELLS, Order, output=lines, engine=engine)
    assert lines.read_text() == (
        '{"orderId":1,"unitPrice":2.5,"note":null,"shipDate":"2024-01-01","gift":true}\n'
        '{"orderId":5,"unitPrice":null,"note":null,"shipDate":null,"gift":true}\n'
    )


def test_lines(engine: Any) -> None:
    """JSON Lines, kept in memory."""
    result = thresher.process(LINES, Order, engine=engine)
    assert list(result.records()) == [
        Order(order_id=1, unit_price=2.5, ship_date=None),
        Order(order_id=2, unit_price=1.0, ship_date=dt.date(2024, 2, 29), gift=True),
    ]
    assert [[(error["type"], error["loc"]) for error in reject.errors] for reject in result.rejects] == [
        [("int_type", ("orderId",))],
        [("missing", ("unitPrice",))],
        [("json_invalid", ())],
    ]
    assert result.rejects[0].errors[0]["input"] == "1"
    arrays = result.to_numpy()
    assert arrays["order_id"].tolist() == [1, 2]
    assert arrays["ship_date"].mask.tolist() == [True, False]
    assert set(result.report.versions) == {"thresher", "python", "msgspec"}


def test_arrow(engine: Any) -> None:
    """Columns of Arrow have the types of the annotations."""
    pytest.importorskip("pyarrow")
    table = thresher.process(CELLS, Order, engine=engine).to_arrow()
    assert [str(field.type) for field in table.schema] == ["int64", "double", "string", "date32[day]", "bool"]


class Point(msgspec.Struct, omit_defaults=True, tag="point", forbid_unknown_fields=True):
    """What is written otherwise than it is declared."""

    x: int
    tags: list[str] = []
    y: int | None = None


def test_settings_of_a_struct(engine: Any, tmp_path: Path) -> None:
    """A tag, omitted defaults and forbidden keys are msgspec's own."""
    good = tmp_path / "good.jsonl"
    lines = b'{"x":1,"tags":[]}\n{"type":"point","x":2,"tags":["a"],"y":null}\n{"type":"line","x":1}\n{"x":1,"z":1}\n'
    result = thresher.process(lines, Point, output=good, engine=engine)
    assert good.read_text() == '{"type":"point","x":1}\n{"type":"point","x":2,"tags":["a"]}\n'
    assert [(count.type, count.loc) for count in result.error_counts] == [
        ("union_tag_invalid", ("type",)),
        ("extra_forbidden", ("z",)),
    ]
    table = tmp_path / "good.csv"
    thresher.process(lines, Point, output=table, engine=engine)
    assert table.read_text() == 'type,x,tags,y\npoint,1,,\npoint,2,"[""a""]",\n'
    result = thresher.process(b"x,z\n1,\n2,3\n", Point, engine=engine)
    assert list(result.records()) == [Point(x=1)]
    assert [(count.type, count.loc) for count in result.error_counts] == [("extra_forbidden", ("z",))]


class Checked(msgspec.Struct):
    """Has user code."""

    x: int

    def __post_init__(self) -> None:
        """Refuse some, and crash over others."""
        if self.x == 2:
            raise ValueError("two is too many")
        if self.x == 3:
            raise KeyError("three")


def test_user_code(engine: Any) -> None:
    """What a ``__post_init__`` raises refuses a record, or stops the run."""
    result = thresher.process(b"x\n1\n2\n", Checked, engine=engine)
    assert result.rejects[0].errors == [
        {"type": "value_error", "loc": (), "msg": "two is too many", "input": {"x": "2"}}
    ]
    with pytest.raises(
        thresher.DataProcessingError, match=r"record 3 \(line 4\): the schema raised KeyError in __post"
    ):
        thresher.process(b"x\n1\n2\n3\n", Checked, engine=engine)


def test_transforms(engine: Any, tmp_path: Path) -> None:
    """Structs are schemas of the input and of the output."""
    good = tmp_path / "good.jsonl"
    data = b"orderId,unitPrice,note,shipDate\n1,2.5,a,\n2,50,b,\n3,1,c,\n"
    pipeline = thresher.Pipeline(Order, Line, where="order_id < 3")
    result = pipeline.process(data, output=good, engine=engine)
    assert (result.accepted, result.rejected, result.filtered) == (1, 1, 1)
    assert good.read_text() == '{"order_id":1,"total":5.0,"note":"a"}\n'
    assert [(count.type, count.loc) for count in result.error_counts] == [("less_than", ("total",))]
    chosen = thresher.Pipeline(Order, select=["order_id", "ship_date"], values={"half": "unit_price / 2"})
    chosen.process(data, output=good, engine=engine)
    assert good.read_text().splitlines()[0] == '{"orderId":1,"shipDate":null,"half":1.25}'


class Reading(msgspec.Struct):
    """A record of many types."""

    n: int
    x: float | None = None
    name: str = "a"
    kind: Literal["a", "b"] = "a"
    day: dt.date | None = None
    at: dt.datetime | None = None
    took: dt.timedelta = dt.timedelta(0)
    ok: bool = False


@pytest.mark.parametrize(
    ("where", "kept"),
    [
        ("n % 2 == 1", [1, 3]), ("x is None", [2]), ("x is not None and x > 2", [1, 3]), ("name == 'é'", [2]),
        ("kind == 'b'", [3]), ("day is not None and day.month == 1", [1]),
        ("at is not None and at.hour == 0", [1, 2]), ("took.days >= 1", [1]), ("not ok", [2, 3]),
        ("len(name) < 1 or ok", [1]),
    ],
)  # fmt: skip
def test_filters_are_native(engine: Any, where: str, kept: list[int]) -> None:
    """Expressions see the values of a Struct, in both formats."""
    cells = (
        "n,x,name,kind,day,at,took,ok\n1,2.5,b,,2024-01-01,2024-01-01T00:00:00Z,PT36H,true\n"
        "2,null,é,a,,2024-01-01 00:00:00.5,,0\n3,1e16,,b,Null,,PT1S,FALSE\n".encode()
    )
    lines = (
        b'{"n":1,"x":2.5,"name":"b","day":"2024-01-01","at":"2024-01-01T00:00:00Z","took":"PT36H","ok":true}\n'
        b'{"n":2,"x":null,"name":"\\u00e9","at":"2024-01-01 00:00:00.5"}\n{"n":3,"x":1e16,"kind":"b","took":"PT1S"}\n'
    )
    pipeline = thresher.Pipeline(Reading, where=where)
    for data, format in ((cells, "csv"), (lines, "jsonl")):
        result = pipeline.process(data, engine=engine, format=format)
        assert [record.n for record in result.records()] == kept
        assert result.rejected == 0
        if engine == "rust":
            assert result.report.engine.asked_records == 0


def test_half_a_pair_is_shown_as_text(engine: str) -> None:
    line = '{"a":"\\ud800","n":5}'

    class One(msgspec.Struct):
        a: int

    reject = thresher.process(f"{line}\n".encode(), One, format="jsonl", engine=engine).rejects[0]
    assert [reject.errors[0]["input"], reject.told[0]["input"]] == [line, line]

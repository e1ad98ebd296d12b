"""Output schemas, checks, filters and functions: the same from both engines, and every reject says why."""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
from decimal import Decimal
from enum import Enum
from pathlib import Path
from typing import Annotated, Any, Literal

import pytest
from pydantic import (
    AfterValidator,
    AnyUrl,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    computed_field,
    field_serializer,
    field_validator,
    model_validator,
)

import thresher


class Order(BaseModel):
    order_id: Annotated[int, Field(ge=1)]
    email: str
    quantity: int
    unit_price: float
    status: Literal["new", "paid", "cancelled"] = "new"
    ordered_on: dt.date
    ship_date: dt.date | None = None
    discount: float = 0


class Line(BaseModel):
    order_id: int
    email: Annotated[str, thresher.From("email.lower()")]
    total: Annotated[float, Field(ge=0, le=1000), thresher.From("quantity * unit_price * (1 - discount)")]
    each: Annotated[float | None, thresher.From("unit_price / quantity if quantity < 100 else None")]
    status: Literal["new", "paid", "cancelled"]
    origin: str = "shop"


CHECKS = [
    thresher.Check("ship_date is None or ship_date >= ordered_on", "shipped before it was ordered"),
    "order_id < 100",
]

ORDERS = b"""order_id,email,quantity,unit_price,status,ordered_on,ship_date,discount
1,Ada@B.org,2,1.5,new,2024-01-01,,0.5
2,b@b.org,2,1.5,cancelled,2024-01-01,,
3,b@b.org,0,1.5,paid,2024-01-01,2024-01-05,
4,b@b.org,2,1.5,new,2024-01-01,2023-12-31,
5,b@b.org,2,1e9,new,2024-01-01,,0
6,b@b.org,two,1.5,new,2024-01-01,,
7,"\xc3\x89@b.org",100,0.125,paid,2024-01-01,,
800,b@b.org,2,1.5,new,2024-01-01,2020-01-01,
9,b@b.org,2
0,b@b.org,2,1.5,cancelled,2024-01-01,,
"""


def pipeline(**settings: Any) -> thresher.Pipeline:
    return thresher.Pipeline(Order, Line, where="status != 'cancelled'", checks=CHECKS, **settings)


def test_accounting(engine: str) -> None:
    result = pipeline().process(ORDERS, engine=engine)
    assert (result.read, result.accepted, result.rejected, result.filtered) == (10, 2, 7, 1)
    assert result.report.sources[0].filtered == 1
    assert "filtered=1" in repr(result)
    assert {(reject.record, reject.stage) for reject in result.rejects} == {
        (3, "transform"), (4, "check"), (5, "output"), (6, "validate"), (8, "check"), (9, "split"), (10, "validate"),
    }  # fmt: skip


def test_records_are_instances_of_the_output_schema(engine: str) -> None:
    result = pipeline().process(ORDERS, engine=engine)
    assert list(result.records()) == [
        Line(order_id=1, email="ada@b.org", total=1.5, each=0.75, status="new"),
        Line(order_id=7, email="é@b.org", total=12.5, each=None, status="paid"),
    ]
    assert result.to_numpy()["total"].tolist() == [1.5, 12.5]


def test_files(engine: str, tmp_path: Path) -> None:
    for name in ("good.csv", "good.tsv", "good.jsonl"):
        pipeline().process(ORDERS, output=tmp_path / name, engine=engine)
    assert (tmp_path / "good.csv").read_text().splitlines() == [
        "order_id,email,total,each,status,origin",
        "1,ada@b.org,1.5,0.75,new,shop",
        "7,é@b.org,12.5,,paid,shop",
    ]
    assert (tmp_path / "good.tsv").read_text().splitlines()[0] == "order_id\temail\ttotal\teach\tstatus\torigin"
    assert (tmp_path / "good.jsonl").read_text().splitlines() == [
        '{"order_id":1,"email":"ada@b.org","total":1.5,"each":0.75,"status":"new","origin":"shop"}',
        '{"order_id":7,"email":"é@b.org","total":12.5,"each":null,"status":"paid","origin":"shop"}',
    ]


def test_rejects_say_why(engine: str, tmp_path: Path) -> None:
    result = pipeline().process(ORDERS, rejects=tmp_path / "bad.jsonl", engine=engine)
    found = {reject.record: reject for reject in result.rejects}
    (error,) = found[3].errors
    text = "unit_price / quantity if quantity < 100 else None"
    assert error == {
        "type": "zero_division",
        "loc": ("each",),
        "msg": f"Division by zero in expression {text}: float division by zero",
        "input": {"quantity": 0, "unit_price": 1.5},
        "ctx": {"expression": text},
    }
    (error,) = found[4].errors
    assert error == {
        "type": "check_failed",
        "loc": (),
        "msg": "shipped before it was ordered",
        "input": {"ship_date": "2023-12-31", "ordered_on": "2024-01-01"},
        "ctx": {"expression": "ship_date is None or ship_date >= ordered_on"},
    }
    (error,) = found[5].errors
    assert error == {
        "type": "less_than_equal",
        "loc": ("total",),
        "msg": "Input should be less than or equal to 1000",
        "input": 2e9,
        "ctx": {"le": 1000.0},
    }
    assert [error["msg"] for error in found[8].errors] == [
        "shipped before it was ordered",
        "Check failed: order_id < 100",
    ]
    counts = {(one.loc, one.type): one.count for one in result.error_counts}
    assert counts[(), "check_failed"] == 3


def test_rejects_as_csv_keep_the_columns(engine: str, tmp_path: Path) -> None:
    pipeline().process(ORDERS, rejects=tmp_path / "bad.csv", engine=engine)
    lines = (tmp_path / "bad.csv").read_text().splitlines()
    assert lines[1] == (
        "3,b@b.org,0,1.5,paid,2024-01-01,2024-01-05,,3,4,each: Division by zero in expression unit_price / quantity if "
        "quantity < 100 else None: float division by zero [zero_division]"
    )
    assert lines[2].endswith(",4,5,shipped before it was ordered [check_failed]")


def test_engines_write_the_same_bytes(tmp_path: Path) -> None:
    pytest.importorskip("thresher._engine", exc_type=ModuleNotFoundError)
    line = b"%d,x%d@b.org,%d,%d.25,paid,2024-01-0%d,,\n"
    data = ORDERS + b"".join(line % (n % 120, n, n % 7, n, n % 9 + 1) for n in range(5000))
    for suffix in (".jsonl", ".csv"):
        found = []
        for engine, blocks in (("rust", 1), ("rust", 1 << 16), ("python", 1 << 16)):
            good, bad = tmp_path / f"good{suffix}", tmp_path / f"bad{suffix}"
            pipeline().process(data, output=good, rejects=bad, engine=engine, block_bytes=blocks)
            found.append((good.read_bytes(), bad.read_bytes()))
        assert found[0] == found[1] == found[2]


def test_where_alone_keeps_the_schema(engine: str) -> None:
    only = thresher.Pipeline(Order, where="quantity > 2", engine=engine).process(ORDERS)
    assert list(only.records()) == [
        Order(
            order_id=7, email="É@b.org", quantity=100, unit_price=0.125, status="paid", ordered_on=dt.date(2024, 1, 1)
        )
    ]
    (record,) = only.records()
    assert record.model_fields_set == {"order_id", "email", "quantity", "unit_price", "status", "ordered_on"}


def test_where_may_raise(engine: str) -> None:
    result = thresher.Pipeline(Order, where="1 / quantity > 0.1", engine=engine).process(ORDERS)
    (reject,) = (reject for reject in result.rejects if reject.stage == "transform")
    assert (reject.record, reject.errors[0]["loc"], reject.errors[0]["input"]) == (3, (), {"quantity": 0})


def test_checks_that_raise_come_before_checks_that_fail(engine: str) -> None:
    result = thresher.Pipeline(Order, checks=["quantity > 1000", "1 / quantity > 0"], engine=engine).process(ORDERS)
    assert {reject.stage for reject in result.rejects if reject.record == 3} == {"transform"}


def test_every_output_that_raises_is_told(engine: str) -> None:
    values = {"a": "1 / quantity", "b": "order_id // quantity", "c": "email[99]"}
    result = thresher.Pipeline(Order, select=[], values=values, engine=engine).process(ORDERS)
    (reject,) = (reject for reject in result.rejects if reject.record == 3)
    assert [(error["loc"], error["type"]) for error in reject.errors] == [
        (("a",), "zero_division"), (("b",), "zero_division"), (("c",), "index_error"),
    ]  # fmt: skip


def test_numbers_beyond_64_bits(engine: str) -> None:
    class Wide(BaseModel):
        n: int

    result = thresher.Pipeline(Wide, values={"square": "n * n", "text": "str(n * n)"}, engine=engine).process(
        b"n\n9223372036854775807\n-5\n99999999999999999999\n"
    )
    wanted = [(n, n * n, str(n * n)) for n in (2**63 - 1, -5, 10**20 - 1)]
    assert [(one.n, one.square, one.text) for one in result.records()] == wanted


def test_infinite_inputs_are_text_in_rejects(engine: str) -> None:
    class Number(BaseModel):
        x: float

    result = thresher.Pipeline(Number, checks=["x < 1"], engine=engine).process(b"x\ninf\nnan\n")
    assert [reject.errors[0]["input"] for reject in result.rejects] == [{"x": "Infinity"}, {"x": "NaN"}]


class Color(Enum):
    RED = "red"


class Rich(BaseModel):
    """Fields of all kinds, to be copied."""

    model_config = ConfigDict(populate_by_name=True)

    a: Annotated[str, Field(alias="A a", pattern="^x"), StringConstraints(strip_whitespace=True)]
    b: Decimal
    c: Color
    d: AnyUrl
    e: dt.timedelta | None = None
    f: Annotated[str, AfterValidator(str.upper)] = "f"
    g: bytes = b"g"
    h: dt.datetime = dt.datetime(2024, 1, 31)
    i: int = 3


class Copied(BaseModel):
    i: float
    h: dt.datetime
    g: bytes
    f: str
    e: dt.timedelta | None
    d: AnyUrl
    c: Color
    b: Annotated[Decimal, Field(alias="B")]
    a: str


RICH = (
    b"A a,b,c,d,e,f,g,h,i\n x,1.50,red,https://example.org,PT1M,low,,2024-02-03T04:05:06Z,7\nx,2,red,http://a.b,,,,,\n"
)


@pytest.mark.parametrize("output", [Copied, None])
def test_copies(engine: str, output: Any, tmp_path: Path) -> None:
    """What is copied is what the output model makes of the input's values."""
    result = thresher.Pipeline(Rich, output, select=None if output else ["a", "c", "i"], engine=engine).process(
        RICH, output=tmp_path / "o.jsonl"
    )
    assert result.accepted == 2
    rows = csv.DictReader(io.StringIO(RICH.decode()))
    inputs = [Rich.model_validate({key: cell for key, cell in row.items() if cell}) for row in rows]
    lines = (tmp_path / "o.jsonl").read_text().splitlines()
    if output is None:
        assert lines == ['{"a":"x","c":"red","i":7}', '{"a":"x","c":"red","i":3}']
        return
    wanted = [Copied.model_validate({**one.__dict__, "B": one.b}) for one in inputs]
    assert lines == [one.model_dump_json() for one in wanted]


class Pair(BaseModel):
    a: int
    b: str


def outputs() -> dict[str, Any]:
    """Output models that Pydantic has to make, and one that is made natively."""

    class Native(BaseModel):
        b: Annotated[str, Field(max_length=3)]
        a: Annotated[int, Field(le=5)]

    class Validated(BaseModel):
        a: int
        b: str

        @field_validator("b")
        @classmethod
        def _short(cls, value: str) -> str:
            if len(value) > 3:
                raise ValueError("too long")
            return value + "!"

    class Whole(BaseModel):
        a: int
        b: str

        @model_validator(mode="after")
        def _odd(self) -> Any:
            if self.a > 5:
                raise ValueError("too large")
            return self

    class Computed(BaseModel):
        a: int

        @computed_field
        def double(self) -> int:
            return self.a * 2

    class Serialized(BaseModel):
        a: int
        b: str

        @field_serializer("a")
        def _hex(self, value: int) -> str:
            return hex(value)

    class Aliased(BaseModel):
        model_config = ConfigDict(serialize_by_alias=True)
        a: Annotated[int, Field(alias="the a")]
        b: Annotated[str, Field(serialization_alias="the b")]

    class Strict(BaseModel):
        model_config = ConfigDict(strict=True, extra="forbid")
        a: int
        b: str

    return {each.__name__: each for each in (Native, Validated, Whole, Computed, Serialized, Aliased, Strict)}


@pytest.mark.parametrize("name", outputs())
def test_output_schemas_of_every_kind(engine: str, name: str, tmp_path: Path) -> None:
    output = outputs()[name]
    data = b"a,b\n1,x\n9,y\n2,long\n"
    wanted = []
    for a, b in ((1, "x"), (9, "y"), (2, "long")):
        try:
            row = {"a": a, "b": b, "the a": a}
            keys = {info.alias or field for field, info in output.model_fields.items()}
            made = output.model_validate({key: value for key, value in row.items() if key in keys})
        except ValueError:
            continue
        wanted.append(made.model_dump_json())
    result = thresher.Pipeline(Pair, output, engine=engine).process(data, output=tmp_path / "o.jsonl")
    assert (tmp_path / "o.jsonl").read_text().splitlines() == wanted
    assert result.rejected == 3 - len(wanted)
    assert all(reject.stage == "output" for reject in result.rejects)
    thresher.Pipeline(Pair, output, engine=engine).process(data, output=tmp_path / "o.csv")
    header = list(json.loads(wanted[0]))
    assert (tmp_path / "o.csv").read_text().splitlines()[0] == ",".join(header)


def test_extra_columns_pass_where_there_is_no_output_schema(engine: str, tmp_path: Path) -> None:
    class Open(BaseModel):
        model_config = ConfigDict(extra="allow")
        a: int

    thresher.Pipeline(Open, where="a > 1", engine=engine).process(b"z,a\n1,1\n2,2\n", output=tmp_path / "o.csv")
    assert (tmp_path / "o.csv").read_text() == "a,z\n2,2\n"
    thresher.Pipeline(Open, Only, engine=engine).process(b"z,a\n1,1\n", output=tmp_path / "p.csv")
    assert (tmp_path / "p.csv").read_text() == "a\n1\n"


class Only(BaseModel):
    a: int


def test_json_lines(engine: str, tmp_path: Path) -> None:
    rows = [
        {
            "order_id": 1,
            "email": "Ada@B.org",
            "quantity": 2,
            "unit_price": 1.5,
            "ordered_on": "2024-01-01",
            "discount": 0.5,
        },
        {"order_id": 2, "email": "b@b.org", "quantity": 0, "unit_price": 1.5, "ordered_on": "2024-01-01"},
        {
            "order_id": 3,
            "email": "b@b.org",
            "quantity": 1,
            "unit_price": 1,
            "ordered_on": "2024-01-01",
            "status": "cancelled",
        },
        {"order_id": 4},
    ]
    data = "".join(json.dumps(row) + "\n" for row in rows).encode()
    result = pipeline().process(data, output=tmp_path / "o.csv", rejects=tmp_path / "r.jsonl", engine=engine)
    assert (result.accepted, result.rejected, result.filtered) == (1, 2, 1)
    assert (tmp_path / "o.csv").read_text().splitlines()[1] == "1,ada@b.org,1.5,0.75,new,shop"
    assert [reject.stage for reject in result.rejects] == ["transform", "validate"]


@pytest.mark.parametrize("where", ["f'{ordered_on:%Y}' == '2024'", "email.split()[0] != ''"])
def test_what_is_not_native_gives_the_same(engine: str, where: str, tmp_path: Path) -> None:
    thresher.Pipeline(Order, where=f"({where}) and quantity > 2", engine=engine).process(
        ORDERS, output=tmp_path / "o.csv"
    )
    assert (tmp_path / "o.csv").read_text().splitlines() == [
        "order_id,email,quantity,unit_price,status,ordered_on,ship_date,discount",
        "7,É@b.org,100,0.125,paid,2024-01-01,,0.0",
    ]


def test_several_sources(engine: str, tmp_path: Path) -> None:
    for name in ("a.csv", "b.csv"):
        (tmp_path / name).write_bytes(ORDERS)
    result = pipeline().process(str(tmp_path / "*.csv"), output=tmp_path / "o.jsonl", engine=engine)
    assert [(one.read, one.accepted, one.rejected, one.filtered) for one in result.report.sources] == [
        (10, 2, 7, 1)
    ] * 2


def test_an_inferred_schema_is_transformed(engine: str, tmp_path: Path) -> None:
    from thresher.run import run
    from thresher.target import Targets
    from thresher.transform.spec import Spec

    spec = Spec.of(where="size > 1", values={"area": "size * size"})
    config = thresher.Config(engine=engine)  # type: ignore[arg-type]
    result = run(b"size\n1\n2\n3\n", None, Targets.named(tmp_path / "o.csv", None, None), config, spec=spec)
    assert (result.filtered, (tmp_path / "o.csv").read_text()) == (1, "size,area\n2,4\n3,9\n")


def test_records_that_are_lists(engine: str) -> None:
    """A list that a schema accepts is no list of errors."""
    pipeline = thresher.Pipeline(list[int], checks=["1 > 0"])
    result = pipeline.process(b'[1,"2"]\n[]\n["x"]\n', format="jsonl", engine=engine)
    assert [*result.records()] == [[1, 2], []]
    assert [reject.errors[0]["type"] for reject in result.rejects] == ["int_parsing"]

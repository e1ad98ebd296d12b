"""Accepted records as Arrow: the same types and values from both engines, and what others take it for."""

from __future__ import annotations

import datetime as dt
import json
import sys
from dataclasses import dataclass
from decimal import Decimal
from enum import Enum, IntEnum
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
import numpy as np
import pytest
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, PastDate, RootModel, TypeAdapter, field_validator
from typing_extensions import TypedDict

import thresher
from thresher.arrays import to_arrays
from thresher.arrow import array_of, table
from thresher.arrow_types import type_of
from thresher.errors import ConfigurationError
from thresher.schema.annotations import annotated

pa = pytest.importorskip("pyarrow")


class Colour(Enum):
    """Of text."""

    RED = "red"
    BLUE = "blue"


class Level(IntEnum):
    """Of ints."""

    LOW = 1
    HIGH = 2


class Wide(BaseModel):
    """A field of each kind."""

    i: int
    f: float
    b: bool
    s: str
    raw: bytes
    day: dt.date
    at: dt.datetime
    zoned: AwareDatetime
    clock: dt.time
    span: dt.timedelta
    price: Annotated[Decimal, Field(decimal_places=3)]
    key: UUID
    colour: Colour
    level: Level
    unit: Literal["kg", "lb"]
    size: Literal["S", "M"] | None
    either: int | str
    ni: int | None
    nf: float | None
    ns: str | None
    nday: dt.date | None
    di: int = 7
    ds: str = "none"
    dday: dt.date = dt.date(2020, 2, 29)
    dnull: int | None = None
    dcolour: Colour = Colour.BLUE


GOOD = [
    "1,1.5,true,é,x,2024-01-31,2024-01-31T10:00:00.5,2024-01-31T10:00:00+02:00,10:30:00,PT1H,1.5,"
    "12345678-1234-5678-1234-567812345678,red,1,kg,S,5,1,1.5,a,2024-01-01,1,b,2021-01-01,5,red",
    "-2,-inf,no,q,y,0001-01-01,1000-01-01T00:00:00,2024-01-31T10:00:00Z,23:59:59.999999,-P1D,-20.125,"
    "12345678123456781234567812345678,blue,2,lb,M,x,,,,,,,,,",
    "3,nan,1,\"a,b\",z,9999-12-31,2024-12-31 23:59,2024-12-31T23:59:59.999999-05:30,00:00:00,P1DT1S,3,"
    "12345678-1234-5678-1234-567812345678,red,1,kg,,7,9,0.1,ü,2000-02-29,,,,,",
]  # fmt: skip
HEADER = ",".join(Wide.model_fields)


def _csv(*lines: str) -> bytes:
    return "\n".join([HEADER, *lines, ""]).encode()


ALL = _csv(*GOOD, "bad,1")
TYPES = {
    "i": "int64", "f": "double", "b": "bool", "s": "string", "raw": "binary", "day": "date32[day]",
    "at": "timestamp[us]", "zoned": "timestamp[us, tz=UTC]", "clock": "time64[us]", "span": "duration[us]",
    "price": "decimal128(38, 3)", "key": "string", "colour": "string", "level": "int64", "unit": "string",
    "size": "string", "either": "string", "ni": "int64", "nf": "double", "ns": "string", "nday": "date32[day]",
    "di": "int64", "ds": "string", "dday": "date32[day]", "dnull": "int64", "dcolour": "string",
}  # fmt: skip


def _table(data: bytes, schema: Any, engine: str, **settings: Any) -> Any:
    result = thresher.process(data, schema, engine=engine, **settings)
    made = result.to_arrow()
    made.validate(full=True)
    assert made.num_rows == result.accepted
    return made


def _plain(value: Any) -> Any:
    """Return what a column holds for a value of the model."""
    value = value.value if isinstance(value, Enum) else value
    return str(value) if isinstance(value, UUID) else value


@pytest.mark.parametrize("block_bytes", [64, 1 << 18])
@pytest.mark.parametrize("data", [ALL, _csv()], ids=["full", "empty"])
def test_types_and_values(data: bytes, engine: str, block_bytes: int) -> None:
    result = thresher.process(data, Wide, engine=engine, block_bytes=block_bytes)
    made = result.to_arrow()
    made.validate(full=True)
    types = {field.name: str(field.type) for field in made.schema}
    assert types == {**TYPES, "either": "string"}
    records = list(result.records())
    assert len(records) == (3 if data is ALL else 0)
    for name in TYPES:
        found = made[name].to_pylist()
        expected = [_plain(getattr(record, name)) for record in records]
        if name == "either":
            expected = [str(value) for value in expected]
        assert repr(found) == repr(expected) or found == expected


def test_both_engines_agree() -> None:
    pytest.importorskip("thresher._engine")
    rust, python = (_table(ALL, Wide, engine, block_bytes=99) for engine in ("rust", "python"))
    assert rust.schema == python.schema
    assert repr(rust.to_pylist()) == repr(python.to_pylist())


class Asked(BaseModel):
    """Records and cells that Pydantic makes stand between those of the engine."""

    n: int
    s: str
    day: dt.date
    at: dt.datetime
    on: bool = True
    doubled: int = 5

    @field_validator("doubled")
    @classmethod
    def _double(cls, value: int) -> int:
        return value * 2


def test_values_of_pydantic_stand_in_between(engine: str) -> None:
    lines = ["n,s,day,at,on,doubled"]
    for n in range(50):
        lines.append(f"{n},t{n},2024-01-{n % 28 + 1:02},2024-01-01T00:00:{n:02},{'yes' if n % 2 else ''},{n}")
    # Forms that the engine leaves to Pydantic.
    lines += ["1_000,x,1704067200,2024-01-01 00:00,true,1", "+5,y,2024-01-01T00:00:00,2024-01-01t00:00:00,,", ""]
    data = "\n".join(lines).encode()
    result = thresher.process(data, Asked, engine=engine, block_bytes=200)
    made = result.to_arrow()
    records = list(result.records())
    assert made.to_pylist() == [record.model_dump() for record in records]
    assert [str(field.type) for field in made.schema] == [
        "int64", "string", "date32[day]", "timestamp[us]", "bool", "int64",
    ]  # fmt: skip


class Numbers(BaseModel):
    """Plain types only, as arrays of NumPy."""

    i: int
    f: float
    b: bool
    d: dt.timedelta
    ni: int | None
    nf: float | None
    di: int = 3
    db: bool = True
    dn: int | None = None
    bad: float = 1  # a default that is not validated


def test_arrays_are_those_of_the_instances(engine: str) -> None:
    data = (
        b"i,f,b,d,ni,nf,di,db,dn,bad\n1,0.5,true,PT1S,,,1,false,,2\n2,nan,false,PT2S,5,1.5,,,,\n3,inf,no,PT0S,,,,,6,\n"
    )
    for settings in ({}, {"block_bytes": 30}):
        result = thresher.process(data, Numbers, engine=engine, **settings)
        found, expected = result.to_numpy(), to_arrays(Numbers, result.records())
        assert found.keys() == expected.keys()
        for name, array in expected.items():
            assert type(found[name]) is type(array)
            assert found[name].dtype == array.dtype
            np.testing.assert_array_equal(found[name], array)
            if isinstance(array, np.ma.MaskedArray):
                np.testing.assert_array_equal(np.ma.getmaskarray(found[name]), np.ma.getmaskarray(array))
            assert found[name].flags.writeable


def test_an_int_beyond_64_bits(engine: str) -> None:
    class Big(BaseModel):
        n: int

    made = _table(b"n\n1\n100000000000000000000\n", Big, engine)
    assert str(made.schema.field("n").type) == "decimal128(38, 0)"
    assert made["n"].to_pylist() == [1, 10**20]
    made = _table(b"n\n1\n" + b"9" * 60 + b"\n", Big, engine)
    assert made["n"].to_pylist() == ["1", "9" * 60]


def test_a_decimal_that_is_no_number(engine: str) -> None:
    class Price(BaseModel):
        p: Annotated[Decimal, Field(allow_inf_nan=True)]

    assert _table(b"p\n1.50\nNaN\n", Price, engine)["p"].to_pylist() == ["1.50", "NaN"]
    made = _table(b"p\n1.50\n100\n1e3\n", Price, engine)
    assert str(made.schema.field("p").type) == "decimal128(38, 2)"
    assert made["p"].to_pylist() == [Decimal("1.50"), Decimal(100), Decimal(1000)]


def test_datetimes_with_and_without_a_time_zone(engine: str) -> None:
    class At(BaseModel):
        at: dt.datetime

    mixed = _table(b"at\n2024-01-01T00:00:00\n2024-01-01T00:00:00Z\n", At, engine)
    assert mixed["at"].to_pylist() == ["2024-01-01T00:00:00", "2024-01-01T00:00:00Z"]
    aware = _table(b"at\n2024-01-01T00:00:00+02:00\n", At, engine)
    assert str(aware.schema.field("at").type) == "timestamp[us, tz=UTC]"
    assert aware["at"].to_pylist() == [dt.datetime(2023, 12, 31, 22, tzinfo=dt.UTC)]


def test_a_duration_beyond_64_bits(engine: str) -> None:
    class Span(BaseModel):
        span: dt.timedelta

    assert _table(b"span\nP999999999D\n", Span, engine)["span"].to_pylist() == ["P2739726Y9D"]


def test_extra_columns(engine: str) -> None:
    class Open(BaseModel):
        model_config = ConfigDict(extra="allow")
        a: int

    made = _table(b"a,x\n1,p\n2,\n", Open, engine)
    assert made.to_pylist() == [{"a": 1, "x": "p"}, {"a": 2, "x": None}]


def test_sources_with_different_columns(engine: str) -> None:
    class Pair(BaseModel):
        a: int
        b: str = "none"

    result = thresher.process([b"a,b\n1,x\n", b"a\n2\n", b"b,a\ny,3\n"], Pair, engine=engine)
    assert result.to_arrow().to_pylist() == [{"a": 1, "b": "x"}, {"a": 2, "b": "none"}, {"a": 3, "b": "y"}]


def test_records_of_an_output_schema(engine: str) -> None:
    class Order(BaseModel):
        a: int
        b: float

    class Line(BaseModel):
        a: int
        total: Annotated[float, thresher.From("a * b")]

    pipeline = thresher.Pipeline(Order, Line, where="a > 1", engine=engine)
    assert pipeline.process(b"a,b\n1,2\n2,1.5\n").to_arrow().to_pylist() == [{"a": 2, "total": 3.0}]


def test_a_record_of_every_route(engine: str) -> None:
    class Whole(BaseModel):
        a: int
        b: str | None

        def model_post_init(self, context: Any) -> None:
            object.__setattr__(self, "a", self.a + 1)

    assert _table(b"a,b\n1,x\n2,\n", Whole, engine).to_pylist() == [{"a": 2, "b": "x"}, {"a": 3, "b": None}]


class TestNested:
    """Values in values."""

    class Point(BaseModel):
        x: int
        at: dt.datetime | None = None

    class Typed(TypedDict, total=False):
        a: int
        b: str

    @dataclass
    class Pair:
        left: int
        right: list[float]

    class Tree(BaseModel):
        value: int
        children: list[TestNested.Tree] = []

    class Outer(BaseModel):
        tags: list[str]
        numbers: set[int] | None
        point: TestNested.Point
        typed: TestNested.Typed
        pair: TestNested.Pair
        lines: list[TestNested.Point]
        prices: dict[str, Decimal]
        two: tuple[int, int]
        mixed: tuple[int, str]
        free: Any
        tree: TestNested.Tree

    VALUE = {  # noqa: RUF012
        "tags": ["a", "b"], "numbers": None, "point": {"x": 1, "at": "2024-01-01T00:00:00Z"}, "typed": {"a": 1},
        "pair": {"left": 1, "right": [0.5]}, "lines": [{"x": 2}], "prices": {"a": "1.50"}, "two": [1, 2],
        "mixed": [1, "x"], "free": {"k": [1]}, "tree": {"value": 1, "children": [{"value": 2}]},
    }  # fmt: skip

    def test_types_and_values(self) -> None:
        self.Outer.model_rebuild()
        record = self.Outer.model_validate(self.VALUE)
        made = {
            name: array_of(pa, [getattr(record, name), None], annotation)
            for name, annotation in annotated(self.Outer).items()
        }
        assert {name: array.to_pylist()[0] for name, array in made.items()} == {
            **self.VALUE,
            "typed": {"a": 1, "b": None}, "lines": [{"x": 2, "at": None}], "prices": [("a", "1.50")],
            "mixed": '[1,"x"]', "free": '{"k":[1]}',
            "tree": {"value": 1, "children": ['{"value":2,"children":[]}']},
        }  # fmt: skip
        for name, array in made.items():
            empty = array_of(pa, [], annotated(self.Outer)[name])
            assert empty.type == array.type
            assert array.to_pylist()[1] is None

    def test_both_engines_agree(self) -> None:
        pytest.importorskip("thresher._engine")
        self.Outer.model_rebuild()
        line = json.dumps(self.VALUE).encode() + b"\n"
        rust, python = (_table(line * 3, self.Outer, engine) for engine in ("rust", "python"))
        assert rust.num_rows == 3
        assert rust.schema == python.schema
        assert rust.to_pylist() == python.to_pylist()

    def test_what_does_not_fit_is_text(self) -> None:
        assert array_of(pa, [[1], ["x"]], list[int]).to_pylist() == ["[1]", '["x"]']
        assert array_of(pa, [[1 << 70]], list[int]).to_pylist() == [f"[{1 << 70}]"]

    def test_every_annotation_is_taken(self) -> None:
        for annotation in (object, Any, None, type(None), int | str, list, dict, list[Any], dict[int, int],
                           RootModel[int], Annotated[int, 1], Literal["a", 1], "int", [], PastDate):  # fmt: skip
            wanted = type_of(annotation)
            assert wanted is None or wanted

    def test_special_names(self) -> None:
        value = TypeAdapter(PastDate).validate_python("2020-01-01")
        assert str(array_of(pa, [value], PastDate).type) == "date32[day]"


class TestOthers:
    """What other libraries make of a result."""

    class Pair(BaseModel):
        a: int | None
        b: str

    DATA = b"a,b\n1,x\n,y\n3,z\nbad,w\n"
    ROWS = [{"a": 1, "b": "x"}, {"a": None, "b": "y"}, {"a": 3, "b": "z"}]  # noqa: RUF012

    @pytest.fixture
    def result(self, engine: str) -> thresher.Result:
        return thresher.process(self.DATA, self.Pair, engine=engine)

    def test_pyarrow(self, result: thresher.Result) -> None:
        assert pa.table(result).to_pylist() == self.ROWS
        assert pa.RecordBatchReader.from_stream(result).read_all().to_pylist() == self.ROWS

    def test_polars(self, result: thresher.Result) -> None:
        polars = pytest.importorskip("polars")
        assert result.to_polars().to_dicts() == self.ROWS
        assert polars.DataFrame(result).to_dicts() == self.ROWS

    def test_pandas(self, result: thresher.Result) -> None:
        pytest.importorskip("pandas")
        frame = result.to_pandas()
        assert [str(each) for each in frame.dtypes] == ["int64[pyarrow]", "string[pyarrow]"]
        assert frame["a"].sum() == 4

    def test_duckdb(self, result: thresher.Result) -> None:
        duckdb = pytest.importorskip("duckdb")
        rows = result.to_arrow()
        assert duckdb.from_arrow(rows).aggregate("sum(a)").fetchall() == [(4,)]
        assert duckdb.sql("select count(*) from rows").fetchall() == [(3,)]

    def test_written_elsewhere(self, engine: str, tmp_path: Any) -> None:
        result = thresher.process(self.DATA, self.Pair, output=tmp_path / "out.csv", engine=engine)
        for make in (result.to_arrow, result.to_polars, result.to_pandas, result.__arrow_c_stream__):
            with pytest.raises(ConfigurationError, match="needs the accepted records in memory"):
                make()

    @pytest.mark.parametrize(
        ("module", "method", "name"),
        [("pyarrow", "to_arrow", "PyArrow"), ("pyarrow", "to_polars", "PyArrow"), ("polars", "to_polars", "Polars"),
         ("pandas", "to_pandas", "pandas"), ("numpy", "to_numpy", "NumPy")],
    )  # fmt: skip
    def test_not_installed(
        self, module: str, method: str, name: str, result: thresher.Result, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setitem(sys.modules, module, None)
        with pytest.raises(ConfigurationError, match=rf"needs {name}, which is not installed: install thresher\["):
            getattr(result, method)()


def test_no_object_for_each_record() -> None:
    """Columns of plain types are handed over as the engine keeps them."""
    pytest.importorskip("thresher._engine")

    class Plain(BaseModel):
        i: int
        f: float
        b: bool
        s: str
        day: dt.date
        at: dt.datetime
        kind: Literal["a", "b"]

    data = b"i,f,b,s,day,at,kind\n" + b"1,2.5,true,text,2024-01-01,2024-01-01T00:00:00,b\n" * 1000
    result = thresher.process(data, Plain, engine="rust")
    from thresher.columns import Piece

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Piece, "values", lambda self: pytest.fail("an object was made for each record"))
        made = table(Plain, result._held(), "a test")
    assert made.slice(999, 1).to_pylist() == [record.model_dump() for record in result.records()][-1:]


class Address(BaseModel):
    street: str
    zip: int | None = None


class Customer(BaseModel):
    id: int
    address: Address
    others: list[Address] = []
    tags: set[str] = set()
    scores: dict[str, float] = {}
    either: int | str = 0
    shape: Address | list[int] | None = None
    anything: Any = None
    pair: tuple[int, str] | None = None
    by_number: dict[int, str] = {}


CUSTOMERS = b"""
{"id":1,"address":{"street":"x"},"others":[{"street":"y","zip":3}],"tags":["a"],"scores":{"k":1},"either":"s","shape":[1,2],
"anything":{"a":[1]},"pair":[1,"x"],"by_number":{"1":"a"}}
{"id":2,"address":{"street":"z","zip":1},"either":5,"shape":{"street":"q"},"anything":"text"}
""".replace(b",\n", b",").lstrip()


def test_nested_records(engine: str) -> None:
    """Models are structs, lists and sets lists, dicts with str keys maps, and what has no one type text."""
    result = thresher.process(CUSTOMERS, Customer, format="jsonl", engine=engine)
    table = result.to_arrow()
    address = pa.struct([("street", pa.string()), ("zip", pa.int64())])
    assert {field.name: field.type for field in table.schema} == {
        "id": pa.int64(),
        "address": address,
        "others": pa.list_(address),
        "tags": pa.list_(pa.string()),
        "scores": pa.map_(pa.string(), pa.float64()),
        **dict.fromkeys(("either", "shape", "anything", "pair", "by_number"), pa.string()),
    }
    first, second = table.to_pylist()
    assert first["others"] == [{"street": "y", "zip": 3}]
    assert (first["scores"], first["shape"], first["anything"]) == ([("k", 1.0)], "[1,2]", '{"a":[1]}')
    assert (first["pair"], first["by_number"], first["either"]) == ('[1,"x"]', '{"1":"a"}', "s")
    assert (second["shape"], second["anything"], second["either"]) == ('{"street":"q","zip":null}', "text", "5")


def test_other_libraries_read_nested_records(engine: str) -> None:
    """A result is what Polars, PyArrow and DuckDB take it for."""
    duckdb, polars = map(pytest.importorskip, ("duckdb", "polars"))
    result = thresher.process(CUSTOMERS, Customer, format="jsonl", engine=engine)
    assert pa.table(result).equals(result.to_arrow())
    frame = polars.DataFrame(result)
    assert frame["address"].struct.field("street").to_list() == ["x", "z"]
    found = duckdb.sql("select id, address.street, others[1].zip, scores['k'] from result").fetchall()
    assert found == [(1, "x", 3, 1.0), (2, "z", None, None)]


@pytest.mark.parametrize("count", [3, 300])
def test_few_values_take_a_byte(count: int) -> None:
    """Flags and choices are kept in 8 bits where these suffice, and nothing is lost where they do not."""
    names = tuple(f"n{i}" for i in range(count))

    class Chosen(BaseModel):
        name: Literal[names]  # type: ignore[valid-type]
        flag: bool

    cells = [(name, place % 3 == 0) for place, name in enumerate(names)]
    data = b"name,flag\n" + b"".join(b"%s,%s\n" % (n.encode(), b"yes" if f else b"no") for n, f in cells)
    result = thresher.process(data, Chosen, engine="rust")
    assert [(record.name, record.flag) for record in result.records()] == cells
    assert list(zip(*result.to_arrow().to_pydict().values(), strict=True)) == cells
    arrays = result.to_numpy()
    assert list(zip(arrays["name"].tolist(), arrays["flag"].tolist(), strict=True)) == cells


class First(msgspec.Struct, tag="first"):
    """A choice."""

    waited: dt.timedelta


class Second(msgspec.Struct, tag="second"):
    """Another."""

    size: int


class Chosen(msgspec.Struct):
    """Choices, wherever they may stand."""

    one: First | Second
    many: list[First | Second]
    pair: tuple[Second, int]
    raw: msgspec.Raw


def test_unions_of_structs_are_json(engine: str) -> None:
    """Text that a CSV file would hold, with tags."""
    first, second = b'{"type":"first","waited":"PT1S"}', b'{"type":"second","size":2}'
    line = b'{"one":%b,"many":[%b],"pair":[%b,1],"raw":[1.50]}' % (first, second, second)
    (row,) = thresher.process(line, Chosen, format="jsonl", engine=engine).to_arrow().to_pylist()
    assert row == {
        "one": first.decode(), "many": [second.decode()], "pair": f"[{second.decode()},1]", "raw": "[1.50]",
    }  # fmt: skip

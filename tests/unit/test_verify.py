"""The shadow check: a native verdict that is not Pydantic's stops the run; without one nothing changes."""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
import math
import random
import re
import tempfile
import uuid
from collections.abc import Callable
from decimal import Decimal
from enum import Enum
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec
import pydantic_core
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import BaseModel, ConfigDict, Field, field_validator

import thresher
from tests.lines import random_lines
from tests.model_files import DrawnModel, models, random_file
from thresher import plan
from thresher.bound import Bound
from thresher.cli import main
from thresher.config import Config
from thresher.errors import ConfigurationError, EngineError
from thresher.schema import compile as compile_schema
from thresher.schema import table
from thresher.schema.compiled import Compiled
from thresher.verify import SPARSE, every, same

pytest.importorskip("thresher._engine")


class Row(BaseModel):
    a: Annotated[int, Field(le=5)]
    b: str = "none"
    c: float | None = None


class Color(Enum):
    RED = "red"


CSV = b"a,b,c\n1,x,1.5\n2,,\n3,z,-0.0\n6,q,2\n9,q,\nn,,\n"
LINES = b'{"a":1,"b":"x","c":1.5}\n{"a":2}\n{"a":3,"c":-0.0}\n{"a":6,"b":"q"}\n{"a":9}\n{"a":"n"}\n'


Change = Callable[[plan.BoundField], plan.BoundField]


class Wrong(Compiled):
    """A compiled schema whose plans have another first or second field."""

    change: tuple[int, Change]

    def wrong(self, right: plan.Plan) -> plan.Plan:
        at, change = self.change
        fields = [change(field) if place == at else field for place, field in enumerate(right.fields)]
        return msgspec.structs.replace(right, fields=fields)

    def bind(self, *arguments: Any, **named: Any) -> plan.Plan:
        return self.wrong(super().bind(*arguments, **named))

    def lines(self) -> plan.Plan:
        return self.wrong(super().lines())


def larger(field: plan.BoundField) -> plan.BoundField:
    """Take the bound to be 7."""
    return msgspec.structs.replace(field, kind=msgspec.structs.replace(field.kind, le=7))


def other_default(field: plan.BoundField) -> plan.BoundField:
    return msgspec.structs.replace(field, default=plan.Text(json='"nothing"', csv="nothing"))


def other_words(field: plan.BoundField) -> plan.BoundField:
    errors = [
        msgspec.structs.replace(each, prefix=each.prefix.replace("Input", "It"), text=f"It: {each.text}")
        for each in field.errors
    ]
    return msgspec.structs.replace(field, errors=errors)


def tampered(at: int = 0, change: Change = larger, **arguments: Any) -> thresher.Pipeline:
    """Return a pipeline with a wrong plan."""
    made = thresher.Pipeline(Row, engine="rust", **arguments)
    right = made._bound.compiled
    wrong = Wrong(**{field.name: getattr(right, field.name) for field in dataclasses.fields(right)})
    wrong.change = at, change
    made._bound = Bound(wrong, made._bound.transform)
    return made


@pytest.mark.parametrize("output", [None, "out.csv", "out.tsv", "out.jsonl"])
@pytest.mark.parametrize(("data", "form"), [(CSV, "csv"), (LINES, "jsonl")])
def test_a_wrong_plan_is_caught(data: bytes, form: str, output: str | None, tmp_path: Path) -> None:
    """Whatever the format of source and output, the run stops and nothing is published."""
    target = None if output is None else tmp_path / output
    assert tampered().process(data, format=form, output=target, verify=0).accepted == 4
    if target is not None:
        target.unlink()
    with pytest.raises(EngineError) as caught:
        tampered().process(data, format=form, output=target, rejects=tmp_path / "bad.jsonl", verify=2)
    said = str(caught.value)
    assert "record 4" in said
    assert "'<bytes>'" in said
    assert "accepted by the engine and rejected by Pydantic" in said
    assert repr(next(line for line in data.splitlines() if b"6" in line)) in said
    assert "less_than_equal" in said
    assert "engine='python'" in said
    assert "report" in said
    assert list(tmp_path.iterdir()) == []


def test_the_message_is_a_reproduction() -> None:
    """It has the place, the bytes, the columns, the schema and both sides."""
    with pytest.raises(EngineError) as caught:
        tampered().process(CSV, verify=1)
    first, *lines = str(caught.value).splitlines()
    assert "record 4 (line 5, byte 27) of '<bytes>'" in first
    shown = dict(line.strip().split(":", 1) for line in lines[:-1])
    assert shown["record"].strip() == repr(b"6,q,2")
    assert shown["columns"].strip() == "a, b, c"
    assert shown["schema"].strip() == f"{__name__}:Row"
    assert "'a': 6" in shown["engine"]
    assert "less_than_equal" in shown["Pydantic"]


class Total(BaseModel):
    b: str
    twice: Annotated[float, thresher.From("a * 2")]


@pytest.mark.parametrize("arguments", [{"where": "a != 2"}, {"output_schema": Total}, {"checks": ["a < 100"]}])
@pytest.mark.parametrize(("data", "form"), [(CSV, "csv"), (LINES, "jsonl")])
def test_transforms_are_compared(data: bytes, form: str, arguments: Any, tmp_path: Path) -> None:
    """What is written is compared after the transform."""
    with pytest.raises(EngineError, match="record 4"):
        tampered(**arguments).process(data, format=form, output=tmp_path / "out.jsonl", verify=1)
    right = thresher.Pipeline(Row, engine="rust", **arguments)
    result = right.process(data, format=form, output=tmp_path / "out.jsonl", verify=1)
    assert result.report.engine.verified_records == 6


def test_a_filter_is_compared() -> None:
    """A record that is filtered natively and rejected by Pydantic is a difference."""
    with pytest.raises(EngineError, match="filtered by the engine and rejected by Pydantic"):
        tampered(where="a != 6").process(CSV, verify=1)


def test_what_is_written_is_compared(tmp_path: Path) -> None:
    """Another value in an accepted record, and another error of a reject, are differences, and named."""
    for name in ("out.jsonl", "out.csv"):
        with pytest.raises(EngineError, match=r"record 2 .*the value of 'b'"):
            tampered(1, other_default).process(CSV, output=tmp_path / name, verify=1)
        with pytest.raises(EngineError, match=r"record 4 .*error 1: .*It should be"):
            tampered(0, other_words).process(CSV, output=tmp_path / name, verify=1)


@pytest.mark.parametrize("n", [1, 2, 3, 7, 1000])
@pytest.mark.parametrize("block_bytes", [1, 100, 1 << 18])
def test_which_records_are_compared(n: int, block_bytes: int) -> None:
    """The first, and those whose number is a multiple of N, whatever the blocks and the threads."""
    data = b"a,b,c\n" + b"1,x,2\nbad,x,2\n" * 250
    result = thresher.process([data, data], Row, engine="rust", verify=n, block_bytes=block_bytes, workers=3)
    due = len({1, *range(n, 501, n)})
    assert result.report.engine.verified_records == 2 * due
    assert result.report.engine.asked_records == 0


def test_records_that_pydantic_decided_are_not_asked_about_twice() -> None:
    """Unsure and malformed records have nothing native to compare."""
    result = thresher.process(b"a,b,c\n1_0,x,1\n1,x\n1,x,1\n", Row, engine="rust", verify=1)
    assert (result.report.engine.asked_records, result.report.engine.verified_records) == (1, 1)


def test_the_python_engine_accepts_the_setting() -> None:
    """There is nothing to compare: it asks Pydantic about every record."""
    result = thresher.process(CSV, Row, engine="python", verify=1)
    assert (result.accepted, result.report.engine.verified_records) == (3, 0)


class Asking(BaseModel):
    """A field natively, and one that Pydantic is asked about by cell."""

    model_config = ConfigDict(arbitrary_types_allowed=True)
    a: int
    b: str

    @field_validator("b")
    @classmethod
    def short(cls, value: str) -> str:
        if len(value) > 3:
            raise ValueError("too long")
        return value.upper()


@pytest.mark.parametrize("output", [None, "out.csv", "out.jsonl"])
def test_fields_that_pydantic_decides_are_compared_too(output: str | None, tmp_path: Path) -> None:
    """Cells that were asked about are part of what is written."""
    data = b"a,b\n1,xy\n2,long one\nn,long one\n3,z\n"
    target = None if output is None else tmp_path / output
    result = thresher.process(data, Asking, engine="rust", output=target, verify=1)
    assert (result.accepted, result.report.engine.verified_records) == (2, 4)
    if target is None:
        assert [record.b for record in result.records()] == ["XY", "Z"]


class Fickle(BaseModel):
    """A model that never says the same twice."""

    a: int
    b: str

    @field_validator("b")
    @classmethod
    def drawn(cls, value: str) -> str:
        return value + uuid.uuid4().hex


def test_a_schema_that_never_says_the_same_is_not_a_defect(tmp_path: Path) -> None:
    """What Pydantic itself decides differently the second time cannot be compared."""
    assert thresher.process(b"a,b\n1,x\n", Fickle, engine="rust", verify=1).accepted == 1
    assert thresher.process(b"a,b\n1,x\n", Fickle, engine="rust", verify=1, output=tmp_path / "o.csv").accepted == 1


def test_on_by_itself_where_the_version_is_not_known(monkeypatch: pytest.MonkeyPatch) -> None:
    """Sparsely, and only where nobody said otherwise or would notice."""
    flat, asking = compile_schema(Row), compile_schema(Asking)
    assert every(None, flat) == 0
    monkeypatch.setattr(table, "TESTED_VERSIONS", ("0.0.1",))
    assert (every(None, flat), every(0, flat), every(5, flat)) == (SPARSE, 0, 5)
    assert every(None, asking) == 0
    assert thresher.process(CSV, Row, engine="rust").report.engine.verified_records == 1
    with pytest.raises(EngineError, match=rf"pydantic-core {re.escape(pydantic_core.__version__)}"):
        tampered().process(b"a,b,c\n6,x,\n")


def test_the_command_takes_it(tmp_path: Path) -> None:
    """`--verify` reaches the engine, and so does the file of settings."""
    source, report, settings = tmp_path / "rows.csv", tmp_path / "report.json", tmp_path / "thresher.toml"
    source.write_bytes(CSV)
    settings.write_text("verify = 3\n")
    asked = [str(source), "--schema", f"{__name__}:Row", "--report", str(report), "--engine", "rust"]
    for more, compared in ((["--verify", "1"], 6), (["--config", str(settings)], 3)):
        assert main(["process", *asked, *more]) == 0
        assert json.loads(report.read_text())["engine"]["verified_records"] == compared


def test_numbers_that_cannot_work() -> None:
    """Negative numbers and texts are refused."""
    for wrong in (-1, 1 << 63, "all"):
        with pytest.raises(ConfigurationError):
            Config.from_settings({"verify": wrong})
    assert Config(verify=0).verify == 0


@settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
@given(drawn=models(), seed=st.integers(0, 1 << 32), output=st.sampled_from([None, "out.csv", "out.jsonl"]))
@pytest.mark.filterwarnings("ignore:Pydantic serializer warnings")
def test_random_models_agree(drawn: DrawnModel, seed: int, output: str | None) -> None:
    """Every record of random files of random models, in memory and written, with nothing to complain about."""
    rng = random.Random(seed)
    for data, form in ((random_file(drawn, rng, ",", 40).data, "csv"), (random_lines(drawn, rng, 40), "jsonl")):
        with tempfile.TemporaryDirectory() as folder:
            target = None if output is None else Path(folder, output)
            try:
                thresher.process(data, drawn.model, output=target, format=form, engine="rust", verify=1)
            except (thresher.DataProcessingError, ConfigurationError):
                # A validator that crashes, a column that is missing, or no columns at all.
                continue


@dataclasses.dataclass
class Point:
    x: float


UTC = dt.UTC
ELSEWHERE = dt.timezone(dt.timedelta(hours=1))


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        (1, 1, True),
        (1, True, False),
        (1, 1.0, False),
        (0.0, -0.0, False),
        (math.nan, float("nan"), True),
        (Decimal("1.0"), Decimal("1.00"), False),
        (Decimal("NaN"), Decimal("NaN"), True),
        ("a", "a", True),
        (b"a", "a", False),
        (Color.RED, Color.RED, True),
        ([1, 2], [1, 2], True),
        ([1, 2], [1, 2.0], False),
        ((1,), [1], False),
        ({"a": 1, "b": 2}, {"b": 2, "a": 1}, False),
        ({1}, {True}, False),
        ({1, 2}, {2, 1}, True),
        (dt.datetime(2024, 1, 1, tzinfo=UTC), dt.datetime(2024, 1, 1, 1, tzinfo=ELSEWHERE), False),
        (Row(a=1), Row(a=1), True),
        (Row(a=1), Row(a=1, b="none"), False),
        (Row(a=1), Row.model_construct(a=1.0, b="none", c=None), False),
        (Point(1.0), Point(1.0), True),
        (Point(1.0), Point(1), False),
        (object(), object(), True),
    ],
)
def test_values_that_are_the_same(one: Any, other: Any, expected: bool) -> None:
    """Types count, all the way down."""
    assert same(one, other) is expected


@pytest.mark.parametrize("output", [None, "o.csv", "o.jsonl"])
def test_types_come_out_the_same(output: str | None, tmp_path: Path) -> None:
    """Literals, dates and times come out the same from both sides."""

    class Many(BaseModel):
        a: Literal["x", "y"]
        b: dt.datetime
        c: Decimal
        d: uuid.UUID
        e: dt.timedelta
        f: bool = True

    data = b"a,b,c,d,e,f\nx,2024-01-01T00:00:00Z,1.50,12345678-1234-5678-1234-567812345678,PT5S,\n"
    target = None if output is None else tmp_path / output
    result = thresher.process(data, Many, engine="rust", verify=1, output=target)
    assert (result.accepted, result.report.engine.verified_records) == (1, 1)

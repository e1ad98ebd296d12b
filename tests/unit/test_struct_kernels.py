"""Kernels for Structs: what is native, which patterns are translated, and which errors are known beforehand."""

from __future__ import annotations

import datetime as dt
import decimal
import enum
import importlib.util
import re
import uuid
from typing import Annotated, Any, Literal

import msgspec
import pytest

import thresher
from thresher.plan import HOLE
from thresher.schema import compile
from thresher.schema.structs.pattern import in_rust

M = msgspec.Meta

native = pytest.mark.skipif(importlib.util.find_spec("thresher._engine") is None, reason="needs the native engine")


class Missing(enum.Enum):
    A = "a"

    @classmethod
    def _missing_(cls, value: object) -> Any:
        return cls.A


@pytest.mark.parametrize(
    ("annotation", "reason"),
    [
        (int, ""), (float | None, ""), (bool, ""), (str, ""), (dt.date, ""), (dt.datetime, ""), (dt.time, ""),
        (dt.timedelta, ""), (uuid.UUID, ""), (decimal.Decimal, ""), (Literal["a", "b"], ""), (Literal[1, 2], ""),
        (Any, ""), (Annotated[int, M(gt=0, lt=10, multiple_of=3)], ""), (Annotated[str, M(pattern=r"^\w+$")], ""),
        (bytes, "no kernel for bytes"), (int | str, "no kernel for several types"), (list[int], "no kernel for list"),
        (Annotated[str, M(pattern="(?i)a")], "the pattern is one that only Python's re searches"),
        (Annotated[float, M(multiple_of=0.1)], "multiple_of of a float"),
        (Literal["a", 1], "no kernel for values of several types"),
        (Literal["null"] | None, "null is one of several texts"), (Missing, "Missing defines _missing_"),
    ],
)  # fmt: skip
def test_routes(annotation: Any, reason: str) -> None:
    (field,) = compile(msgspec.defstruct("One", [("x", annotation)])).fields
    assert (field.route, field.reason) == ("field" if reason else "native", reason)


@pytest.mark.parametrize(
    ("settings", "reason"),
    [
        ({"omit_defaults": True}, "it omits defaults"),
        ({"tag": True}, "it is tagged"),
        ({"array_like": True}, "it is array_like"),
    ],
)  # fmt: skip
def test_settings_that_need_the_record(settings: Any, reason: str) -> None:
    compiled = compile(msgspec.defstruct("One", [("x", int)], **settings))
    assert compiled.record_reason == reason
    assert compiled.lines().route == "record"
    assert "every record goes to msgspec, because" in str(compiled.explain())


@pytest.mark.parametrize(
    "pattern",
    [
        r"^a", r"a$", r"^SKU-\d{5}$", r"[a-z]+@[a-z.]+", r"\Aa|b\Z", r"(?:x|y)*?\w$", r"a.b", r"[^\d\s]", r"[\w-]+",
        r"(a)(b)?", r"[]^]", r"\S+\D\W", r"x{2,3}", r"x{0}", "a|", "é?a", r"[é-ü]", r"[^é]", r"[\d\D]", r"^$", "[a\\]]",
        r"(?P<n>a)", "\x00", r"\t",
    ],
)  # fmt: skip
@native
def test_patterns_find_what_python_finds(pattern: str) -> None:
    assert in_rust(pattern) is not None
    struct = msgspec.defstruct("One", [("x", Annotated[str, M(pattern=pattern)])])
    texts = ["a", "b", "ab", "a b", "axb", "xx", "xxx", "SKU-12345", "SKU-1234", "me@home.net", "12", " ", "]", "^",
             "-", "_", "\t", "\x1c", "\x00", "é", "aé", "b ", "aab", "~", "a\\", "\x7f", ""]  # fmt: skip
    data = b"".join(msgspec.json.encode({"x": text}) + b"\n" for text in texts)
    result = thresher.process(data, struct, engine="rust", format="jsonl")
    assert [record.x for record in result.records()] == [text for text in texts if re.search(pattern, text)]
    # What is not ASCII goes to msgspec.
    assert result.report.engine.asked_records <= 2


@pytest.mark.parametrize(
    "pattern",
    ["(?i)a", "(?m)^a", r"\ba", r"(a)\1", "(?=a)", "(?<!a)b", "(?>a+)", "a++", "x{1000}{1000}", "(?s:.)", "(?a)a"],
)
def test_patterns_without_a_translation(pattern: str) -> None:
    assert in_rust(pattern) is None


def test_errors_that_are_known_beforehand() -> None:
    struct = msgspec.defstruct("One", [("x", Annotated[int, M(gt=0, le=9, multiple_of=3)] | None), ("y", Literal["a"])])
    plan = compile(struct).bind({",": ["x", "y"]})
    assert [(each.type, each.text) for each in plan.fields[0].errors] == [
        ("int_type", "x: Expected `int | null`, got `str` [int_type]"),
        ("greater_than_equal", "x: Expected `int` >= 1 [greater_than_equal]"),
        ("less_than_equal", "x: Expected `int` <= 9 [less_than_equal]"),
        ("multiple_of", "x: Expected `int` that's a multiple of 3 [multiple_of]"),
    ]
    lines = compile(struct).lines()
    assert lines.fields[0].errors[0].text == f"x: Expected `int | null`, got `{HOLE}` [int_type]"
    assert [each.text for each in lines.fields[1].errors] == [
        f"y: Expected `str`, got `{HOLE}` [string_type]",
        f"y: Invalid enum value {HOLE} [enum]",
        "y: Object missing required field `y` [missing]",
    ]


class Reading(msgspec.Struct):
    """A flat record."""

    record_id: str
    value: float
    is_valid: bool = True


@pytest.mark.parametrize(
    "data",
    [
        b"record_id,value,is_valid\na,1.5,true\nb,n/a,true\nc,,\nd,2,maybe\ne,-3e5,0\n",
        b'{"record_id":"a","value":1.50}\n{"value":"x","record_id":1}\n{"record_id":"b"}\n{"record_id":null,"value":true}\n',
    ],
)
@native
def test_good_and_bad_records_are_decided_without_asking(data: bytes) -> None:
    result = thresher.process(data, Reading, engine="rust", verify=1)
    assert result.report.engine.asked_records == 0
    assert result.report.engine.verified_records == result.read


class Line(msgspec.Struct):
    """What a list holds."""

    sku: Annotated[str, M(min_length=1)]
    quantity: int = 1


class Card(msgspec.Struct, tag=True):
    """One of two."""

    number: str


class Cash(msgspec.Struct, tag=True):
    """The other."""


class Order(msgspec.Struct, rename="camel"):
    """A record that is not flat."""

    order_id: int
    lines: Annotated[list[Line], M(min_length=1)]
    address: dict[str, str] = {}
    parent: Order | None = None
    prices: tuple[float, ...] = ()
    paid: Card | Cash | None = None


@native
def test_what_is_inside_of_values_is_decided_without_asking() -> None:
    data = (
        b'{"orderId":1,"lines":[{"sku":"a"},{"quantity":2,"sku":"b"}],"address":{"city":"x"},"prices":[1,2e16]}\n'
        b'{"orderId":2,"lines":[{"sku":"a","quantity":"2"}]}\n'
        b'{"orderId":3,"lines":[{"sku":"a"}],"parent":{"orderId":1,"lines":[{"sku":"z"}]},'
        b'"paid":{"number":"1","type":"Card"}}\n'
    )
    result = thresher.process(data, Order, engine="rust", verify=1)
    # msgspec words the error of the second.
    assert result.report.engine.asked_records == 1
    assert list(result.records()) == [
        Order(1, [Line("a"), Line("b", 2)], {"city": "x"}, None, (1.0, 2e16)),
        Order(3, [Line("a")], parent=Order(1, [Line("z")]), paid=Card("1")),
    ]
    assert result.rejects[0].errors[0]["loc"] == ("lines", 0, "quantity")


@native
def test_the_first_error_counts() -> None:
    struct = msgspec.defstruct("Two", [("a", int), ("b", int), ("c", int)], forbid_unknown_fields=True)
    result = thresher.process(b"z,b,a,c\n,x,y,1\n1,x,y,\n,1,1,\n,1,x,\n", struct, engine="rust", verify=1)
    assert [reject.errors[0]["loc"] for reject in result.rejects] == [("b",), ("z",), ("c",), ("a",)]
    lines = (
        b'{"b":"x","a":"y"}\n{"b":"\\u0041","a":"y"}\n{"c":1}\n{"a":1,"a":"x","b":1,"c":1}\n'
        b'{"a":1,"z":1,"b":"x","c":1}\n'
    )
    result = thresher.process(lines, struct, engine="rust", verify=1)
    assert [reject.errors[0]["loc"] for reject in result.rejects] == [("b",), ("b",), ("a",), ("a",), ("z",)]

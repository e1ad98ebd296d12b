"""Building a pipeline: what cannot work is said before anything is read, and explain() says what is native."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
import pytest
from pydantic import BaseModel, Field, RootModel

import thresher
from tests.integration.test_transform import CHECKS, Line, Order
from thresher.errors import ConfigurationError


def pipeline(**settings: Any) -> thresher.Pipeline:
    return thresher.Pipeline(Order, Line, where="status != 'cancelled'", checks=CHECKS, **settings)


class Nowhere(BaseModel):
    order_idd: int


class Pair(msgspec.Struct, array_like=True):
    order_id: int


class Nested(BaseModel):
    a: Annotated[int, Field(validation_alias="x")]
    b: Annotated[int, Field(validation_alias="x")]


class Twice(BaseModel):
    a: Annotated[int, thresher.From("1"), thresher.From("2")]


class Impossible(BaseModel):
    status: Annotated[int, thresher.From("ordered_on")]


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ({"output_schema": Nowhere}, "Order has no field of that name; did you mean 'order_id' or"),
        ({"output_schema": RootModel[int]}, "no objects with fields of their own: give a model with fields"),
        ({"output_schema": Pair}, "the records of the output schema Pair are no objects"),
        ({"output_schema": Nested, "values": {"a": "1", "b": "2"}}, "fields 'a' and 'b' of Nested have one alias, 'x'"),
        ({"output_schema": Twice}, "has 2 From: leave all but one out"),
        ({"output_schema": Impossible}, "the field 'status' of Impossible is int, and its expression gives date"),
        ({"output_schema": Line, "values": {"totl": "1"}}, "no field 'totl' in Line, and an expression was given"),
        ({"output_schema": Line, "select": ["order_id"]}, "select and an output schema cannot be used together"),
        ({"output_schema": 3}, "is of type 'int', not a model"),
        ({"select": ["order_id", "emial"]}, "select: there is no field 'emial' in Order; did you mean 'email'?"),
        ({"select": "a,b"}, "select is a str: give a list of the names of fields, such as ['a', 'b']"),
        ({"values": {"_x": "1"}}, "a field cannot be called '_x'"),
        ({"values": {"x": "quantty"}}, "Order has no field 'quantty'; did you mean 'quantity'?"),
        ({"where": "quantity >"}, "where: this is no expression"),
        ({"checks": ["quantity > 1", "quantity > 'a'"]}, "check 2: int > str is impossible"),
        ({"checks": [3]}, "a check is a thresher.Check or an expression, not int"),
        ({"checks": [thresher.Check("quantity", 3)]}, "the message of a check is a str"),
        ({"map_batches": "f"}, "map_batches is a str: give a function"),
    ],
)  # fmt: skip
def test_what_cannot_work_is_said_before_anything_is_read(arguments: dict[str, Any], says: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        thresher.Pipeline(Order, **arguments)
    assert says in str(caught.value)


# ---------------------------------------------------------------- routes


def test_explain() -> None:
    explanation = pipeline().explain()
    assert explanation.transform_reason == ""
    assert [(step.name, step.expression, step.type, step.route) for step in explanation.steps] == [
        ("check 1", "ship_date is None or ship_date >= ordered_on", "bool", "native"),
        ("check 2", "order_id < 100", "bool", "native"),
        ("where", "status != 'cancelled'", "bool", "native"),
        ("order_id", "copy of order_id", "int", "native"),
        ("email", "email.lower()", "str", "native"),
        ("total", "quantity * unit_price * (1 - discount)", "float", "native"),
        ("each", "unit_price / quantity if quantity < 100 else None", "float | None", "native"),
        ("status", "copy of status", "Literal['new', 'paid', 'cancelled']", "native"),
        ("origin", "default", "str", "native"),
    ]
    assert "Line: made natively" in str(explanation)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ({"map_records": lambda record: record}, "map_records is Python"),
        ({"values": {"x": "email.split()[0]"}}, "output field 'x': split is not native"),
        ({"where": "f'{ordered_on:%Y}' == '2024'"}, "where: strftime is not native"),
    ],
)
def test_explain_says_why_not(arguments: dict[str, Any], says: str) -> None:
    explanation = thresher.Pipeline(Order, **arguments).explain()
    assert explanation.transform_reason == says
    assert f"made by Python for every record, because {says}" in str(explanation)


def test_native_records_do_not_ask_python() -> None:
    pytest.importorskip("thresher._engine", exc_type=ModuleNotFoundError)
    data = b"order_id,email,quantity,unit_price,status,ordered_on\n" + b"1,A@b.c,2,1.5,paid,2024-01-01\n" * 1000
    result = pipeline(engine="rust").process(data, output="/dev/null")
    assert (result.accepted, result.report.engine.asked_records) == (1000, 0)

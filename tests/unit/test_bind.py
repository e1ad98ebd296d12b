"""A header is matched to the fields by Pydantic's own rules, and a file that cannot fit is refused with a hint."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import (
    AliasChoices,
    AliasPath,
    BaseModel,
    ConfigDict,
    Field,
    ValidationError,
    create_model,
    model_validator,
)

from thresher.errors import DataProcessingError
from thresher.plan import Column, Plan
from thresher.schema import compile


class Order(BaseModel):
    order_id: int
    price: float
    note: str | None
    gift: bool = False


def bind(model: type[BaseModel], *header: str) -> Plan:
    return compile(model).bind({",": header})


def columns(plan: Plan) -> dict[str, int | None]:
    return {field.name: field.column for field in plan.fields}


def test_columns_are_found_by_name_and_may_stand_anywhere() -> None:
    plan = bind(Order, "x", "note", "price", "order_id")
    assert plan.route == "native"
    assert columns(plan) == {"order_id": 3, "price": 2, "note": 1, "gift": None}
    assert plan.columns == [
        Column("x", "omit"),
        Column("note", "none"),
        Column("price", "omit"),
        Column("order_id", "omit"),
    ]
    assert [field.null for field in plan.fields] == ["missing", "missing", "none", "default"]


def test_the_plan_survives_json() -> None:
    plan = bind(Order, "order_id", "price", "note")
    assert msgspec.json.decode(msgspec.json.encode(plan), type=Plan) == plan


def test_equal_headers_share_one_plan() -> None:
    compiled = compile(Order)
    header = ["order_id", "price", "note"]
    assert compiled.bind({",": header}) is compiled.bind({",": tuple(header)})
    assert compiled.bind({",": header}) is not compiled.bind({";": header})


def test_the_delimiter_is_the_one_that_matches_most_fields() -> None:
    compiled = compile(Order)
    text = "a,b,note;order_id;price;note"
    plan = compiled.bind({delimiter: text.split(delimiter) for delimiter in ",;\t|"})
    assert (plan.delimiter, columns(plan)["price"]) == (";", 2)


def test_of_equal_delimiters_the_first_is_taken() -> None:
    class One(BaseModel):
        a: int

    assert compile(One).bind({",": ["a"], ";": ["a"]}).delimiter == ","
    assert compile(One).bind({",": ["a;b"], ";": ["a", "b"], "|": ["a", "b"]}).delimiter == ";"


def test_without_a_header_the_number_of_columns_decides() -> None:
    compiled = compile(Order)
    names = compiled.columns()
    assert names == ("order_id", "price", "note", "gift")
    plan = compiled.bind({",": ["1;2.5;x;yes"], ";": ["1", "2.5", "x", "yes"]}, names=names)
    assert (plan.delimiter, columns(plan)) == (";", {"order_id": 0, "price": 1, "note": 2, "gift": 3})


@pytest.mark.parametrize(
    ("header", "message"),
    [
        (
            ["order_id", "note"],
            "the required field 'price'; with delimiter ',' its columns are 'order_id', 'note'",
        ),
        (["order_id", "Price", "note"], r"'price' \(did you mean 'Price'\?\)"),
        (
            ["orderid", "prices", "note"],
            r"'order_id' \(did you mean 'orderid'\?\), 'price' \(did you mean 'prices'\?\)",
        ),
        (["order_id;price;note"], "looks like the wrong delimiter: try delimiter=';'"),
        (["a|b"], r"the header has '\|' in it"),
        (["a", "b\r1", "x\r2", "y"], "seem to end with CR alone, .*: convert them to LF"),
        (["1", "2.50", "x", "true"], "looks like a record, not like a header.*header=False"),
        (
            ["order_id", "price", "note", "price"],
            r"'price' occurs 2 times .*\(as columns 2, 4, with delimiter ','\)",
        ),
        (["order_id", "price", "note", "x", "x"], "'x' occurs 2 times"),
    ],
)
def test_files_that_do_not_fit(header: list[str], message: str) -> None:
    with pytest.raises(DataProcessingError, match=message):
        bind(Order, *header)


def test_nameless_columns_may_repeat_where_nobody_reads_them() -> None:
    assert bind(Order, "order_id", "price", "note", "", "").route == "native"
    with pytest.raises(DataProcessingError, match="'' occurs 2 times"):
        bind(create_model("M", __config__=ConfigDict(extra="forbid"), a=int), "a", "", "")


def test_locs_follow_the_alias_that_matched() -> None:
    model = create_model("M", a=(int, Field(validation_alias=AliasChoices("x", AliasPath("z", 0), "y"))))
    (field,) = bind(model, "y").fields
    assert {error.type: error.loc for error in field.errors} == {"int_parsing": '["y"]', "missing": '["x"]'}
    by_name = create_model("M", __config__=ConfigDict(loc_by_alias=False), a=(int, Field(alias="x")))
    assert {error.loc for error in bind(by_name, "x").fields[0].errors} == {'["a"]'}


def test_missing_at_a_path() -> None:
    model = create_model("M", a=(int, Field(validation_alias=AliasChoices(AliasPath("x", 0, "y"), "z"))))
    (field,) = bind(model, "z").fields
    assert field.errors[-1].prefix.startswith('{"type":"missing","loc":["x",0,"y"],')
    assert field.errors[-1].text == "x.0.y: Field required [missing]"


def test_a_field_with_two_columns_needs_the_record() -> None:
    model = create_model("M", __config__=ConfigDict(populate_by_name=True), a=(int, Field(alias="x")), b=str)
    assert bind(model, "a", "b").route == "native"
    assert bind(model, "x", "b").route == "native"
    plan = bind(model, "x", "a", "b")
    assert plan.route == "record"
    assert [field.name for field in plan.fields] == ["a", "b"]


def test_a_column_for_two_fields_needs_the_record() -> None:
    model = create_model("M", a=(int | None, Field(alias="x")), b=(str, Field(alias="x")))
    plan = bind(model, "x")
    assert (plan.route, plan.columns[0].null) == ("record", "none")


def test_unknown_columns_follow_extra() -> None:
    ignoring = create_model("M", a=int)
    assert (bind(ignoring, "a", "b").forbidden, len(bind(ignoring, "a", "b").fields)) == ([], 1)
    forbidding = create_model("M", __config__=ConfigDict(extra="forbid"), a=int)
    (forbidden,) = bind(forbidding, "b", "a").forbidden
    assert (forbidden.column, forbidden.error.type, forbidden.error.loc) == (0, "extra_forbidden", '["b"]')
    allowing = create_model("M", __config__=ConfigDict(extra="allow"), a=int)
    plan = bind(allowing, "c", "a", "b")
    assert [(field.name, field.column, field.null) for field in plan.fields] == [
        ("a", 1, "missing"),
        ("c", 0, "omit"),
        ("b", 2, "omit"),
    ]


def test_a_column_that_only_a_path_wants_is_extra() -> None:
    model = create_model(
        "M", __config__=ConfigDict(extra="forbid"), a=(int, Field(0, validation_alias=AliasPath("x", 0)))
    )
    plan = bind(model, "x")
    assert (plan.fields[0].column, len(plan.forbidden)) == (None, 1)
    with pytest.raises(ValidationError) as caught:
        model.model_validate({"x": "12"})
    error = plan.forbidden[0].error
    assert caught.value.json(include_url=False) == f'[{error.prefix}"12"{error.suffix}]'


def test_a_model_without_fields_needs_the_record() -> None:
    assert bind(create_model("M"), "a").route == "record"
    assert bind(create_model("M", __config__=ConfigDict(extra="allow")), "a").route == "native"


def test_a_second_column_may_be_an_extra_one() -> None:
    model = create_model("M", __config__=ConfigDict(extra="allow", populate_by_name=True), a=(int, Field(alias="x")))
    plan = bind(model, "a", "b", "x")
    assert (plan.route, [field.name for field in plan.fields]) == ("record", ["a", "a", "b"])


def test_a_model_that_renames_its_keys_needs_no_column() -> None:
    class Model(BaseModel):
        first: str

        @model_validator(mode="before")
        @classmethod
        def split(cls, data: Any) -> Any:
            return {"first": data["name"].split()[0]}

    assert bind(Model, "name").route == "record"
    assert compile(Model).bind({",": ["name|x"], "|": ["name", "x"]}).delimiter == "|"


NAMES = st.text(st.sampled_from("ab\u00e9\"\\\n\x01\u2028 .'"), max_size=4)


@given(alias=NAMES, extra=NAMES)
def test_odd_names_are_written_as_pydantic_writes_them(alias: str, extra: str) -> None:
    if alias == extra:
        return
    model: Any = create_model("M", __config__=ConfigDict(extra="forbid"), a=(int, Field(alias=alias)))
    plan = bind(model, alias, extra)
    record = {alias: "x", extra: "y"}
    assert errors_of(plan, ["x", "y"]) == json_of(model, record)


def json_of(model: Any, record: dict[str, str]) -> str:
    with pytest.raises(ValidationError) as caught:
        model.model_validate(record)
    text: str = caught.value.json(include_url=False)
    return text


def errors_of(plan: Plan, cells: Sequence[str]) -> str:
    """Return what an engine writes for a record whose int does not parse and whose other column is forbidden."""
    parsing = plan.fields[0].errors[0]
    forbidden = plan.forbidden[0].error
    return f'[{parsing.prefix}"{cells[0]}"{parsing.suffix},{forbidden.prefix}"{cells[1]}"{forbidden.suffix}]'

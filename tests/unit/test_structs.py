"""msgspec Structs as schemas: what is known of them, and how their errors are told."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any

import msgspec
import pytest

from thresher.errors import ConfigurationError, DataProcessingError
from thresher.schema import compile
from thresher.schema.structs.faults import REFUSALS, fault, found


class Item(msgspec.Struct):
    sku: str
    qty: Annotated[int, msgspec.Meta(ge=1)]


class Order(msgspec.Struct, rename="camel"):
    order_id: int
    lines: list[Item]
    prices: dict[str, float] = {}
    by_number: dict[int, Item] = {}
    at: dt.datetime | None = None


def told(line: str | bytes, struct: Any = Order) -> dict[str, Any]:
    """Return the error of a line of JSON."""
    with pytest.raises(REFUSALS) as caught:
        msgspec.json.decode(line, type=struct)
    return found(caught.value, line)


@pytest.mark.parametrize(
    ("line", "kind", "loc", "msg", "given"),
    [
        ('{"orderId":"1","lines":[]}', "int_type", ["orderId"], "Expected `int`, got `str`", '"1"'),
        ('{"orderId":1.50,"lines":[]}', "int_type", ["orderId"], "Expected `int`, got `float`", "1.50"),
        (
            '{"orderId":1,"lines":[{"sku":"a","qty":1},{"sku":"b","qty":0}]}',
            "greater_than_equal", ["lines", 1, "qty"], "Expected `int` >= 1", "0",
        ),
        (
            '{"orderId":1,"lines":[{"sku":"a"}]}',
            "missing", ["lines", 0, "qty"], "Object missing required field `qty`", '{"sku":"a"}',
        ),
        ('{"lines":[]}', "missing", ["orderId"], "Object missing required field `orderId`", '{"lines":[]}'),
        (
            '{"orderId":1,"lines":[],"prices":{"a.b":null}}',
            "float_type", ["prices", "a.b"], "Expected `float`, got `null`", "null",
        ),
        (
            '{"orderId":1,"lines":[],"prices":{"a":1,"b":"x"}}',
            "float_type", ["prices", "[...]"], "Expected `float`, got `str`", '{"a":1,"b":"x"}',
        ),
        (
            '{"orderId":1,"lines":[],"byNumber":{"x":{}}}',
            "int_type", ["byNumber", "[key]"], "Expected `int`, got `str`", '{"x":{}}',
        ),
        (
            '{"orderId":1,"lines":[],"at":"never"}',
            "datetime_parsing", ["at"], "Invalid RFC3339 encoded datetime", '"never"',
        ),
        ('{"orderId":1,"lines":[],"at":[]}', "datetime_type", ["at"], "Expected `datetime | null`, got `array`", "[]"),
        ("[1]", "dict_type", [], "Expected `object`, got `array`", "[1]"),
        ("{", "json_invalid", [], "Input data was truncated", '"{"'),
        ('{"z":NaN}', "json_invalid", [], "JSON is malformed: invalid character (byte 5)", '"{\\"z\\":NaN}"'),
        (
            b'{"orderId":1,"lines":[{"sku":"\xff","qty":1}]}', "json_invalid", [],
            "'utf-8' codec can't decode byte 0xff in position 0: invalid start byte",
            '"{\\"orderId\\":1,\\"lines\\":[{\\"sku\\":\\"\ufffd\\",\\"qty\\":1}]}"',
        ),
    ],
)  # fmt: skip
def test_errors_of_lines(line: str | bytes, kind: str, loc: list[Any], msg: str, given: str) -> None:
    error = told(line)
    assert (error["type"], error["loc"], error["msg"]) == (kind, loc, msg)
    assert msgspec.json.encode(error["input"]).decode() == given


M = msgspec.Meta


@pytest.mark.parametrize(
    ("annotation", "cell", "kind"),
    [
        (bool, "maybe", "bool_type"), (float, "1e400", "out_of_range"), (int, "9" * 5000, "out_of_range"),
        (bytes, "?", "bytes_invalid_encoding"), (dt.date, "x", "date_parsing"), (dt.time, "x", "time_parsing"),
        (dt.timedelta, "P1Y", "time_delta_parsing"), (dt.datetime, "nan", "datetime_parsing"),
        (Annotated[str, M(pattern="^a")], "b", "string_pattern_mismatch"),
        (Annotated[str, M(min_length=2)], "b", "string_too_short"),
        (Annotated[str, M(max_length=0)], "b", "string_too_long"),
        (Annotated[bytes, M(max_length=0)], "YQ==", "bytes_too_long"),
        (Annotated[int, M(gt=1)], "1", "greater_than_equal"), (Annotated[float, M(gt=1)], "1", "greater_than"),
        (Annotated[int, M(lt=1)], "1", "less_than_equal"), (Annotated[float, M(lt=1)], "1", "less_than"),
        (Annotated[int, M(multiple_of=2)], "1", "multiple_of"),
        (Annotated[dt.datetime, M(tz=True)], "2024-01-01T00:00:00", "timezone_aware"),
        (Annotated[dt.datetime, M(tz=False)], "2024-01-01T00:00:00Z", "timezone_naive"),
        (int | dt.date | None, "x", "date_parsing"), (int | float, "x", "wrong_type"), (None, "x", "none_required"),
    ],
)  # fmt: skip
def test_types_of_errors(annotation: Any, cell: str, kind: str) -> None:
    struct = msgspec.defstruct("One", [("x", annotation)])
    with pytest.raises(msgspec.ValidationError) as caught:
        msgspec.convert({"x": cell}, struct, strict=False)
    error = fault(caught.value, {"x": cell})
    assert (error.type, error.loc) == (kind, '["x"]')
    assert error.text.startswith("x: ")


def test_what_a_post_init_says_is_a_value_error() -> None:
    class Checked(msgspec.Struct):
        x: int

        def __post_init__(self) -> None:
            if self.x > 1:
                raise ValueError("too much - at `$.y`")

    assert told('{"x":2}', Checked) | {"input": 0} == {
        "type": "value_error", "loc": ["y"], "msg": "too much", "input": 0,
    }  # fmt: skip


def test_names_with_dots_and_brackets() -> None:
    struct = msgspec.defstruct("Odd", [("a", dict[str, list[int]])], rename={"a": "a.b[0].c"})
    error = told('{"a.b[0].c":{"k":[1,"x"]}}', struct)
    assert (error["loc"], error["input"]) == (["a.b[0].c", "k", 1], "x")


def test_what_cannot_be_encoded_is_shown_as_text() -> None:
    line = '{"z":"\\ud800\\udc00\\ud800x"}'
    error = fault(_refusal(line), line)
    assert msgspec.json.decode(error.json)["input"] == line


def _refusal(line: str) -> Exception:
    with pytest.raises(msgspec.DecodeError) as caught:
        msgspec.json.decode(line, type=Order)
    return caught.value


def test_a_deep_line_is_refused() -> None:
    line = '{"z":' + "[" * 100_000 + "]" * 100_000 + "}"
    error = told(line)
    assert (error["type"], error["loc"], error["input"]) == ("too_deep", [], line)


def test_what_is_known_of_a_struct() -> None:
    compiled = compile(Order)
    assert [field.key for field in compiled.fields] == ["orderId", "lines", "prices", "byNumber", "at"]
    assert [field.required for field in compiled.fields] == [True, True, False, False, False]
    assert [field.nullable for field in compiled.fields] == [False, False, False, False, True]
    assert compiled.library.name == "msgspec"


def test_headers() -> None:
    with pytest.raises(DataProcessingError, match=r"'orderId'.*did you mean 'order_id'"):
        compile(Order).bind({",": ["order_id", "lines"]})


def test_a_struct_that_msgspec_cannot_use() -> None:
    struct = msgspec.defstruct("Broken", [("x", int | Item | Order)])
    with pytest.raises(ConfigurationError, match="msgspec cannot use the Struct Broken: If a type union contains"):
        compile(struct)

"""The oracle gives what Pydantic gives: whole records, cells of one field, and the errors of each."""

from __future__ import annotations

import json
import math
from typing import Annotated, Any, Literal

import pytest
from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    PlainSerializer,
    RootModel,
    ValidationError,
    ValidationInfo,
    computed_field,
    create_model,
    field_serializer,
    field_validator,
    model_serializer,
    model_validator,
)
from pydantic_core import PydanticCustomError, PydanticOmit, PydanticUseDefault, to_json

from kinds import NATIVE, OTHERS, label, odd_cells
from thresher.engine import Fault, Job
from thresher.errors import DataProcessingError
from thresher.oracle import JobOracle, errors_of
from thresher.schema import compile

ODD = odd_cells()
CASES = [(kind, each) for table in (NATIVE, OTHERS) for kind, found in table.items() for each in found]
Format = Literal["csv", "tsv", "jsonl"]


def ask(
    model: type[BaseModel],
    header: list[str],
    rows: list[list[str]],
    format: Format | None = "jsonl",
    null_values: tuple[str, ...] = ("",),
) -> list[Any]:
    """Return the oracle's answers to whole records."""
    oracle, _ = make(model, header, format, null_values)
    return oracle.records(0, rows, [(n, n + 1) for n in range(1, len(rows) + 1)])


def make(
    model: type[BaseModel], header: list[str], format: Format | None = "jsonl", null_values: tuple[str, ...] = ("",)
) -> tuple[JobOracle, Job]:
    compiled = compile(model)
    job = Job(
        plans=[compiled.bind({",": header})],
        null_values=list(null_values),
        max_record_bytes=1 << 20,
        workers=1,
        block_bytes=1 << 18,
        accepted_format=format,
        rejects_format="jsonl",
    )
    return JobOracle(compiled, job), job


def verdict(model: Any, record: dict[str, str]) -> tuple[ValidationError | None, Any]:
    try:
        return None, model.model_validate(record)
    except ValidationError as error:
        return error, None


@pytest.mark.parametrize(("kind", "annotation"), CASES, ids=[f"{k}-{label(a)}" for k, a in CASES])
def test_a_cell_gets_what_its_record_gets(kind: str, annotation: Any) -> None:
    model: Any = create_model("Model", value=(annotation, ...))
    oracle, _ = make(model, ["value"], null_values=())
    cells = ODD[kind]
    numbers = [(n, n) for n in range(len(cells))]
    records = oracle.records(0, [[cell] for cell in cells], numbers)
    for cell, whole, part in zip(cells, records, oracle.cells(0, 0, cells, numbers), strict=True):
        error, expected = verdict(model, {"value": cell})
        if error is not None:
            assert isinstance(whole, list)
            assert b"[" + b",".join(fault.json for fault in whole) + b"]" == error.json(include_url=False).encode()
            assert [json.loads(fault.loc) for fault in whole] == [list(each["loc"]) for each in error.errors()]
            assert part == whole or (part is None and whole[0].type == "missing")
        else:
            assert isinstance(whole, tuple)
            assert whole[0] == expected.model_dump_json().encode() + b"\n"
            if part is None:
                assert whole[0] == b"{}\n"
            else:
                assert isinstance(part, tuple)
                assert b'{"value":' + part[0] + b"}\n" == whole[0]
                assert repr(part[1]) == repr(expected.value)


class Flat(BaseModel):
    a: int
    b: float | None
    c: str = "none"


@pytest.mark.parametrize(
    ("format", "line"),
    [("jsonl", b'{"a":1,"b":2.5,"c":"x"}\n'), ("csv", b"1,2.5,x\n"), ("tsv", b"1\t2.5\tx\n"), (None, b"")],
)
def test_formats(format: Format | None, line: bytes) -> None:
    assert ask(Flat, ["a", "b", "c"], [["1", "2.5", "x"]], format) == [(line, Flat(a=1, b=2.5, c="x"))]


def test_null_cells_are_none_or_left_out() -> None:
    (answer,) = ask(Flat, ["a", "b", "c"], [["1", "", ""]])
    assert answer == (b'{"a":1,"b":null,"c":"none"}\n', Flat(a=1, b=None))
    (faults,) = ask(Flat, ["a", "b", "c"], [["", "", ""]])
    assert faults[0].json == b'{"type":"missing","loc":["a"],"msg":"Field required","input":{"b":null}}'
    assert faults[0].text == "a: Field required [missing]"


def test_null_values_are_as_configured() -> None:
    (answer,) = ask(Flat, ["a", "b", "c"], [["1", "NA", ""]], null_values=("NA",))
    assert answer[1] == Flat(a=1, b=None, c="")


@pytest.mark.parametrize(
    ("value", "cell"),
    [
        ("inf", "inf"),
        ("-inf", "-inf"),
        ("nan", "nan"),
        ("1e16", "1e+16"),
        ("1e-5", "1e-05"),
        ("3", "3.0"),
        ("0.1", "0.1"),
    ],
)
def test_floats_are_written_in_csv_as_python_writes_them(value: str, cell: str) -> None:
    assert ask(Flat, ["a", "b"], [["1", value]], "csv")[0][0] == f"1,{cell},none\n".encode()


@pytest.mark.parametrize("mode", ["null", "constants", "strings"])
def test_infinity_in_csv_does_not_depend_on_the_json(mode: Any) -> None:
    class Model(BaseModel):
        model_config = ConfigDict(ser_json_inf_nan=mode)
        a: float
        b: str = '"'

    assert ask(Model, ["a"], [["inf"]], "csv")[0][0] == b'inf,""""\n'
    assert ask(Model, ["a"], [["inf"]], "jsonl")[0][0] == Model(a=math.inf).model_dump_json().encode() + b"\n"


def test_nested_values_are_json_in_csv() -> None:
    class Model(BaseModel):
        tags: Any
        when: bool

        @field_validator("tags", mode="before")
        @classmethod
        def split(cls, value: str) -> list[str]:
            return value.split("|")

    assert ask(Model, ["tags", "when"], [["a|b", "yes"]], "csv")[0][0] == b'"[""a"",""b""]",true\n'


def test_a_lone_empty_cell_is_quoted() -> None:
    class Model(BaseModel):
        a: str | None

    assert ask(Model, ["a"], [[""]], "csv")[0][0] == b'""\n'
    assert ask(Model, ["a"], [["a,b"]], "csv")[0][0] == b'"a,b"\n'
    assert ask(Model, ["a"], [["a,b"]], "tsv")[0][0] == b"a,b\n"
    assert ask(Model, ["a"], [["a\r"]], "tsv")[0][0] == b'"a\r"\n'


def test_extra_columns_are_kept_in_the_order_of_the_header() -> None:
    class Model(BaseModel):
        model_config = ConfigDict(extra="allow")
        a: int

    (answer,) = ask(Model, ["z", "a", "y"], [["1", "2", ""]])
    assert answer[0] == b'{"a":2,"z":"1"}\n'
    assert ask(Model, ["z", "a", "y"], [["1", "2", ""]], "csv")[0][0] == b"2,1,\n"


def test_an_extra_column_with_a_name_that_is_written_already() -> None:
    class Model(BaseModel):
        model_config = ConfigDict(extra="allow")
        a: int = Field(alias="b")

    assert ask(Model, ["b", "a"], [["1", "x"]])[0][0] == b'{"a":1,"a":"x"}\n'
    assert ask(Model, ["b", "a"], [["1", "x"]], "csv")[0][0] == b"1,x\n"


def test_forbidden_columns_are_errors_unless_null() -> None:
    class Model(BaseModel):
        model_config = ConfigDict(extra="forbid")
        a: int

    good, bad = ask(Model, ["a", "b"], [["1", ""], ["1", "x"]])
    assert good == (b'{"a":1}\n', Model(a=1))
    assert [fault.type for fault in bad] == ["extra_forbidden"]


def test_record_hooks_are_all_honoured() -> None:
    class Model(BaseModel):
        a: int
        b: int = 0

        @model_validator(mode="before")
        @classmethod
        def rename(cls, data: Any) -> Any:
            return {"a": data["x"], **data}

        @field_validator("b")
        @classmethod
        def above(cls, value: int, info: ValidationInfo) -> int:
            if value < info.data.get("a", 0):
                raise ValueError("b is less than a")
            return value

        @model_validator(mode="after")
        def sum(self) -> Model:
            if self.a + self.b > 10:
                raise ValueError("too much")
            return self

        @field_serializer("a")
        def write(self, value: int) -> str:
            return f"{value}/{self.b}"

        @computed_field
        def total(self) -> int:
            return self.a + self.b

    header = ["x", "b"]
    answers = ask(Model, header, [["1", "2"], ["3", "2"], ["5", "6"]])
    assert answers[0][0] == b'{"a":"1/2","b":2,"total":3}\n'
    assert answers[1][0].text == "b: Value error, b is less than a [value_error]"
    assert answers[2][0].text == "Value error, too much [value_error]"
    assert ask(Model, header, [["1", "2"]], "csv")[0][0] == b"1/2,2,3\n"


def test_overridden_methods_are_called() -> None:
    class Model(BaseModel):
        a: int

        @classmethod
        def model_validate(cls, obj: Any, **settings: Any) -> Model:
            return super().model_validate({"a": int(obj["a"]) + 1}, **settings)

        def model_dump_json(self, **settings: Any) -> str:
            return "{}"

    assert ask(Model, ["a"], [["1"]]) == [(b"{}\n", Model(a=2))]


def test_a_model_serializer_may_add_no_column() -> None:
    class Model(BaseModel):
        a: int

        @model_serializer
        def write(self) -> dict[str, int]:
            return {"a": self.a, "b": 1}

    assert ask(Model, ["a"], [["1"]])[0][0] == b'{"a":1,"b":1}\n'
    with pytest.raises(DataProcessingError, match=r"record 1 \(line 2\): .*'b'.*JSON Lines"):
        ask(Model, ["a"], [["1"]], "csv")


def test_root_models() -> None:
    class Model(RootModel[dict[str, int]]):
        pass

    assert ask(Model, ["a", "b"], [["1", "2"]])[0][0] == b'{"a":1,"b":2}\n'
    assert ask(Model, ["b", "a"], [["1", ""]], "csv")[0][0] == b"1,\n"


def test_default_and_omission_asked_for_by_a_validator() -> None:
    def check(value: str) -> str:
        if value == "default":
            raise PydanticUseDefault
        if value == "omit":
            raise PydanticOmit
        return value

    class Model(BaseModel):
        a: Annotated[str, AfterValidator(check)]
        b: Annotated[str, AfterValidator(check)] = "b"

    oracle, _ = make(Model, ["a", "b"])
    cells = ["default", "omit", "x"]
    assert [None if each is None else each[0] for each in oracle.cells(0, 0, cells, [(1, 1)] * 3)] == [
        None,
        None,
        b'"x"',
    ]
    assert [None if each is None else each[0] for each in oracle.cells(0, 1, cells, [(1, 1)] * 3)] == [
        b'"b"',
        None,
        b'"x"',
    ]


def test_crashes_name_the_record() -> None:
    def crash(value: str) -> str:
        raise ZeroDivisionError("oh")

    class Model(BaseModel):
        a: Annotated[str, AfterValidator(crash)]

    oracle, _ = make(Model, ["a"])
    with pytest.raises(
        DataProcessingError, match=r"record 7 \(line 9\).*ZeroDivisionError in crash \(.*\): oh"
    ) as caught:
        oracle.records(0, [["x"]], [(7, 9)])
    assert isinstance(caught.value.__cause__, ZeroDivisionError)
    with pytest.raises(DataProcessingError, match=r"record 7 \(line 9\), field 'a'.*ZeroDivisionError"):
        oracle.cells(0, 0, ["x"], [(7, 9)])


def test_serializers_that_crash_name_the_record() -> None:
    class Model(BaseModel):
        a: str

        @field_serializer("a")
        def write(self, value: str) -> str:
            raise ZeroDivisionError("oh")

    with pytest.raises(DataProcessingError, match=r"record 1 \(line 2\).*ZeroDivisionError.*oh"):
        ask(Model, ["a"], [["x"]])


def test_a_cell_whose_serializer_raises_is_for_the_whole_record_to_tell() -> None:
    """Another field may refuse the record, and then nothing of it is written."""

    class Model(BaseModel):
        a: Annotated[int, PlainSerializer(lambda value: 1 // value)]

    oracle, _ = make(Model, ["a"])
    first, second, third = oracle.cells(0, 0, ["1", "0", "x"], [(1, 2), (2, 3), (3, 4)])
    assert first == (b"1", 1)
    assert second is None
    assert isinstance(third, list)


def test_errors_that_are_no_json_are_shown_all_the_same() -> None:
    class Model(BaseModel):
        a: int

        @field_validator("a", mode="before")
        @classmethod
        def parse(cls, value: str) -> Any:
            if value == "x":
                raise PydanticCustomError("odd", "odd {what}", {"what": object})
            return type("Odd", (), {"__repr__": lambda self: "<odd>"})()

    first, second = ask(Model, ["a"], [["1"], ["x"]])
    assert json.loads(first[0].json) == {
        "type": "int_type",
        "loc": ["a"],
        "msg": "Input should be a valid integer",
        "input": "<odd>",
    }
    assert json.loads(second[0].json)["type"] == "odd"
    assert isinstance(second[0], Fault)


def test_errors_are_given_again_as_objects() -> None:
    class Model(BaseModel):
        a: Annotated[int, Field(ge=1)]
        b: int | None

    compiled = compile(Model)
    plan = compiled.bind({",": ["a", "b"]})
    with pytest.raises(ValidationError) as caught:
        Model.model_validate({"a": "0", "b": None})
    assert errors_of(compiled, plan, ["0", ""], [""]) == caught.value.errors(include_url=False)
    assert errors_of(compiled, plan, ["1", ""], [""]) is None
    assert errors_of(compiled, plan, ["1"], [""]) is None


def test_faults_hold_the_bytes_of_pydantic() -> None:
    (faults,) = ask(Flat, ["a", "b"], [["é\u2028\x7f\x01", "x"]])
    with pytest.raises(ValidationError) as caught:
        Flat.model_validate({"a": "é\u2028\x7f\x01", "b": "x"})
    assert b"[" + b",".join(fault.json for fault in faults) + b"]" == caught.value.json(include_url=False).encode()
    assert to_json("é\u2028\x7f\x01") in faults[0].json

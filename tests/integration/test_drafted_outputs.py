"""Output schemas that `select` and `values` draft: what is copied is written as the input schema writes it."""

from __future__ import annotations

import collections
import dataclasses
import datetime as dt
import enum
import ipaddress
import json
import pathlib
import re
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, Literal, NewType, NotRequired, Required

import msgspec
import pydantic.dataclasses
import pytest
from pydantic import (
    AfterValidator,
    AliasPath,
    AnyUrl,
    Base64Str,
    BaseModel,
    ByteSize,
    ConfigDict,
    FailFast,
    Field,
    Json,
    PlainSerializer,
    SecretStr,
    StringConstraints,
    create_model,
    field_serializer,
    field_validator,
    model_serializer,
)
from pydantic_core import PydanticOmit
from typing_extensions import TypedDict

import thresher


class Colour(enum.Enum):
    """Values that `use_enum_values` writes."""

    RED = "r"
    BLUE = "b"


class Part(BaseModel):
    """A record in a record, with a serializer of its own."""

    size: int

    @model_serializer
    def written(self) -> int:
        """Write the size alone."""
        return self.size


class Doubled(BaseModel):
    """A record in a record, whose validator changes what it is given."""

    size: int

    @field_validator("size", mode="after")
    @classmethod
    def doubled(cls, value: int) -> int:
        """Change a value."""
        return value * 2


def double(value: int) -> int:
    """Change a value, so that a second time shows."""
    return value * 2


TYPES: list[tuple[Any, Any]] = [
    (ipaddress.IPv4Address, "10.0.0.1"),
    (pathlib.Path, "a/b"),
    (SecretStr, "hush"),
    (AnyUrl, "https://example.org"),
    (Base64Str, "aGVsbG8="),
    (list[Base64Str], ["aGVsbG8="]),
    (ByteSize, "5KB"),
    (re.Pattern[str], "a+"),
    (Sequence[int], [1, 2]),
    (collections.deque[int], [1, 2]),
    (Colour, "r"),
    (list[Colour], ["r", "b"]),
    (Part, {"size": 3}),
    (Doubled, {"size": 3}),
    (Annotated[int, AfterValidator(double)], 3),
    (list[Annotated[int, AfterValidator(double)]], [3]),
    (Annotated[int, AfterValidator(str)], 3),
    (Annotated[int, PlainSerializer(lambda value: f"<{value}>")], 3),
    (Annotated[int, Field(ge=0)] | None, None),
    (Json[Any], "[1,2]"),
    (list[Json[int]], ["1", "2"]),
    (int | str, "1"),
    (Annotated[str, StringConstraints(strip_whitespace=True, to_upper=True, max_length=3)], " ab "),
    (Annotated[Decimal, Field(max_digits=3)], "1.50"),
]


@pytest.mark.parametrize(("type_", "value"), TYPES, ids=map(str, range(len(TYPES))))
@pytest.mark.parametrize("enums", [False, True])
@pytest.mark.filterwarnings("ignore:Pydantic serializer warnings")
def test_copies_are_written_as_the_input_schema_writes_them(
    type_: Any, value: Any, enums: bool, engine: str, tmp_path: Path
) -> None:
    """Validators run once, and serializers of types and annotations still run."""
    model = create_model("Record", __config__=ConfigDict(use_enum_values=enums), id=(int, ...), field=(type_, ...))
    lines = b"".join(json.dumps({"id": each, "field": value}).encode() + b"\n" for each in (1, 2))
    whole, selected, added = (tmp_path / name for name in ("whole.jsonl", "selected.jsonl", "added.jsonl"))
    for target, arguments in (
        (whole, {}),
        (selected, {"select": ["id", "field"]}),
        (added, {"values": {"twice": "id * 2"}}),
    ):
        pipeline = thresher.Pipeline(model, engine=engine, **arguments)  # type: ignore[arg-type]
        assert pipeline.process(lines, format="jsonl", output=target).rejected == 0
    expected = whole.read_text()
    assert selected.read_text() == expected
    assert added.read_text() == re.sub(r'^(\{"id":(\d).*)\}$', _with_twice, expected, flags=re.MULTILINE)


def _with_twice(match: re.Match[str]) -> str:
    return f'{match[1]},"twice":{int(match[2]) * 2}}}'


def test_cells_are_those_of_the_input_schema(engine: str, tmp_path: Path) -> None:
    """Infinities, which JSON does not have, and text that looks like JSON."""
    made: Any = create_model(
        "Record",
        size=(Annotated[float, AfterValidator(lambda value: value)], ...),
        name=(Annotated[str, AfterValidator(lambda value: value)], ...),
    )
    written = []
    for arguments in ({}, {"select": ["size", "name"]}):
        pipeline = thresher.Pipeline(made, engine=engine, **arguments)  # type: ignore[arg-type]
        pipeline.process(b'size,name\ninf,null\n1e16,"a,b"\nnan,[1]\n', output=tmp_path / "o.csv")
        written.append((tmp_path / "o.csv").read_text())
    assert written == ['size,name\ninf,null\n1e+16,"a,b"\nnan,[1]\n'] * 2


@pytest.mark.filterwarnings("ignore:Pydantic serializer warnings")
def test_defaults_of_another_type_stay(engine: str, tmp_path: Path) -> None:
    """Pydantic does not validate defaults, and neither does a copy of one."""
    defaults: list[tuple[Any, Any]] = [
        (int, [1]), (dt.date, "x"), (dt.datetime | str, 1.5), (float, 0), (float, True), (Decimal, 0), (Decimal, 1.5),
        (int, Decimal("1.0")), (int, 1.0), (bool, 1), (Literal[1, "a"], True), (float, Decimal(1)),
        (int, Field("x", validation_alias=AliasPath("deep", 0))),
    ]  # fmt: skip
    made: Any = create_model("Record", id=(int, ...), **{f"f{at}": each for at, each in enumerate(defaults)})
    names = ["id", *(f"f{at}" for at in range(len(defaults)))]
    thresher.Pipeline(made, select=names).process(b"id\n1\n", engine=engine, output=tmp_path / "o.jsonl")
    assert (tmp_path / "o.jsonl").read_text() == made(id=1).model_dump_json() + "\n"


@pytest.mark.filterwarnings("ignore:Pydantic serializer warnings")
@pytest.mark.parametrize("form", ["model", "dataclass"])
def test_what_a_factory_makes_stays(form: str, engine: str, tmp_path: Path) -> None:
    """It is not validated either, whatever its type; and records without such a default stay native."""
    factories: list[tuple[Any, Any]] = [
        (int, lambda: "x"), (list[int], lambda: ["a"]), (list[int], dict), (set[int], list), (float, lambda: True),
        (dict[str, int], dict), (list[int] | None, lambda: [1]), (dt.date, lambda: "never"), (Decimal, float),
    ]  # fmt: skip
    names = [f"f{at}" for at in range(len(factories))]
    if form == "model":
        given: Any = {
            name: (each, Field(default_factory=make)) for name, (each, make) in zip(names, factories, strict=True)
        }
        made: Any = create_model("Record", id=(int, ...), **given)
    else:
        made = dataclasses.make_dataclass(
            "Record",
            [("id", int)]
            + [
                (name, each, dataclasses.field(default_factory=make))
                for name, (each, make) in zip(names, factories, strict=True)
            ],
        )
    lines = b'{"id":1}\n{"id":2,"f0":3,"f1":[4]}\n'
    written = []
    for select in (None, ["id", *names]):
        pipeline = thresher.Pipeline(made, select=select, engine=engine)
        assert pipeline.process(lines, format="jsonl", output=tmp_path / "o.jsonl").rejected == 0
        written.append((tmp_path / "o.jsonl").read_text())
    assert written[1] == written[0]
    assert [step.reason for step in pipeline.explain().steps if step.name in ("f0", "f1", "f5")] == [""] * 3
    kept = list(pipeline.process(lines, format="jsonl").records())
    assert [(each.f0, each.f1, each.f3) for each in kept] == [("x", ["a"], []), (3, [4], [])]


def test_what_a_function_makes_of_such_a_value_is_validated(engine: str) -> None:
    """Only what nobody has touched stays."""
    made: Any = create_model("Record", id=(int, ...), size=(int, Field(default_factory=lambda: "x")))
    pipeline = thresher.Pipeline(made, select=["size"], map_records=lambda record: record, engine=engine)
    result = pipeline.process(b"id,size\n1,\n2,3\n")
    assert [reject.errors[0]["type"] for reject in result.rejects] == ["int_parsing"]


def test_values_of_structs_stay(engine: str, tmp_path: Path) -> None:
    """msgspec does not check defaults, and neither does a copy; nor is text read once more as what else it may be."""

    class Record(msgspec.Struct):
        code: Literal["1", 7]
        size: float = 0
        count: int = "none"  # type: ignore[assignment]
        sizes: list[int] = msgspec.field(default_factory=lambda: ["a"])  # type: ignore[list-item]

    lines = b'{"code":"1"}\n{"code":7,"size":2,"count":3,"sizes":[4]}\n'
    whole, selected = tmp_path / "whole.jsonl", tmp_path / "selected.jsonl"
    thresher.process(lines, Record, format="jsonl", engine=engine, output=whole)
    pipeline = thresher.Pipeline(Record, select=["code", "size", "count", "sizes"], engine=engine)
    assert pipeline.process(lines, format="jsonl", output=selected).rejected == 0
    assert selected.read_text() == whole.read_text()


def test_numbers_of_a_json_schema_stay(engine: str, tmp_path: Path) -> None:
    """Whole numbers with a fraction of zero, large ones, and those that a type of Python would make others of."""
    schema = {"properties": {"n": {"type": "number"}, "i": {"type": "integer"}, "a": {"items": {"type": "number"}}}}
    lines = b'{"n":1,"i":2.0,"a":[1,1e30]}\n{"n":99999999999999999999999,"i":99999999999999999999999,"a":[]}\n'
    cells = b'n,i,a\n1e22,2.0,"[1,2.0]"\n1.50,99999999999999999999999,[]\n'
    for data, form in ((lines, "jsonl"), (cells, "csv")):
        written = []
        for select in (None, ["n", "i", "a"]):
            pipeline = thresher.Pipeline(schema, select=select, engine=engine)
            assert pipeline.process(data, format=form, output=tmp_path / "o.jsonl").rejected == 0
            written.append((tmp_path / "o.jsonl").read_text())
        assert written[1] == written[0]


def test_functions_may_give_text_for_the_values_of_structs(engine: str) -> None:
    """It is read as a cell is; what it cannot be is a reject."""

    class Record(msgspec.Struct):
        size: int

    pipeline = thresher.Pipeline(Record, select=["size"], map_records=lambda record: {"size": f"{record['size']}0"})
    assert [each.size for each in pipeline.process(b"size\n1\n", engine=engine).records()] == [10]
    refused = thresher.Pipeline(Record, select=["size"], map_records=lambda record: {"size": "many"})
    (reject,) = refused.process(b"size\n1\n", engine=engine).rejects
    assert (reject.stage, reject.errors[0]["type"]) == ("output", "int_type")


@pytest.mark.parametrize("config", [{}, {"allow_inf_nan": True}])
def test_decimals_that_are_no_numbers(config: dict[str, Any], engine: str) -> None:
    """They are copied where the input schema accepts them."""
    annotation = Decimal if config else Annotated[Decimal, Field(allow_inf_nan=True)]
    made: Any = create_model("Record", __config__=ConfigDict(**config), id=(int, ...), size=(annotation, ...))  # type: ignore[typeddict-item]
    result = thresher.Pipeline(made, select=["size"], engine=engine).process(b"id,size\n1,NaN\n2,-Infinity\n3,1.0\n")
    assert [str(each.size) for each in result.records()] == ["NaN", "-Infinity", "1.0"]


def test_metadata_that_has_no_hash(engine: str) -> None:
    """It may stand in the annotation of a field that may be None."""
    made: Any = create_model("Record", id=(int, ...), sizes=(Annotated[set[int], FailFast()], None))
    pipeline = thresher.Pipeline(made, select=["sizes"], engine=engine)
    found = pipeline.process(b'{"id":1}\n{"id":2,"sizes":[1,"2"]}\n', format="jsonl").records()
    assert [each.sizes for each in found] == [None, {1, 2}]


def test_fields_that_are_left_out_of_the_output_have_to_be_selected(engine: str) -> None:
    """What `exclude` keeps from being written is not written because something else is."""
    made: Any = create_model("Record", id=(int, ...), secret=(str, Field(exclude=True)))
    data = b"id,secret\n1,x\n"
    (added,) = thresher.Pipeline(made, values={"twice": "id * 2"}, engine=engine).process(data).records()
    assert added.model_dump() == {"id": 1, "twice": 2}
    (selected,) = thresher.Pipeline(made, select=["secret"], engine=engine).process(data).records()
    assert selected.model_dump() == {"secret": "x"}


def test_usual_copies_stay_native() -> None:
    """Fields of plain types, with constraints and defaults, are copied without Python."""
    made: Any = create_model(
        "Record",
        id=(Annotated[int, Field(ge=1)], ...),
        name=(Annotated[str, Field(max_length=9)] | None, None),
        discount=(float, 0),
        price=(Decimal, Decimal(1)),
        since=(dt.datetime, ...),
        kind=(Literal["a", "b"], "a"),
        sizes=(list[int], ...),
    )
    pipeline = thresher.Pipeline(made, select=["id", "name", "discount", "price", "since", "kind", "sizes"])
    assert {step.name: step.reason for step in pipeline.explain().steps if step.route != "native"} == {}


def test_a_dataclass_keeps_what_its_configuration_says_of_writing(engine: str, tmp_path: Path) -> None:
    """Bytes are written in base64 by both."""

    @pydantic.dataclasses.dataclass(config=ConfigDict(ser_json_bytes="base64"))
    class Record:
        id: int
        content: bytes

    thresher.Pipeline(Record, select=["content"]).process(
        b"id,content\n1,x\n", engine=engine, output=tmp_path / "o.jsonl"
    )
    assert (tmp_path / "o.jsonl").read_text() == '{"content":"eA=="}\n'


class Shape(BaseModel):
    """What is held, in general."""

    sides: int


class Square(Shape):
    """What is held, in particular."""

    size: float


@pytest.mark.filterwarnings("ignore:`json_encoders` is deprecated")
def test_what_the_configuration_says_of_writing_is_kept(engine: str, tmp_path: Path) -> None:
    """Encoders by type, and fields of classes that derive from that of the field."""
    config = ConfigDict(json_encoders={dt.date: lambda value: value.year}, polymorphic_serialization=True)
    made: Any = create_model(
        "Record",
        __config__=config,
        day=(dt.date, ...),
        days=(list[dt.date], ...),
        shape=(Shape, Square(sides=4, size=1)),
    )
    line = b'{"day":"2024-01-31","days":["2023-01-31"]}\n'
    for select in (None, ["day", "days", "shape"]):
        pipeline = thresher.Pipeline(made, select=select, engine=engine)
        pipeline.process(line, format="jsonl", output=tmp_path / "o.jsonl")
        assert (tmp_path / "o.jsonl").read_text() == made.model_validate_json(line).model_dump_json() + "\n"


class Partial(TypedDict, total=False):
    """Keys that need not be there, and one that must."""

    id: Required[int]
    name: str
    size: Annotated[int, Field(gt=0)]
    rank: int | None


class Whole(TypedDict):
    """The same, said the other way round."""

    id: int
    name: NotRequired[str]
    size: NotRequired[Annotated[int, Field(gt=0)]]
    rank: NotRequired[int | None]


LINES = b'{"id":1}\n{"id":2,"name":"x"}\n{"id":3,"size":5,"name":"y","rank":null}\n{"id":4,"size":-1}\n{"size":2}\n'
CELLS = b"id,name,size,rank\n1,,,\n2,x,,\n3,y,5,\n4,,-1,\n,,2,\n"


@pytest.mark.parametrize("schema", [Partial, Whole])
@pytest.mark.parametrize("data", [LINES, CELLS])
def test_keys_that_need_not_be_there(schema: Any, data: bytes, engine: str, tmp_path: Path) -> None:
    """What a record leaves out is None in a drafted output, and no error; what is wrong is still wrong."""

    def written(**arguments: Any) -> list[Any]:
        pipeline = thresher.Pipeline(schema, engine=engine, **arguments)
        result = pipeline.process(data, output=tmp_path / "o.jsonl", format="jsonl" if data is LINES else "csv")
        assert [reject.errors[0]["type"] for reject in result.rejects] == ["greater_than", "missing"]
        return [json.loads(line) for line in (tmp_path / "o.jsonl").read_text().splitlines()]

    names, sizes = [None, "x", "y"], [None, None, 5]
    assert written(select=["id", "name", "size"]) == [
        {"id": number, "name": name, "size": size} for number, name, size in zip((1, 2, 3), names, sizes, strict=True)
    ]
    assert written(select=["rank"]) == [{"rank": None}] * 3
    assert written(select=["id"], values={"called": "name"}) == [
        {"id": number, "called": name} for number, name in zip((1, 2, 3), names, strict=True)
    ]
    assert [each["z"] for each in written(values={"z": "(size or 0) + id"})] == [1, 2, 8]
    assert [each["id"] for each in written(where="size is None")] == [1, 2]


def test_serializers_do_not_meet_what_is_not_there(engine: str, tmp_path: Path) -> None:
    """A key that a record leaves out is None, whatever writes its values."""
    made: Any = TypedDict("Record", {"id": int, "size": NotRequired[ByteSize]})
    pipeline = thresher.Pipeline(made, select=["id", "size"], engine=engine)
    pipeline.process(b'{"id":1}\n{"id":2,"size":"1KB"}\n', format="jsonl", output=tmp_path / "o.jsonl")
    assert (tmp_path / "o.jsonl").read_text() == '{"id":1,"size":null}\n{"id":2,"size":1000}\n'


def test_changes_of_case_by_field_and_by_configuration(engine: str) -> None:
    """The last one counts, and is not undone."""
    shouted = Annotated[str, StringConstraints(to_upper=True)] | None
    made: Any = create_model("Record", __config__=ConfigDict(str_to_lower=True), name=(shouted, None), id=(int, 1))
    whole = [each.name for each in thresher.Pipeline(made, engine=engine).process(b"name,id\nAb,1\n").records()]
    pipeline = thresher.Pipeline(made, select=["name"], engine=engine)
    assert [each.name for each in pipeline.process(b"name,id\nAb,1\n").records()] == whole


def test_a_field_that_its_validator_leaves_out(engine: str) -> None:
    """The drafted output needs it, and that is the reject."""

    def omitted(value: str) -> str:
        if value == "none":
            raise PydanticOmit
        return value

    made: Any = create_model("Record", id=(int, ...), name=(Annotated[str, AfterValidator(omitted)], ...))
    result = thresher.Pipeline(made, select=["id", "name"], engine=engine).process(b"id,name\n1,none\n2,x\n")
    assert [each.name for each in result.records()] == ["x"]
    assert [(reject.stage, reject.errors[0]["type"]) for reject in result.rejects] == [("output", "missing")]


def test_a_dataclass_of_the_standard_library(engine: str) -> None:
    """Its defaults are its own."""

    @dataclasses.dataclass
    class Record:
        id: int
        name: str = "none"

    pipeline = thresher.Pipeline(Record, select=["name"], engine=engine)
    assert [each.name for each in pipeline.process(b"id,name\n1,x\n2,\n").records()] == ["x", "none"]


class Written(BaseModel):
    """A field that a method writes."""

    id: int
    size: int

    @field_serializer("size")
    def written(self, value: int) -> str:
        """Write a size."""
        return f"{value} m"


class Cat(BaseModel):
    """A choice."""

    id: int
    lives: int


class Dog(BaseModel):
    """Another."""

    id: int
    tricks: int


class First(msgspec.Struct, tag="first"):
    """A choice of msgspec."""

    x: int


class Second(msgspec.Struct, tag="second"):
    """Another."""

    x: int


@pytest.mark.parametrize(
    ("schema", "arguments", "words"),
    [
        (Written, {"select": ["size"]}, "the field 'size' of Written has its own serializer: write an output schema"),
        (Cat | Dog, {"select": ["id"]}, "the field 'id' of Cat | Dog is written by whichever choice a record fits"),
        (Cat | Dog, {"values": {"x": "1"}}, "is written by whichever choice a record fits: write an output schema"),
        (list[int], {"values": {"x": "1"}}, "the records of list[int] have no fields, so that none can be written"),
        ({"type": "array"}, {"select": ["x"]}, "the records of JSON Schema have no fields"),
        ({"type": "array"}, {"where": "x > 1"}, "JSON Schema has no field 'x'; it has no fields"),
        ({"properties": {"a-b": {}}}, {"values": {"x": "1"}}, "the field 'a-b' of JSON Schema has no name that"),
        ({"properties": {"a-b": {}}}, {"select": ["a-b"]}, "leave it out with select, or write an output schema"),
        (First | Second, {}, "the schema First | Second is made of msgspec Structs, and a schema can be one alone"),
        (
            NewType("Named", First),
            {},
            "is made of msgspec Structs, and a schema can be one alone: give a Struct, such as",
        ),
    ],
)
def test_what_cannot_work_says_why(schema: Any, arguments: dict[str, Any], words: str) -> None:
    """The true reason, in the words of the library that the schema is of."""
    with pytest.raises(thresher.ConfigurationError) as caught:
        thresher.Pipeline(schema, **arguments)
    assert words in str(caught.value)


def test_explanations_of_enums_whose_values_are_written() -> None:
    """It is the configuration, and no validator or serializer of the user's."""
    model = create_model("Record", __config__=ConfigDict(use_enum_values=True), id=(int, ...), colour=(Colour, ...))
    explained = thresher.Pipeline(model, select=["colour"]).explain()
    assert explained.rows[1].reason == "its values are those of an enum (use_enum_values)"
    (step,) = explained.steps
    assert step.reason == "the values of 'colour' are not native (its values are those of an enum (use_enum_values))"


def test_fields_that_no_method_writes_are_kept(engine: str) -> None:
    """A serializer of one field is of no concern to others."""
    pipeline = thresher.Pipeline(Written, select=["id"], engine=engine)
    assert [each.id for each in pipeline.process(b"id,size\n1,2\n").records()] == [1]


@pytest.mark.parametrize("arguments", [{"select": ["a"]}, {"values": {"b": "1"}}, {"select": [], "values": {"b": "1"}}])
@pytest.mark.parametrize("required", [[], ["a"]])
def test_records_of_json_schema_that_are_no_objects(
    arguments: dict[str, Any], required: list[str], engine: str
) -> None:
    """They have no fields, so none are made up for them; others are as they were."""
    schema = {"properties": {"a": {"type": "integer"}}, "required": required}
    pipeline = thresher.Pipeline(schema, engine=engine, **arguments)
    result = pipeline.process(b'{"a":2}\n[{"a":5}]\n3\nnull\n{"a":"x"}\n', format="jsonl")
    assert result.accepted == 1
    assert [(reject.stage, reject.errors[0]["type"]) for reject in result.rejects] == [
        *[("output", "no_object")] * 3,
        ("validate", "type"),
    ]
    assert result.rejects[0].errors[0]["input"] == [{"a": 5}]

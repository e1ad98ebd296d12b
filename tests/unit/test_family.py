"""Dataclasses, TypedDicts, unions and root models: verdicts are those of Pydantic's adapter, whatever the route."""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
import sys
from collections.abc import Mapping
from dataclasses import InitVar, dataclass, field
from pathlib import Path
from typing import Annotated, Any, ClassVar, Generic, Literal, NamedTuple, NewType, NotRequired, Required, TypeVar

import pydantic.dataclasses
import pytest
from pydantic import (
    AfterValidator,
    AliasChoices,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    RootModel,
    TypeAdapter,
    ValidationError,
    ValidationInfo,
    computed_field,
    field_serializer,
    field_validator,
    model_validator,
)
from typing_extensions import TypeAliasType, TypedDict

import thresher
from thresher import ConfigurationError
from thresher.schema import compile

T = TypeVar("T")


@dataclass
class Plain:
    x: int
    y: Annotated[str, Field(alias="Y", max_length=3)] = "a"
    day: dt.date | None = None
    known: ClassVar[int] = 3


@dataclass(slots=True)
class Slots:
    x: int
    y: str = "a"


@dataclass(frozen=True, kw_only=True)
class Frozen:
    x: int | None
    y: list[int] = field(default_factory=list)


@dataclass
class Base:
    x: int


@dataclass
class Derived(Base):
    y: float = 1.5


@dataclass
class PostInit:
    x: int
    y: str = ""

    def __post_init__(self) -> None:
        if self.x == 2:
            raise ValueError("two")
        self.y = self.y * 2


@dataclass
class Initialised:
    x: int
    v: InitVar[int] = 3

    def __post_init__(self, v: int) -> None:
        self.x += v


@dataclass
class NotInit:
    x: int
    y: int = field(default=7, init=False)


@dataclass(init=False)
class OwnInit:
    x: int
    y: str

    def __init__(self, x: int) -> None:
        raise AssertionError("Pydantic does not call this")


@dataclass
class OwnNew:
    x: int

    def __new__(cls, *args: Any, **kwargs: Any) -> OwnNew:
        return super().__new__(cls)


@dataclass
class Property:
    x: int
    y: str = "a"


Property.y = property(lambda self: "shown", lambda self, value: None)  # type: ignore[assignment]


@dataclass
class Boxed(Generic[T]):
    x: T


@pydantic.dataclasses.dataclass(config=ConfigDict(extra="forbid"))
class Forbids:
    x: int


@pydantic.dataclasses.dataclass(config=ConfigDict(extra="allow"))
class Allows:
    x: int


@pydantic.dataclasses.dataclass(config=ConfigDict(strict=True))
class Strict:
    x: int


@pydantic.dataclasses.dataclass(config=ConfigDict(str_strip_whitespace=True))
class Configured:
    x: int
    y: str = "  a"


@pydantic.dataclasses.dataclass
class Validated:
    x: int
    y: str = "q"

    @field_validator("x")
    @classmethod
    def even(cls, value: int) -> int:
        if value % 2:
            raise ValueError("odd")
        return value

    @field_serializer("y")
    def shout(self, value: str) -> str:
        return value.upper()


@pydantic.dataclasses.dataclass
class Looking:
    x: int
    y: str = ""

    @field_validator("y")
    @classmethod
    def look(cls, value: str, info: ValidationInfo) -> str:
        return f"{value}{info.data.get('x')}"


@pydantic.dataclasses.dataclass
class Whole:
    x: int

    @model_validator(mode="before")
    @classmethod
    def rename(cls, data: Any) -> Any:
        # An ArgsKwargs where somebody calls the class.
        return {"x": data["Y"]} if isinstance(data, Mapping) and "Y" in data else data


@pydantic.dataclasses.dataclass
class After:
    x: int

    @model_validator(mode="after")
    def check(self) -> After:
        if self.x == 2:
            raise ValueError("two")
        return self


@pydantic.dataclasses.dataclass
class Computed:
    x: int

    @computed_field
    def double(self) -> int:
        return self.x * 2


class Total(TypedDict):
    x: int
    y: str | None


class Partial(TypedDict, total=False):
    x: Required[int]
    y: Annotated[str, Field(alias="Y")]
    z: NotRequired[int | None]


class Inherits(Partial):
    w: float


class ForbidsKeys(TypedDict):
    __pydantic_config__ = ConfigDict(extra="forbid")  # type: ignore[misc]
    x: int


class AllowsKeys(TypedDict):
    __pydantic_config__ = ConfigDict(extra="allow")  # type: ignore[misc]
    x: NotRequired[int]


class Aliased(TypedDict):
    x: Annotated[int, Field(validation_alias=AliasChoices("Y", "x"))]


class Pair(NamedTuple):
    x: int
    y: str = "a"


class Cat(BaseModel):
    kind: Literal["cat"]
    lives: int
    name: str | None


class Dog(BaseModel):
    kind: Literal["dog"]
    bark: bool = True
    name: str | None


@dataclass
class Fish:
    kind: Literal["fish"]
    depth: float = 1.5


Pet = Annotated[Cat | Dog, Field(discriminator="kind")]


class Root(RootModel[Pet]):
    pass


class Rows(RootModel[dict[str, int]]):
    pass


NATIVE = [Plain, Slots, Derived, OwnInit, Forbids, Configured, Total, Partial, Inherits, ForbidsKeys]
"""Types of which the native engine decides every field."""

HYBRID = [Frozen, Boxed[int], AllowsKeys, Aliased]
"""Types with something that it does not decide, at least in one of the formats."""

RECORDS: dict[Any, str] = {
    PostInit: "__post_init__",
    Initialised: "__post_init__",
    NotInit: "is not read",
    OwnNew: "__new__",
    Property: "is a property",
    Allows: "keeps any other key",
    Strict: "is strict",
    Validated: "takes the model",
    Looking: "takes info",
    Whole: "validator of its own",
    After: "validator of its own",
    Computed: "computed fields",
    Pair: "named-tuple",
    Pet: "tagged-union",
    Cat | Dog | Fish: "union",
    TypeAliasType("Animal", Annotated[Cat | Dog, Field(discriminator="kind")]): "tagged-union",
    NewType("Beast", Cat): "",
    Annotated[Plain, AfterValidator(lambda value: value)]: "validator of its own",
    Annotated[Total, BeforeValidator(lambda value: value)]: "validator of its own",
    dict[str, int]: "dict",
    Root: "root model",
    Rows: "root model",
}
"""Types whose records go to Pydantic, and why; one that is a model in the end is compiled as such."""

TABLES = [
    "x,Y,z\n1,abc,2\n2,abcd,\n,,\nx,é,x\n9999999999999999999999,,\n",
    "x,y\n1,a\n2,\n,b\n3.0,1\n",
    "x,y,q\n1,a,\n2,b,c\n",
    "x,day,w\n1,2024-01-01,1\n2,2024-02-30,\n3,,inf\n",
    "kind,lives,bark,name,depth\ncat,9,,Tom,\ndog,,no,,\nfish,,,,2.5\nbird,,,,\ncat,,,x,\n",
]
"""CSV for any of them."""

LINES = [
    '{"x":1}', '{"x":"2","Y":"ab","y":"cd","z":null,"q":1}', '{"y":null,"x":1}', '{"x":null}', '{"Y":3}', "{}", "[1]",
    "null", '"x"', "{", '{"x":1,"x":2}', '{"x":1.0,"w":2,"day":"2024-01-01"}', '{"x":true,"y":"","z":"x"}',
    '{"x":1,"z":1e2,"w":NaN,"y":"\\u0041"}', '{"x":[1],"y":{}}', '{"kind":"cat","lives":9,"name":null}',
    '{"kind":"dog","name":"Rex","bark":"no"}', '{"kind":"fish"}', '{"kind":"fish","depth":1e400}', '{"kind":"bird"}',
    '{"x":12345678901234567890123,"y":"b"}', '{"a":1,"b":"x"}', '{"x":1,"y":"b","a b":[1,{"c":null}]}',
]  # fmt: skip
"""JSON Lines for any of them."""

ALL = [*NATIVE, *HYBRID, *RECORDS]
by_name = pytest.mark.parametrize("schema", ALL, ids=lambda each: str(getattr(each, "__name__", each))[:40])


@by_name
def test_csv(schema: Any, engine: str) -> None:
    adapter = TypeAdapter(schema)
    for table in TABLES:
        header, *rows = [line.split(",") for line in table.splitlines()]
        compiled = compile(schema)
        needed = [each for each in compiled.fields if each.required and not set(each.paths) & set(header)]
        if needed and not compiled.free_header:
            with pytest.raises(thresher.DataProcessingError, match="has no column for the required field"):
                thresher.process(table.encode(), schema, engine=engine)
            continue
        result = thresher.process(table.encode(), schema, engine=engine)
        none = {
            path
            for each in compiled.fields
            for path in each.paths
            if each.nullable and (each.required or each.optional)
        }
        wanted = []
        for row in rows:
            record = {name: cell or None for name, cell in zip(header, row, strict=True) if cell or name in none}
            wanted.append(_verdict(lambda record=record: adapter.validate_python(record)))
        _compare(result, wanted)


@by_name
def test_lines(schema: Any, engine: str) -> None:
    adapter = TypeAdapter(schema)
    result = thresher.process("\n".join(LINES).encode(), schema, engine=engine, format="jsonl")
    _compare(result, [_verdict(lambda line=line: adapter.validate_json(line)) for line in LINES])


def _verdict(validate: Any) -> Any:
    try:
        return (validate(),)
    except ValidationError as error:
        return [(each["type"], each["loc"], each["msg"]) for each in error.errors()]


def _compare(result: thresher.Result, wanted: list[Any]) -> None:
    records = [each[0] for each in wanted if isinstance(each, tuple)]
    found = list(result.records())
    # NaN is not equal to itself.
    assert [repr(each) for each in found] == [repr(each) for each in records]
    assert [type(each) for each in found] == [type(each) for each in records]
    rejects = [[(each["type"], each["loc"], each["msg"]) for each in reject.errors] for reject in result.rejects]
    assert rejects == [each for each in wanted if isinstance(each, list)]


@by_name
@pytest.mark.parametrize("suffix", ["jsonl", "csv"])
def test_both_engines_write_the_same(schema: Any, suffix: str, tmp_path: Path) -> None:
    adapter = TypeAdapter(schema)
    data = "\n".join(LINES).encode()
    written = []
    for engine in ("rust", "python"):
        output = tmp_path / f"{engine}.{suffix}"
        try:
            thresher.process(data, schema, engine=engine, output=output, format="jsonl")
        except (ConfigurationError, thresher.DataProcessingError) as error:
            written.append(type(error).__name__.encode())
        else:
            written.append(output.read_bytes())
    assert written[0] == written[1]
    if suffix == "jsonl":
        verdicts = [_verdict(lambda line=line: adapter.validate_json(line)) for line in LINES]
        lines = [adapter.dump_json(each[0]) + b"\n" for each in verdicts if isinstance(each, tuple)]
        assert written[0] == b"".join(lines)


@pytest.mark.parametrize("schema", NATIVE, ids=lambda each: each.__name__)
def test_flat_ones_are_native(schema: Any) -> None:
    compiled = compile(schema)
    assert [field.route for field in compiled.fields] == ["native"] * len(compiled.fields)
    assert compiled.record_reason == ""


@pytest.mark.parametrize("schema", RECORDS, ids=lambda each: str(getattr(each, "__name__", each))[:40])
def test_the_others_say_why_they_are_not(schema: Any) -> None:
    compiled = compile(schema)
    assert RECORDS[schema] in compiled.record_reason
    assert bool(compiled.record_reason) == bool(RECORDS[schema])
    assert str(compiled.explain())


def test_records_are_built_as_pydantic_builds_them() -> None:
    lines = b'{"x":1}\n{"x":2,"y":"b"}\n'
    slots = list(thresher.process(lines, Slots, engine="rust").records())
    assert slots == [Slots(1), Slots(2, "b")]
    assert not hasattr(slots[0], "__dict__")
    plain = list(thresher.process(lines, Plain, engine="rust").records())
    assert plain == [Plain(1), Plain(2)]
    assert plain[0].__dict__ == {"x": 1, "y": "a", "day": None}
    frozen = next(thresher.process(lines, Frozen, engine="rust").records())
    with pytest.raises(dataclasses.FrozenInstanceError):
        frozen.x = 3
    assert list(thresher.process(lines, Partial, engine="rust").records()) == [{"x": 1}, {"x": 2}]


def test_arrow_has_a_column_for_each_field(engine: str) -> None:
    pytest.importorskip("pyarrow")
    data = b'{"x":1}\n{"x":2,"Y":"b","z":3}\n'
    table = thresher.process(data, Partial, engine=engine).to_arrow()
    assert table.to_pylist() == [{"x": 1, "y": None, "z": None}, {"x": 2, "y": "b", "z": 3}]
    pets = b'{"kind":"cat","lives":9,"name":null}\n{"kind":"dog","name":"Rex"}\n'
    found = thresher.process(pets, Pet, engine=engine).to_arrow().to_pylist()
    assert found == [
        {"kind": "cat", "lives": 9, "name": None, "bark": None},
        {"kind": "dog", "lives": None, "name": "Rex", "bark": True},
    ]
    arrays = thresher.process(data, Plain, engine=engine).to_numpy()
    assert arrays["x"].tolist() == [1, 2]


def test_a_key_that_is_not_there_is_none_in_expressions(engine: str) -> None:
    data = b'{"x":1}\n{"x":2,"z":3}\n{"x":5,"z":null}\n'
    pipeline = thresher.Pipeline(Partial, where="z is None or z > 5", engine=engine)
    assert list(pipeline.process(data).records()) == [{"x": 1}, {"x": 5, "z": None}]
    pets = b'{"kind":"cat","lives":9,"name":null}\n{"kind":"dog","name":"Rex"}\n'
    for schema in (Pet, Root):
        told = thresher.Pipeline(schema, where="lives is not None", engine=engine).process(pets)
        assert (told.accepted, told.filtered) == (1, 1)


def test_what_is_left_out_stays_left_out(engine: str) -> None:
    data = b'{"x":1}\n{"x":2,"z":3}\n{"x":5,"z":null}\n'
    wanted = [{"x": 1}, {"x": 2, "z": 3}, {"x": 5, "z": None}]
    for function in ({"map_records": lambda row: row}, {"map_batches": lambda batch: batch}):
        result = thresher.Pipeline(Partial, engine=engine, **function).process(data)
        assert list(result.records()) == wanted

    class Needs(TypedDict):
        x: int
        z: int | None

    assert next(thresher.Pipeline(Partial, Needs, engine=engine).process(data).records()) == {"x": 1, "z": None}
    properties = {"x": {"type": "integer"}, "z": {"type": ["integer", "null"]}}
    schema = {"properties": properties, "additionalProperties": False}
    for function in ({"map_records": lambda row: row}, {"map_batches": lambda batch: batch}):
        assert list(thresher.Pipeline(schema, engine=engine, **function).process(data).records()) == wanted


def test_they_are_output_schemas_as_well(engine: str) -> None:
    class Line(TypedDict):
        x: int
        double: Annotated[int, thresher.From("x * 2")]

    @dataclass
    class Row:
        x: int
        double: Annotated[int, thresher.From("x * 2"), Field(lt=5)]

    data = b"x,Y\n1,a\n3,b\n"
    assert list(thresher.Pipeline(Plain, Line, engine=engine).process(data).records()) == [
        {"x": 1, "double": 2},
        {"x": 3, "double": 6},
    ]
    result = thresher.Pipeline(Partial, Row, engine=engine).process(data)
    assert list(result.records()) == [Row(1, 2)]
    assert [each.stage for each in result.rejects] == ["output"]
    drafted = thresher.Pipeline(Plain, values={"z": "x + 1"}, select=["x"], engine=engine).process(data)
    assert [each.model_dump() for each in drafted.records()] == [{"x": 1, "z": 2}, {"x": 3, "z": 4}]


def test_null_cells_of_a_union_are_none_where_each_choice_takes_it(engine: str) -> None:
    result = thresher.process(b"kind,lives,bark,name\ncat,9,,\ndog,,,\ncat,,,x\n", Pet, engine=engine)
    assert list(result.records()) == [Cat(kind="cat", lives=9, name=None), Dog(kind="dog", name=None)]
    assert [each.errors[0]["type"] for each in result.rejects] == ["missing"]


def test_what_pydantic_cannot_adapt_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    class Strange:
        pass

    with pytest.raises(
        ConfigurationError, match=r"Strange is not a model: give a Pydantic model, a msgspec Struct, a dataclass"
    ):
        compile(Strange)
    with pytest.raises(ConfigurationError, match=r"cannot be used by Pydantic: Unable to generate"):
        compile(list[Strange])
    with pytest.raises(ConfigurationError, match=r"is an instance: give its class, Plain"):
        compile(Plain(1))
    (tmp_path / "family_models.py").write_text(
        "from __future__ import annotations\nfrom dataclasses import dataclass\n\n"
        "@dataclass\nclass Order:\n    x: Nowhere\n"
    )
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    with pytest.raises(ConfigurationError, match=r"the schema Order cannot be used by Pydantic: .*Nowhere"):
        compile("family_models:Order")


def test_rejects_of_a_dataclass_are_pydantics_to_the_byte(engine: str, tmp_path: Path) -> None:
    rejects = tmp_path / "r.jsonl"
    thresher.process(b'{"x":"a","q":1}\n', Forbids, engine=engine, rejects=rejects)
    with pytest.raises(ValidationError) as caught:
        TypeAdapter(Forbids).validate_json('{"x":"a","q":1}')
    written = json.loads(rejects.read_bytes())
    assert written["errors"] == json.loads(caught.value.json(include_url=False))
    assert written["errors"][1]["type"] == "unexpected_keyword_argument"

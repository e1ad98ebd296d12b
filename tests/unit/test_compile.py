"""The compiler takes exactly what it knows for native, and sends everything else to Pydantic."""

from __future__ import annotations

import datetime as dt
import enum
import sys
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, Literal, TypedDict

import msgspec
import pytest
from pydantic import (
    AfterValidator,
    AliasChoices,
    AliasPath,
    BaseModel,
    ConfigDict,
    Field,
    PlainSerializer,
    PrivateAttr,
    RootModel,
    ValidationInfo,
    computed_field,
    create_model,
    field_serializer,
    field_validator,
    model_serializer,
    model_validator,
)

from kinds import HYBRID, NATIVE, NESTED, label
from thresher import plan
from thresher.errors import ConfigurationError
from thresher.plan import Text
from thresher.schema import compile, load, table
from thresher.schema.compiled import Compiled
from thresher.schema.compiled import Field as CompiledField


def only(annotation: Any, **settings: Any) -> CompiledField:
    """Return the compiled form of a field of that type."""
    model: Any = create_model("Model", __config__=ConfigDict(**settings), value=annotation)  # type: ignore[typeddict-item]
    return compile(model).fields[0]


@pytest.mark.parametrize("annotation", [each for found in NATIVE.values() for each in found], ids=label)
def test_native_types(annotation: Any) -> None:
    for wrapped in (annotation, annotation | None if annotation is not None else None):
        field = only((wrapped, ...))
        assert (field.route, field.reason) == ("native", "")
        assert not isinstance(field.kind, plan.Ask)


@pytest.mark.parametrize("annotation", [each for found in NESTED.values() for each in found], ids=label)
def test_types_that_a_shape_decides(annotation: Any) -> None:
    field = only((annotation, ...))
    assert (field.route, field.reason) == ("native", "")
    assert isinstance(field.kind, plan.Nested)


@pytest.mark.parametrize("annotation", [each for found in HYBRID.values() for each in found], ids=label)
def test_types_that_pydantic_is_asked_about(annotation: Any) -> None:
    field = only((annotation, ...))
    assert field.route == "field"
    assert field.reason
    assert isinstance(field.kind, plan.Ask)


@pytest.mark.parametrize(
    ("annotation", "kind"),
    [
        (Annotated[int, Field(ge=1, lt=10.0, multiple_of=2)], plan.Int(ge=1, lt=10, multiple_of=2)),
        (Annotated[float, Field(gt=1, allow_inf_nan=False)], plan.Float(gt=1.0, allow_inf_nan=False)),
        (Annotated[str, Field(min_length=1, pattern="a")], plan.Str(min_length=1, pattern="a")),
        (Annotated[Decimal, Field(max_digits=5, decimal_places=2, ge=Decimal("1.50"))], plan.Decimal(5, 2, ge="1.50")),
        (Annotated[Decimal, Field(lt=Decimal("1E+3"))], plan.Decimal(lt="1000")),
        (Annotated[dt.date, Field(gt=dt.date(2020, 1, 2))], plan.Date(gt="2020-01-02")),
        (
            Annotated[dt.datetime, Field(le=dt.datetime(2020, 1, 2, tzinfo=dt.UTC))],
            plan.DateTime(le="2020-01-02T00:00:00+00:00"),
        ),
        (Annotated[dt.time, Field(le=dt.time(9))], plan.Time(le="09:00:00")),
        (Annotated[dt.timedelta, Field(ge=dt.timedelta(seconds=-1))], plan.TimeDelta(ge=-1_000_000)),
        (Literal["a", "b", 1], plan.Choice(["a", "b"], [Text('"a"', "a"), Text('"b"', "b")], "literal_error")),
        (Annotated[int, Field(strict=True)], plan.Refuse("int_type")),
        (Annotated[str, Field(strict=True)], plan.Str()),
        (None, plan.Refuse("none_required")),
        (Literal[1, True], plan.Refuse("literal_error")),
        (Any, plan.Any()),
        (object, plan.Any()),
    ],
)
def test_kinds(annotation: Any, kind: plan.Kind) -> None:
    assert only((annotation, ...)).kind == kind


@pytest.mark.parametrize(
    ("annotation", "settings", "kind"),
    [
        (
            str,
            {"str_strip_whitespace": True, "str_to_upper": True, "str_max_length": 3},
            plan.Str(True, upper=True, max_length=3),
        ),
        (str, {"str_to_lower": True, "str_to_upper": True, "str_min_length": 2}, plan.Str(lower=True, min_length=2)),
        (str, {"coerce_numbers_to_str": True, "cache_strings": "none"}, plan.Str()),
        (Annotated[str, Field(pattern="a")], {"regex_engine": "python-re"}, plan.Ask()),
        (float, {"allow_inf_nan": False}, plan.Float(allow_inf_nan=False)),
        (float, {"ser_json_inf_nan": "strings"}, plan.Ask()),
        (float, {"ser_json_inf_nan": "strings", "allow_inf_nan": False}, plan.Float(allow_inf_nan=False)),
        (bool, {"strict": True}, plan.Refuse("bool_type")),
        (Annotated[bool, Field(strict=False)], {"strict": True}, plan.Bool()),
        (bytes, {"val_json_bytes": "base64"}, plan.Ask()),
        (bytes, {"ser_json_bytes": "hex"}, plan.Ask()),
        (dt.date, {"val_temporal_unit": "milliseconds"}, plan.Date(unit="milliseconds")),
        (dt.datetime, {"ser_json_temporal": "seconds"}, plan.Ask()),
        (dt.timedelta, {"ser_json_timedelta": "float"}, plan.Ask()),
        (dt.datetime, {"ser_json_timedelta": "float"}, plan.DateTime()),
        (Annotated[float, Field(allow_inf_nan=True)], {"allow_inf_nan": False}, plan.Float()),
        (int, {"title": "T", "hide_input_in_errors": True, "from_attributes": True, "frozen": True}, plan.Int()),
    ],
)
def test_the_configuration_is_applied(annotation: Any, settings: dict[str, Any], kind: plan.Kind) -> None:
    assert only((annotation, ...), **settings).kind == kind


def test_what_needs_the_record_is_seen() -> None:
    """Each of these sends every record to Pydantic, with its reason."""

    def with_info(value: int, info: ValidationInfo) -> int:
        return value

    class Init(BaseModel):
        a: int

        def __init__(self, **data: Any) -> None:
            super().__init__(**data)

    class New(BaseModel):
        a: int

        def __new__(cls, *args: Any) -> Any:
            return super().__new__(cls)

    class PostInit(BaseModel):
        a: int

        def model_post_init(self, context: Any, /) -> None:
            return None

    class Private(BaseModel):
        a: int
        _b: list[int] = PrivateAttr(default_factory=list)

    class Validate(BaseModel):
        a: int

        @classmethod
        def model_validate(cls, obj: Any, **settings: Any) -> Any:
            return super().model_validate(obj, **settings)

    class Dump(BaseModel):
        a: int

        def model_dump_json(self, **settings: Any) -> str:
            return ""

    class Before(BaseModel):
        a: int

        @model_validator(mode="before")
        @classmethod
        def check(cls, data: Any) -> Any:
            return data

    class Wrap(BaseModel):
        a: int

        @model_validator(mode="wrap")
        @classmethod
        def check(cls, data: Any, handler: Callable[[Any], Any]) -> Any:
            return handler(data)

    class After(BaseModel):
        a: int

        @model_validator(mode="after")
        def check(self) -> After:
            return self

    class Serialized(BaseModel):
        a: int

        @model_serializer
        def write(self) -> dict[str, int]:
            return {}

    class FieldSerialized(BaseModel):
        a: int

        @field_serializer("a")
        def write(self, value: int) -> int:
            return value

    class Computed(BaseModel):
        a: int

        @computed_field
        def b(self) -> int:
            return 1

    class Info(BaseModel):
        a: int

        @field_validator("a")
        @classmethod
        def check(cls, value: int, info: ValidationInfo) -> int:
            return value

    class Extras(BaseModel):
        model_config = ConfigDict(extra="allow")
        __pydantic_extra__: dict[str, int]
        a: int

    class Root(RootModel[dict[str, int]]):
        pass

    expected = {
        Init: "its own __init__",
        New: "its own __new__",
        PostInit: "its own model_post_init",
        Private: "its own model_post_init",
        Validate: "overrides model_validate",
        Dump: "overrides model_dump_json",
        Before: "model validator (before)",
        Wrap: "model validator (wrap)",
        After: "model validator (after)",
        Serialized: "model serializer",
        FieldSerialized: "takes the model",
        Computed: "computed fields",
        Info: "takes info",
        Extras: "__pydantic_extra__",
        Root: "root model",
        create_model("M", a=(int, Field(exclude=True))): "exclude",
        create_model("M", a=(int, Field(exclude_if=bool))): "exclude",
        create_model("M", a=(Annotated[int, AfterValidator(with_info)], ...)): "takes info",
        create_model("M", a=int, b=(int, Field(default_factory=lambda data: data["a"]))): "default factory",
    }
    for model, reason in expected.items():
        compiled = compile(model)
        assert reason in compiled.record_reason, model
        assert all(field.route == "record" for field in compiled.fields)
        if compiled.fields and not compiled.free_header:
            assert compiled.bind({",": ["a"]}).route == "record"
    assert all(compile(model).free_header for model in (Before, Wrap, Init, Validate, Root))
    assert not any(compile(model).free_header for model in (After, Info, PostInit, Computed))


def test_what_does_not_matter_stays_native() -> None:
    class Base(BaseModel):
        """A base."""

        model_config = ConfigDict(frozen=True, arbitrary_types_allowed=True, validate_assignment=True)
        a: int = Field(description="x", examples=[1], deprecated=True, json_schema_extra={"x": 1}, repr=False)
        _hidden: int = 3
        _unset: str

    class Model(Base):
        b: str

        def method(self) -> int:
            return 1

        @property
        def c(self) -> int:
            return 1

    compiled = compile(Model)
    assert compiled.record_reason == ""
    assert [field.route for field in compiled.fields] == ["native", "native"]


@pytest.mark.parametrize(
    ("annotation", "default", "null", "text"),
    [
        (int, 1, "default", Text("1", "1")),
        (int, None, "default", Text("null", "")),
        (float, float("inf"), "default", Text("null", "inf")),
        (float, 1e16, "default", Text("1e+16", "1e+16")),
        (Decimal, Decimal("1.50"), "default", Text('"1.50"', "1.50")),
        (dt.date, dt.date(2020, 1, 1), "default", Text('"2020-01-01"', "2020-01-01")),
        (str, 'a"b', "default", Text('"a\\"b"', 'a"b')),
        (list[int], [1, 2], "default", Text("[1,2]", "[1,2]")),
        (bool, True, "default", Text("true", "true")),
        (int, "x", "ask", None),
        (int, Field(default_factory=int), "ask", None),
        (int, Field("3", validate_default=True), "default", Text("3", "3")),
        (int, Field("x", validate_default=True), "ask", None),
        (Annotated[int, AfterValidator(abs)], Field(1, validate_default=True), "ask", None),
        (Annotated[int, AfterValidator(abs)], 1, "default", Text("1", "1")),
        (Annotated[int, PlainSerializer(str)], 1, "ask", None),
        (int, ..., "missing", None),
        (int | None, ..., "none", None),
        (Any, ..., "none", None),
        (Literal["a", None], ..., "none", None),
        (Annotated[int | None, AfterValidator(lambda value: value)], ..., "ask", None),
        (int | str | None, ..., "none", None),
    ],
)
def test_null_cells(annotation: Any, default: Any, null: str, text: Text | None) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        field = only((annotation, default))
    assert (field.null, field.default) == (null, text)


def test_enums_that_may_find_other_members_are_asked_about() -> None:
    class Meta(enum.EnumMeta):
        pass

    class Odd(enum.Enum, metaclass=Meta):
        A = "a"

    class Text2(str):
        __slots__ = ()

    class Subclassed(enum.Enum):
        A = Text2("a")

    class Good(enum.Enum):
        A = "a"
        B = "a"

    assert only((Odd, ...)).route == "field"
    assert only((Subclassed, ...)).route == "field"
    assert only((Good, ...)).kind == plan.Choice(["a"], [Text('"a"', "a")], "enum")
    assert only((Good, ...), use_enum_values=True).route == "field"


def test_aliases() -> None:
    class Model(BaseModel):
        a: int = Field(alias="A")
        b: int = Field(validation_alias=AliasChoices("x", AliasPath("y", 0), "z"))
        c: int = Field(validation_alias=AliasPath("w", "v"))
        d: int = Field(serialization_alias="D")

    found = {field.name: (field.key, field.paths, field.missing_loc) for field in compile(Model).fields}
    assert found == {
        "a": ("a", ("A",), ("A",)),
        "b": ("b", ("x", "z"), ("x",)),
        "c": ("c", (), ("w", "v")),
        "d": ("d", ("d",), ("d",)),
    }


@pytest.mark.parametrize(
    ("settings", "key", "paths", "loc"),
    [
        ({}, "a", ("A",), ("A",)),
        ({"populate_by_name": True}, "a", ("A", "a"), ("A",)),
        ({"validate_by_name": True, "validate_by_alias": False}, "a", ("a",), ("a",)),
        ({"loc_by_alias": False}, "a", ("A",), ("a",)),
        ({"serialize_by_alias": True}, "A", ("A",), ("A",)),
    ],
)
def test_configured_aliases(settings: Any, key: str, paths: tuple[str, ...], loc: tuple[str, ...]) -> None:
    field = only((int, Field(alias="A")), **settings)
    model: Any = create_model("M", __config__=ConfigDict(**settings), a=(int, Field(alias="A")))
    field = compile(model).fields[0]
    assert (field.key, field.paths, field.missing_loc) == (key, paths, loc)


def test_models_that_refer_to_themselves_and_shared_definitions() -> None:
    class Color(enum.Enum):
        RED = "red"

    class Node(BaseModel):
        a: Color
        b: Color | None = None
        c: list[Node] = []

    Node.model_rebuild(_types_namespace={"Node": Node, "Color": Color})
    compiled = compile(Node)
    assert [field.route for field in compiled.fields] == ["native", "native", "native"]


def test_incomplete_models_are_refused() -> None:
    class Model(BaseModel):
        a: Nowhere  # type: ignore[name-defined]  # noqa: F821

    with pytest.raises(ConfigurationError, match="Nowhere"):
        compile(Model)


def test_the_tables_hold_every_key_of_the_installed_pydantic() -> None:
    assert table.unknown_keys() == {}


def test_unknown_keys_go_to_pydantic_with_one_warning() -> None:
    """As if a newer pydantic-core had added a constraint, a setting and a flag of fields."""

    class Model(BaseModel):
        a: int
        b: str

    schema: Any = Model.__pydantic_core_schema__
    schema["schema"]["fields"]["a"]["schema"]["prime"] = True
    with pytest.warns(RuntimeWarning, match=r"pydantic-core .* has prime, which") as caught:
        compiled = compile(Model)
    assert len(caught) == 1
    assert [field.route for field in compiled.fields] == ["field", "native"]

    schema["config"]["str_rot13"] = True
    with pytest.warns(RuntimeWarning, match=r"prime, str_rot13"):
        assert "str_rot13" in compile(Model).record_reason

    schema["config"].pop("str_rot13")
    schema["schema"]["fields"]["b"]["hidden"] = True
    with pytest.warns(RuntimeWarning, match=r"hidden, prime"):
        assert "hidden" in compile(Model).record_reason

    class NewerInt(TypedDict):
        type: str
        prime: bool

    class Newer:
        def __getattr__(self, name: str) -> Any:
            from pydantic_core import core_schema

            return NewerInt if name == "IntSchema" else getattr(core_schema, name)

    assert table.unknown_keys(Newer()) == {"int": {"prime"}}


@dataclass
class SomeDataclass:
    a: int


class Good(BaseModel):
    a: int


@pytest.mark.parametrize(
    ("schema", "message"),
    [
        (SomeDataclass(a=1), "is an instance: give its class, SomeDataclass"),
        (msgspec.Struct, "is not a model"),
        (
            int,
            "is not a model: give a Pydantic model, a msgspec Struct, a dataclass, a TypedDict, or the file of a JSON",
        ),
        (BaseModel, "base class"),
        (Good(a=1), "is an instance: give its class, Good"),
        (3, "is of type 'int', not a model"),
        ("nothing", "package.module:Name"),
        ("models.py:Order", r"'models:Order'"),
        ("nowhere_at_all:Order", "no module 'nowhere_at_all'"),
        ("json:JSONDecodr", "did you mean 'JSONDecoder'"),
        ("json:JSONDecoder", "is not a model"),
    ],
)
def test_what_is_no_schema_is_refused(schema: Any, message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        compile(schema)


def test_schemas_are_loaded_from_the_working_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [path for path in sys.path if path])
    (tmp_path / "my_models.py").write_text("from pydantic import BaseModel\nclass Order(BaseModel):\n    a: int\n")
    (tmp_path / "my_broken.py").write_text("import json\n\n1 / 0\n")
    (tmp_path / "my_syntax.py").write_text("def f(:\n")
    (tmp_path / "my_import.py").write_text("import nowhere_at_all\n")
    assert load("my_models:Order").__name__ == "Order"
    assert isinstance(compile("my_models:Order"), Compiled)
    with pytest.raises(ConfigurationError, match=r"my_models.py has no 'Ordr'; did you mean 'Order'"):
        load("my_models:Ordr")
    with pytest.raises(ConfigurationError, match=r"no module 'my_modls'.* did you mean 'my_models'"):
        load("my_modls:Order")
    with pytest.raises(ConfigurationError, match=r"does not import: ZeroDivisionError: .*my_broken.py:3\)"):
        load("my_broken:Order")
    with pytest.raises(ConfigurationError, match=r"does not import: SyntaxError: .*my_syntax.py:1\)"):
        load("my_syntax:Order")
    with pytest.raises(
        ConfigurationError, match=r"does not import: ModuleNotFoundError: No module named 'nowhere_at_all'"
    ):
        load("my_import:Order")


@pytest.mark.parametrize(
    ("annotation", "shown"),
    [
        (int, "int"),
        (dt.datetime | None, "datetime | None"),
        (list[Decimal], "list[Decimal]"),
        (Literal["a.b", 1], "Literal['a.b', 1]"),
        (Any, "Any"),
        (Callable[[], int] | None, "Callable[[], int] | None"),
        (None, "None"),
    ],
)
def test_types_are_shown_as_they_are_written(annotation: Any, shown: str) -> None:
    assert only((annotation, ...)).annotation == shown


def test_the_explanation_is_a_table() -> None:
    class Order(BaseModel):
        order_id: int = Field(ge=1)
        even: Annotated[int, AfterValidator(abs)] = 0
        note: str | None = Field(None, alias="Note")

    text = str(compile(Order).explain())
    assert text.splitlines()[0] == f"{Order.__qualname__}: unknown columns: ignore"
    lines = [line.split("  ") for line in text.splitlines()[2:]]
    assert [line[0] for line in lines] == ["field", "-----------", "order_id", "even", "note (Note)"]
    assert "ge=1" in text
    assert "str | None" in text
    assert "asks Pydantic (cell)  the validator abs" in text


def test_explanations_tell_routes_of_json_apart() -> None:
    """Where JSON goes another way than cells, the table has a column for it."""

    class Order(BaseModel):
        lines: list[int]
        note: Annotated[str, Field(coerce_numbers_to_str=True)]

    text = str(compile(Order).explain())
    assert "route of JSON" in text
    (note,) = (line for line in text.splitlines() if line.startswith("note"))
    assert "native" in note
    assert "asks Pydantic (cell)" in note
    assert "route of JSON" not in str(compile(Flat).explain())


class Flat(BaseModel):
    """As native from cells as from JSON."""

    a: int

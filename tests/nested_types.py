"""The names that the types of ``cases/nested_values.toml`` use: classes with each configuration and hook once."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Annotated, Any, Literal, NamedTuple, Self
from uuid import UUID

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    Json,
    RootModel,
    computed_field,
    field_serializer,
    field_validator,
    model_serializer,
)
from typing_extensions import TypedDict

from nested_models import Circle, Colour, Level, Pair, Point, Square, Tree, Word

__all__ = ["NAMES"]


class Flat(BaseModel):
    a: int
    b: str = "b"


class Forbidding(BaseModel):
    model_config = ConfigDict(extra="forbid")
    a: int


class Keeping(BaseModel):
    model_config = ConfigDict(extra="allow")
    a: int


class Aliased(BaseModel):
    model_config = ConfigDict(populate_by_name=True, extra="allow")
    a: int = Field(alias="A")
    b: int = Field(0, validation_alias="B", serialization_alias="C")


class Defaults(BaseModel):
    a: int | None = None
    b: list[int] = [1]
    c: float = 1
    d: dt.date = dt.date(2020, 1, 1)


class Factory(BaseModel):
    a: list[int] = Field(default_factory=list)


class Stripping(BaseModel):
    model_config = ConfigDict(str_strip_whitespace=True, str_to_lower=True, str_min_length=1, str_max_length=5)
    a: str = "a"
    inner: Flat | None = None


class StrictModel(BaseModel):
    model_config = ConfigDict(strict=True)
    a: int
    b: dt.date = dt.date(2020, 1, 1)
    c: float = 0.0
    d: bool = True
    e: tuple[int, ...] = ()
    f: Decimal = Decimal(0)
    g: UUID = UUID(int=0)
    h: dt.time = dt.time(1)
    i: dt.timedelta = dt.timedelta(1)
    j: Word = Word.A
    k: Level = Level.LOW
    l: set[str] = set()  # noqa: E741
    m: dt.datetime = dt.datetime(2020, 1, 1)


class ByAlias(BaseModel):
    model_config = ConfigDict(serialize_by_alias=True)
    a: int = Field(alias="A")


class NotByAliasInLoc(BaseModel):
    model_config = ConfigDict(loc_by_alias=False)
    a: int = Field(alias="A")


class Root(RootModel[list[int]]):
    """Of a list."""


class Partial(TypedDict, total=False):
    a: int


class Cat(BaseModel):
    pet: Literal["cat"] = Field(alias="type")


class Dog(BaseModel):
    pet: Literal["dog"] = Field(alias="type")
    age: int = 0


class Named(NamedTuple):
    a: int
    b: str = "b"


class PostInit(BaseModel):
    a: int

    def model_post_init(self, context: Any, /) -> None:
        self.__dict__["a"] += 1


class OwnInit(BaseModel):
    a: int

    def __init__(self, **data: Any) -> None:
        super().__init__(**{**data, "a": 7})


class OwnNew(BaseModel):
    a: int

    def __new__(cls, *args: Any, **settings: Any) -> Self:
        return super().__new__(cls)


class Validated(BaseModel):
    a: int

    @field_validator("a")
    @classmethod
    def lucky(cls, value: int) -> int:
        if value == 13:
            raise ValueError("unlucky")
        return value + 1


class Computed(BaseModel):
    a: int

    @computed_field
    def twice(self) -> int:
        return self.a * 2


class Serialized(BaseModel):
    a: int

    @field_serializer("a")
    def shown(self, value: int) -> str:
        return f"<{value}>"


class ModelSerialized(BaseModel):
    a: int

    @model_serializer
    def shown(self) -> list[int]:
        return [self.a]


class Excluding(BaseModel):
    a: int
    b: int = Field(0, exclude=True)


@dataclasses.dataclass
class PostInitPair:
    left: int

    def __post_init__(self) -> None:
        self.left += 1


class Private(BaseModel):
    a: int
    _note: str = "private"


class Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, title="Cold")
    a: int


NAMES: dict[str, Any] = {
    **{name: value for name, value in globals().items() if isinstance(value, type)},
    **{each.__name__: each for each in (date, datetime, time, timedelta, Decimal, Circle, Colour, Pair, Point, Square)},
    "Annotated": Annotated,
    "Any": Any,
    "Field": Field,
    "Json": Json,
    "Level": Level,
    "Literal": Literal,
    "Sequence": Sequence,
    "Tree": Tree,
    "UUID": UUID,
    "Word": Word,
}

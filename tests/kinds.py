"""Types to test with: for each kind of odd cell, the annotations that a model may have.

No expectation stands here: the oracle is Pydantic itself.
"""

from __future__ import annotations

import datetime as dt
import enum
import ipaddress
import re
import tomllib
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, Literal, Optional
from uuid import UUID

from annotated_types import Timezone
from pydantic import (
    UUID4,
    UUID7,
    AfterValidator,
    AllowInfNan,
    AwareDatetime,
    Base64Bytes,
    BeforeValidator,
    ByteSize,
    Field,
    FutureDate,
    HttpUrl,
    IPvAnyAddress,
    Json,
    NaiveDatetime,
    PastDatetime,
    PlainSerializer,
    PlainValidator,
    SecretStr,
    StringConstraints,
    WrapValidator,
)
from pydantic_core import PydanticCustomError, PydanticOmit, PydanticUseDefault

__all__ = ["HYBRID", "NATIVE", "label", "odd_cells"]

CASES = Path(__file__).parent / "cases"
UTC = dt.UTC
PLUS_ONE = dt.timezone(dt.timedelta(hours=1))


class Color(enum.Enum):
    RED = "red"
    GREEN = "green"
    ALSO_RED = "red"


class Mixed(enum.Enum):
    TEXT = "1"
    WHOLE = 1
    REAL = 1.5
    RAW = b"red"
    NOTHING = None


class Size(enum.IntEnum):
    SMALL = 1
    LARGE = 2
    MINUS = -1


class Word(enum.StrEnum):
    RED = "red"
    QUOTE = 'a"b'
    EMPTY = ""
    ONE = "1"


class StrMixin(str, enum.Enum):  # noqa: UP042 - its str() differs
    RED = "red"


class IntMixin(int, enum.Enum):
    ONE = 1
    BIG = 1 << 62


class Huge(enum.IntEnum):
    HUGE = 1 << 70


class Lenient(enum.Enum):
    RED = "red"

    @classmethod
    def _missing_(cls, value: object) -> Lenient | None:
        return cls.RED if str(value).lower() == "red" else None


class Bits(enum.Flag):
    ONE = 1
    TWO = 2


# A combination is found by other values as well (-0.0 for 0) once it was made: here, and not by whoever comes first.
for _number in range(4):
    Bits(_number)


class RealEnum(float, enum.Enum):
    ONE = 1.0


class TupleEnum(enum.Enum):
    PAIR = ("1", "2")


def _strip_dollar(value: str) -> str:
    return value.removeprefix("$")


def _even(value: int) -> int:
    if value % 2:
        raise ValueError(f"{value} is odd")
    return value


def _custom(value: str) -> str:
    if value == "a":
        raise PydanticCustomError("not_a", "no {what} please", {"what": "a"})
    if value == "0":
        raise PydanticUseDefault
    if value == "1":
        raise PydanticOmit
    return value


def _wrapped(value: Any, handler: Any) -> Any:
    return handler(value.strip() if isinstance(value, str) else value)


def _lines(value: Any) -> list[str]:
    return str(value).split(",")


NATIVE: Mapping[str, list[Any]] = {
    "str": [
        str,
        Annotated[str, Field(min_length=3)],
        Annotated[str, Field(max_length=3)],
        Annotated[str, Field(min_length=0, max_length=4)],
        Annotated[str, StringConstraints(strip_whitespace=True, min_length=3, max_length=3)],
        Annotated[str, StringConstraints(to_lower=True)],
        Annotated[str, StringConstraints(to_upper=True)],
        Annotated[str, StringConstraints(to_lower=True, to_upper=True, strip_whitespace=True)],
        Annotated[str, StringConstraints(pattern=r"^SKU-\d{5}$")],
        Annotated[str, StringConstraints(pattern=r"a|\"|é")],
        Annotated[str, StringConstraints(pattern=r"(?i)^abc$", strip_whitespace=True)],
        Annotated[str, StringConstraints(strict=True, max_length=5)],
        Annotated[str, Field(strict=True)],
        Annotated[str, StringConstraints(ascii_only=True)],
        Any,
    ],
    "int": [
        int,
        Annotated[int, Field(ge=0)],
        Annotated[int, Field(gt=0, lt=100)],
        Annotated[int, Field(le=7, ge=-7)],
        Annotated[int, Field(multiple_of=7)],
        Annotated[int, Field(multiple_of=7, ge=1, le=1000)],
        Annotated[int, Field(ge=-(1 << 63), le=(1 << 63) - 1)],
        Annotated[int, Field(strict=True)],
    ],
    "float": [
        float,
        Annotated[float, Field(ge=0)],
        Annotated[float, Field(gt=0, lt=100)],
        Annotated[float, Field(le=1.5, ge=-1.5)],
        Annotated[float, Field(multiple_of=0.5)],
        Annotated[float, Field(multiple_of=0.1, gt=0)],
        Annotated[float, AllowInfNan(False)],
        Annotated[float, Field(allow_inf_nan=False, ge=0.1, le=1e300)],
        Annotated[float, Field(strict=True)],
    ],
    "bool": [bool, Annotated[bool, Field(strict=True)]],
    "bytes": [
        bytes,
        Annotated[bytes, Field(min_length=3)],
        Annotated[bytes, Field(max_length=3)],
        Annotated[bytes, Field(strict=True)],
    ],
    "date": [
        dt.date,
        Annotated[dt.date, Field(ge=dt.date(2020, 1, 1))],
        Annotated[dt.date, Field(gt=dt.date(2020, 1, 1), lt=dt.date(2030, 1, 1))],
        Annotated[dt.date, Field(le=dt.date(1970, 1, 1))],
        Annotated[dt.date, Field(strict=True)],
    ],
    "datetime": [
        dt.datetime,
        AwareDatetime,
        NaiveDatetime,
        Annotated[dt.datetime, Field(ge=dt.datetime(2020, 1, 1))],
        Annotated[
            dt.datetime, Field(gt=dt.datetime(2020, 1, 1, tzinfo=UTC), le=dt.datetime(2030, 1, 1, tzinfo=PLUS_ONE))
        ],
        Annotated[dt.datetime, Field(lt=dt.datetime(2020, 1, 1, 0, 0, 0, 1)), Timezone(None)],
        Annotated[dt.datetime, Field(strict=True)],
    ],
    "time": [
        dt.time,
        Annotated[dt.time, Field(ge=dt.time(9), le=dt.time(17))],
        Annotated[dt.time, Field(gt=dt.time(9, 0, 0, 5), lt=dt.time(17, tzinfo=UTC))],
        Annotated[dt.time, Field(strict=True)],
    ],
    "timedelta": [
        dt.timedelta,
        Annotated[dt.timedelta, Field(ge=dt.timedelta(0))],
        Annotated[dt.timedelta, Field(gt=dt.timedelta(hours=1), lt=dt.timedelta(days=2, seconds=3, microseconds=4))],
        Annotated[dt.timedelta, Field(strict=True)],
    ],
    "decimal": [
        Decimal,
        Annotated[Decimal, Field(ge=0)],
        Annotated[Decimal, Field(gt=Decimal("0.1"), lt=Decimal("1000.00"))],
        Annotated[Decimal, Field(le=10, ge=-10)],
        Annotated[Decimal, Field(max_digits=5)],
        Annotated[Decimal, Field(decimal_places=2)],
        Annotated[Decimal, Field(max_digits=7, decimal_places=2)],
        Annotated[Decimal, Field(max_digits=2, decimal_places=4)],
        Annotated[Decimal, Field(allow_inf_nan=True)],
        Annotated[Decimal, Field(allow_inf_nan=True, ge=1)],
        Annotated[Decimal, Field(ge=1.5)],
        Annotated[Decimal, Field(strict=True)],
    ],
    "uuid": [UUID, UUID4, UUID7, Annotated[UUID, Field(strict=True)]],
    "choice": [
        Literal["red"],
        Literal["red", "green", "é", "1"],
        Literal["red", 1, None, True, b"red"],
        Literal[1, 2],
        Color,
        Mixed,
        Size,
        Word,
        StrMixin,
        IntMixin,
        Annotated[Color, Field(strict=True)],
        Annotated[Size, Field(strict=True)],
        None,
    ],
}
"""Types that a kernel decides."""

HYBRID: Mapping[str, list[Any]] = {
    "str": [
        Annotated[str, Field(pattern=re.compile("^a", re.IGNORECASE))],
        Annotated[str, BeforeValidator(_strip_dollar)],
        Annotated[str, AfterValidator(_custom)],
        Annotated[str, WrapValidator(_wrapped), Field(max_length=3)],
        Annotated[Any, PlainValidator(_lines)],
        Annotated[str, PlainSerializer(lambda value: {"text": value})],
        SecretStr,
        HttpUrl,
        Base64Bytes,
    ],
    "int": [
        Annotated[int, Field(lt=1 << 64)],
        Annotated[int, AfterValidator(_even)],
        Annotated[int, BeforeValidator(_strip_dollar)],
        ByteSize,
    ],
    "float": [
        Annotated[float, Field(lt=float("inf"))],
        Annotated[float, PlainSerializer(lambda value: round(value, 1))],
    ],
    "date": [FutureDate],
    "datetime": [PastDatetime],
    "timedelta": [Annotated[dt.timedelta, Field(multiple_of=dt.timedelta(minutes=1))]],
    "decimal": [Annotated[Decimal, Field(multiple_of=Decimal("0.01"))]],
    "choice": [Lenient, Bits, RealEnum, TupleEnum, Huge, Literal[Color.RED]],
    "uuid": [IPvAnyAddress, ipaddress.IPv4Network],
}
"""Types that Pydantic has to be asked about, cell by cell."""

NESTED: Mapping[str, list[Any]] = {
    "str": [Json, Json[dict[str, int]]],
    "int": [int | str, int | float | None, int | bool],
    "float": [float | int | str],
    "bool": [bool | str],
    "date": [dt.date | dt.datetime | str],
    "datetime": [dt.datetime | str],
    "decimal": [Decimal | int | str],
    "choice": [Literal["red"] | int],
}
"""Types that a shape decides: texts that hold JSON, and texts that may be read in several ways."""

OTHERS: Mapping[str, list[Any]] = {kind: [*HYBRID.get(kind, []), *NESTED.get(kind, [])] for kind in HYBRID | NESTED}
"""Types that no kernel decides alone."""


def label(annotation: Any) -> str:
    """Name an annotation in the id of a test: without addresses, which differ from process to process."""
    return re.sub(r" at 0x[0-9a-f]+", "", str(annotation))[:70]


def odd_cells() -> dict[str, list[str]]:
    """Return the odd cells of each kind, those that are odd for every kind included."""
    with (CASES / "odd_cells.toml").open("rb") as file:
        table: dict[str, list[str]] = tomllib.load(file)
    common = table.pop("any")
    table["bytes"] = table["str"]
    return {kind: list(dict.fromkeys([*cells, *common])) for kind, cells in table.items()}


def optional(annotation: Any) -> Any:
    """Return the annotation, None added."""
    return Optional[annotation]  # noqa: UP045 - the annotation is a value here

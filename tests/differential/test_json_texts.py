"""JSON texts at the edges of the language, each engine against Pydantic itself: verdict, value, errors and bytes."""

from __future__ import annotations

import datetime as dt
import decimal
import enum
import tomllib
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, Literal

import pytest
from pydantic import BaseModel, ConfigDict, Field, ValidationError, create_model

import thresher
from lines import accepted_and_rejects

TABLE = tomllib.loads((Path(__file__).parent.parent / "cases" / "json_texts.toml").read_text(encoding="utf-8"))


class Color(enum.Enum):
    """An enum of texts."""

    x = "x"
    y = "y"


class Level(enum.IntEnum):
    """An enum of integers."""

    low = 0
    high = 1


TYPES: list[Any] = [
    int,
    float,
    bool,
    str,
    bytes,
    dt.date,
    dt.datetime,
    dt.time,
    dt.timedelta,
    decimal.Decimal,
    uuid.UUID,
    Literal["x", "y"],
    Literal["x", 1, None],
    Color,
    Level,
    Any,
    int | None,
    Literal["x", "y"] | None,
    list[int],
    int | str,
    Annotated[int, Field(ge=0, lt=100, multiple_of=2)],
    Annotated[float, Field(gt=0, le=100, allow_inf_nan=False)],
    Annotated[str, Field(min_length=2, max_length=5, pattern="^[a-z1]")],
    Annotated[decimal.Decimal, Field(max_digits=5, decimal_places=2)],
    Annotated[int, Field(strict=True)],
    Annotated[float, Field(strict=True)],
    Annotated[bool, Field(strict=True)],
    Annotated[str, Field(strict=True)],
    Annotated[dt.date, Field(strict=True)],
]


def _lines() -> Iterator[bytes]:
    for value in TABLE["values"]:
        text = value.replace("\n", " ")
        yield f'{{"x":{text}}}'.encode()
        yield f'{{"y":{text},"x":1}}'.encode()
        yield f'{{"y": {text} }}'.encode()
        yield text.encode()
    for line in TABLE["lines"]:
        yield line.encode()
    for line in TABLE["bytes_hex"]:
        yield bytes.fromhex(line)
    # Texts that are too long for the table.
    for depth in (50, 99, 100, 101, 102, 150, 198, 199, 200, 201, 202, 1000, 100_000):
        for opening, closing in ("[]", ('{"a":', "}")):
            yield b'{"x":1,"y":' + (opening * depth).encode() + b"1" + (closing * depth).encode() + b"}"
            yield b'{"x":' + (opening * depth).encode()
    for digits in (999, 1000, 1001, 4299, 4300, 4301, 5000):
        for text in ("1" * digits, "-" + "1" * digits, "1" * digits + ".5", "0." + "1" * digits, "1e" + "0" * digits):
            yield f'{{"x":{text}}}'.encode()
            yield f'{{"x":1,"y":{text}}}'.encode()
            yield f'{{"x":"{text}"}}'.encode()
    # Two bytes of another encoding, which happen to be a line end.
    yield '{"x":1}'.encode("utf-16-be")


LINES = [line for line in _lines() if b"\n" not in line]


def test_the_table_is_large() -> None:
    assert len(TABLE["values"]) + len(TABLE["lines"]) + len(TABLE["bytes_hex"]) >= 150


@pytest.mark.parametrize("kind", TYPES, ids=str)
@pytest.mark.parametrize("default", [False, True], ids=["required", "default"])
def test_texts(kind: Any, default: bool, engine: Any, tmp_path: Path) -> None:
    """Every text under every type."""
    model = create_model("M", x=(kind, None if default else ...))
    check(model, LINES, engine, tmp_path)


@pytest.mark.parametrize("extra", ["ignore", "forbid", "allow"])
@pytest.mark.parametrize("by", ["alias", "name", "both"])
def test_keys(extra: Any, by: str, engine: Any, tmp_path: Path) -> None:
    """Every text where keys are found under an alias, where others are forbidden, and where they are kept."""
    config = ConfigDict(extra=extra, validate_by_alias=by != "name", validate_by_name=by != "alias")
    model = create_model("M", __config__=config, a=(int, Field(alias="x")), y=(float | None, 2.5))
    check(model, LINES, engine, tmp_path)


def check(model: type[BaseModel], lines: list[bytes], engine: Any, folder: Path) -> None:
    """Compare what is written, and what is kept, with what Pydantic says about each line."""
    data = b"\n".join(lines)
    accepted, rejects, records = accepted_and_rejects(model, data)
    for block_bytes in (1 << 18, 100):
        good, bad = folder / "good.jsonl", folder / "bad.jsonl"
        settings = {"engine": engine, "format": "jsonl", "block_bytes": block_bytes}
        result = thresher.process(data, model, output=good, rejects=bad, **settings)
        assert (result.accepted, result.rejected) == (len(accepted), len(rejects))
        assert bad.read_bytes().splitlines(keepends=True) == rejects
        assert good.read_bytes().splitlines(keepends=True) == accepted
        if engine == "python":
            break
    kept = thresher.process(data, model, engine=engine, format="jsonl")
    assert [repr(record) for record in kept.records()] == [repr(record) for record in records]
    for reject in kept.rejects:
        with pytest.raises(ValidationError) as raised:
            model.model_validate_json(reject.raw)
        expected = raised.value.errors(include_url=False)
        assert [each["type"] for each in reject.errors] == [each["type"] for each in expected]
        assert [each["loc"] for each in reject.errors] == [each["loc"] for each in expected]

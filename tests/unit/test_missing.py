"""The error ``missing`` shows a whole line of JSON, as its library writes it again, however the line is written."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest
from pydantic import AliasChoices, BaseModel, Field, ValidationError
from pydantic_core import to_json

import thresher

LONG = "a name that is longer than what is compared all at once"


class Wide(BaseModel):
    """Two fields are needed, the others may be there."""

    first: str
    second: float
    n: int | None = None
    x: float = 0.0
    items: list[float] = []
    either: str = Field("", validation_alias=AliasChoices("one", "other"))
    long: str = Field("", alias=LONG)


class Two(msgspec.Struct):
    """Two fields are needed."""

    first: str
    second: float
    x: float = 0.0


MANY = ",".join(f'"key {at}":{at}' for at in range(20))

LINES = [
    "{}",
    " { } ",
    '{"n":1}',
    '{"n":1,"x":2.5}',
    '{"x":2.5,"n":1}',
    '{"n": 1, "x": 2.5}',
    '{"n":1,"x":2.50}',
    '{"x":1e3}',
    '{"x":0.00001}',
    '{"x":1e400}',
    '{"x":123456789012345.6}',
    '{"x":0.1234567890123456789}',
    '{"x":-0.0}',
    '{"n":-0}',
    '{"n":null}',
    '{"n":12345678901234567890}',
    '{"n":1,"n":2}',
    '{"n":1,"other key":[1, {"a": 1.50, "a": null}]}',
    '{"first":"plain"}',
    '{"first":"Grüße \\u00e9\\n\\/"}',
    '{"f\\u0069rst":"x"}',
    '{"items":[1, 2.50]}',
    '{"items":[1,2.5]}',
    '{"one":"a"}',
    '{"other":"a"}',
    '{ "one":"a"}',
    f'{{"{LONG}":"a"}}',
    f"{{{MANY}}}",
    f"{{{MANY},{MANY}}}",
    '{"n":1} ',
    '\t{"n":1}',
]


def rejects(schema: Any, engine: str, block_bytes: int, folder: Path) -> list[bytes]:
    """Return the lines of the rejects."""
    path = folder / "rejects.jsonl"
    config: dict[str, Any] = {"format": "jsonl", "engine": engine, "block_bytes": block_bytes}
    thresher.process("\n".join(LINES).encode(), schema, output=folder / "accepted.jsonl", rejects=path, **config)
    return path.read_bytes().splitlines()


@pytest.mark.parametrize("block_bytes", [1, 100, 1 << 18])
def test_lines_are_shown_as_pydantic_writes_them(engine: str, block_bytes: int, tmp_path: Path) -> None:
    """However many keys are missing, each error shows the same line."""
    found = rejects(Wide, engine, block_bytes, tmp_path)
    assert len(found) == len(LINES)
    for line, reject in zip(LINES, found, strict=True):
        with pytest.raises(ValidationError) as refused:
            Wide.model_validate_json(line)
        inputs = [to_json(error["input"]) for error in refused.value.errors(include_url=False)]
        assert reject.count(b'"input":') == len(inputs)
        rest = reject
        for given in inputs:
            _, found_there, rest = rest.partition(b'"input":' + given)
            assert found_there, (line, given, reject)


@pytest.mark.parametrize("block_bytes", [1, 1 << 18])
def test_lines_are_shown_as_msgspec_reads_them(block_bytes: int, tmp_path: Path) -> None:
    """Both engines write the same; numbers stand as they are."""
    (tmp_path / "python").mkdir()
    pytest.importorskip("thresher._engine")
    assert rejects(Two, "rust", block_bytes, tmp_path) == rejects(Two, "python", block_bytes, tmp_path / "python")

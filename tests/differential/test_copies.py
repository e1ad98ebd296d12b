"""Records of one library as records of another: both engines write what the output's own library makes of the values.

Structs enter; Structs, dataclasses, TypedDicts and models leave. ``THRESHER_PROFILE=long`` runs more than 100,000
records. No difference is allowed.
"""

from __future__ import annotations

import json
import random
import tempfile
import warnings
from collections.abc import Callable
from dataclasses import make_dataclass
from functools import partial
from pathlib import Path
from typing import Annotated, Any, get_args, get_origin

import msgspec
import pytest
from hypothesis import given, note
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError, create_model
from pydantic_core import PydanticSerializationError
from typing_extensions import TypedDict

import thresher
from effort import ENGINES, LONG, QUIET, TIMEOUT, tries
from structs import DrawnStruct, cells_and_rows, random_struct_lines, structs

EXAMPLES, RECORDS = (2_500, 60) if LONG else (40, 30)
NO_MODEL = ("nested", "deep")
"""Kinds whose annotations hold Structs, of which Pydantic makes nothing."""

pytestmark = [QUIET, TIMEOUT]


@tries(EXAMPLES)
@given(
    drawn=structs(),
    seed=st.integers(0, 1 << 32),
    form=st.sampled_from(["struct", "dataclass", "typed_dict", "model"]),
    constrained=st.booleans(),
    lines=st.booleans(),
)
def test_structs_become_other_records(drawn: DrawnStruct, seed: int, form: str, constrained: bool, lines: bool) -> None:
    rng = random.Random(seed)
    fields = [each for each in drawn.fields if form == "struct" or each.kind not in NO_MODEL]
    wanted = {each.name: each.annotation if constrained else _bare(each.annotation) for each in fields}
    if not wanted:
        return
    note(f"{drawn.described} -> {form} {wanted}")
    if lines:
        raws = random_struct_lines(drawn, rng, RECORDS)
        data, decode = b"\n".join(raws), msgspec.json.Decoder(drawn.struct).decode
        records: list[Any] = raws
    else:
        data, header, rows, _ = cells_and_rows(drawn, rng, RECORDS)
        decode = partial(msgspec.convert, type=drawn.struct, strict=False)
        records = [dict(zip(header, row, strict=True)) for row in rows]
    with warnings.catch_warnings():
        # Pydantic warns when it writes a default of another type than its field.
        warnings.simplefilter("ignore")
        output, made = FORMS[form](wanted)
        config: dict[str, Any] = {"format": "jsonl"} if lines else {"delimiter": ",", "null_values": ()}
        pipelines = [thresher.Pipeline(drawn.struct, output, engine=engine, **config) for engine in ENGINES]
        try:
            expected = [_expected(decode, record, wanted, made) for record in records]
        except PydanticSerializationError:
            # Bytes that are no text, which stop a run.
            for pipeline in pipelines:
                with pytest.raises(thresher.DataProcessingError):
                    _found(pipeline, data)
            return
        for pipeline, engine in zip(pipelines, ENGINES, strict=True):
            assert _found(pipeline, data) == expected, engine


def _expected(
    decode: Callable[[Any], Any], record: Any, wanted: dict[str, Any], made: Callable[[Any], bytes]
) -> tuple[str, Any]:
    """Return what a record becomes: its line, or the stage that refuses it."""
    try:
        instance = decode(record)
    except (msgspec.ValidationError, msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return "validate", None
    try:
        return "accepted", made({name: getattr(instance, name) for name in wanted})
    except (msgspec.ValidationError, ValidationError):
        return "output", None


def _found(pipeline: thresher.Pipeline, data: bytes) -> list[tuple[str, Any]]:
    """Return the same of a run."""
    with tempfile.TemporaryDirectory() as folder:
        good, bad = Path(folder, "g.jsonl"), Path(folder, "b.jsonl")
        result = pipeline.process(data, output=good, rejects=bad)
        lines = iter(good.read_bytes().split(b"\n"))
        stages = {each["record"]: each["stage"] for each in map(json.loads, bad.read_bytes().splitlines())}
        records = range(1, result.read + 1)
        return [(stages[each], None) if each in stages else ("accepted", next(lines)) for each in records]


def _bare(annotation: Any) -> Any:
    """Return an annotation without its constraints."""
    if get_origin(annotation) is Annotated:
        return get_args(annotation)[0]
    return annotation


def _struct(wanted: dict[str, Any]) -> tuple[Any, Callable[[Any], bytes]]:
    made = msgspec.defstruct("Out", list(wanted.items()), kw_only=True)
    return made, lambda values: msgspec.json.encode(msgspec.convert(values, made, strict=False))


def _adapted(made: Any) -> tuple[Any, Callable[[Any], bytes]]:
    adapter: TypeAdapter[Any] = TypeAdapter(made)
    return made, lambda values: adapter.dump_json(adapter.validate_python(values))


def _model(wanted: dict[str, Any]) -> tuple[Any, Callable[[Any], bytes]]:
    made: Any = create_model("Out", **{name: (annotation, ...) for name, annotation in wanted.items()})
    return made, lambda values: made.model_validate(values).model_dump_json().encode()


FORMS: dict[str, Callable[[dict[str, Any]], tuple[Any, Callable[[Any], bytes]]]] = {
    "struct": _struct,
    "dataclass": lambda wanted: _adapted(make_dataclass("Out", list(wanted.items()), kw_only=True)),
    "typed_dict": lambda wanted: _adapted(TypedDict("Out", wanted)),  # type: ignore[operator]
    "model": _model,
}

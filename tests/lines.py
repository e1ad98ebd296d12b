"""JSON Lines: random lines for a model, and what must be written of them, by Pydantic alone."""

from __future__ import annotations

import base64
import json
import random
from typing import Any

from pydantic import BaseModel, TypeAdapter, ValidationError
from pydantic_core import to_json

from model_files import DrawnField, DrawnModel, cell

__all__ = ["VALUES", "accepted_and_rejects", "damaged", "random_lines"]

VALUES = [
    "null", "true", "false", "0", "-0", "1", "2", "-7", "1.0", "1.5", "-0.0", "1e5", "1E-7", "1e400",
    "12345678901234567890", "NaN", "-Infinity", "[]", "{}", "[1,2]", '{"a":1,"a":2.50}', '""', '"\\u0031"',
    '"\\ud83d\\ude00"', '"\\ud800"', '"a\\tb"', "01", "1.", "nul",
]  # fmt: skip
"""JSON texts that any field may get, the last three of which are no JSON."""

PIECES = [b'"', b"{", b"}", b",", b":", b"\\", b" ", b"\t", b"\x00", b"1", b"e"]
"""What a line is damaged with."""


def random_lines(drawn: DrawnModel, rng: random.Random, records: int) -> bytes:
    """Return JSON Lines for a model: lines that are good, nearly good and senseless.

    Args:
        drawn: the model.
        rng: whose numbers decide.
        records: how many lines, some of which may be blank.
    """
    order = list(drawn.fields)
    # As programs write them: keys in one order, with the same between tokens.
    neat = rng.random() < 0.6
    colon, comma = rng.choice([(":", ","), (":", ","), (": ", ", "), (": ", ", "), (" : ", ", "), (":", ",\t")])
    if neat and rng.random() < 0.3:
        rng.shuffle(order)
    others = dict.fromkeys(rng.choices(range(len(order)), k=rng.choice([0, 0, 1, 2]))) if neat else {}
    end = rng.choice([b"\n", b"\n", b"\r\n"])
    lines = []
    for _ in range(records):
        odd = rng.choice([0.0, 0.0, 0.2, 1.0])
        if not neat and rng.random() < 0.1:
            rng.shuffle(order)
        members = []
        for place, each in enumerate(order):
            if place in others:
                members.append((f"other {place}", rng.choice(VALUES[:-3])))
            for lookup in each.lookups:
                if rng.random() < 0.9 / len(each.lookups):
                    members.append((lookup, _value(each, rng, odd)))
        for name in ("extra", "nested", 'z"', "f9"):
            if not neat and rng.random() < 0.1:
                members.append((name, rng.choice(VALUES[:-3])))
        if members and rng.random() < 0.05:
            members.append((members[0][0], _value(rng.choice(order), rng, odd)))
        text = "{" + comma.join(_string(name, rng) + colon + value for name, value in members) + "}"
        lines.append(damaged(text.encode(), rng) if rng.random() < (0.02 if neat else 0.1) else text.encode())
    data = b"".join(line.replace(b"\n", b" ") + end for line in lines)
    return data if rng.random() < 0.5 else data.removesuffix(end)


def _value(each: DrawnField, rng: random.Random, odd: float) -> str:
    """Return a JSON text for a field."""
    if rng.random() < 0.1 + odd / 5:
        return rng.choice(VALUES if odd == 1.0 and rng.random() < 0.1 else VALUES[:-3])
    text = cell(each, rng, odd)
    if rng.random() < 0.5:
        try:
            if type(json.loads(text)) in (int, float, bool):
                return text
        except ValueError:
            pass
    return _string(text, rng)


def _string(text: str, rng: random.Random) -> str:
    return json.dumps(text, ensure_ascii=rng.random() < 0.2)


def damaged(line: bytes, rng: random.Random) -> bytes:
    """Change, drop, double or add a few bytes anywhere."""
    for _ in range(rng.randrange(1, 4)):
        place = rng.randrange(len(line) + 1)
        how = rng.randrange(5)
        if how == 0:
            line = line[:place] + bytes([rng.randrange(256)]) + line[place:]
        elif how == 1:
            line = line[:place] + line[place + 1 :]
        elif how == 2:
            line = line[:place]
        elif how == 3:
            line = line[:place] + rng.choice(PIECES) + line[place:]
        else:
            line = line[:place] + line[place // 2 :]
    return line


def accepted_and_rejects(
    model: type[BaseModel] | TypeAdapter[Any], data: bytes
) -> tuple[list[bytes], list[bytes], list[Any]]:
    """Return the lines of the accepted file, those of the rejects, and the records.

    Args:
        model: the schema, or the adapter of a type that is no model.
        data: a source without a byte order mark whose lines are all short enough.
    """
    if isinstance(model, TypeAdapter):
        validate, write = model.validate_json, model.dump_json
    else:
        validate, write = model.model_validate_json, lambda record: record.model_dump_json().encode()
    accepted, rejects, records = [], [], []
    number = offset = 0
    for line, ended in enumerate(data.split(b"\n"), 1):
        raw = ended.removesuffix(b"\r") if offset + len(ended) < len(data) else ended
        if raw.strip(b" \t\r"):
            number += 1
            try:
                record = validate(raw)
            except ValidationError as error:
                rejects.append(_reject(number, line, offset, raw, _errors(error)))
            else:
                records.append(record)
                accepted.append(write(record) + b"\n")
        offset += len(ended) + 1
    return accepted, rejects, records


def _errors(error: ValidationError) -> bytes:
    try:
        return error.json(include_url=False).encode()
    except ValueError:
        # A line that is not UTF-8 is the input of its own error, which no JSON can hold.
        found = error.errors(include_url=False)
        return to_json([{**each, "input": each["input"].decode("utf-8", "replace")} for each in found])


def _reject(number: int, line: int, offset: int, raw: bytes, errors: bytes) -> bytes:
    try:
        shown = b'"raw":' + to_json(raw.decode())
    except UnicodeDecodeError:
        shown = b'"raw_base64":"' + base64.b64encode(raw) + b'"'
    place = b'{"record":%d,"line":%d,"byte_offset":%d,"source":"<bytes>","stage":"validate"' % (number, line, offset)
    return place + b',"errors":' + errors + b"," + shown + b"}\n"

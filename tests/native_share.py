"""The share of the conformance cases that the native engine decides alone, by type.

Run as ``python tests/native_share.py [csv|json]``. A case counts as native where neither its record nor its cell was
asked of Pydantic. Prints a table and never fails.
"""

from __future__ import annotations

import re
import sys
from collections import Counter
from pathlib import Path
from typing import Any
from unittest import mock

sys.path[:0] = [str(Path(__file__).parent / "differential"), str(Path(__file__).parent)]

from pydantic import create_model  # noqa: E402
from test_conformance import CSV, JSON, _names  # noqa: E402

import thresher  # noqa: E402
from thresher._rust import RustEngine  # noqa: E402
from thresher.engine import Outcome  # noqa: E402

__all__ = ["shares"]


def shares(mode: str) -> dict[str, tuple[int, int]]:
    """Return for each type how many cases there are, and how many of them are decided natively.

    Args:
        mode: ``csv`` or ``json``.
    """
    names, found, native = _names(), Counter[str](), Counter[str]()
    for expression, inputs in (CSV if mode == "csv" else JSON).items():
        model: Any = create_model("M", x=(eval(expression, dict(names)), ...))
        for given in inputs:
            if mode == "csv":
                source = 'x\n"' + given.replace('"', '""') + '"\n'
                asked = _asked(source.encode(), model, null_values=(), format="csv")
            else:
                line = f'{{"x": {given}}}'.replace("\n", " ").encode("utf-8", "surrogatepass")
                asked = _asked(line, model, format="jsonl")
            name = _family(expression)
            found[name] += 1
            native[name] += asked == 0
    return {name: (count, native[name]) for name, count in found.most_common()}


def _asked(source: bytes, model: Any, **config: Any) -> int:
    """Return how many records and cells of a source were asked of Pydantic."""
    outcomes: list[Outcome] = []
    run = RustEngine.run

    def watched(*args: Any, **settings: Any) -> Outcome:
        outcomes.append(run(*args, **settings))
        return outcomes[-1]

    with mock.patch.object(RustEngine, "run", watched):
        thresher.process(source, model, engine="rust", **config)
    return sum(each.asked_records + each.asked_cells for each in outcomes)


_FAMILIES = (
    ("URL", r"Url|Dsn"),
    ("IP address", r"IPv|ipaddress"),
    ("complex, Fraction", r"complex|Fraction"),
    ("model", r"create_model|RootModel"),
    ("union", r"^(Annotated\[)?(Union|Optional)"),
    ("list", r"^(Annotated\[)?list"),
    ("set", r"^(Annotated\[)?(set|frozenset)"),
    ("tuple", r"^(Annotated\[)?tuple"),
    ("dict", r"^(Annotated\[)?dict"),
    ("JSON text", r"Json"),
    ("Decimal", r"Decimal"),
    ("enum, Literal", r"Enum|Literal"),
    ("datetime", r"[dD]atetime\.datetime|Datetime"),
    ("timedelta", r"timedelta"),
    ("time", r"datetime\.time"),
    ("date", r"datetime\.date|Date"),
    ("UUID", r"UUID"),
    ("float", r"float"),
    ("int", r"\bint\b"),
    ("bool", r"bool"),
    ("bytes", r"bytes"),
    ("str", r"\bstr\b"),
)


def _family(expression: str) -> str:
    return next((name for name, pattern in _FAMILIES if re.search(pattern, expression)), "other")


if __name__ == "__main__":
    for mode in sys.argv[1:] or ["csv", "json"]:
        table = shares(mode)
        total, native = (sum(column) for column in zip(*table.values(), strict=True))
        print(f"{mode}: {native} of {total} cases are decided natively ({native / total:.0%})")
        for name, (count, decided) in table.items():
            print(f"  {name:20} {decided:5} of {count:5}  {decided / count:4.0%}")

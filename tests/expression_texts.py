"""Random expressions and rows: typed expressions drawn as text, and pools of values that are hard to get right."""

from __future__ import annotations

import datetime as dt
import random
from typing import Any

from hypothesis import strategies as st
from pydantic import BaseModel

__all__ = ["FIELDS", "ROW_TYPES", "Row", "expressions", "rows"]


class Row(BaseModel):
    """Two fields of each type that expressions know natively, one that may be None among them."""

    i: int
    j: int
    m: int | None
    x: float
    y: float
    k: float | None
    s: str
    t: str
    n: str | None
    d: dt.date
    e: dt.date | None
    a: dt.datetime
    b: dt.datetime
    w: dt.timedelta
    v: dt.timedelta
    f: bool
    g: bool | None


FIELDS: dict[str, list[str]] = {
    "int": ["i", "j", "i", "j", "m"],
    "float": ["x", "y", "x", "y", "k"],
    "str": ["s", "t", "s", "t", "n"],
    "date": ["d", "d", "e"],
    "datetime": ["a", "b"],
    "timedelta": ["w", "v"],
    "bool": ["f", "f", "g"],
}

ROW_TYPES = {name: kind for kind, names in FIELDS.items() for name in names}

UTC, EAST, WEST = dt.UTC, dt.timezone(dt.timedelta(hours=5, minutes=30)), dt.timezone(-dt.timedelta(hours=8))

POOLS: dict[str, list[Any]] = {
    "int": [
        0,
        1,
        -1,
        2,
        3,
        -7,
        10,
        255,
        1 << 31,
        1 << 53,
        (1 << 53) + 1,
        -(1 << 53) - 1,
        (1 << 62) + 1,
        (1 << 63) - 1,
        -(1 << 63),
    ],
    "float": [
        0.0,
        -0.0,
        1.0,
        -1.0,
        0.1,
        0.5,
        1.5,
        2.5,
        -2.5,
        1e16,
        1e22,
        123456.789,
        1.7976931348623157e308,
        -1e308,
        5e-324,
        1e-7,
        float("inf"),
        float("-inf"),
        float("nan"),
        9007199254740993.0,
        9.223372036854775807e18,
        -9.223372036854775808e18,
        2.675,
        1.005,
        0.30000000000000004,
    ],
    "str": [
        "",
        "a",
        "A",
        "abc",
        "Hello, World",
        " x ",
        "\t tab\n",
        "ß",
        "İ",
        "ǆ",
        "日本語",
        "é",
        "e\u0301",
        "12",
        "-3",
        "+7",
        " 42 ",
        "1_000",
        "0x10",
        "1e3",
        "2.50",
        "nan",
        "Infinity",
        "٣",
        "²",
        "a,b,c",
        'x"y',
        "0012",
        "o'clock",
        "\x1c",
        "\x85",
        "\u200b",
        "ﬁ",
        "ΑΣ",
        "aa,aa",
        ",",
        "😀x",
        "9223372036854775808",
        "it's a title",
        "1" * 25,
        "True",
        "-",
        "+",
        "--0",
    ],
    "date": [
        dt.date.min,
        dt.date.max,
        dt.date(2024, 2, 29),
        dt.date(2000, 1, 1),
        dt.date(1970, 1, 1),
        dt.date(1969, 12, 31),
    ],
    "datetime": [
        dt.datetime.min,
        dt.datetime.max,
        dt.datetime(1970, 1, 1),
        dt.datetime(2024, 2, 29, 12, 30, 5, 250000),
        dt.datetime(1969, 12, 31, 23, 59, 59, 999999),
        dt.datetime(2024, 1, 1, tzinfo=UTC),
        dt.datetime(2024, 1, 1, 3, tzinfo=EAST),
        dt.datetime(2023, 12, 31, 16, tzinfo=WEST),
    ],
    "timedelta": [
        dt.timedelta(0),
        dt.timedelta(microseconds=1),
        dt.timedelta(microseconds=-1),
        dt.timedelta(days=1),
        dt.timedelta(days=-1, hours=5),
        dt.timedelta(days=400, seconds=3, microseconds=500000),
        dt.timedelta(days=999_999_999),
    ],
    "bool": [True, False],
}


def rows(seed: int, count: int) -> list[dict[str, Any]]:
    """Return rows: the value of each field."""
    rng = random.Random(seed)
    made = []
    for _ in range(count):
        row: dict[str, Any] = {}
        for name, info in Row.model_fields.items():
            kind = ROW_TYPES[name]
            nullable = info.annotation != Row.model_fields[FIELDS[kind][0]].annotation
            row[name] = None if nullable and rng.random() < 0.3 else _value(rng, kind)
        made.append(row)
    return made


def _value(rng: random.Random, kind: str) -> Any:
    if rng.random() < 0.3:
        if kind == "int":
            return rng.randint(-1000, 1000)
        if kind == "float":
            return rng.choice([rng.uniform(-1000, 1000), rng.randint(-50, 50) / 2, round(rng.uniform(-10, 10), 3)])
        if kind == "date":
            return dt.date.fromordinal(rng.randint(1, dt.date.max.toordinal()))
        if kind == "timedelta":
            return dt.timedelta(microseconds=rng.randint(-(10**13), 10**13))
    return rng.choice(POOLS[kind])


# ---------------------------------------------------------------- expressions

_INTS = ["0", "1", "2", "-3", "7", "10", "9007199254740993", "9223372036854775807"]
_FLOATS = ["0.0", "1.5", "-0.5", "1e300", "2.0", "0.1"]
_TEXTS = ["''", "'a'", "'x'", "','", "'é'", "'12'", "' '", "'abc'", "'\\n'", "'ß'"]
_SPANS = ["timedelta(days=1)", "timedelta(hours=-5)", "timedelta(microseconds=1)", "timedelta(days=400000)"]
_DATES = ["date(2024, 2, 29)", "date(1, 1, 1)", "date(9999, 12, 31)"]
_MOMENTS = ["datetime(2024, 2, 29, 12, 30)", "datetime(1, 1, 1)", "datetime(9999, 12, 31, 23, 59, 59)"]
_CONSTANTS = {
    "int": _INTS,
    "float": _FLOATS,
    "str": _TEXTS,
    "date": _DATES,
    "datetime": _MOMENTS,
    "timedelta": _SPANS,
    "bool": ["True", "False"],
}
_PATTERNS = ["'a'", "'^[a-z]+$'", "'[0-9]+'", "'x.y'", "'(a|b),'", "'^$'", "'[A-Z]{2,}'"]
_INT_SPECS = ["d", "5", "05d", ",", "+d", "x", ">8", "<6d", "^7", "_", "e", ".2f", "b", "c", "#x"]
_FLOAT_SPECS = [".2f", "8.3f", "e", ".3g", ",.2f", "%", "+.1f", "010.2f", "g", ".0f", ">12", "n"]
_TEXT_SPECS = [">6", "<6", "^6", ".2", "*^5", "10.3", "s"]

_WAYS: dict[str, list[str]] = {
    kind: [" ".join(each.split()) for each in ways.split(";")]
    for kind, ways in {
        "int": """
            {int} + {int} ; {int} - {int} ; {int} * {int} ; {int} // {int} ; {int} % {int} ; -{int} ; +{int} ;
            abs({int}) ; len({str}) ; round({float}) ; int({float}) ; int({str}) ; int({bool}) ; min({int}, {int}) ;
            max({int}, {int}, {int}) ; {str}.find({str}) ; {str}.count({str}) ; {date}.year ; {date}.month ;
            {datetime}.day ; {datetime}.hour ; {datetime}.minute ; {datetime}.second ; {date}.weekday() ;
            {datetime}.isoweekday() ; {timedelta}.days ; {timedelta} // {timedelta} ; {int} if {bool} else {int} ;
            coalesce(m, {int}) ; m or {int} ; {int} and {int} ; {bool} + {int} ; round({int}, {place}) ;
            round({int}) ; -{bool}
        """,
        "float": """
            {float} + {float} ; {float} - {float} ; {float} * {float} ; {float} / {float} ; {float} // {float} ;
            {float} % {float} ; {int} / {int} ; {int} * {float} ; {float} - {int} ; {float} % {int} ; {int} //
            {float} ; -{float} ; abs({float}) ; float({int}) ; float({str}) ; round({float}, {place}) ; min({float},
            {float}) ; max({float}, {float}) ; max(0.0, {float}) ; {timedelta}.total_seconds() ; {timedelta} /
            {timedelta} ; {float} if {bool} else {float} ; coalesce(k, {float}) ; k or {float} ; {float} + {bool} ;
            {float} or {float}
        """,
        "str": """
            {str} + {str} ; {str}.lower() ; {str}.upper() ; {str}.title() ; {str}.casefold() ; {str}.strip() ;
            {str}.lstrip({str}) ; {str}.rstrip() ; {str}.strip({str}) ; {str}.removeprefix({str}) ;
            {str}.removesuffix({str}) ; {str}.replace({str}, {str}) ; {str}.zfill({width}) ; {str}[{int}] ;
            {str}[{place}] ; {str}[{place}:] ; {str}[:{place}] ; {str}[{place}:{int}] ; {str}.split({str})[{place}]
            ; {str}.split(',')[0] ; str({int}) ; str({float}) ; str({bool}) ; str({date}) ; str({datetime}) ;
            str({timedelta}) ; {date}.isoformat() ; {datetime}.isoformat() ; f'{{{int}}}-{{{str}}}' ; f'{{{float}}}'
            ; f'{{{int}:{ispec}}}' ; f'{{{float}:{fspec}}}' ; f'{{{str}:{sspec}}}' ; f'{{{bool}}}|{{{date}}}' ; n or
            {str} ; coalesce(n, {str}) ; {str} if {bool} else {str} ; min({str}, {str}) ; max({str}, {str}) ;
            str(max({int}, {float})) ; str(min({float}, {int}, {bool})) ; str(n) ; str({int} if {bool} else {float})
            ; str({bool} and {int}) ; str({float} or {str}) ; str(m)
        """,
        "bool": """
            {int} < {int} ; {int} <= {float} ; {float} > {float} ; {float} >= {int} ; {int} == {float} ; {float} !=
            {float} ; {str} == {str} ; {str} < {str} ; {date} <= {date} ; {date} == {date} ; {datetime} < {datetime}
            ; {datetime} == {datetime} ; {timedelta} > {timedelta} ; {bool} == {bool} ; {bool} < {int} ; {int} <
            {int} <= {int} ; {float} < {int} < {float} ; n == {str} ; m != {int} ; m is None ; n is not None ; k is
            None ; e is None or e >= {date} ; not {bool} ; not {str} ; {bool} and {bool} ; {bool} or {bool} ; {int}
            in (1, 2, -3, 10) ; {float} in (0.0, 1.5, 2) ; {str} in ('a', 'abc', '', 'ß') ; {str} not in ('x', '12')
            ; n in ('a', None) ; {date} in (date(2024, 2, 29), date(1, 1, 1)) ; {str} in {str} ; {str} not in {str}
            ; {str}.startswith({str}) ; {str}.endswith({str}) ; {str}.isdigit() ; matches({str}, {pattern}) ;
            fullmatches({str}, {pattern}) ; bool({int}) ; bool({float}) ; bool({str}) ; bool({timedelta}) ; {bool}
            if {bool} else {bool} ; (n and len(n) > 1) == {bool} ; max({int}, {float}) > {float} ; {bool} in (True,)
            ; g is None
        """,
        "date": """
            {date} + {timedelta} ; {date} - {timedelta} ; {datetime}.date() ; min({date}, {date}) ; coalesce(e,
            {date}) ; {date} if {bool} else {date}
        """,
        "datetime": """
            {datetime} + {timedelta} ; {timedelta} + {datetime} ; {datetime} - {timedelta} ; max({datetime},
            {datetime})
        """,
        "timedelta": """
            {date} - {date} ; {datetime} - {datetime} ; {timedelta} + {timedelta} ; {timedelta} - {timedelta} ;
            -{timedelta} ; abs({timedelta}) ; {timedelta} * {int} ; {int} * {timedelta} ; {timedelta} / {int} ;
            {timedelta} // {int} ; {timedelta} % {timedelta} ; {timedelta} * {float} ; {timedelta} / {float}
        """,
    }.items()
}
"""How a value of each type can be written; what stands in braces is of that type, or one of a few constants."""

_CHOICES = {
    "place": ["0", "1", "-1", "2", "3", "-2"],
    "width": ["0", "1", "4", "10"],
    "pattern": _PATTERNS,
    "ispec": _INT_SPECS,
    "fspec": _FLOAT_SPECS,
    "sspec": _TEXT_SPECS,
}


@st.composite
def expressions(draw: st.DrawFn, kind: str | None = None, depth: int = 3) -> str:
    """Draw an expression of a type; any type where none is given."""
    if kind is None:
        kind = draw(st.sampled_from([*_WAYS, *["int", "float", "str", "bool"] * 2]))
    return _drawn(draw, kind, depth)


def _drawn(draw: st.DrawFn, kind: str, depth: int, quoted: bool = False) -> str:
    if depth <= 0 or draw(st.integers(0, 9)) < 3:
        leaf = draw(st.sampled_from(FIELDS[kind] * 2 + ([] if quoted else _CONSTANTS[kind])))
        return leaf if not leaf.startswith("-") else f"({leaf})"
    way = draw(st.sampled_from(_WAYS[kind]))
    # No quotes inside of the quotes of an f-string, which older Pythons do not take.
    inside = quoted or way.startswith("f'")
    if quoted and "'" in way:
        way = draw(st.sampled_from([each for each in _WAYS[kind] if "'" not in each and "{pattern}" not in each]))
    text = ""
    rest = way
    while rest:
        if rest.startswith(("{{", "}}")):
            text, rest = text + rest[0], rest[2:]
        elif rest.startswith("{"):
            name, rest = rest[1:].split("}", 1)
            text += draw(st.sampled_from(_CHOICES[name])) if name in _CHOICES else _drawn(draw, name, depth - 1, inside)
        else:
            text, rest = text + rest[0], rest[1:]
    return text if way.startswith("f'") else f"({text})"

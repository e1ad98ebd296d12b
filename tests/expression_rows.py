"""The expressions of the table and the values that they are evaluated for: ordinary ones, and every limit.

Nothing here says what comes out: :mod:`tests.expressions` asks Python.
"""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Iterable, Iterator
from typing import Any, TypeAlias

__all__ = ["Row", "Tree", "UnwritableError", "expressions", "written"]

Tree: TypeAlias = dict[str, Any]
"""A node of the plan, as JSON has it."""

Row: TypeAlias = tuple[Any, ...]
"""The values of the inputs."""

MOST = (1 << 63) - 1
LEAST = -(1 << 63)


class UnwritableError(Exception):
    """A value that the plan cannot have."""


def written(value: Any) -> str:
    """Return a value as the table has it.

    Raises:
        UnwritableError: the plan cannot have it.
    """
    kind = type(value)
    if value is None:
        return "none:"
    if kind is bool:
        return f"bool:{str(value).lower()}"
    if kind is int and LEAST <= value <= MOST:
        return f"int:{value}"
    if kind is float:
        return f"float:{value!r}"
    if kind is str:
        return f"str:{value}"
    if kind in (dt.date, dt.datetime):
        return f"{kind.__name__}:{value.isoformat()}"
    if kind is dt.timedelta:
        micros = value // dt.timedelta(microseconds=1)
        if LEAST <= micros <= MOST:
            return f"timedelta:{micros}"
    raise UnwritableError(value)


def call(name: str, *args: Any) -> Tree:
    """Return the node of a call. An argument that is no node is a constant."""
    return {
        "op": "call",
        "name": name,
        "type": "",
        "args": [arg if isinstance(arg, dict) else _const(arg) for arg in args],
    }


def _const(value: Any) -> Tree:
    kind, text = written(value).split(":", 1)
    return {"op": "const", "type": kind, "value": text}


def _load(position: int) -> Tree:
    return {"op": "load", "input": position, "type": ""}


def _ints(text: str) -> Row:
    return tuple(map(int, text.split()))


def _floats(text: str) -> Row:
    return tuple(map(float, text.split()))


def _pairs(*groups: Iterable[Any]) -> list[Row]:
    return list(itertools.product(*groups))


def _each(values: Iterable[Any]) -> list[Row]:
    return [(value,) for value in values]


A, B, C = _load(0), _load(1), _load(2)
NAN, INF = float("nan"), float("inf")
INTS = (
    *_ints("0 1 -1 2 7 -7 10 9007199254740991 9007199254740992 9007199254740993 -9007199254740993"),
    1 << 62,
    MOST,
    LEAST,
)
FLOATS = _floats(
    "0.0 -0.0 0.1 0.5 -2.5 3.0 1e-300 5e-324 1e16 9007199254740992.0 9223372036854775808.0 1.5e308 inf -inf nan"
)
FEW = (0, -7, 3, (1 << 53) + 1, MOST, LEAST, *_floats("0.0 -0.0 2.5 -1e16 inf nan"), True, None, "a")
TEXTS = ("", "a", "abc", "ABC", " a b ", "a,b,,c", "Zürich", "日本語 text", "\t\x1cx\x1f\xa0")
TEXTS += ("they're 1st", "-42", "+7", "007", "aaaa", "İ")
DATES = tuple(map(dt.date.fromisoformat, ["0001-01-01", "9999-12-31", "1970-01-01", "2024-02-29", "1900-03-01"]))
MOMENTS = tuple(
    map(
        dt.datetime.fromisoformat,
        [
            "0001-01-01T00:00:00",
            "9999-12-31T23:59:59.999999",
            "2024-02-29T23:59:59",
            "1969-12-31T12:00:00.000001",
            "2024-02-29T12:00:00Z",
            "2024-02-29T17:30:00+05:30",
            "0001-01-01T00:00:00+05:30",
            "2024-03-01T00:00:00.000005-03:30",
        ],
    )
)
MICROS = "0 1 -1 86400000000 -86400000001 90061000005 3600000000 315537811200000000 -345600000000000000"
SPANS = tuple(dt.timedelta(microseconds=each) for each in (*_ints(MICROS), MOST, LEAST))
ALL = (None, True, False, 0, 5, 0.0, 2.5, NAN, "", "x", DATES[2], MOMENTS[2], SPANS[0], SPANS[1])


def expressions() -> Iterator[tuple[Tree, list[Row]]]:
    """Yield each expression and its rows."""
    for part in (_arithmetic, _conversions, _rounding, _comparisons, _choices, _texts, _parts, _formats, _times):
        yield from part()


def _arithmetic() -> Iterator[tuple[Tree, list[Row]]]:
    odd: list[Row] = [
        (7, -2),
        (-7, 2),
        (7.5, -2),
        (-7.5, 2.0),
        (6, 0.1),
        (-6, 0.1),
        (5e-324, 2),
        (1e308, 1e-10),
        (3, INF),
    ]
    odd += [
        (-3, INF),
        (-0.0, 3),
        (0.0, -3),
        (MOST, (1 << 62) + 1),
        (1, MOST),
        (LEAST, 3),
        ((1 << 53) + 1, 3),
        (1e16, 3),
    ]
    odd += [((1 << 62) + 3, (1 << 54) + 5), (LEAST, -1), (0, -5), (0, -(1 << 60))]
    for name in ("add", "sub", "mul", "div", "floordiv", "mod"):
        yield call(name, A, B), _pairs(FEW, FEW[:14]) + odd
        yield call(name, A, 3), _each(INTS + FLOATS)
        # Columns of floats alone have loops of their own.
        yield call(name, A, 3), _each(FLOATS)
        yield call(name, A, 2.5), _each(FLOATS)
        yield call(name, A, 0.0), _each(FLOATS)
        yield call(name, A, B), _pairs(FLOATS, FLOATS[:6])
        yield call(name, 1.8, A), _each(INTS[:6] + FLOATS)
        yield call(name, (1 << 53) + 1, A), _each(FLOATS)
    yield call("add", call("mul", A, 1.8), 32), _each(FLOATS + INTS)
    yield call("add", call("mul", A, 1.8), 32), _each(FLOATS)
    yield call("gt", call("add", call("mul", A, 1.8), call("str", A)), 32), _each(FLOATS)
    yield call("lt", call("sub", A, B), call("mul", A, 2)), _pairs(FLOATS, FLOATS[:6])
    discounts = [(3, 9.99, 0.1), (2, 1e308, 0.0), (1, 2.5, None), (7, 0.1, 0.3)]
    yield call("mul", call("mul", A, B), call("sub", 1, C)), discounts
    for name in ("neg", "pos", "abs"):
        yield call(name, A), _each(INTS + FLOATS + ALL + TEXTS[:3])


def _conversions() -> Iterator[tuple[Tree, list[Row]]]:
    for name in ("bool", "int", "float", "str", "round", "not", "is_none", "is_not_none", "len"):
        yield call(name, A), _each(INTS + FLOATS + (0.49999999999999994, 1.5, 2.5, -0.5) + ALL + TEXTS)
    texts = "12 +0005 1_000 \uff11\uff12 1.5 1e5 .5 5. . inf -Infinity nAn 0x10 9223372036854775807 9223372036854775808"
    more = "1e400 1e-400 --1 e5 +.5e-3 infinit 1_0.5 -0 -0.0"
    for name in ("int", "float"):
        odd = ("", " ", " -3\n", "\x1c5", "\xa05", "1 2", "0" * 4400 + "1")
        yield call(name, A), _each((*texts.split(" "), *more.split(), *odd))


def _rounding() -> Iterator[tuple[Tree, list[Row]]]:
    ties = _floats(
        "0.5 1.5 2.5 -0.5 2.675 1.005 0.125 0.375 -0.125 0.1 -0.04 4.35 0.285 1.45 8.345 1234.5 1250 1350 -1250"
    )
    sizes = _floats(
        "1250.000001 123456789.987654321 9999999999.995 1099511627776.015 2.5e-5 1e-7 5e-324 1e22 1e300 9.5e18 nan inf"
    )
    digits = (*_ints("0 1 2 3 10 22 300 330 -1 -2 -18 -19 -20 -400"), True, None)
    yield call("round", A, B), _pairs((*ties, *sizes, 15, -25, 25, 35, MOST, LEAST, True, None), digits)
    yield call("round", A, 2), _each(n / 1000 for n in range(-50, 60, 5))


def _comparisons() -> Iterator[tuple[Tree, list[Row]]]:
    edge = _pairs(INTS[6:], FLOATS[8:]) + _pairs(FLOATS[8:], INTS[6:])
    texts = _pairs(("", "a", "aa", "b", "Zürich", "\uffff", "\U0001f600"), ("", "a", "aa", "z", "\U0001f600", "\ue000"))
    moments = _pairs(MOMENTS, MOMENTS) + _pairs(DATES[:3], DATES) + _pairs(DATES[:1], MOMENTS[:1])
    mixed = _pairs(ALL, ALL)
    for name in ("eq", "lt", "ge"):
        yield call(name, A, B), edge + mixed + texts + moments + _pairs(SPANS, SPANS[:4])
    for name in ("ne", "le", "gt"):
        yield call(name, A, B), edge[::5] + mixed[::3] + texts[::3] + moments[::3]
    for name in ("in", "not_in"):
        yield call(name, A, 1, 2.0, "x", None), _each((1, 1.0, True, 2, 3, "x", "y", None, 0, DATES[0]))
        yield call(name, A, "new", "paid", ""), _each(("new", "paid", "", "Paid", "ne", None, 1))
        yield call(name, A), _each((1, None))
        yield call(name, A, DATES[3], MOMENTS[2]), _each((DATES[3], MOMENTS[2], MOMENTS[4]))
    for name in ("contains", "not_contains"):
        yield call(name, A, B), _pairs((*TEXTS[:8], None, 1), ("", "a", "b,", "ü", None))
    equals: list[Row] = [(0.0, -0.0), (-0.0, 0.0), (1, 1.0), (1.0, 1), (True, 1), ((1 << 53) + 1, 2.0**53)]
    for name in ("min", "max"):
        yield call(name, A, B), mixed + equals
        yield call(name, A, B, C), [*_pairs((1, NAN), (2, NAN), (0, 3.0)), ("b", "a", "c"), (1, "a", 2)]


def _choices() -> Iterator[tuple[Tree, list[Row]]]:
    mixed = _pairs(ALL, ALL)
    for name in ("and", "or"):
        yield call(name, A, B), mixed
        yield call(name, A, B, C), _pairs((0, 1, None), ("", "x"), (0.0, 2.5))
        # What Python does not evaluate cannot raise.
        yield call(name, A, call("div", 1, B)), _pairs((0, 1, None, True), (0, 4))
    yield call("if", A, call("div", 1, B), C), _pairs((0, 1, "", "x", None), (0, 4), (None, "z"))
    yield call("if", call("gt", A, B), "high", "low"), _pairs((1, 2.0, None), (1.5, 2))
    yield call("and", call("lt", 0, A), call("le", A, 10)), _each((0, 1, 10, 10.5, None, NAN))
    yield call("coalesce", A, B), [*mixed[::5], (None, None), (None, 0)]
    yield call("coalesce", A, B, "none"), _pairs((None, "a"), (None, 1))


def _texts() -> Iterator[tuple[Tree, list[Row]]]:
    for name in ("lower", "upper", "title", "casefold", "isdigit", "strip", "lstrip", "rstrip"):
        yield call(name, A), _each((*TEXTS, "123", "12a", None, 5, "a" * 40 + "B"))
    for name in ("lower", "upper"):
        yield call(name, A), _each(chr(code) for code in range(0x80, 0x1A0))
        yield call(name, A), _each(("Straße", "ÀÉÎÕÜ", "ŁÓDŹ", "crème brûlée", "\u0391\u03a3", "\ufb01"))
    for name in ("strip", "lstrip", "rstrip"):
        yield call(name, A, B), _pairs(("xxabcxx", "  a ", "üaü", "", "abc"), ("x", "xa", "", "ü", "cba", None, 5))
    parts = ("", "a", "aa", "ab", "c", "語", "ü", None, 1)
    for name in ("removeprefix", "removesuffix", "startswith", "endswith", "find", "count"):
        yield call(name, A, B), _pairs((*TEXTS[:9], "aaaa", "ababa", None), parts)
    olds = ("", "a", "aa", "本", None)
    yield call("replace", A, B, C), _pairs(("", "abc", "aaa", "日本", None), olds, ("", "x", "yy", None))
    yield call("zfill", A, B), _pairs(("", "-", "+5", "-42", "é", "--1", "12345"), (0, 1, 3, 5, -3, True, None, 12))
    yield call("upper", call("concat", A, A)), _each(TEXTS)
    yield call("len", call("replace", A, "a", "bcd")), _each(TEXTS)
    patterns = (r"^SKU-[0-9]{5}$", "b", r"[a-z]+@[a-z]+\.(de|com)", "a|a@b", "", "^[^ü]+$")
    for pattern, name in itertools.product(patterns, ("matches", "fullmatches")):
        yield call(name, A, pattern), _each(("", "a@b.de", "SKU-12345", "SKU-123456", "x\ny", "Zürich", None))


def _parts() -> Iterator[tuple[Tree, list[Row]]]:
    separated = ("a,b,,c", "", "  a  b ", "aaa", ",", "日,本", "a\x1cb")
    yield call("split_at", A, B, C), _pairs(separated, (",", "aa", "", None, "a"), (0, 1, 2, -1, -2, -4, 9, None))
    yield call("index", A, B), _pairs(("abc", "日本語", "", None), (0, 1, 2, 3, -1, -3, -4, True, None, MOST, LEAST))
    bounds = (None, 0, 1, 2, 3, 9, -1, -2, -9, True, MOST, LEAST)
    slices = _pairs(("abc", "日本語é", ""), bounds, bounds)
    yield call("slice", A, B, C), [*slices, (None, 0, 1), ("abc", "x", None)]
    yield call("lower", call("strip", call("slice", A, 1, None))), _each(TEXTS)
    yield call("concat", A, "-", B), _pairs(("", "a", "日本"), ("", "b", None))
    yield call("concat"), [()]
    yield call("add", A, B), _pairs(TEXTS[:4], (*TEXTS[:3], None, 1))


def _formats() -> Iterator[tuple[Tree, list[Row]]]:
    specs = ".2f .0f f d 05d 5 <5 ^7 >+8 + , _ ,.2f 08.3f -^10 *>8 =8 x=8 e .3e g .3g G .10g % .1% x X o b s .3 .2s"
    more = "010 <010 010, x>010 c n #x F E 5.1f .50f q 1001 é^9 z.1f . = > _x +.3 .0e .0g +s =5s ^3s"
    ints = (0, 5, -42, 1234567, MOST, LEAST, True)
    floats = "0.0 -0.0 2.675 -1234.5678 1e16 123456789 1e-7 5e-324 1e300 -0.04 0.5 1.5 2.5 999999.5 1e-4 1.234e-5"
    values = (*ints, *_floats(floats), INF, -INF, NAN, None, "", "abc", "日本語", MOMENTS[2], SPANS[1])
    for spec in ("", " ", *specs.split(), *more.split()):
        yield call("format", A, spec), _each(values)


def _times() -> Iterator[tuple[Tree, list[Row]]]:
    when = DATES + MOMENTS
    parts = "year month day hour minute second weekday isoweekday date isoformat days total_seconds str"
    for name in parts.split():
        yield call(name, A), _each((*when, *SPANS, None, "2024-01-01", 5))
    for name in ("add", "sub"):
        sums = _pairs(when, SPANS) + _pairs(SPANS, when[:6]) + _pairs(SPANS, SPANS)
        yield call(name, A, B), sums + _pairs(when[4:], when[4:])
    for name in ("mul", "div", "floordiv", "mod"):
        yield call(name, A, B), _pairs(SPANS, (*SPANS[:6], 0, 2, -2, 3, -7, True, 2.0, None)) + _pairs((2, -3), SPANS)
    for name in ("neg", "pos", "abs", "bool", "not"):
        yield call(name, A), _each(SPANS + when[:2])
    yield call("days", call("sub", A, B)), _pairs(DATES, DATES)
    yield call("div", call("total_seconds", call("sub", A, B)), 3600), _pairs(MOMENTS[:4], MOMENTS[:4])

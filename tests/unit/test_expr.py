"""Expressions are checked against the types of fields, evaluated by Python's own rules, and lowered to the plan."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from enum import Enum, IntEnum, StrEnum
from typing import Annotated, Any, Literal, NewType
from uuid import UUID

import pytest
from pydantic import AnyUrl, AwareDatetime, EmailStr, Field, PositiveInt

import thresher
from thresher.errors import ConfigurationError
from thresher.expr import evaluate
from thresher.expr.check import Scope
from thresher.expr.expression import Expression
from thresher.expr.lower import MAX_DEPTH, NotNativeError, lower
from thresher.expr.parse import parse
from thresher.expr.types import annotation_of, of_annotation, show
from thresher.plan import Call, Const, Load

TYPES: dict[str, Any] = {
    "i": int,
    "m": int | None,
    "x": float,
    "s": str,
    "n": str | None,
    "d": dt.date,
    "e": dt.date | None,
    "a": dt.datetime,
    "w": dt.timedelta,
    "f": bool,
    "dec": Decimal,
    "u": UUID,
    "c": dt.time,
    "link": AnyUrl,
    "num": int | float,
    "tags": list[str],
}
SCOPE = Scope({name: of_annotation(kind) for name, kind in TYPES.items()}, {"The S": "s"}, "Record")
VALUES: dict[str, Any] = {
    "i": 3,
    "m": None,
    "x": 2.5,
    "s": "Hello",
    "n": None,
    "d": dt.date(2024, 1, 31),
    "e": None,
    "a": dt.datetime(2024, 1, 31, 12),
    "w": dt.timedelta(hours=36),
    "f": True,
    "dec": Decimal("1.10"),
    "u": UUID(int=7),
    "c": dt.time(8, 30),
    "num": 1,
    "link": "https://example.org",
    "tags": ["a"],
}


def made(text: str) -> Expression:
    return Expression(text, SCOPE, "where")


def value(text: str) -> Any:
    return made(text).evaluate(VALUES)


def node(text: str) -> Any:
    return lower(made(text).typed, list(TYPES).index)


TYPED = [
    ("i + 1", "int"),
    ("i + x", "float"),
    ("i / 2", "float"),
    ("f + f", "int"),
    ("m + 1", "int"),
    ("dec * i", "Decimal"),
    ("s + s", "str"),
    ("d - d", "timedelta"),
    ("d + w", "date"),
    ("a - w", "datetime"),
    ("w / w", "float"),
    ("w // 2", "timedelta"),
    ("w // w", "int"),
    ("-f", "int"),
    ("not s", "bool"),
    ("n or s", "str"),
    ("n or m", "int | str | None"),
    ("n and 1", "int | str | None"),
    ("m or 0", "int"),
    ("s if f else None", "str | None"),
    ("i if f else x", "int | float"),
    ("max(0, x)", "int | float"),
    ("min(m, 3)", "int"),
    ("coalesce(m, x)", "int | float"),
    ("coalesce(m, None)", "int | None"),
    ("coalesce(n, e)", "date | str | None"),
    ("round(x)", "int"),
    ("round(x, 2)", "float"),
    ("round(dec, 2)", "Decimal"),
    ("len(s)", "int"),
    ("s[0]", "str"),
    ("s.split(',')[0]", "str"),
    ("a.date()", "date"),
    ("w.total_seconds()", "float"),
    ("1 < i < 3", "bool"),
    ("n is None", "bool"),
    ("f'{i}'", "str"),
    ("num * 2", "int | float"),
    ("link", "another type"),
    ("str(link)", "str"),
    ("None", "None"),
]


@pytest.mark.parametrize(("text", "type_"), TYPED)
def test_types(text: str, type_: str) -> None:
    found = made(text)
    assert {*show(found.type).split(" | ")} == {*type_.split(" | ")}


class Color(StrEnum):
    RED = "red"


class Level(IntEnum):
    LOW = 1


class Plain(Enum):
    A = "a"


Alias = NewType("Alias", int)


@pytest.mark.parametrize(
    ("annotation", "type_"),
    [
        (int | None, "int | None"),
        (PositiveInt, "int"),
        (Annotated[str | None, Field(max_length=3)], "str | None"),
        (Literal["a", "b"], "str"),
        (Literal["a", 1, None], "int | str | None"),
        (Color, "str"),
        (Level, "int"),
        (Plain, "another type"),
        (Alias, "int"),
        (AwareDatetime, "datetime"),
        (EmailStr, "str"),
        (AnyUrl, "another type"),
        (list[int], "another type"),
        (Any, "another type"),
        (None, "None"),
        (dt.time, "time"),
    ],
)
def test_types_of_annotations(annotation: Any, type_: str) -> None:
    assert {*show(of_annotation(annotation)).split(" | ")} == {*type_.split(" | ")}


def test_a_column_has_one_type() -> None:
    assert annotation_of(frozenset({"int", "float"})) is float
    assert annotation_of(frozenset({"bool", "int", "none"})) == int | None
    assert annotation_of(frozenset({"str", "int"})) == int | str
    assert annotation_of(frozenset({"other", "int"})) is Any
    assert annotation_of(frozenset({"none"})) is type(None)


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("i and x", 2.5),
        ("n or 'none'", "none"),
        ("m is None and e is None", True),
        ("f'{i:03d}|{x:.2f}|{s:>7}|{f}'", "003|2.50|  Hello|True"),
        ("f'{a:%Y-%m-%d}'", "2024-01-31"),
        ("f'{{}}{s}'", "{}Hello"),
        ("s[::1]", "Hello"),
        ("s[-3:]", "llo"),
        ("'-' * 3 + 2 * 'ab'", "---abab"),
        ("Decimal('0.10') + dec", Decimal("1.20")),
        ("Decimal(2) * dec", Decimal("2.20")),
        ("u == u", True),
        ("str(u)[-1]", "7"),
        ("c.hour + c.minute", 38),
        ("c < c", False),
        ("timedelta(days=1, hours=-12) + w", dt.timedelta(days=2)),
        ("-timedelta(days=1)", dt.timedelta(days=-1)),
        ("s.split()[0]", "Hello"),
        ("s.split('l', 1)[-1]", "lo"),
        ("matches(s, '^H')", True),
        ("fullmatches(s, 'H|Hello')", True),
        ("fullmatches(s, 'H')", False),
        ("matches(s, r'\\w+')", True),
        ("matches(s, '\\w+')", True),
        ("coalesce(m, n, 4)", 4),
        ("coalesce(m, n)", None),
        ("i in {3, 4}", True),
        ("m in (None, 1)", True),
        ("i in [1.0, 3.0]", True),
        ("# a comment\ni", None),
        ("(i +\n 1)", 4),
    ],
)
def test_values(text: str, wanted: Any) -> None:
    if text.startswith("#"):
        assert value(text) == 3
    else:
        assert value(text) == wanted


@pytest.mark.parametrize(
    ("text", "error", "says"),
    [
        ("i / 0", ZeroDivisionError, "division by zero"),
        ("dec / 0", ZeroDivisionError, "DivisionByZero"),
        ("n.lower()", AttributeError, "NoneType"),
        ("m + 1", TypeError, "NoneType"),
        ("int(s)", ValueError, "invalid literal"),
        ("s[9]", IndexError, "out of range"),
        ("d + timedelta(days=9000000)", OverflowError, "out of range"),
        ("matches(n, 'a')", TypeError, "takes text, not NoneType"),
    ],
)
def test_exceptions_are_those_of_python(text: str, error: type[Exception], says: str) -> None:
    with pytest.raises(error, match=says):
        value(text)


def test_costs_are_bounded() -> None:
    text = "s" + ".replace('a', 'aaaaaaaaaa')" * 40
    with pytest.raises(OverflowError, match=r"replace\(\) would make a text of"):
        made(text).evaluate({**VALUES, "s": "a"})
    huge = {**VALUES, "dec": Decimal("1e999999999")}
    for expression in ("int(dec)", "f'{dec:f}'", "round(dec)", "round(dec, 2)", "f'{dec:,.2f}'"):
        with pytest.raises(OverflowError, match="more than 1,000 digits"):
            made(expression).evaluate(huge)
    assert made("str(dec)").evaluate(huge) == "1E+999999999"


def test_only_our_functions_are_in_reach() -> None:
    function, fields = evaluate.function_of(parse("max(i, len(s)) + timedelta(days=1).days", "where"))
    assert fields == ("i", "s")
    assert function.__globals__["__builtins__"] == {}
    assert set(function.__globals__) == {"__builtins__", *evaluate.FUNCTIONS, "c0"}


def test_fields_may_be_called_like_functions() -> None:
    scope = Scope({"len": of_annotation(str), "date": of_annotation(dt.date), "v0": of_annotation(int)}, {}, "Odd")
    found = Expression("len(len) + v0 if date < date(2024, 1, 1) else 0", scope, "where")
    assert found.evaluate({"len": "abc", "date": dt.date(2023, 1, 1), "v0": 10}) == 13


# ---------------------------------------------------------------- messages


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("quantty", "Record has no field 'quantty'; its fields are i, m, x,"),
        ("lnk", "did you mean 'link'"),
        ("leen(s)", "there is no function 'leen'; did you mean 'len'?"),
        ("s.lowr()", "there is no method 'lowr'; did you mean 'lower'"),
        ("d.yeer", "there is no attribute 'yeer'; did you mean 'year'"),
        ("lower(s)", "it is a method, written as in x.lower()"),
        ("s.len()", "it is a function, written as in len(text)"),
        ("d.year()", "year is no method: write it without parentheses"),
        ("i + s", "int + str is impossible: write str() around the one that is no text"),
        ("s - 1", "write int() or float() around text that is a number"),
        ("dec + x", "write float() around the Decimal"),
        ("d < a", "write .date() behind the datetime"),
        ("d == '2024-01-01'", "write the constant as date(2024, 1, 31)"),
        ("s.year", "str has no year; it has lower, upper,"),
        ("len(i)", "len(int) is impossible"),
        ("round(x, 2.0)", "round(float, float) is impossible"),
        ("i == 1 = 2", "to compare, write =="),
        ("s.startswith(1)", "startswith() takes str here, not int"),
    ],
)
def test_messages(text: str, says: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        made(text)
    assert says in str(caught.value)


def test_a_column_is_not_its_field() -> None:
    scope = Scope({"size": of_annotation(int)}, {"Size": "size"}, "Record")
    with pytest.raises(ConfigurationError, match="'Size' is a column: its field is called 'size'"):
        Expression("Size > 1", scope, "where")


def test_the_place_is_marked() -> None:
    with pytest.raises(ConfigurationError) as caught:
        made("'日本' + s + nothing")
    assert str(caught.value).splitlines()[1:] == ["    '日本' + s + nothing", "               ^^^^^^^"]
    with pytest.raises(ConfigurationError) as caught:
        made("(i +\n  nothing)")
    assert str(caught.value).splitlines()[1:] == ["      nothing)", "      ^^^^^^^"]
    with pytest.raises(ConfigurationError) as caught:
        made(" + ".join(["i"] * 60) + " + nothing")
    line, carets = str(caught.value).splitlines()[1:]
    assert len(line) <= 110
    assert line[carets.index("^") :].rstrip("…") == "nothing"


# ---------------------------------------------------------------- lowering


def test_nodes() -> None:
    assert node("i + 1") == Call("add", [Load(0, "int"), Const("int", "1")], "int")
    assert node("1 < i <= 9") == Call(
        "and",
        [
            Call("lt", [Const("int", "1"), Load(0, "int")], "bool"),
            Call("le", [Load(0, "int"), Const("int", "9")], "bool"),
        ],
        "bool",
    )
    assert node("s[1:]").args[1:] == [Const("int", "1"), Const("none", "")]
    assert node("f'{i}-{x:.2f}'") == Call(
        "concat",
        [
            Call("str", [Load(0, "int")], "str"),
            Const("str", "-"),
            Call("format", [Load(2, "float"), Const("str", ".2f")], "str"),
        ],
        "str",
    )
    assert node("n in ('a', None)").args[1:] == [Const("str", "a"), Const("none", "")]
    assert node("s.split(',')[-1]") == Call("split_at", [Load(3, "str"), Const("str", ","), Const("int", "-1")], "str")


@pytest.mark.parametrize(
    ("value_", "type_", "text"),
    [
        ("None", "none", ""),
        ("True", "bool", "true"),
        ("-9223372036854775808", "int", "-9223372036854775808"),
        ("1e400", "float", "inf"),
        ("-1e400", "float", "-inf"),
        ("-0.0", "float", "-0.0"),
        ("1e-7", "float", "1e-07"),
        ("'é\\n'", "str", "é\n"),
        ("date(1, 2, 3)", "date", "0001-02-03"),
        ("datetime(2024, 1, 31, 12, 0, 0, 5)", "datetime", "2024-01-31T12:00:00.000005"),
        ("timedelta(days=-1)", "timedelta", "-86400000000"),
        ("'ab' * 2", "str", "abab"),
    ],
)
def test_constants(value_: str, type_: str, text: str) -> None:
    assert node(value_) == Const(type_, text)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("i + 9223372036854775808", "constant 9223372036854775808 is not native"),
        ("w < timedelta(days=999999999)", "is not native"),
        ("dec + Decimal('1')", "is not native"),
        ("a.microsecond", "microsecond is not native"),
        ("s.split()[0]", "split is not native"),
        ("f'{d:%Y}'", "strftime is not native"),
        ("+".join(["i"] * (MAX_DEPTH + 1)), f"more than {MAX_DEPTH} levels deep"),
    ],
)
def test_what_is_not_native(text: str, says: str) -> None:
    with pytest.raises(NotNativeError, match=says):
        node(text)


def test_names_are_exported() -> None:
    assert thresher.From("i").expression == "i"
    assert thresher.Check("i", "m") == thresher.Check("i", "m")

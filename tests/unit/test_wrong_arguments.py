"""Wrong arguments: every public function and setting, with values of every type that it cannot have.

Each is refused as a ConfigurationError that names the argument, or works. Whatever came upon it never shows.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import pytest
from pydantic import BaseModel, create_model

import thresher
from thresher import Check, Config, From, Pipeline


class Row(BaseModel):
    """A record."""

    id: int
    name: str


DATA = b"id,name\n1,x\nq,y\n"


class Unspeakable:
    """An object that cannot even be shown."""

    def __repr__(self) -> str:
        """Fail."""
        raise RuntimeError


class Ambiguous:
    """An object that is neither true nor false, and whose comparisons are such objects, as arrays and tables are."""

    __hash__ = None  # type: ignore[assignment]

    def __eq__(self, other: object) -> Any:
        """Return no bool."""
        return self

    def __bool__(self) -> bool:
        """Fail."""
        raise ValueError("the truth value is ambiguous")


VALUES: tuple[Any, ...] = (
    None, True, False, 0, 1, -1, 2, 1 << 80, -(1 << 80), 10**5000, 1.5, -1.0, float("nan"), float("inf"),
    "", "x", "x y", "\0", "\udcff", "\ud800", "é" * 100, b"", b"x", b"\xff", bytearray(b"x"), memoryview(b"x"),
    [], [1], [None], [[]], ["x", "x"], ["\ud800"], (), (1,), ("x", "x"), {}, {"x": 1}, {1: "x"}, set(), {"x"},
    frozenset({1}), iter("xy"), range(2), object(), Unspeakable(), Ambiguous(), int, type, Row,
    Row(id=1, name="x"), len, lambda: 1, Path(), Path("nowhere"), Path("no\0where"), NotImplemented, ..., 1j,
)  # fmt: skip


def _with_from(expression: Any) -> Pipeline:
    return Pipeline(Row, create_model("Out", id=Annotated[int, From(expression)]))


def _batches(**arguments: Any) -> list[thresher.Batch]:
    return list(Pipeline(Row).batches(DATA, **arguments))


def _from_config(name: Any) -> Pipeline:
    Path("pipelines.toml").write_text(f"[pipeline.x]\nschema='{__name__}:Row'\n")
    return Pipeline.from_config("pipelines.toml", name)


def _refused(call: Callable[[Any], Any], value: Any) -> thresher.ThresherError | None:
    try:
        call(value)
    except thresher.ThresherError as error:
        return error
    return None


SETTINGS = {name: name for name in Config.__struct_fields__ if name != "schema"}
PLACES: dict[str, tuple[str, Callable[[Any], Any]]] = {
    **{f"Config.{name}": (name, lambda v, n=name: Config(**{n: v})) for name in Config.__struct_fields__},
    **{f"Pipeline.{name}": (name, lambda v, n=name: Pipeline(Row, **{n: v}).process(DATA)) for name in SETTINGS},
    **{f"process.{name}": (name, lambda v, n=name: thresher.process(DATA, Row, **{n: v})) for name in SETTINGS},
    **{
        f"Pipeline({name})": (name, lambda v, n=name: Pipeline(Row, **{n: v}).process(DATA))
        for name in ("select", "map_batches", "map_records", "config")
    },
    "Pipeline(values)": ("values|expression", lambda v: Pipeline(Row, values=v)),
    "Pipeline(checks)": ("check", lambda v: Pipeline(Row, checks=v)),
    **{
        f"process({name})": (name, lambda v, n=name: thresher.process(DATA, Row, **{n: v}))
        for name in ("output", "rejects", "report", "config")
    },
    **{f"batches({name})": (name, lambda v, n=name: _batches(**{n: v})) for name in ("size", "rejects", "config")},
    "Pipeline(where)": ("where", lambda v: Pipeline(Row, where=v).process(DATA)),
    "Pipeline(schema)": ("schema", Pipeline),
    "Pipeline(output_schema)": ("schema", lambda v: Pipeline(Row, v)),
    "process(schema)": ("schema", lambda v: thresher.process(DATA, v)),
    "process(source)": ("", lambda v: thresher.process(v, Row)),
    "infer(source)": ("", thresher.infer),
    "infer(config)": ("config", lambda v: thresher.infer(DATA, config=v)),
    "explain(schema)": ("schema", thresher.explain),
    "from_config(path)": ("", Pipeline.from_config),
    "from_config(name)": ("pipeline", _from_config),
    "raise_for_rejects": ("limit", lambda v: thresher.process(DATA, Row).raise_for_rejects(v)),
    "a value": ("expression", lambda v: Pipeline(Row, values={"total": v})),
    "the name of a value": ("field", lambda v: Pipeline(Row, values=_keyed(v))),
    "a selected field": ("select", lambda v: Pipeline(Row, select=[v])),
    "a check": ("check", lambda v: Pipeline(Row, checks=[v])),
    "Check": ("check", lambda v: Pipeline(Row, checks=[Check(v)])),
    "the message of a Check": ("message", lambda v: Pipeline(Row, checks=[Check("id > 0", v)])),
    "From": ("From", _with_from),
}


def _keyed(name: Any) -> dict[Any, str]:
    try:
        return {name: "id"}
    except TypeError:
        return {None: "id"}


@pytest.fixture(autouse=True)
def in_an_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, engine: str) -> None:
    """Names of files name nothing that there is; the engine is the one that ``auto`` means."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("THRESHER_ENGINE", engine)


@pytest.mark.parametrize("place", PLACES)
def test_wrong_values_are_refused_in_words(place: str) -> None:
    """No other kind of error; and the message names the argument."""
    name, call = PLACES[place]
    for value in VALUES:
        refusal = _refused(call, value)
        if isinstance(refusal, thresher.ConfigurationError):
            assert re.search(name, str(refusal))
            assert len(str(refusal)) < 600
        # Of the others, the argument could have been meant, and the source does not fit it.
        assert not isinstance(refusal, thresher.EngineError)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: Pipeline(Row, select=[]), "select is empty, so that nothing would be written"),
        (lambda: Pipeline(Row, select=["id", "id"]), "select names 'id' more than once"),
        (lambda: Pipeline(Row, select={"id", "name"}), "select must be a list of the names of fields, not {"),
        (lambda: Pipeline(Row, select=[1]), "select: the name of a field is a str, not 1"),
        (lambda: Pipeline(Row, values=["id"]), "values must be a dict of expressions by the name of their field"),
        (lambda: Pipeline(Row, values={1: "id"}), "values: the name of a field is a str, not 1"),
        (lambda: Pipeline(Row, Row, values={"id": ""}), "the expression is empty"),
        (lambda: Pipeline(Row, checks=1), "checks must be a list of expressions or thresher.Check, not 1"),
        (lambda: _with_from(None), "the From of the field 'id' of"),
        (
            lambda: thresher.process(DATA, Row, config={"workers": 1}),
            "config must be a thresher.Config, not {'workers'",
        ),
        (lambda: Pipeline(Row).process(DATA, config=0), "config must be a thresher.Config, not 0"),
        (lambda: thresher.process(DATA, Row, output=1), "output=1 is no path: give a str or os.PathLike"),
        (lambda: thresher.process(DATA, Row, rejects="\0.csv"), "is no path"),
        (lambda: Pipeline.from_config(1), "a configuration file is named by a str or os.PathLike, not 1"),
        (lambda: thresher.process(DATA, Row).raise_for_rejects("many"), "limit 'many' is neither a count such as 100"),
    ],
)
def test_the_words(call: Callable[[], Any], words: str) -> None:
    with pytest.raises(thresher.ConfigurationError) as caught:
        call()
    assert words in str(caught.value)


def test_nothing_but_values_is_selected(engine: str) -> None:
    """An empty selection beside values means: these alone."""
    pipeline = Pipeline(Row, select=[], values={"twice": "id * 2"}, engine=engine)
    assert [row.model_dump() for row in pipeline.process(DATA).records()] == [{"twice": 2}]


def test_what_has_an_order_can_be_selected(engine: str) -> None:
    """Names may come from wherever they are at hand."""
    for names in (["name", "id"], ("name", "id"), dict.fromkeys(["name", "id"]).keys(), iter(["name", "id"])):
        made = Pipeline(Row, select=names, engine=engine).process(DATA)  # type: ignore[arg-type]
        assert [list(row.model_dump()) for row in made.records()] == [["name", "id"]]

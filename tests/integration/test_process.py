"""A source goes in at one end, and files and a result come out at the other: the same from both engines."""

from __future__ import annotations

import asyncio
import io
import json
import os
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any

import pytest
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

import thresher

DATA = b'order_id,price,note\n1,2.5,"a, b"\ntwo,3,\n\n3,-1,x\n4,4\n5,5,\xff\n6,6,refuse\n7,1e3,last'


class Order(BaseModel):
    """With an error of each origin: a kernel, a Decimal bound, a validator of the user's."""

    order_id: Annotated[int, Field(ge=1)]
    price: Annotated[Decimal, Field(gt=0)]
    note: str | None

    @field_validator("note")
    @classmethod
    def _refused(cls, value: str | None) -> str | None:
        if value == "refuse":
            raise ValueError("refused")
        return value


class Pair(BaseModel):
    """A small one."""

    a: int
    b: str


def test_accounting(engine: str) -> None:
    result = thresher.process(DATA, Order, engine=engine)
    assert (result.read, result.accepted, result.rejected, result.filtered) == (7, 2, 5, 0)
    assert result.engine == engine
    assert result.report.blank_lines == 1
    assert result.report.bytes == len(DATA)
    assert [(r.record, r.line, r.stage) for r in result.rejects] == [
        (2, 3, "validate"), (3, 5, "validate"), (4, 6, "split"), (5, 7, "split"), (6, 8, "validate"),
    ]  # fmt: skip
    for reject in result.rejects:
        assert DATA[reject.byte_offset :].startswith(reject.raw)


def test_records_equal_what_the_model_builds(engine: str) -> None:
    result = thresher.process(DATA, Order, engine=engine)
    expected = [
        Order.model_validate({"order_id": "1", "price": "2.5", "note": "a, b"}),
        Order.model_validate({"order_id": "7", "price": "1e3", "note": "last"}),
    ]
    found = list(result.records())
    assert found == expected
    assert [each.model_fields_set for each in found] == [each.model_fields_set for each in expected]
    assert list(result.records()) == expected


def test_errors_are_those_of_the_model_objects_included(engine: str) -> None:
    result = thresher.process(DATA, Order, engine=engine)
    rows = {
        2: {"order_id": "two", "price": "3", "note": None},
        3: {"order_id": "3", "price": "-1", "note": "x"},
        6: {"order_id": "6", "price": "6", "note": "refuse"},
    }
    for reject in result.rejects:
        if reject.stage == "split":
            continue
        with pytest.raises(ValidationError) as caught:
            Order.model_validate(rows[reject.record])
        expected = caught.value.errors(include_url=False)
        found = reject.errors
        for one, other in zip(found, expected, strict=True):
            ctx, other_ctx = one.pop("ctx", {}), dict(other).pop("ctx", {})
            assert {**one, "ctx": None} == {**other, "ctx": None}
            assert isinstance(other_ctx, dict)
            assert {k: (type(v), str(v)) for k, v in ctx.items()} == {
                k: (type(v), str(v)) for k, v in other_ctx.items()
            }
    assert isinstance(result.rejects[4].errors, list)


def test_python_objects_in_errors(engine: str) -> None:
    rejects = thresher.process(DATA, Order, engine=engine).rejects
    assert rejects[1].errors[0]["ctx"]["gt"] == Decimal(0)
    assert isinstance(rejects[4].errors[0]["ctx"]["error"], ValueError)


def test_to_numpy(engine: str) -> None:
    arrays = thresher.process(b"a,b\n1,x\n2,y\n", Pair, engine=engine).to_numpy()
    assert arrays["a"].tolist() == [1, 2]
    assert arrays["a"].dtype == "int64"
    assert arrays["b"].tolist() == ["x", "y"]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("good.csv", 'order_id,price,note\n1,2.5,"a, b"\n7,1E+3,last\n'),
        ("good.tsv", "order_id\tprice\tnote\n1\t2.5\ta, b\n7\t1E+3\tlast\n"),
        (
            "good.jsonl",
            '{"order_id":1,"price":"2.5","note":"a, b"}\n{"order_id":7,"price":"1E+3","note":"last"}\n',
        ),
    ],
)
def test_outputs(engine: str, tmp_path: Path, name: str, expected: str) -> None:
    result = thresher.process(
        DATA, Order, output=tmp_path / name, rejects=tmp_path / "bad.jsonl", report=tmp_path / "r.json", engine=engine
    )
    assert (tmp_path / name).read_text() == expected
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted([name, "bad.jsonl", "r.json"])
    in_memory = thresher.process(DATA, Order, engine=engine)
    assert list(result.rejects) == list(in_memory.rejects)
    assert json.loads((tmp_path / "r.json").read_text())["read"] == 7
    assert (tmp_path / "r.json").read_text() == result.report.to_json()
    with pytest.raises(thresher.ConfigurationError, match="read them back from there"):
        result.records()


def test_rejects_as_csv(engine: str, tmp_path: Path) -> None:
    result = thresher.process(b'a;b\n1;x\nn;"y;z"\n3\n', Pair, rejects=tmp_path / "bad.csv", engine=engine)
    assert (tmp_path / "bad.csv").read_text() == (
        "a;b;_record;_line;_errors\n"
        'n;"y;z";2;3;a: Input should be a valid integer, unable to parse string as an integer [int_parsing]\n'
        "3;;3;4;Record has 1 cells where the header has 2 [csv_field_count]\n"
    )
    assert len(result.rejects) == 2
    with pytest.raises(thresher.ConfigurationError, match=r"\.jsonl"):
        list(result.rejects)
    assert list(result.records()) == [Pair(a=1, b="x")]


def test_both_engines_write_the_same(tmp_path: Path) -> None:
    pytest.importorskip("thresher._engine")
    written = {}
    reports = {}
    for engine in ("rust", "python"):
        folder = tmp_path / engine
        folder.mkdir()
        os.chdir(folder)
        thresher.process(DATA, Order, output="good.csv", rejects="bad.jsonl", report="report.json", engine=engine)
        written[engine] = {name: Path(name).read_bytes() for name in ("good.csv", "bad.jsonl")}
        reports[engine] = json.loads(Path("report.json").read_text())
        for own in ("run_id", "started_at", "elapsed_seconds", "records_per_second", "bytes_per_second", "engine"):
            del reports[engine][own]
    assert written["rust"] == written["python"]
    assert reports["rust"] == reports["python"]


def _as_path(folder: Path) -> Any:
    (folder / "in.csv").write_bytes(DATA)
    return folder / "in.csv"


@pytest.mark.parametrize(
    "made",
    [
        _as_path,
        lambda folder: str(_as_path(folder)),
        lambda folder: str(_as_path(folder).parent / "i*.csv"),
        lambda folder: [_as_path(folder)],
        lambda _: DATA,
        lambda _: io.BytesIO(DATA),
        lambda folder: _as_path(folder).open("rb"),
    ],
)
def test_every_kind_of_source(engine: str, tmp_path: Path, made: Callable[[Path], Any]) -> None:
    source = made(tmp_path)
    result = thresher.process(source, Order, engine=engine)
    assert (result.read, result.accepted) == (7, 2)
    if hasattr(source, "close"):
        source.close()


def test_several_sources_in_order(engine: str, tmp_path: Path) -> None:
    first, second = tmp_path / "1.csv", tmp_path / "2.csv"
    first.write_text("a,b\n1,x\n?,x\n")
    second.write_text("b;a\ny;2\ny;?\n")
    result = thresher.process([first, second], Pair, output=tmp_path / "good.csv", engine=engine)
    assert (tmp_path / "good.csv").read_text() == "a,b\n1,x\n2,y\n"
    assert [(Path(r.source).name, r.record, r.raw) for r in result.rejects] == [
        ("1.csv", 2, b"?,x"), ("2.csv", 2, b"y;?"),
    ]  # fmt: skip
    assert [source.read for source in result.report.sources] == [2, 2]
    assert [(count.count, Path(count.source).name) for count in result.error_counts] == [(2, "1.csv")]


def test_sources_that_cannot_share_a_file(engine: str, tmp_path: Path) -> None:
    sources = [b"a,b\n1,x\n", b"b,a\ny,2\n"]
    with pytest.raises(thresher.DataProcessingError, match=r"different columns and cannot share .*write .jsonl"):
        thresher.process(sources, Pair, rejects=tmp_path / "bad.csv", engine=engine)
    assert not list(tmp_path.iterdir())


def test_extra_columns_are_written(engine: str, tmp_path: Path) -> None:
    class Open(BaseModel):
        model_config = ConfigDict(extra="allow")
        a: int

    thresher.process(b"z,a\nq,1\n,2\n", Open, output=tmp_path / "good.csv", engine=engine)
    assert (tmp_path / "good.csv").read_text() == "a,z\n1,q\n2,\n"


def test_an_output_is_not_its_own_source(engine: str, tmp_path: Path) -> None:
    path = _as_path(tmp_path)
    with pytest.raises(thresher.ConfigurationError, match="is the source"):
        thresher.process(path, Order, output=path, engine=engine)
    assert path.read_bytes() == DATA


def test_a_crash_of_a_validator_leaves_nothing(engine: str, tmp_path: Path) -> None:
    class Crashing(BaseModel):
        a: int

        @field_validator("a")
        @classmethod
        def _crash(cls, value: int) -> int:
            return value // 0

    with pytest.raises(thresher.DataProcessingError, match=r"record 1 \(line 2\).*ZeroDivisionError"):
        thresher.process(b"a\n1\n", Crashing, output=tmp_path / "x.csv", rejects=tmp_path / "x.jsonl", engine=engine)
    assert not list(tmp_path.iterdir())


def test_an_interrupt_leaves_nothing(engine: str, tmp_path: Path) -> None:
    class Endless(io.RawIOBase):
        left = 8

        def readable(self) -> bool:
            return True

        def read(self, n: int = -1) -> bytes:
            self.left -= 1
            if self.left == 0:
                raise KeyboardInterrupt
            return b"a,b\n" if self.left == 7 else b"1,x\n" * (n // 4)

    with pytest.raises(KeyboardInterrupt):
        thresher.process(Endless(), Pair, output=tmp_path / "x.csv", rejects=tmp_path / "x.jsonl", engine=engine)
    assert not list(tmp_path.iterdir())


def test_a_full_disk(engine: str, tmp_path: Path) -> None:
    with pytest.raises(thresher.FileError, match=r"'/dev/full' could not be written.*nothing was published"):
        thresher.process(DATA, Order, output="/dev/full", rejects=tmp_path / "bad.jsonl", engine=engine)
    with pytest.raises(thresher.FileError, match=r"'/dev/full' could not be written"):
        thresher.process(DATA, Order, output=tmp_path / "good.csv", rejects="/dev/full", engine=engine)
    with pytest.raises(thresher.FileError, match=r"'/dev/full' could not be written"):
        thresher.process(DATA, Order, output=tmp_path / "good.csv", report="/dev/full", engine=engine)
    assert not list(tmp_path.iterdir())


class TestPipeline:
    def test_it_is_used_often(self, engine: str) -> None:
        pipeline = thresher.Pipeline(Pair, engine=engine)
        assert [pipeline.process(b"a,b\n1,x\n").accepted for _ in range(3)] == [1, 1, 1]
        assert thresher.process(b"a,b\n1,x\n", pipeline).engine == engine
        assert repr(pipeline) == "<Pipeline Pair>"

    def test_settings_of_a_run_come_before_its_own(self) -> None:
        pipeline = thresher.Pipeline(Pair, engine="python", null_values=("NA",))
        result = pipeline.process(b"a;b\n1;NA\n", delimiter=";")
        assert [error["type"] for error in result.rejects[0].errors] == ["missing"]
        assert thresher.process(b"a,b\n1,\n", pipeline, null_values=("",)).rejected == 1

    def test_threads_share_it(self, engine: str) -> None:
        pipeline = thresher.Pipeline(Order, engine=engine)
        barrier = threading.Barrier(8)

        def run(_: int) -> list[Any]:
            barrier.wait()
            result = pipeline.process(DATA)
            return [*result.records(), *(reject.raw for reject in result.rejects)]

        with ThreadPoolExecutor(8) as pool:
            results = list(pool.map(run, range(8)))
        assert all(found == results[0] for found in results)

    def test_it_can_be_awaited(self, engine: str) -> None:
        async def both() -> list[int]:
            pipeline = thresher.Pipeline(Pair, engine=engine)
            runs = (pipeline.aprocess(b"a,b\n1,x\n"), pipeline.aprocess(b"a,b\n1,x\nn,y\n"))
            return [result.rejected for result in await asyncio.gather(*runs)]

        assert asyncio.run(both()) == [0, 1]

    def test_it_explains_itself(self) -> None:
        text = str(thresher.Pipeline(Order).explain())
        assert text == str(thresher.explain(Order))
        for word in ("order_id", "price", "native", "note"):
            assert word in text


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"delimeter": ";"}, "no setting 'delimeter'; did you mean 'delimiter'"),
        ({"outptu": "x.csv"}, "no setting 'outptu'"),
        ({"output": "x.parquet"}, "not supported yet"),
        ({"schema": "nowhere:Order"}, "there is no module 'nowhere'"),
        ({"schema": dict}, "is not a model|not supported"),
    ],
)
def test_what_cannot_work_is_said_before_anything_is_read(settings: dict[str, Any], words: str) -> None:
    with pytest.raises(thresher.ConfigurationError, match=words):
        thresher.process("does-not-exist.csv", **{"schema": Pair, **settings})


def test_the_schema_of_the_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "models_of_settings.py").write_text("from pydantic import BaseModel\nclass M(BaseModel):\n    a: int\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    config = thresher.Config(schema="models_of_settings:M", engine="python")
    result = thresher.process(b"a\n1\nx\n", config=config)
    assert (result.accepted, result.rejected, result.inferred) == (1, 1, None)

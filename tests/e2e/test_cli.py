"""The command, as a process of its own: what it prints, what it leaves, and the status it ends with."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

COMMAND = [sys.executable, "-m", "thresher"]

MODELS = """
from pydantic import BaseModel, field_validator

class Order(BaseModel):
    order_id: int
    price: float
    note: str | None

class Crashing(BaseModel):
    order_id: int

    @field_validator("order_id")
    @classmethod
    def crash(cls, value):
        return value // 0
"""

OUTPUT = """
from typing import Annotated
from pydantic import BaseModel
import thresher

class Line(BaseModel):
    order_id: int
    total: Annotated[float, thresher.From("price * 2")]
"""

PIPELINE = """
[pipeline.orders]
schema = "shop:Order"
where = "price > 2.5"
select = ["order_id", "note"]
from = { total = "price * 2" }
"""

ORDERS = "order_id,price,note\n1,2.5,a\ntwo,3,b\n3,free,\n4,4\n5,5,é\n"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Work in a folder with a schema and a source."""
    monkeypatch.chdir(tmp_path)
    # A folder beside is what was asked for, so that a module of this name anywhere else is no match.
    (tmp_path / "shop.py").write_text(MODELS)
    (tmp_path / "orders.csv").write_text(ORDERS)
    return tmp_path


def _run(*arguments: str, stdin: str | None = "", **settings: Any) -> subprocess.CompletedProcess[str]:
    settings.setdefault("stdout", subprocess.PIPE)
    return subprocess.run(
        [*COMMAND, *arguments], input=stdin, stderr=subprocess.PIPE, text=True, timeout=60, check=False, **settings
    )


def _process(*arguments: str, **settings: Any) -> subprocess.CompletedProcess[str]:
    return _run("process", "orders.csv", "--schema", "shop:Order", *arguments, **settings)


def _names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir() if path.name != "__pycache__"} - {"shop.py", "orders.csv"}


class TestProcess:
    def test_a_run(self, folder: Path, engine: str) -> None:
        done = _process("-o", "good.csv", "--rejects", "bad.jsonl", "--report", "report.json", "--engine", engine)
        assert (done.returncode, done.stdout) == (0, "")
        assert (folder / "good.csv").read_text() == "order_id,price,note\n1,2.5,a\n5,5.0,é\n"
        assert len((folder / "bad.jsonl").read_text().splitlines()) == 3
        assert json.loads((folder / "report.json").read_text())["accepted"] == 2
        assert _names(folder) == {"good.csv", "bad.jsonl", "report.json"}
        for words in (
            "read      5  from orders.csv",
            "accepted  2  to good.csv",
            "rejected  3  to bad.jsonl",
            "1 x order_id: Input should be a valid integer, unable to parse string as an integer [int_parsing]",
            "first at orders.csv:3  'two'",
            "first at orders.csv:4  'free'",
            "1 x Record has 2 cells where the header has 3 [csv_field_count]",
            "first at orders.csv:5\n",
            "records/s",
            f"engine {engine}",
        ):
            assert words in done.stderr

    @pytest.mark.parametrize("rejects", ["-", "bad.csv"])
    def test_rejects_that_are_not_read_back_have_messages(self, folder: Path, rejects: str, engine: str) -> None:
        """Those that are the same for every record: nothing is kept to tell them."""
        done = _process("-o", "good.jsonl", "--rejects", rejects, "--engine", engine)
        for words in (
            "1 x order_id: Input should be a valid integer, unable to parse string as an integer [int_parsing]",
            "first at orders.csv:3\n",
            "1 x Record has … cells where the header has … [csv_field_count]",
        ):
            assert words in done.stderr

    def test_a_check_writes_nothing(self, folder: Path, engine: str) -> None:
        done = _process("--engine", engine)
        assert (done.returncode, done.stdout) == (0, "")
        assert "first at orders.csv:3  'two'" in done.stderr
        assert "add --rejects bad.jsonl to keep them" in done.stderr
        assert _names(folder) == set()

    def test_standard_input_to_standard_output(self, engine: str) -> None:
        done = _run("process", "-", "--schema", "shop:Order", "-o", "-", "--engine", engine, stdin=ORDERS)
        assert done.returncode == 0
        assert done.stdout == '{"order_id":1,"price":2.5,"note":"a"}\n{"order_id":5,"price":5.0,"note":"é"}\n'
        assert "<stdin>:3" in done.stderr

    def test_no_schema(self, folder: Path) -> None:
        done = _run("process", "orders.csv", "-o", "good.jsonl")
        assert done.returncode == 0
        assert "no schema was given: one was inferred from the first 4 records" in done.stderr
        assert "thresher infer orders.csv > models.py, then use --schema models:Orders" in done.stderr

    def test_several_files_and_globs(self, folder: Path) -> None:
        (folder / "more.csv").write_text(ORDERS)
        assert (
            "read      10  from 2 sources" in _run("process", "orders.csv", "more.csv", "--schema", "shop:Order").stderr
        )
        assert "read      10  from 2 sources" in _run("process", "*.csv", "--schema", "shop:Order").stderr

    @pytest.mark.parametrize(("limit", "status"), [("3", 0), ("2", 1), ("60%", 0), ("59%", 1), ("0", 1)])
    def test_max_rejects(self, folder: Path, limit: str, status: int) -> None:
        done = _process("--max-rejects", limit, "-o", "good.csv")
        assert done.returncode == status
        assert ("3 of 5 records were rejected, more than --max-rejects" in done.stderr) == bool(status)
        assert "good.csv" in _names(folder)

    def test_settings_from_a_file_and_from_the_command_line(self, folder: Path) -> None:
        (folder / "settings.toml").write_text(
            'schema = "shop:Order"\ndelimiter = ";"\nnull_values = ["NA"]\nmax_rejects = 0\n'
        )
        (folder / "other.csv").write_text("order_id|price|note\n1|2|NA\n")
        done = _run("process", "other.csv", "--config", "settings.toml", "--delimiter", "|", "-o", "-")
        assert (done.returncode, done.stdout) == (0, '{"order_id":1,"price":2.0,"note":null}\n')
        (folder / "settings.toml").write_text('delimter = ";"\n')
        done = _run("process", "orders.csv", "--config", "settings.toml")
        assert done.returncode == 2
        assert "no setting 'delimter'; did you mean 'delimiter'" in done.stderr

    def test_options_of_reading(self, folder: Path) -> None:
        (folder / "bare.tab").write_text("1\t2\tNA\n2\t3\t\n" + "x" * 50 + "\n")
        done = _run(
            "process", "bare.tab", "--schema", "shop:Order", "--no-header", "--delimiter", "\\t", "--null-value", "NA",
            "--null-value", "", "--max-record-bytes", "40", "--workers", "2", "-o", "-",
        )  # fmt: skip
        assert done.stdout.count('"note":null') == 2
        assert "longer than 40 bytes" in done.stderr

    def test_log_as_json(self) -> None:
        done = _process("--log-format", "json")
        assert done.returncode == 0
        (line,) = done.stderr.splitlines()
        record = json.loads(line)
        assert (record["level"], record["read"], record["rejected"]) == ("info", 5, 3)
        done = _process("--log-format", "json", "-o", "nowhere/good.csv")
        assert done.returncode == 3
        assert json.loads(done.stderr)["level"] == "error"

    def test_progress(self, folder: Path) -> None:
        (folder / "many.csv").write_text("order_id,price,note\n" + "1,2,x\n" * 100_000)
        done = _run("process", "many.csv", "--schema", "shop:Order", "--progress", "--engine", "python")
        *drawn, rest = done.stderr.split("\x1b[K")
        assert any("MB/s" in line for line in drawn)
        assert rest.startswith("read  "), "the line is taken away at the end"
        assert "\x1b" not in _process().stderr
        assert "\x1b" not in _process("--no-progress").stderr


@pytest.mark.parametrize(
    ("arguments", "status", "words"),
    [
        ([], 2, "usage: thresher"),
        (["proces", "orders.csv"], 2, "no command 'proces'; did you mean 'process'?"),
        (["orders.csv"], 2, "did you mean 'thresher process orders.csv'?"),
        (["process"], 2, "required: FILE"),
        (["process", "orders.csv", "--shema", "x"], 2, "no option '--shema'; did you mean '--schema'"),
        (["process", "orders.csv", "--engine", "rusty"], 2, "no 'rusty'; did you mean 'rust'?"),
        (["process", "orders.csv", "--workers", "two"], 2, "--workers: invalid int value: 'two'"),
        (["process", "orders.csv", "--max-rejects", "few"], 2, "neither a count such as 100 nor a percentage"),
        (["process", "orders.csv", "--schema", "shop"], 2, "not of the form 'package.module:Name'"),
        (["process", "orders.csv", "--schema", "shopp:Order"], 2, "no module 'shopp'"),
        (["process", "orders.csv", "--schema", "shop:Ordr"], 2, "has no 'Ordr'; did you mean 'Order'?"),
        (["process", "orders.csv", "--schema", "broken:Order"], 2, "does not import: ZeroDivisionError"),
        (["process", "orders.csv", "--config", "no.toml"], 2, "'no.toml' cannot be read: No such file"),
        (["process", "orders.csv", "--config", "shop.py"], 2, "is not TOML"),
        (["process", "orders.csv", "-o", "good.parquet"], 2, ".parquet is not supported yet"),
        (["process", "orders.csv", "-o", "orders.csv"], 2, "is the source 'orders.csv' itself"),
        (["process", "orders.csv", "-o", "a.csv", "--rejects", "./a.csv"], 2, "are the same file"),
        (["process", "ordres.csv"], 3, "'ordres.csv' does not exist; did you mean 'orders.csv'"),
        (["process", "."], 3, "is a folder"),
        (["process", "*.tsv"], 3, "no file matches"),
        (["process", "/proc/self/mem"], 3, "could not be read"),
        (["process", "orders.csv", "-o", "nowhere/good.csv"], 3, "the folder 'nowhere' does not exist: make it first"),
        (["process", "orders.csv", "-o", "folder.csv"], 3, "is a folder: name a file in it"),
        (["process", "orders.csv", "-o", "/dev/full"], 3, "'/dev/full' could not be written: No space left on device"),
        (["process", "empty.csv"], 3, "'empty.csv' is empty"),
        (["process", "orders.csv", "--schema", "shop:Crashing"], 3, "record 1 (line 2), field 'order_id'"),
        (["process", "other.csv", "--schema", "shop:Order"], 3, "no column for the required field"),
        (["infer", "ordres.csv"], 3, "did you mean 'orders.csv'"),
        (["explain", "shop:Ordr"], 2, "did you mean 'Order'?"),
        (["explain"], 2, "required: M:C"),
    ],
)
def test_what_goes_wrong_is_said_in_plain_words(folder: Path, arguments: list[str], status: int, words: str) -> None:
    (folder / "broken.py").write_text("1 / 0\n")
    (folder / "empty.csv").touch()
    (folder / "other.csv").write_text("order,prize\n1,2\n")
    (folder / "folder.csv").mkdir()
    before = {path.name for path in folder.iterdir()}
    done = _run(*arguments)
    assert done.returncode == status, done.stderr
    assert words in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == ""
    assert {path.name for path in folder.iterdir()} - {"__pycache__"} == before - {"__pycache__"}


class TestDefects:
    BROKEN = "import sys, thresher.cli as cli\nimport thresher.run as run\n"

    def _with(self, code: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        text = f"{self.BROKEN}{code}\nsys.exit(cli.main(['process', 'orders.csv', *sys.argv[1:]]))"
        return subprocess.run(
            [sys.executable, "-c", text, *arguments], capture_output=True, text=True, timeout=60, check=False
        )

    def test_a_defect_of_ours(self, folder: Path) -> None:
        code = "run._header_lines = lambda *_: 1 / 0"
        done = self._with(code, "-o", "good.csv")
        assert done.returncode == 4
        assert "a defect of thresher: ZeroDivisionError" in done.stderr
        assert "Traceback" not in done.stderr
        assert _names(folder) == set()
        done = self._with(code, "--log-level", "debug")
        assert done.returncode == 4
        assert "Traceback" in done.stderr


def _as_in_a_terminal() -> None:
    """Ignore no signal, though the tests may run under nohup, or in the background."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)


class TestInterruptions:
    def _blocked(self, folder: Path, *arguments: str, engine: str) -> subprocess.Popen[str]:
        """Start a run that waits for more of its source, with its temporary files open."""
        os.mkfifo(folder / "fifo.csv")
        process = subprocess.Popen(
            [*COMMAND, "process", "fifo.csv", "--schema", "shop:Order", "--engine", engine, *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            preexec_fn=_as_in_a_terminal,
        )
        self.source = open(folder / "fifo.csv", "w")  # noqa: SIM115 - closed by the test
        self.source.write(ORDERS)
        self.source.write("1,2,x\n" * 20_000)
        self.source.flush()
        deadline = time.monotonic() + 30
        while not list(folder.glob(".*.part")) and time.monotonic() < deadline:
            time.sleep(0.02)
        assert list(folder.glob(".*.part")), "the run has begun"
        time.sleep(0.3)
        return process

    @pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)])
    def test_an_interrupted_run_leaves_nothing(
        self, folder: Path, engine: str, number: signal.Signals, status: int
    ) -> None:
        process = self._blocked(folder, "-o", "good.csv", "--rejects", "bad.jsonl", engine=engine)
        process.send_signal(number)
        _, said = process.communicate(timeout=30)
        self.source.close()
        assert process.returncode == status, said
        assert "nothing was published" in said
        assert "Traceback" not in said
        assert _names(folder) == {"fifo.csv"}

    def test_a_fifo_is_read_to_its_end(self, folder: Path, engine: str) -> None:
        process = self._blocked(folder, "-o", "good.csv", engine=engine)
        self.source.close()
        _, said = process.communicate(timeout=30)
        assert process.returncode == 0
        assert "read      20,005" in said

    def test_a_closed_pipe(self, folder: Path, engine: str) -> None:
        (folder / "many.csv").write_text("order_id,price,note\n" + "1,2,x\n" * 200_000)
        process = subprocess.Popen(
            [*COMMAND, "process", "many.csv", "--schema", "shop:Order", "-o", "-", "--rejects", "bad.jsonl",
             "--engine", engine],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )  # fmt: skip
        assert process.stdout is not None
        assert process.stderr is not None
        assert process.stdout.readline() == b'{"order_id":1,"price":2.0,"note":"x"}\n'
        process.stdout.close()
        said = process.stderr.read().decode()
        assert process.wait(timeout=30) == 3
        process.stderr.close()
        assert said == (
            "thresher: error: standard output could not be written: the reader has gone away; nothing was published\n"
        )
        assert _names(folder) == {"many.csv"}

    @pytest.mark.skipif(not os.path.isdir("/dev/fd"), reason="the system has no names for open files")
    def test_pipes_named_as_a_shell_names_them(self, engine: str) -> None:
        """As by ``-o >(gzip > good.jsonl.gz)``."""
        pipes = [os.pipe() for _ in range(2)]
        names = [f"/dev/fd/{write}" for _, write in pipes]
        done = _process(
            "-o", names[0], "--rejects", names[1], "--engine", engine, pass_fds=[write for _, write in pipes]
        )
        found = []
        for read, write in pipes:
            os.close(write)
            with open(read, "rb") as file:
                found.append(file.read())
        assert done.returncode == 0, done.stderr
        assert found[0] == '{"order_id":1,"price":2.5,"note":"a"}\n{"order_id":5,"price":5.0,"note":"é"}\n'.encode()
        assert [json.loads(line)["record"] for line in found[1].splitlines()] == [2, 3, 4]
        assert f"to {names[1]}" in done.stderr

    def test_a_closed_pipe_behind_text(self) -> None:
        read, write = os.pipe()
        os.close(read)
        done = _run("explain", "shop:Order", stdout=write)
        os.close(write)
        assert (done.returncode, done.stderr.count("\n")) == (3, 1)

    @pytest.mark.skipif(os.geteuid() == 0, reason="nothing is unreadable to root")
    def test_an_unreadable_file(self, folder: Path) -> None:
        (folder / "orders.csv").chmod(0)
        done = _process()
        assert done.returncode == 3
        assert "may not be read" in done.stderr

    @pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
    def test_a_folder_that_may_not_be_written_to(self, folder: Path) -> None:
        (folder / "closed").mkdir(0o500)
        done = _process("-o", "closed/good.csv")
        assert done.returncode == 3
        assert "may not be written to" in done.stderr

    def test_a_disk_that_fills_up(self, folder: Path, engine: str) -> None:
        small = folder / "small"
        small.mkdir()
        mounted = subprocess.run(
            ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(small)], capture_output=True, check=False
        )
        if mounted.returncode:
            pytest.skip("no file system can be mounted here")
        try:
            (small / "good.csv").write_text("before")
            (folder / "many.csv").write_text("order_id,price,note\n" + "1,2,x\n" * 200_000)
            done = _run("process", "many.csv", "--schema", "shop:Order", "-o", "small/good.csv", "--engine", engine)
            assert done.returncode == 3
            assert "'small/good.csv' could not be written: No space left on device; make room" in done.stderr
            assert "nothing was published" in done.stderr
            assert (small / "good.csv").read_text() == "before"
            assert [path.name for path in small.iterdir()] == ["good.csv"]
        finally:
            subprocess.run(["umount", str(small)], check=True)


class TestTransforms:
    def test_options(self, folder: Path, engine: str) -> None:
        done = _process(
            "--where", "order_id > 1", "--check", "price < 100", "--select", "note, order_id",
            "--set", "total=price * 2", "--set", "big=price == 5",
            "-o", "good.csv", "--rejects", "bad.jsonl", "--engine", engine,
        )  # fmt: skip
        assert done.returncode == 0
        assert (folder / "good.csv").read_text() == "note,order_id,total,big\né,5,10.0,true\n"
        assert "accepted  1  to good.csv" in done.stderr
        assert "filtered  1" in done.stderr
        assert "rejected  3" in done.stderr

    def test_an_output_schema(self, folder: Path, engine: str) -> None:
        (folder / "out.py").write_text(OUTPUT)
        done = _process("--output-schema", "out:Line", "-o", "-", "--engine", engine)
        assert (done.returncode, done.stdout) == (0, '{"order_id":1,"total":5.0}\n{"order_id":5,"total":10.0}\n')
        done = _process("--output-schema", "out:Line", "--set", "total=price", "-o", "-", "--engine", engine)
        assert done.stdout == '{"order_id":1,"total":2.5}\n{"order_id":5,"total":5.0}\n'

    def test_rejects_of_every_stage_are_told(self, engine: str) -> None:
        done = _process("--check", "price < 3", "--set", "x=1 // (order_id - 1)", "--engine", engine)
        assert done.returncode == 0
        assert "1 x Check failed: price < 3 [check_failed]\n    first at orders.csv:6  {'price': 5.0}" in done.stderr
        assert "1 x x: Division by zero in expression 1 // (order_id - 1): integer division" in done.stderr

    @pytest.mark.parametrize("name", ["thresher.toml", "other.toml"])
    def test_a_pipeline_of_a_file(self, folder: Path, name: str) -> None:
        (folder / name).write_text(PIPELINE)
        named = [] if name == "thresher.toml" else ["--config", name]
        done = _run("process", "orders.csv", "--pipeline", "orders", *named, "-o", "-")
        assert (done.returncode, done.stdout) == (0, '{"order_id":5,"note":"é","total":10.0}\n')
        done = _run("process", "orders.csv", "--pipeline", "orders", *named, "--where", "order_id == 1", "-o", "-")
        assert done.stdout == '{"order_id":1,"note":"a","total":5.0}\n'
        done = _run("explain", "--pipeline", "orders", *named)
        assert done.returncode == 0
        assert "total     price * 2         float       native" in done.stdout

    def test_without_a_schema_one_is_inferred(self) -> None:
        done = _run("process", "orders.csv", "--where", "price is not None", "--select", "price", "-o", "-")
        assert done.returncode == 0
        assert "no schema was given" in done.stderr

    @pytest.mark.parametrize(
        ("arguments", "says"),
        [
            (
                ["--where", "prize > 1"],
                "Order has no field 'prize'; did you mean 'price'?\n    prize > 1\n    ^^^^^",
            ),
            (["--check", "price +"], "check 1: this is no expression"),
            (["--set", "price"], "--set 'price' is not of the form NAME=EXPR"),
            (["--set", "1x=price"], "--set '1x=price' is not of the form NAME=EXPR"),
            (["--set", "x=__import__('os')"], "there is no function '__import__'"),
            (["--select", "price,nott"], "select: there is no field 'nott' in Order; did you mean 'note'?"),
            (["--pipeline", "orders"], "there is no thresher.toml or thresher.yaml or thresher.yml in"),
            (["--output-schema", "shop:Line"], "has no 'Line'"),
        ],
    )
    def test_what_cannot_work(self, folder: Path, arguments: list[str], says: str) -> None:
        done = _process(*arguments, "-o", "good.csv")
        assert done.returncode == 2
        assert says in done.stderr
        assert not (folder / "good.csv").exists()

    def test_a_file_with_pipelines_needs_a_choice(self, folder: Path) -> None:
        (folder / "p.toml").write_text(PIPELINE)
        done = _run("process", "orders.csv", "--config", "p.toml")
        assert done.returncode == 2
        assert "no schema is named, and 'p.toml' describes orders: choose one with --pipeline" in done.stderr


class TestOtherSchemas:
    MODELS = """
from dataclasses import dataclass
from typing import Annotated, Literal
from pydantic import BaseModel, Field
from typing_extensions import TypedDict

@dataclass
class Order:
    order_id: int
    price: float

class Row(TypedDict):
    order_id: int
    price: float

class Cat(BaseModel):
    kind: Literal["cat"]
    lives: int

class Dog(BaseModel):
    kind: Literal["dog"]

Pet = Annotated[Cat | Dog, Field(discriminator="kind")]
"""

    @pytest.fixture(autouse=True)
    def models(self, folder: Path) -> None:
        (folder / "others.py").write_text(self.MODELS)
        (folder / "pets.jsonl").write_text('{"kind":"cat","lives":9}\n{"kind":"dog"}\n{"kind":"fish"}\n')
        (folder / "order.schema.json").write_text(
            '{"type":"object","properties":{"order_id":{"type":"integer"},"price":{"type":"number","maximum":4}},'
            '"required":["order_id","price"]}'
        )

    @pytest.mark.parametrize("engine", ["rust", "python"])
    @pytest.mark.parametrize("name", ["Order", "Row"])
    def test_dataclasses_and_typed_dicts(self, engine: str, name: str, folder: Path) -> None:
        (folder / "few.csv").write_text("order_id,price\n1,2.5\ntwo,3\n")
        done = _run("process", "few.csv", "--schema", f"others:{name}", "-o", "-", "--engine", engine)
        assert (done.returncode, done.stdout) == (0, '{"order_id":1,"price":2.5}\n')
        assert "order_id: Input should be a valid integer" in done.stderr

    def test_a_union_of_models(self) -> None:
        done = _run("process", "pets.jsonl", "--schema", "others:Pet", "-o", "-")
        assert (done.returncode, done.stdout) == (0, '{"kind":"cat","lives":9}\n{"kind":"dog"}\n')
        assert "[union_tag_invalid]" in done.stderr
        assert "Cat | Dog: unknown columns: ignore" in _run("explain", "others:Pet").stdout

    @pytest.mark.parametrize("engine", ["rust", "python"])
    def test_a_json_schema(self, engine: str, folder: Path) -> None:
        (folder / "few.csv").write_text("order_id,price,note\n1,2.5,\ntwo,3,\n3,5,x\n")
        done = _run("process", "few.csv", "--schema", "order.schema.json", "-o", "-", "--engine", engine)
        assert (done.returncode, done.stdout) == (0, '{"order_id":1,"price":2.5}\n')
        assert 'order_id: "two" is not of type "integer" [type]' in done.stderr
        assert "price: 5 is greater than the maximum of 4 [maximum]" in done.stderr
        told = _run("explain", "order.schema.json").stdout
        assert told.splitlines()[0] == "order.schema.json: unknown columns: allow"
        assert "maximum=4" in told

    def test_what_is_no_json_schema(self, folder: Path) -> None:
        (folder / "bad.schema.json").write_text('{"type":"strin"}')
        done = _run("explain", "bad.schema.json")
        assert (done.returncode, done.stdout) == (2, "")
        assert "the schema 'bad.schema.json' is no valid JSON Schema: at /type" in done.stderr
        done = _run("explain", "oder.schema.json")
        assert done.returncode == 2
        assert "did you mean 'order.schema.json'" in done.stderr


class TestOtherCommands:
    def test_version(self) -> None:
        for arguments in (["version"], ["--version"]):
            done = _run(*arguments)
            assert done.returncode == 0
            assert done.stdout.startswith("thresher ")

    def test_help(self) -> None:
        for arguments in (["--help"], ["process", "--help"], ["explain", "-h"], ["infer", "-h"], ["version", "-h"]):
            done = _run(*arguments)
            assert (done.returncode, done.stderr) == (0, "")
            assert done.stdout.startswith("usage: thresher")

    @pytest.mark.parametrize("arguments", [["--help"], ["version"], ["process", "--help"]])
    def test_they_answer_at_once(self, arguments: list[str]) -> None:
        done = subprocess.run(
            [sys.executable, "-X", "importtime", "-m", "thresher", *arguments],
            capture_output=True,
            text=True,
            check=True,
        )
        modules = {line.split("|")[-1].strip() for line in done.stderr.splitlines()}
        assert {"pydantic", "pydantic_core", "msgspec", "numpy", "importlib.metadata", "logging"}.isdisjoint(modules)

    def test_version_needs_no_parser(self) -> None:
        done = subprocess.run(
            [sys.executable, "-X", "importtime", "-m", "thresher", "version"],
            capture_output=True,
            text=True,
            check=True,
        )
        modules = {line.split("|")[-1].strip() for line in done.stderr.splitlines()}
        assert {"argparse", "typing", "difflib", "shutil"}.isdisjoint(modules)

    def test_explain(self) -> None:
        done = _run("explain", "shop:Order")
        assert done.returncode == 0
        assert "order_id" in done.stdout
        assert "native" in done.stdout

    def test_any_character_can_be_printed(self, folder: Path) -> None:
        """Whatever the encoding of the terminal; a module is UTF-8 in a file, as Python reads it."""
        (folder / "maße.csv").write_text("größe,中\n1,x\n")
        environment = {**os.environ, "PYTHONIOENCODING": "ascii"}
        with open(folder / "measures.py", "wb") as file:
            done = _run("infer", "maße.csv", env=environment, stdout=file)
        assert done.returncode == 0, done.stderr
        assert "    größe: int\n    中: str\n" in (folder / "measures.py").read_text(encoding="utf-8")
        done = _run("explain", "measures:Record", env=environment)
        assert done.returncode == 0, done.stderr
        assert "gr\\xf6\\xdfe" in done.stdout

    def test_infer_prints_a_module_that_works(self, folder: Path) -> None:
        (folder / "clean.csv").write_text("Order ID,class,day\n1,a,2024-01-01\n2,,2024-01-02\n")
        done = _run("infer", "clean.csv")
        assert (done.returncode, done.stderr) == (0, "")
        (folder / "clean_models.py").write_text(done.stdout)
        done = _run("process", "clean.csv", "--schema", "clean_models:Clean", "-o", "-", "--max-rejects", "0")
        assert done.returncode == 0
        assert done.stdout.splitlines()[1] == '{"Order ID":2,"class":null,"day":"2024-01-02"}'


class TestStructs:
    """A schema of msgspec needs no Pydantic."""

    SCHEMA = (
        "import msgspec\n\nclass Order(msgspec.Struct):\n    order_id: int\n    price: float\n    note: str | None\n"
    )

    @pytest.mark.parametrize("source", ["orders.csv", "orders.jsonl"])
    def test_nothing_of_pydantic_is_imported(self, folder: Path, source: str) -> None:
        (folder / "structs.py").write_text(self.SCHEMA)
        (folder / "orders.jsonl").write_text(
            '{"order_id":1,"price":2.5,"note":"a"}\n{"order_id":"two","price":3,"note":"b"}\n'
        )
        arguments = ["process", source, "--schema", "structs:Order", "-o", "good.csv", "--rejects", "bad.jsonl"]
        done = subprocess.run(
            [sys.executable, "-X", "importtime", "-m", "thresher", *arguments],
            capture_output=True,
            text=True,
            check=True,
        )
        modules = {line.split("|")[-1].strip() for line in done.stderr.splitlines() if line.startswith("import time:")}
        found = {
            name
            for name in modules
            if name.partition(".")[0] in ("pydantic", "pydantic_core", "polars", "pyarrow", "numpy")
        }
        assert found == set()
        assert "msgspec" in modules
        assert (folder / "good.csv").read_text().startswith("order_id,price,note\n1,2.5,a\n")
        errors = json.loads((folder / "bad.jsonl").read_text().splitlines()[0])["errors"]
        assert [(error["type"], error["msg"]) for error in errors] == [("int_type", "Expected `int`, got `str`")]

    def test_explain(self, folder: Path) -> None:
        (folder / "structs.py").write_text(self.SCHEMA)
        done = _run("explain", "structs:Order")
        assert (done.returncode, done.stderr) == (0, "")
        assert done.stdout.startswith("Order: unknown columns: ignore")

"""Limits: what is very long, very wide or very slow, and what a second pair of eyes once found at the edges."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any

import msgspec
import pytest
from pydantic import BaseModel, Field, Json

import thresher
from thresher.errors import ConfigurationError


class Number(BaseModel):
    """One number."""

    x: int


@pytest.mark.parametrize(
    "bound",
    [
        {"le": Decimal("1" + "0" * 40)},
        {"ge": Decimal("1e-40")},
        {"gt": 1e-35},
        {"lt": 10**31},
        {"le": Decimal("99999999999999999999.9999999999")},
        {"ge": Decimal("-99999999999999999999.999999999")},
    ],
    ids=str,
)
def test_long_bounds_of_a_decimal(engine: str, bound: dict[str, Any]) -> None:
    """A bound that no kernel holds is Pydantic's to check."""

    class Bounded(BaseModel):
        x: Annotated[Decimal, Field(**bound)]

    assert thresher.process(b"x\n1\n", Bounded, engine=engine).accepted == 1


def test_a_nul_in_a_pattern_stays_in_its_error(engine: str) -> None:
    """The mark that stands for the text of a parse error is never part of a constraint."""

    class Odd(BaseModel):
        x: Annotated[str, Field(pattern="a\x00b")]

    (reject,) = thresher.process(b"x\na\n", Odd, engine=engine).rejects
    assert reject.errors[0]["ctx"] == {"pattern": "a\x00b"}


def test_more_columns_than_sixteen_bits_count(engine: str) -> None:
    """Errors name the right column however many there are."""

    class Narrow(BaseModel, extra="forbid"):
        a: int

    columns = ",".join(["a", *(f"c{i}" for i in range(70_000))])
    source = f"{columns}\n1{',' * 70_000}v\n".encode()
    (reject,) = thresher.process(source, Narrow, engine=engine, max_record_bytes=1 << 22).rejects
    assert [error["loc"] for error in reject.errors] == [("c69999",)]


@pytest.mark.parametrize("form", ["csv", "jsonl"])
def test_a_record_with_very_many_errors(form: Any, engine: str, tmp_path: Path) -> None:
    """What one of them may become is not needed for each at once."""

    class Narrow(BaseModel, extra="forbid"):
        a: int

    names = [f"c{i}" for i in range(50_000)]
    cells = f"{','.join(['a', *names])}\n1{',v' * 50_000}\n"
    line = f'{{"a":1,{",".join(f"{chr(34)}{name}{chr(34)}:1" for name in names)}}}\n'
    data = (cells if form == "csv" else line).encode()
    settings: dict[str, Any] = {"format": form, "max_record_bytes": 1 << 22, "engine": engine}
    result = thresher.process(data, Narrow, rejects=tmp_path / "r.jsonl", **settings)
    assert (result.rejected, len(result.rejects[0].told)) == (1, 50_000)


@pytest.mark.parametrize(
    "settings",
    [{"block_bytes": 1 << 45}, {"max_record_bytes": 1 << 40}, {"workers": 1 << 40}, {"workers": "2"}],
    ids=str,
)
def test_settings_that_no_machine_can_serve(settings: dict[str, Any]) -> None:
    """They are refused before anything is allocated."""
    with pytest.raises(ConfigurationError):
        thresher.process(b"x\n1\n", Number, **settings)


def test_rejects_as_csv_can_go_round_again(engine: str, tmp_path: Path) -> None:
    """A file of rejects is a source like any other, its reasons included."""
    (tmp_path / "0.csv").write_bytes(b"x,y\n1,a\nz,b\n")
    for turn in range(3):
        result = thresher.process(tmp_path / f"{turn}.csv", Number, rejects=tmp_path / f"{turn + 1}.csv", engine=engine)
        assert result.rejected == 1
    header, line = (tmp_path / "3.csv").read_text().splitlines()
    assert header == "x,y,_record,_line,_errors,_record2,_line2,_errors2,_record3,_line3,_errors3"
    assert line.startswith("z,b,2,3,")


def test_an_output_that_is_its_own_source(engine: str, tmp_path: Path) -> None:
    """Also where the source is given as a file object."""
    path = tmp_path / "x.csv"
    path.write_bytes(b"x\n1\n")
    with path.open("rb") as file, pytest.raises(ConfigurationError, match="is the source"):
        thresher.process(file, Number, output=path, engine=engine)
    assert path.read_bytes() == b"x\n1\n"


def test_long_cells_of_a_hybrid_field(engine: str, tmp_path: Path) -> None:
    """What Pydantic writes of a cell may be longer than the cell."""

    class Wide(BaseModel):
        x: Json[list[int]]
        y: int

    source = b'x,y\n"[' + b",".join([b"1"] * 50_000) + b']",1\n'
    thresher.process(source, Wide, output=tmp_path / "o.csv", engine=engine)
    assert (tmp_path / "o.csv").read_bytes() == source


@pytest.mark.skipif(sys.platform == "win32", reason="signals")
@pytest.mark.parametrize("workers", ["1", "3"])
def test_a_reader_that_stalls_can_be_interrupted(engine: str, tmp_path: Path, workers: str) -> None:
    """Ctrl-C ends a run that waits for whoever reads its output."""
    source = tmp_path / "big.csv"
    source.write_text("x\n" + "1\n" * 400_000)
    (tmp_path / "counted.py").write_text("from pydantic import BaseModel\nclass N(BaseModel):\n    x: int\n")
    command = [sys.executable, "-m", "thresher", "process", str(source), "--schema", "counted:N", "-o", "-"]
    read, write = os.pipe()
    try:
        run = subprocess.Popen(
            [*command, "--engine", engine, "--workers", workers], cwd=tmp_path, stdout=write, stderr=subprocess.PIPE
        )
        os.close(write)
        os.read(read, 1)
        time.sleep(0.3)
        assert run.poll() is None
        run.send_signal(signal.SIGINT)
        _, said = run.communicate(timeout=20)
    finally:
        os.close(read)
    assert run.returncode == 130
    assert b"interrupted" in said


GROWING = """
import datetime, resource, sys
from pathlib import Path
from pydantic import BaseModel
import thresher

class Dated(BaseModel):
    s: datetime.date | str

folder, count = Path(sys.argv[1]), int(sys.argv[2])
result = thresher.process(folder / f"{count}.jsonl", Dated, output=folder / "good.jsonl", workers=1, engine="rust")
assert result.accepted == count
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""


def test_text_that_is_looked_at_in_vain_is_not_kept(tmp_path: Path) -> None:
    """Of a union, each member looks at the text without its escapes; it is forgotten with the line."""
    peaks = []
    for count in (3_000, 15_000):
        with (tmp_path / f"{count}.jsonl").open("wb") as file:
            for _ in range(count):
                file.write(b'{"s":"\\u00e9' + b"y" * 4_000 + b'"}\n')
        done = subprocess.run(
            [sys.executable, "-c", GROWING, tmp_path, str(count)], capture_output=True, text=True, check=True
        )
        peaks.append(int(done.stdout))
    assert peaks[1] < peaks[0] * 1.2


def test_a_number_of_more_digits_than_python_reads(engine: str) -> None:
    """Its reject can be read, and so can those behind it."""

    class Numbers(msgspec.Struct):
        a: list[int]

    digits = b"9" * 5_000
    data = b'{"a":' + digits + b'}\n{"a":[1]}\n{"a":{"b":[12,-' + digits + b']}}\n{"a":"x"}\n'
    result = thresher.process(data, Numbers, format="jsonl", engine=engine)
    assert [reject.record for reject in result.rejects] == [1, 3, 4]
    assert [reject.raw for reject in result.rejects] == [data.splitlines()[number] for number in (0, 2, 3)]

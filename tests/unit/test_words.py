"""What the command says is said in its own options, and names of any bytes can be written and shown."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Literal

import pytest
from pydantic import BaseModel

from thresher import explain, process
from thresher.cli import main


class Row(BaseModel):
    """A record."""

    id: int
    name: str


CASES = [
    (b"id;name\n1;x\n", ["--delimiter", ","], "this looks like the wrong delimiter: try --delimiter ';'"),
    (b"id,n\xe9\n1,x\n", [], "for example --encoding 'windows-1252'"),
    (b"", [], "use --no-header"),
    (b"1,x\n2,y\n", [], "if the source has none, use --no-header"),
    (b"id,name\n1,x\n", ["--max-rejects", "x"], "--max-rejects 'x' is neither a count such as 100"),
    (b"id,name\n1,x\n", ["--max-bytes", "0"], "--max-bytes must be from 1 to"),
    (b"id,name\n1,x\n", ["--max-bytes", "3"], "If so, raise --max-bytes"),
    (b"id,name\n1,x\n", ["--workers", "999"], "--workers must be from 0 to 256, not 999"),
    (b"id,name\n1,x\n", ["--delimiter", "xy"], "--delimiter 'xy' cannot be used"),
    (b"{}\n", ["--format", "json"], "use --format 'jsonl'"),
    (b"id,name\n1,\xff\n", [], "name it, for example with --encoding windows-1252"),
]


@pytest.mark.parametrize(("data", "options", "words"), CASES)
def test_options_in_place_of_settings(
    data: bytes, options: list[str], words: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nobody who types a command is told to write Python."""
    source = tmp_path / "rows.csv"
    source.write_bytes(data)
    main(["process", str(source), "--schema", f"{__name__}:Row", *options])
    assert words in capsys.readouterr().err


def test_help_has_one_sign_of_percent(capsys: pytest.CaptureFixture[str]) -> None:
    main(["infer", "--help"])
    assert "at least 95% of" in " ".join(capsys.readouterr().out.split())


@pytest.mark.skipif(sys.platform != "linux", reason="file names of any bytes")
def test_names_of_any_bytes(tmp_path: Path, engine: str) -> None:
    """They are written as they are, and shown with escapes."""
    names = [os.fsdecode(os.fsencode(tmp_path) + name) for name in (b"/\xff.jsonl", b"/b\xff.jsonl", b"/r\xff.json")]
    output, rejects, report = names
    result = process(b"id,name\n1,x\ny,z\n", Row, output=output, rejects=rejects, report=report, engine=engine)
    assert Path(output).read_text() == '{"id":1,"name":"x"}\n'
    assert result.report.outputs["accepted"].endswith("/\\xff.jsonl")
    assert [reject.record for reject in result.rejects] == [2]
    assert "\\\\xff" in Path(report).read_text()


def test_long_types_do_not_push_reasons_away() -> None:
    """A table shows the beginning of a long type; the row has it all."""

    class Wide(BaseModel):
        kind: Literal["aaaaaaaaaaaaaaaaaaaaaaaaa", "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbb", "cccccccccccccccccccccccccc"]

    explained = explain(Wide)
    assert "cccc" in explained.rows[0].type
    assert "cccc" not in str(explained)
    assert max(map(len, str(explained).splitlines())) < 100

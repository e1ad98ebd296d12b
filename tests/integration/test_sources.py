"""Sources of every kind in one run: the report accounts for each, and what is published is complete."""

from __future__ import annotations

import bz2
import gzip
import io
import json
import lzma
import os
import resource
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

import thresher


class Row(BaseModel):
    """A record."""

    n: int
    text: str


def _text(count: int, offset: int = 0) -> bytes:
    rows = [f"{'x' if n % 10 == 3 else n + offset},é{n}\n" for n in range(count)]
    return "".join(["n,text\n", *rows]).encode()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder with plain and compressed files, and one that is empty but for its header."""
    (tmp_path / "a.csv").write_bytes(_text(25))
    (tmp_path / "b.csv.gz").write_bytes(gzip.compress(_text(20_000)))
    (tmp_path / "c.csv.xz").write_bytes(lzma.compress(_text(0)))
    (tmp_path / "d.csv.bz2").write_bytes(bz2.compress(_text(10_000)))
    (tmp_path / "e.csv").write_bytes(_text(3))
    return tmp_path


COUNTS = [25, 20_000, 0, 10_000, 3]


def test_a_glob_of_plain_and_compressed_files(folder: Path, engine: str) -> None:
    out, bad, report = (folder / name for name in ("out.jsonl", "bad.jsonl", "report.json"))
    result = thresher.process(str(folder / "*.csv*"), Row, output=out, rejects=bad, report=report, engine=engine)
    told = json.loads(report.read_text())
    assert [source["read"] for source in told["sources"]] == COUNTS
    assert [source["compression"] for source in told["sources"]] == [None, "gzip", "xz", "bzip2", None]
    assert [source["bytes"] for source in told["sources"]] == [len(_text(count)) for count in COUNTS]
    for source in told["sources"]:
        assert source["read"] == source["accepted"] + source["rejected"] + source["filtered"]
    assert (told["read"], told["bytes"]) == (sum(COUNTS), sum(len(_text(count)) for count in COUNTS))
    assert result.accepted == len(out.read_text().splitlines())
    rejects = [json.loads(line) for line in bad.read_text().splitlines()]
    assert len(rejects) == result.rejected
    texts = {str(path): _text(count) for path, count in zip(sorted(folder.glob("*.csv*")), COUNTS, strict=True)}
    for reject in rejects:
        text, raw = texts[reject["source"]], reject["raw"].encode()
        assert text[reject["byte_offset"] :].startswith(raw + b"\n")
        assert text.split(b"\n")[reject["line"] - 1] == raw


def test_a_list_of_every_kind(folder: Path, engine: str) -> None:
    with (folder / "b.csv.gz").open("rb") as raw, gzip.open(folder / "b.csv.gz") as unpacked:
        sources = [folder / "a.csv", raw, unpacked, io.BytesIO(_text(20_000)), gzip.compress(_text(7)), _text(8)]
        result = thresher.process(sources, Row, engine=engine)
    assert [source.read for source in result.report.sources] == [25, 20_000, 20_000, 20_000, 7, 8]
    assert [source.compression for source in result.report.sources] == [None, "gzip", None, None, "gzip", None]


@pytest.mark.parametrize("count", [5, 20_000])
@pytest.mark.parametrize("settings", [{}, {"encoding": "latin-1"}, {"max_bytes": 1 << 30}])
def test_an_output_is_not_its_own_source(settings: dict[str, Any], count: int, engine: str, tmp_path: Path) -> None:
    """Also where the engine does not read the file itself."""
    path, link = tmp_path / "rows.csv", tmp_path / "link.csv"
    path.write_bytes(gzip.compress(_text(count)))
    link.symlink_to(path)
    before = path.read_bytes()
    with pytest.raises(thresher.ConfigurationError, match="itself: name another file"):
        thresher.process(path, Row, output=link, engine=engine, **settings)
    assert path.read_bytes() == before


def test_too_many_open_files(tmp_path: Path, engine: str) -> None:
    packed = gzip.compress(_text(50_000))
    for number in range(20):
        (tmp_path / f"{number}.csv.gz").write_bytes(packed)
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (len(os.listdir("/proc/self/fd")) + 40, hard))
    try:
        with pytest.raises(thresher.FileError, match="raise `ulimit -n`"):
            thresher.process(str(tmp_path / "*.gz"), Row, engine=engine)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_one_encoding_for_all(folder: Path, engine: str) -> None:
    for path, count in ((folder / "b.csv.gz", 20_000), (folder / "x.csv.gz", 5)):
        path.write_bytes(gzip.compress(_text(count).decode().encode("latin-1")))
    result = thresher.process(str(folder / "*.gz"), Row, encoding="latin-1", engine=engine)
    assert [source.read for source in result.report.sources] == [20_000, 5]
    assert next(result.records()).text == "é0"


def test_json_lines(engine: str, tmp_path: Path) -> None:
    lines = "".join(f'{{"n": {n}, "text": "é"}}\n' for n in range(20_000))
    path = tmp_path / "rows.jsonl.gz"
    path.write_bytes(gzip.compress(lines.encode("utf-16")))
    assert thresher.process(path, Row, encoding="utf-16", engine=engine).accepted == 20_000
    wrong = lines.encode("latin-1").replace(b'"n": 7,', b'"n\x81": 7,')
    result = thresher.process(wrong, Row, encoding="windows-1252", format="jsonl", engine=engine)
    assert (result.accepted, result.error_counts[0].type, result.rejects[0].record) == (19_999, "json_invalid", 8)


def test_progress_counts_the_text(folder: Path, engine: str) -> None:
    from thresher.bound import Bound
    from thresher.config import Config
    from thresher.run import run
    from thresher.schema import compile
    from thresher.target import Targets

    seen: list[tuple[int, int | None]] = []
    config = Config(engine=engine)  # type: ignore[arg-type]
    progress = lambda done, total: seen.append((done, total))  # noqa: E731
    run(str(folder / "b.csv.gz"), Bound(compile(Row)), Targets(), config, progress=progress)
    assert {total for _, total in seen} <= {None}
    assert all(0 <= done <= len(_text(20_000)) for done, _ in seen)


def test_many_runs_at_once(folder: Path, engine: str) -> None:
    pipeline = thresher.Pipeline(Row, engine=engine)
    with ThreadPoolExecutor(8) as pool:
        results = list(pool.map(lambda _: pipeline.process(str(folder / "*.csv*")), range(16)))
    assert [[source.read for source in result.report.sources] for result in results] == [COUNTS] * 16
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("thresher-pump")]

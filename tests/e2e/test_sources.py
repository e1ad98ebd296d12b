"""The command reads what is compressed or encoded, from files and from standard input."""

from __future__ import annotations

import gzip
import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

COMMAND = [sys.executable, "-m", "thresher"]

MODEL = """
from pydantic import BaseModel

class Order(BaseModel):
    order_id: int
    note: str
"""

ORDERS = "order_id,note\n1,é\ntwo,b\n3,c\n"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Work in a folder with a schema and sources."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "shop.py").write_text(MODEL)
    (tmp_path / "orders.csv.gz").write_bytes(gzip.compress(ORDERS.encode()))
    (tmp_path / "old.csv").write_bytes(ORDERS.encode("windows-1252"))
    return tmp_path


def _run(*arguments: str, stdin: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    return subprocess.run([*COMMAND, *arguments], input=stdin, capture_output=True, timeout=60, check=False)


def _process(*arguments: str, stdin: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    return _run("process", *arguments, "--schema", "shop:Order", stdin=stdin)


def test_a_compressed_file(folder: Path, engine: str) -> None:
    done = _process("orders.csv.gz", "-o", "good.csv", "--rejects", "bad.jsonl", "--report", "r.json",
                    "--engine", engine)  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert (folder / "good.csv").read_text() == "order_id,note\n1,é\n3,c\n"
    assert json.loads((folder / "bad.jsonl").read_text())["byte_offset"] == ORDERS.encode().index(b"two")
    (source,) = json.loads((folder / "r.json").read_text())["sources"]
    assert (source["compression"], source["encoding"]) == ("gzip", "utf-8")
    assert b"read      3  from orders.csv.gz" in done.stderr


def test_compressed_standard_input(engine: str) -> None:
    done = _process("-", "-o", "-", "--engine", engine, stdin=gzip.compress(ORDERS.encode()))
    assert done.stdout.decode() == '{"order_id":1,"note":"é"}\n{"order_id":3,"note":"c"}\n'


def test_a_file_that_is_cut_off(folder: Path, engine: str) -> None:
    packed = gzip.compress("".join(["order_id,note\n", *(f"{n},{n * n}\n" for n in range(200_000))]).encode())
    (folder / "orders.csv.gz").write_bytes(packed[:-9])
    done = _process("orders.csv.gz", "-o", "good.csv", "--rejects", "bad.jsonl", "--engine", engine)
    assert done.returncode == 3
    assert f"'orders.csv.gz' is cut off: it ends after {len(packed) - 9:,} bytes".encode() in done.stderr
    assert not (folder / "good.csv").exists()
    assert not (folder / "bad.jsonl").exists()


def test_an_encoding(folder: Path, engine: str) -> None:
    done = _process("old.csv", "-o", "good.csv", "--encoding", "windows-1252", "--engine", engine)
    assert done.returncode == 0, done.stderr
    assert (folder / "good.csv").read_text() == "order_id,note\n1,é\n3,c\n"
    assert b"note: str" in _run("infer", "old.csv", "--encoding", "windows-1252").stdout


def test_what_cannot_work(engine: str) -> None:
    done = _process("old.csv", "--encoding", "windows-1525")
    assert (done.returncode, b"did you mean 'windows-1252'" in done.stderr) == (2, True)
    done = _process("orders.csv.gz", "--max-bytes", "10", "--engine", engine)
    assert (done.returncode, b"max_bytes" in done.stderr) == (3, True)


def test_an_interrupt_ends_the_wait_for_compressed_bytes(engine: str) -> None:
    """Whoever writes to standard input has begun, and says no more."""
    packed = gzip.compress("".join(["order_id,note\n", *(f"{n},{n * n}\n" for n in range(200_000))]).encode())
    command = [*COMMAND, "process", "-", "--schema", "shop:Order", "--engine", engine]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stderr=subprocess.PIPE)
    assert process.stdin is not None
    assert process.stderr is not None
    try:
        process.stdin.write(packed[: len(packed) // 2])
        process.stdin.flush()
        time.sleep(1.5)
        process.send_signal(signal.SIGINT)
        assert process.wait(10) == 130
        assert b"interrupted" in process.stderr.read()
    finally:
        process.kill()
        process.stdin.close()
        process.stderr.close()
        process.wait()


ARRAY = '[\n  {"order_id": 1, "note": "é"},\n  {"order_id": "two", "note": "b"},\n  {"order_id": 3, "note": "c"}\n]\n'


def test_an_array(folder: Path, engine: str) -> None:
    """A file named .json, whole and cut off; the report says where."""
    (folder / "orders.json").write_text(ARRAY)
    done = _process("orders.json", "-o", "good.csv", "--rejects", "bad.csv", "--engine", engine)
    assert done.returncode == 0, done.stderr
    assert (folder / "good.csv").read_text() == "order_id,note\n1,é\n3,c\n"
    assert (
        (folder / "bad.csv").read_text().splitlines()[1].startswith('"{""order_id"": ""two"", ""note"": ""b""}",2,3,')
    )
    done = _process("-", "-o", "-", "--format", "json", "--engine", engine, stdin=ARRAY.encode()[:-20])
    assert done.stdout.decode() == '{"order_id":1,"note":"é"}\n'
    assert b"json_array_truncated" in done.stderr or b"The source ends before its array does" in done.stderr
    assert b"read      3  from <stdin>" in done.stderr


def test_no_array(folder: Path, engine: str) -> None:
    """One object over several lines is refused with what to do."""
    (folder / "one.json").write_text(json.dumps({"orders": []}, indent=2))
    done = _process("one.json", "-o", "good.csv", "--engine", engine)
    assert done.returncode == 3
    assert b"one JSON object that goes on over several lines" in done.stderr
    assert not (folder / "good.csv").exists()

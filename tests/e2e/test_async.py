"""A program with an event loop, as a process of its own: many small runs at once, and Ctrl-C."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

PROGRAM = """
import asyncio
import sys
from pydantic import BaseModel
import thresher

class Order(BaseModel):
    order_id: int
    price: float

pipeline = thresher.Pipeline(Order, engine=sys.argv[1])

async def client(number: int) -> None:
    while True:
        await pipeline.aprocess("orders.csv", output=f"out/{number}.csv", rejects=f"out/{number}.jsonl")
        if number == 0:
            print("done", flush=True)

async def main() -> None:
    async with asyncio.TaskGroup() as group:
        for number in range(50):
            group.create_task(client(number))

asyncio.run(main())
"""


@pytest.mark.parametrize("wait", [0.0, 0.015, 0.04])
def test_an_interrupted_program_ends_and_leaves_no_temporary_file(tmp_path: Path, engine: str, wait: float) -> None:
    """At any moment of a run; what was published is whole."""
    (tmp_path / "program.py").write_text(PROGRAM)
    (tmp_path / "orders.csv").write_text("order_id,price\n1,2.5\ntwo,3\n" * 20)
    out = tmp_path / "out"
    out.mkdir()
    process = subprocess.Popen(
        [sys.executable, "program.py", engine],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "done\n"
    time.sleep(wait)
    process.send_signal(signal.SIGINT)
    # Whatever goes on for longer is found by the timeout.
    _, said = process.communicate(timeout=20)
    assert process.returncode == -signal.SIGINT, said
    assert said.rstrip().endswith("KeyboardInterrupt")
    published = {path.name for path in out.iterdir()}
    assert "0.csv" in published
    assert not any(name.startswith(".") for name in published)
    whole = (out / "0.csv").read_bytes(), (out / "0.jsonl").read_bytes()
    assert {path.read_bytes() for path in out.iterdir()} == set(whole)

"""The jobs of the workloads as JSON: fixtures of ``cargo test`` and of instruction counts.

python -m tests.jobs        writes them anew
"""

from __future__ import annotations

from pathlib import Path

import msgspec

from benches.data import WORKLOADS
from benches.models import MODELS, NULL_VALUES
from thresher.config import Config
from thresher.engine import Job
from thresher.schema import compile as compile_schema

__all__ = ["FOLDER", "NAMES", "job"]

FOLDER = Path(__file__).parent / "cases" / "jobs"

NAMES = ("readings", "orders", "readings-jsonl", "orders-jsonl", "nested-jsonl")
"""Workloads; the suffix tells that the source and the sinks are JSON Lines."""


def job(name: str) -> bytes:
    """Return the job of a workload as the engine is given it."""
    workload, _, suffix = name.partition("-")
    compiled = compile_schema(MODELS[workload])
    config = Config()
    made = Job(
        plans=[compiled.lines() if suffix else compiled.bind({",": WORKLOADS[workload].columns})],
        null_values=list(NULL_VALUES[workload]),
        max_record_bytes=config.max_record_bytes,
        workers=1,
        block_bytes=config.block_bytes,
        accepted_format="jsonl" if suffix else "csv",
        rejects_format="jsonl",
    )
    return msgspec.json.format(msgspec.json.encode(made), indent=1) + b"\n"


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    for name in NAMES:
        (FOLDER / f"{name}.json").write_bytes(job(name))

"""The command as a whole process, from start to end: what somebody waits for who calls it on a small file.

``time_bare_python`` is what Python itself takes; the rest is read beside it.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from benches import data
from benches.asv.process import files
from benches.models import Reading

ROOT = Path(__file__).resolve().parents[2]


def run(*arguments: str) -> None:
    """Run Python with these arguments, in an environment that finds the schemas of the workloads."""
    path = os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])
    subprocess.run(
        [sys.executable, *arguments], env={**os.environ, "PYTHONPATH": path}, check=True, capture_output=True
    )


class Start:
    """Commands that read nothing."""

    def time_bare_python(self) -> None:
        """``python -c pass``."""
        run("-c", "pass")

    def time_import(self) -> None:
        """``python -c 'import thresher'``."""
        run("-c", "import thresher")

    def time_version(self) -> None:
        """``thresher version``."""
        run("-m", "thresher", "version")

    def time_help(self) -> None:
        """``thresher --help``."""
        run("-m", "thresher", "--help")


class SmallFile:
    """1,000 readings, file to files, by the kind of schema."""

    params = ("struct", "json_schema", "model")
    param_names = ("schema",)

    def setup(self, schema: str) -> None:
        """Write the source and the schema."""
        self.source = data.cached(files(), "readings", 1_000)
        self.directory = tempfile.TemporaryDirectory()
        document = Path(self.directory.name) / "reading.schema.json"
        document.write_text(json.dumps(Reading.model_json_schema()))
        self.schema = {
            "struct": "benches.structs:Reading",
            "json_schema": str(document),
            "model": "benches.models:Reading",
        }[schema]

    def teardown(self, schema: str) -> None:
        """Remove what was written."""
        self.directory.cleanup()

    def time_process(self, schema: str) -> None:
        """``thresher process`` with both outputs."""
        folder = Path(self.directory.name)
        output, rejects = str(folder / "accepted.csv"), str(folder / "rejects.jsonl")
        run("-m", "thresher", "process", str(self.source), "--schema", self.schema, "-o", output, "--rejects", rejects)


class Import:
    """What it costs to import the package, in a process that runs already."""

    def timeraw_import(self) -> str:
        """``import thresher``."""
        return "import thresher"

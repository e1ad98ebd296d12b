"""The page on semantics lists the exceptions that reject a record, and no others."""

from __future__ import annotations

import re
from pathlib import Path

from thresher.transform.faults import REJECTING

PAGE = Path(__file__).parents[2] / "docs" / "semantics.md"


def test_exceptions_are_listed() -> None:
    section = PAGE.read_text().split("## Transforms")[1].split("\n## ")[0]
    listed = dict(re.findall(r"^\| `(\w+)` \| (?:any other )?`(\w+)`", section, re.MULTILINE))
    assert listed == {name: kind.__name__ for kind, name, _ in REJECTING}

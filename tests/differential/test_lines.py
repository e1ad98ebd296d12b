"""Random models and JSON Lines: Rust, Python and Pydantic itself agree on every verdict, value, error and byte.

``THRESHER_PROFILE=long`` runs more than 100,000 records. No difference is allowed.
"""

from __future__ import annotations

import random
import re
import tempfile
import warnings
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, note
from hypothesis import strategies as st

import thresher
from effort import ENGINES, LONG, QUIET, TIMEOUT, tries
from lines import accepted_and_rejects, random_lines
from model_files import DrawnModel, models

EXAMPLES, RECORDS = (1_500, 100) if LONG else (80, 40)

pytestmark = [QUIET, TIMEOUT]


@tries(EXAMPLES)
@given(
    drawn=models(),
    seed=st.integers(0, 1 << 32),
    block_bytes=st.sampled_from([1, 7, 64, 1 << 18]),
    workers=st.integers(1, 3),
)
def test_engines_and_pydantic_agree(drawn: DrawnModel, seed: int, block_bytes: int, workers: int) -> None:
    data = random_lines(drawn, random.Random(seed), RECORDS)
    note(drawn.described)
    config: dict[str, Any] = {"format": "jsonl", "block_bytes": block_bytes, "workers": workers}
    with warnings.catch_warnings():
        # Pydantic warns when it writes a default of another type than its field.
        warnings.simplefilter("ignore")
        try:
            accepted, rejects, records = accepted_and_rejects(drawn.model, data)
        except Exception:
            # A default that its own field cannot write, or a validator that crashes: nothing can be made of such a
            # model, and nothing is.
            for engine in ENGINES:
                with tempfile.TemporaryDirectory() as folder, pytest.raises(thresher.DataProcessingError):
                    thresher.process(data, drawn.model, output=Path(folder, "a.jsonl"), engine=engine, **config)
                assert not Path(folder, "a.jsonl").exists()
            return
        told = []
        for engine in ENGINES:
            with tempfile.TemporaryDirectory() as folder:
                good, bad, table = Path(folder, "g.jsonl"), Path(folder, "b.jsonl"), Path(folder, "b.csv")
                thresher.process(data, drawn.model, output=good, rejects=bad, engine=engine, **config)
                assert bad.read_bytes().splitlines(keepends=True) == rejects, engine
                assert good.read_bytes().splitlines(keepends=True) == accepted, engine
                result = thresher.process(data, drawn.model, rejects=table, engine=engine, **config)
                told.append(table.read_bytes())
            assert [shown(found) for found in result.records()] == [shown(wanted) for wanted in records], engine
        assert len(set(told)) == 1


@tries(EXAMPLES)
@given(drawn=models(), seed=st.integers(0, 1 << 32), block_bytes=st.sampled_from([7, 1 << 18]))
def test_tables(drawn: DrawnModel, seed: int, block_bytes: int) -> None:
    """Both engines write the same CSV, or refuse to for the same reason."""
    data = random_lines(drawn, random.Random(seed), RECORDS)
    note(drawn.described)
    written = []
    for engine in ENGINES:
        with tempfile.TemporaryDirectory() as folder:
            table, bad = Path(folder, "t.csv"), Path(folder, "b.csv")
            try:
                thresher.process(
                    data, drawn.model, output=table, rejects=bad, engine=engine, format="jsonl", block_bytes=block_bytes
                )
                written.append((table.read_bytes(), bad.read_bytes()))
            except (thresher.DataProcessingError, thresher.ConfigurationError) as error:
                # Which of several records crashes first is not defined.
                written.append((str(type(error)).encode(), b""))
    assert len(set(written)) == 1


@tries(EXAMPLES)
@given(drawn=models(), seed=st.integers(0, 1 << 32), suffix=st.sampled_from([".jsonl", ".csv"]))
def test_blanks_change_nothing(drawn: DrawnModel, seed: int, suffix: str) -> None:
    """A line goes out the same where it is read in the way that takes any blanks."""
    data = random_lines(drawn, random.Random(seed), RECORDS)
    note(drawn.described)
    # No form of lines has as many.
    blanks = b"{" + 20 * b" "
    written = []
    for source in (data, re.sub(rb"(?m)^\{", blanks, data)):
        with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
            warnings.simplefilter("ignore")
            good = Path(folder, "good" + suffix)
            try:
                thresher.process(source, drawn.model, output=good, engine=ENGINES[0], format="jsonl")
            except (thresher.DataProcessingError, thresher.ConfigurationError) as error:
                written.append(str(type(error)).encode())
            else:
                written.append(good.read_bytes())
    assert written[0] == written[1]


def shown(instance: Any) -> str:
    """Return all there is to an instance: type and value of each attribute, extras, and which were set."""
    return (
        f"{type(instance)} {instance.__dict__!r} {instance.__pydantic_extra__!r} "
        f"{sorted(instance.model_fields_set)} {[type(value) for value in instance.__dict__.values()]}"
    )

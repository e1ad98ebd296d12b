"""The examples hold what their pages say, and both engines find it."""

from __future__ import annotations

import importlib.util
from collections import Counter
from pathlib import Path

import pytest

import thresher
from benches import flights
from examples import measured
from examples.flights import Flight
from examples.orders import Order
from examples.penguins import Penguin

EXAMPLES = Path(__file__).parents[2] / "examples"


def test_penguins_are_as_the_package_ships_them() -> None:
    found = importlib.util.find_spec("palmerpenguins")
    assert found is not None
    assert found.origin is not None
    shipped = Path(found.origin).parent / "data" / "penguins-raw.csv"
    assert (EXAMPLES / "penguins.csv").read_bytes() == shipped.read_bytes()


def test_what_is_odd_about_the_penguins(engine: str) -> None:
    result = thresher.process(EXAMPLES / "penguins.csv", Penguin, null_values=("NA",), engine=engine)
    assert (result.read, result.accepted, result.rejected) == (344, 335, 9)
    counts = {(".".join(map(str, one.loc)), one.type): one.count for one in result.error_counts}
    assert counts == {
        ("Culmen Length (mm)", "missing"): 2,
        ("Culmen Depth (mm)", "missing"): 2,
        ("Flipper Length (mm)", "missing"): 2,
        ("Body Mass (g)", "missing"): 2,
        ("", "value_error"): 2,
        ("Delta 13 C (o/oo)", "decimal_max_places"): 1,
        ("Delta 15 N (o/oo)", "decimal_max_places"): 4,
    }
    assert [reject.record for reject in result.rejects] == [4, 10, 11, 93, 98, 239, 272, 339, 340]
    assert all(isinstance(record, Penguin) for record in result.records())


def test_the_pipeline_of_the_penguins(engine: str, tmp_path: Path) -> None:
    by_python, by_toml = tmp_path / "python.csv", tmp_path / "toml.csv"
    result = measured.pipeline.process(
        EXAMPLES / "penguins.csv", output=by_python, rejects=tmp_path / "python.jsonl", engine=engine
    )
    assert (result.read, result.accepted, result.rejected, result.filtered) == (344, 292, 17, 35)
    stages = Counter(reject.stage for reject in result.rejects)
    assert stages == {"validate": 9, "check": 7, "output": 1}
    assert {error["msg"] for reject in result.rejects if reject.stage == "check" for error in reject.errors} == {
        "the sex was not determined"
    }
    configured = thresher.Pipeline.from_config(EXAMPLES / "thresher.toml", "penguins")
    configured.process(EXAMPLES / "penguins.csv", output=by_toml, rejects=tmp_path / "toml.jsonl", engine=engine)
    assert by_python.read_bytes() == by_toml.read_bytes()
    assert (tmp_path / "python.jsonl").read_bytes() == (tmp_path / "toml.jsonl").read_bytes()
    assert by_python.read_text().splitlines()[1] == "PAL0708-N1A1,Adelie,Torgersen,2007,false,3.75,2.091"


def test_every_defect_is_found(engine: str) -> None:
    result = thresher.process(EXAMPLES / "defects.csv", Order, engine=engine)
    rejected = {reject.record: [error["type"] for error in reject.errors] for reject in result.rejects}
    assert rejected == {
        3: ["int_parsing"],
        4: ["csv_field_count"],
        5: ["csv_field_count"],
        6: ["csv_stray_quote"],
        7: ["csv_stray_quote"],
        9: ["invalid_utf8"],
        11: ["missing"],
        12: ["string_pattern_mismatch"],
        13: [
            "string_pattern_mismatch",
            "greater_than_equal",
            "greater_than",
            "literal_error",
            "literal_error",
            "datetime_from_date_parsing",
            "date_from_datetime_parsing",
            "less_than_equal",
            "bool_parsing",
        ],
        15: ["greater_than_equal", "less_than_equal", "greater_than"],
        17: ["greater_than", "less_than_equal"],
        18: ["literal_error", "literal_error"],
        20: ["csv_field_count"],
        21: ["float_parsing"],
        23: ["csv_unclosed_quote"],
    }
    assert result.report.blank_lines == 1
    assert result.read == result.accepted + result.rejected == 24


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_a_third_of_a_million_flights(engine: str, tmp_path: Path) -> None:
    source = flights.write(tmp_path / "flights.csv")
    good, bad = tmp_path / "good.csv", tmp_path / "bad.jsonl"
    result = thresher.process(source, Flight, output=good, rejects=bad, null_values=("NA",), engine=engine)
    assert result.read == flights.RECORDS
    assert {(one.loc, one.type): one.count for one in result.error_counts} == {
        (("arr_time",), "less_than_equal"): 150,
        (("dep_time",), "less_than_equal"): 29,
        (("tailnum",), "string_pattern_mismatch"): 4,
    }
    assert good.read_bytes().count(b"\n") == result.accepted + 1
    assert bad.read_bytes().count(b"\n") == result.rejected

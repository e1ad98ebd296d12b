"""Settings: what is refused, and in which words."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from thresher.config import Config
from thresher.errors import ConfigurationError


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"delimeter": ","}, "no setting 'delimeter'; did you mean 'delimiter'"),
        ({"workers": 1 << 40}, "workers must be from 0 to 256"),
        ({"block_bytes": 1 << 62}, "block_bytes must be from 1"),
        ({"max_reject": 1}, "did you mean 'max_rejects'"),
        ({"delimiter": ",,"}, "delimiter ',,' cannot be used"),
        ({"delimiter": '"'}, "cannot be used"),
        ({"delimiter": "\n"}, "cannot be used"),
        ({"delimiter": "é"}, "one ASCII character"),
        ({"max_record_bytes": 0}, "max_record_bytes must be from 1 to 268,435,456, not 0"),
        ({"workers": -1}, "workers must be from 0 to 256"),
        ({"block_bytes": 0}, "block_bytes must be from 1"),
        ({"engine": "rusty"}, "engine must be one of 'auto', 'rust', 'python', not 'rusty'; did you mean 'rust'?"),
        ({"workers": "many"}, "workers must be a number of threads, not 'many'"),
        ({"max_rejects": "many"}, "neither a count such as 100 nor a percentage"),
        ({"max_rejects": -1}, "neither a count"),
        ({"max_rejects": "101%"}, "neither a count"),
        ({"null_values": "NA"}, "null_values must be a tuple, list or set of str, such as ('', 'NA'), not 'NA'"),
    ],
)
def test_settings_that_cannot_work(settings: dict[str, Any], words: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        Config.from_settings(settings)
    assert words in str(caught.value)


@pytest.mark.parametrize(
    ("limit", "read", "allowed"),
    [
        (None, 100, None),
        (5, 100, 5),
        ("5", 100, 5),
        ("5%", 100, 5),
        ("5%", 19, 0),
        ("0.1%", 10_000, 10),
        ("100%", 7, 7),
    ],
)
def test_the_number_of_rejects_that_are_allowed(limit: str | int | None, read: int, allowed: int | None) -> None:
    assert Config(max_rejects=limit).reject_limit(read) == allowed


def test_settings_come_before_those_they_are_based_on() -> None:
    base = Config(delimiter=";", null_values=("NA",))
    made = Config.from_settings({"delimiter": "\t"}, base)
    assert (made.delimiter, made.null_values, base.delimiter) == ("\t", ("NA",), ";")


def test_lists_are_taken_for_tuples() -> None:
    made = Config.from_settings({"null_values": ["", "NA"], "header": ["a", "b"]})
    assert (made.null_values, made.header) == (("", "NA"), ("a", "b"))


def test_null_values_have_no_order() -> None:
    assert Config(null_values={"NA"}).null_values == ("NA",)  # type: ignore[arg-type]


def test_every_setting_is_documented() -> None:
    from pathlib import Path

    import thresher.config

    text = Path(thresher.config.__file__).read_text()
    for name in Config.__struct_fields__:
        after = text.split(f"\n    {name}: ", 1)[1].split("\n", 1)[1].lstrip()
        assert after.startswith('"""'), name


def test_settings_do_not_change() -> None:
    with pytest.raises(AttributeError):
        Config().workers = 3  # type: ignore[misc]
    assert msgspec.structs.asdict(Config())["workers"] == 0


@pytest.mark.parametrize(
    ("name", "place"),
    [("where", "thresher.Pipeline"), ("select", "thresher.Pipeline"), ("output", "process"), ("size", "batches")],
)
def test_what_is_no_setting_is_sent_to_its_place(name: str, place: str) -> None:
    with pytest.raises(ConfigurationError, match=rf"^{name} is no setting, .*: give it to {place}\(\)$"):
        Config.from_settings({name: 1})

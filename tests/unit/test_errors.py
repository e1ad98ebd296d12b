"""The tree of exceptions, and how they carry what the system said."""

from __future__ import annotations

import errno
import pickle

import pytest

from thresher.errors import (
    ConfigurationError,
    DataProcessingError,
    EngineError,
    FileError,
    ThresherError,
    closest,
)


@pytest.mark.parametrize(
    ("error", "also"),
    [
        (ConfigurationError, ValueError),
        (DataProcessingError, ThresherError),
        (FileError, OSError),
        (EngineError, SystemError),
    ],
)
def test_each_is_caught_by_the_name_that_python_has_for_it(error: type[Exception], also: type[Exception]) -> None:
    with pytest.raises(also, match="what was wrong"):
        raise error("what was wrong")
    assert issubclass(error, ThresherError)


def test_a_file_error_says_its_message_and_keeps_the_rest() -> None:
    error = FileError("no room", errno=errno.ENOSPC, filename="x.csv")
    assert (str(error), error.errno, error.filename) == ("no room", errno.ENOSPC, "x.csv")
    again = pickle.loads(pickle.dumps(error))
    assert (type(again), str(again), again.errno, again.filename) == (FileError, "no room", errno.ENOSPC, "x.csv")


def test_a_file_error_without_a_number() -> None:
    error = FileError("gone")
    assert (error.errno, error.filename) == (None, None)


@pytest.mark.parametrize(
    ("name", "known", "hint"),
    [
        ("delimeter", ["delimiter", "header"], "; did you mean 'delimiter'?"),
        ("HEADER", ["delimiter", "header"], "; did you mean 'header'?"),
        ("x", ["delimiter", "header"], ""),
        ("ab", [], ""),
    ],
)
def test_closest_names(name: str, known: list[str], hint: str) -> None:
    assert closest(name, known) == hint

"""The exceptions of thresher. Bad data is never one of them: it is a reject.

    ThresherError
    ├── ConfigurationError   (also ValueError)   a schema, setting or command that cannot work
    ├── DataProcessingError                      a file that cannot be processed as a whole
    ├── FileError            (also OSError)      a file that could not be read or written
    └── EngineError          (also SystemError)  a defect of thresher itself

Every message says what was wrong, where, and what to do.
"""

from __future__ import annotations

# Not typing.TYPE_CHECKING: importing typing takes longer than answering `thresher version`.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

__all__ = [
    "ConfigurationError",
    "DataProcessingError",
    "EngineError",
    "FileError",
    "ThresherError",
]


class ThresherError(Exception):
    """The base of every exception that thresher raises on purpose."""


class ConfigurationError(ThresherError, ValueError):
    """A schema, a setting or a command line that cannot work; nothing was read or written."""


class DataProcessingError(ThresherError):
    """A source that cannot be processed as a whole: a header that does not fit, a validator that crashed."""


class FileError(ThresherError, OSError):
    """A file that could not be read or written. ``errno`` and ``filename`` are set where known."""

    def __init__(self, message: str, *, errno: int | None = None, filename: str | None = None) -> None:
        """Make the error.

        Args:
            message: the whole message; ``str(error)`` is this and no more, unlike that of other OSErrors.
            errno: the number that the operating system gave, such as ``errno.ENOSPC``.
            filename: the file, as the user named it.
        """
        super().__init__(message)
        self.errno = errno
        self.filename = filename

    def __str__(self) -> str:
        """Return the message alone."""
        return str(self.args[0])

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle with the attributes, which are no arguments of OSError's own kind."""
        return _file_error, (self.args[0], self.errno, self.filename)


class EngineError(ThresherError, SystemError):
    """A defect of thresher itself. Nothing was published."""


def _file_error(message: str, errno: int | None, filename: str | None) -> FileError:
    return FileError(message, errno=errno, filename=filename)


def shown(value: object) -> str:
    """Return how a wrong argument looks, in no more than 60 characters.

    Args:
        value: anything.
    """
    try:
        text = repr(value)
    except Exception:
        # A number of too many digits, or an object whose own repr fails.
        text = f"<{type(value).__name__}>"
    return text if len(text) <= 60 else f"{text[:59]}…"


def closest(name: str, known: Iterable[str]) -> str:
    """Return ``"; did you mean 'x' or 'y'?"``, or an empty string where nothing is close.

    Args:
        name: the name that is not known.
        known: the names that are.
    """
    import difflib

    by_folded = {k.casefold(): k for k in known}
    matches = difflib.get_close_matches(name.casefold(), by_folded, n=3, cutoff=0.6)
    if not matches:
        return ""
    return "; did you mean " + " or ".join(repr(by_folded[m]) for m in matches) + "?"

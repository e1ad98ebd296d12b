"""What the command writes to standard error while it runs: log records enter, lines of text or of JSON leave.

Never writes to standard output, and never sets up the logging of a program that uses the library: only the
command calls this.
"""

from __future__ import annotations

import json
import logging
import sys
import time
from datetime import UTC, datetime
from typing import Any, Literal

__all__ = ["LEVELS", "Progress", "set_up"]

LEVELS = ("debug", "info", "warning", "error")

_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}
_REDRAWN = 0.1
"""Seconds between two states of the progress line."""


class _Text(logging.Formatter):
    """``thresher: warning: message``."""

    def format(self, record: logging.LogRecord) -> str:
        text = record.getMessage()
        if record.name == "py.warnings":
            # "file:line: Category: message", with the source line below: people need the message only.
            text = text.split("\n")[0].split("Warning: ", 1)[-1]
        if record.exc_info:
            text = f"{text}\n{self.formatException(record.exc_info)}"
        return f"thresher: {record.levelname.lower()}: {text}"


class _Json(logging.Formatter):
    """One JSON object a line; what was given as ``extra`` becomes keys of it."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        line.update({key: value for key, value in vars(record).items() if key not in _STANDARD})
        if record.exc_info:
            line["traceback"] = self.formatException(record.exc_info)
        return json.dumps(line, default=str, ensure_ascii=False)


def set_up(form: Literal["text", "json"], level: str) -> None:
    """Send the log of thresher, and Python's warnings, to standard error.

    Args:
        form: lines of text, or of JSON.
        level: one of :data:`LEVELS`.
    """
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_Json() if form == "json" else _Text())
    logging.captureWarnings(True)
    for name in ("thresher", "py.warnings"):
        logger = logging.getLogger(name)
        logger.handlers = [handler]
        logger.propagate = False
        logger.setLevel(level.upper())


class Progress:
    """One line on a terminal that says how far a run is."""

    def __init__(self) -> None:
        """Begin; nothing is shown before the first call."""
        self._began = time.monotonic()
        self._drawn = 0.0

    def __call__(self, done: int, total: int | None) -> None:
        """Show the state.

        Args:
            done: bytes read.
            total: bytes there are, where known.
        """
        now = time.monotonic()
        if now - self._drawn < _REDRAWN:
            return
        self._drawn = now
        share = f"{min(done / total, 1):4.0%}  " if total else ""
        rate = done / max(now - self._began, 1e-9) / 1e6
        sys.stderr.write(f"\r\x1b[K{share}{done / 1e6:,.1f} MB  {rate:,.0f} MB/s")
        sys.stderr.flush()

    def clear(self) -> None:
        """Take the line away."""
        if self._drawn:
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()

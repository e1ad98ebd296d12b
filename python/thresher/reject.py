"""Rejects, read back: lines of JSON enter, :class:`Reject` objects leave when somebody looks.

The lines are those that an engine wrote, in memory or in a file; none is parsed before it is asked for, and none
is kept. Never writes: that is the engines' stage of the same name.
"""

from __future__ import annotations

import base64
import io
import json
import os
from array import array
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, BinaryIO, TypeAlias, overload

from thresher.cut import told
from thresher.errors import ConfigurationError, FileError

if TYPE_CHECKING:
    from thresher.target import Target

__all__ = ["Recall", "Reject", "Rejects", "absolute"]

Identity: TypeAlias = "tuple[int, int, int, int]"

Recall = Callable[[str, bytes, "list[dict[str, Any]]"], "list[dict[str, Any]] | None"]
"""Called with the source's name, the raw bytes and the errors as JSON tells them. Returns the errors with the Python
objects that JSON cannot carry, or None where the JSON says it all."""


class Reject:
    """One record that was refused, with its reasons and its raw bytes.

    Attributes:
        record: its number in its source, from 1, the header not counted.
        line: the number of its first physical line, from 1.
        byte_offset: of its first byte in the source.
        source: the name of the source.
        stage: ``split`` where the record could not be read, ``validate`` where the schema refused it, ``transform``
            where an expression failed, ``check`` where a check was not true, ``output`` where the output schema refused
            it.
        raw: its bytes as they stood in the source, without the line end.
    """

    __slots__ = ("_errors", "_recall", "_told", "byte_offset", "line", "raw", "record", "source", "stage")

    def __init__(
        self,
        *,
        record: int,
        line: int,
        byte_offset: int,
        source: str,
        stage: str,
        errors: list[dict[str, Any]],
        raw: bytes,
        recall: Recall | None = None,
    ) -> None:
        """Make a reject.

        Args:
            record: its number.
            line: its line.
            byte_offset: its offset.
            source: its source.
            stage: where it was refused.
            errors: its errors as JSON tells them, each ``loc`` a tuple.
            raw: its bytes.
            recall: gives the errors with the objects that JSON cannot carry.
        """
        self.record = record
        self.line = line
        self.byte_offset = byte_offset
        self.source = source
        self.stage = stage
        self.raw = raw
        self._told = errors
        self._errors = errors if recall is None or stage != "validate" else None
        self._recall = recall

    @classmethod
    def from_json(cls, line: bytes, recall: Recall | None = None) -> Reject:
        """Read one line of a file of rejects.

        Args:
            line: a JSON object.
            recall: gives the errors with the objects that JSON cannot carry.
        """
        return cls.of(_read(line), recall)

    @classmethod
    def of(cls, found: dict[str, Any], recall: Recall | None = None) -> Reject:
        """Return what such a line holds.

        Args:
            found: the JSON object.
            recall: gives the errors with the objects that JSON cannot carry.
        """
        for error in found["errors"]:
            error["loc"] = tuple(error["loc"])
        encoded = found.get("raw_base64")
        raw = found["raw"].encode() if encoded is None else base64.b64decode(encoded)
        return cls(
            record=found["record"],
            line=found["line"],
            byte_offset=found["byte_offset"],
            source=found["source"],
            stage=found["stage"],
            errors=found["errors"],
            raw=raw,
            recall=recall,
        )

    @property
    def errors(self) -> list[dict[str, Any]]:
        """Every error, as Pydantic's ``ValidationError.errors(include_url=False)`` gives it.

        Each has ``type``, ``loc`` (a tuple), ``msg``, ``input`` and, where there is one, ``ctx``.
        """
        if self._errors is None:
            exact = None if self._recall is None else self._recall(self.source, self.raw, self._told)
            self._errors = exact or self._told
        return self._errors

    @property
    def told(self) -> list[dict[str, Any]]:
        """The errors as JSON tells them, at no cost: inputs and bounds that are no JSON are given as text."""
        return self._told

    def __repr__(self) -> str:
        """Say where it is and what is wrong with it."""
        first = self._told[0]
        loc = ".".join(str(item) for item in first["loc"])
        what = f"{loc}: {first['msg']}" if loc else first["msg"]
        more = f" (+{len(self._told) - 1})" if len(self._told) > 1 else ""
        return f"<Reject record {self.record}, {self.source}:{self.line}: {what}{more}>"

    def __eq__(self, other: object) -> bool:
        """Compare everything that was written of them; exceptions in errors would never be equal."""
        if not isinstance(other, Reject):
            return NotImplemented
        return self._key() == other._key() and self._told == other._told

    def __hash__(self) -> int:
        """Hash the place."""
        return hash(self._key())

    def _key(self) -> tuple[object, ...]:
        return self.source, self.record, self.line, self.byte_offset, self.stage, self.raw


class Rejects(Sequence[Reject]):
    """The rejects of a run, in order, read when looked at. Safe to iterate over more than once."""

    def __init__(
        self, count: int, open_lines: Callable[[], BinaryIO] | None, *, where: str, recall: Recall | None = None
    ) -> None:
        """Make the sequence.

        Args:
            count: how many there are.
            open_lines: opens the lines of JSON; None: they cannot be read back.
            where: where they are, in words, for messages.
            recall: gives the errors with the objects that JSON cannot carry.
        """
        self._count = count
        self._open = open_lines
        self._where = where
        self._recall = recall
        self._offsets: array[int] | None = None

    @classmethod
    def of(
        cls, count: int, lines: bytes, target: Target | None, recall: Recall, identity: Identity | None = None
    ) -> Rejects:
        """Return the rejects of a run.

        Args:
            count: how many there are.
            lines: they themselves, as JSON Lines, where no file was named.
            target: the file that they were written to.
            recall: gives the errors with the objects that JSON cannot carry.
            identity: what that file is known by; None: as it is now.
        """
        if target is None:
            return cls(count, partial(io.BytesIO, lines), where="memory", recall=recall)
        if target.format == "jsonl" and (identity is not None or os.path.isfile(target.name)):
            return cls.in_file(count, target.name, recall, identity)
        return cls(count, None, where=repr(target.name), recall=recall)

    @classmethod
    def in_file(cls, count: int, path: str, recall: Recall | None = None, identity: Identity | None = None) -> Rejects:
        """Return the rejects of a file of JSON Lines.

        Args:
            count: how many there are.
            path: the file.
            recall: gives the errors with the objects that JSON cannot carry.
            identity: what the file is known by: device, inode, bytes, and nanoseconds of its last change; None: as it
                is now.
        """
        path = absolute(path)
        written = identity or _identity(os.stat(path))

        def open_lines() -> BinaryIO:
            try:
                file = open(path, "rb")  # noqa: SIM115 - closed by the caller
            except OSError as error:
                raise FileError(
                    f"the rejects cannot be read back from {path!r}: {error.strerror}",
                    errno=error.errno,
                    filename=path,
                ) from error
            if _identity(os.fstat(file.fileno())) != written:
                file.close()
                raise FileError(f"{path!r} has changed since its rejects were written", filename=path)
            return file

        return cls(count, open_lines, where=path, recall=recall)

    def __len__(self) -> int:
        """Return how many there are."""
        return self._count

    def __iter__(self) -> Iterator[Reject]:
        """Yield them in order.

        Raises:
            ConfigurationError: they were written in a form that is not read back.
            FileError: their file cannot be read any more.
        """
        with self._lines() as lines:
            for line in lines:
                yield Reject.from_json(line, self._recall)

    def words(self) -> Mapping[tuple[tuple[Any, ...], str], str]:
        """Return the messages that are known without reading a reject, by loc and type."""
        # Whoever gives errors their objects back knows the plan.
        known = getattr(self._recall, "words", None)
        return {} if known is None else known()

    def short(self, longest: int) -> Iterator[Reject]:
        """Yield them, and of those that are too long to be looked at in passing what comes first.

        Their ``raw`` is then empty, and an input that goes on is None.

        Args:
            longest: bytes of a line of JSON.
        """
        with self._lines() as lines:
            while line := lines.readline(longest):
                if line.endswith(b"\n"):
                    yield Reject.from_json(line, self._recall)
                    continue
                found = told(line)
                if found is not None:
                    yield Reject.of(found)
                while not line.endswith(b"\n") and (line := lines.readline(longest)):
                    pass

    @overload
    def __getitem__(self, index: int) -> Reject: ...
    @overload
    def __getitem__(self, index: slice) -> list[Reject]: ...
    def __getitem__(self, index: int | slice) -> Reject | list[Reject]:
        """Return one, or a list of those of a slice.

        Raises:
            IndexError: there are not so many.
            ConfigurationError: they were written in a form that is not read back.
            FileError: their file cannot be read any more.
        """
        places = range(self._count)[index]
        with self._lines() as lines:
            if self._offsets is None:
                self._offsets = _offsets(lines)
            found = []
            for place in places if isinstance(places, range) else (places,):
                lines.seek(self._offsets[place])
                found.append(Reject.from_json(lines.readline(), self._recall))
        return found if isinstance(places, range) else found[0]

    def __repr__(self) -> str:
        """Say how many there are, and where."""
        return f"<{self._count} reject{'s' * (self._count != 1)}, in {self._where}>"

    def _lines(self) -> BinaryIO:
        if self._open is None:
            raise ConfigurationError(
                f"the rejects went to {self._where} and cannot be read back from there: "
                "give rejects= a file whose name ends in .jsonl, or leave it out"
            )
        return self._open()


def _offsets(lines: BinaryIO) -> array[int]:
    """Return where each line begins."""
    offsets, at = array("Q"), 0
    for line in lines:
        offsets.append(at)
        at += len(line)
    return offsets


def _read(line: bytes) -> dict[str, Any]:
    """Return what a line of JSON holds; an integer of more digits than Python reads stays the text that it is."""
    try:
        found: dict[str, Any] = json.loads(line)
    except ValueError:
        found = json.loads(line, parse_int=_integer)
    return found


def _integer(digits: str) -> int | str:
    try:
        return int(digits)
    except ValueError:
        return digits


def absolute(path: str) -> str:
    """Return a path for any working directory; unlike :func:`os.path.abspath`, it takes ``..`` as the system does."""
    return path if os.path.isabs(path) else os.path.join(os.getcwd(), path)


def _identity(status: os.stat_result) -> Identity:
    return status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns

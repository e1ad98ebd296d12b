"""The settings of a run: one documented struct. Unknown settings are refused with the closest name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

import msgspec

from thresher.errors import ConfigurationError, closest

__all__ = ["Config"]

_LARGEST = 1 << 28

_RANGES = {"max_record_bytes": (1, _LARGEST), "workers": (0, 256), "block_bytes": (1, _LARGEST)}
"""The least and the greatest value of a setting: beyond, memory or the positions of the engine do not suffice."""

_NAMES = ("output", "rejects", "report", "schema", "config")
"""What else may be given by name where settings are: a misspelt one is told from a misspelt setting."""

_PLACES = {
    **dict.fromkeys(
        ("output_schema", "where", "checks", "values", "select", "map_batches", "map_records"), "thresher.Pipeline"
    ),
    **dict.fromkeys(("output", "rejects", "report"), "process"),
    "size": "batches",
}
"""What is no setting, and what takes it."""


class Config(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The settings of a run; every one of them can be given to :func:`thresher.process` by name."""

    delimiter: str = "auto"
    """One ASCII character, or ``auto``: the one of ``, ; \\t |`` under which the header matches most fields."""

    null_values: tuple[str, ...] = ("",)
    """Texts that make a cell null, quoted or not. An empty tuple: no cell is null."""

    header: bool | tuple[str, ...] = True
    """``True``: the first record holds the column names. ``False``: there is no header and the columns are the
    fields of the schema in order. A tuple of names: there is no header and these are the columns."""

    format: Literal["auto", "csv", "tsv", "jsonl", "json"] = "auto"
    """The format of the source, ``json`` a JSON array; ``auto``: by suffix, else by its first byte."""

    encoding: str = "utf-8"
    """Of the source: any encoding of text that Python has, such as ``utf-16`` or ``windows-1252``. Byte offsets then
    refer to the text in UTF-8. Bytes that the encoding does not have cost their record (``invalid_utf8``)."""

    max_bytes: int | None = None
    """A source that holds more bytes than this, decompressed and in UTF-8, stops the run. None: any number."""

    max_record_bytes: int = 1 << 20
    """A record longer than this many bytes is rejected (``record_too_large``)."""

    max_rejects: str | int | None = None
    """More rejects than this make the command end with status 1: a count, or a share of the records read such
    as ``"5%"``."""

    workers: int = 0
    """Threads that work at once, the caller's included; 0: as many as there are processors."""

    engine: Literal["auto", "rust", "python"] = "auto"
    """Who does the work. ``THRESHER_ENGINE`` in the environment comes before ``auto``."""

    block_bytes: int = 1 << 18
    """Bytes of input that are split and checked together. Changes speed and memory, never the result."""

    verify: int | None = None
    """Besides the verdict of the Rust engine, the first record of each source and every so many are also given to
    Pydantic; any difference stops the run (:class:`EngineError`) and nothing is published. 0: none, 1: every record.
    None: one in 10,000 where the installed pydantic-core is of a version that was not tested against, else none. A
    validator of the user's sees these records twice. The Python engine is Pydantic, and compares nothing."""

    schema: str | None = None
    """``package.module:Name`` of the schema to use where none is given."""

    def __post_init__(self) -> None:
        """Refuse values that cannot work."""
        for name, kind in (("delimiter", str), ("encoding", str), *((name, int) for name in _RANGES)):
            if not isinstance(getattr(self, name), kind):
                raise ConfigurationError(f"{name} must be of type {kind.__name__}, not {getattr(self, name)!r}")
        if self.delimiter != "auto":
            usable = len(self.delimiter) == 1 and self.delimiter.isascii() and self.delimiter not in '"\r\n\x00'
            if not usable:
                raise ConfigurationError(
                    f"delimiter {self.delimiter!r} cannot be used: give one ASCII character other than a quote "
                    "or a line end, or 'auto'"
                )
        for name, (least, most) in _RANGES.items():
            value = getattr(self, name)
            if not least <= value <= most:
                raise ConfigurationError(f"{name} must be from {least:,} to {most:,}, not {value:,}")
        if self.max_bytes is not None and self.max_bytes < 1:
            raise ConfigurationError(f"max_bytes must be at least 1, not {self.max_bytes}")
        if self.verify is not None and not 0 <= self.verify < 1 << 63:
            raise ConfigurationError(f"verify must be 0 (none), 1 (every record) or a larger number, not {self.verify}")
        if self.encoding != "utf-8":
            from thresher.decode import codec

            codec(self.encoding)
        self.reject_limit(0)

    def reject_limit(self, read: int) -> int | None:
        """Return how many rejects are allowed among ``read`` records, or None for any number."""
        limit = self.max_rejects
        if limit is None:
            return None
        text = str(limit).strip()
        try:
            if text.endswith("%"):
                share = float(text[:-1])
                if not 0 <= share <= 100:
                    raise ValueError
                return int(read * share / 100)
            count = int(text)
            if count < 0:
                raise ValueError
        except ValueError:
            raise ConfigurationError(
                f"max_rejects {limit!r} is neither a count such as 100 nor a percentage such as '5%'"
            ) from None
        return count

    @classmethod
    def from_settings(cls, settings: Mapping[str, Any], base: Config | Mapping[str, Any] | None = None) -> Config:
        """Return ``base`` (default: the defaults) with ``settings`` in place of its own.

        Raises:
            ConfigurationError: a setting that does not exist (with the closest names) or has a wrong type.
        """
        known = cls.__struct_fields__
        for name in settings:
            if name in _PLACES:
                raise ConfigurationError(
                    f"{name} is no setting, and cannot be given here: give it to {_PLACES[name]}()"
                )
            if name not in known:
                raise ConfigurationError(f"there is no setting {name!r}{closest(name, (*known, *_NAMES))}")
        if isinstance(base, Mapping):
            base = cls.from_settings(base)
        values = msgspec.structs.asdict(base) if base is not None else {}
        values.update(settings)
        try:
            return msgspec.convert(values, cls)
        except msgspec.ValidationError as error:
            raise ConfigurationError(f"a setting cannot be used: {error}") from None

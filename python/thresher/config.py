"""The settings of a run: one documented struct. Unknown settings are refused with the closest name."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any, Literal

import msgspec

from thresher.errors import ConfigurationError, closest, shown

__all__ = ["Config", "reject_limit"]

_LARGEST = 1 << 28

_RANGES = {
    "max_bytes": (1, (1 << 63) - 1),
    "max_record_bytes": (1, _LARGEST),
    "workers": (0, 256),
    "block_bytes": (1, _LARGEST),
    "verify": (0, (1 << 63) - 1),
}
"""The least and the greatest value of a setting: beyond, memory or the positions of the engine do not suffice."""

_CHOICES = {"format": ("auto", "csv", "tsv", "jsonl", "json"), "engine": ("auto", "rust", "python")}
"""The values of a setting that has few."""

_NAMES = ("output", "rejects", "report", "schema", "config")
"""What else may be given by name where settings are: a misspelt one is told from a misspelt setting."""

_TAKEN_FOR_TUPLES = {"null_values": (list, set, frozenset), "header": (list,)}
"""What else than a tuple a setting may be given as; columns have an order, null cells have none."""

_PLACES = {
    **dict.fromkeys(
        ("output_schema", "where", "checks", "values", "select", "map_batches", "map_records"), "thresher.Pipeline"
    ),
    **dict.fromkeys(("output", "rejects", "report"), "process"),
    "size": "batches",
}
"""What is no setting, and what takes it."""


class Config(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, cache_hash=True):
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
        """Refuse values that cannot work; lists are taken for tuples."""
        for name, others in _TAKEN_FOR_TUPLES.items():
            if isinstance(value := getattr(self, name), others):
                msgspec.structs.force_setattr(self, name, tuple(value))
        for name, (fits, words) in _FORMS.items():
            if not fits(value := getattr(self, name)):
                raise ConfigurationError(f"{name} must be {words}, not {shown(value)}")
        for name, choices in _CHOICES.items():
            value = getattr(self, name)
            if not isinstance(value, str) or value not in choices:
                hint = closest(value, choices) if isinstance(value, str) else ""
                listed = ", ".join(map(repr, choices))
                raise ConfigurationError(f"{name} must be one of {listed}, not {shown(value)}{hint}")
        for name, (least, most) in _RANGES.items():
            value = getattr(self, name)
            if value is not None and not least <= value <= most:
                raise ConfigurationError(f"{name} must be from {least:,} to {most:,}, not {shown(value)}")
        usable = len(self.delimiter) == 1 and self.delimiter.isascii() and self.delimiter not in '"\r\n\x00'
        if self.delimiter != "auto" and not usable:
            raise ConfigurationError(
                f"delimiter {shown(self.delimiter)} cannot be used: give one ASCII character other than a quote "
                "or a line end, or 'auto'"
            )
        if isinstance(self.header, tuple) and len(set(self.header)) < len(self.header):
            twice = Counter(self.header).most_common(1)[0][0]
            raise ConfigurationError(f"header names {twice!r} more than once: give each column a name of its own")
        if self.encoding != "utf-8":
            from thresher.decode import codec

            codec(self.encoding)
        self.reject_limit(0)

    def reject_limit(self, read: int) -> int | None:
        """Return how many rejects are allowed among ``read`` records, or None for any number."""
        return None if self.max_rejects is None else reject_limit(self.max_rejects, read, "max_rejects")

    @classmethod
    def from_settings(cls, settings: Mapping[str, Any], base: Config | None = None) -> Config:
        """Return ``base`` (default: the defaults) with ``settings`` in place of its own.

        Raises:
            ConfigurationError: a setting that does not exist (with the closest names) or that cannot be used.
        """
        if base is not None and not isinstance(base, Config):
            raise ConfigurationError(
                f"config must be a thresher.Config, not {shown(base)}: give settings by name, or thresher.Config(…)"
            )
        if not settings and isinstance(base, cls):
            return base
        known = cls.__struct_fields__
        for name in settings:
            if name in _PLACES:
                raise ConfigurationError(
                    f"{name} is no setting, and cannot be given here: give it to {_PLACES[name]}()"
                )
            if name not in known:
                raise ConfigurationError(f"there is no setting {name!r}{closest(name, (*known, *_NAMES))}")
        return cls(**{**({} if base is None else msgspec.structs.asdict(base)), **settings})


def reject_limit(limit: str | int, read: int, name: str) -> int:
    """Return how many rejects a limit allows.

    Args:
        limit: a count, or a share of the records read such as ``"5%"``.
        read: how many records were read.
        name: of the setting or argument, for messages.

    Raises:
        ConfigurationError: the limit is neither a count nor a share.
    """
    try:
        if not isinstance(limit, int | str) or isinstance(limit, bool):
            raise ValueError
        text = str(limit).strip()
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
            f"{name} {shown(limit)} is neither a count such as 100 nor a percentage such as '5%'"
        ) from None
    return count


def _is_text(value: object) -> bool:
    return isinstance(value, str)


def _is_number(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_number_or_none(value: object) -> bool:
    return value is None or _is_number(value)


def _are_texts(value: object) -> bool:
    """Tell whether a value is a tuple of texts that UTF-8 has."""
    return isinstance(value, tuple) and all(isinstance(each, str) and _in_utf8(each) for each in value)


def _in_utf8(text: str) -> bool:
    return text.isascii() or not any("\ud800" <= character <= "\udfff" for character in text)


_FORMS: dict[str, tuple[Callable[[object], bool], str]] = {
    "delimiter": (_is_text, "a str"),
    "null_values": (_are_texts, "a tuple, list or set of str, such as ('', 'NA')"),
    "header": (
        lambda value: isinstance(value, bool) or (_are_texts(value) and value != ()),
        "True, False, or a tuple or list of the names of columns, such as ('id', 'value')",
    ),
    "encoding": (_is_text, "a str"),
    "max_bytes": (_is_number_or_none, "a number of bytes, or None"),
    "max_record_bytes": (_is_number, "a number of bytes"),
    "workers": (_is_number, "a number of threads"),
    "block_bytes": (_is_number, "a number of bytes"),
    "verify": (_is_number_or_none, "0 (none), 1 (every record), a larger number (every so many), or None"),
    "schema": (lambda value: value is None or _is_text(value), "a text such as 'models:Order', or None"),
}
"""What tells whether a setting has a type that it can have, and that type in words."""

"""Targets: what a run is to write. Names of files enter; who writes what there, in which format, leaves.

Nothing is opened here: a name that cannot work is refused before any work begins.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Hashable, Iterable
from typing import Literal, TypeAlias

import msgspec

from thresher.errors import ConfigurationError, closest, shown

__all__ = ["SETTINGS", "STDOUT", "Name", "Role", "Target", "Targets", "refuse_same"]

Name: TypeAlias = "str | os.PathLike[str]"
"""How a file is named: a path, or ``-`` for standard output."""

Role: TypeAlias = Literal["accepted", "rejects", "report"]

STDOUT = "-"

FORMATS: dict[Role, dict[str, str]] = {
    "accepted": {".csv": "csv", ".tsv": "tsv", ".jsonl": "jsonl", ".ndjson": "jsonl"},
    "rejects": {".jsonl": "jsonl", ".ndjson": "jsonl", ".csv": "csv"},
    "report": {".json": "json"},
}
"""What each suffix means. Whoever adds a format here also adds it in both engines' encoders."""

LATER = frozenset({".parquet", ".arrow", ".gz", ".zst"})
"""Suffixes that will mean something in a later version."""

UNNAMED: dict[Role, str] = {"accepted": "jsonl", "rejects": "jsonl", "report": "json"}
"""The format on standard output, and on devices and FIFOs whose name has no suffix."""

SETTINGS: dict[Role, str] = {"accepted": "output", "rejects": "rejects", "report": "report"}
"""The parameter that names each."""


class Target(msgspec.Struct, frozen=True):
    """One file that is to be written."""

    role: Role
    name: str
    """As the user gave it."""
    format: str
    """``csv``, ``tsv``, ``jsonl`` or ``json``."""

    @classmethod
    def named(cls, role: Role, name: Name) -> Target:
        """Return the target of a name; its format is what the suffix says.

        Raises:
            ConfigurationError: the suffix says nothing, or something for a later version.
        """
        text = os.fspath(name) if isinstance(name, str | os.PathLike) else name
        if not isinstance(text, str) or not text or not _can_be_named(text):
            raise ConfigurationError(f"{SETTINGS[role]}={shown(name)} is no path: give a str or os.PathLike, or '-'")
        suffix = os.path.splitext(text)[1].lower()
        known = FORMATS[role]
        if text == STDOUT or (suffix not in known and _is_special(text)):
            return cls(role, text, UNNAMED[role])
        if suffix in known:
            return cls(role, text, known[suffix])
        if suffix in LATER:
            raise ConfigurationError(f"{SETTINGS[role]} {text!r}: {suffix} is not supported yet; use {_any_of(known)}")
        what = f"the suffix {suffix!r} names no format" if suffix else "there is no suffix to tell the format"
        raise ConfigurationError(f"{SETTINGS[role]} {text!r}: {what}{closest(suffix, known)}; use {_any_of(known)}")


class Targets(msgspec.Struct, frozen=True):
    """What a run is to write; a pure reading of names, nothing is opened."""

    accepted: Target | None = None
    rejects: Target | None = None
    report: Target | None = None

    @classmethod
    def named(cls, output: Name | None, rejects: Name | None, report: Name | None) -> Targets:
        """Return the targets of three names, each of which may be None.

        Raises:
            ConfigurationError: a suffix that means nothing, or two names for the same file.
        """
        made = cls(
            None if output is None else Target.named("accepted", output),
            None if rejects is None else Target.named("rejects", rejects),
            None if report is None else Target.named("report", report),
        )
        targets = made.each()
        # Under names that differ there are different files, unless one is a link: whoever opens them looks at that.
        if len({os.path.basename(target.name) for target in targets}) < len(targets):
            refuse_same((t, STDOUT if t.name == STDOUT else os.path.realpath(t.name)) for t in targets)
        return made

    def each(self) -> list[Target]:
        """Return the targets that there are."""
        return [target for target in (self.rejects, self.report, self.accepted) if target is not None]


def refuse_same(targets: Iterable[tuple[Target, Hashable]]) -> None:
    """Refuse two targets that are the same file; nowhere may be written to twice.

    Args:
        targets: each with what its file is known by.

    Raises:
        ConfigurationError: two are.
    """
    seen: dict[Hashable, Target] = {}
    for target, real in targets:
        if real in seen and os.path.realpath(target.name) != os.devnull:
            raise ConfigurationError(
                f"{SETTINGS[seen[real].role]} and {SETTINGS[target.role]} are the same file, {target.name!r}: "
                "give each its own"
            )
        seen[real] = target


def _can_be_named(name: str) -> bool:
    """Tell whether the operating system can have a file of that name."""
    try:
        return b"\0" not in os.fsencode(name)
    except UnicodeError:
        return False


def _is_special(name: str) -> bool:
    """Tell whether a path names something that is neither a regular file nor a folder."""
    try:
        mode = os.stat(name).st_mode
    except OSError:
        return False
    return not stat.S_ISREG(mode) and not stat.S_ISDIR(mode)


def _any_of(known: Iterable[str]) -> str:
    *first, last = known
    return f"{', '.join(first)} or {last}" if first else last

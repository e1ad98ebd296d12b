"""The build backend of thresher (PEP 517, PEP 660): maturin where cargo is there, hatchling where it is not.

Enters: a request of pip or build for a wheel, an editable install or a source distribution. Leaves: what the
backend asked gives. It never hides a broken build: only a missing cargo, or ``THRESHER_PURE=1`` in the environment,
selects the pure-Python library; where cargo is there and fails, the build fails.
"""

from __future__ import annotations

import os
import shutil
import sys
from typing import Any

__all__ = [
    "build_editable",
    "build_sdist",
    "build_wheel",
    "get_requires_for_build_editable",
    "get_requires_for_build_sdist",
    "get_requires_for_build_wheel",
]

MATURIN = "maturin>=1.9,<2"
HATCHLING = "hatchling>=1.27,<2"

PURE = "THRESHER_PURE"
"""Set to ``1``: build the pure-Python library also where cargo is there. ``0``: fail where cargo is missing."""

Settings = dict[str, Any] | None


def pure() -> bool:
    """Return whether the pure-Python library is to be built."""
    wanted = os.environ.get(PURE, "").strip()
    if wanted not in ("", "0", "1"):
        raise SystemExit(f"{PURE} is {wanted!r}: use 1 for the pure-Python library, 0 for the native one")
    if wanted:
        return wanted == "1"
    return shutil.which("cargo") is None


def say(text: str) -> None:
    """Print a line to standard error, where pip shows it with ``-v`` or when the build fails."""
    print(f"thresher: {text}", file=sys.stderr, flush=True)


def backend() -> Any:
    """Return the backend that builds wheels here."""
    if pure():
        say("building the pure-Python library; for the native engine install cargo and build again")
        import hatchling.build

        return hatchling.build
    say(f"building the native engine with cargo; {PURE}=1 builds the pure-Python library instead")
    import maturin

    return maturin


def get_requires_for_build_wheel(config_settings: Settings = None) -> list[str]:
    """Return what :func:`build_wheel` needs."""
    return [HATCHLING if pure() else MATURIN]


def get_requires_for_build_editable(config_settings: Settings = None) -> list[str]:
    """Return what :func:`build_editable` needs."""
    return get_requires_for_build_wheel(config_settings)


def get_requires_for_build_sdist(config_settings: Settings = None) -> list[str]:
    """Return what :func:`build_sdist` needs. It is always hatchling, so that it is the same file everywhere."""
    return [HATCHLING]


def build_wheel(wheel_directory: str, config_settings: Settings = None, metadata_directory: str | None = None) -> str:
    """Build a wheel into ``wheel_directory`` and return its file name."""
    name: str = backend().build_wheel(wheel_directory, config_settings, metadata_directory)
    return name


if not pure():

    def prepare_metadata_for_build_wheel(metadata_directory: str, config_settings: Settings = None) -> str:
        """Write the metadata alone: without this hook pip would compile twice. hatchling is quick and needs none."""
        name: str = backend().prepare_metadata_for_build_wheel(metadata_directory, config_settings)
        return name

    prepare_metadata_for_build_editable = prepare_metadata_for_build_wheel


def build_editable(
    wheel_directory: str, config_settings: Settings = None, metadata_directory: str | None = None
) -> str:
    """Build an editable wheel into ``wheel_directory`` and return its file name."""
    name: str = backend().build_editable(wheel_directory, config_settings, metadata_directory)
    return name


def build_sdist(sdist_directory: str, config_settings: Settings = None) -> str:
    """Build a source distribution into ``sdist_directory`` and return its file name."""
    import hatchling.build

    name: str = hatchling.build.build_sdist(sdist_directory, config_settings)
    return name

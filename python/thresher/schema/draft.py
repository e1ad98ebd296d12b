"""Draft: what was found out about columns enters, a Pydantic model leaves, and the text of a module that defines it.

Both say the same: executing the text gives a model with the same schema. Never sees a cell.
"""

from __future__ import annotations

import datetime as dt
import json
import keyword
import re
import unicodedata
from collections.abc import Iterator, Sequence
from itertools import chain, count
from typing import TYPE_CHECKING, Annotated, Any

import msgspec

if TYPE_CHECKING:
    from pydantic import BaseModel

__all__ = ["TYPES", "Column", "Inferred", "field_names", "model_name"]

TYPES: dict[str, type] = {
    "int": int,
    "float": float,
    "bool": bool,
    "dt.date": dt.date,
    "dt.datetime": dt.datetime,
    "str": str,
}
"""The types that a column can have, from narrow to wide, as they are written in source."""


class Column(msgspec.Struct, frozen=True):
    """What was found out about one column."""

    name: str
    """As in the header."""
    field: str
    """The attribute of the model."""
    type: str
    """As written in source: a key of :data:`TYPES`."""
    nullable: bool
    """Whether there were null cells."""


class Inferred:
    """A model that was inferred from data.

    Attributes:
        name: of the model.
        columns: what was found out about each column.
        records: how many records were looked at.
        source: the text of a Python module that defines the model.
    """

    def __init__(self, name: str, origin: str, columns: Sequence[Column], records: int) -> None:
        """Make the model and its text.

        Args:
            name: of the model.
            origin: the name of the source, for the docstrings.
            columns: what was found out about each.
            records: how many records were looked at.
        """
        self.name = name
        self.columns = tuple(columns)
        self.records = records
        self._doc = f"A record of {_in_docstring(origin)}."
        self.source = _source(name, self._doc, origin, self.columns, records)
        self.model: type[BaseModel] = _model(name, self._doc, self.columns)

    def __repr__(self) -> str:
        """Show the name and the types."""
        fields = ", ".join(f"{c.field}: {_written(c)}" for c in self.columns)
        return f"<Inferred {self.name}({fields})>"


_RESERVED = frozenset({"Annotated", "BaseModel", "ConfigDict", "Field", "bool", "dt", "float", "int", "str"})
"""Names that the module of the model uses itself."""


def field_names(names: Sequence[str]) -> Iterator[str]:
    """Yield an attribute name for each column, all different."""
    # A column that can keep its name keeps it, whatever stands before it.
    taken = {name for name in names if _usable(name)}
    for place, name in enumerate(names, start=1):
        if _usable(name):
            yield name
            continue
        stem = _stem(name) or f"column_{place}"
        numbered = (f"{stem}_{number}" for number in count(2))
        candidates = chain((stem,) if stem in taken else (stem, f"{stem}_"), numbered)
        field = next(each for each in candidates if _usable(each) and each not in taken)
        taken.add(field)
        yield field


def _stem(name: str) -> str:
    """Return what of a column name can begin a field's name; empty where nothing can."""
    for unwanted in (r"\W+", r"[^A-Za-z0-9]+"):
        stem = re.sub(unwanted, "_", unicodedata.normalize("NFKC", name)).strip("_").lower()
        if stem.startswith("model_") or stem[:1].isdigit():
            stem = f"column_{stem}"
        # With a number behind it no name is a keyword, or an attribute of every model.
        if _usable(f"{stem}_2"):
            return stem
    return ""


def _usable(name: str) -> bool:
    """Tell whether a column name can be the name of a field."""
    from pydantic import BaseModel

    return (
        name.isidentifier()
        and not keyword.iskeyword(name)
        and not name.startswith(("_", "model_"))
        and name not in _RESERVED
        and not hasattr(BaseModel, name)
        # Python reads identifiers in this form, so another form would be another name.
        and unicodedata.normalize("NFKC", name) == name
    )


def model_name(origin: str) -> str:
    """Return a name for the model of a source: ``Orders`` for ``data/orders.csv``; else ``Record``."""
    stem = re.split(r"[\\/]", origin)[-1].split(".")[0]
    words = [word for word in re.split(r"[\W_]+", stem) if word]
    name = "".join(word[0].upper() + word[1:] for word in words)
    usable = name.isidentifier() and name.isascii() and not keyword.iskeyword(name) and name not in _RESERVED
    return name if usable and not origin.startswith("<") else "Record"


def _model(name: str, doc: str, columns: Sequence[Column]) -> type[BaseModel]:
    from pydantic import ConfigDict, Field, create_model

    fields: dict[str, Any] = {}
    for column in columns:
        kind: Any = TYPES[column.type]
        if column.nullable:
            kind = kind | None
        fields[column.field] = (kind if column.field == column.name else Annotated[kind, Field(alias=column.name)], ...)
    config = ConfigDict(serialize_by_alias=True) if _aliased(columns) else None
    return create_model(name, __config__=config, __doc__=doc, __module__="thresher.inferred", **fields)


def _source(name: str, doc: str, origin: str, columns: Sequence[Column], records: int) -> str:
    """Return the text of a module whose model equals that of :func:`_model`."""
    aliased = _aliased(columns)
    dated = any(column.type.startswith("dt.") for column in columns)
    lines = [f'"""Schema of {_in_docstring(origin)}, inferred from its first {records:,} records."""', ""]
    lines += ["import datetime as dt"] if dated else []
    lines += ["from typing import Annotated"] if aliased else []
    lines += [""] if dated or aliased else []
    lines += [f"from pydantic import BaseModel{', ConfigDict, Field' if aliased else ''}", "", ""]
    lines += [f"class {name}(BaseModel):", f'    """{doc}"""', ""]
    if aliased:
        lines += [
            "    # Written under the names that the columns have in the source.",
            "    model_config = ConfigDict(serialize_by_alias=True)",
            "",
        ]
    for column in columns:
        kind = _written(column)
        if column.field != column.name:
            kind = f"Annotated[{kind}, Field(alias={json.dumps(column.name, ensure_ascii=False)})]"
        lines.append(f"    {column.field}: {kind}")
    return "\n".join(lines) + "\n"


def _written(column: Column) -> str:
    return f"{column.type} | None" if column.nullable else column.type


def _aliased(columns: Sequence[Column]) -> bool:
    return any(column.field != column.name for column in columns)


def _in_docstring(text: str) -> str:
    """Return a text that can stand in a docstring: one line, and nothing that Python would read otherwise."""
    shown = "".join(c if c.isprintable() else "?" for c in text).replace("\\", "/")
    return shown.replace('"', "'")

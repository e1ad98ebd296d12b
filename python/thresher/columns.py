"""Columns: accepted records as the Rust engine keeps them enter, instances of the model leave when somebody looks.

Builds what the schema's library would have built, from values that the engine parsed; or gives the values of one
field, as they are kept. Never validates. The layout of a chunk is that of ``rust/core/src/keep.rs``.
"""

from __future__ import annotations

import datetime
import decimal
import uuid
from array import array
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from thresher import plan as kinds
from thresher.plan import Plan

if TYPE_CHECKING:
    from thresher.schema.compiled import Compiled
    from thresher.schema.library import FieldLibrary

__all__ = ["DEFAULT", "NULL", "VALUE", "Columns", "Piece", "code"]

Buffers: TypeAlias = "tuple[bytes, bytes, bytes, bytes]"
"""Marks, numbers, ends, text."""

Chunk: TypeAlias = "tuple[int, int, list[Buffers], dict[int, int]]"

Objects: TypeAlias = "Sequence[Any] | Mapping[int, Any]"
"""What handles stand for."""

# The marks of `keep::mark` on the Rust side.
VALUE, NULL, DEFAULT, ABSENT, HANDLE = range(5)

_MISSING: Any = object()


class Columns:
    """Accepted records in memory, as columns."""

    def __init__(self, plans: Sequence[Plan], chunks: Sequence[Chunk], objects: Objects, compiled: Compiled) -> None:
        """Keep the chunks; nothing is built yet.

        Args:
            plans: the plans of the job.
            chunks: the accepted records of each block.
            objects: what handles stand for.
            compiled: the schema.
        """
        self._plans = plans
        self._chunks = chunks
        self._objects = objects
        self._compiled = compiled
        self._count = sum(chunk[1] for chunk in chunks)
        self._builders: dict[int, _Builder] = {}

    @classmethod
    def joined(cls, parts: Sequence[Columns]) -> Columns:
        """Return the records of several, one after another; all of one run, which gives no handle twice.

        Args:
            parts: at least one, each with a dict of what its handles stand for.
        """
        first = parts[0]
        if len(parts) == 1:
            return first
        objects = {handle: value for part in parts for handle, value in dict(part._objects).items()}
        return cls(first._plans, [chunk for part in parts for chunk in part._chunks], objects, first._compiled)

    def __len__(self) -> int:
        """Return the number of records."""
        return self._count

    def instances(self) -> Iterator[Any]:
        """Yield instances of the model, in the order of the sources. Each call builds them anew."""
        for chunk in self._chunks:
            yield from self._builder(chunk[0]).build(chunk)

    @property
    def by_column(self) -> bool:
        """Whether :meth:`column` tells everything.

        Not where ``extra='allow'`` keeps more than the fields, or a field may be left out.
        """
        return self._compiled.extra != "allow" and not any(field.optional for field in self._compiled.fields)

    def column(self, name: str) -> list[Piece]:
        """Return the values of one field, in the order of the sources.

        Args:
            name: of the field, one of the schema's.
        """
        return [self._builder(chunk[0]).piece(chunk, name) for chunk in self._chunks if chunk[1]]

    def _builder(self, number: int) -> _Builder:
        builder = self._builders.get(number)
        if builder is None:
            builder = self._builders[number] = _Builder(self._plans[number], self._compiled, self._objects)
        return builder


class Piece:
    """The values of one field in one block, as the engine keeps them.

    Attributes:
        kind: of the field; None: the library made every value.
        rows: how many values.
        marks: what stands in each row: :data:`VALUE`, :data:`NULL`, :data:`DEFAULT` and others.
        numbers: 64 bits a row, or 8 where the kind has few values, for kinds that have such; else empty.
        ends: the end of the text of each row, 32 bits each, for kinds that are text; else empty.
        text: the texts, one after another.
        whole: the values of records that Pydantic accepted as a whole, by row.
    """

    def __init__(self, rows: int, column: Buffers, whole: dict[int, Any], source: _Values | None) -> None:
        """Make it.

        Args:
            rows: how many.
            column: as the engine gave it.
            whole: values by row.
            source: turns the column into objects; None: ``whole`` has all.
        """
        self.kind = None if source is None else source.kind
        self.rows = rows
        self.marks, self.numbers, self.ends, self.text = column
        self.whole = whole
        self._source = source

    @property
    def asked(self) -> bool:
        """Whether Pydantic made single values of it."""
        return HANDLE in self.marks

    def default(self) -> Any:
        """Return the value of a row that has the field's default."""
        return None if self._source is None else self._source.default()

    def choices(self) -> list[Any]:
        """Return what the numbers of a :class:`thresher.plan.Choice` stand for."""
        return [] if self._source is None else self._source.choices or []

    def values(self) -> list[Any]:
        """Return the values as Python objects."""
        if self._source is None:
            return [self.whole[row] for row in range(self.rows)]
        found = self._source.read((self.marks, self.numbers, self.ends, self.text))
        for row, value in self.whole.items():
            found[row] = value
        return found


class _Builder:
    """Builds the records of one plan."""

    def __init__(self, plan: Plan, compiled: Compiled, objects: Objects) -> None:
        self._instance = compiled.library.build
        self._values = compiled.library.values
        self._objects = objects
        self._known = len(compiled.fields)
        self._names = [field.name for field in compiled.fields]
        self._extra = compiled.extra == "allow"
        self._optional = [at for at, field in enumerate(compiled.fields) if field.optional]
        fields = plan.fields if plan.route == "native" else []
        self._keys = self._names + [field.name for field in plan.fields[self._known :]]
        lines = plan.format != "csv"
        self._columns = [_Values(field, at, compiled, objects, lines=lines) for at, field in enumerate(fields)]

    def piece(self, chunk: Chunk, name: str) -> Piece:
        """Return the values of one field in a chunk."""
        _, rows, columns, instances = chunk
        values, objects = self._values, self._objects
        whole = {row: values(objects[handle]).get(name) for row, handle in instances.items()}
        if not self._columns:
            return Piece(rows, (b"", b"", b"", b""), whole, None)
        at = self._names.index(name)
        return Piece(rows, _marked(columns[at], rows), whole, self._columns[at])

    def build(self, chunk: Chunk) -> Iterator[Any]:
        """Yield the records of a chunk."""
        _, rows, columns, instances = chunk
        objects = self._objects
        if not self._columns:
            for row in range(rows):
                yield objects[instances[row]]
            return
        columns = [_marked(column, rows) for column in columns]
        built = [values.read(column) for values, column in zip(self._columns, columns, strict=True)]
        marks = [column[0] for column in columns]
        plain = [not any(mark) for mark in marks]
        always = all(plain)
        names, known = self._names, self._known
        for row in range(rows):
            if row in instances:
                yield objects[instances[row]]
                continue
            values = {name: column[row] for name, column in zip(names, built, strict=False)}
            if always:
                given = set(names)
            else:
                given = {name for name, mark in zip(names, marks, strict=False) if mark[row] != DEFAULT}
            for at in self._optional:
                if marks[at][row] == ABSENT:
                    del values[names[at]]
                    given.discard(names[at])
            extra: dict[str, Any] | None = None
            if self._extra:
                more = zip(self._keys[known:], built[known:], marks[known:], strict=True)
                extra = {key: column[row] for key, column, mark in more if mark[row] != ABSENT}
            yield self._instance(values, given | extra.keys() if extra else given, extra)


class _Values:
    """Turns one column of a chunk into Python objects."""

    def __init__(self, field: kinds.BoundField, at: int, compiled: Compiled, objects: Objects, *, lines: bool) -> None:
        self._objects = objects
        self.kind = field.kind
        self._zoned = compiled.library.zoned
        self.default = _Default(compiled, at)
        self.choices: list[Any] | None = None
        if isinstance(field.kind, kinds.Choice):
            values = compiled.field(at)
            self.choices = [values.of(cell) for cell in field.kind.cells]
        self._convert = _FROM_TEXT.get(type(field.kind))
        if isinstance(field.kind, kinds.Nested):
            self._convert = compiled.json_field(at).of if lines else compiled.field(at).of

    def read(self, column: Buffers) -> list[Any]:
        """Return the values of a column, one for each row."""
        marks = column[0]
        found = self._parsed(column)
        if any(marks):
            objects = self._objects
            for row, mark in enumerate(marks):
                if mark == NULL:
                    found[row] = None
                elif mark == DEFAULT:
                    found[row] = self.default()
                elif mark == HANDLE:
                    found[row] = objects[found[row]]
        return found

    def _parsed(self, column: Buffers) -> list[Any]:
        """Return the parsed value of every row; of rows that hold none, anything."""
        kind = self.kind
        marks, values, ends, text = column
        if isinstance(kind, kinds.Float):
            return array("d", values).tolist()
        if isinstance(kind, kinds.Int | kinds.Ask):
            return array("q", values).tolist()
        if isinstance(kind, kinds.Bool):
            return [value == 1 for value in array(code(values, len(marks)), values)]
        if isinstance(kind, kinds.TimeDelta):
            return [datetime.timedelta(microseconds=value) for value in array("q", values)]
        if self.choices is not None:
            choices = self.choices
            return [choices[value] for value in array(code(values, len(marks)), values)]
        convert = self._convert
        texts = _texts(ends, text)
        if convert is None:
            return texts
        if isinstance(kind, kinds.DateTime | kinds.Time):
            zoned = self._zoned
            return [zoned(convert(each)) if mark == VALUE else None for each, mark in zip(texts, marks, strict=True)]
        return [convert(each) if mark == VALUE else None for each, mark in zip(texts, marks, strict=True)]


def _marked(column: Buffers, rows: int) -> Buffers:
    """Return a column with a mark for each row, which the engine leaves out where every row has a value."""
    return column if column[0] else (bytes(rows), *column[1:])


def code(values: bytes, rows: int) -> Literal["B", "q"]:
    """Return the type of numbers, as :mod:`array` and NumPy name it: 8 bits where the kind has few values."""
    return "B" if len(values) == rows else "q"


def _texts(ends: bytes, text: bytes) -> list[Any]:
    """Return the texts that end at ``ends``."""
    bounds = array("I", b"\x00" * 4 + ends)
    if text.isascii():
        whole = text.decode("ascii")
        return [whole[start:end] for start, end in pairwise(bounds)]
    return [text[start:end].decode() for start, end in pairwise(bounds)]


class _Default:
    """The default of a field, as Pydantic gives it to one record after another."""

    def __init__(self, compiled: Compiled, at: int) -> None:
        self._compiled = compiled
        self._at = at
        self._values: FieldLibrary | None = None
        self._shared = _MISSING

    def __call__(self) -> Any:
        if self._shared is not _MISSING:
            return self._shared
        if self._values is None:
            self._values = self._compiled.field(self._at)
        value = self._values.default()
        try:
            hash(value)
        except TypeError:
            # Pydantic gives each record a copy of its own.
            return value
        self._shared = value
        return value


_FROM_TEXT: dict[type, Callable[[str], Any]] = {
    kinds.Bytes: str.encode,
    kinds.Date: datetime.date.fromisoformat,
    kinds.DateTime: datetime.datetime.fromisoformat,
    kinds.Time: datetime.time.fromisoformat,
    kinds.Decimal: decimal.Decimal,
    kinds.Uuid: uuid.UUID,
}

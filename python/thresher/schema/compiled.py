"""A schema after compilation: what is known of each field before any header is seen.

Enters: what the compiler found. Leaves: :class:`Compiled`, which binds itself to headers and explains itself. It never
looks at a core schema and never validates.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

import msgspec

from thresher.plan import ErrorTemplate, Kind, Plan, Shape, Text

if TYPE_CHECKING:
    from thresher.schema.explain import Explanation
    from thresher.schema.library import FieldLibrary, Library
    from thresher.transform.compiled import Transform

__all__ = ["RAW", "Compiled", "Field", "Template"]

RAW = "raw"
"""The column of a line of JSON, in rejects written as CSV."""

_HEADERS_KEPT = 256


class Template(msgspec.Struct, frozen=True):
    """One possible error, still without its loc; JSON texts as the library writes them."""

    type: str
    msg: str
    """The message as a JSON string, quotes included; a :data:`~thresher.plan.HOLE` where the cell decides."""
    plain: str
    """The message as it is."""
    suffix: str
    """What follows the input: ``}`` or ``,"ctx":…}``."""

    def at(self, loc: Sequence[str | int]) -> ErrorTemplate:
        """Return the template of this error at ``loc``."""
        loc_json = msgspec.json.encode(loc).decode()
        type_json = msgspec.json.encode(self.type).decode()
        shown = ".".join(str(item) for item in loc)
        return ErrorTemplate(
            type=self.type,
            prefix=f'{{"type":{type_json},"loc":{loc_json},"msg":{self.msg},"input":',
            suffix=self.suffix,
            text=f"{shown}: {self.plain} [{self.type}]" if loc else f"{self.plain} [{self.type}]",
            loc=loc_json,
        )


class Field(msgspec.Struct, frozen=True):
    """One field of the schema."""

    name: str
    """The attribute of the model."""
    key: str
    """What it is written under."""
    annotation: str
    constraints: str
    route: Literal["native", "field", "record"]
    reason: str
    """Why not native; empty where it is."""
    paths: tuple[str, ...]
    """The keys under which its value is looked up, in order. Paths into nested data are left out: a cell is text
    and never holds any."""
    missing_loc: tuple[str | int, ...]
    """The loc of the error ``missing``."""
    required: bool
    nullable: bool
    """Whether None validates."""
    null: Literal["none", "default", "missing", "ask", "omit"]
    default: Text | None
    kind: Kind
    templates: tuple[Template, ...] = ()
    optional: bool = False
    """Whether it may be left out although it has no default; then the record does not have it."""


@dataclass(slots=True, eq=False)
class Compiled:
    """A compiled schema. Safe to share between threads."""

    schema: Any
    """The class that the user gave."""
    library: Library
    """What the schema was written with: it validates, writes and words errors."""
    fields: tuple[Field, ...]
    extra: Literal["ignore", "forbid", "allow"]
    loc_by_alias: bool
    record_reason: str
    """Why every record goes to the library; empty where it does not."""
    free_header: bool
    """Whether user code sees the record first and may rename its keys, so that no column is known to be needed."""
    outputs: tuple[str, ...] | None
    """What accepted records are written under, in order, columns kept by ``extra='allow'`` apart; None: as the
    columns of the source (root models)."""
    config: Mapping[str, Any] = field(default_factory=dict)
    """Of a Pydantic model."""
    definitions: tuple[Mapping[str, Any], ...] = ()
    """The core schemas that the fields of a Pydantic model refer to."""
    nodes: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """The core schema of each field of a Pydantic model."""
    shapes: tuple[Shape, ...] = ()
    """What is inside of the fields of the kind ``nested``, where their values are cells."""
    _versions: dict[str, str] = field(default_factory=dict)
    _plans: dict[object, Plan] = field(default_factory=dict)

    @property
    def versions(self) -> Mapping[str, str]:
        """The versions that a verdict depends on, by name; looked up once."""
        if not self._versions:
            self._versions.update(self.library.versions())
        return self._versions

    def bind(self, candidates: Mapping[str, Sequence[str]], *, names: Sequence[str] | None = None) -> Plan:
        """Return the plan for a header.

        Args:
            candidates: the cells of the first record under each delimiter that may be the right one, the preferred
                first.
            names: the names of the columns where the source has no header; the cells of ``candidates`` then
                only tell which delimiter gives that many columns.

        Raises:
            DataProcessingError: a required field has no column, or a column occurs twice.
        """
        from thresher.schema.bind import bind

        key = (tuple((d, tuple(cells)) for d, cells in candidates.items()), None if names is None else tuple(names))
        plan = self._plans.get(key)
        if plan is None:
            plan = bind(self, candidates, names)
            if len(self._plans) >= _HEADERS_KEPT:
                self._plans.clear()
            # The first of two threads that made the same; a lock would be stuck in a process that is forked meanwhile.
            plan = self._plans.setdefault(key, plan)
        return plan

    def lines(self) -> Plan:
        """Return the plan for JSON Lines."""
        plan = self._plans.get("jsonl")
        if plan is None:
            plan = self._plans.setdefault("jsonl", self.library.lines(self))
        return plan

    def elements(self) -> Plan:
        """Return the plan for a JSON array: that of JSON Lines, split in another way."""
        return msgspec.structs.replace(self.lines(), format="json")

    def columns(self) -> tuple[str, ...]:
        """Return the columns of a source without a header: the first lookup key of each field, in order."""
        return tuple(f.paths[0] if f.paths else f.name for f in self.fields)

    def field(self, place: int, key: str | None = None) -> FieldLibrary:
        """Return what validates and writes one field apart from its record.

        Args:
            place: position of the field.
            key: under which its value is looked up; None: the first that it has.
        """
        return self.library.field(self, place, key)

    def json_field(self, place: int, key: str | None = None) -> FieldLibrary:
        """Return the same for JSON texts in the place of cells."""
        return self.library.json_field(self, place, key)

    def explain(self, transform: Transform | None = None) -> Explanation:
        """Return a table of the fields, their routes and the reasons.

        Args:
            transform: what happens to records after they were validated.
        """
        from thresher.schema.explain import explain

        return explain(self, transform)

"""Verify: the shadow check. What the native engine decided enters; where the library decides otherwise an error leaves.

Compares verdicts, and what would be written byte for byte, or the values where records are kept in memory. Never
changes what is written. The Python engine has no use for it: it asks the schema's library alone.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import msgspec

from thresher.engine import Answer, Job, Oracle
from thresher.errors import EngineError
from thresher.plan import Plan

if TYPE_CHECKING:
    from thresher.columns import Chunk
    from thresher.schema.compiled import Compiled

__all__ = ["SPARSE", "Decided", "Shadow", "every", "same"]

SPARSE = 10_000
"""Where nobody said how many: one record in so many, which costs less than one part in fifty of a run."""

SHOWN = 4096
"""Bytes of a record, or of one side, that a message shows."""

Decided = bytes | None | bool | tuple[bytes, str]
"""The line of an accepted record; None: it is kept in memory; False: filtered; or the errors, as they are written in
JSON Lines and in CSV."""


def every(setting: int | None, compiled: Compiled) -> int:
    """Return how many records there are to each that is compared; 0: none is.

    Args:
        setting: what the user said; None: nothing.
        compiled: the schema.
    """
    if setting is not None:
        return setting
    versions = compiled.library.versions()
    if "msgspec" in versions:
        from thresher.schema.structs import kernels

        return 0 if versions["msgspec"] in kernels.TESTED_VERSIONS else SPARSE
    if "pydantic-core" not in versions:
        return 0
    from thresher.schema.nodes import inner_nodes
    from thresher.schema.table import TESTED_VERSIONS

    if versions["pydantic-core"] in TESTED_VERSIONS:
        return 0
    definitions = {each["ref"]: each for each in compiled.definitions if "ref" in each}
    for node in compiled.nodes.values():
        # A function of the user's that counts its calls, or remembers them, would be upset by a second one.
        if any(each["type"].startswith("function") for each in inner_nodes(node, definitions)):
            return 0
    return SPARSE


class Shadow:
    """An oracle that can also compare, for one job of the Rust engine."""

    def __init__(self, oracle: Oracle, job: Job, sources: Sequence[str], kept: Sequence[Plan]) -> None:
        """Make it.

        Args:
            oracle: the schema's library.
            job: the job.
            sources: the names of its sources.
            kept: plans of records that are kept in memory.
        """
        self._oracle = oracle
        self._job = job
        self._sources = sources
        self._kept = kept
        self.cells = oracle.cells
        self.records = oracle.records

    @property
    def compiled(self) -> Any:
        """The schema of the records that are written."""
        return self._oracle.compiled

    def compare(
        self,
        plan: int,
        source: int,
        records: Sequence[Sequence[str]],
        numbers: Sequence[tuple[int, int]],
        raw: Sequence[tuple[int, bytes]],
        decided: Sequence[Decided],
        kept: Sequence[Chunk],
        objects: Any,
    ) -> None:
        """Compare records with the verdicts of the schema's library.

        A schema that does not say the same twice (a validator that looks at the clock) cannot be compared.

        Args:
            plan: which plan of the job they are of.
            source: the position of their source.
            records: the cells of each.
            numbers: record and line number of each.
            raw: where each begins in its source, and its bytes.
            decided: what the engine decided about each.
            kept: those that are kept in memory, in order.
            objects: what handles in ``kept`` stand for.

        Raises:
            EngineError: one differs.
            DataProcessingError: a validator of the user's crashed.
        """
        from thresher.columns import Columns

        built = Columns(self._kept, kept, objects, self.compiled).instances()
        answers = self._oracle.records(plan, records, numbers)
        for at, (verdict, answer) in enumerate(zip(decided, answers, strict=True)):
            mine: Answer | tuple[bytes, str] = False
            if verdict is None:
                mine = b"", next(built)
            elif isinstance(verdict, bytes):
                mine = verdict, None
            elif isinstance(verdict, tuple):
                mine = verdict
            if self._agree(mine, answer, verdict):
                continue
            (again,) = self._oracle.records(plan, [records[at]], [numbers[at]])
            if self._alike(answer, again):
                raise EngineError(self._difference(plan, source, numbers[at], raw[at], verdict, mine, answer))

    def _agree(self, mine: Any, answer: Answer, verdict: Decided) -> bool:
        """Return whether both sides agree."""
        if verdict is False or answer is False:
            return verdict is answer
        if isinstance(answer, list):
            errors = b",".join(fault.json for fault in answer), "; ".join(fault.text for fault in answer)
            return isinstance(verdict, tuple) and mine == errors and answer[0].stage == "validate"
        if isinstance(verdict, tuple):
            return False
        return same(mine[1], answer[1]) if verdict is None else mine[0] == answer[0]

    def _alike(self, first: Answer, second: Answer) -> bool:
        """Return whether the library says the same twice."""
        if isinstance(first, tuple) and isinstance(second, tuple):
            return same(first[1], second[1]) if self._job.accepted_format is None else first[0] == second[0]
        return first == second

    def _difference(
        self,
        plan: int,
        source: int,
        number: tuple[int, int],
        raw: tuple[int, bytes],
        verdict: Decided,
        mine: Any,
        answer: Answer,
    ) -> str:
        """Return the message: what differs, where, all that is needed to see it again, and what to do."""
        import thresher

        library = self.compiled.library
        offset, line = raw
        keys = self._job.plans[plan].keys
        engine, theirs = _told(verdict, mine, keys), _told(None, answer, keys)
        schema = self.compiled.schema
        versions = ", ".join(f"{name} {version}" for name, version in library.versions().items())
        return (
            f"the native engine and {library.name} differ about record {number[0]} (line {number[1]}, byte {offset}) "
            f"of {self._sources[source]!r}: {_what(engine, theirs, library.name)}\n"
            f"  record:   {_short(repr(line))}\n"
            f"  columns:  {_short(', '.join(c.name for c in self._job.plans[plan].columns) or 'one line of JSON')}\n"
            f"  schema:   {schema.__module__}:{schema.__qualname__}\n"
            f"  engine:   {_short(_shown(engine))}\n"
            f"  {f'{library.name}:':<9} {_short(_shown(theirs))}\n"
            "Nothing was published. This is a defect of thresher "
            f"{thresher.__version__} with {versions}: please report it with these lines "
            "and the schema, and use engine='python' (--engine python) meanwhile"
        )


Told = tuple[str, Any]
"""A verdict in words, and its values by name, or its errors."""


def _told(verdict: Decided, side: Any, keys: Sequence[str]) -> Told:
    """Return one side as it is shown: a verdict, and a dict of what is written or a list of errors."""
    if side is False:
        return "filtered", None
    if isinstance(side, list):
        return "rejected", [fault.json.decode() for fault in side]
    if isinstance(verdict, tuple):
        from thresher.encode import elements

        return "rejected", elements(f"[{side[0].decode()}]")
    written, instance = side
    if not written:
        return "accepted", members(instance)
    return "accepted", _written(written.decode(), keys)


def _written(line: str, keys: Sequence[str]) -> dict[str, str]:
    """Return what a line of the sink holds under each name, as it is written."""
    from thresher.encode import members_of

    if line.startswith("{") and line.endswith("}\n"):
        return dict(members_of(line.rstrip("\n")))
    import csv

    cells = next(csv.reader([line], delimiter="\t" if "\t" in line and "," not in line else ","), [])
    return dict(zip(keys, cells, strict=False)) if len(cells) == len(keys) else {"the whole line": line}


def _what(engine: Told, library: Told, name: str) -> str:
    """Return what differs."""
    if engine[0] != library[0]:
        refused = engine if engine[0] == "rejected" else library
        reason = f" ({_short(refused[1][0], 300)})" if refused[0] == "rejected" else ""
        return f"it is {engine[0]} by the engine and {library[0]} by {name}{reason}"
    mine, theirs = engine[1], library[1]
    if isinstance(mine, dict) and isinstance(theirs, dict):
        names = [each for each in {**mine, **theirs} if not same(mine.get(each, _NONE), theirs.get(each, _NONE))]
        return f"the value of {', '.join(map(repr, names))}" if names else "the order or the form of its fields"
    for at, (one, other) in enumerate(zip(mine, theirs, strict=False)):
        if one != other:
            return f"error {at + 1}: {_short(one, 300)} by the engine and {_short(other, 300)} by {name}"
    return f"{len(mine)} errors by the engine and {len(theirs)} by {name}"


_NONE = object()


def _shown(side: Told) -> str:
    verdict, what = side
    if what is None:
        return verdict
    return f"{verdict}: {', '.join(what) if isinstance(what, list) else what}"


def _short(text: str, most: int = SHOWN) -> str:
    return text if len(text) <= most else f"{text[:most]}… ({len(text):,} characters)"


def members(value: Any) -> dict[str, Any] | None:
    """Return what an instance of a schema holds, by name; None where it is no such instance."""
    if hasattr(value, "__pydantic_fields_set__"):
        extra = value.__pydantic_extra__
        return {
            **value.__dict__,
            **({} if extra is None else {f"{name} (extra)": one for name, one in extra.items()}),
            "the fields that were given": frozenset(value.__pydantic_fields_set__),
        }
    if isinstance(value, msgspec.Struct):
        return {name: getattr(value, name) for name in value.__struct_fields__}
    if hasattr(type(value), "__dataclass_fields__"):
        return {name: getattr(value, name, None) for name in value.__dataclass_fields__}
    return None


def same(one: Any, other: Any) -> bool:
    """Return whether two values are the same, in their types as well, all the way down.

    Args:
        one: a value.
        other: another; NaN is the same as NaN, and 0.0 is not the same as -0.0.
    """
    if one is other:
        return True
    if type(one) is not type(other):
        return False
    if isinstance(one, float):
        alike = one == other and math.copysign(1, one) == math.copysign(1, other)
        return bool(alike) or (math.isnan(one) and math.isnan(other))
    if isinstance(one, Decimal):
        return bool(one.as_tuple() == other.as_tuple())
    if isinstance(one, str | bytes):
        return bool(one == other)
    held = members(one)
    if held is not None:
        return same(held, members(other))
    if isinstance(one, Mapping):
        # The order is what is written.
        return same(list(one.items()), list(other.items()))
    if isinstance(one, AbstractSet):
        return len(one) == len(other) and {(type(each), each) for each in one} == {(type(each), each) for each in other}
    if isinstance(one, Sequence):
        return len(one) == len(other) and all(map(same, one, other))
    if hasattr(one, "utcoffset") and one.utcoffset() != other.utcoffset():
        return False
    equal: Any = type(one).__eq__
    try:
        # Of a type that does not say what is equal nothing can be told.
        return bool(one == other) or equal is object.__eq__
    except Exception:
        return True

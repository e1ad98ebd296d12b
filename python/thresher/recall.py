"""Recall: the errors of a reject as JSON tells them enter, the same errors with their Python objects leave.

JSON says all there is to say of most errors. Where it cannot (a Decimal bound, the exception of a validator) the
model is asked once more about the record, and believed where it gives the same errors again.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from thresher import plan as p
from thresher._python.split import Splitter
from thresher.engine import Source
from thresher.oracle import errors_of
from thresher.schema.compiled import Compiled

__all__ = ["Recalled"]

BOUNDS = frozenset({"greater_than", "greater_than_equal", "less_than", "less_than_equal", "multiple_of"})

PLAIN = (p.Str, p.Int, p.Float, p.Bool, p.Bytes, p.Uuid, p.Choice, p.Any, p.Refuse)
"""Kinds of which JSON tells every error in full."""

TEMPORAL = (p.Date, p.DateTime, p.Time, p.TimeDelta)
"""Kinds of which JSON tells every error but those of bounds in full: a bound is an object."""

UNLIMITED = 1 << 62
"""Bytes of a record: it was read once, so it is not too long."""


class Recalled:
    """Gives errors their Python objects back; an object that can be called as :data:`thresher.reject.Recall`."""

    def __init__(
        self, compiled: Compiled, plans: Sequence[p.Plan], sources: Sequence[Source], null_values: Sequence[str]
    ) -> None:
        """Remember what is needed to ask again.

        Args:
            compiled: the schema.
            plans: of the job.
            sources: of the job.
            null_values: texts that make a cell null.
        """
        self._compiled = compiled
        self._null_values = tuple(null_values)
        self._plans: dict[str, p.Plan | None] = {}
        for source in sources:
            plan = plans[source.plan]
            # Two sources of one name and different headers cannot be told apart by the name.
            self._plans[source.name] = plan if self._plans.get(source.name, plan) is plan else None
        self._plain: dict[str, frozenset[tuple[tuple[Any, ...], str]]] = {}

    def __call__(self, source: str, raw: bytes, errors: list[dict[str, Any]]) -> list[dict[str, Any]] | None:
        """Return the errors with their objects, or None where the JSON says it all.

        Args:
            source: the name of the record's source.
            raw: the record's bytes.
            errors: as JSON tells them.
        """
        plan = self._plans.get(source)
        if plan is None:
            return None
        if source not in self._plain:
            self._plain[source] = _plain_errors(plan)
        if all((error["loc"], error["type"]) in self._plain[source] for error in errors):
            return None
        found = errors_of(self._compiled, plan, _cells(raw, plan), self._null_values)
        if found is None or [_key(error) for error in found] != [_key(error) for error in errors]:
            return None
        return found

    def words(self) -> dict[tuple[tuple[Any, ...], str], str]:
        """Return the message of each error that the plans foresee, by loc and type: the same for every record.

        What depends on the cell is left out of it.
        """
        import json

        found: dict[tuple[tuple[Any, ...], str], str] = {}
        for plan in filter(None, self._plans.values()):
            templates = [each.error for each in plan.forbidden]
            for each in [*templates, *(each for field in plan.fields for each in field.errors)]:
                told = json.loads(f"{each.prefix}null{each.suffix}".replace(p.HOLE, "…"))
                found.setdefault((tuple(told["loc"]), told["type"]), told["msg"])
        return found


def _plain_errors(plan: p.Plan) -> frozenset[tuple[tuple[Any, ...], str]]:
    """Return the loc and type of each error of which JSON tells everything."""
    import json

    templates = [forbidden.error for forbidden in plan.forbidden]
    for field in plan.fields if plan.route == "native" else ():
        for template in field.errors:
            if (
                template.type == "missing"
                or isinstance(field.kind, PLAIN)
                or (isinstance(field.kind, TEMPORAL) and template.type not in BOUNDS)
            ):
                templates.append(template)
    return frozenset((tuple(json.loads(template.loc)), template.type) for template in templates)


def _cells(raw: bytes, plan: p.Plan) -> list[str]:
    """Split one record, as it was split when it was read."""
    if plan.format != "csv":
        return [raw.decode("utf-8", "surrogateescape")]
    pieces = iter((raw,))
    # An offset that is not 0: what looks like a byte order mark is data by now.
    splitter = Splitter(
        lambda n: next(pieces, b""), delimiter=plan.delimiter, columns=None, max_record_bytes=UNLIMITED, offset=1
    )
    record = next(iter(splitter), None)
    return [] if record is None else record.cells


def _key(error: dict[str, Any]) -> tuple[str, tuple[Any, ...]]:
    return error["type"], tuple(error["loc"])

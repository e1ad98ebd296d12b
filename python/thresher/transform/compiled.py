"""A transform after compilation: expressions over one input schema, and where each output value comes from.

Enters: what the compiler found. Leaves: :class:`Transform`, which binds itself to plans. It never evaluates anything.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import msgspec

from thresher import plan as p

if TYPE_CHECKING:
    from thresher.expr.expression import Expression
    from thresher.schema.compiled import Compiled

__all__ = ["Native", "Transform", "Value"]


@dataclass(frozen=True, slots=True)
class Value:
    """One field of the output schema, and where its value comes from: an expression, an input field, or its default."""

    name: str
    """The attribute of the output model."""
    key: str
    """The key under which the output model looks for it."""
    expression: Expression | None
    copy: str | None
    """The input field of which it is a copy."""
    reason: str = ""
    """Why not native; empty where it is."""


@dataclass(frozen=True, slots=True)
class Native:
    """The transform as the native engine runs it, apart from what depends on the header."""

    inputs: tuple[p.InputValue, ...]
    checks: tuple[p.Node, ...]
    where: p.Node | None
    outputs: tuple[p.OutputValue, ...] | None
    """None: the fields are written as they are."""


@dataclass(frozen=True, slots=True, eq=False)
class Transform:
    """A compiled transform. Safe to share between threads."""

    input: Compiled
    output: Compiled | None
    """The output schema; None: accepted records are written as the input schema has them."""
    checks: tuple[tuple[Expression, str | None], ...]
    """Each with the message of the user's choice."""
    where: Expression | None
    values: tuple[Value, ...]
    """Of the fields of the output schema, in order."""
    map_batches: Callable[..., Any] | None
    map_records: Callable[..., Any] | None
    native: Native | None
    """None: every record is transformed by Python."""
    reason: str
    """Why every record is; empty where it is not."""
    check_reasons: tuple[str, ...] = ()
    """Why each check is not native; empty where it is."""
    where_reason: str = ""

    @property
    def schema(self) -> Any:
        """The model of the records that are written."""
        return (self.output or self.input).schema

    @property
    def written(self) -> Compiled:
        """The compiled form of the model of the records that are written."""
        return self.output or self.input

    def bind(self, plan: p.Plan) -> p.Plan:
        """Return the plan of a source with the transform in it.

        Args:
            plan: the input schema, bound to the header of the source.
        """
        if self.native is not None and plan.route == "native" and self._same_kinds(self.native, plan):
            outputs = self.native.outputs
            made = p.Transform(
                inputs=list(self.native.inputs),
                checks=list(self.native.checks),
                where=self.native.where,
                outputs=None if outputs is None else list(outputs),
            )
            return msgspec.structs.replace(plan, transform=made)
        fields = plan.fields
        if self.output is not None:
            names = self.output.outputs or ()
            fields = [
                p.BoundField(name=name, column=None, kind=p.Ask(), null="ask", default=None, errors=[])
                for name in names
            ]
        return msgspec.structs.replace(plan, route="record", fields=fields, forbidden=[])

    def _same_kinds(self, native: Native, plan: p.Plan) -> bool:
        """Return whether the fields that are looked at have the kinds for which the steps were made native.

        Those are the kinds of cells; JSON Lines may have others.
        """
        places = {each.field for each in native.inputs}
        places |= {each.copy for each in native.outputs or () if each.copy is not None}
        return all(type(plan.fields[place].kind) is type(self.input.fields[place].kind) for place in places)

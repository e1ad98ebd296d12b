"""Binding to JSON Lines: a compiled Struct becomes a plan. There is no header; keys are looked up in each line.

Enters: a :class:`Compiled`. Leaves: a :class:`thresher.plan.Plan`. It never reads a record.
"""

from __future__ import annotations

from thresher.plan import Ask, BoundField, Column, Plan
from thresher.schema.compiled import RAW, Compiled

__all__ = ["bind_lines"]


def bind_lines(compiled: Compiled) -> Plan:
    """Return the plan for JSON Lines; see :meth:`Compiled.lines`."""
    return Plan(
        route="record",
        delimiter=",",
        columns=[Column(name=RAW, null="omit")],
        fields=_outputs(compiled),
        forbidden=[],
        format="jsonl",
    )


def _outputs(compiled: Compiled) -> list[BoundField]:
    """Return what is written where every line goes to msgspec: the names and their order, no more."""
    return [
        BoundField(name=name, column=None, kind=Ask(), null="ask", default=None, errors=[])
        for name in compiled.outputs or ()
    ]

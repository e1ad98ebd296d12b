"""Expressions: a part of Python's own, over the fields of a record, safe to take from a configuration file.

    text → parse → check → evaluate (Python) or lower (the plan)

The language is described in ``docs/expressions.md`` and tabled in :mod:`thresher.expr.table`.
"""

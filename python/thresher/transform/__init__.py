"""Transforms: what happens to a record after it was validated.

    checks → where → values → map_records → map_batches → output schema

``spec`` is what a user says, ``compile`` makes it a :class:`~thresher.transform.compiled.Transform`, ``native`` finds
out what of it the native engine runs, ``apply`` does it in Python.
"""

"""Applying: accepted instances of the input schema enter; instances of the output schema, faults or False leave.

    checks → where → values → map_records → map_batches → output schema

This is the definition of what a transform does; the native engine agrees with it or asks it. Never encodes anything.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import msgspec

from thresher.engine import Fault
from thresher.errors import DataProcessingError
from thresher.expr.expression import Expression
from thresher.transform import maps
from thresher.transform.compiled import Transform
from thresher.transform.faults import check_failed, no_object, raised

if TYPE_CHECKING:
    from thresher.schema.library import Library

__all__ = ["Applied", "Applier", "Values"]

Values: TypeAlias = dict[str, Any]
"""Attribute of the output model to value."""

Applied: TypeAlias = "tuple[Any] | list[Fault] | Literal[False]"
"""A tuple of the instance that is written; the faults of a reject; False: filtered."""


class Applier:
    """Applies a transform to records. It has no state, so threads may share it."""

    def __init__(
        self,
        transform: Transform,
        crash: Callable[[Library, Exception, tuple[int, int]], DataProcessingError],
    ) -> None:
        """Make an applier.

        Args:
            transform: the transform.
            crash: gives the error for an exception of user code of a schema, in the record of these numbers.
        """
        self._transform = transform
        self._input = transform.input.library
        self._read = self._input.values
        self._library = transform.written.library
        self._crash = crash
        self._mapped = transform.map_records is not None or transform.map_batches is not None
        self._keys = {value.name: value.key for value in transform.values}
        self._sparse = _sparse(transform)

    def records(
        self, instances: Sequence[tuple[Any] | list[Fault]], numbers: Sequence[tuple[int, int]]
    ) -> list[Applied]:
        """Transform a batch of records.

        Args:
            instances: an instance of the input schema in a tuple, or faults, which stay what they are.
            numbers: record and line number of each.

        Raises:
            DataProcessingError: a function of the user's, or a validator of the output schema, crashed.
        """
        answers: list[Applied] = [False] * len(instances)
        places, rows = [], []
        lacking: dict[int, list[str]] = {}
        for place, (one, number) in enumerate(zip(instances, numbers, strict=True)):
            if isinstance(one, list):
                answers[place] = one
                continue
            (instance,) = one
            found = self._values(instance, number)
            if isinstance(found, dict):
                places.append(place)
                rows.append(found)
                if self._sparse:
                    has = self._input.has
                    lacking[place] = [name for name, copy in self._sparse if not has(instance, copy)]
            else:
                answers[place] = found
        if not rows:
            return answers
        if self._mapped:
            places, rows = maps.mapped(self._transform, places, rows, numbers)
        for place, row in zip(places, rows, strict=True):
            for name in lacking.get(place, ()):
                if row.get(name) is None:
                    row.pop(name, None)
            answers[place] = self._output(row, numbers[place])
        return answers

    def _values(self, instance: Any, number: tuple[int, int]) -> Values | Applied:
        """Return the values of the output of one record, or its answer where that is known already."""
        transform = self._transform
        values = self._read(instance)
        faults: list[Fault] = []
        failed: list[Fault] = []
        for check, message in transform.checks:
            try:
                if not check.evaluate(values):
                    failed.append(check_failed(check, message, values))
            except Exception as error:
                faults.append(_raised(check, values, (), error, number))
        if faults or failed:
            return faults or failed
        if transform.where is not None:
            try:
                if not transform.where.evaluate(values):
                    return False
            except Exception as error:
                return [_raised(transform.where, values, (), error, number)]
        if transform.output is None:
            return (instance,)
        if not self._input.has_fields(instance):
            return [no_object(instance)]
        found: Values = {}
        for value in transform.values:
            if value.expression is not None:
                try:
                    found[value.name] = value.expression.evaluate(values)
                except Exception as error:
                    faults.append(_raised(value.expression, values, (value.name,), error, number))
            elif value.copy is not None and value.copy in values:
                # A validator may have left the field out (PydanticOmit).
                found[value.name] = values[value.copy]
        return faults or found

    def _output(self, row: Values, number: tuple[int, int]) -> Applied:
        """Return the instance of the output schema."""
        keys, library = self._keys, self._library
        record = {keys.get(name, name): value for name, value in row.items()}
        try:
            return (library.validate_values(record),)
        except library.refusal as error:
            return [msgspec.structs.replace(fault, stage="output") for fault in library.faults(error, record)]
        except Exception as error:
            raise self._crash(library, error, number) from error


def _sparse(transform: Transform) -> list[tuple[str, str]]:
    """Return the outputs that are left out where the input field that they copy is, each with that field."""
    if transform.output is None:
        return []
    optional = {field.name for field in transform.input.fields if field.optional}
    needed = {field.name for field in transform.output.fields if field.required}
    return [
        (value.name, value.copy)
        for value in transform.values
        if value.copy is not None and value.copy in optional and value.name not in needed
    ]


def _raised(
    expression: Expression, values: Mapping[str, Any], loc: tuple[str, ...], error: Exception, number: tuple[int, int]
) -> Fault:
    """Return the fault of an exception.

    Raises:
        DataProcessingError: it is none that rejects a record.
    """
    fault = raised(expression, values, loc, error)
    if fault is None:
        raise DataProcessingError(
            f"record {number[0]} (line {number[1]}): the expression {expression.text} raised "
            f"{type(error).__name__}: {error}"
        ) from error
    return fault

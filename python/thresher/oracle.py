"""The oracle of a job: the schema's own library, asked in batches about whole records or about the cells of one field.

Enters: cells. Leaves: for each record or cell, the encoded bytes and the value, or every error as the library words it;
of whole records what the transform makes of them. It never decides anything itself.
"""

from __future__ import annotations

import os
import traceback
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import msgspec

from thresher.encode import LineEncoder, cell_text
from thresher.engine import Answer, Fault, Job
from thresher.errors import DataProcessingError
from thresher.plan import Plan

if TYPE_CHECKING:
    from thresher.schema.compiled import Compiled
    from thresher.schema.library import Library
    from thresher.transform.apply import Applied
    from thresher.transform.compiled import Transform

__all__ = ["JobOracle", "errors_of"]

_OURS = os.path.dirname(__file__) + os.sep


class _Mapper:
    """Turns the cells of a record into the mapping that the schema is given."""

    def __init__(self, plan: Plan, null_values: Sequence[str]) -> None:
        self._names = [column.name for column in plan.columns]
        self._none = frozenset(column.name for column in plan.columns if column.null == "none")
        self._nulls = frozenset(null_values)

    def __call__(self, cells: Sequence[str]) -> dict[str, str | None]:
        found: dict[str, str | None] = dict(zip(self._names, cells, strict=True))
        nulls = self._nulls
        if nulls and not nulls.isdisjoint(cells):
            for name, cell in zip(self._names, cells, strict=True):
                if cell in nulls and name in found:
                    if name in self._none:
                        found[name] = None
                    else:
                        del found[name]
        return found


class JobOracle:
    """The library of the schema as :class:`thresher.engine.Oracle`, for one job. Safe to call from several threads."""

    def __init__(self, compiled: Compiled, job: Job, transform: Transform | None = None) -> None:
        """Make the oracle of a job.

        Args:
            compiled: the schema that the job's plans were bound from.
            job: the plans, the null values, and the format of the accepted records; with none, accepted records
                have no bytes.
            transform: what happens to records after they were validated.
        """
        self._input = compiled
        self._compiled = compiled if transform is None else transform.written
        self._plans = job.plans
        self._format = job.accepted_format
        self._given = [_given(plan, job.null_values) for plan in job.plans]
        self._fields: dict[tuple[int, int], _FieldOracle] = {}
        self._encoders = [
            None if job.accepted_format is None else _encoder(self._compiled, plan, job.accepted_format)
            for plan in job.plans
        ]
        self._apply: Callable[[list[tuple[Any] | list[Fault]], Sequence[tuple[int, int]]], list[Applied]] | None = None
        if transform is not None:
            from thresher.transform.apply import Applier

            self._apply = Applier(transform, crash).records

    @property
    def compiled(self) -> Compiled:
        """The schema of the records that are written."""
        return self._compiled

    def records(self, plan: int, records: Sequence[Sequence[str]], numbers: Sequence[tuple[int, int]]) -> list[Answer]:
        """Validate whole records, and transform them.

        Args:
            plan: which plan of the job they are of.
            records: the cells of each.
            numbers: record and line number of each.

        Returns:
            For each record its line in the sink, line end included, and the instance; or its errors; or False where
            it is filtered.

        Raises:
            DataProcessingError: a validator, serializer or function of the user's crashed.
        """
        found = self._validated(plan, records, numbers)
        if self._apply is not None:
            made = self._apply(found, numbers)
            return [self._encoded(plan, one, number) for one, number in zip(made, numbers, strict=True)]
        return [self._encoded(plan, one, number) for one, number in zip(found, numbers, strict=True)]

    def _validated(
        self, plan: int, records: Sequence[Sequence[str]], numbers: Sequence[tuple[int, int]]
    ) -> list[tuple[Any] | list[Fault]]:
        """Return the instance of each record in a tuple, or its errors."""
        given, library = self._given[plan], self._input.library
        validate, refusal = _validator(library, self._plans[plan]), library.refusal
        found: list[tuple[Any] | list[Fault]] = []
        for cells, number in zip(records, numbers, strict=True):
            record = given(cells)
            try:
                found.append((validate(record),))
            except refusal as error:
                found.append(library.faults(error, record))
            except Exception as error:
                raise crash(library, error, number) from error
        return found

    def _encoded(self, plan: int, found: Applied, number: tuple[int, int]) -> Answer:
        """Return the answer for a record, an instance with its line in the sink."""
        if not isinstance(found, tuple):
            return found
        encoder, (instance,), library = self._encoders[plan], found, self._compiled.library
        try:
            if encoder is None:
                return b"", instance
            return encoder.line(library.write(instance), library.values(instance)), instance
        except DataProcessingError as error:
            raise DataProcessingError(f"record {number[0]} (line {number[1]}): {error}") from error
        except Exception as error:
            raise crash(library, error, number) from error

    def cells(
        self, plan: int, field: int, cells: Sequence[str], numbers: Sequence[tuple[int, int]]
    ) -> list[Answer | None]:
        """Validate cells of one field.

        Args:
            plan: which plan of the job they are of.
            field: which field of the plan.
            cells: the cells, none of them null.
            numbers: record and line number of each.

        Returns:
            For each cell its JSON text or CSV cell (unquoted), and the value; or its errors; or None where only
            the whole record tells: a validator asked for the default that the field does not have, or a serializer
            raised, which it is not asked to do for a record that another field refuses.

        Raises:
            DataProcessingError: a validator of the user's crashed.
        """
        oracle = self._fields.get((plan, field))
        if oracle is None:
            oracle = _FieldOracle(self._input, self._plans[plan], field, self._format)
            self._fields[plan, field] = oracle
        return oracle.answers(cells, numbers)


class _FieldOracle:
    """One field of the schema, validated and written apart from the others."""

    def __init__(self, compiled: Compiled, plan: Plan, place: int, format: str | None) -> None:
        field = compiled.fields[place]
        column = plan.fields[place].column
        lines = plan.format != "csv"
        names = plan.lookups if lines else [each.name for each in plan.columns]
        key = names[column] if column is not None else field.name
        self._name = field.name
        self._format = format
        self._missing_loc = msgspec.json.encode(field.missing_loc).decode()
        self._library = compiled.library
        make = compiled.json_field if lines else compiled.field
        self._field = make(place, key)
        self._custom = compiled.library.custom(compiled, field.name)

    def answers(self, cells: Sequence[str], numbers: Sequence[tuple[int, int]]) -> list[Answer | None]:
        answers: list[Answer | None] = [None] * len(cells)
        places: list[int] = []
        values: list[Any] = []
        library, validated = self._library, self._field.one
        for place, cell in enumerate(cells):
            try:
                found = validated(cell)
            except library.refusal as error:
                errors = library.faults(error, self._field.record(cell))
                # Its input would be the whole record, of which nothing is known here.
                if not any(each.type == "missing" and each.loc == self._missing_loc for each in errors):
                    answers[place] = errors
            except Exception as error:
                raise crash(library, error, numbers[place], self._name) from error
            else:
                if found is not None:
                    places.append(place)
                    values.append(found[0])
        for place, value, text in zip(places, values, self._texts(values), strict=True):
            answers[place] = None if text is None else (text, value)
        return answers

    def _texts(self, values: list[Any]) -> Sequence[bytes | None]:
        """Write the values, all in one call where their JSON can be told apart again; None: the serializer raised."""
        if self._format is None:
            return [b""] * len(values)
        texts: Sequence[bytes | None]
        try:
            texts = self._field.write(values)
        except Exception:
            texts = list(map(self._alone, values))
        if self._format == "jsonl":
            return texts
        plain = [None] * len(values) if self._custom else values
        return [
            None if text is None else cell_text(text, value).encode() for text, value in zip(texts, plain, strict=True)
        ]

    def _alone(self, value: Any) -> bytes | None:
        """Write one value."""
        try:
            (text,) = self._field.write([value])
        except Exception:
            return None
        return text


def _given(plan: Plan, null_values: Sequence[str]) -> Callable[[Sequence[str]], Any]:
    """Return what makes of the cells of a record what the library is given: a mapping, or a line."""
    return _Mapper(plan, null_values) if plan.format == "csv" else _line


def _validator(library: Library, plan: Plan) -> Callable[[Any], Any]:
    return library.validate if plan.format == "csv" else library.validate_json


def _line(cells: Sequence[str]) -> str | bytes:
    """Return a line: text where it was UTF-8; where not, bytes stand in it as lone surrogates."""
    (line,) = cells
    try:
        line.encode()
    except UnicodeEncodeError:
        return line.encode("utf-8", "surrogateescape")
    return line


def _encoder(compiled: Compiled, plan: Plan, format: Any) -> LineEncoder:
    custom = [field.key for field in compiled.fields if compiled.library.custom(compiled, field.name)]
    return LineEncoder(
        format,
        plan.keys,
        {field.key: field.name for field in compiled.fields},
        custom,
    )


def errors_of(
    compiled: Compiled, plan: Plan, cells: Sequence[str], null_values: Sequence[str]
) -> list[dict[str, Any]] | None:
    """Return the errors of a record as Python objects, by asking the library once more.

    Args:
        compiled: the schema.
        plan: the plan of the record's source.
        cells: the record.
        null_values: texts that make a cell null.

    Returns:
        What Pydantic's ``ValidationError.errors(include_url=False)`` gives, and the like of other libraries; None
        where the library has changed its mind (a validator that looks at the clock) or crashes.
    """
    if len(cells) != len(plan.columns):
        return None
    library, record = compiled.library, _given(plan, null_values)(cells)
    try:
        _validator(library, plan)(record)
    except library.refusal as error:
        return library.errors(error, record)
    except Exception:
        return None
    return None


def crash(library: Library, error: Exception, number: tuple[int, int], field: str | None = None) -> DataProcessingError:
    """Return the message for a validator or serializer that raised what refuses no record.

    Args:
        library: of the schema.
        error: what was raised.
        number: record and line number.
        field: the only one that was looked at, if so.
    """
    frames = traceback.extract_tb(error.__traceback__)
    last = frames[-1] if frames else None
    where = (
        "" if last is None or last.filename.startswith(_OURS) else f" in {last.name} ({last.filename}:{last.lineno})"
    )
    of_field = "" if field is None else f", field {field!r}"
    return DataProcessingError(
        f"record {number[0]} (line {number[1]}){of_field}: the schema raised {type(error).__name__}{where}: {error}; "
        f"{library.advice}"
    )

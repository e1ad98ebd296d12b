"""The oracle: Pydantic, asked in batches about whole records or about the cells of one field.

Enters: cells. Leaves: for each record or cell, the encoded bytes and the value, or every error as Pydantic wrote it; of
whole records what the transform makes of them. It never decides anything itself, and never re-encodes an error.
"""

from __future__ import annotations

import json
import traceback
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import msgspec
from pydantic_core import PydanticSerializationError, SchemaSerializer, SchemaValidator, ValidationError, to_json

from thresher.encode import LineEncoder, cell_text, elements
from thresher.engine import Answer, Fault, Job
from thresher.errors import DataProcessingError
from thresher.plan import Plan
from thresher.schema import nodes

if TYPE_CHECKING:
    from thresher.schema.compiled import Compiled, Field
    from thresher.transform.apply import Applied
    from thresher.transform.compiled import Transform

__all__ = ["PydanticOracle", "errors_of", "faults"]


class _Shown(msgspec.Struct):
    """What is shown of one error."""

    type: str
    loc: msgspec.Raw
    msg: str


_raw_errors = msgspec.json.Decoder(list[msgspec.Raw]).decode
_shown_error = msgspec.json.Decoder(_Shown).decode


def faults(error: ValidationError) -> list[Fault]:
    """Return the errors of one record, each with the bytes that Pydantic wrote for it."""
    try:
        text = error.json(include_url=False)
    except PydanticSerializationError:
        # An input or a context that is no JSON: only then is an error written here.
        lines = [to_json(each, fallback=repr, inf_nan_mode="null") for each in error.errors(include_url=False)]
        return [_fault(line, _shown_error(line)) for line in lines]
    except ValueError:
        # A line that is not UTF-8: its bytes are the input of the error.
        legible = map(_legible, error.errors(include_url=False))
        lines = [to_json(each, fallback=repr, inf_nan_mode="null") for each in legible]
        return [_fault(line, _shown_error(line)) for line in lines]
    try:
        lines = [bytes(raw) for raw in _raw_errors(text)]
        return [_fault(line, _shown_error(line)) for line in lines]
    except msgspec.DecodeError:
        # Pydantic writes an input or a bound that is infinite as Infinity, which is no JSON.
        return [_fault(line.encode(), _shown_anyway(line)) for line in elements(text)]


def _legible(error: Any) -> dict[str, Any]:
    """Return an error with text in the place of bytes as its input; U+FFFD where they are no text."""
    given = error["input"]
    return {**error, "input": given.decode("utf-8", "replace") if isinstance(given, bytes) else given}


def _fault(line: bytes, shown: _Shown) -> Fault:
    loc = bytes(shown.loc).decode()
    items = msgspec.json.decode(shown.loc)
    where = ".".join(str(item) for item in items)
    what = f"{shown.msg} [{shown.type}]"
    return Fault(json=line, text=f"{where}: {what}" if items else what, loc=loc, type=shown.type)


def _shown_anyway(line: str) -> _Shown:
    found = json.loads(line)
    return _Shown(type=found["type"], loc=msgspec.Raw(to_json(found["loc"])), msg=found["msg"])


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


class PydanticOracle:
    """Pydantic as :class:`thresher.engine.Oracle`, for one job. Safe to call from several threads."""

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
        self._readers = [_reader(compiled, plan, job.null_values) for plan in job.plans]
        self._written = writer_of(self._compiled)
        self._fields: dict[tuple[int, int], _FieldOracle] = {}
        self._encoders = [
            None if job.accepted_format is None else _encoder(self._compiled, plan, job.accepted_format)
            for plan in job.plans
        ]
        self._apply: Callable[[list[Any], Sequence[tuple[int, int]]], list[Applied]] | None = None
        if transform is not None:
            from thresher.transform.apply import Applier

            self._apply = Applier(transform, validator_of(self._compiled), faults, _crash).records

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
            made = self._apply([one[0] if isinstance(one, tuple) else one for one in found], numbers)
            return [self._encoded(plan, one, number) for one, number in zip(made, numbers, strict=True)]
        return [self._encoded(plan, one, number) for one, number in zip(found, numbers, strict=True)]

    def _validated(
        self, plan: int, records: Sequence[Sequence[str]], numbers: Sequence[tuple[int, int]]
    ) -> list[tuple[Any] | list[Fault]]:
        """Return the instance of each record in a tuple, or its errors."""
        read = self._readers[plan]
        found: list[tuple[Any] | list[Fault]] = []
        for cells, number in zip(records, numbers, strict=True):
            try:
                found.append((read(cells),))
            except ValidationError as error:
                found.append(faults(error))
            except Exception as error:
                raise _crash(error, number) from error
        return found

    def _encoded(self, plan: int, found: Applied, number: tuple[int, int]) -> Answer:
        """Return the answer for a record, an instance with its line in the sink."""
        if not isinstance(found, tuple):
            return found
        encoder, (instance,) = self._encoders[plan], found
        try:
            return (b"" if encoder is None else encoder.line(self._written(instance), instance)), instance
        except DataProcessingError as error:
            raise DataProcessingError(f"record {number[0]} (line {number[1]}): {error}") from error
        except Exception as error:
            raise _crash(error, number) from error

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
            the whole record tells (a validator asked for the default that the field does not have).

        Raises:
            DataProcessingError: a validator or serializer of the user's crashed.
        """
        oracle = self._fields.get((plan, field))
        if oracle is None:
            oracle = _FieldOracle(self._input, self._plans[plan], field, self._format)
            self._fields[plan, field] = oracle
        return oracle.answers(cells, numbers)


class _FieldOracle:
    """One field of the model, validated and written apart from the others."""

    def __init__(self, compiled: Compiled, plan: Plan, place: int, format: str | None) -> None:
        field: Field = compiled.fields[place]
        column = plan.fields[place].column
        self._name = field.name
        self._key = plan.columns[column].name if column is not None else field.name
        self._format = format
        self._missing_loc = to_json(field.missing_loc).decode()
        node = compiled.nodes[field.name]
        whole = {"type": "definitions", "definitions": list(compiled.definitions)}
        fields = {"type": "model-fields", "fields": {field.name: dict(node)}, "extra_behavior": "ignore"}
        config: Any = dict(compiled.config)
        self._validate = SchemaValidator({**whole, "schema": fields}, config).validate_python
        items = {"type": "list", "items_schema": node["schema"]}
        self._write = SchemaSerializer({**whole, "schema": items}, config).to_json
        self._custom = has_serializer(node["schema"], compiled)

    def answers(self, cells: Sequence[str], numbers: Sequence[tuple[int, int]]) -> list[Answer | None]:
        answers: list[Answer | None] = [None] * len(cells)
        places: list[int] = []
        values: list[Any] = []
        for place, cell in enumerate(cells):
            try:
                found = self._validate({self._key: cell})[0]
            except ValidationError as error:
                errors = faults(error)
                # Its input would be the whole record, of which nothing is known here.
                if not any(each.type == "missing" and each.loc == self._missing_loc for each in errors):
                    answers[place] = errors
            except Exception as error:
                raise _crash(error, numbers[place], self._name) from error
            else:
                if self._name in found:
                    places.append(place)
                    values.append(found[self._name])
        for place, value, text in zip(places, values, self._texts(places, values, numbers), strict=True):
            answers[place] = (text, value)
        return answers

    def _texts(self, places: Sequence[int], values: list[Any], numbers: Sequence[tuple[int, int]]) -> Sequence[bytes]:
        """Write the values, all in one call where their JSON can be told apart again."""
        if self._format is None:
            return [b""] * len(values)
        try:
            texts = [bytes(raw) for raw in _raw_errors(self._write(values))]
        except Exception:
            texts = []
            for place, value in zip(places, values, strict=True):
                try:
                    texts.append(self._write([value])[1:-1])
                except Exception as error:
                    raise _crash(error, numbers[place], self._name) from error
        if self._format == "jsonl":
            return texts
        plain = [None] * len(values) if self._custom else values
        return [cell_text(text, value).encode() for text, value in zip(texts, plain, strict=True)]


def validator_of(compiled: Compiled) -> Callable[[dict[str, str | None]], Any]:
    """Return what validates a record: the model's validator, or its ``model_validate`` where overridden."""
    from thresher.schema.pydantic import inherits

    model = compiled.schema
    if inherits(model, "model_validate"):
        return model.__pydantic_validator__.validate_python
    return model.model_validate


def _reader(compiled: Compiled, plan: Plan, null_values: Sequence[str]) -> Callable[[Sequence[str]], Any]:
    """Return what makes an instance of the cells of a record, or raises ValidationError."""
    if plan.format == "csv":
        mapped, validate = _Mapper(plan, null_values), validator_of(compiled)
        return lambda cells: validate(mapped(cells))
    validate_json = json_validator_of(compiled)

    def read(cells: Sequence[str]) -> Any:
        (line,) = cells
        return validate_json(line if _is_text(line) else line.encode("utf-8", "surrogateescape"))

    return read


def _is_text(line: str) -> bool:
    """Tell whether a line was UTF-8; bytes that are not stand in it as lone surrogates."""
    try:
        line.encode()
    except UnicodeEncodeError:
        return False
    return True


def json_validator_of(compiled: Compiled) -> Callable[[str | bytes], Any]:
    """Return what validates a line of JSON: the model's validator, or its ``model_validate_json`` where overridden."""
    from thresher.schema.pydantic import inherits

    model = compiled.schema
    if inherits(model, "model_validate_json"):
        return model.__pydantic_validator__.validate_json
    return model.model_validate_json


def writer_of(compiled: Compiled) -> Callable[[Any], bytes]:
    """Return what writes an accepted record as JSON: its ``model_dump_json``."""
    from pydantic import BaseModel

    from thresher.schema.pydantic import inherits

    model = compiled.schema
    to_bytes = model.__pydantic_serializer__.to_json

    def write(instance: Any) -> bytes:
        if type(instance) is not model and isinstance(instance, BaseModel):
            return instance.model_dump_json().encode()
        return to_bytes(instance)

    if inherits(model, "model_dump_json"):
        return write
    return lambda instance: instance.model_dump_json().encode()


def has_serializer(node: Mapping[str, Any], compiled: Compiled) -> bool:
    """Return whether user code writes the values of a node."""
    definitions = {each["ref"]: each for each in compiled.definitions if "ref" in each}
    return any(each.get("serialization") for each in nodes.inner_nodes(node, definitions))


def _encoder(compiled: Compiled, plan: Plan, format: Any) -> LineEncoder:
    custom = [field.key for field in compiled.fields if has_serializer(compiled.nodes[field.name], compiled)]
    return LineEncoder(
        format,
        plan.keys,
        {field.key: field.name for field in compiled.fields},
        custom,
    )


def errors_of(
    compiled: Compiled, plan: Plan, cells: Sequence[str], null_values: Sequence[str]
) -> list[dict[str, Any]] | None:
    """Return the errors of a record as Python objects, by asking Pydantic once more.

    Args:
        compiled: the schema.
        plan: the plan of the record's source.
        cells: the record.
        null_values: texts that make a cell null.

    Returns:
        What ``ValidationError.errors(include_url=False)`` gives; None where Pydantic has changed its mind (a
        validator that looks at the clock) or crashes.
    """
    if len(cells) != len(plan.columns):
        return None
    try:
        _reader(compiled, plan, null_values)(cells)
    except ValidationError as error:
        errors: list[Any] = list(error.errors(include_url=False))
        return errors
    except Exception:
        return None
    return None


def _crash(error: Exception, number: tuple[int, int], field: str | None = None) -> DataProcessingError:
    """Return the message for a validator or serializer that raised what is no validation error."""
    frames = traceback.extract_tb(error.__traceback__)
    last = frames[-1] if frames else None
    where = "" if last is None or last.filename == __file__ else f" in {last.name} ({last.filename}:{last.lineno})"
    of_field = "" if field is None else f", field {field!r}"
    return DataProcessingError(
        f"record {number[0]} (line {number[1]}){of_field}: the schema raised {type(error).__name__}{where}: {error}; "
        "a validator should raise ValueError, AssertionError or PydanticCustomError to reject a record"
    )

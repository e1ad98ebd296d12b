"""JSON Schema as :class:`thresher.schema.library.Library`: jsonschema-rs validates, and words every error.

A record of cells is read by the types of its properties first; a line is parsed by msgspec, and an accepted record is
written again by it. Values are never changed.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal

import msgspec

from thresher.engine import Fault
from thresher.plan import Ask, BoundField, Column, Extra, Plan, Shape
from thresher.schema.annotations import plain
from thresher.schema.compiled import RAW
from thresher.schema.json_schema_types import TOO_DEEP, Resolve, cell_reader, texts_of, too_deep, types_of
from thresher.schema.structs.library import as_it_is, drafted

if TYPE_CHECKING:
    from thresher.schema.compiled import Compiled, Template
    from thresher.schema.library import FieldLibrary

__all__ = ["JsonSchemaLibrary", "RefusedError"]

_decode = msgspec.json.Decoder().decode
_encode = msgspec.json.Encoder().encode
_Field = tuple[Any, Resolve]


class RefusedError(Exception):
    """A record that the schema refuses, with all errors."""

    def __init__(self, errors: list[dict[str, Any]]) -> None:
        """Keep the errors, each with ``type``, ``loc``, ``msg`` and ``input``."""
        super().__init__(errors)
        self.errors = errors


class JsonSchemaLibrary:
    """One document."""

    name = "jsonschema-rs"
    dialect: Literal["pydantic", "msgspec"] = "pydantic"
    makes_outputs = False
    refusal = RefusedError
    advice = "nothing in a JSON Schema should"

    def __init__(
        self,
        validator: Any,
        document: Any,
        resolve: Resolve,
        properties: Mapping[str, _Field],
        required: frozenset[str],
    ) -> None:
        """Make it.

        Args:
            validator: what jsonschema-rs made of the document.
            document: the schema.
            resolve: finds what it refers to.
            properties: the schema of each property, with what resolves its references.
            required: the properties that a record must have.
        """
        self._is_valid: Callable[[Any], bool] = validator.is_valid
        self._iter_errors: Callable[[Any], Iterator[Any]] = validator.iter_errors
        self._document = document
        self._resolve = resolve
        self._properties = properties
        self._required = required
        self._readers: dict[str, Callable[[str], Any]] = {}
        self._lines: tuple[list[BoundField], list[Shape], Extra] | None = None

    def natively(self, fields: list[BoundField], shapes: list[Shape], extra: Literal["forbid", "allow"]) -> None:
        """Say how lines are decided natively.

        Args:
            fields: one for each property, in order.
            shapes: that they name.
            extra: what becomes of other keys; those that are forbidden are for the library to word.
        """
        self._lines = fields, shapes, Extra(behavior=extra, forbidden=None)

    def validate(self, record: Mapping[str, Any]) -> Any:
        """Return the object that the cells of a record stand for.

        Raises:
            RefusedError: the schema refuses it.
        """
        readers = self._readers
        found = {}
        for name, cell in record.items():
            if type(cell) is not str:
                found[name] = cell
            else:
                reader = readers.get(name)
                if reader is None:
                    reader = readers[name] = self._reader(name)
                found[name] = reader(cell)
        return self._checked(found)

    def validate_values(self, values: Mapping[str, Any]) -> Any:
        """Return the object of the values of a transform, which are no cells.

        Raises:
            RefusedError: the schema refuses it.
        """
        return self._checked(msgspec.to_builtins(dict(values)))

    def validate_json(self, line: str | bytes) -> Any:
        """Return the value of a line.

        Raises:
            RefusedError: it is no JSON, or the schema refuses it.
        """
        try:
            text = line if isinstance(line, str) else line.decode()
            if too_deep(text):
                raise RefusedError([_no_json(f"more than {TOO_DEEP} arrays and objects inside one another", text)])
            value = _decode(text)
        except UnicodeDecodeError:
            assert isinstance(line, bytes)
            raise RefusedError([_no_json("it is not UTF-8", line.decode("utf-8", "replace"))]) from None
        except (msgspec.MsgspecError, RecursionError) as error:
            raise RefusedError([_no_json(str(error).removeprefix("JSON is malformed: "), text)]) from None
        return self._checked(value)

    def _checked(self, value: Any) -> Any:
        if self._is_valid(value):
            return self._ordered(value)
        raise RefusedError(
            [
                {
                    "type": error.kind.name,
                    "loc": tuple(error.instance_path),
                    "msg": error.message,
                    "input": _at(value, error.instance_path),
                }
                for error in self._iter_errors(value)
            ]
        )

    def _ordered(self, value: Any) -> Any:
        """Return an object with its properties in the order of the schema, and all others behind."""
        known = self._properties
        if type(value) is not dict or not known:
            return value
        found = {name: value[name] for name in known if name in value}
        if len(found) < len(value):
            found.update((name, each) for name, each in value.items() if name not in known)
        return found

    def _reader(self, name: str) -> Callable[[str], Any]:
        """Return what reads the cells of a column."""
        found = self._properties.get(name)
        if found is not None:
            return cell_reader(types_of(*found), texts_of(found[0]))
        document = self._document if isinstance(self._document, Mapping) else {}
        if not document.get("patternProperties"):
            other = document.get("additionalProperties")
            return cell_reader(types_of(other, self._resolve), texts_of(other))
        return cell_reader(frozenset())

    def faults(self, error: RefusedError, record: Any) -> list[Fault]:
        """Return the errors of a record, as they are written."""
        return [_fault(each) for each in error.errors]

    def errors(self, error: RefusedError, record: Any) -> list[dict[str, Any]]:
        """Return the errors of a record as Python objects."""
        return error.errors

    def write(self, instance: Any) -> bytes:
        """Return a record as JSON, compactly."""
        return _encode(_written(instance))

    def values(self, instance: Any) -> Mapping[str, Any]:
        """Return the value of each property; None where the record has none."""
        if not isinstance(instance, dict):
            return dict.fromkeys(self._properties)
        known = self._properties
        return instance if instance.keys() >= known.keys() else {**dict.fromkeys(known), **instance}

    def has(self, instance: Any, name: str) -> bool:
        """Tell whether a record has a property."""
        return isinstance(instance, dict) and name in instance

    def has_fields(self, instance: Any) -> bool:
        """Tell whether a record is an object."""
        return isinstance(instance, dict)

    def build(self, values: dict[str, Any], given: set[str], extra: dict[str, Any] | None) -> Any:
        """Return a record of values."""
        return {**values, **(extra or {})}

    def zoned(self, value: Any) -> Any:
        """Return the value: no property is a datetime."""
        return value

    def field(self, compiled: Compiled, place: int, key: str | None = None) -> FieldLibrary:
        """Return what reads the cells of one property."""
        return _Values(self._reader(compiled.fields[place].name))

    def json_field(self, compiled: Compiled, place: int, key: str | None = None) -> FieldLibrary:
        """Return what reads the JSON texts of one property."""
        return _Values(_decode)

    def custom(self, compiled: Compiled, name: str) -> bool:
        """Return that no user code writes values."""
        return False

    def default(self, name: str) -> Any:
        """Return that a property has no default that would be put in its place; it may be missing, which is None."""
        return ... if name in self._required else None

    def kept(self, compiled: Compiled, name: str, optional: bool) -> Any:
        """Return the annotation of a field for writing alone: ``2.0`` is an integer, and numbers have any digits."""
        annotation = plain(compiled.schema)[name]
        return as_it_is(annotation | None if optional else annotation)

    def draft(self, name: str, fields: Mapping[str, tuple[Any, str]], copied: bool) -> Any:
        """Return a Struct of msgspec, which writes what it is given."""
        keys = {field: key for field, (_, key) in fields.items()}

        def write(instance: Any) -> bytes:
            return _encode({key: _written(getattr(instance, field)) for field, key in keys.items()})

        return drafted(name, fields, copied, write)

    def lines(self, compiled: Compiled) -> Plan:
        """Return the plan for JSON Lines."""
        names = compiled.outputs or ()
        asked = [BoundField(name, None, Ask(), "ask", None, []) for name in names]
        fields, shapes, extra = self._lines or (asked, [], None)
        return Plan(
            route="native" if self._lines else "record",
            delimiter=",",
            columns=[Column(name=RAW, null="omit")],
            fields=fields,
            forbidden=[],
            format="jsonl",
            lookups=[field.name for field in fields] if self._lines else [],
            # A number that is too large is no JSON, though another one takes its place.
            once=True,
            shapes=shapes,
            extra=extra,
        )

    def missing(self, key: str) -> Template | None:
        """Return none: the library words every error."""
        return None

    def forbidden(self, key: str) -> Template | None:
        """Return none: the library words every error."""
        return None

    def versions(self) -> dict[str, str]:
        """Return the version of jsonschema-rs."""
        import jsonschema_rs

        # importlib.metadata costs more than all that a small file needs.
        before, after = "jsonschema_rs-", ".dist-info"
        for name in os.listdir(os.path.dirname(os.path.dirname(jsonschema_rs.__file__))):
            if name.startswith(before) and name.endswith(after):
                return {"jsonschema-rs": name[len(before) : -len(after)]}
        from importlib.metadata import version

        return {"jsonschema-rs": version("jsonschema-rs")}


class _Values:
    """One property: as :class:`thresher.schema.library.FieldLibrary`, of texts that were accepted already."""

    def __init__(self, read: Callable[[str], Any]) -> None:
        self.of = read

    def one(self, cell: str) -> tuple[Any]:
        return (self.of(cell),)

    def record(self, cell: str) -> Any:
        return cell

    def default(self) -> Any:
        raise NotImplementedError

    def write(self, values: list[Any]) -> Sequence[bytes]:
        return [_encode(_written(value)) for value in values]


_LARGE = 1e16


def _written(value: Any) -> Any:
    """Return a value as it is encoded: large floats as Python and Pydantic write them, ``1e+16`` and not ``1e16``."""
    if type(value) is float and not -_LARGE < value < _LARGE:
        return msgspec.Raw(repr(value).encode())
    if type(value) is dict:
        return {name: _written(each) if type(each) in _LOOKED_INTO else each for name, each in value.items()}
    if type(value) is list:
        return [_written(each) if type(each) in _LOOKED_INTO else each for each in value]
    return value


_LOOKED_INTO = frozenset({float, dict, list})


def _at(value: Any, path: list[str | int]) -> Any:
    """Return what stands at a path of an instance."""
    found = value
    for item in path:
        try:
            found = found[item]
        except (LookupError, TypeError):
            # jsonschema-rs leaves empty names out of its paths.
            return value
    return found


def _no_json(reason: str, text: str) -> dict[str, Any]:
    return {"type": "json_invalid", "loc": (), "msg": f"Invalid JSON: {reason}", "input": text}


def _fault(error: dict[str, Any]) -> Fault:
    where = ".".join(map(str, error["loc"]))
    what = f"{error['msg']} [{error['type']}]"
    return Fault(
        json=_encode(error),
        text=f"{where}: {what}" if where else what,
        loc=_encode(error["loc"]).decode(),
        type=error["type"],
    )

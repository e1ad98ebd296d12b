"""msgspec as :class:`thresher.schema.library.Library`: a Struct class is what validates, writes and words errors.

Never decides anything itself: every answer is msgspec's own.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any, Literal

import msgspec

from thresher.engine import Fault
from thresher.schema.annotations import annotated, plain
from thresher.schema.compiled import Template
from thresher.schema.structs import faults
from thresher.schema.structs.templates import worded

if TYPE_CHECKING:
    from thresher.plan import Plan
    from thresher.schema.compiled import Compiled

__all__ = ["MsgspecLibrary", "as_it_is", "drafted"]


class MsgspecLibrary:
    """One Struct class."""

    name = "msgspec"
    dialect: Literal["pydantic", "msgspec"] = "msgspec"
    makes_outputs = False
    refusal = faults.REFUSALS
    advice = "a __post_init__ should raise ValueError or TypeError to reject a record"

    def __init__(self, struct: type[msgspec.Struct]) -> None:
        """Make it.

        Args:
            struct: the class.

        Raises:
            TypeError: it has a type that msgspec does not support.
        """
        self._struct = struct
        self._names = struct.__struct_fields__
        self.validate: Callable[[Mapping[str, Any]], Any] = partial(msgspec.convert, type=struct, strict=False)
        drafted = issubclass(struct, _Drafted)
        self.validate_values: Callable[[Mapping[str, Any]], Any] = _Values(struct) if drafted else self.validate
        self.validate_json: Callable[[str | bytes], Any] = msgspec.json.Decoder(struct).decode
        self.write: Callable[[Any], bytes] = getattr(struct, _WRITE, None) or msgspec.json.Encoder().encode

    def faults(self, error: Exception, record: Any) -> list[Fault]:
        """Return the error of a record: msgspec stops at the first."""
        return [faults.fault(error, record)]

    def errors(self, error: Exception, record: Any) -> list[dict[str, Any]]:
        """Return the error of a record as a Python object."""
        found = faults.found(error, record)
        try:
            value = json.loads(msgspec.json.encode(found["input"]))
        except (UnicodeEncodeError, RecursionError, TypeError):
            # As in the file of rejects: the text, where a line cannot be shown as its value.
            value = faults.legible(record) if isinstance(record, str | bytes) else found["input"]
        return [{**found, "loc": tuple(found["loc"]), "input": value}]

    def values(self, instance: Any) -> Mapping[str, Any]:
        """Return the value of each field."""
        return {name: getattr(instance, name) for name in self._names}

    def has(self, instance: Any, name: str) -> bool:
        """Return True: a Struct has all of its fields."""
        return True

    def has_fields(self, instance: Any) -> bool:
        """Return True: a Struct has all of its fields."""
        return True

    def build(self, values: dict[str, Any], given: set[str], extra: dict[str, Any] | None) -> Any:
        """Return an instance; msgspec itself validates nothing here."""
        return self._struct(**values)

    def zoned(self, value: Any) -> Any:
        """Return a datetime or time as it is: msgspec has the time zones of the standard library."""
        return value

    def field(self, compiled: Compiled, place: int, key: str | None = None) -> _Field:
        """Return what validates and writes one field."""
        return _Field(compiled, place, key)

    def json_field(self, compiled: Compiled, place: int, key: str | None = None) -> _JsonField:
        """Return what validates and writes one field, given JSON texts."""
        return _JsonField(compiled, place, key)

    def custom(self, compiled: Compiled, name: str) -> bool:
        """Return False: nothing but msgspec writes values."""
        return False

    def default(self, name: str) -> Any:
        """Return the default of a field as it is declared; ``...`` where there is none."""
        found = next(field.default for field in msgspec.structs.fields(self._struct) if field.name == name)
        return ... if found is msgspec.NODEFAULT else found

    def kept(self, compiled: Compiled, name: str, optional: bool) -> Any:
        """Return the annotation of a field without its constraints, which were checked already."""
        annotation = plain(compiled.schema)[name]
        annotation = annotation | None if optional else annotation
        return annotation if self._stays(name, annotation) else as_it_is(annotation)

    def _stays(self, name: str, annotation: Any) -> bool:
        """Return whether the default of a field, which msgspec does not check, is a value of an annotation."""
        field = next(field for field in msgspec.structs.fields(self._struct) if field.name == name)
        factory = field.default_factory
        if factory is not msgspec.NODEFAULT and factory not in (list, dict, set, frozenset, tuple):
            # Nobody knows what it will make.
            return False
        default = factory() if factory is not msgspec.NODEFAULT else field.default
        if default is msgspec.NODEFAULT:
            return True
        try:
            found = msgspec.convert(default, annotation)
        except msgspec.ValidationError:
            return False
        return type(found) is type(default) and bool(found == default)

    def draft(self, name: str, fields: Mapping[str, tuple[Any, str]], copied: bool) -> type[msgspec.Struct]:
        """Return a Struct of fields that all are required."""
        return drafted(name, fields, copied)

    def lines(self, compiled: Compiled) -> Plan:
        """Return the plan for JSON Lines."""
        from thresher.schema.structs.lines import bind_lines

        return bind_lines(compiled)

    def missing(self, key: str) -> Template:
        """Return the error of a required field without a value."""
        return worded("missing", f"Object missing required field `{key}`")

    def forbidden(self, key: str) -> Template:
        """Return the error of a key that ``forbid_unknown_fields`` refuses."""
        return worded("extra_forbidden", f"Object contains unknown field `{key}`")

    def versions(self) -> dict[str, str]:
        """Return the version of msgspec."""
        return {"msgspec": msgspec.__version__}


_WRITE = "__thresher_write__"
"""The attribute of a drafted Struct whose records are not written as msgspec writes them."""

_AS_IT_IS = msgspec.Meta(extra={"thresher": "as it is"})
"""Stands in an annotation of a drafted Struct: values are not validated, since a default may be of any type."""


class _Drafted(msgspec.Struct):
    """What all Structs are that were drafted for values as they are."""


class _Values:
    """Makes instances of a drafted Struct: values are of the types of its fields already, so no text is parsed.

    ``Literal["1", 7]`` would lose its ``"1"``.
    """

    def __init__(self, struct: type[msgspec.Struct]) -> None:
        fields = msgspec.structs.fields(struct)
        hints = annotated(struct)
        given = [(each.name, Any if _is_so(hints[each.name]) else hints[each.name]) for each in fields]
        # The same class without the types of what stays as it is; named alike, as errors name it.
        keys = {each.name: each.encode_name for each in fields}
        self._loose = msgspec.defstruct(struct.__name__, given, rename=keys)
        self._struct = struct
        self._names = struct.__struct_fields__

    def __call__(self, record: Mapping[str, Any]) -> Any:
        found = msgspec.convert(record, self._loose)
        return self._struct(*[getattr(found, name) for name in self._names])


def drafted(
    name: str, fields: Mapping[str, tuple[Any, str]], copied: bool, write: Callable[[Any], bytes] | None = None
) -> type[msgspec.Struct]:
    """Return a Struct of fields that all are required.

    Args:
        name: of the class.
        fields: the annotation of each, and the key that it is written under.
        copied: whether values come as they were copied or computed, and no function of the user's changes them.
        write: writes an instance as JSON; None: msgspec does.
    """
    given = [(field, annotation) for field, (annotation, _) in fields.items()]
    keys = {field: key for field, (_, key) in fields.items()}
    space = {} if write is None else {_WRITE: staticmethod(write)}
    return msgspec.defstruct(name, given, bases=(_Drafted if copied else msgspec.Struct,), rename=keys, namespace=space)


def as_it_is(annotation: Any) -> Any:
    """Return an annotation whose values a drafted Struct does not validate, unless a function may change them."""
    return Annotated[annotation, _AS_IT_IS]


def _is_so(annotation: Any) -> bool:
    return any(each is _AS_IT_IS for each in getattr(annotation, "__metadata__", ()))


class _Field:
    """One field of a Struct: :class:`thresher.schema.library.FieldLibrary`."""

    def __init__(self, compiled: Compiled, place: int, key: str | None) -> None:
        field = compiled.fields[place]
        self._name = field.name
        self._key = key if key is not None else field.key
        self._struct = compiled.schema
        annotation = annotated(compiled.schema)[field.name]
        alone = msgspec.defstruct("Field", [(field.name, annotation)], rename={field.name: self._key})
        self._alone = alone
        self._validate = partial(msgspec.convert, type=alone, strict=False)

    def of(self, cell: Any) -> Any:
        """Return the value of a cell, or of another value, that the field accepts."""
        return getattr(self._validate({self._key: cell}), self._name)

    def one(self, cell: str) -> tuple[Any]:
        """Return the value in a tuple."""
        return (self.of(cell),)

    def record(self, cell: str) -> Any:
        """Return the record that is validated."""
        return {self._key: cell}

    def default(self) -> Any:
        """Return the default, as one record is given it."""
        field = next(field for field in msgspec.structs.fields(self._struct) if field.name == self._name)
        return field.default if field.default_factory is msgspec.NODEFAULT else field.default_factory()

    def write(self, values: list[Any]) -> Sequence[bytes]:
        """Return the values as JSON texts."""
        return [msgspec.json.encode(value) for value in values]


class _JsonField(_Field):
    """The same, given JSON texts in the place of cells."""

    def __init__(self, compiled: Compiled, place: int, key: str | None) -> None:
        super().__init__(compiled, place, key)
        self._decode = msgspec.json.Decoder(self._alone).decode
        self._head = msgspec.json.encode({self._key: 0}).decode()[:-2]

    def of(self, cell: Any) -> Any:
        """Return the value of a JSON text that the field accepts."""
        return getattr(self._decode(self.record(cell)), self._name)

    def record(self, cell: str) -> Any:
        """Return the line that is validated."""
        return f"{self._head}{cell}}}"

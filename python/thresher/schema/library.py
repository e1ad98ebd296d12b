"""Libraries: what thresher asks of the library that a schema was written with. Pydantic is one, msgspec another.

Enters: what is known of a record, of a value, or of a refusal. Leaves: instances, JSON, faults, exactly as the library
itself makes them. A library is part of a :class:`~thresher.schema.compiled.Compiled`, knows nothing of plans and
columns beyond what it binds itself, and never decides which records it is asked about.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal, Protocol

if TYPE_CHECKING:
    from thresher.engine import Fault
    from thresher.plan import Plan
    from thresher.schema.compiled import Compiled, Template

__all__ = ["FieldLibrary", "Library"]


class Library(Protocol):
    """One schema, as its library understands it. Safe to share between threads."""

    @property
    def name(self) -> str:
        """What it is called, for people: ``Pydantic``, ``msgspec``."""
        ...

    @property
    def dialect(self) -> Literal["pydantic", "msgspec"]:
        """Whose rules the kernels of its plans follow."""
        ...

    @property
    def makes_outputs(self) -> bool:
        """Whether the native engine can make records of such a schema from values of expressions."""
        ...

    @property
    def refusal(self) -> type[Exception] | tuple[type[Exception], ...]:
        """The exceptions that refuse a record; any other one is a crash of user code."""
        ...

    @property
    def advice(self) -> str:
        """What user code should raise to refuse a record, for the message of a crash."""
        ...

    def validate(self, record: Mapping[str, Any], /) -> Any:
        """Return the instance of a record of cells: text, or None.

        Raises:
            Exception: of a type in :attr:`refusal` where the schema refuses the record.
        """
        ...

    def validate_values(self, values: Mapping[str, Any], /) -> Any:
        """Return the instance of the values of a transform.

        Raises:
            Exception: of the type :attr:`refusal` where the schema refuses them.
        """
        ...

    def validate_json(self, line: str | bytes, /) -> Any:
        """Return the instance of a line of JSON; bytes are no UTF-8.

        Raises:
            Exception: of a type in :attr:`refusal` where the schema refuses the line.
        """
        ...

    def faults(self, error: Any, record: Any, /) -> list[Fault]:
        """Return the errors of a record, as they are written.

        Args:
            error: the refusal.
            record: what was validated: a mapping, or a line.
        """
        ...

    def errors(self, error: Any, record: Any, /) -> list[dict[str, Any]]:
        """Return the same as Python objects, each with ``type``, ``loc`` (a tuple), ``msg`` and ``input``."""
        ...

    def write(self, instance: Any, /) -> bytes:
        """Return an accepted record as JSON."""
        ...

    def values(self, instance: Any, /) -> Mapping[str, Any]:
        """Return the value of each field of an accepted record, by attribute."""
        ...

    def has(self, instance: Any, name: str, /) -> bool:
        """Tell whether a record has a field that may be left out; asked of no others."""
        ...

    def has_fields(self, instance: Any, /) -> bool:
        """Tell whether a record is one that can have fields at all: a line of JSON may hold a list or a number."""
        ...

    def build(self, values: dict[str, Any], given: set[str], extra: dict[str, Any] | None, /) -> Any:
        """Return the instance that validation would have made, without validating.

        Args:
            values: of each field, by attribute.
            given: the fields that the record had, extra ones included.
            extra: what stands beside the fields; None where the schema keeps no such thing.
        """
        ...

    def zoned(self, value: Any, /) -> Any:
        """Return a datetime or time with its fixed offset as the library's own kind of time zone."""
        ...

    def field(self, compiled: Compiled, place: int, key: str | None = None) -> FieldLibrary:
        """Return what validates and writes one field apart from its record.

        Args:
            compiled: the schema.
            place: position of the field.
            key: under which its value is looked up; None: the first that it has.
        """
        ...

    def json_field(self, compiled: Compiled, place: int, key: str | None = None) -> FieldLibrary:
        """Return the same for JSON texts in the place of cells."""
        ...

    def custom(self, compiled: Compiled, name: str) -> bool:
        """Return whether user code writes the values of a field, so that they do not say what stands in a cell."""
        ...

    def default(self, name: str, /) -> Any:
        """Return the constant default of a field as it is declared; ``...`` where there is none."""
        ...

    def kept(self, compiled: Compiled, name: str, optional: bool) -> Any:
        """Return the annotation of a field of a drafted schema that has the values of a field as they are.

        Args:
            compiled: the schema.
            name: of its field.
            optional: whether None has to be accepted, too.

        Raises:
            ConfigurationError: such a field would be written in another way.
        """
        ...

    def draft(self, name: str, fields: Mapping[str, tuple[Any, str]], copied: bool) -> Any:
        """Return a schema of the same library.

        Args:
            name: of the schema.
            fields: the annotation of each, and the key that it is written under.
            copied: whether values come as they were copied or computed, and no function of the user's changes them.
        """
        ...

    def lines(self, compiled: Compiled) -> Plan:
        """Return the plan for JSON Lines."""
        ...

    def missing(self, key: str) -> Template | None:
        """Return the error of a required field without a value; its input is the record."""
        ...

    def forbidden(self, key: str) -> Template | None:
        """Return the error of a column or key that the schema does not have and forbids."""
        ...

    def versions(self) -> dict[str, str]:
        """Return the versions that a verdict depends on, by name."""
        ...


class FieldLibrary(Protocol):
    """One field, validated and written apart from the others."""

    def of(self, cell: Any, /) -> Any:
        """Return the value of a cell, a JSON text, or another value, that the field accepts.

        Raises:
            Exception: of a type in :attr:`Library.refusal` where it does not.
        """
        ...

    def one(self, cell: str, /) -> tuple[Any] | None:
        """Return the value in a tuple; None where user code leaves the field out of the record.

        Raises:
            Exception: of a type in :attr:`Library.refusal` where the field refuses it.
        """
        ...

    def record(self, cell: str, /) -> Any:
        """Return the record that :meth:`one` validates, for its faults."""
        ...

    def default(self) -> Any:
        """Return the default, as one record is given it."""
        ...

    def write(self, values: list[Any], /) -> Sequence[bytes]:
        """Return the values as JSON texts."""
        ...

"""What a user says of a transform: expressions as text, before any schema is known.

Only puts words in order; :mod:`thresher.transform.compile` finds out whether they can work.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from thresher.errors import ConfigurationError, shown

if TYPE_CHECKING:
    from thresher.schema.compiled import Compiled
    from thresher.transform.compiled import Transform

__all__ = ["Check", "From", "Spec"]


@dataclass(frozen=True, slots=True)
class From:
    """Says where the value of a field of an output schema comes from.

    Stands in the annotation of the field; a field without one copies the input field of the same name.

    Example:
        >>> from typing import Annotated
        >>> from pydantic import BaseModel, Field
        >>> class Line(BaseModel):
        ...     order_id: int
        ...     total: Annotated[float, Field(ge=0), From("quantity * unit_price * (1 - discount)")]
    """

    expression: str
    """An expression over the fields of the input schema; see ``docs/expressions.md``."""


@dataclass(frozen=True, slots=True)
class Check:
    """Says what must be true of every record; where it is not, the record is rejected.

    The reject has the stage ``check`` and the error type ``check_failed``, with the expression in its ``ctx`` and the
    values that it looked at as its ``input``.

    Example:
        >>> check = Check("ship_date is None or ship_date >= ordered_on", "shipped before it was ordered")
    """

    expression: str
    """An expression over the fields of the input schema; see ``docs/expressions.md``."""
    message: str | None = None
    """The message of the error; None: ``Check failed: `` and the expression."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Spec:
    """Everything that a user said of a transform."""

    output_schema: Any = None
    """A Pydantic model class, or its name."""
    where: str | None = None
    checks: tuple[Check, ...] = ()
    values: Mapping[str, str] = field(default_factory=dict)
    """The expression of an output field, in place of its ``From``."""
    select: tuple[str, ...] | None = None
    """The fields that are kept; None: all."""
    map_batches: Callable[..., Any] | None = None
    map_records: Callable[..., Any] | None = None

    @classmethod
    def of(
        cls,
        output_schema: Any = None,
        *,
        where: str | None = None,
        checks: Sequence[Check | str] = (),
        values: Mapping[str, str] | None = None,
        select: Sequence[str] | None = None,
        map_batches: Callable[..., Any] | None = None,
        map_records: Callable[..., Any] | None = None,
    ) -> Spec:
        """Return what a user said, with its form checked.

        Raises:
            ConfigurationError: an argument has a type that it cannot have.
        """
        if isinstance(checks, str | Check):
            checks = [checks]
        checks = _listed("checks", "expressions or thresher.Check", checks)
        for name, function in (("map_batches", map_batches), ("map_records", map_records)):
            if function is not None and not callable(function):
                raise ConfigurationError(f"{name} is a {type(function).__name__}: give a function")
        values = _values(values)
        return cls(
            output_schema=output_schema,
            where=where,
            checks=tuple(_check(each) for each in checks),
            values=values,
            select=None if select is None else _selected(select, values),
            map_batches=map_batches,
            map_records=map_records,
        )

    @property
    def empty(self) -> bool:
        """Whether nothing was said."""
        asked = (self.output_schema, self.where, self.select, self.map_batches, self.map_records)
        return all(each is None for each in asked) and not self.checks and not self.values

    def compile(self, compiled: Compiled) -> Transform | None:
        """Return the compiled form of the transform; None where nothing was said, and then nothing is imported.

        Args:
            compiled: the input schema.

        Raises:
            ConfigurationError: something in it cannot work.
        """
        if self.empty:
            return None
        from thresher.transform.compile import compile_transform

        return compile_transform(self, compiled)


def _listed(name: str, of: str, given: object) -> list[Any]:
    """Return what stands in a list, or in whatever else has an order."""
    if not isinstance(given, Iterable) or isinstance(given, Mapping | set | frozenset | bytes | bytearray):
        raise ConfigurationError(f"{name} must be a list of {of}, not {shown(given)}")
    return list(given)


def _values(given: object) -> dict[str, str]:
    """Return the expressions of output fields. What they hold is looked at when they are parsed."""
    if given is None:
        return {}
    if not isinstance(given, Mapping):
        raise ConfigurationError(
            "values must be a dict of expressions by the name of their field, such as "
            f"{{'total': 'quantity * unit_price'}}, not {shown(given)}"
        )
    for name in given:
        if not isinstance(name, str):
            raise ConfigurationError(f"values: the name of a field is a str, not {shown(name)}")
    return dict(given)


def _selected(given: object, values: Mapping[str, str]) -> tuple[str, ...]:
    """Return the names of the fields that are kept."""
    if isinstance(given, str):
        raise ConfigurationError(f"select is a str: give a list of the names of fields, such as {given.split(',')}")
    names = _listed("select", "the names of fields", given)
    for name in names:
        if not isinstance(name, str):
            raise ConfigurationError(f"select: the name of a field is a str, not {shown(name)}")
        if names.count(name) > 1:
            raise ConfigurationError(f"select names {name!r} more than once: a field is written once")
    if not names and not values:
        raise ConfigurationError(
            "select is empty, so that nothing would be written: name fields, give values, or leave it out to keep all"
        )
    return tuple(names)


def _check(given: Check | str) -> Check:
    if isinstance(given, str):
        return Check(given)
    if not isinstance(given, Check):
        raise ConfigurationError(
            f"a check is a thresher.Check or an expression, not {type(given).__name__}: {shown(given)}"
        )
    if given.message is not None and not isinstance(given.message, str):
        raise ConfigurationError(f"the message of a check is a str, not {type(given.message).__name__}")
    return given

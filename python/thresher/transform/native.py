"""Routes: a compiled transform enters; what of it the native engine runs leaves, or why Python has to.

A closed world, as for schemas: only pairs of a type and a kind are native for which the kernel gives exactly what
Pydantic gives for such a value, and only copies that cannot change. Never evaluates an expression.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from thresher import plan as p
from thresher.expr.check import Typed
from thresher.expr.expression import Expression
from thresher.expr.lower import NotNativeError, const_of, lower
from thresher.expr.types import of_value, show
from thresher.schema.annotations import plain
from thresher.schema.passing import passes_again
from thresher.transform.compiled import Native, Transform, Value

if TYPE_CHECKING:
    from thresher.schema.compiled import Compiled, Field
    from thresher.schema.library import FieldLibrary

__all__ = ["Routes"]

_VALUES: dict[type, str] = {
    p.Bool: "bool",
    p.Int: "int",
    p.Float: "float",
    p.Str: "str",
    p.Any: "str",
    p.Date: "date",
    p.DateTime: "datetime",
    p.TimeDelta: "timedelta",
}
"""The type of the values of a field of a kind. Those of a Literal are text as well; those of an Enum are not."""

_TAKES: dict[str, tuple[type, ...]] = {
    "bool": (p.Bool,),
    "int": (p.Int, p.Float),
    "float": (p.Float,),
    "str": (p.Str, p.Choice, p.Any),
    "date": (p.Date,),
    "datetime": (p.DateTime,),
    "timedelta": (p.TimeDelta,),
}
"""Kinds that decide natively about values of a type; of others the native engine is not sure."""


class Routes:
    """Finds the route of each part of one transform."""

    def __init__(self, compiled: Compiled, output: Compiled | None) -> None:
        """Make it.

        Args:
            compiled: the input schema.
            output: the output schema, if there is one.
        """
        self._input = compiled
        self._output = output
        self._places = {field.name: place for place, field in enumerate(compiled.fields)}
        self._loaded: dict[str, int] = {}
        self._inputs: list[p.InputValue] = []

    def transform(
        self,
        checks: tuple[tuple[Expression, str | None], ...],
        where: Expression | None,
        values: tuple[Value, ...],
        map_batches: Callable[..., Any] | None,
        map_records: Callable[..., Any] | None,
    ) -> Transform:
        """Return the transform with its routes.

        Args:
            checks: each with its message.
            where: which records are kept.
            values: of the output schema.
            map_batches: a function of the user's.
            map_records: a function of the user's.
        """
        reasons: list[str] = []
        if self._input.record_reason:
            reasons.append(self._input.record_reason)
        if self._output is not None and self._output.record_reason:
            reasons.append(f"of the output schema {self._output.schema.__qualname__}: {self._output.record_reason}")
        for each in (self._input, self._output):
            if self._output is not None and each is not None and not each.library.makes_outputs:
                reasons.append(f"{each.schema.__qualname__} is no schema of which the engine makes outputs")
        for name, function in (("map_records", map_records), ("map_batches", map_batches)):
            if function is not None:
                reasons.append(f"{name} is Python")
        nodes: list[p.Node] = []
        check_reasons = []
        for number, (check, _) in enumerate(checks, 1):
            reason = self._tried(lambda check=check: nodes.append(lower(check.typed, self._load)))  # type: ignore[misc]
            check_reasons.append(reason)
            reasons += [f"check {number}: {reason}"] if reason else []
        kept: list[p.Node] = []
        where_reason = "" if where is None else self._tried(lambda: kept.append(lower(where.typed, self._load)))
        reasons += [f"where: {where_reason}"] if where_reason else []
        outputs: list[p.OutputValue] = []
        routed = []
        for value in values:
            reason = self._tried(lambda value=value: outputs.append(self._output_value(value)))  # type: ignore[misc]
            routed.append(replace(value, reason=reason))
            reasons += [f"output field {value.name!r}: {reason}"] if reason else []
        native = Native(
            inputs=tuple(self._inputs),
            checks=tuple(nodes),
            where=kept[0] if kept else None,
            outputs=None if self._output is None else tuple(outputs),
        )
        return Transform(
            input=self._input,
            output=self._output,
            checks=checks,
            where=where,
            values=tuple(routed),
            map_batches=map_batches,
            map_records=map_records,
            native=None if reasons else native,
            reason=reasons[0] if reasons else "",
            check_reasons=tuple(check_reasons),
            where_reason=where_reason,
        )

    def _tried(self, lower: Callable[[], object]) -> str:
        """Return why a part is not native; empty where it is."""
        try:
            lower()
        except NotNativeError as error:
            return str(error)
        return ""

    def _load(self, name: str) -> int:
        """Return the position of a field among the inputs."""
        if name not in self._loaded:
            place = self._places[name]
            field = self._input.fields[place]
            if self._input.record_reason:
                raise NotNativeError(f"every record goes to {self._input.library.name}")
            base = _value_type(field)
            default = None
            if field.null == "default":
                default = const_of(self._input.field(place).default())
            self._loaded[name] = len(self._inputs)
            self._inputs.append(p.InputValue(field=place, type=base, default=default))  # type: ignore[arg-type]
        return self._loaded[name]

    def _output_value(self, value: Value) -> p.OutputValue:
        """Return an output as the native engine makes it."""
        assert self._output is not None
        place = next(place for place, field in enumerate(self._output.fields) if field.name == value.name)
        field = self._output.fields[place]
        source = None if value.copy is None else self._input.fields[self._places[value.copy]]
        if source is not None and source.route == "field":
            raise NotNativeError(f"the values of {source.name!r} are not native ({source.reason or source.annotation})")
        if field.route != "native":
            raise NotNativeError(field.reason)
        if value.expression is not None:
            return self._made(field, value.expression.typed)
        if value.copy is None or source is None:
            return self._default(field, place)
        if self._input.record_reason:
            raise NotNativeError(f"every record goes to {self._input.library.name}")
        if self._passes(source, field):
            return p.OutputValue(name=field.key, copy=self._places[value.copy], expr=None, kind=None, nullable=True)
        return self._made(field, Typed("load", frozenset({_value_type(source)}), value=value.copy))

    def _made(self, field: Field, typed: Typed) -> p.OutputValue:
        """Return the output of an expression, where the kernel may be sure of its values."""
        node = lower(typed, self._load)
        bases = typed.type - {"none"}
        taken = [isinstance(field.kind, _TAKES.get(base, ())) for base in bases]
        integers = isinstance(field.kind, p.Choice) and field.kind.integer
        if integers or not all(taken):
            raise NotNativeError(f"values of the type {show(bases)} become {field.annotation}")
        return p.OutputValue(name=field.key, copy=None, expr=node, kind=field.kind, nullable=field.nullable)

    def _default(self, field: Field, place: int) -> p.OutputValue:
        """Return a constant for the default, where validating it would change nothing."""
        assert self._output is not None
        values = self._output.field(place)
        if field.null != "default":
            raise NotNativeError("its default is made anew for each record")
        value = values.default()
        const = const_of(value)
        if const is None or not _unchanged(values, self._output.library.refusal, value):
            raise NotNativeError(f"its default is {value!r}")
        return self._made(field, Typed("const", of_value(value), value=value))

    def _passes(self, source: Field, field: Field) -> bool:
        """Return whether the output field accepts every value of an input field, unchanged, and writes it the same."""
        if source.route != "native" or source.optional:
            return False
        if isinstance(source.kind, p.Nested) or isinstance(field.kind, p.Nested):
            if not self._same_inside(source, field):
                return False
        elif not _includes(field.kind, source.kind):
            return False
        if isinstance(field.kind, p.Choice) and not self._same_annotation(source, field):
            return False
        if source.nullable and not field.nullable:
            return False
        if source.null == "default":
            assert self._output is not None
            value = self._input.field(self._places[source.name]).default()
            values = self._output.field(self._output.fields.index(field))
            return _unchanged(values, self._output.library.refusal, value)
        return True

    def _same_inside(self, source: Field, field: Field) -> bool:
        """Return whether values with an inner structure pass: both schemas describe them alike."""
        assert self._output is not None
        return passes_again(self._input, source.name, self._output, field.name)

    def _same_annotation(self, source: Field, field: Field) -> bool:
        assert self._output is not None
        return bool(plain(self._input.schema)[source.name] == plain(self._output.schema)[field.name])


def _value_type(field: Field) -> str:
    """Return the type of a field's values, as the native engine has them."""
    if field.optional:
        raise NotNativeError(f"{field.name!r} may be left out")
    if field.route == "native":
        if isinstance(field.kind, p.Choice) and field.kind.error == "literal_error":
            return "str"
        found = _VALUES.get(type(field.kind))
        if found is not None:
            return found
    raise NotNativeError(f"the values of {field.name!r} are not native ({field.reason or field.annotation})")


def _includes(outer: p.Kind, inner: p.Kind) -> bool:
    """Return whether every value that ``inner`` gives is one that ``outer`` leaves as it is."""
    if isinstance(outer, p.Ask | p.Refuse | p.Any):
        return False
    if isinstance(outer, p.Str):
        if isinstance(inner, p.Choice):
            return inner.error == "literal_error" and outer == p.Str()
        if not isinstance(inner, p.Str):
            return False
        if outer == p.Str():
            return True
        # What a change of case does to lengths and patterns is for the kernel to find out.
        return outer == inner and not (outer.lower or outer.upper)
    if type(outer) is not type(inner):
        return False
    if outer == inner:
        return True
    if isinstance(outer, p.DateTime | p.Date | p.Time | p.TimeDelta):
        # How text is read does not concern a value.
        bounds = [getattr(outer, name) for name in ("le", "lt", "ge", "gt")]
        return not any(bound is not None for bound in bounds) and getattr(outer, "tz", None) is None
    return outer in _UNCONSTRAINED


_UNCONSTRAINED = (p.Bool(), p.Int(), p.Float(), p.Bytes(), p.Decimal(), p.Uuid())
"""Kinds that take every value of their type; such a Decimal takes no NaN, as none does."""


def _unchanged(values: FieldLibrary, refusal: type[Exception] | tuple[type[Exception], ...], value: Any) -> bool:
    """Return whether a field accepts a value and leaves it as it is."""
    try:
        found = values.of(value)
    except refusal:
        return False
    return type(found) is type(value) and bool(found == value)

"""Compiling: what a user said of a transform and a compiled input schema enter, a :class:`Transform` leaves.

Whatever cannot work is refused here, before anything is read: names that do not exist, values that no record can have.
Never evaluates an expression.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, get_origin

from thresher.errors import ConfigurationError, closest, shown
from thresher.expr.check import Scope
from thresher.expr.expression import Expression
from thresher.expr.types import OTHER, Type, of_annotation, of_value
from thresher.schema import compile as compile_schema
from thresher.schema.annotations import annotated, plain
from thresher.transform.compiled import Transform, Value
from thresher.transform.draft import draft
from thresher.transform.impossible import refuse_impossible
from thresher.transform.native import Routes
from thresher.transform.spec import From, Spec

if TYPE_CHECKING:
    from thresher.schema.compiled import Compiled

__all__ = ["compile_transform", "scope_of"]


def compile_transform(spec: Spec, compiled: Compiled) -> Transform:
    """Return the compiled form of a transform.

    Args:
        spec: what the user said.
        compiled: the input schema.

    Raises:
        ConfigurationError: something in it cannot work.
    """
    scope = scope_of(compiled)
    checks = tuple(
        (Expression(check.expression, scope, f"check {number}"), check.message)
        for number, check in enumerate(spec.checks, 1)
    )
    where = None if spec.where is None else Expression(spec.where, scope, "where")
    output = _output(spec, compiled, scope)
    values = () if output is None else _values(spec, compiled, output, scope)
    if spec.map_batches is not None:
        from thresher.arrays import require_numpy

        require_numpy("map_batches")
    routes = Routes(compiled, output)
    return routes.transform(checks, where, values, spec.map_batches, spec.map_records)


def scope_of(compiled: Compiled) -> Scope:
    """Return the names and types that expressions over a schema may use."""
    annotations = plain(compiled.schema)
    fields: dict[str, Type] = {}
    aliases: dict[str, str] = {}
    for field in compiled.fields:
        known = field.name in annotations
        found = of_annotation(annotations[field.name]) if known else OTHER
        if known and (field.optional or compiled.library.default(field.name) is None):
            found |= of_value(None)
        fields[field.name] = found
        aliases.update((path, field.name) for path in field.paths if path != field.name)
    return Scope(fields, aliases, compiled.schema.__qualname__)


def _output(spec: Spec, compiled: Compiled, scope: Scope) -> Compiled | None:
    """Return the compiled output schema, None where records are written as they are."""
    if spec.output_schema is not None:
        if spec.select is not None:
            raise ConfigurationError(
                "select and an output schema cannot be used together: the schema's fields are kept"
            )
        found = compile_schema(spec.output_schema)
        if found.outputs is None:
            raise ConfigurationError(
                f"the records of the output schema {found.schema.__qualname__} are no objects with fields of their "
                "own: give a model with fields"
            )
        return found
    if spec.values or spec.select is not None:
        if compiled.outputs is None:
            raise ConfigurationError(
                f"the records of {compiled.schema.__qualname__} have no fields, so that none can be written: use "
                "select and values with a schema of objects"
            )
        return compile_schema(draft(spec, compiled, scope))
    if spec.map_batches is None and spec.map_records is None:
        return None
    _refuse_unnamed(spec, compiled)
    # What a function has changed is validated once more.
    return compiled


def _refuse_unnamed(spec: Spec, compiled: Compiled) -> None:
    """Refuse functions over records that have more than named fields: they would not see it, and it would be lost.

    Raises:
        ConfigurationError: the schema has no fields, or takes unknown keys as well.
    """
    if compiled.fields and compiled.outputs is not None and compiled.extra != "allow":
        return
    function = "map_records" if spec.map_records is not None else "map_batches"
    why = "takes keys that it does not name" if compiled.fields and compiled.outputs is not None else "has no fields"
    raise ConfigurationError(
        f"{function} is given the named fields of a record, and {compiled.schema.__qualname__} {why}, which would be "
        "lost: give an output schema, or select, with the fields to be kept"
    )


def _values(spec: Spec, compiled: Compiled, output: Compiled, scope: Scope) -> tuple[Value, ...]:
    names = [field.name for field in output.fields]
    for name in spec.values:
        if name not in names:
            raise ConfigurationError(
                f"there is no field {name!r} in {output.schema.__qualname__}, and an expression was given for it"
                f"{closest(name, names)}"
            )
    found = []
    keys: dict[str, str] = {}
    for field in output.fields:
        key = field.paths[0] if field.paths else ""
        if not field.paths:
            raise ConfigurationError(
                f"the field {field.name!r} of {output.schema.__qualname__} is looked for inside of nested data, which "
                "no output has: give it a plain alias"
            )
        if key in keys:
            raise ConfigurationError(
                f"the fields {keys[key]!r} and {field.name!r} of {output.schema.__qualname__} have one alias, {key!r}"
            )
        keys[key] = field.name
        text = spec.values[field.name] if field.name in spec.values else _said(output.schema, field.name)
        if text is not None:
            expression = Expression(text, scope, f"From of {field.name!r}")
            refuse_impossible(output, field, expression)
            found.append(Value(field.name, key, expression, None))
        elif field.name in scope.fields:
            found.append(Value(field.name, key, None, field.name))
        elif not field.required:
            found.append(Value(field.name, key, None, None))
        else:
            near = closest(field.name, scope.fields)
            raise ConfigurationError(
                f"the field {field.name!r} of {output.schema.__qualname__} gets no value: {scope.schema} has no field "
                f'of that name{near}; say where it comes from, as in Annotated[…, thresher.From("…")], or give it a '
                "default"
            )
    return tuple(found)


def _said(schema: type, name: str) -> str | None:
    """Return the expression of the ``From`` in a field's annotation."""
    annotation: Any = annotated(schema).get(name)
    metadata = annotation.__metadata__ if get_origin(annotation) is Annotated else ()
    said = [each for each in metadata if isinstance(each, From)]
    if len(said) > 1:
        raise ConfigurationError(
            f"the field {name!r} of {schema.__qualname__} has {len(said)} From: leave all but one out"
        )
    if not said:
        return None
    text: object = said[0].expression
    if not isinstance(text, str):
        raise ConfigurationError(
            f"the From of the field {name!r} of {schema.__qualname__} must be an expression, a str, not {shown(text)}"
        )
    return text

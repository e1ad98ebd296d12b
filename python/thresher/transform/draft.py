"""Drafting: selected fields and expressions enter, an output model leaves, for whom has none.

Fields keep their types and lose their constraints and validators, which the input schema has applied already; an
expression's field has the type that the type checker found.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from thresher.errors import ConfigurationError, closest
from thresher.expr.check import Scope
from thresher.expr.expression import Expression
from thresher.expr.types import annotation_of

if TYPE_CHECKING:
    from thresher.schema.compiled import Compiled
    from thresher.transform.spec import Spec

__all__ = ["draft"]


def draft(spec: Spec, compiled: Compiled, scope: Scope) -> Any:
    """Return an output schema of the library of the input schema.

    Args:
        spec: the fields that are kept, and the expressions of fields that are set.
        compiled: the input schema.
        scope: what expressions may use.

    Raises:
        ConfigurationError: a field that does not exist, or that cannot be kept.
    """
    names = _written(compiled) if spec.select is None else list(spec.select)
    for name in names:
        if name not in scope.fields and name not in spec.values:
            hint = f"; the column {name!r} is its field {scope.aliases[name]!r}" if name in scope.aliases else ""
            raise ConfigurationError(
                f"select: there is no field {name!r} in {scope.schema}{hint or closest(name, scope.fields)}"
            )
    fields: dict[str, tuple[Any, str]] = {}
    for name in [*names, *(name for name in spec.values if name not in names)]:
        usable = name.isidentifier() and not name.startswith("_")
        if not usable and name in scope.fields and name not in spec.values:
            raise ConfigurationError(
                f"the field {name!r} of {scope.schema} has no name that a field of a drafted output can have: leave it "
                "out with select, or write an output schema"
            )
        if not usable:
            raise ConfigurationError(f"a field cannot be called {name!r}: use letters, digits and _, a letter first")
        if name in spec.values:
            found = Expression(spec.values[name], scope, f"expression of {name!r}")
            fields[name] = (annotation_of(found.type), name)
        else:
            fields[name] = _kept(compiled, name)
    copied = spec.map_batches is None and spec.map_records is None
    return compiled.library.draft(f"{compiled.schema.__name__}Output", fields, copied)


def _written(compiled: Compiled) -> list[str]:
    """Return the names of the fields that the schema writes: one with ``exclude`` has to be selected."""
    return [field.name for field in compiled.fields if compiled.outputs is None or field.key in compiled.outputs]


def _kept(compiled: Compiled, name: str) -> tuple[Any, str]:
    """Return the annotation of a copy, and the key that it is written under."""
    field = next(field for field in compiled.fields if field.name == name)
    optional = (field.optional or compiled.library.default(name) is None) and not field.nullable
    annotation: Any = compiled.library.kept(compiled, name, optional)
    return annotation, field.key

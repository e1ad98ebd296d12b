"""Drafting: selected fields and expressions enter, an output model leaves, for whom has none.

Fields keep their types and lose their constraints, which the input schema has checked already; an expression's field
has the type that the type checker found.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, Field, create_model

from thresher.errors import ConfigurationError, closest
from thresher.expr.check import Scope
from thresher.expr.expression import Expression
from thresher.expr.types import annotation_of

if TYPE_CHECKING:
    from thresher.schema.compiled import Compiled
    from thresher.transform.spec import Spec

__all__ = ["draft"]

_KEPT = (
    "arbitrary_types_allowed",
    "serialize_by_alias",
    "ser_json_bytes",
    "ser_json_inf_nan",
    "ser_json_temporal",
    "ser_json_timedelta",
    "use_enum_values",
    "val_json_bytes",
)
"""What the input model's configuration says of how values are written."""


def draft(spec: Spec, compiled: Compiled, scope: Scope) -> type[BaseModel]:
    """Return an output model.

    Args:
        spec: the fields that are kept, and the expressions of fields that are set.
        compiled: the input schema.
        scope: what expressions may use.

    Raises:
        ConfigurationError: a field that does not exist, or that cannot be kept.
    """
    names = list(scope.fields) if spec.select is None else list(spec.select)
    for name in names:
        if name not in scope.fields and name not in spec.values:
            hint = f"; the column {name!r} is its field {scope.aliases[name]!r}" if name in scope.aliases else ""
            raise ConfigurationError(
                f"select: there is no field {name!r} in {scope.schema}{hint or closest(name, scope.fields)}"
            )
    fields: dict[str, Any] = {}
    for name in [*names, *(name for name in spec.values if name not in names)]:
        if name.startswith("_") or not name.isidentifier():
            raise ConfigurationError(f"a field cannot be called {name!r}: use letters, digits and _, a letter first")
        if name in spec.values:
            found = Expression(spec.values[name], scope, f"expression of {name!r}")
            fields[name] = (annotation_of(found.type), ...)
        else:
            fields[name] = _kept(compiled, name)
    # Names such as model_id are fields like any other here.
    config: Any = {"protected_namespaces": ()}
    config |= {key: value for key, value in compiled.schema.model_config.items() if key in _KEPT}
    made: type[BaseModel] = create_model(f"{compiled.schema.__name__}Output", __config__=config, **fields)
    return made


def _kept(compiled: Compiled, name: str) -> tuple[Any, Any]:
    """Return the annotation and the field of a copy."""
    place = next(place for place, field in enumerate(compiled.fields) if field.name == name)
    field, info = compiled.fields[place], compiled.schema.model_fields[name]
    from thresher.oracle import has_serializer

    if has_serializer(compiled.nodes[name], compiled):
        raise ConfigurationError(
            f"the field {name!r} of {compiled.schema.__qualname__} has its own serializer: write an output schema that "
            "says how it is written"
        )
    annotation: Any = info.annotation
    if info.default is None and not field.nullable:
        annotation = annotation | None
    if field.key == name:
        return annotation, ...
    return annotation, Field(serialization_alias=field.key)

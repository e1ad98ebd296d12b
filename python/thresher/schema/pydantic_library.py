"""Pydantic as :class:`thresher.schema.library.Library`: a model class is what validates, writes and words errors.

Never decides anything itself: every answer is the model's own.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Mapping
from collections.abc import Set as AbstractSet
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import BaseModel, Field, GetCoreSchemaHandler, RootModel, ValidationError, create_model
from pydantic_core import core_schema

from thresher.engine import Fault
from thresher.errors import ConfigurationError
from thresher.schema import nodes
from thresher.schema.annotations import annotated, plain
from thresher.schema.passing import made_anew, stays
from thresher.schema.pydantic_faults import faults
from thresher.schema.values import FieldValues, JsonFieldValues

if TYPE_CHECKING:
    from thresher.plan import Plan
    from thresher.schema.compiled import Compiled, Template

__all__ = ["PydanticLibrary", "inherits", "read"]

_KEPT = (
    "arbitrary_types_allowed",
    "json_encoders",
    "polymorphic_serialization",
    "serialize_by_alias",
    "ser_json_bytes",
    "ser_json_inf_nan",
    "ser_json_temporal",
    "ser_json_timedelta",
    "use_enum_values",
    "val_json_bytes",
)
"""What the model's configuration says of how values are written."""


class PydanticLibrary:
    """One model class."""

    name = "Pydantic"
    dialect: Literal["pydantic", "msgspec"] = "pydantic"
    makes_outputs = True
    refusal = ValidationError
    advice = "a validator should raise ValueError, AssertionError or PydanticCustomError to reject a record"

    names: AbstractSet[str] = frozenset()
    """Fields that not every instance has: those of the choices of a union, which are None where they are missing."""

    def __init__(self, model: type[BaseModel], names: Iterable[str] = ()) -> None:
        """Make it.

        Args:
            model: the class.
            names: the fields of the choices of a root model.
        """
        self.names = frozenset(names)
        self._model = model
        self._config: Mapping[str, Any] = model.model_config
        self._post_init = bool(getattr(model, "__pydantic_post_init__", None))
        core = model.__pydantic_validator__
        self.validate: Callable[[Mapping[str, Any]], Any] = (
            core.validate_python if inherits(model, "model_validate") else model.model_validate
        )
        self.validate_values: Callable[[Mapping[str, Any]], Any] = self.validate
        checked = model.__dict__.get(_CHECKED)
        if checked is not None:
            self._checked = checked.__pydantic_validator__.validate_python
            self.validate_values = self._given
        self.validate_json: Callable[[str | bytes], Any] = (
            core.validate_json if inherits(model, "model_validate_json") else model.model_validate_json
        )
        self._to_json = model.__pydantic_serializer__.to_json
        self._own_dump = not inherits(model, "model_dump_json")

    def faults(self, error: ValidationError, record: Any) -> list[Fault]:
        """Return the errors of a record, each with the bytes that Pydantic wrote for it."""
        return faults(error)

    def errors(self, error: ValidationError, record: Any) -> list[dict[str, Any]]:
        """Return the errors of a record as Python objects."""
        found: list[Any] = list(error.errors(include_url=False))
        return found

    def write(self, instance: Any) -> bytes:
        """Return what ``model_dump_json`` of the instance gives."""
        if self._own_dump or (type(instance) is not self._model and isinstance(instance, BaseModel)):
            return bytes(instance.model_dump_json().encode())
        return self._to_json(instance)

    def values(self, instance: Any) -> Mapping[str, Any]:
        """Return the value of each field."""
        if self.names:
            return {**dict.fromkeys(self.names), **read(instance)}
        found: Mapping[str, Any] = getattr(instance, "__dict__", {})
        return found

    def has(self, instance: Any, name: str) -> bool:
        """Tell whether a record has a field: those of a union may, those of a model do."""
        return name in read(instance)

    def has_fields(self, instance: Any) -> bool:
        """Return True: what has none is refused when a transform is compiled."""
        return True

    def build(self, values: dict[str, Any], given: set[str], extra: dict[str, Any] | None) -> Any:
        """Return an instance, made the way pydantic-core makes one."""
        instance = self._model.__new__(self._model)
        put = object.__setattr__
        put(instance, "__dict__", values)
        put(instance, "__pydantic_extra__", extra)
        put(instance, "__pydantic_fields_set__", given)
        if self._post_init:
            instance.model_post_init(None)
        else:
            put(instance, "__pydantic_private__", None)
        return instance

    def zoned(self, value: Any) -> Any:
        """Return a datetime or time with its offset as pydantic-core's own class."""
        offset = value.utcoffset()
        if offset is None:
            return value
        from pydantic_core import TzInfo

        return value.replace(tzinfo=TzInfo(offset.total_seconds()))

    def field(self, compiled: Compiled, place: int, key: str | None = None) -> FieldValues:
        """Return what validates and writes one field."""
        return FieldValues(compiled, place, key)

    def json_field(self, compiled: Compiled, place: int, key: str | None = None) -> JsonFieldValues:
        """Return what validates and writes one field, given JSON texts."""
        return JsonFieldValues(compiled, place, key)

    def custom(self, compiled: Compiled, name: str) -> bool:
        """Return whether a serializer writes the values of a field."""
        if name not in compiled.nodes:
            return True
        definitions = {each["ref"]: each for each in compiled.definitions if "ref" in each}
        inner = nodes.inner_nodes(compiled.nodes[name]["schema"], definitions)
        return any(each.get("serialization") for each in inner)

    def default(self, name: str) -> Any:
        """Return the default of a field as it is declared; ``...`` where there is none."""
        info = self._model.model_fields[name]
        return ... if info.is_required() or info.default_factory is not None else info.default

    def kept(self, compiled: Compiled, name: str, optional: bool) -> Any:
        """Return the annotation of a field: without its constraints, or for writing alone."""
        where = f"the field {name!r} of {compiled.schema.__qualname__}"
        advice = "write an output schema that says how it is written"
        if name not in compiled.nodes:
            raise ConfigurationError(f"{where} is written by whichever choice a record fits: {advice}")
        decorators = getattr(compiled.schema, "__pydantic_decorators__", None)
        serializers = () if decorators is None else decorators.field_serializers.values()
        if any(name in each.info.fields or "*" in each.info.fields for each in serializers):
            raise ConfigurationError(f"{where} has its own serializer: {advice}")
        if stays(compiled, name):
            annotation = plain(compiled.schema)[name]
            annotation = annotation | None if optional else annotation
            return Annotated[annotation, _GIVEN] if made_anew(compiled, name) else annotation
        return Annotated[annotated(compiled.schema)[name], _AsItIs(optional)]

    def draft(self, name: str, fields: Mapping[str, tuple[Any, str]], copied: bool) -> type[BaseModel]:
        """Return a model of fields that all are required."""
        # Names such as model_id are fields like any other here.
        config: Any = {"protected_namespaces": ()}
        config |= {key: value for key, value in self._config.items() if key in _KEPT}
        given: Any = {
            field: (annotation, ... if key == field else Field(serialization_alias=key))
            for field, (annotation, key) in fields.items()
        }
        made: type[BaseModel] = create_model(name, __config__=config, **given)
        unchecked = [field for field, (annotation, _) in fields.items() if _is_given(annotation)]
        if copied and unchecked:
            for field in unchecked:
                annotation, info = given[field]
                given[field] = (Annotated[annotation, _AsItIs(optional=False)], info)
            setattr(made, _CHECKED, create_model(name, __config__=config, **given))
        return made

    def _given(self, record: Mapping[str, Any]) -> Any:
        """Return an instance of a drafted model with the values of one that validates less."""
        checked = self._checked(record)
        return self.build(checked.__dict__, checked.model_fields_set, None)

    def lines(self, compiled: Compiled) -> Plan:
        """Return the plan for JSON Lines."""
        from thresher.schema.lines import bind_lines

        return bind_lines(compiled)

    def missing(self, key: str) -> Template | None:
        """Return the error ``missing``."""
        from thresher.schema import templates

        return templates.missing()

    def forbidden(self, key: str) -> Template | None:
        """Return the error ``extra_forbidden``."""
        from thresher.schema import templates

        return templates.made("extra_forbidden")

    def versions(self) -> dict[str, str]:
        """Return the versions of Pydantic and its core."""
        import pydantic
        import pydantic_core

        return {"pydantic": pydantic.VERSION, "pydantic-core": pydantic_core.__version__}


def read(instance: Any) -> Mapping[str, Any]:
    """Return the values of a record of any kind, by attribute."""
    if isinstance(instance, RootModel):
        return read(instance.root)
    if isinstance(instance, Mapping):
        return instance
    if dataclasses.is_dataclass(instance):
        return {field.name: getattr(instance, field.name) for field in dataclasses.fields(instance)}
    found: Mapping[str, Any] = instance._asdict() if hasattr(instance, "_asdict") else getattr(instance, "__dict__", {})
    return found


_CHECKED = "__thresher_checked__"
"""The attribute of a drafted model that has defaults of unknown types: the same model, which does not validate them.

Only Python asks it. The engine decides about records that have a value of the field, and these are of its type.
"""

_GIVEN = object()
"""Stands in the annotation of a field with such defaults. It means nothing to Pydantic."""


def _is_given(annotation: Any) -> bool:
    return any(each is _GIVEN for each in getattr(annotation, "__metadata__", ()))


class _AsItIs:
    """Stands in an annotation: values are not validated, as validators would run once more on their own values."""

    def __init__(self, optional: bool) -> None:
        """Say whether None is written as null, whatever the annotation is."""
        self._optional = optional

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> core_schema.CoreSchema:
        """Return a schema that accepts anything, and writes it as that of the annotation does."""
        schema = handler(source)
        if self._optional:
            schema = core_schema.nullable_schema(schema)
        return core_schema.no_info_wrap_validator_function(_as_it_is, schema)


def _as_it_is(value: Any, validate: Callable[[Any], Any]) -> Any:
    return value


def inherits(model: type, name: str) -> bool:
    """Return whether a method of the model is Pydantic's own; a dataclass or TypedDict has none of them."""
    if not issubclass(model, BaseModel):
        return True
    own = getattr(model, name)
    base = getattr(BaseModel, name)
    return getattr(own, "__func__", own) is getattr(base, "__func__", base)

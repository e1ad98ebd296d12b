"""Random dataclasses and TypedDicts: a drawn model's fields, in another form."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Annotated, Any, NotRequired

import pydantic.dataclasses
from hypothesis import strategies as st
from pydantic import ConfigDict, Field, TypeAdapter
from typing_extensions import TypedDict

from model_files import DrawnModel, models

__all__ = ["Relative", "relatives"]

FORMS = ["dataclass", "slots", "frozen", "pydantic", "typed_dict"]


@dataclass
class Relative:
    """A record type that is no model, its adapter, and the model whose fields it has."""

    form: str
    type: Any
    adapter: TypeAdapter[Any]
    drawn: DrawnModel


@st.composite
def relatives(draw: Any) -> Relative:
    """Draw a dataclass or a TypedDict."""
    drawn = draw(models(bases=False))
    form = draw(st.sampled_from(FORMS))
    if form == "typed_dict":
        # None of its keys has a default.
        drawn.fields = [dataclasses.replace(each, has_default=False) for each in drawn.fields]
        left_out = {each.name for each in drawn.fields if draw(st.integers(0, 2)) == 0}
        made = _typed_dict(drawn, left_out)
    else:
        made = _dataclass(drawn, form)
    drawn.described = f"{form}: {drawn.described}"
    return Relative(form, made, TypeAdapter(made), drawn)


def _annotation(drawn: DrawnModel, place: int) -> Any:
    each = drawn.fields[place]
    given = {name: getattr(each.info, name) for name in ("alias", "validation_alias", "serialization_alias")}
    return Annotated[each.annotation, Field(**{name: value for name, value in given.items() if value is not None})]


def _config(drawn: DrawnModel) -> ConfigDict:
    return drawn.model.model_config


def _dataclass(drawn: DrawnModel, form: str) -> Any:
    names = [each.name for each in drawn.fields]
    space: dict[str, Any] = {
        "__annotations__": {name: _annotation(drawn, place) for place, name in enumerate(names)},
        "__module__": __name__,
    }
    for each in drawn.fields:
        if not each.info.is_required():
            factory = each.info.default_factory
            shared = not isinstance(each.info.default, list)
            if factory is not None:
                space[each.name] = dataclasses.field(default_factory=factory)
            elif shared:
                space[each.name] = each.info.default
            else:
                space[each.name] = dataclasses.field(default_factory=lambda value=each.info.default: list(value))
    if form == "pydantic":
        return pydantic.dataclasses.dataclass(type("Made", (), space), config=_config(drawn), kw_only=True)
    made = type("Made", (), space)
    settings = {"slots": {"slots": True}, "frozen": {"frozen": True}}.get(form, {})
    made = dataclasses.dataclass(kw_only=True, **settings)(made)  # type: ignore[call-overload]
    made.__pydantic_config__ = _config(drawn)  # type: ignore[attr-defined]
    return made


def _typed_dict(drawn: DrawnModel, left_out: set[str]) -> Any:
    fields = {}
    for place, each in enumerate(drawn.fields):
        annotation = _annotation(drawn, place)
        fields[each.name] = NotRequired[annotation] if each.name in left_out else annotation
    made: Any = TypedDict("Made", fields)  # type: ignore[operator]
    made.__pydantic_config__ = _config(drawn)
    return made

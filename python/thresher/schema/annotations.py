"""Annotations: a class of records enters, the annotation of each of its fields leaves.

Knows the classes of every library of schemas; looks at no value, and imports none of these libraries.
"""

from __future__ import annotations

import dataclasses
import re
import sys
from typing import Annotated, Any, get_args, get_origin, get_type_hints

__all__ = ["annotated", "plain", "shown_type"]


def annotated(schema: type) -> dict[str, Any]:
    """Return the annotation of each field, with its metadata, by attribute and in order.

    Args:
        schema: a Pydantic model, a msgspec Struct, a dataclass or a TypedDict.

    Raises:
        TypeError: an annotation names what does not exist.
    """
    model: Any = getattr(sys.modules.get("pydantic"), "BaseModel", None)
    if model is not None and issubclass(schema, model):
        # A model that only others hold may still have names of types in place of types.
        schema.model_rebuild(raise_errors=False)  # type: ignore[attr-defined]
        return {
            name: Annotated[(info.annotation, *info.metadata)] if info.metadata else info.annotation
            for name, info in schema.model_fields.items()  # type: ignore[attr-defined]
        }
    try:
        hints = get_type_hints(schema, include_extras=True)
    except NameError as error:
        raise TypeError(str(error)) from None
    if dataclasses.is_dataclass(schema):
        return {field.name: hints[field.name] for field in dataclasses.fields(schema)}
    if issubclass(schema, dict):
        return {name: _unqualified(hint) for name, hint in hints.items()}
    names = getattr(schema, "__struct_fields__", None)
    return hints if names is None else {name: hints[name] for name in names}


def _unqualified(annotation: Any) -> Any:
    """Return the annotation of a key of a TypedDict without what says whether it must be there."""
    while getattr(get_origin(annotation), "_name", None) in ("Required", "NotRequired", "ReadOnly"):
        annotation = get_args(annotation)[0]
    if get_origin(annotation) is Annotated:
        inner = _unqualified(annotation.__origin__)
        return annotation if inner is annotation.__origin__ else Annotated[(inner, *annotation.__metadata__)]
    return annotation


def plain(schema: type) -> dict[str, Any]:
    """Return the same without metadata."""
    return {
        name: get_args(annotation)[0] if get_origin(annotation) is Annotated else annotation
        for name, annotation in annotated(schema).items()
    }


_MODULE = re.compile(r"('[^']*'|\"[^\"]*\")|\b(?:[A-Za-z_]\w*\.)+(?=[A-Za-z_])")
"""A quoted text, which stays as it is, or the module before a name."""


def shown_type(annotation: Any) -> str:
    """Return an annotation as its author would write it."""
    if annotation is type(None):
        return "None"
    if isinstance(annotation, type) and not getattr(annotation, "__args__", None):
        return annotation.__name__
    text = _MODULE.sub(lambda match: match[1] or "", str(annotation))
    return text.replace("NoneType", "None")

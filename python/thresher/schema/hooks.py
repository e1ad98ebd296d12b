"""Hooks of classes that no core schema shows.

Enters: a class. Leaves: whether its hooks may change or refuse a record. It never calls one.
"""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel
from pydantic_core import PydanticUndefined

__all__ = ["harmless_private_attributes"]

_IMMUTABLE = (str, bytes, int, float, bool, complex, type(None))


def harmless_private_attributes(model: type[BaseModel]) -> bool:
    """Return whether ``model_post_init`` only sets private attributes to constants, which cannot fail."""
    try:
        from pydantic._internal._model_construction import init_private_attributes
    except ImportError:
        return False
    found: Any = model.model_post_init
    # Each level of inheritance wraps that of its base once more.
    while getattr(getattr(found, "__code__", None), "co_name", "") == "wrapped_model_post_init" and (
        found.__code__.co_filename == init_private_attributes.__code__.co_filename
    ):
        found = found.__wrapped__
    if found is not init_private_attributes:
        return False
    attributes: Any = model.__private_attributes__.values()
    return all(
        each.default_factory is None and (each.default is PydanticUndefined or type(each.default) in _IMMUTABLE)
        for each in attributes
    )

"""Pydantic as :class:`thresher.schema.library.Library` for types that are no models: a ``TypeAdapter`` does the work.

Never decides anything itself: every answer is the adapter's own.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from pydantic import TypeAdapter
from pydantic_core import PydanticUndefined

from thresher.schema.compiled import Template
from thresher.schema.pydantic_library import PydanticLibrary, read

__all__ = ["AdapterLibrary"]


class AdapterLibrary(PydanticLibrary):
    """One type."""

    def __init__(
        self,
        adapter: TypeAdapter[Any],
        node: Mapping[str, Any] | None,
        fields: Mapping[str, Mapping[str, Any]],
        names: Iterable[str] = (),
    ) -> None:
        """Make it.

        Args:
            adapter: of the type.
            node: the core schema of a dataclass or TypedDict; None: of another type.
            fields: the core schema of each of its fields.
            names: the fields of the choices of another type.
        """
        self.validate = adapter.validator.validate_python
        self.validate_values = adapter.validator.validate_python
        self.validate_json = adapter.validator.validate_json
        self._to_json = adapter.serializer.to_json
        self._fields = fields
        self.names = frozenset(fields) | frozenset(names)
        self._kind = None if node is None else node["type"]
        self._class: Any = None if node is None else node.get("cls")
        self._slots = node is not None and bool(node.get("slots"))
        # That of a TypedDict says how it is read, and not how it is written.
        self._config = getattr(self._class, "__pydantic_config__", None) or {} if self._kind == "dataclass" else {}

    def write(self, instance: Any) -> bytes:
        """Return what ``dump_json`` of the adapter gives."""
        return self._to_json(instance)

    def values(self, instance: Any) -> Mapping[str, Any]:
        """Return the value of each field; None where a record may leave it out, and does."""
        if self._kind == "dataclass" and not self._slots and hasattr(instance, "__dict__"):
            found: Mapping[str, Any] = instance.__dict__
            return found
        found = read(instance)
        return found if found.keys() >= self.names else {**dict.fromkeys(self.names), **found}

    def build(self, values: dict[str, Any], given: set[str], extra: dict[str, Any] | None) -> Any:
        """Return an instance, made the way pydantic-core makes one."""
        if self._kind != "dataclass":
            return {**values, **extra} if extra else values
        instance = self._class.__new__(self._class)
        put = object.__setattr__
        if self._slots:
            for name, value in values.items():
                put(instance, name, value)
        else:
            put(instance, "__dict__", values)
        return instance

    def default(self, name: str) -> Any:
        """Return the default of a field as it is declared, ``...`` where there is none; None of one not all have."""
        field = self._fields.get(name)
        if field is None:
            return None
        schema = field["schema"]
        if schema["type"] != "default" or schema.get("default", PydanticUndefined) is PydanticUndefined:
            return ...
        return schema["default"]

    def forbidden(self, key: str) -> Template | None:
        """Return the error of an argument that a dataclass, or of a key that a TypedDict does not have."""
        from thresher.schema import templates

        return templates.made("unexpected_keyword_argument" if self._kind == "dataclass" else "extra_forbidden")

"""Values of one field, asked of Pydantic apart from any record.

Enters: the text of a cell, a JSON text, a value, or nothing. Leaves: the value that the model would hold, or its JSON.
Never reports errors.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import msgspec
from pydantic_core import SchemaSerializer, SchemaValidator, to_json

if TYPE_CHECKING:
    from thresher.schema.compiled import Compiled

__all__ = ["FieldValues", "JsonFieldValues"]

_raw = msgspec.json.Decoder(list[msgspec.Raw]).decode


class FieldValues:
    """Validates and writes one field of a model: :class:`thresher.schema.library.FieldLibrary`."""

    def __init__(self, compiled: Compiled, place: int, key: str | None = None) -> None:
        """Make the validator of a field.

        Args:
            compiled: the schema.
            place: position of the field.
            key: under which its value is looked up; None: the first that it has.
        """
        field = compiled.fields[place]
        self._name = field.name
        self._key = key if key is not None else field.paths[0] if field.paths else field.name
        self._node = dict(compiled.nodes[field.name])
        if key is None and not field.paths:
            # It is looked for inside of nested data, where no value of its own can be given.
            self._node.pop("validation_alias", None)
        self._definitions = list(compiled.definitions)
        config: Any = dict(compiled.config)
        self._config = config
        fields = {"type": "model-fields", "fields": {field.name: self._node}, "extra_behavior": "ignore"}
        whole: Any = {"type": "definitions", "definitions": self._definitions, "schema": fields}
        self._validator = SchemaValidator(whole, self._config)
        self._validate = self._validator.validate_python
        self._to_json: Any = None

    def of(self, cell: Any) -> Any:
        """Return the value of a cell, or of another value, that the field accepts."""
        return self._validate({self._key: cell})[0][self._name]

    def one(self, cell: str) -> tuple[Any] | None:
        """Return the value in a tuple; None where a validator leaves the field out (``PydanticOmit``)."""
        found = self._validate(self.record(cell))[0]
        return (found[self._name],) if self._name in found else None

    def record(self, cell: str) -> Any:
        """Return the record that is validated."""
        return {self._key: cell}

    def default(self) -> Any:
        """Return the default, as Pydantic gives it to one record."""
        return self._validate({})[0][self._name]

    def write(self, values: list[Any]) -> Sequence[bytes]:
        """Return the values as JSON texts, all of them in one call where these can be told apart again."""
        if self._to_json is None:
            items: Any = {"type": "list", "items_schema": self._node["schema"]}
            whole: Any = {"type": "definitions", "definitions": self._definitions, "schema": items}
            self._to_json = SchemaSerializer(whole, self._config).to_json
        if len(values) == 1:
            return [self._to_json(values)[1:-1]]
        return [bytes(raw) for raw in _raw(self._to_json(values))]


class JsonFieldValues(FieldValues):
    """The same, given JSON texts in the place of cells."""

    def __init__(self, compiled: Compiled, place: int, key: str | None = None) -> None:
        """Make the validator of a field."""
        super().__init__(compiled, place, key)
        whole: Any = {"type": "definitions", "definitions": self._definitions, "schema": self._node["schema"]}
        self._of = SchemaValidator(whole, self._config).validate_json
        self._head = to_json({self._key: 0}).decode()[:-2]

    def of(self, cell: Any) -> Any:
        """Return the value of a JSON text that the field accepts."""
        return self._of(cell)

    def one(self, cell: str) -> tuple[Any] | None:
        """Return the value in a tuple; None where a validator leaves the field out (``PydanticOmit``)."""
        found = self._validator.validate_json(self.record(cell))[0]
        return (found[self._name],) if self._name in found else None

    def record(self, cell: str) -> Any:
        """Return the line that is validated."""
        return f"{self._head}{cell}}}"

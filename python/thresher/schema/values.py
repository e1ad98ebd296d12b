"""Values of one field, asked of Pydantic apart from any record.

Enters: the text of a cell, or nothing. Leaves: the value that the model would hold. Never writes, never reports
errors.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic_core import SchemaValidator

if TYPE_CHECKING:
    from thresher.schema.compiled import Compiled

__all__ = ["FieldValues"]


class FieldValues:
    """Validates one field of a model, given one cell or none."""

    def __init__(self, compiled: Compiled, place: int) -> None:
        """Make the validator of a field.

        Args:
            compiled: the schema.
            place: position of the field.
        """
        field = compiled.fields[place]
        self._name = field.name
        self._key = field.paths[0] if field.paths else field.name
        node = dict(compiled.nodes[field.name])
        fields = {"type": "model-fields", "fields": {field.name: node}, "extra_behavior": "ignore"}
        whole: Any = {"type": "definitions", "definitions": list(compiled.definitions), "schema": fields}
        config: Any = dict(compiled.config)
        self._validate = SchemaValidator(whole, config).validate_python

    def of(self, cell: str) -> Any:
        """Return the value of a cell.

        Args:
            cell: text that the field accepts.
        """
        return self._validate({self._key: cell})[0][self._name]

    def default(self) -> Any:
        """Return the default, as Pydantic gives it to one record."""
        return self._validate({})[0][self._name]

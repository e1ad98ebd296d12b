"""Outputs that no record can have: an expression's type and an output field enter, nothing leaves, or an error.

Asks the field itself about a sample of each type, and only where no code of the user's would run. Never refuses what
any value might satisfy.
"""

from __future__ import annotations

import datetime as dt
import decimal
import uuid
from typing import TYPE_CHECKING, Any

from thresher.errors import ConfigurationError
from thresher.expr.types import show

if TYPE_CHECKING:
    from thresher.expr.expression import Expression
    from thresher.schema.compiled import Compiled, Field
    from thresher.schema.library import FieldLibrary, Library

__all__ = ["refuse_impossible"]

SAMPLES: dict[str, Any] = {
    "none": None,
    "bool": True,
    "int": 1,
    "float": 1.0,
    "str": "x",
    "date": dt.date(2024, 1, 31),
    "datetime": dt.datetime(2024, 1, 31),
    "time": dt.time(12),
    "timedelta": dt.timedelta(1),
    "decimal": decimal.Decimal(1),
    "uuid": uuid.UUID(int=0),
}
"""One value of each type; where a field refuses its *type*, it refuses all of that type."""


def refuse_impossible(output: Compiled, field: Field, expression: Expression) -> None:
    """Refuse an expression whose values all have types that its field does not take.

    Args:
        output: the output schema.
        field: the field.
        expression: where its values come from.

    Raises:
        ConfigurationError: no value of the expression can be accepted.
    """
    if field.route != "native" or "other" in expression.type:
        return
    values = output.field(output.fields.index(field))
    if all(_refuses(values, output.library, name) for name in expression.type):
        raise ConfigurationError(
            f"the field {field.name!r} of {output.schema.__qualname__} is {field.annotation}, and its expression gives "
            f"{show(expression.type)}: convert it, or change the type of the field\n    {expression.text}"
        )


def _refuses(values: FieldLibrary, library: Library, name: str) -> bool:
    try:
        values.of(SAMPLES[name])
    except library.refusal as error:
        return all(each["type"].endswith("_type") for each in library.errors(error, SAMPLES[name]))
    return False

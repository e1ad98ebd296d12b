"""The errors that a shape may give, in pydantic-core's own words.

Enters: a node with an inner structure. Leaves: problems of the plan, without loc. It never writes a message itself; an
error that pydantic-core does not write as expected is left out, and the records that have it are unsure.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from pydantic_core import SchemaError, SchemaValidator, ValidationError

from thresher.plan import HOLE
from thresher.schema.compiled import Template
from thresher.schema.templates import Words, made, template_of
from thresher.shapes import Problem

__all__ = ["lengths", "observed", "plain", "problems", "tags"]

_LENGTH = 918273645
"""Stands for a number of items until a hole takes its place."""


def problems(found: Iterable[Template | None]) -> list[Problem]:
    """Return templates as problems; those that are not there are left out."""
    return [Problem(each.type, each.msg, each.plain, each.suffix) for each in found if each is not None]


def plain(words: Words, *kinds: str, **ctx: Any) -> list[Problem]:
    """Return the problems of the given types, all of the same context."""
    return problems(made(kind, ctx or None, words) for kind in kinds)


def lengths(node: Mapping[str, Any], field_type: str, words: Words, *, told: bool) -> list[Problem]:
    """Return the problems of too few and too many items.

    Args:
        node: with ``min_length`` and ``max_length``.
        field_type: how pydantic-core calls it: ``List``.
        words: the wording.
        told: whether it says how many items there were where they are too many.
    """
    found = []
    least, most = node.get("min_length"), node.get("max_length")
    if least is not None:
        found.append(_hollow(made("too_short", _items(field_type, "min_length", least), words)))
    if most is not None:
        ctx = _items(field_type, "max_length", most)
        found.append(_hollow(made("too_long", ctx if told else {**ctx, "actual_length": None}, words)))
    return problems(found)


def _items(field_type: str, key: str, length: int) -> dict[str, Any]:
    return {"field_type": field_type, key: length, "actual_length": _LENGTH}


def _hollow(template: Template | None) -> Template | None:
    """Put the hole in the place of the number of items."""
    if template is None:
        return None
    mark = str(_LENGTH)
    return Template(
        type=template.type,
        msg=template.msg.replace(mark, HOLE),
        plain=template.plain.replace(mark, HOLE),
        suffix=template.suffix.replace(mark, HOLE),
    )


def tags(node: Mapping[str, Any], words: Words) -> list[Problem]:
    """Return the problems of a tagged union, all of whose tags are text."""
    from pydantic_core import to_json

    bare = {
        "type": "tagged-union",
        "discriminator": node["discriminator"],
        "choices": {tag: {"type": "any"} for tag in node["choices"]},
    }
    first = node["discriminator"]
    while not isinstance(first, str):
        first = first[0]
    unknown = to_json({first: HOLE}).decode()
    return problems(observed(bare, text, words) for text in ("{}", unknown, "1"))


def observed(node: Mapping[str, Any], text: str, words: Words) -> Template | None:
    """Return the template of the one error that a node gives for a JSON text."""
    schema: Any = dict(node)
    try:
        if words == "json":
            SchemaValidator(schema).validate_json(text)
        else:
            SchemaValidator({"type": "json", "schema": schema}).validate_python(text)
    except ValidationError as error:
        return template_of(error)
    except SchemaError:
        return None
    return None

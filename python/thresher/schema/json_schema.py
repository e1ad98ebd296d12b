"""JSON Schema: the path of a file, or a dict, becomes a :class:`~thresher.schema.compiled.Compiled`.

Enters: a document that says what records are like. Leaves: its compiled form, whose library is jsonschema-rs. Importing
this module imports neither that nor Pydantic. It never fetches anything: what a document refers to is in it, or in a
file beside it.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Literal, TypedDict

import msgspec

from thresher.errors import ConfigurationError, closest
from thresher.plan import HOLE, Ask, BoundField, Kind, Nested
from thresher.schema.compiled import Compiled, Field
from thresher.schema.json_schema_native import Natives, NotNativeError
from thresher.schema.json_schema_types import ALL, Resolve, annotation_of, types_of

__all__ = ["compile_document", "compile_file", "named_as_file"]

_QUIET = frozenset(
    {
        "$schema", "$id", "$defs", "definitions", "$comment", "title", "description", "examples", "default", "type",
        "properties", "required", "additionalProperties",
    }
)  # fmt: skip
"""Keywords of a record that is no more than its properties."""


def named_as_file(name: str) -> bool:
    """Tell whether a name is that of a file of JSON, not ``package.module:Name``."""
    return name.endswith(".json")


def compile_file(path: str | os.PathLike[str]) -> Compiled:
    """Return the compiled form of a file.

    Raises:
        ConfigurationError: it cannot be read, is no JSON, or no valid JSON Schema.
    """
    name = os.fspath(path)
    return _compiled(_read(name), f"the schema {name!r}", Path(name).absolute().as_uri(), os.path.basename(name))


def compile_document(document: Mapping[str, Any]) -> Compiled:
    """Return the compiled form of a document that was read already.

    Raises:
        ConfigurationError: it is no valid JSON Schema.
    """
    title = document.get("title")
    name = title if isinstance(title, str) and title else "JSON Schema"
    return _compiled(dict(document), f"the schema {name!r}", None, name)


def _read(name: str) -> Any:
    try:
        with open(name, "rb") as file:
            text = file.read()
    except FileNotFoundError:
        folder = os.path.dirname(name) or "."
        near = closest(os.path.basename(name), os.listdir(folder) if os.path.isdir(folder) else [])
        raise ConfigurationError(f"the schema {name!r} cannot be read: there is no such file{near}") from None
    except (OSError, ValueError) as error:
        what = getattr(error, "strerror", None) or error
        raise ConfigurationError(f"the schema {name!r} cannot be read: {what}") from error
    try:
        return json.loads(text, parse_constant=_no_constant)
    except RecursionError:
        raise ConfigurationError(f"the schema {name!r} is nested too deeply") from None
    except ValueError as error:
        raise ConfigurationError(f"the schema {name!r} is no JSON: {error}") from error


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is not a number in JSON")


def _compiled(document: Any, called: str, uri: str | None, name: str) -> Compiled:
    from thresher.schema.json_schema_library import JsonSchemaLibrary

    try:
        import jsonschema_rs
    except ModuleNotFoundError as error:
        if error.name != "jsonschema_rs":
            raise
        raise ConfigurationError(
            f"{called} is a JSON Schema, which needs jsonschema-rs, and that is not installed: install "
            "thresher[jsonschema]"
        ) from None
    retrieve: Any = _retriever(uri)
    try:
        validator = jsonschema_rs.validator_for(document, validate_formats=True, retriever=retrieve, base_uri=uri)
        base = uri or "json-schema:///"
        resolver = jsonschema_rs.Registry([(base, document)], retriever=retrieve).resolver(_id(document, base))
    except (jsonschema_rs.ValidationError, jsonschema_rs.ReferencingError, ValueError) as error:
        raise ConfigurationError(f"{called} is no valid JSON Schema: {_said(error)}") from None

    resolve = _resolve(resolver)
    properties = dict(_properties(document, resolve))
    required = frozenset(_required(document, resolve))
    types = {each: types_of(inner, following) for each, (inner, following) in properties.items()}
    record: Any = TypedDict(  # type: ignore[misc]
        name if name.isidentifier() else "Record",
        {each: annotation_of(found, each not in required) for each, found in types.items()},
        total=False,
    )
    record.__qualname__ = name
    natives = Natives()
    whole = _of_record(document)
    lines: list[BoundField] = []
    fields, reasons, line_reasons = [], [whole] if whole else [], [whole] if whole else []
    for each, (inner, following) in properties.items():
        field, reason = _field(each, types[each], inner, following, each in required, natives)
        fields.append(field)
        reasons += [f"property {each!r}: {reason}"] if reason else []
        try:
            lines.append(_line(len(lines), each, inner, following, each in required, natives))
        except NotNativeError as error:
            line_reasons.append(str(error))
    more = document.get("additionalProperties", True) if isinstance(document, Mapping) else True
    closed = more is False and not document.get("patternProperties")
    extra: Literal["forbid", "allow"] = "forbid" if closed else "allow"
    library = JsonSchemaLibrary(validator, document, resolve, properties, required)
    if not line_reasons:
        library.natively(lines, natives.json, extra)
    return Compiled(
        schema=record,
        library=library,
        fields=tuple(_spread(field, reasons) for field in fields),
        extra=extra,
        loc_by_alias=False,
        record_reason=reasons[0] if reasons else "",
        free_header=False,
        outputs=tuple(properties) if "object" in types_of(document, resolve) else None,
        shapes=tuple(natives.text),
    )


def _of_record(document: Any) -> str:
    """Return why nothing is native, apart from single properties; empty where that may be."""
    if not isinstance(document, Mapping) or not document.get("properties"):
        return "it has no properties"
    beyond = document.keys() - _QUIET
    if beyond:
        return f"it has {min(beyond)}"
    if document.get("type", "object") != "object":
        return "it is not of the type object"
    unknown = set(document.get("required", ())) - document["properties"].keys()
    if unknown:
        return f"{min(unknown)!r} is required, and no property"
    more = document.get("additionalProperties", True)
    return "" if isinstance(more, bool) or more == {} else "its additional properties have a schema"


def _spread(field: Field, reasons: list[str]) -> Field:
    return msgspec.structs.replace(field, route="record", reason=field.reason or reasons[0]) if reasons else field


def _id(document: Any, base: str) -> str:
    found = document.get("$id") if isinstance(document, Mapping) else None
    return found if isinstance(found, str) and ":" in found else base


def _retriever(uri: str | None) -> Any:
    """Return what reads the files that a document refers to: those beside a file, and nothing else."""

    def retrieve(wanted: str) -> Any:
        if uri is None or not wanted.startswith("file:"):
            raise ValueError("only files beside a schema file are read; nothing is fetched")
        from urllib.parse import urlsplit
        from urllib.request import url2pathname

        return _read(url2pathname(urlsplit(wanted).path))

    return retrieve


def _said(error: Exception) -> str:
    """Return what is wrong with a document, and where."""
    message = str(getattr(error, "message", error))
    place = "".join(f"/{item}" for item in getattr(error, "instance_path", ()))
    return f"at {place}: {message}" if place else message


def _resolve(resolver: Any) -> Resolve:
    def resolve(reference: str) -> Any:
        found = resolver.lookup(reference)
        return found.contents, _resolve(found.resolver)

    return resolve


def _parts(schema: Any, resolve: Resolve, depth: int = 0) -> Iterator[tuple[Mapping[str, Any], Resolve]]:
    """Yield a schema and everything that must hold besides: ``$ref`` and ``allOf``."""
    if not isinstance(schema, Mapping) or depth > 8:
        return
    yield schema, resolve
    reference = schema.get("$ref")
    if isinstance(reference, str):
        try:
            inner, following = resolve(reference)
        except Exception:
            inner, following = None, resolve
        yield from _parts(inner, following, depth + 1)
    for each in schema.get("allOf", ()):
        yield from _parts(each, resolve, depth + 1)


def _properties(schema: Any, resolve: Resolve) -> Iterator[tuple[str, tuple[Any, Resolve]]]:
    seen = set()
    for part, following in _parts(schema, resolve):
        for name, inner in part.get("properties", {}).items():
            if name not in seen:
                seen.add(name)
                yield name, (inner, following)


def _required(schema: Any, resolve: Resolve) -> Iterator[str]:
    for part, _ in _parts(schema, resolve):
        names = part.get("required", ())
        yield from names if isinstance(names, list) else ()


def _field(
    name: str, types: frozenset[str], schema: Any, resolve: Resolve, required: bool, natives: Natives
) -> tuple[Field, str]:
    """Return a property as a field, whose kernel is that of its cells, and why it has none."""
    nullable = "null" in types and types != ALL
    kind: Kind = Ask()
    reason = ""
    try:
        if HOLE in name:
            raise NotNativeError("a NUL in its name")
        kind = natives.cell(schema, resolve)
    except NotNativeError as error:
        reason = str(error)
    field = Field(
        name=name,
        key=name,
        annotation=_shown(types),
        constraints=_constraints(schema),
        route="record" if reason else "native",
        reason=reason,
        paths=(name,),
        missing_loc=(),
        required=required,
        nullable=nullable,
        null="none" if nullable else "missing" if required else "omit",
        default=None,
        kind=kind,
        optional=not required,
    )
    return field, reason


def _line(place: int, name: str, schema: Any, resolve: Resolve, required: bool, natives: Natives) -> BoundField:
    """Return the field of a property whose values are JSON.

    Raises:
        NotNativeError: it has no kernel.
    """
    if HOLE in name:
        raise NotNativeError("a NUL in its name")
    kind, nullable = natives.value(schema, resolve)
    return BoundField(
        name=name,
        column=place,
        kind=kind,
        null="missing" if required else "omit",
        default=None,
        errors=[],
        nullable=nullable,
        loc=[name] if isinstance(kind, Nested) else [],
    )


def _shown(types: frozenset[str]) -> str:
    if types == ALL:
        return "any"
    shown = types - {"integer"} if "number" in types else types
    return " | ".join(sorted(shown, key=lambda each: (each == "null", each))) or "nothing"


_HIDDEN = frozenset({"type", "title", "description", "examples", "default", "$comment", "deprecated", "$id", "$schema"})


def _constraints(schema: Any) -> str:
    if not isinstance(schema, Mapping):
        return ""
    found = (f"{key}={_short(value)}" for key, value in schema.items() if key not in _HIDDEN)
    return ", ".join(found)


def _short(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 60 else text[:59] + "…"

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

from thresher.errors import ConfigurationError, closest
from thresher.plan import Ask
from thresher.schema.compiled import Compiled, Field
from thresher.schema.json_schema_types import ALL, Resolve, annotation_of, types_of

__all__ = ["compile_document", "compile_file", "named_as_file"]

REASON = "a JSON Schema is checked by jsonschema-rs"


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
    except OSError as error:
        raise ConfigurationError(f"the schema {name!r} cannot be read: {error.strerror}") from error
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
    fields = tuple(_field(each, types[each], inner, each in required) for each, (inner, _) in properties.items())
    library = JsonSchemaLibrary(validator, document, resolve, properties, required)
    closed = isinstance(document, Mapping) and document.get("additionalProperties") is False
    extra: Literal["forbid", "allow"] = "forbid" if closed and not document.get("patternProperties") else "allow"
    return Compiled(
        schema=record,
        library=library,
        fields=fields,
        extra=extra,
        loc_by_alias=False,
        record_reason=REASON,
        free_header=False,
        outputs=tuple(properties) if "object" in types_of(document, resolve) else None,
    )


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


def _field(name: str, types: frozenset[str], schema: Any, required: bool) -> Field:
    nullable = "null" in types and types != ALL
    return Field(
        name=name,
        key=name,
        annotation=_shown(types),
        constraints=_constraints(schema),
        route="record",
        reason=REASON,
        paths=(name,),
        missing_loc=(),
        required=required,
        nullable=nullable,
        null="none" if nullable else "omit",
        default=None,
        kind=Ask(),
        optional=not required,
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

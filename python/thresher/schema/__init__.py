"""Schemas: what a user has becomes a :class:`~thresher.schema.compiled.Compiled`.

Enters: a class, another type, a JSON Schema, or the name of one. Leaves: its compiled form. Importing this module
imports no Pydantic; what is no schema is refused here with what to do about it.
"""

from __future__ import annotations

import dataclasses
import importlib
import os
import sys
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, get_origin

import msgspec

from thresher.errors import ConfigurationError, closest, shown

if TYPE_CHECKING:
    from thresher.config import Config
    from thresher.schema.compiled import Compiled

__all__ = ["compile", "load"]


def compile(schema: Any, config: Config | None = None) -> Compiled:
    """Return the compiled form of a schema.

    Args:
        schema: a Pydantic model, a msgspec Struct, a dataclass, a TypedDict, another type that Pydantic adapts (such as
            a union of models), or ``"package.module:Name"`` of one; a JSON Schema: a dict, or the path of a file whose
            name ends in ``.json``.
        config: the settings of the run; none of them changes the compiled form yet.

    Raises:
        ConfigurationError: the schema is none of these, or cannot work.
    """
    if isinstance(schema, os.PathLike) or (isinstance(schema, str) and schema.endswith(".json")):
        from thresher.schema.json_schema import compile_file

        return compile_file(schema)
    if isinstance(schema, str):
        schema = load(schema)
    for recognised, module, name in _COMPILERS:
        if recognised(schema):
            compiled: Compiled = getattr(importlib.import_module(module), name)(schema)
            return compiled
    if _is_adaptable(schema):
        from thresher.schema.adapter import compile_type

        return compile_type(schema)
    raise ConfigurationError(_unsupported(schema, _base_model()))


def _base_model() -> type | None:
    """Return Pydantic's base class where Pydantic is in use."""
    return getattr(sys.modules.get("pydantic"), "BaseModel", None)


def _is_model(schema: Any) -> bool:
    base = _base_model()
    return base is not None and isinstance(schema, type) and issubclass(schema, base) and schema is not base


def _is_struct(schema: Any) -> bool:
    return isinstance(schema, type) and issubclass(schema, msgspec.Struct) and schema is not msgspec.Struct


def _is_adaptable(schema: Any) -> bool:
    """Tell whether a schema is of one of the kinds, no models, that Pydantic makes records of."""
    if get_origin(schema) is not None or hasattr(schema, "__value__") or hasattr(schema, "__supertype__"):
        return True
    if not isinstance(schema, type) or hasattr(schema, "__struct_fields__"):
        return False
    return (
        dataclasses.is_dataclass(schema)
        or (issubclass(schema, dict) and hasattr(schema, "__required_keys__"))
        or (issubclass(schema, tuple) and hasattr(schema, "_fields"))
        or (hasattr(schema, "__get_pydantic_core_schema__") and schema is not _base_model())
    )


def _is_document(schema: Any) -> bool:
    return isinstance(schema, Mapping)


_COMPILERS: tuple[tuple[Callable[[Any], bool], str, str], ...] = (
    (_is_document, "thresher.schema.json_schema", "compile_document"),
    (_is_model, "thresher.schema.pydantic", "compile_model"),
    (_is_struct, "thresher.schema.structs", "compile_struct"),
)
"""What tells the schemas of a library, and the function that compiles them, imported when one is met."""


def load(name: str, what: str = "schema") -> Any:
    """Return the object that ``package.module:Name`` names; the working directory is searched as well.

    Args:
        name: of the object.
        what: what it is, for messages.

    Raises:
        ConfigurationError: the name has another form, the module does not import (with its own error), or has no
            such name (with the closest ones).
    """
    module_name, _, path = name.partition(":")
    if not module_name or not path:
        raise ConfigurationError(
            f"the {what} {shown(name)} is not of the form 'package.module:Name', such as 'models:Order'"
        )
    if module_name.endswith(".py") or "/" in module_name:
        module = os.path.splitext(module_name)[0].strip("./").replace("/", ".")
        raise ConfigurationError(f"the {what} {name!r} names a file: name the module instead, as in '{module}:{path}'")
    here = os.getcwd()
    if here not in sys.path and "" not in sys.path:
        sys.path.insert(0, here)
    try:
        found: Any = importlib.import_module(module_name)
    except ModuleNotFoundError as error:
        if error.name is not None and (module_name == error.name or module_name.startswith(error.name + ".")):
            raise ConfigurationError(
                f"the {what} {name!r} cannot be loaded: there is no module {error.name!r} in {here} or on the Python "
                f"path{closest(module_name, _modules_here(here))}"
            ) from error
        raise _does_not_import(f"{what} {name!r}", module_name, error) from error
    except Exception as error:
        raise _does_not_import(f"{what} {name!r}", module_name, error) from error
    for part in path.split("."):
        try:
            found = getattr(found, part)
        except AttributeError:
            where = getattr(found, "__file__", None) or getattr(found, "__qualname__", module_name)
            known = [each for each in vars(found) if not each.startswith("_")]
            raise ConfigurationError(
                f"the {what} {name!r} cannot be loaded: {where} has no {part!r}{closest(part, known)}"
            ) from None
    return found


def _does_not_import(named: str, module_name: str, error: Exception) -> ConfigurationError:
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    where = "" if trace is None else f" ({trace.tb_frame.f_code.co_filename}:{trace.tb_lineno})"
    if isinstance(error, SyntaxError):
        where = f" ({error.filename}:{error.lineno})"
        error = SyntaxError(error.msg)
    return ConfigurationError(
        f"the {named} cannot be loaded: the module {module_name!r} does not import: "
        f"{type(error).__name__}: {error}{where}"
    )


def _modules_here(folder: str) -> list[str]:
    try:
        return [entry.removesuffix(".py") for entry in os.listdir(folder) if entry.endswith(".py")]
    except OSError:
        return []


_KINDS = "a Pydantic model, a msgspec Struct, a dataclass, a TypedDict, or the file of a JSON Schema"


def _unsupported(schema: Any, base: type | None) -> str:
    what = f"the schema {getattr(schema, '__qualname__', None) or shown(schema)}"
    if base is not None and schema is base:
        return f"{what} is Pydantic's own base class: give a model that derives from it"
    if (base is not None and isinstance(schema, base)) or dataclasses.is_dataclass(type(schema)):
        return f"{what} is an instance: give its class, {type(schema).__qualname__}"
    if not isinstance(schema, type):
        return f"{what} is of type {type(schema).__name__!r}, not a model: give {_KINDS}"
    return f"{what} is not a model: give {_KINDS}"

"""Configuration files: a file of TOML or YAML enters, settings and the descriptions of pipelines leave.

    delimiter = ";"

    [pipeline.orders]
    schema = "models:Order"
    output_schema = "models:Line"
    where = "status != 'cancelled'"
    checks = ["quantity > 0", {expression = "discount < 1", message = "a gift"}]

    [pipeline.orders.from]
    total = "quantity * unit_price"

Everything that can be said in Python can be said here. Nothing is compiled or run: only names are loaded, when a
pipeline is asked for.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from typing import Any

from thresher.config import Config
from thresher.errors import ConfigurationError, closest, shown
from thresher.transform.spec import Check

__all__ = ["DEFAULT_NAMES", "ConfigFile", "Described", "read"]

DEFAULT_NAMES = ("thresher.toml", "thresher.yaml", "thresher.yml")
"""Files in the working directory in which a pipeline is looked for where no file is named."""

KEYS = ("schema", "output_schema", "where", "checks", "from", "select", "map_batches", "map_records")
"""What a pipeline is described by, beside settings."""


class Described:
    """A pipeline as a file describes it.

    Attributes:
        schema: its schema as it is named; None where the file names none.
        arguments: the other arguments of :class:`thresher.Pipeline`.
        settings: its settings, and those of the whole file.
    """

    def __init__(self, schema: str | None, arguments: dict[str, Any], settings: dict[str, Any]) -> None:
        """Make a description.

        Args:
            schema: its schema.
            arguments: of the pipeline.
            settings: fields of :class:`Config`.
        """
        self.schema = schema
        self.arguments = arguments
        self.settings = settings


class ConfigFile:
    """A configuration file that was read.

    Attributes:
        name: of the file, as the user gave it.
        settings: its settings, as they stand there.
        pipelines: the names of its pipelines.
    """

    def __init__(self, name: str, content: Mapping[str, Any]) -> None:
        """Tell settings from pipelines.

        Args:
            name: of the file.
            content: what stands in it.

        Raises:
            ConfigurationError: it holds something that is neither.
        """
        self.name = name
        self.settings = {key: value for key, value in content.items() if key != "pipeline"}
        known = Config.__struct_fields__
        for key in self.settings:
            if key not in known:
                raise ConfigurationError(f"{name!r}: there is no setting {key!r}{closest(key, [*known, 'pipeline'])}")
        _try_settings(repr(name), self.settings)
        tables = content.get("pipeline", {})
        if not isinstance(tables, Mapping) or not all(isinstance(table, Mapping) for table in tables.values()):
            raise ConfigurationError(f"{name!r}: pipeline holds a table for each pipeline, such as [pipeline.orders]")
        self._tables: dict[str, Mapping[str, Any]] = {str(key): table for key, table in tables.items()}
        self.pipelines = tuple(self._tables)

    def described(self, name: str | None) -> Described:
        """Return the description of a pipeline.

        Args:
            name: of the pipeline; None: the only one of the file.

        Raises:
            ConfigurationError: there is no such pipeline, or its description has a form that it cannot have.
        """
        if name is None:
            if len(self._tables) != 1:
                has = f"the pipelines {', '.join(self._tables)}: name one of them" if self._tables else "no pipeline"
                raise ConfigurationError(f"{self.name!r} describes {has}")
            name = next(iter(self._tables))
        if not isinstance(name, str):
            raise ConfigurationError(f"a pipeline is named by a str, not {shown(name)}")
        if name not in self._tables:
            has = f"it has {', '.join(self._tables)}" if self._tables else "it describes none"
            raise ConfigurationError(
                f"there is no pipeline {name!r} in {self.name!r}{closest(name, self._tables) or f'; {has}'}"
            )
        where = f"{self.name!r}: pipeline {name!r}"
        table = dict(self._tables[name])
        arguments = {key: table.pop(key) for key in KEYS if key in table}
        for key in table:
            if key not in Config.__struct_fields__:
                raise ConfigurationError(
                    f"{where}: there is no {key!r}{closest(key, [*KEYS, *Config.__struct_fields__])}; it takes "
                    f"{', '.join(KEYS)} and the settings"
                )
        _try_settings(where, table)
        schema = arguments.pop("schema", self.settings.get("schema"))
        for key in ("output_schema", "where", "map_batches", "map_records"):
            _expect(where, key, arguments.get(key), str | None, "a text")
        _expect(where, "schema", schema, str | None, "a text")
        return Described(schema, _arguments(where, arguments), {**self.settings, **table})


def _try_settings(where: str, settings: Mapping[str, Any]) -> None:
    """Refuse settings that cannot be used, and say where they stand."""
    try:
        Config.from_settings(settings)
    except ConfigurationError as error:
        raise ConfigurationError(f"{where}: {error}") from None


def _expect(where: str, key: str, value: Any, types: Any, words: str) -> None:
    if not isinstance(value, types):
        raise ConfigurationError(f"{where}: {key} is {words}, not {value!r}")


def _arguments(where: str, table: dict[str, Any]) -> dict[str, Any]:
    """Return the arguments of the pipeline, with functions loaded."""
    from thresher.schema import load

    found = {key: table[key] for key in ("output_schema", "where") if table.get(key) is not None}
    if "checks" in table:
        _expect(where, "checks", table["checks"], list, "a list of expressions")
        found["checks"] = [_check(where, each) for each in table["checks"]]
    if "from" in table:
        _expect(where, "from", table["from"], Mapping, "a table of expressions")
        for name, text in table["from"].items():
            _expect(where, f"from {name!r}", text, str, "an expression")
        found["values"] = dict(table["from"])
    if "select" in table:
        select = table["select"]
        _expect(where, "select", select, list, "a list of names")
        for name in select:
            _expect(where, "each name of select", name, str, "a text")
        found["select"] = select
    for key in ("map_batches", "map_records"):
        if table.get(key) is not None:
            found[key] = load(table[key], "function")
    return found


def _check(where: str, given: Any) -> Check:
    if isinstance(given, str):
        return Check(given)
    if isinstance(given, Mapping) and "expression" in given and given.keys() <= {"expression", "message"}:
        _expect(where, "the expression of a check", given["expression"], str, "a text")
        _expect(where, "the message of a check", given.get("message"), str | None, "a text")
        return Check(given["expression"], given.get("message"))
    raise ConfigurationError(
        f"{where}: a check is an expression, or a table with expression and message, not {given!r}"
    )


def read(path: str | os.PathLike[str] | None = None) -> ConfigFile:
    """Read a configuration file.

    Args:
        path: the file: TOML, or YAML where its suffix is ``.yaml`` or ``.yml``. None: the one of
            :data:`DEFAULT_NAMES` that there is in the working directory.

    Raises:
        ConfigurationError: it cannot be read, is not TOML or YAML, or holds what no configuration has.
    """
    if path is None:
        path = next((name for name in DEFAULT_NAMES if os.path.exists(name)), None)
        if path is None:
            raise ConfigurationError(
                f"there is no {' or '.join(DEFAULT_NAMES)} in {os.getcwd()}: name the file that describes the pipeline"
            )
    name = os.fspath(path) if isinstance(path, str | os.PathLike) else None
    if not isinstance(name, str):
        raise ConfigurationError(f"a configuration file is named by a str or os.PathLike, not {shown(path)}")
    try:
        with open(name, "rb") as file:
            text = file.read().decode()
    except OSError as error:
        raise ConfigurationError(f"the configuration {name!r} cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise ConfigurationError(f"the configuration {name!r} is not UTF-8: {error}") from None
    except ValueError as error:
        raise ConfigurationError(f"the configuration {name!r} cannot be read: {error}") from None
    if name.lower().endswith((".yaml", ".yml")):
        return ConfigFile(name, _yaml(name, text))
    try:
        return ConfigFile(name, tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        raise ConfigurationError(f"the configuration {name!r} is not TOML: {error}") from None


def _yaml(name: str, text: str) -> Mapping[str, Any]:
    try:
        import yaml
    except ImportError:
        raise ConfigurationError(
            f"the configuration {name!r} is YAML, and PyYAML is not installed: install thresher[yaml], or write TOML"
        ) from None
    try:
        found = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise ConfigurationError(f"the configuration {name!r} is not YAML: {error}") from None
    if found is None:
        return {}
    if not isinstance(found, Mapping) or not all(isinstance(key, str) for key in found):
        raise ConfigurationError(f"the configuration {name!r} is no table of settings")
    return found

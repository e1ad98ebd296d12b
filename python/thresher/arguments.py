"""Arguments: the command line of each command, as argparse reads it.

Enters: nothing. Leaves: parsers. Never acts on what was read.
"""

from __future__ import annotations

import argparse
import os
import re
import sys

from thresher.errors import ConfigurationError, closest

# Not typing.TYPE_CHECKING: importing typing takes longer than answering `thresher version`.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, NoReturn

__all__ = ["COMMANDS", "Parser", "parsers"]

FORMS = ("text", "json")
LEVELS = ("debug", "info", "warning", "error")
ENGINES = ("auto", "rust", "python")
FORMATS = ("auto", "csv", "tsv", "jsonl", "json")
COMMANDS = ("process", "explain", "infer", "version")


class Parser(argparse.ArgumentParser):
    """Reports a wrong command line as ConfigurationError, with the closest name."""

    def __init__(self, *args: Any, **settings: Any) -> None:
        """Make it; its help is as wide as the terminal."""
        super().__init__(*args, **{"formatter_class": _formatter, **settings})

    def options(self) -> list[str]:
        """Return the long options."""
        return [name for name in self._option_string_actions if name.startswith("--")]

    def error(self, message: str) -> NoReturn:
        """Raise instead of ending the process."""
        wrong = re.search(r"argument ([^:]*): invalid choice: '([^']*)' \(choose from (.*)\)", message)
        if wrong:
            option, value, choices = wrong.groups()
            known = [choice.strip(" '") for choice in choices.split(",")]
            message = f"{option}: there is no {value!r}{closest(value, known)}; choose from {', '.join(known)}"
        raise ConfigurationError(f"{message}\nsee {self.prog} --help")


def _formatter(prog: str) -> argparse.HelpFormatter:
    """Return what writes the help. To learn the width it would import shutil, and with it every compression."""
    columns = os.environ.get("COLUMNS", "")
    try:
        width = int(columns) if columns.isdigit() else os.get_terminal_size(sys.__stdout__.fileno()).columns  # type: ignore[union-attr]
    except (AttributeError, ValueError, OSError):
        width = 0
    return argparse.HelpFormatter(prog, width=(width or 80) - 2)


_SCHEMA = (
    "the schema, as package.module:Name: a Pydantic model, a msgspec Struct, a dataclass, a TypedDict, a union; "
    "or the path of a JSON Schema, which ends in .json"
)


def parsers() -> tuple[Parser, dict[str, Parser]]:
    """Return the parser of the command line, and that of each command."""
    parser = Parser(
        prog="thresher",
        description="Separate good records from bad ones, with the exact reasons.",
        epilog="Exit status: 0 done; 1 more rejects than --max-rejects; 2 usage or configuration; "
        "3 a file could not be read, written or processed; 4 a defect of thresher.",
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="store_true", help="print the version")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True, parser_class=Parser)
    made: dict[str, Parser] = {}

    one = made["process"] = commands.add_parser(
        "process",
        allow_abbrev=False,
        help="check files, write accepted records and rejects",
        description="Check every record of FILE against a schema; write the accepted ones and the rejects.",
    )
    one.add_argument("files", nargs="+", metavar="FILE", help="a path, a glob in quotes, or - for standard input")
    one.add_argument("--schema", metavar="M:C", help=f"{_SCHEMA}; without it one is inferred")
    _add_transform(one)
    one.add_argument("-o", "--output", metavar="OUT", help="accepted records: .csv, .tsv, .jsonl, or - (JSON Lines)")
    one.add_argument("--rejects", metavar="PATH", help="rejects with their reasons: .jsonl or .csv")
    one.add_argument("--report", metavar="PATH", help="the facts of the run: .json")
    _add_reading(one)
    one.add_argument("--max-rejects", metavar="N|P%", help="end with status 1 where more records are rejected")
    one.add_argument("--engine", choices=ENGINES, help="who does the work; default auto")
    one.add_argument("--workers", type=int, metavar="N", help="threads; default one for each processor")
    one.add_argument(
        "--verify", type=int, metavar="N", help="also ask Pydantic about every Nth record; a difference ends the run"
    )
    one.add_argument(
        "--progress", action=argparse.BooleanOptionalAction, help="how far it is; default where a terminal is there"
    )
    _add_logging(one)

    one = made["explain"] = commands.add_parser(
        "explain",
        allow_abbrev=False,
        help="show how each field is checked, each output made, and why",
        description="Show how each field of a schema is checked and each field of the output is made: natively or by "
        "Python, and why.",
    )
    one.add_argument("schema", metavar="M:C", nargs="?", help=_SCHEMA)
    _add_transform(one)
    _add_config(one)
    _add_logging(one)

    one = made["infer"] = commands.add_parser(
        "infer",
        allow_abbrev=False,
        help="print a model for a file",
        description="Print the source of a Pydantic model that at least 95% of the first records of FILE satisfy.",
    )
    one.add_argument("files", nargs="+", metavar="FILE", help="a path, or - for standard input")
    _add_reading(one)
    _add_logging(one)

    made["version"] = commands.add_parser("version", allow_abbrev=False, help="print the version")
    return parser, made


def _add_transform(parser: Parser) -> None:
    parser.add_argument("--pipeline", metavar="NAME", help="the pipeline of that name in the configuration file")
    parser.add_argument("--output-schema", metavar="M:C", help="the schema of the records that are written")
    parser.add_argument("--where", metavar="EXPR", help="leave out valid records for which it is false")
    parser.add_argument(
        "--check",
        action="append",
        metavar="EXPR",
        dest="checks",
        help="reject records for which it is false",
    )
    parser.add_argument("--select", metavar="A,B,C", help="write these fields only, in this order")
    parser.add_argument(
        "--set", action="append", metavar="NAME=EXPR", dest="values", help="write a field of this value"
    )


def _add_config(parser: Parser) -> None:
    parser.add_argument(
        "--config", metavar="FILE", help="settings and pipelines, TOML or YAML; the command line comes first"
    )


def _add_reading(parser: Parser) -> None:
    _add_config(parser)
    parser.add_argument("--format", choices=FORMATS, help="of the files, json an array; default by suffix, first byte")
    parser.add_argument("--delimiter", metavar="D", help="one character, \\t or auto (the default)")
    parser.add_argument(
        "--null-value",
        action="append",
        metavar="TEXT",
        dest="null_values",
        help="text of a null cell, may be repeated; replaces the default, the empty cell: add '' to keep it",
    )
    parser.add_argument(
        "--no-header", action="store_false", default=None, dest="header", help="columns are the fields, in order"
    )
    parser.add_argument("--encoding", metavar="E", help="of the files, such as utf-16 or windows-1252; default utf-8")
    parser.add_argument("--max-bytes", type=int, metavar="N", help="a file that holds more text stops the run")
    parser.add_argument("--max-record-bytes", type=int, metavar="N", help="longer records are rejected")


def _add_logging(parser: Parser) -> None:
    parser.add_argument("--log-format", choices=FORMS, default="text", help="of standard error; default text")
    parser.add_argument("--log-level", choices=LEVELS, help="default warning; with --log-format json, info")

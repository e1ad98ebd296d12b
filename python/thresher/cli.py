"""The command: arguments enter, an exit status leaves. Words for people go to standard error, data to standard output.

Exit status: 0 done; 1 more rejects than ``--max-rejects``; 2 usage or configuration; 3 a file could not be read,
written or processed as a whole; 4 a defect of thresher; 130 interrupted, 143 terminated.
Each handler imports what it needs, so that ``--help`` and ``version`` answer at once.
"""

from __future__ import annotations

import argparse
import errno
import os
import re
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NoReturn

from thresher.errors import (
    ConfigurationError,
    DataProcessingError,
    EngineError,
    FileError,
    ThresherError,
    closest,
)

if TYPE_CHECKING:
    from thresher.config import Config
    from thresher.result import Result
    from thresher.schema.infer import Inferred

__all__ = ["main"]

DONE, TOO_MANY_REJECTS, USAGE, FILE, DEFECT, INTERRUPTED, TERMINATED = 0, 1, 2, 3, 4, 130, 143

FORMS = ("text", "json")
LEVELS = ("debug", "info", "warning", "error")
ENGINES = ("auto", "rust", "python")
COMMANDS = ("process", "explain", "infer", "version")


class _Terminated(KeyboardInterrupt):
    """SIGTERM: ends the run as Ctrl-C does, with everything removed that was not complete."""


class _Parser(argparse.ArgumentParser):
    """Reports a wrong command line as ConfigurationError, with the closest name."""

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


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command.

    Args:
        argv: the arguments; None: those of the process.

    Returns:
        the exit status.
    """
    try:
        with _terminable():
            status = _dispatch(list(sys.argv[1:] if argv is None else argv))
            sys.stdout.flush()
            return status
    except _Terminated:
        return _fail("terminated; nothing was published", TERMINATED)
    except KeyboardInterrupt:
        return _fail("interrupted; nothing was published", INTERRUPTED)
    except BrokenPipeError:
        _abandon_stdout()
        return _fail("standard output could not be written: the reader has gone away", FILE)
    except Exception as error:
        if isinstance(error, FileError) and error.errno == errno.EPIPE:
            _abandon_stdout()
        return _fail(_words(error), _status(error), error)


def _status(error: BaseException) -> int:
    if isinstance(error, ConfigurationError):
        return USAGE
    if isinstance(error, FileError | DataProcessingError) or (isinstance(error, OSError) and error.errno):
        return FILE
    return DEFECT


def _words(error: BaseException) -> str:
    if isinstance(error, ThresherError) and not isinstance(error, EngineError):
        return str(error)
    if isinstance(error, OSError) and error.errno:
        name = f"{error.filename!r}: " if error.filename else ""
        return f"{name}{error.strerror or error}"
    return (
        f"a defect of thresher: {type(error).__name__}: {error}\n"
        "nothing was published; run again with --log-level debug for a traceback to report it with"
    )


def _fail(message: str, status: int, error: BaseException | None = None) -> int:
    """Say why it failed, in the log's form where there is one already; with a traceback at level debug."""
    try:
        logging = sys.modules.get("logging")
        logger = logging.getLogger("thresher") if logging is not None else None
        if logger is not None and logger.handlers:
            logger.error(message, exc_info=error if logger.isEnabledFor(10) else None)
        else:
            print(f"thresher: error: {message}", file=sys.stderr)
    except OSError:
        # Nobody is listening; the status still tells.
        pass
    return status


def _abandon_stdout() -> None:
    """Keep the interpreter from flushing to a closed pipe when it ends."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.close(nowhere)


@contextmanager
def _terminable() -> Iterator[None]:
    """Make SIGTERM end the run as Ctrl-C does."""
    import signal

    def terminate(number: int, frame: object) -> None:
        raise _Terminated

    try:
        before = signal.signal(signal.SIGTERM, terminate)
    except ValueError:
        # Called from another thread than the main one: signals are somebody else's.
        yield
        return
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


# ---------------------------------------------------------------- arguments


def _dispatch(arguments: list[str]) -> int:
    parser, subparsers = _parsers()
    if not arguments:
        parser.print_help(sys.stderr)
        return USAGE
    first = arguments[0]
    if first == "--version":
        return _version()
    if not first.startswith("-") and first not in COMMANDS:
        hint = closest(first, COMMANDS)
        if not hint and os.path.exists(first):
            hint = f"; did you mean 'thresher process {first}'?"
        raise ConfigurationError(f"there is no command {first!r}{hint}\ncommands: {', '.join(COMMANDS)}")
    try:
        options, unknown = parser.parse_known_args(arguments)
    except SystemExit as finished:
        # --help ends this way.
        return int(finished.code or 0)
    if unknown:
        known = subparsers[options.command].options()
        wrong = unknown[0].split("=")[0]
        kind = "option" if wrong.startswith("-") else "argument"
        raise ConfigurationError(
            f"there is no {kind} {wrong!r}{closest(wrong, known)}\nsee thresher {options.command} --help"
        )
    handlers = {"process": _process, "explain": _explain, "infer": _infer, "version": _version}
    return handlers[options.command](options)


def _parsers() -> tuple[_Parser, dict[str, _Parser]]:
    parser = _Parser(
        prog="thresher",
        description="Separate good records from bad ones, with the exact reasons.",
        epilog="Exit status: 0 done; 1 more rejects than --max-rejects; 2 usage or configuration; "
        "3 a file could not be read, written or processed; 4 a defect of thresher.",
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="store_true", help="print the version")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True, parser_class=_Parser)
    made: dict[str, _Parser] = {}

    one = made["process"] = commands.add_parser(
        "process",
        allow_abbrev=False,
        help="check files, write accepted records and rejects",
        description="Check every record of FILE against a schema; write the accepted ones and the rejects.",
    )
    one.add_argument("files", nargs="+", metavar="FILE", help="a path, a glob in quotes, or - for standard input")
    one.add_argument("--schema", metavar="M:C", help="the model, as package.module:Name; without it one is inferred")
    one.add_argument("-o", "--output", metavar="OUT", help="accepted records: .csv, .tsv, .jsonl, or - (JSON Lines)")
    one.add_argument("--rejects", metavar="PATH", help="rejects with their reasons: .jsonl or .csv")
    one.add_argument("--report", metavar="PATH", help="the facts of the run: .json")
    _add_reading(one)
    one.add_argument("--max-rejects", metavar="N|P%", help="end with status 1 where more records are rejected")
    one.add_argument("--engine", choices=ENGINES, help="who does the work; default auto")
    one.add_argument("--workers", type=int, metavar="N", help="threads; default one for each processor")
    one.add_argument(
        "--progress", action=argparse.BooleanOptionalAction, help="how far it is; default where a terminal is there"
    )
    _add_logging(one)

    one = made["explain"] = commands.add_parser(
        "explain",
        allow_abbrev=False,
        help="show how each field of a schema is checked, and why",
        description="Show how each field of a schema is checked: natively, or by asking Pydantic, and why.",
    )
    one.add_argument("schema", metavar="M:C", help="the model, as package.module:Name")
    _add_logging(one)

    one = made["infer"] = commands.add_parser(
        "infer",
        allow_abbrev=False,
        help="print a model for a file",
        description="Print the source of a Pydantic model that at least 95%% of the first records of FILE satisfy.",
    )
    one.add_argument("files", nargs="+", metavar="FILE", help="a path, or - for standard input")
    _add_reading(one)
    _add_logging(one)

    made["version"] = commands.add_parser("version", allow_abbrev=False, help="print the version")
    return parser, made


def _add_reading(parser: _Parser) -> None:
    parser.add_argument("--config", metavar="FILE.toml", help="settings; those of the command line come first")
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
    parser.add_argument("--max-record-bytes", type=int, metavar="N", help="longer records are rejected")


def _add_logging(parser: _Parser) -> None:
    parser.add_argument("--log-format", choices=FORMS, default="text", help="of standard error; default text")
    parser.add_argument("--log-level", choices=LEVELS, help="default warning; with --log-format json, info")


# ---------------------------------------------------------------- handlers


def _process(options: argparse.Namespace) -> int:
    _set_up_logging(options)
    config = _config(options)
    from thresher.log import Progress
    from thresher.run import run
    from thresher.schema import compile
    from thresher.target import Targets

    # Without an output nobody looks at the accepted records: keeping them would only cost memory.
    targets = Targets.named(options.output or os.devnull, options.rejects, options.report)
    schema = options.schema or config.schema
    as_text = options.log_format == "text"
    wanted = sys.stderr.isatty() and as_text if options.progress is None else options.progress
    progress = Progress() if wanted else None
    try:
        result = run(
            _source(options.files),
            None if schema is None else compile(schema, config),
            targets,
            config,
            progress=progress,
            sample_rejects=True,
        )
    finally:
        if progress is not None:
            progress.clear()
    if as_text:
        _tell(result, options)
    limit = config.reject_limit(result.read)
    if limit is not None and result.rejected > limit:
        return _fail(
            f"{result.rejected:,} of {result.read:,} records were rejected, "
            f"more than --max-rejects {config.max_rejects}",
            TOO_MANY_REJECTS,
        )
    return DONE


def _tell(result: Result, options: argparse.Namespace) -> None:
    """Print the summary for people."""
    from thresher.summary import TOP, examples, summary

    if result.inferred is not None:
        print(_how_to_save(result.inferred, options.files), file=sys.stderr)
    found = examples(result.rejects, result.error_counts[:TOP])
    print(summary(result, found), file=sys.stderr)


def _how_to_save(inferred: Inferred, files: list[str]) -> str:
    import shlex

    return (
        f"no schema was given: one was inferred from the first {inferred.records:,} records\n"
        f"to save it: thresher infer {shlex.join(files)} > models.py, then use --schema models:{inferred.name}\n"
    )


def _explain(options: argparse.Namespace) -> int:
    _set_up_logging(options)
    from thresher.pipeline import explain

    print(explain(options.schema))
    return DONE


def _infer(options: argparse.Namespace) -> int:
    _set_up_logging(options)
    from thresher.schema.infer import infer

    print(infer(_source(options.files), config=_config(options)).source, end="")
    return DONE


def _version(options: argparse.Namespace | None = None) -> int:
    print(_version_line())
    return DONE


def _version_line() -> str:
    from importlib.util import find_spec

    import thresher

    native = find_spec("thresher._engine") is not None
    return f"thresher {thresher.__version__}, engine {'rust' if native else 'python (no native extension)'}"


def _set_up_logging(options: argparse.Namespace) -> None:
    from thresher.log import set_up

    set_up(options.log_format, options.log_level or ("warning" if options.log_format == "text" else "info"))
    # As `python -m` does: models beside the user are found, whatever started the command.
    if os.getcwd() not in sys.path:
        sys.path.insert(0, os.getcwd())


def _source(files: list[str]) -> str | list[str]:
    return files[0] if len(files) == 1 else files


def _config(options: argparse.Namespace) -> Config:
    """Return the settings: the command line's, else those of the file, else the defaults."""
    from thresher.config import Config

    base = None if options.config is None else Config.from_settings(_read_toml(options.config))
    names = ("delimiter", "null_values", "header", "max_record_bytes", "max_rejects", "engine", "workers")
    given: dict[str, Any] = {n: v for n in names if (v := getattr(options, n, None)) is not None}
    if given.get("delimiter") == "\\t":
        given["delimiter"] = "\t"
    return Config.from_settings(given, base)


def _read_toml(path: str) -> dict[str, Any]:
    import tomllib

    try:
        with open(path, "rb") as file:
            return tomllib.load(file)
    except OSError as error:
        raise ConfigurationError(f"--config {path!r} cannot be read: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"--config {path!r} is not TOML: {error}") from error

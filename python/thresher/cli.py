"""The command: arguments enter, an exit status leaves. Words for people go to standard error, data to standard output.

Exit status: 0 done; 1 more rejects than ``--max-rejects``; 2 usage or configuration; 3 a file could not be read,
written or processed as a whole; 4 a defect of thresher; 129 hung up, 130 interrupted, 143 terminated.
Each handler imports what it needs, so that ``--help`` and ``version`` answer at once.
"""

from __future__ import annotations

import errno
import os
import sys
from contextlib import contextmanager

from thresher.errors import (
    ConfigurationError,
    DataProcessingError,
    EngineError,
    FileError,
    ThresherError,
    closest,
)

# Not typing.TYPE_CHECKING: importing typing takes longer than answering `thresher version`.
TYPE_CHECKING = False
if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator, Sequence
    from typing import Any

    from thresher.config import Config
    from thresher.result import Result
    from thresher.schema.infer import Inferred
    from thresher.transform.spec import Spec

__all__ = ["main"]

DONE, TOO_MANY_REJECTS, USAGE, FILE, DEFECT, INTERRUPTED = 0, 1, 2, 3, 4, 130


class _Terminated(KeyboardInterrupt):
    """SIGTERM, or SIGHUP where the terminal goes away: ends the run as Ctrl-C does; what is not complete is removed."""

    def __init__(self, number: int) -> None:
        super().__init__()
        self.status = 128 + number


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
    except _Terminated as ended:
        return _fail("terminated; nothing was published", ended.status)
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
        from thresher.words import for_the_command

        return for_the_command(str(error))
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
    """Make SIGTERM and SIGHUP end the run as Ctrl-C does, unless they are somebody else's, or ignored, as by nohup."""
    import signal

    def terminate(number: int, frame: object) -> None:
        raise _Terminated(number)

    # Windows has no SIGHUP.
    known = [getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name)]
    taken = [each for each in known if signal.getsignal(each) == signal.SIG_DFL]
    try:
        for each in taken:
            signal.signal(each, terminate)
    except ValueError:
        # Called from another thread than the main one.
        taken = []
    try:
        yield
    finally:
        for each in taken:
            signal.signal(each, signal.SIG_DFL)


# ---------------------------------------------------------------- arguments


def _dispatch(arguments: list[str]) -> int:
    if arguments == ["version"]:
        return _version()
    from thresher.arguments import COMMANDS, parsers

    parser, subparsers = parsers()
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


# ---------------------------------------------------------------- handlers


def _process(options: argparse.Namespace) -> int:
    _set_up_logging(options)
    schema, spec, config = _asked(options)
    from thresher.bound import Bound
    from thresher.log import Progress
    from thresher.run import run
    from thresher.schema import compile
    from thresher.target import Targets

    # Without an output nobody looks at the accepted records: keeping them would only cost memory.
    targets = Targets.named(options.output or os.devnull, options.rejects, options.report)
    bound = None
    if schema is not None:
        compiled = compile(schema, config)
        bound = Bound(compiled, None if spec is None else spec.compile(compiled))
    as_text = options.log_format == "text"
    wanted = sys.stderr.isatty() and as_text if options.progress is None else options.progress
    progress = Progress() if wanted else None
    try:
        result = run(
            _source(options.files),
            bound,
            targets,
            config,
            spec=spec,
            progress=progress,
            sample_rejects=True,
        )
    finally:
        if progress is not None:
            progress.clear()
    if as_text:
        _tell(result, options, config)
    limit = config.reject_limit(result.read)
    if limit is not None and result.rejected > limit:
        return _fail(
            f"{result.rejected:,} of {result.read:,} records were rejected, "
            f"more than --max-rejects {config.max_rejects}",
            TOO_MANY_REJECTS,
        )
    return DONE


def _tell(result: Result, options: argparse.Namespace, config: Config) -> None:
    """Print the summary for people."""
    from thresher.summary import TOP, examples, summary, words

    if result.inferred is not None:
        print(_how_to_save(result.inferred, options.files), file=sys.stderr)
    found = examples(result.rejects, result.error_counts[:TOP])
    print(summary(result, found, words(result.rejects, config.max_record_bytes)), file=sys.stderr)


def _how_to_save(inferred: Inferred, files: list[str]) -> str:
    import shlex

    return (
        f"no schema was given: one was inferred from the first {inferred.records:,} records\n"
        f"to save it: thresher infer {shlex.join(files)} > models.py, then use --schema models:{inferred.name}\n"
    )


def _explain(options: argparse.Namespace) -> int:
    _set_up_logging(options)
    schema, spec, config = _asked(options)
    if schema is None:
        raise ConfigurationError(
            "the following arguments are required: M:C, or --pipeline\nsee thresher explain --help"
        )
    from thresher.schema import compile

    compiled = compile(schema, config)
    _print(compiled.explain(None if spec is None else spec.compile(compiled)), as_source=False)
    return DONE


def _infer(options: argparse.Namespace) -> int:
    _set_up_logging(options)
    from thresher.schema.infer import infer

    _print(infer(_source(options.files), config=_config(options)).source.rstrip("\n"), as_source=True)
    return DONE


def _print(text: object, *, as_source: bool) -> None:
    """Print to standard output, whatever characters its encoding has. The source of a module is UTF-8 in a file."""
    import io

    if isinstance(sys.stdout, io.TextIOWrapper):
        if as_source and not sys.stdout.isatty():
            sys.stdout.reconfigure(encoding="utf-8")
        else:
            sys.stdout.reconfigure(errors="backslashreplace")
    print(text)


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


def _config(options: argparse.Namespace, settings: dict[str, Any] | None = None) -> Config:
    """Return the settings: the command line's, else those of the file, else the defaults."""
    from thresher.config import Config

    if settings is None:
        from thresher.config_file import read

        settings = {} if options.config is None else read(options.config).settings
    names = (
        "format", "delimiter", "null_values", "header", "encoding", "max_bytes", "max_record_bytes", "max_rejects",
        "engine", "workers", "verify",
    )  # fmt: skip
    given: dict[str, Any] = {n: v for n in names if (v := getattr(options, n, None)) is not None}
    if given.get("delimiter") == "\\t":
        given["delimiter"] = "\t"
    return Config.from_settings(given, Config.from_settings(settings))


def _asked(options: argparse.Namespace) -> tuple[str | None, Spec | None, Config]:
    """Return the schema, the transform and the settings: the command line's, else those of the pipeline of the file."""
    named: Any = options.schema
    arguments: dict[str, Any] = {}
    settings: dict[str, Any] = {}
    if options.pipeline is not None:
        from thresher.config_file import read

        found = read(options.config).described(options.pipeline)
        named, arguments, settings = named or found.schema, dict(found.arguments), found.settings
    elif options.config is not None:
        from thresher.config_file import read

        file = read(options.config)
        settings = file.settings
        if file.pipelines and named is None and "schema" not in settings:
            raise ConfigurationError(
                f"no schema is named, and {options.config!r} describes {', '.join(file.pipelines)}: choose one with "
                "--pipeline"
            )
    config = _config(options, settings)
    for name in ("output_schema", "where"):
        if getattr(options, name) is not None:
            arguments[name] = getattr(options, name)
    if options.checks:
        arguments["checks"] = [*arguments.get("checks", ()), *options.checks]
    if options.select is not None:
        arguments["select"] = [name.strip() for name in options.select.split(",")] if options.select.strip() else []
    if options.values:
        arguments["values"] = {**arguments.get("values", {}), **dict(map(_setting, options.values))}
    if not arguments:
        return named or config.schema, None, config
    from thresher.transform.spec import Spec

    return named or config.schema, Spec.of(**arguments), config


def _setting(text: str) -> tuple[str, str]:
    """Return the two sides of ``--set``."""
    name, equals, expression = text.partition("=")
    if not equals or not name.strip().isidentifier():
        raise ConfigurationError(f"--set {text!r} is not of the form NAME=EXPR, such as total='quantity * unit_price'")
    return name.strip(), expression

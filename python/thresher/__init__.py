"""Separate good records from bad ones, with the verdicts, values and errors of your own model.

    import thresher
    result = thresher.process("orders.csv", Order, output="good.csv", rejects="bad.jsonl")

Importing this package imports nothing else: each name below is fetched when it is first used, so that neither
Pydantic nor NumPy nor the native engine costs anything to a program that does not reach them.
"""

# Not typing.TYPE_CHECKING: importing typing would be most of the time that importing this package takes.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from thresher.batches import Batch, Batches
    from thresher.config import Config
    from thresher.errors import ConfigurationError, DataProcessingError, EngineError, FileError, ThresherError
    from thresher.pipeline import Pipeline, explain, process
    from thresher.report import ErrorCount, Report
    from thresher.result import Reject, Result
    from thresher.schema.infer import Inferred, infer
    from thresher.transform.spec import Check, From

    __version__: str

__all__ = [
    "Batch",
    "Batches",
    "Check",
    "Config",
    "ConfigurationError",
    "DataProcessingError",
    "EngineError",
    "ErrorCount",
    "FileError",
    "From",
    "Inferred",
    "Pipeline",
    "Reject",
    "Report",
    "Result",
    "ThresherError",
    "__version__",
    "explain",
    "infer",
    "process",
]

_HOME = {
    "Batch": "batches",
    "Batches": "batches",
    "Check": "transform.spec",
    "Config": "config",
    "ConfigurationError": "errors",
    "DataProcessingError": "errors",
    "EngineError": "errors",
    "ErrorCount": "report",
    "FileError": "errors",
    "From": "transform.spec",
    "Inferred": "schema.infer",
    "Pipeline": "pipeline",
    "Reject": "result",
    "Report": "report",
    "Result": "result",
    "ThresherError": "errors",
    "explain": "pipeline",
    "infer": "schema.infer",
    "process": "pipeline",
}
"""The module in which each public name lives."""


def __getattr__(name: str) -> object:
    """Fetch a public name where it is first used (PEP 562).

    Raises:
        AttributeError: there is no such public name.
    """
    if name == "__version__":
        value: object = _version()
    elif name in _HOME:
        from importlib import import_module

        value = getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
    else:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """List the public names, fetched or not."""
    return sorted({*globals(), *__all__})


def _version() -> str:
    """Return the version. Cargo.toml is the one place where it is written: the extension was built with it.

    Asking the extension takes 1 ms, reading the metadata of the installation 17 ms.
    """
    try:
        from thresher import _engine
    except ImportError:
        from importlib import metadata

        try:
            return metadata.version(__name__)
        except metadata.PackageNotFoundError:
            return "0+unknown"
    return _engine.version

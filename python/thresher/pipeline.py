"""Pipeline: what the user touches. A schema enters once, sources enter as often as wanted, results leave.

Only puts arguments in order; the work is that of :mod:`thresher.run`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from thresher.config import Config
from thresher.errors import ConfigurationError
from thresher.result import Result
from thresher.schema import compile
from thresher.target import Name, Targets

if TYPE_CHECKING:
    from thresher.schema.compiled import Compiled
    from thresher.schema.explain import Explanation
    from thresher.source import SourceLike

__all__ = ["Pipeline", "explain", "process"]


class Pipeline:
    """A schema and settings, compiled once to be used often. Safe to share between threads.

    Attributes:
        config: the settings.
    """

    def __init__(
        self,
        schema: Any,
        output_schema: Any = None,
        *,
        where: str | None = None,
        checks: Sequence[Any] = (),
        map_batches: Any = None,
        config: Config | None = None,
        **settings: Any,
    ) -> None:
        """Compile a schema.

        Args:
            schema: a Pydantic model class, or ``"package.module:Name"``.
            output_schema: not supported yet.
            where: not supported yet.
            checks: not supported yet.
            map_batches: not supported yet.
            config: the settings; None: the defaults.
            **settings: any field of :class:`Config`, in place of that of ``config``.

        Raises:
            ConfigurationError: the schema or a setting cannot work.
        """
        later = {"output_schema": output_schema, "where": where, "checks": checks or None, "map_batches": map_batches}
        for name, value in later.items():
            if value is not None:
                raise ConfigurationError(f"{name}= is not supported yet: leave it out")
        self.config = Config.from_settings(settings, config)
        self._compiled: Compiled = compile(schema, self.config)

    def process(
        self,
        source: SourceLike,
        *,
        output: Name | None = None,
        rejects: Name | None = None,
        report: Name | None = None,
        config: Config | None = None,
        **settings: Any,
    ) -> Result:
        """Process a source; see :func:`process` for arguments, result and errors."""
        from thresher.run import run

        targets = Targets.named(output, rejects, report)
        return run(source, self._compiled, targets, Config.from_settings(settings, config or self.config))

    async def aprocess(
        self,
        source: SourceLike,
        *,
        output: Name | None = None,
        rejects: Name | None = None,
        report: Name | None = None,
        config: Config | None = None,
        **settings: Any,
    ) -> Result:
        """Process a source in a thread, without blocking the event loop; see :func:`process`.

        A task that is cancelled is left at once; the run itself goes on to its end in its thread.
        """
        import asyncio

        return await asyncio.to_thread(
            self.process, source, output=output, rejects=rejects, report=report, config=config, **settings
        )

    def explain(self) -> Explanation:
        """Return how each field is checked, natively or by Pydantic, and why; ``str()`` of it is a table."""
        return self._compiled.explain()

    def __repr__(self) -> str:
        """Name the schema."""
        return f"<Pipeline {self._compiled.schema.__qualname__}>"


def process(
    source: SourceLike,
    schema: Any = None,
    *,
    output: Name | None = None,
    rejects: Name | None = None,
    report: Name | None = None,
    config: Config | None = None,
    **settings: Any,
) -> Result:
    r"""Give every record of a source the verdict of a schema; write the accepted ones, and set the others aside.

    Outputs appear complete and all together, or not at all. Bad data is never an exception: it is a reject.

    Args:
        source: a path, a glob, ``"-"`` for standard input, bytes, a binary file object, or a list of them.
        schema: a Pydantic model class, ``"package.module:Name"`` or a :class:`Pipeline`. None: the one that
            ``config.schema`` names; with none there either it is inferred from the first 10,000 records
            (``Result.inferred``).
        output: file for accepted records: ``.csv``, ``.tsv``, ``.jsonl`` or ``.ndjson``; ``"-"``: JSON Lines on
            standard output. None: they are kept in memory, for :meth:`Result.records`.
        rejects: file for rejects: ``.jsonl``, ``.ndjson`` or ``.csv``. None: they are kept in memory. Of a
            ``.csv`` ``Result.rejects`` has the number only.
        report: file for the report: ``.json``.
        config: the settings; None: the defaults, or those of the pipeline.
        **settings: any field of :class:`Config`, in place of that of ``config``.

    Raises:
        ConfigurationError: the schema, a setting, or a source or output that cannot be used; nothing was written.
        DataProcessingError: a source that cannot be processed as a whole; nothing was written.
        FileError: a file could not be read or written; nothing was written.
        EngineError: a defect of thresher; nothing was written.

    Example:
        >>> from pydantic import BaseModel
        >>> class Order(BaseModel):
        ...     order_id: int
        ...     quantity: int
        >>> result = process(b"order_id,quantity\n1,2\n2,many\n", Order, engine="python")
        >>> list(result.records())
        [Order(order_id=1, quantity=2)]
        >>> result.rejects[0]
        <Reject record 2, <bytes>:3: quantity: Input should be a valid integer, unable to parse string as an integer>
    """
    if isinstance(schema, Pipeline):
        return schema.process(source, output=output, rejects=rejects, report=report, config=config, **settings)
    merged = Config.from_settings(settings, config)
    named = merged.schema if schema is None else schema
    if named is not None:
        return Pipeline(named, config=merged).process(source, output=output, rejects=rejects, report=report)
    from thresher.run import run

    return run(source, None, Targets.named(output, rejects, report), merged)


def explain(schema: Any) -> Explanation:
    """Return how each field of a schema is checked, natively or by Pydantic, and why.

    Args:
        schema: a Pydantic model class, ``"package.module:Name"`` or a :class:`Pipeline`.

    Returns:
        one row for each field; ``str()`` of it is a table.

    Raises:
        ConfigurationError: the schema cannot work.
    """
    return schema.explain() if isinstance(schema, Pipeline) else Pipeline(schema).explain()

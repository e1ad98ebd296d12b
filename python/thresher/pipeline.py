"""Pipeline: what the user touches. A schema enters once, sources enter as often as wanted, results leave.

Only puts arguments in order; the work is that of :mod:`thresher.run`.
"""

from __future__ import annotations

import os
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from thresher.bound import Bound
from thresher.config import Config
from thresher.errors import ConfigurationError
from thresher.result import Result
from thresher.schema import compile
from thresher.target import Name, Targets
from thresher.transform.spec import Check, Spec

if TYPE_CHECKING:
    from thresher.batches import Batch, Batches
    from thresher.schema.explain import Explanation
    from thresher.source import SourceLike

__all__ = ["Pipeline", "explain", "process"]


class Pipeline:
    r"""A schema, a transform and settings, compiled once to be used often. Safe to share between threads.

    Attributes:
        config: the settings.

    Example:
        >>> from pydantic import BaseModel
        >>> class Order(BaseModel):
        ...     order_id: int
        ...     quantity: int
        ...     unit_price: float
        >>> class Line(BaseModel):
        ...     order_id: int
        ...     total: float
        >>> values = {"total": "quantity * unit_price"}
        >>> pipeline = Pipeline(Order, Line, where="quantity > 0", values=values, engine="python")
        >>> list(pipeline.process(b"order_id,quantity,unit_price\n1,2,0.5\n2,0,3\n").records())
        [Line(order_id=1, total=1.0)]
    """

    def __init__(
        self,
        schema: Any,
        output_schema: Any = None,
        *,
        where: str | None = None,
        checks: Sequence[Check | str] = (),
        values: Mapping[str, str] | None = None,
        select: Sequence[str] | None = None,
        map_batches: Callable[..., Any] | None = None,
        map_records: Callable[..., Any] | None = None,
        config: Config | None = None,
        **settings: Any,
    ) -> None:
        """Compile a schema and a transform.

        For one record: the schema validates, then the checks, then ``where``, then the values of the output, then the
        functions, then the output schema validates. Expressions are described in ``docs/expressions.md``.

        Args:
            schema: a Pydantic model, a msgspec Struct, a dataclass, a TypedDict, another type that Pydantic adapts
                (such as a union of models), or ``"package.module:Name"`` of one; a JSON Schema: a dict, or the path of
                a file whose name ends in ``.json``.
            output_schema: the same, of the records that are written. The value of a field is that of its
                :class:`thresher.From`, else the input field of the same name, else its default. None: records are
                written as the schema has them.
            where: an expression; valid records for which it is false are left out (``filtered``).
            checks: expressions that must be true of every record, or :class:`thresher.Check` with a message.
            values: expressions of output fields by name, in place of their ``From``.
            select: the input fields that are written, where there is no output schema; those of ``values`` are added.
                Each once; an empty list beside ``values`` keeps none of the input's.
            map_batches: called with the output values of many records before the output schema validates them: a dict
                of NumPy arrays of shape ``(records,)``, of the types that :meth:`Result.to_numpy` gives, or a
                ``pyarrow.RecordBatch`` or ``pyarrow.Table`` where its parameter is annotated so. Returns the like of
                the same length, which may have other values and other names, or an array of bool that says which
                records are kept. How many records it sees at once is not defined. An exception stops the run.
            map_records: called with the output values of each record, a dict, before ``map_batches``. Returns a dict,
                or None to leave the record out. An exception stops the run. The slow way: prefer expressions or
                ``map_batches``.
            config: the settings; None: the defaults.
            **settings: any field of :class:`Config`, in place of that of ``config``.

        Raises:
            ConfigurationError: a schema, an expression or a setting cannot work.
        """
        self.config = Config.from_settings(settings, config)
        compiled = compile(schema, self.config)
        spec = Spec.of(
            output_schema,
            where=where,
            checks=checks,
            values=values,
            select=select,
            map_batches=map_batches,
            map_records=map_records,
        )
        self._bound = Bound(compiled, spec.compile(compiled))

    @classmethod
    def from_config(cls, path: str | os.PathLike[str], name: str | None = None, **settings: Any) -> Pipeline:
        """Return a pipeline that a configuration file describes.

        Args:
            path: a file of TOML, or of YAML with the suffix ``.yaml`` or ``.yml`` (needs PyYAML, the extra ``yaml``).
            name: the pipeline, the ``orders`` of ``[pipeline.orders]``; None: the only one of the file.
            **settings: any field of :class:`Config`, in place of that of the file.

        Raises:
            ConfigurationError: the file cannot be read, has no such pipeline, or something in it cannot work.
        """
        from thresher.config_file import read

        found = read(path).described(name)
        if found.schema is None:
            raise ConfigurationError(
                f"{os.fspath(path)!r}: the pipeline names no schema: write schema = 'models:Order'"
            )
        return cls(found.schema, config=Config.from_settings({**found.settings, **settings}), **found.arguments)

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
        merged = Config.from_settings(settings, self.config if config is None else config)
        return run(source, self._bound, targets, merged)

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
        from thresher.awaited import awaited

        run = partial(self.process, source, output=output, rejects=rejects, report=report, config=config, **settings)
        again = partial(self._again, source, (output, rejects, report), config, settings)
        return await awaited(run, again, source, (output, rejects, report), native=self._bound.native)

    def _again(
        self,
        source: SourceLike,
        names: tuple[Name | None, Name | None, Name | None],
        config: Config | None,
        settings: Mapping[str, Any],
    ) -> Result | None:
        """Process a small source like one that was met before; None: it is none."""
        from thresher.run import run_again

        merged = Config.from_settings(settings, self.config if config is None else config)
        return run_again(source, self._bound, Targets.named(*names), merged)

    def batches(
        self,
        source: SourceLike,
        *,
        size: int = 50_000,
        rejects: Name | None = None,
        report: Name | None = None,
        config: Config | None = None,
        **settings: Any,
    ) -> Batches:
        r"""Process a source batch by batch, in bounded memory, while earlier batches are worked on.

        The run begins when the first batch is asked for, goes on in a thread, and waits where batches are not taken. It
        stops where the iterator is closed, the ``with`` block is left or the last reference is gone; what stops the run
        by itself is raised in its place among the batches. When all were taken, ``Batches.report`` has the totals.

        Args:
            source: see :func:`process`.
            size: records of a batch, whatever becomes of them; the last batch of each source may have fewer.
            rejects: file for rejects, which appears when the last batch was taken. None: each batch has its own.
            report: file for the report, likewise.
            config: the settings; None: those of the pipeline.
            **settings: any field of :class:`Config`, in place of that of ``config``.

        Returns:
            An iterator and context manager. Each :class:`Batch` has ``records()``, ``rejects``, the counts ``read``,
            ``accepted``, ``rejected`` and ``filtered``, ``source`` and ``first_record``; other libraries take it as
            they take a :class:`Result`.

        Raises:
            ConfigurationError: a setting or a name that cannot work; whatever the run raises comes with the batches.

        Example:
            >>> from pydantic import BaseModel
            >>> class Order(BaseModel):
            ...     order_id: int
            >>> pipeline = Pipeline(Order, engine="python")
            >>> with pipeline.batches(b"order_id\n1\nmany\n3\n", size=2) as batches:
            ...     for batch in batches:
            ...         print(batch.first_record, list(batch.records()), len(batch.rejects))
            1 [Order(order_id=1)] 1
            3 [Order(order_id=3)] 0
            >>> batches.report.accepted
            2
        """
        from thresher.batches import Batches
        from thresher.run import run

        targets = Targets.named(None, rejects, report)
        merged = Config.from_settings(settings, self.config if config is None else config)
        bound = self._bound
        return Batches(
            lambda channel: run(source, bound, targets, merged, progress=channel.tick, channel=channel), size
        )

    async def abatches(
        self,
        source: SourceLike,
        *,
        size: int = 50_000,
        rejects: Name | None = None,
        report: Name | None = None,
        config: Config | None = None,
        **settings: Any,
    ) -> AsyncGenerator[Batch, None]:
        """Yield the same as :meth:`batches`, without blocking the event loop.

        Leaving the loop early stops the run when the generator is closed: use :func:`contextlib.aclosing`.
        """
        import asyncio

        batches = self.batches(source, size=size, rejects=rejects, report=report, config=config, **settings)
        try:
            while (batch := await asyncio.to_thread(next, batches, None)) is not None:
                yield batch
        finally:
            batches.close()

    def explain(self) -> Explanation:
        """Return how each field is checked and each output made, natively or not; ``str()`` of it is a table."""
        return self._bound.compiled.explain(self._bound.transform)

    def __repr__(self) -> str:
        """Name the schema."""
        return f"<Pipeline {self._bound.compiled.schema.__qualname__}>"


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
        source: a path, a glob, ``"-"`` for standard input, bytes, a binary file object, or a list of them; compressed
            or not. CSV, JSON Lines or a JSON array.
        schema: a Pydantic model, a msgspec Struct, a dataclass, a TypedDict, another type that Pydantic adapts (such as
            a union of models), or ``"package.module:Name"`` of one; a JSON Schema: a dict, or the path of a file whose
            name ends in ``.json``; or a :class:`Pipeline`. None: the one that ``config.schema`` names; with none there
            either it is inferred from the first 10,000 records (``Result.inferred``).
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

"""The compiler for msgspec Structs, and msgspec as the library that decides about their records.

Enters: a Struct class. Leaves: a :class:`~thresher.schema.compiled.Compiled`. Nothing here imports Pydantic.
"""

from thresher.schema.structs.compile import compile_struct

__all__ = ["compile_struct"]

"""Shapes of what is inside of a field of a Struct: a type as ``msgspec.inspect`` tells it enters, a shape leaves.

No shape has problems: a value that is refused makes its record unsure, and msgspec words the error. A closed world, as
of kernels.
"""

from __future__ import annotations

from typing import Any

from msgspec import inspect

from thresher import kinds
from thresher.plan import HOLE, Shape
from thresher.schema.structs.kernels import NoKernelError, default, kernel, needs_record, written
from thresher.shapes import Dict, Leaf, List, Member, Null, Nullable, Object, Set, Tagged, Tuple

__all__ = ["Shapes"]


class Shapes:
    """The shapes of one schema.

    Attributes:
        found: so far; others name them by position.
    """

    def __init__(self) -> None:
        """Start with none."""
        self.found: list[Shape] = []
        self._structs: dict[Any, int] = {}

    def of(self, type_: inspect.Type) -> int:
        """Return the position of the shape of a type.

        Raises:
            NoKernelError: there is none. Shapes that were added on the way stay, and are named by nobody.
        """
        if isinstance(type_, inspect.Metadata):
            return self.of(type_.type)
        if isinstance(type_, inspect.UnionType):
            others = [each for each in type_.types if not isinstance(each, inspect.NoneType)]
            inner = self.of(others[0]) if len(others) == 1 else self._tagged(others)
            return inner if len(others) == len(type_.types) else self._add(Nullable(inner=inner))
        if isinstance(type_, inspect.NoneType):
            return self._add(Null(problems=[]))
        if isinstance(type_, inspect.StructType):
            return self._struct(type_)
        if isinstance(type_, inspect.ListType | inspect.VarTupleType):
            return self._add(List(item=self.of(type_.item_type), **_lengths(type_)))
        if isinstance(type_, inspect.SetType | inspect.FrozenSetType):
            return self._add(Set(item=self.of(type_.item_type), **_lengths(type_)))
        if isinstance(type_, inspect.TupleType):
            items = [self.of(each) for each in type_.item_types]
            return self._add(
                Tuple(items=items, variadic=None, min_length=None, max_length=None, fail_fast=False, problems=[])
            )
        if isinstance(type_, inspect.DictType):
            key = type_.key_type
            if not isinstance(key, inspect.StrType):
                raise NoKernelError("no kernel for a dict of other keys than text")
            return self._add(Dict(key=self.of(key), value=self.of(type_.value_type), **_lengths(type_)))
        kind = kernel(type_)
        if isinstance(kind, kinds.Any):
            raise NoKernelError("no kernel for values of any type")
        return self._add(Leaf(kind=kind, strict=False, problems=[]))

    def _add(self, shape: Shape) -> int:
        self.found.append(shape)
        return len(self.found) - 1

    def _tagged(self, types: list[inspect.Type]) -> int:
        """Return the shape of several Structs that a tag tells apart."""
        structs = [each for each in types if isinstance(each, inspect.StructType) and type(each.tag) is str]
        fields = {each.tag_field for each in structs}
        if len(structs) != len(types) or len(fields) != 1:
            raise NoKernelError("no kernel for several types")
        return self._add(
            Tagged(
                lookups=[str(fields.pop())],
                tags=[str(each.tag) for each in structs],
                shapes=[self._struct(each) for each in structs],
                problems=[],
            )
        )

    def _struct(self, type_: inspect.StructType) -> int:
        if type_.cls in self._structs:
            return self._structs[type_.cls]
        reason = needs_record(type_, whole=False)
        if reason:
            raise NoKernelError(f"{type_.cls.__qualname__}: {reason}")
        # What it holds may be of its own type.
        at = self._structs[type_.cls] = self._add(Null(problems=[]))
        try:
            members = [*self._tag(type_), *(self._member(field) for field in type_.fields)]
        except NoKernelError:
            del self._structs[type_.cls]
            raise
        self.found[at] = Object(
            members=members,
            extra="forbid" if type_.forbid_unknown_fields else "ignore",
            loc_by_alias=True,
            counts_fields=False,
            instance=False,
            problems=[],
        )
        return at

    def _tag(self, type_: inspect.StructType) -> list[Member]:
        """Return the member that holds the tag, if there is one; where it is not there it is written all the same."""
        if type_.tag_field is None:
            return []
        if type(type_.tag) is not str:
            raise NoKernelError("a tag that is no text")
        name, text = type_.tag_field, written(type_.tag)
        kind = kinds.Choice(cells=[type_.tag], texts=[text], error="literal_error")
        return [
            Member(
                name=name,
                loc=name,
                paths=[name],
                missing_loc=[],
                shape=self._add(Leaf(kind=kind, strict=False, problems=[])),
                on_absent="default",
                default=text,
                missing=None,
            )
        ]

    def _member(self, field: inspect.Field) -> Member:
        if HOLE in field.encode_name:
            raise NoKernelError("a NUL in a name")
        text = None if field.required else default(field)
        return Member(
            name=field.encode_name,
            loc=field.encode_name,
            paths=[field.encode_name],
            missing_loc=[],
            shape=self.of(field.type),
            on_absent="missing" if field.required else "ask" if text is None else "default",
            default=text,
            missing=None,
        )


def _lengths(type_: Any) -> dict[str, Any]:
    return {"min_length": type_.min_length, "max_length": type_.max_length, "fail_fast": False, "problems": []}

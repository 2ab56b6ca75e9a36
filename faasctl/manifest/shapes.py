"""Readers made of other readers: lists, free mappings, and several shapes of one thing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from faasctl.manifest.report import At, Placed
from faasctl.manifest.scalars import Reader, Schema, refuse
from faasctl.manifest.tree import Mapping, Node, Scalar, Sequence, describe

T = TypeVar("T")
K = TypeVar("K")


@dataclass(frozen=True, slots=True, eq=False)
class Items(Generic[T]):
    """A list; items that were refused are left out of the value, which is then not sound."""

    item: Reader[T]
    expected: str = "a list"
    fewest: int = 0
    unique: Callable[[T], str] | None = None

    def read(self, node: Node, at: At) -> tuple[T, ...] | None:
        if not isinstance(node, Sequence):
            null = isinstance(node, Scalar) and node.type == "null"
            refuse(node, at, self.expected, None if null else "start items with -")
            return None
        if len(node.items) < self.fewest:
            at.error(node, f"expected at least {self.fewest}, got none", "add an item")
        found: list[T] = []
        seen: dict[str, int] = {}
        for index, child in enumerate(node.items):
            value = self.item.read(child, at.item(index))
            if value is None:
                continue
            found.append(value)
            self._once(value, child, at.item(index), seen)
        return tuple(found)

    def _once(self, value: T, node: Node, at: At, seen: dict[str, int]) -> None:
        if self.unique is None:
            return
        name = self.unique(value)
        if name in seen:
            at.error(node, f"{name} is already in line {seen[name]}", "keep one of them")
        seen.setdefault(name, node.line)

    def schema(self, *, strict: bool) -> Schema:
        made: Schema = {"type": "array", "items": self.item.schema(strict=strict)}
        return {**made, "minItems": self.fewest} if self.fewest else made


@dataclass(frozen=True, slots=True, eq=False)
class Pairs(Generic[T]):
    """A mapping whose keys are the user's own words."""

    value: Reader[T]
    expected: str

    def read(self, node: Node, at: At) -> tuple[tuple[str, T], ...] | None:
        if not isinstance(node, Mapping) or not node.entries:
            got = "an empty mapping" if isinstance(node, Mapping) else describe(node)
            at.error(node, f"expected {self.expected}, got {got}")
            return None
        found = [
            (name, self.value.read(entry.value, at.key(name)))
            for name, entry in node.entries.items()
        ]
        return tuple((name, value) for name, value in found if value is not None)

    def schema(self, *, strict: bool) -> Schema:
        value = self.value.schema(strict=strict)
        return {"type": "object", "minProperties": 1, "additionalProperties": value}


@dataclass(frozen=True, slots=True, eq=False)
class Located(Generic[T]):
    """Another reader's value, with its place."""

    reader: Reader[T]

    def read(self, node: Node, at: At) -> Placed[T] | None:
        value = self.reader.read(node, at)
        return None if value is None else Placed(value, node, at)

    def schema(self, *, strict: bool) -> Schema:
        return self.reader.schema(strict=strict)


@dataclass(frozen=True, slots=True, eq=False)
class Shapes(Generic[T]):
    """Several ways to write one thing, told apart by the node's own shape."""

    expected: str
    scalar: Reader[T] | None = None
    number: Reader[T] | None = None
    sequence: Reader[T] | None = None
    mapping: Reader[T] | None = None

    def read(self, node: Node, at: At) -> T | None:
        reader = self._reader(node)
        if reader is None:
            refuse(node, at, self.expected)
            return None
        return reader.read(node, at)

    def _reader(self, node: Node) -> Reader[T] | None:
        match node:
            case Sequence():
                return self.sequence
            case Mapping():
                return self.mapping
            case Scalar(type="null"):
                return None
            case Scalar(type="integer" | "number") if self.number is not None:
                return self.number
            case Scalar():
                return self.scalar

    def schema(self, *, strict: bool) -> Schema:
        shapes = (self.scalar, self.number, self.sequence, self.mapping)
        readers = [one for one in shapes if one]
        return {"anyOf": [one.schema(strict=strict) for one in readers]}


@dataclass(frozen=True, slots=True, eq=False)
class Mapped(Generic[K, T]):
    """Another reader's value, made into something else by a function that can't fail."""

    reader: Reader[K]
    make: Callable[[K], T]

    def read(self, node: Node, at: At) -> T | None:
        value = self.reader.read(node, at)
        return None if value is None else self.make(value)

    def schema(self, *, strict: bool) -> Schema:
        return self.reader.schema(strict=strict)

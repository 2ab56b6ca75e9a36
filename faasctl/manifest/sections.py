"""Readers of mappings: tables of keys that read, check and describe themselves."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any, Generic, TypeVar, cast, overload

from faasctl.manifest.report import At, Placed
from faasctl.manifest.scalars import Anything, Reader, Schema, refuse
from faasctl.manifest.spelling import hint_for
from faasctl.manifest.tree import Entry, Mapping, Node, Scalar

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)


@dataclass(frozen=True, slots=True, eq=False)
class Key(Generic[T_co]):
    """One key of a section: how it is written, read, described and left out.

    `shown` is the default as users would write it. `ignored` says why the value is not used.
    """

    name: str
    reader: Reader[object]
    doc: str
    default: object = None
    shown: object = None
    required: bool = False
    aliases: tuple[str, ...] = ()
    ignored: str | None = None

    @property
    def names(self) -> tuple[str, ...]:
        return (self.name, *self.aliases)

    def schema(self, *, strict: bool) -> Schema:
        made: Schema = {"description": self.doc, **self.reader.schema(strict=strict)}
        if self.ignored:
            made["deprecated"] = True
        return made if self.shown is None else {**made, "default": self.shown}


def need(name: str, reader: Reader[T], doc: str, *, aliases: tuple[str, ...] = ()) -> Key[T]:
    """A key that must be there."""
    return Key(name, reader, doc, required=True, aliases=aliases)


@overload
def may(
    name: str, reader: Reader[T], doc: str, *, aliases: tuple[str, ...] = ...
) -> Key[T | None]: ...
@overload
def may(
    name: str,
    reader: Reader[T],
    doc: str,
    *,
    default: T,
    shown: object = ...,
    aliases: tuple[str, ...] = ...,
) -> Key[T]: ...
def may(
    name: str,
    reader: Reader[T],
    doc: str,
    *,
    default: T | None = None,
    shown: object = None,
    aliases: tuple[str, ...] = (),
) -> Key[T] | Key[T | None]:
    """A key that may be left out, for a default or for None."""
    plain = isinstance(default, (bool, int, float, str)) and shown is None
    return Key(name, reader, doc, default, default if plain else shown, aliases=aliases)


def ignored(name: str, doc: str, why: str) -> Key[Node | None]:
    """A key that is known, accepted and not used, with a warning."""
    return Key(name, Anything(), doc, ignored=why)


@dataclass(frozen=True, slots=True)
class _Taken:
    """What a key said: None is a refused value, `sound` that nothing in it was refused."""

    entry: Entry
    value: object
    sound: bool


@dataclass(frozen=True, slots=True)
class Fields:
    """A section's values by key."""

    node: Mapping
    at: At
    taken: dict[Key[object], _Taken]

    def __getitem__(self, key: Key[T]) -> T:
        """The value, or the default where the key is absent or was refused."""
        taken = self.taken.get(key)
        value = key.default if taken is None or taken.value is None else taken.value
        return cast("T", value)

    def given(self, key: Key[object]) -> bool:
        return key in self.taken

    def sound(self, *keys: Key[object]) -> bool:
        """Whether all of them are absent or without any problem."""
        return all(key not in self.taken or self.taken[key].sound for key in keys)

    def placed(self, key: Key[T]) -> Placed[T]:
        """The value with its place; the section's own place where the key is absent."""
        taken = self.taken.get(key)
        node = taken.entry.value if taken else self.node
        return Placed(self[key], node, self.at.key(key.name))

    def named(self, key: Key[object]) -> Placed[str]:
        """The key itself with its place, for problems of its being there."""
        taken = self.taken.get(key)
        node = taken.entry.key if taken else self.node
        return Placed(key.name, node, self.at.key(key.name))


@dataclass(frozen=True, slots=True, eq=False)
class Section(Generic[T]):
    """A mapping with known keys; exactly one of `one_of` must be there."""

    expected: str
    keys: tuple[Key[object], ...]
    make: Callable[[Fields], T | None]
    one_of: tuple[Key[object], ...] = ()

    def read(self, node: Node, at: At) -> T | None:
        if not isinstance(node, Mapping):
            refuse(node, at, self.expected, self._wrapped(node))
            return None
        fields, complete = self.fields(node, at)
        return self.make(fields) if complete else None

    def fields(self, node: Mapping, at: At) -> tuple[Fields, bool]:
        """All keys that are there, and whether those are that must be."""
        fields = Fields(node, at, {})
        for name, entry in node.entries.items():
            self._take(name, entry, fields)
        return fields, self._complete(fields)

    def _wrapped(self, node: Node) -> str | None:
        """How to write a bare value, where one key is what the section is about."""
        needed = [key.name for key in (*self.keys, *self.one_of) if key.required]
        if isinstance(node, Scalar) and node.type == "string" and len(needed) == 1:
            return f"write {{{needed[0]}: {node.text}}}" if node.text.isprintable() else None
        return None

    def _take(self, name: str, entry: Entry, fields: Fields) -> None:
        at = fields.at
        key = _by_name(self).get(name)
        if key is None:
            place = _deeper(self).get(name)
            hint = f"it belongs in {place}" if place else hint_for(name, _by_name(self))
            at.key(name).unused(entry.key, "unknown key", hint)
        elif key in fields.taken:
            written = " and ".join(name for name in key.names if name in fields.node.entries)
            at.key(name).error(entry.key, f"{written} say the same", "keep one of them")
        else:
            errors = at.report.errors
            value = key.reader.read(entry.value, at.key(name))
            fields.taken[key] = _Taken(entry, value, sound=at.report.errors == errors)
            if key.ignored:
                at.key(name).warn(entry.key, f"ignored: {key.ignored}")

    def _complete(self, fields: Fields) -> bool:
        """Whether all that must be there is there, and was read; reports what is not."""
        missing = [key for key in self.keys if key.required and key not in fields.taken]
        for key in missing:
            fields.at.key(key.name).error(fields.node, f"missing: {key.doc}", f"add {key.name}:")
        there = [key for key in self.one_of if key in fields.taken]
        names = ", ".join(key.name for key in self.one_of)
        if self.one_of and not there:
            fields.at.error(fields.node, f"expected one of {names}", f"add {self.one_of[0].name}:")
        for key in there[1:]:
            message = f"{there[0].name} is there, too; exactly one of {names} was expected"
            fields.named(key).error(message, "keep one of them")
        refused = any(
            taken.value is None for key, taken in fields.taken.items() if self._decides(key)
        )
        return not (missing or refused or len(there) != bool(self.one_of))

    def _decides(self, key: Key[object]) -> bool:
        return key.required or key in self.one_of

    def schema(self, *, strict: bool) -> Schema:
        properties: dict[str, object] = {}
        for key in (*self.keys, *self.one_of):
            properties |= dict.fromkeys(key.names, key.schema(strict=strict))
        made: Schema = {"type": "object", "properties": properties}
        if required := [key.name for key in self.keys if key.required]:
            made["required"] = required
        if self.one_of:
            made["oneOf"] = [{"required": [name]} for key in self.one_of for name in key.names]
        return {**made, "additionalProperties": False} if strict else made


@cache
def _by_name(section: Section[Any]) -> dict[str, Key[object]]:
    keys = (*section.keys, *section.one_of)
    return {name: key for key in keys for name in key.names}


@cache
def _deeper(section: Section[Any]) -> dict[str, str]:
    """Keys that only sections below this one have, and where."""
    found: dict[str, str] = {}
    for key in (*section.keys, *section.one_of):
        if isinstance(key.reader, Section):
            found = dict.fromkeys(_by_name(key.reader), key.name) | found
            for name, path in _deeper(key.reader).items():
                found.setdefault(name, f"{key.name}.{path}")
    return {name: path for name, path in found.items() if name not in _by_name(section)}

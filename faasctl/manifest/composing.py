"""Parser events to trees: anchors, aliases, merge keys, duplicate keys, tags.

No tag ever makes an object. Sizes count what a reader will walk, so that nested aliases can't
make it walk for ever, and depth is bounded because the parser itself is slow on deep nesting.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, cast

import yaml

from faasctl.errors import Problem
from faasctl.manifest.spelling import did_you_mean
from faasctl.manifest.tree import Entry, Mapping, Node, Scalar, ScalarType, Sequence, quote

_DEEPEST = 64
_LARGEST = 100_000
_TAG = "tag:yaml.org,2002:"
_MERGE = f"{_TAG}merge"
# Dates are strings here: JSON, which these manifests also are, has no dates.
_SCALARS: dict[str, ScalarType] = {
    f"{_TAG}str": "string",
    f"{_TAG}timestamp": "string",
    f"{_TAG}value": "string",
    _MERGE: "string",
    f"{_TAG}int": "integer",
    f"{_TAG}float": "number",
    f"{_TAG}bool": "boolean",
    f"{_TAG}null": "null",
}
_LOADER: type[yaml.SafeLoader | yaml.CSafeLoader] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_RESOLVER: Any = yaml.resolver.Resolver()


def _place(event: yaml.Event) -> tuple[int, int]:
    """Line and column of an event, from 1."""
    mark = event.start_mark
    return (mark.line + 1, mark.column + 1) if mark else (1, 1)


def _shown(tag: str | None) -> str:
    """A tag as it is written."""
    return quote((tag or "!").replace(_TAG, "!!", 1))


class TooDeepError(Exception):
    """The rest of the file is not worth parsing."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.message)
        self.problem = problem


class _RefusedError(Exception):
    """A document that can't become a tree; what is wrong has been reported."""


@dataclass(frozen=True, slots=True)
class _Sized:
    """A tree and how many values a reader walks in it."""

    tree: Node
    size: int = 1
    merges: bool = False


@dataclass(slots=True)
class Composer:
    """The documents of one text, in order, with problems reported on the way."""

    text: str
    file: str
    problems: list[Problem]
    _loader: yaml.SafeLoader | yaml.CSafeLoader = field(init=False)
    _anchors: dict[str, _Sized | None] = field(default_factory=dict)
    _depth: int = 0

    def documents(self) -> Iterator[Node | None]:
        """Each document's tree, or None for one that was refused; syntax errors are raised."""
        self._loader = _LOADER(self.text)
        try:
            while self._loader.check_event():
                event = self._loader.get_event()
                if isinstance(event, yaml.DocumentStartEvent):
                    yield self._document()
        finally:
            self._loader.dispose()

    def _document(self) -> Node | None:
        self._anchors, self._depth = {}, 0
        try:
            return self._node(self._next()).tree
        except _RefusedError:
            while not self._loader.check_event(yaml.DocumentEndEvent):
                self._loader.get_event()
            return None

    def _next(self) -> yaml.NodeEvent:
        """The event of the next node; that there is one has been seen."""
        return cast("yaml.NodeEvent", self._loader.get_event())

    def _problem(self, event: yaml.Event, message: str, hint: str | None = None) -> Problem:
        return Problem(self.file, *_place(event), message, hint)

    def _report(self, event: yaml.Event, message: str, hint: str | None = None) -> None:
        self.problems.append(self._problem(event, message, hint))

    def _node(self, event: yaml.NodeEvent) -> _Sized:
        """The tree that starts with this event."""
        if isinstance(event, yaml.AliasEvent):
            return self._alias(event)
        anchor = event.anchor
        if anchor is not None:
            self._anchors[anchor] = None
        if isinstance(event, yaml.ScalarEvent):
            made = self._scalar(event)
        else:
            made = self._branch(cast("yaml.CollectionStartEvent", event))
        if anchor is not None:
            self._anchors[anchor] = made
        return made

    def _alias(self, event: yaml.AliasEvent) -> _Sized:
        name = event.anchor or ""
        if name not in self._anchors:
            hint = did_you_mean(name, self._anchors) or "put a text that starts with * in quotes"
            self._report(event, f"no anchor &{name} stands before this alias", hint)
            raise _RefusedError
        made = self._anchors[name]
        if made is None:
            self._report(event, f"the anchor &{name} is used inside itself", "write it out")
            raise _RefusedError
        return made

    def _scalar(self, event: yaml.ScalarEvent) -> _Sized:
        tag = event.tag
        if tag is None or tag == "!":
            tag = str(_RESOLVER.resolve(yaml.ScalarNode, event.value, event.implicit))
        kind = _SCALARS.get(tag)
        if kind is None:
            self._report(event, f"the tag {_shown(tag)} is not supported", "remove it")
        tree = Scalar(event.value, kind or "string", *_place(event))
        return _Sized(tree, merges=tag == _MERGE)

    def _branch(self, event: yaml.CollectionStartEvent) -> _Sized:
        """A list or a mapping, down to its end."""
        if self._depth >= _DEEPEST:
            message = f"nested more than {_DEEPEST} levels deep"
            raise TooDeepError(self._problem(event, message, "manifests need ten at most"))
        self._depth += 1
        is_list = isinstance(event, yaml.SequenceStartEvent)
        if event.tag not in (None, "!", _TAG + ("seq" if is_list else "map")):
            self._report(event, f"the tag {_shown(event.tag)} is not supported", "remove it")
        made = self._sequence(event) if is_list else self._mapping(event)
        self._depth -= 1
        if made.size > _LARGEST:
            message = f"more than {_LARGEST} values, counting what aliases repeat"
            self._report(event, message, "split the file")
            raise _RefusedError
        return made

    def _sequence(self, event: yaml.Event) -> _Sized:
        items: list[Node] = []
        size = 1
        while not self._loader.check_event(yaml.SequenceEndEvent):
            made = self._node(self._next())
            items.append(made.tree)
            size += made.size
        self._loader.get_event()
        return _Sized(Sequence(tuple(items), *_place(event)), size)

    def _mapping(self, event: yaml.Event) -> _Sized:
        """Own keys first, then those merged in, so that own ones win."""
        entries: dict[str, Entry] = {}
        merged: list[tuple[yaml.Event, _Sized]] = []
        size = 1
        while not self._loader.check_event(yaml.MappingEndEvent):
            key_event = self._next()
            key = self._node(key_event)
            value_event = self._next()
            value = self._node(value_event)
            size += value.size
            if key.merges:
                merged.append((value_event, value))
            elif (own := self._key(key_event, key.tree, entries)) is not None:
                entries[own.text] = Entry(own, value.tree)
        self._loader.get_event()
        for merging, value in merged:
            self._merge(merging, value.tree, entries)
        return _Sized(Mapping(entries, *_place(event)), size)

    def _key(self, event: yaml.Event, key: Node, seen: dict[str, Entry]) -> Scalar | None:
        """The key, or None and a problem when it is no string or comes twice."""
        if not isinstance(key, Scalar):
            self._report(event, "a key can't be a list or a mapping", "write a plain word")
            return None
        if key.type != "string":
            written = quote(key.text)[1:-1] or "(nothing)"
            self._report(event, f"the key {written} is no string", "put it in quotes")
            return None
        if key.text in seen:
            message = f"the key {quote(key.text)} is already in line {seen[key.text].key.line}"
            self._report(event, message, "keep one of them")
            return None
        return key

    def _merge(self, event: yaml.Event, tree: Node, entries: dict[str, Entry]) -> None:
        """Add what stands behind `<<`: a mapping, or a list of them of which the first wins."""
        for one in tree.items if isinstance(tree, Sequence) else (tree,):
            if isinstance(one, Mapping):
                for name, entry in one.entries.items():
                    entries.setdefault(name, entry)
            else:
                self._report(event, "<< merges mappings only", "write <<: *name")

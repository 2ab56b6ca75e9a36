"""Readers of single values; each also describes itself as JSON Schema."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from faasctl.manifest.report import At
from faasctl.manifest.spelling import did_you_mean
from faasctl.manifest.tree import Node, Scalar, describe

Schema = dict[str, object]
T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)
Number = TypeVar("Number", int, float)

# NUL ends strings in every system below us, and half a surrogate pair can't be encoded.
_UNUSABLE = re.compile("[\x00\ud800-\udfff]")
_WHOLE = re.compile(r"[-+]?(0|[1-9][0-9]*)")
_MOST_DIGITS = 18
_TRUTH = {"true": True, "yes": True, "on": True, "false": False, "no": False, "off": False}


class Reader(Protocol[T_co]):
    """Turns a node into a value; None means refused, and reported."""

    def read(self, node: Node, at: At) -> T_co | None: ...

    def schema(self, *, strict: bool) -> Schema: ...


def refuse(node: Node, at: At, expected: str, hint: str | None = None) -> None:
    """Report a value of the wrong kind."""
    if hint is None and isinstance(node, Scalar) and node.type == "null":
        hint = "leave the key out, or write a value"
    at.error(node, f"expected {expected}, got {describe(node)}", hint)


def _usable(node: Scalar, at: At) -> bool:
    odd = _UNUSABLE.search(node.text)
    if odd:
        at.error(node, f"the character U+{ord(odd.group()):04X} can't stand here", "remove it")
    return odd is None


def _fits(pattern: str | None, text: str) -> bool:
    return pattern is None or re.fullmatch(pattern, text) is not None


@dataclass(frozen=True, slots=True)
class Text:
    """A string, in a form that `pattern` gives and `expected` says in words."""

    expected: str = "a string"
    pattern: str | None = None
    longest: int = 4096
    hint: str | None = None

    def read(self, node: Node, at: At) -> str | None:
        if not isinstance(node, Scalar) or node.type != "string":
            refuse(node, at, self.expected, self._quoting(node) or self.hint)
            return None
        if not _usable(node, at):
            return None
        if not node.text or not _fits(self.pattern, node.text):
            refuse(node, at, self.expected, self.hint)
            return None
        if len(node.text) > self.longest:
            length = f"{len(node.text)} characters are more than {self.longest}"
            at.error(node, length, "shorten it")
            return None
        return node.text

    def _quoting(self, node: Node) -> str | None:
        """The hint for a number or truth value that would do as a text."""
        if not isinstance(node, Scalar) or node.type in ("string", "null"):
            return None
        return "put it in quotes" if _fits(self.pattern, node.text) else None

    def schema(self, *, strict: bool) -> Schema:
        del strict
        made: Schema = {"type": "string", "minLength": 1, "maxLength": self.longest}
        return {**made, "pattern": self.pattern} if self.pattern else made


@dataclass(frozen=True, slots=True)
class SourceText:
    """Any single value, as its own source text: `3.10` stays `3.10`; strings stay as written."""

    expected: str = "a string"
    pattern: str | None = None
    hint: str | None = None

    def read(self, node: Node, at: At) -> str | None:
        if not isinstance(node, Scalar) or node.type == "null":
            refuse(node, at, self.expected, self.hint)
            return None
        if not _usable(node, at):
            return None
        if not _fits(self.pattern, node.text):
            refuse(node, at, self.expected, self.hint)
            return None
        return node.text

    def schema(self, *, strict: bool) -> Schema:
        del strict
        made: Schema = {"type": ["string", "number", "boolean"]}
        return {**made, "pattern": self.pattern} if self.pattern else made


@dataclass(frozen=True, slots=True)
class Flag:
    """true or false."""

    def read(self, node: Node, at: At) -> bool | None:
        if isinstance(node, Scalar) and node.type == "boolean" and node.text.lower() in _TRUTH:
            return _TRUTH[node.text.lower()]
        refuse(node, at, "true or false")
        return None

    def schema(self, *, strict: bool) -> Schema:
        del strict
        return {"type": "boolean"}


@dataclass(frozen=True, slots=True)
class Integer:
    """A decimal whole number in a range, or one of `allowed`."""

    minimum: int
    maximum: int
    allowed: tuple[int, ...] = ()

    def read(self, node: Node, at: At) -> int | None:
        if not isinstance(node, Scalar) or node.type != "integer":
            quoted = isinstance(node, Scalar) and _WHOLE.fullmatch(node.text)
            refuse(node, at, "a whole number", "remove the quotes" if quoted else None)
            return None
        if not _WHOLE.fullmatch(node.text):
            refuse(node, at, "a decimal whole number", "write only digits")
            return None
        if len(node.text) > _MOST_DIGITS:
            at.error(node, f"{describe(node)} is out of range", self._bounds())
            return None
        return self._in_range(int(node.text), node, at)

    def _bounds(self) -> str:
        return f"expected {self.minimum} to {self.maximum}"

    def _in_range(self, value: int, node: Node, at: At) -> int | None:
        if value < self.minimum:
            at.error(node, f"{value} is below {self.minimum}", self._bounds())
        elif value > self.maximum:
            at.error(node, f"{value} is above {self.maximum}", self._bounds())
        elif self.allowed and value not in self.allowed:
            near = min(self.allowed, key=lambda one: abs(one - value))
            choices = ", ".join(map(str, self.allowed))
            at.error(node, f"expected one of {choices}; got {value}", f"did you mean {near}?")
        else:
            return value
        return None

    def schema(self, *, strict: bool) -> Schema:
        del strict
        if self.allowed:
            return {"enum": list(self.allowed)}
        return {"type": "integer", "minimum": self.minimum, "maximum": self.maximum}


@dataclass(frozen=True, slots=True)
class Choice(Generic[T]):
    """One of a few words, and what each stands for."""

    words: Mapping[str, T]

    def read(self, node: Node, at: At) -> T | None:
        *others, last = self.words
        expected = f"{', '.join(others)} or {last}" if others else last
        if not isinstance(node, Scalar) or node.type == "null":
            refuse(node, at, expected)
            return None
        if node.text not in self.words:
            refuse(node, at, expected, did_you_mean(node.text, self.words))
            return None
        return self.words[node.text]

    def schema(self, *, strict: bool) -> Schema:
        del strict
        return {"enum": list(self.words)}


@dataclass(frozen=True, slots=True)
class Quantity(Generic[Number]):
    """A number with a unit, between two bounds that are given in the form users write."""

    parse: Callable[[str], Number]
    pattern: str
    minimum: str
    maximum: str
    hint: str | None = None

    def read(self, node: Node, at: At) -> Number | None:
        bounds = f"expected {self.minimum} to {self.maximum}"
        if not isinstance(node, Scalar) or node.type in ("null", "boolean"):
            refuse(node, at, f"a quantity of {self.minimum} to {self.maximum}")
            return None
        try:
            value = self.parse(node.text)
        except ValueError as error:
            at.error(node, str(error), self.hint or bounds)
            return None
        if value < self.parse(self.minimum):
            at.error(node, f"{node.text} is below {self.minimum}", self.hint or bounds)
            return None
        if value > self.parse(self.maximum):
            at.error(node, f"{node.text} is above {self.maximum}", bounds)
            return None
        return value

    def schema(self, *, strict: bool) -> Schema:
        del strict
        return {"type": ["string", "number"], "pattern": self.pattern}


@dataclass(frozen=True, slots=True)
class Anything:
    """A value that is not used, of any shape."""

    def read(self, node: Node, at: At) -> Node | None:
        del at
        return node

    def schema(self, *, strict: bool) -> Schema:
        del strict
        return {}

"""Manifest text as a tree of nodes that know where they stand."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

ScalarType = Literal["string", "integer", "number", "boolean", "null"]

_CLIP = 60


@dataclass(frozen=True, slots=True)
class Scalar:
    """`text` is the source's own; `type` is what YAML takes it for."""

    text: str
    type: ScalarType
    line: int
    column: int


@dataclass(frozen=True, slots=True)
class Sequence:
    items: tuple[Node, ...]
    line: int
    column: int


@dataclass(frozen=True, slots=True)
class Entry:
    key: Scalar
    value: Node


@dataclass(frozen=True, slots=True)
class Mapping:
    """Keys are strings, each there once; merge keys are resolved."""

    entries: dict[str, Entry]
    line: int
    column: int


Node = Scalar | Sequence | Mapping


def quote(text: str) -> str:
    """The text in quotes, on one line, not longer than a reader wants."""
    short = text if len(text) <= _CLIP else f"{text[: _CLIP - 1]}…"
    return repr(short)


def describe(node: Node) -> str:
    """What a problem says that it got."""
    match node:
        case Sequence():
            return "a list"
        case Mapping():
            return "a mapping"
        case Scalar(type="null"):
            return "nothing"
        case Scalar(text=text, type="string"):
            return quote(text)
        case Scalar(text=text):
            return quote(text)[1:-1]

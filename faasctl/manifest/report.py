"""Where readers put what they find: problems, and claims about the rest of the module."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Generic, TypeVar

from faasctl.errors import Problem
from faasctl.manifest.tree import Node
from faasctl.model import Position

T = TypeVar("T")


@dataclass(slots=True)
class Report:
    """Problems and claims of one manifest, in the order found; `errors` are no warnings."""

    file: str
    problems: list[Problem] = field(default_factory=list)
    claims: list[Claim] = field(default_factory=list)
    errors: int = 0


@dataclass(frozen=True, slots=True)
class At:
    """A place in a manifest by its keys, such as `spec.env[0].name`.

    `strict` manifests are of our own group; in the others what we don't use is only a warning.
    """

    report: Report
    path: str
    strict: bool

    def key(self, name: str) -> At:
        return At(self.report, f"{self.path}.{name}" if self.path else name, self.strict)

    def item(self, index: int) -> At:
        return At(self.report, f"{self.path}[{index}]", self.strict)

    def error(self, node: Node, message: str, hint: str | None = None) -> None:
        self.report.errors += 1
        self._add(node, message, hint, warning=False)

    def warn(self, node: Node, message: str, hint: str | None = None) -> None:
        self._add(node, message, hint, warning=True)

    def unused(self, node: Node, message: str, hint: str | None = None) -> None:
        """Something that changes nothing: an error in our own group, else a warning."""
        if self.strict:
            self.error(node, message, hint)
        else:
            self.warn(node, f"{message}; it is ignored", hint)

    def position(self, node: Node) -> Position:
        return Position(self.report.file, node.line, node.column)

    def _add(self, node: Node, message: str, hint: str | None, *, warning: bool) -> None:
        text = f"{self.path}: {message}" if self.path else message
        problem = Problem(self.report.file, node.line, node.column, text, hint, warning)
        self.report.problems.append(problem)


@dataclass(frozen=True, slots=True)
class Placed(Generic[T]):
    """A value that remembers where it was written."""

    value: T
    node: Node
    at: At

    @property
    def position(self) -> Position:
        return self.at.position(self.node)

    def error(self, message: str, hint: str | None = None) -> None:
        self.at.error(self.node, message, hint)

    def warn(self, message: str, hint: str | None = None) -> None:
        self.at.warn(self.node, message, hint)


@dataclass(frozen=True, slots=True)
class NameClaim:
    """A component of one of these kinds has this name."""

    name: Placed[str]
    kinds: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class UrlClaim:
    """No other API of the module has this path."""

    path: Placed[str]


@dataclass(frozen=True, slots=True)
class CaseClaim:
    """The module has a golden case of this name."""

    name: Placed[str]


@dataclass(frozen=True, slots=True)
class CodeClaim:
    """The module has this function in a file below this folder."""

    folder: Placed[str]
    function: Placed[str]


@dataclass(frozen=True, slots=True)
class NextClaim:
    """After this pipeline another one runs, and they don't go round."""

    pipeline: Placed[str]


@dataclass(frozen=True, slots=True)
class MemberClaim:
    """An ensemble runs this model, and no ensemble contains itself."""

    model: Placed[str]


@dataclass(frozen=True, slots=True)
class VariablesFact:
    """The variables that a pipeline has, and those that its stages write."""

    names: frozenset[str]
    written: frozenset[str]


@dataclass(frozen=True, slots=True)
class CallClaim:
    """An API's variables are those of its pipeline or of the ones that follow it."""

    pipeline: str
    inputs: tuple[Placed[str], ...]
    outputs: tuple[Placed[str], ...]


Claim = (
    NameClaim
    | UrlClaim
    | CaseClaim
    | CodeClaim
    | NextClaim
    | MemberClaim
    | VariablesFact
    | CallClaim
)

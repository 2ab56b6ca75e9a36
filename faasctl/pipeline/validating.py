"""Every problem of a module, and what each component is."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from faasctl import cases, manifest
from faasctl.errors import ManifestError, Problem
from faasctl.model import Component, Interface, MLComponent


@dataclass(frozen=True, slots=True)
class Found:
    """A component of a module; `interface` is None for kinds that have none."""

    name: str
    kind: str
    interface: str | None

    @property
    def words(self) -> str:
        return f" ({self.interface})" if self.interface else ""


@dataclass(frozen=True, slots=True)
class Validated:
    valid: bool
    problems: tuple[Problem, ...]
    components: tuple[Found, ...]


def validate(directory: Path) -> Validated:
    """All problems of manifests and golden cases; raises NotAModuleError."""
    root = manifest.find_module(directory)
    checked = manifest.check(root)
    problems = [*checked.problems, *_case_problems(root)]
    components = checked.module.components if checked.module else ()
    return Validated(
        all(problem.warning for problem in problems),
        tuple(sorted(problems)),
        tuple(_found(one) for one in components),
    )


def _case_problems(root: Path) -> tuple[Problem, ...]:
    try:
        cases.load(root)
    except ManifestError as error:
        return error.problems
    return ()


def _found(component: Component) -> Found:
    interface = None
    if isinstance(component, MLComponent):
        interface = (component.interface or Interface.INFERENCE).value
    return Found(component.name, type(component).__name__, interface)

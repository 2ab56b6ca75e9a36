"""How a pipeline's variables flow through its stages, and what can't flow."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Generic, TypeVar

from faasctl.manifest.report import Placed, Report, VariablesFact
from faasctl.manifest.spelling import hint_for
from faasctl.manifest.tree import quote
from faasctl.model import EnvVar, Stage

MountT = TypeVar("MountT")

_ADD = "add it to spec.vars"


@dataclass(frozen=True, slots=True)
class VariableKeys(Generic[MountT]):
    """A variable as it is declared, or as a stage names it."""

    name: Placed[str]
    mount: MountT | None = None


@dataclass(frozen=True, slots=True)
class StageKeys(Generic[MountT]):
    """A stage, with the places of what it names."""

    stage: Stage
    inputs: tuple[VariableKeys[MountT], ...]
    outputs: tuple[VariableKeys[MountT], ...]
    env: tuple[Placed[EnvVar], ...]


def environment_name(variable: str) -> str:
    """The variable's name in a stage's environment."""
    return "UNIP_PIPELINE_" + re.sub(r"[^A-Z0-9]", "_", variable.upper())


def check_flow(
    variables: tuple[VariableKeys[MountT], ...],
    stages: tuple[StageKeys[MountT], ...],
    report: Report,
    *,
    whole_vars: bool,
    whole_stages: bool,
) -> None:
    """Report unknown, unused, twice written and too early read variables.

    Where some of the declarations or stages were refused, nothing is said that they may answer.
    """
    if whole_vars:
        _check_known(variables, stages)
    _check_environment(variables, stages)
    _check_order(stages)
    if whole_stages and whole_vars:
        _check_used(variables, stages)
        names = frozenset(one.name.value for one in variables)
        written = frozenset(name for one in stages for name in one.stage.outputs)
        report.claims.append(VariablesFact(names, written))


def _check_known(
    variables: tuple[VariableKeys[MountT], ...], stages: tuple[StageKeys[MountT], ...]
) -> None:
    known = {one.name.value for one in variables}
    for stage in stages:
        for used in (*stage.inputs, *stage.outputs):
            if used.name.value not in known:
                message = f"spec.vars has no variable {quote(used.name.value)}"
                used.name.error(message, hint_for(used.name.value, known) or _ADD)


def _check_used(
    variables: tuple[VariableKeys[MountT], ...], stages: tuple[StageKeys[MountT], ...]
) -> None:
    used = {name for one in stages for name in (*one.stage.inputs, *one.stage.outputs)}
    for variable in variables:
        if variable.name.value not in used:
            message = f"no stage uses the variable {variable.name.value}"
            variable.name.warn(message, "remove it, or name it in a stage")


def _check_order(stages: tuple[StageKeys[MountT], ...]) -> None:
    """Each variable is written once, and not after it was read."""
    readers: dict[str, str] = {}
    writers: dict[str, str] = {}
    for one in stages:
        for variable in one.inputs:
            readers.setdefault(variable.name.value, one.stage.name)
        for variable in one.outputs:
            _check_write(variable.name, one.stage.name, readers, writers)
            writers.setdefault(variable.name.value, one.stage.name)


def _check_write(
    name: Placed[str], stage: str, readers: dict[str, str], writers: dict[str, str]
) -> None:
    variable = name.value
    if variable in writers and writers[variable] != stage:
        message = f"the stage {writers[variable]} writes {variable} already"
        name.error(message, "give each stage its own output variable")
    elif readers.get(variable) == stage:
        name.error(f"the stage both reads and writes {variable}", "write another variable")
    elif variable in readers and variable not in writers:
        message = f"the stage {readers[variable]} reads {variable} before this one writes it"
        name.error(message, "put the stage that writes first")


def _check_environment(
    variables: tuple[VariableKeys[MountT], ...], stages: tuple[StageKeys[MountT], ...]
) -> None:
    """No two variables, and no variable of a stage's own, have one name in the environment."""
    seen: dict[str, str] = {}
    for variable in variables:
        name = variable.name.value
        first = seen.setdefault(environment_name(name), name)
        if first != name:
            message = f"{name} and {first} are both {environment_name(name)} in a stage"
            variable.name.error(message, "rename one of them")
    for stage in stages:
        for own in stage.env:
            if own.value.name in seen:
                message = f"{own.value.name} is set for the variable {seen[own.value.name]}"
                own.error(message, "choose another name")

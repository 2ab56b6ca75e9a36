"""Golden cases: requests with their expected answers, and whether an answer agrees.

tests/cases/NAME.yaml
    request: the body; expect: the answer's body, of which only what is written is compared
    tolerance: for numbers (default 0: equal); path (default /predict); status (default 200)
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from faasctl.errors import ManifestError, Problem, UnknownNameError

FOLDER = "tests/cases"
_KEYS = {
    "request": "the body of the call",
    "expect": "the expected answer",
    "tolerance": "how far numbers may be apart",
    "path": "the path that is called",
    "status": "the expected HTTP status",
    "component": "the component that is called",
}


@dataclass(frozen=True, slots=True)
class Case:
    """One request and its expected answer; an empty `component` means every one."""

    name: str
    request: Any
    expect: Any = None
    tolerance: float = 0.0
    path: str = "/predict"
    status: int = 200
    component: str = ""


def case_files(root: Path) -> tuple[Path, ...]:
    """The files of all cases, by name."""
    return tuple(sorted((root / FOLDER).glob("*.yaml")))


def load(root: Path) -> tuple[Case, ...]:
    """All cases of a module; raises ManifestError with every problem of every file."""
    cases: list[Case] = []
    problems: list[Problem] = []
    for file in case_files(root):
        name = file.relative_to(root).as_posix()
        found = _parse(file, name)
        if isinstance(found, Case):
            cases.append(found)
        else:
            problems += found
    if problems:
        raise ManifestError(problems)
    return tuple(cases)


def find(cases: Sequence[Case], name: str) -> Case:
    """The case of that name; raises UnknownNameError."""
    for case in cases:
        if case.name == name:
            return case
    names = ", ".join(case.name for case in cases) or "none"
    raise UnknownNameError(f"no golden case {name!r}", hint=f"{FOLDER}/ has: {names}")


def for_component(cases: Sequence[Case], component: str, *, only: bool) -> tuple[Case, ...]:
    """The cases that call a component.

    A case without `component` whose V2 path names a model calls that one; else it calls the
    module's `only` component.
    """
    return tuple(case for case in cases if _calls(case, component, only=only))


def _calls(case: Case, component: str, *, only: bool) -> bool:
    if case.component:
        return case.component == component
    named = case.path.removeprefix("/v2/models/").partition("/")[0]
    if case.path.startswith("/v2/models/"):
        return named == component
    return only


def _parse(file: Path, name: str) -> Case | list[Problem]:
    try:
        text = file.read_text("utf-8")
        values = yaml.load(text, _Loader)  # noqa: S506 - a subclass of the safe loader
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        return [Problem(name, line, column, f"no YAML: {error.problem or error.context}")]
    except (OSError, UnicodeDecodeError, yaml.YAMLError, ValueError) as error:
        return [Problem(name, 1, 1, f"can't be read: {error}")]
    if not isinstance(values, dict):
        return [Problem(name, 1, 1, "expected a mapping with `request` and `expect`")]
    problems = list(_wrong(values, text, name))
    return problems or Case(name=file.stem, **values)


class _Loader(yaml.SafeLoader):
    """YAML without dates: they have no JSON form."""


_Loader.yaml_implicit_resolvers = {
    sign: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for sign, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def _wrong(values: Mapping[Any, Any], text: str, name: str) -> Iterator[Problem]:
    def at(key: object) -> int:
        lines = text.splitlines()
        starts = (number for number, line in enumerate(lines, 1) if line.startswith(f"{key}:"))
        return next(starts, 1)

    for key in values:
        if key not in _KEYS:
            known = ", ".join(_KEYS)
            yield Problem(name, at(key), 1, f"unknown key {key!r}, expected one of {known}")
    if "request" not in values:
        yield Problem(name, 1, 1, "`request` is missing, expected the body of the call")
    kinds: dict[str, tuple[type, ...]] = {
        "tolerance": (int, float),
        "path": (str,),
        "status": (int,),
        "component": (str,),
    }
    for key, types in kinds.items():
        if key in values and (not isinstance(values[key], types) or isinstance(values[key], bool)):
            word = "a string" if str in types else "a number"
            yield Problem(name, at(key), 1, f"{key}: expected {word}, got {values[key]!r}")
    for key, expected in _out_of_range(values):
        yield Problem(name, at(key), 1, f"{key}: expected {expected}")


def _out_of_range(values: Mapping[Any, Any]) -> Iterator[tuple[str, str]]:
    tolerance, path = values.get("tolerance"), values.get("path")
    if isinstance(tolerance, (int, float)) and not 0 <= tolerance < math.inf:
        yield "tolerance", "a number from 0 up"
    if isinstance(path, str) and not path.startswith("/"):
        yield "path", "one that starts with /"


def differences(expected: Any, got: Any, tolerance: float, where: str = "") -> Iterator[str]:
    """Where an answer differs from what was expected, a line each; empty when it agrees.

    Objects may have keys more than expected; named lists (of objects with `name`) are compared
    by name; numbers by `tolerance`, absolute and relative.
    """
    shown = where or "the answer"
    if isinstance(expected, Mapping) and isinstance(got, Mapping):
        for key, value in expected.items():
            path = f"{where}.{key}" if where else str(key)
            if key not in got:
                yield f"{path} is missing"
            else:
                yield from differences(value, got[key], tolerance, path)
    elif isinstance(expected, list) and isinstance(got, list):
        yield from _list_differences(expected, got, tolerance, where)
    elif _is_number(expected) and _is_number(got):
        if expected != got and not _near(expected, got, tolerance):
            yield f"{shown}: expected {expected}, got {got}"
    elif expected != got or isinstance(expected, bool) != isinstance(got, bool):
        yield f"{shown}: expected {expected!r}, got {got!r}"


def _list_differences(
    expected: list[Any], got: list[Any], tolerance: float, where: str
) -> Iterator[str]:
    if expected and all(_is_named(one) for one in expected):
        by_name = {one["name"]: one for one in got if _is_named(one)}
        for one in expected:
            path = f"{where}[{one['name']}]"
            if one["name"] not in by_name:
                yield f"{path} is missing"
            else:
                yield from differences(one, by_name[one["name"]], tolerance, path)
        return
    if len(expected) != len(got):
        yield f"{where or 'the answer'}: expected {len(expected)} elements, got {len(got)}"
        return
    for place, (one, other) in enumerate(zip(expected, got, strict=True)):
        yield from differences(one, other, tolerance, f"{where}[{place}]")


def _is_named(value: Any) -> bool:
    return isinstance(value, Mapping) and isinstance(value.get("name"), str)


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _near(expected: float, got: float, tolerance: float) -> bool:
    try:
        if math.isnan(expected) or math.isnan(got):
            return math.isnan(expected) and math.isnan(got)
        return math.isclose(expected, got, rel_tol=tolerance, abs_tol=tolerance)
    except OverflowError:  # an integer that is larger than any float
        return False

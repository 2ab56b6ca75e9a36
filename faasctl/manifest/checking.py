"""From a folder to a Module and all problems of its manifests."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from faasctl.errors import ManifestError, NotAModuleError, Problem
from faasctl.manifest.documents import Draft, read_document
from faasctl.manifest.module import check_claims
from faasctl.manifest.names import Names, check_unique, namespace_of
from faasctl.manifest.source import parse
from faasctl.model import Module

_FOLDER = "manifests"
_SUFFIXES = (".yaml", ".yml")


@dataclass(frozen=True, slots=True)
class Checked:
    """All problems, errors and warnings, in order of file and line; the module if no errors."""

    module: Module | None
    problems: tuple[Problem, ...]


def find_module(start: Path) -> Path:
    """The folder, or the nearest one above it, that has manifests."""
    here = start.resolve()
    for folder in (here, *here.parents):
        if next(_manifests(folder), None) is not None:
            return folder
    message = f"{start} is no module: neither it nor a folder above it has {_FOLDER}/*.yaml"
    raise NotAModuleError(
        message, hint="make one with faasctl new NAME, or name its folder with -C DIR"
    )


def load(root: Path) -> Module:
    """The valid module in this folder; ManifestError with all problems when it is not valid."""
    checked = check(root)
    if checked.module is None:
        raise ManifestError(checked.problems)
    return checked.module


def check(root: Path) -> Checked:
    """Read and check all manifests of a folder; bad input only makes problems."""
    drafts: list[Draft] = []
    problems: list[Problem] = []
    whole = True
    for file in sorted(_manifests(root)):
        whole = _read(root, file, drafts, problems) and whole
    used = [draft for draft in drafts if not draft.ignored]
    check_unique(used)
    namespace = namespace_of(used, root)
    problems += check_claims(used, Names(used, whole), root).problems
    problems += [problem for draft in drafts for problem in draft.report.problems]
    if not used and all(problem.warning for problem in problems):
        problems.append(_nothing())
    return _checked(root, namespace, used, problems)


def _checked(
    root: Path, namespace: str, drafts: Iterable[Draft], problems: Iterable[Problem]
) -> Checked:
    """One problem for each place and message: what an alias repeats is wrong only once."""
    unique = {(one.file, one.line, one.column, one.message): one for one in problems}
    in_order = tuple(problem for _, problem in sorted(unique.items()))
    if any(not problem.warning for problem in in_order):
        return Checked(None, in_order)
    components = tuple(draft.component for draft in drafts if draft.component is not None)
    return Checked(Module(root.resolve(), namespace, components), in_order)


def _nothing() -> Problem:
    return Problem(_FOLDER, 1, 1, "no manifest declares a component", "declare an MLComponent")


def _manifests(root: Path) -> Iterator[Path]:
    """Manifest files below a folder; hidden ones, such as editors' own, are left out."""
    for folder, children, files in os.walk(root / _FOLDER):
        children[:] = [child for child in children if not child.startswith(".")]
        for name in files:
            if name.lower().endswith(_SUFFIXES) and not name.startswith("."):
                yield Path(folder, name)


def _read(root: Path, path: Path, drafts: list[Draft], problems: list[Problem]) -> bool:
    """Add a file's documents and problems; whether all of it could be read."""
    file = path.relative_to(root).as_posix()
    file = file.encode("utf-8", "replace").decode("utf-8")
    data = _bytes(path)
    if isinstance(data, str):
        problems.append(Problem(file, 1, 1, f"can't be read: {data}", "remove or repair it"))
        return False
    source = parse(data, file)
    problems += source.problems
    drafts += [read_document(document, file) for document in source.documents]
    return source.whole


def _bytes(path: Path) -> bytes | str:
    """What the file holds, or why it can't be read; nothing waits for a pipe."""
    try:
        if not path.is_file():
            return "not a regular file" if path.exists() else "no such file"
        return path.read_bytes()
    except OSError as error:
        return (error.strerror or str(error)).lower()

"""Whether the functions that manifests name are there, by reading the code without running it."""

from __future__ import annotations

import ast
import sys
import warnings
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from faasctl.errors import Problem
from faasctl.manifest.report import CodeClaim, Placed
from faasctl.manifest.spelling import did_you_mean, hint_for

_ANY = "*"


@dataclass(slots=True)
class Code:
    """The module's Python files; each is read once."""

    root: Path
    problems: list[Problem] = field(default_factory=list)
    _names: dict[Path, frozenset[str] | None] = field(default_factory=dict)

    def check(self, claim: CodeClaim) -> None:
        """Report a folder, file or name that is missing."""
        folder = self._folder(claim.folder)
        if folder is None:
            return
        found = _locate(folder, claim.function.value.split("."))
        if found is None:
            self._report_file(folder, claim.function)
            return
        file, name = found
        names = self._top_level(file)
        if names is None or name in names or names & {_ANY, "__getattr__"}:
            return
        shown = file.relative_to(self.root)
        message = f"{shown} has no function or class {name} at its top level"
        claim.function.error(message, hint_for(name, names))

    def _folder(self, place: Placed[str]) -> Path | None:
        folder = self.root / place.value
        if not _is_below(folder, self.root):
            place.error(f"{place.value} leads out of the module", "write a folder of the module")
        elif not _is_folder(folder):
            folders = [child.name for child in _children(folder.parent) if _is_folder(child)]
            hint = did_you_mean(folder.name, folders) or "make the folder, or write ."
            place.error(f"the module has no folder {place.value}", hint)
        else:
            return folder
        return None

    def _report_file(self, folder: Path, function: Placed[str]) -> None:
        """Say which part of the dotted name is the first that is not there."""
        parts = function.value.split(".")
        for index, part in enumerate(parts[:-1]):
            here = folder.joinpath(*parts[:index])
            if _is_folder(here / part) and index < len(parts) - 2:
                continue
            near = hint_for(part, _importable(here))
            shown = (here / part).relative_to(self.root).as_posix()
            function.error(f"the module has no file {shown}.py", near or f"make {shown}.py")
            return

    def _top_level(self, file: Path) -> frozenset[str] | None:
        """Names that a file defines; None and a problem when it is no Python."""
        if file not in self._names:
            self._names[file] = self._parse(file)
        return self._names[file]

    def _parse(self, file: Path) -> frozenset[str] | None:
        shown = file.relative_to(self.root).as_posix()
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                tree = ast.parse(file.read_bytes(), filename=shown)
            return frozenset(_names_in(tree.body))
        except SyntaxError as error:
            line, column = max(error.lineno or 1, 1), max(error.offset or 1, 1)
            message = f"not valid Python: {error.msg}"
            hint = f"it was read as Python {sys.version_info.major}.{sys.version_info.minor}"
            self.problems.append(Problem(shown, line, column, message, hint))
        except (OSError, ValueError, RecursionError, MemoryError) as error:
            self.problems.append(Problem(shown, 1, 1, f"this file can't be read: {error}"))
        return None


def _locate(folder: Path, parts: list[str]) -> tuple[Path, str] | None:
    """The file of the longest module name that exists, and the name in it."""
    for length in range(len(parts) - 1, 0, -1):
        module = folder.joinpath(*parts[:length])
        for file in (module / "__init__.py", module.with_name(f"{module.name}.py")):
            if _is_file(file):
                return file, parts[length]
    return None


def _importable(folder: Path) -> list[str]:
    return [
        child.stem
        for child in _children(folder)
        if child.suffix == ".py" or (_is_folder(child) and child.name.isidentifier())
    ]


def _children(folder: Path) -> list[Path]:
    try:
        return sorted(folder.iterdir())
    except OSError:
        return []


def _is_folder(path: Path) -> bool:
    try:
        return path.is_dir()
    except OSError:
        return False


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:
        return False


def _is_below(path: Path, root: Path) -> bool:
    try:
        return path.resolve().is_relative_to(root.resolve())
    except (OSError, RuntimeError):
        return False


def _names_in(body: Iterable[ast.stmt]) -> Iterator[str]:
    """Names that statements bind at module level, also in `if`, `try`, `with` and loops."""
    for statement in body:
        match statement:
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
                yield name
            case ast.ClassDef(name=name):
                yield name
            case ast.Import(names=names) | ast.ImportFrom(names=names):
                yield from ((one.asname or one.name.partition(".")[0]) for one in names)
            case _:
                yield from _bound_names(statement)


def _bound_names(statement: ast.stmt) -> Iterator[str]:
    """Names that are assigned, and those in the statement's own blocks."""
    for child in ast.iter_child_nodes(statement):
        if isinstance(child, ast.stmt):
            yield from _names_in([child])
        elif isinstance(child, ast.ExceptHandler | ast.match_case):
            yield from _names_in(child.body)
        elif isinstance(child, ast.expr | ast.withitem):
            yield from _stored_names(child)


def _stored_names(node: ast.AST) -> Iterator[str]:
    for part in ast.walk(node):
        if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store):
            yield part.id

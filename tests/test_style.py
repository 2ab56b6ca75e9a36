"""Rules of style that no linter knows."""

from __future__ import annotations

import ast
import contextlib
import re
import shutil
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from faasctl import process

ROOT = Path(__file__).parents[1]

#: Lines of a function, of a file of ours, and of a file of tests.
FUNCTION, FILE, TESTS = 50, 300, 450

#: Files that may be longer, and why.
LONGER = {
    "faasctl/model.py": "every value that a manifest can say, side by side; nothing else",
}

#: Words that say nothing of what a thing does.
EMPTY_WORDS = {"base", "common", "helper", "helpers", "manager", "misc", "util", "utils"}

#: What belongs to one machine, or to one way of fetching packages; brackets, as this file is ours.
FOREIGN = re.compile(
    r"p[y]pi\.(org|python)|python[h]osted|index[-]url|/wor[k]/(main|shared)|/roo[t]/|/User[s]/\w"
)


@cache
def tracked() -> tuple[str, ...]:
    git = shutil.which("git")
    if git is None or not (ROOT / ".git").exists():
        pytest.skip("this is no Git repository")
    done = process.run([git, "ls-files"], directory=ROOT)
    return tuple(name for name in done.lines if (ROOT / name).is_file())


def python_files() -> Iterator[tuple[str, ast.Module]]:
    """Every Python file that is not a template's."""
    for name in tracked():
        if (name.endswith(".py") or name == "task") and not name.startswith("templates/"):
            yield name, ast.parse((ROOT / name).read_text("utf-8"), name)


Function = ast.FunctionDef | ast.AsyncFunctionDef


def functions(tree: ast.Module) -> Iterator[Function]:
    return (node for node in ast.walk(tree) if isinstance(node, Function))


def test_a_function_fits_a_screen() -> None:
    long = [
        f"{name}:{one.lineno} {one.name}"
        for name, tree in python_files()
        for one in functions(tree)
        if (one.end_lineno or 0) - one.lineno >= FUNCTION
    ]
    assert long == []


def test_a_file_has_one_subject() -> None:
    long = {
        name: lines
        for name, _ in python_files()
        if (lines := len((ROOT / name).read_text("utf-8").splitlines()))
        > (TESTS if name.startswith("tests/") else FILE)
    }
    assert sorted(long) == sorted(LONGER)


def test_every_file_says_what_it_is_about() -> None:
    silent = [
        name
        for name, tree in python_files()
        if name.startswith(("faasctl/", "handlers/", "docs/", "task"))
        and not (ast.get_docstring(tree) or "").strip()
    ]
    assert silent == []


def test_names_say_what_a_thing_does() -> None:
    found = [name for name in tracked() if EMPTY_WORDS & set(re.split(r"[/_.]", name))]
    for name, tree in python_files():
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                *_, last = re.findall(r"[A-Z]?[a-z0-9]+", node.name) or [""]
                found += [f"{name}:{node.lineno}"] if last.lower() in EMPTY_WORDS else []
    assert found == []


def test_nothing_is_patched() -> None:
    patched = []
    for name, tree in python_files():
        for node in ast.walk(tree):
            words = [one.name for one in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom):
                words = [f"{node.module}.{one.name}" for one in node.names]
            patched += [name for word in words if word.startswith("unittest.mock")]
    assert patched == []


def test_nothing_names_a_machine_or_a_registry() -> None:
    found = []
    for name in tracked():
        with contextlib.suppress(UnicodeDecodeError):
            lines = (ROOT / name).read_text("utf-8").splitlines()
            found += [f"{name}:{at}" for at, line in enumerate(lines, 1) if FOREIGN.search(line)]
    assert found == []

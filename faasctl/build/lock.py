"""Lock files, and whether one was made for what `pyproject.toml` says now."""

from __future__ import annotations

import hashlib
import json
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from faasctl import command
from faasctl.errors import BuildError
from faasctl.model import ImageBuild

LOCK_FILE = "requirements.lock"
FIRST_LINE = "# faasctl lock: sha256:"


def dependencies_digest(pyproject: Mapping[str, Any]) -> str:
    """The identity of what a lock is made from, as 64 hexadecimal digits.

    It covers `[project].dependencies`, in any order, and `requires-python`; a lock file's first
    line is `# faasctl lock: sha256:` and this.
    """
    project = pyproject.get("project", {})
    source = {
        "dependencies": sorted(project.get("dependencies", [])),
        "requires-python": project.get("requires-python", ""),
    }
    text = json.dumps(source, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(text.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Lock:
    """What to install: requirement lines with versions and hashes, and for which Python.

    `written` says that the lock file was made or brought up to date just now.
    """

    requirements: str
    python: str
    file: str
    written: bool = False


def lock(root: Path, build: ImageBuild, *, report: Callable[[str], None]) -> Lock:
    """The module's lock, made anew where it does not fit `pyproject.toml`.

    `requirements.lock` is ours; a `uv.lock` is read where there is none; so is a bare
    `requirements.txt`. Raises BuildError when versions can't be found or files can't be read.
    """
    python = build.python and f"=={build.python.removesuffix('.*')}.*"
    project = _pyproject(root)
    wanted = python or _requires_python(project)
    if build.dependencies:
        return Lock(_read(root / build.dependencies), wanted, build.dependencies)
    if (root / "pyproject.toml").is_file() and "project" in project:
        return _project_lock(root, project, wanted, report)
    plain = root / "requirements.txt"
    if plain.is_file():
        digest = hashlib.sha256(plain.read_bytes()).hexdigest()
        return _fitting(root, plain.name, digest, wanted, report)
    return Lock("", wanted, "")


def _project_lock(
    root: Path, project: Mapping[str, Any], python: str, report: Callable[[str], None]
) -> Lock:
    if (root / "uv.lock").is_file() and not (root / LOCK_FILE).is_file():
        text = _uv("export", "--frozen", "--no-dev", "--no-emit-project", directory=root)
        return Lock(text, python, "uv.lock")
    if not project["project"].get("dependencies"):
        return Lock("", python, "")
    return _fitting(root, "pyproject.toml", dependencies_digest(project), python, report)


def _fitting(
    root: Path, source: str, digest: str, python: str, report: Callable[[str], None]
) -> Lock:
    """The lock file where it was made from this source, else a new one."""
    file, first = root / LOCK_FILE, f"{FIRST_LINE}{digest}"
    if file.is_file():
        text = _read(file)
        if text.startswith(first + "\n"):
            return Lock(text, python, LOCK_FILE)
    report(f"resolving {source} into {LOCK_FILE}")
    words = [source, "--universal", "--generate-hashes", "--no-header", "--no-annotate", "--quiet"]
    if file.is_file():
        words += ["--output-file", LOCK_FILE]
    text = f"{first}\n{_uv('pip', 'compile', *words, directory=root)}"
    if file.is_file():
        # uv wrote the file itself, so as to keep the versions that it already named.
        text = f"{first}\n{_without_first_line(_read(file))}"
    temporary = file.with_name(f".{LOCK_FILE}.new")
    temporary.write_text(text, "utf-8")
    temporary.replace(file)
    return Lock(text, python, LOCK_FILE, written=True)


def development_requirements(root: Path) -> tuple[str, ...]:
    """What `[dependency-groups]` name, without their nested groups; sorted."""
    groups = _pyproject(root).get("dependency-groups", {})
    lines = (line for group in groups.values() for line in group if isinstance(line, str))
    return tuple(sorted(set(lines)))


def _without_first_line(text: str) -> str:
    return text.partition("\n")[2] if text.startswith(FIRST_LINE) else text


def _requires_python(project: Mapping[str, Any]) -> str:
    section = project.get("project")
    given = section.get("requires-python") if isinstance(section, dict) else None
    return given if isinstance(given, str) else ">=3.11"


def _pyproject(root: Path) -> Mapping[str, Any]:
    file = root / "pyproject.toml"
    if not file.is_file():
        return {}
    try:
        return tomllib.loads(_read(file))
    except tomllib.TOMLDecodeError as error:
        raise BuildError(
            f"pyproject.toml: {error}", hint="mend the file; it must be TOML"
        ) from error


def _read(file: Path) -> str:
    try:
        return file.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise BuildError(f"{file.name} can't be read: {error}") from error


def _uv(*words: str, directory: Path) -> str:
    try:
        return command.run([command.uv(), *words], directory=directory)
    except command.CommandError as error:
        raise BuildError(
            f"the module's dependencies could not be locked:\n{error.said}",
            hint="mend the dependencies in pyproject.toml, then deploy again",
        ) from error

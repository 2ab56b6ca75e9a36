"""Python environments of the local target, made by uv from a lock and kept by content hash."""

from __future__ import annotations

import json
import os
import platform
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from packaging.specifiers import InvalidSpecifier, SpecifierSet

from faasctl import command
from faasctl.build import cache
from faasctl.errors import BuildError

#: Byte code that is never checked against its source: sources in these folders don't change.
UNCHECKED = {"PYC_INVALIDATION_MODE": "UNCHECKED_HASH"}


@dataclass(frozen=True, slots=True)
class Interpreter:
    """A Python on this machine; `version` such as `3.11.7`."""

    path: str
    version: str

    @property
    def minor(self) -> str:
        return ".".join(self.version.split(".")[:2])


@dataclass(frozen=True, slots=True)
class Environment:
    """A prepared environment; `packages` are (name, version), lower case, sorted."""

    folder: Path
    python: Path
    interpreter: Interpreter


def find_interpreter(specifier: str) -> Interpreter:
    """A Python for the specifier: the one that runs this where it fits, else what uv finds.

    Raises BuildError when no installed Python fits.
    """
    own = platform.python_version()
    try:
        fits = SpecifierSet(specifier).contains(own, prereleases=True)
    except InvalidSpecifier as error:
        raise BuildError(
            f"requires-python: {specifier!r} is no version specifier", hint='write ">=3.11"'
        ) from error
    if fits:
        base = getattr(sys, "_base_executable", None) or sys.executable
        return Interpreter(os.path.realpath(base), own)
    words = ["python", "find", "--system", "--no-python-downloads", specifier]
    try:
        path = command.run([command.uv(), *words]).strip()
    except command.CommandError as error:
        raise BuildError(
            f"no Python {specifier} is installed here (this one is {own})",
            hint=f"install it (for example `uv python install '{specifier}'`), or change "
            "requires-python in pyproject.toml",
        ) from error
    said = command.run([path, "-I", "-c", "import platform; print(platform.python_version())"])
    return Interpreter(path, said.strip())


def environment_key(requirements: str, interpreter: Interpreter, extra: Sequence[str] = ()) -> str:
    """The environment's name: what is installed, for which interpreter and machine."""
    lines = [line for line in requirements.splitlines() if not line.lstrip().startswith("#")]
    machine = f"{sys.platform}-{platform.machine()}"
    return cache.key(
        "\n".join(lines), interpreter.path, interpreter.version, machine, json.dumps(list(extra))
    )


def prepare(
    home: Path,
    requirements: str,
    interpreter: Interpreter,
    *,
    report: Callable[[str], None],
    also: Sequence[str] = (),
) -> Environment:
    """The environment for a lock; built where it is not in the cache yet.

    `also` are further requirements without a lock (for development, never for functions).
    Raises BuildError with uv's own words when a package can't be installed.
    """
    folder = home / "environments" / environment_key(requirements, interpreter, also)

    def make(target: Path) -> None:
        _create(target, interpreter)
        count = sum(1 for line in requirements.splitlines() if line[:1].isalnum())
        if count or also:
            report(f"installing {count + len(also)} packages for Python {interpreter.minor}")
            _install(target, requirements, also)

    cache.prepared(folder, make)
    return Environment(folder, folder / "bin" / "python", interpreter)


def _create(folder: Path, interpreter: Interpreter) -> None:
    words = ["venv", "--quiet", "--allow-existing", "--python", interpreter.path, str(folder)]
    _uv("the environment could not be made", *words)


def _install(folder: Path, requirements: str, also: Sequence[str]) -> None:
    file = folder / "requirements.txt"
    file.write_text(requirements, "utf-8")
    python = ["--python", str(folder / "bin" / "python"), "--compile-bytecode", "--quiet"]
    if requirements.strip():
        words = ["pip", "install", *python, "--no-deps", "--requirement", str(file)]
        _uv("the locked packages could not be installed", *words)
    if also:
        words = ["pip", "install", *python, "--constraint", str(file), *also]
        _uv("the development packages could not be installed", *words)


def _uv(what: str, *words: str) -> None:
    try:
        command.run([command.uv(), *words], environment=UNCHECKED)
    except command.CommandError as error:
        raise BuildError(
            f"{what}:\n{error.said}",
            hint="mend the lock or the network, then run the command again",
        ) from error

"""The handler as functions run it: a copy by content, with its own dependencies beside it."""

from __future__ import annotations

import compileall
import platform
import shutil
import warnings
from collections.abc import Callable, Iterable, Sequence
from importlib.metadata import Distribution, distributions
from importlib.util import find_spec
from pathlib import Path
from py_compile import PycInvalidationMode

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from faasctl import command, process
from faasctl.build import cache
from faasctl.build.environment import UNCHECKED, Environment, Interpreter
from faasctl.errors import BuildError


def handler_folder() -> Path:
    """Where the handler's sources are: beside this package."""
    spec = find_spec("handlers")
    if spec is None or spec.origin is None:
        raise BuildError("the handlers package is missing", hint="install faasctl again")
    return Path(spec.origin).parent


def handler_files(folder: Path) -> tuple[str, ...]:
    """The handler's files relative to its folder, sorted; no byte code."""
    files = (path for path in folder.rglob("*") if path.is_file())
    names = (path.relative_to(folder).as_posix() for path in files)
    return tuple(sorted(name for name in names if "__pycache__" not in name))


def prepare(home: Path, interpreter: Interpreter, *, report: Callable[[str], None]) -> Path:
    """The runtime's folder for an interpreter: `handlers/` and `dependencies/`, with byte code."""
    source = handler_folder()
    names = handler_files(source)
    contents = [part for name in names for part in (name, (source / name).read_bytes())]
    folder = home / "runtime" / cache.key(*contents, interpreter.path, interpreter.version)

    def make(target: Path) -> None:
        report("preparing the handler")
        for name in names:
            file = target / "handlers" / name
            file.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source / name, file)
        _install(source / "requirements.lock", target / "dependencies", interpreter)
        compile_folder(interpreter, target / "handlers")

    return cache.prepared(folder, make)


def _install(lock: Path, target: Path, interpreter: Interpreter) -> None:
    words = ["pip", "install", "--quiet", "--no-deps", "--compile-bytecode"]
    words += ["--python", interpreter.path, "--target", str(target), "--requirement", str(lock)]
    try:
        command.run([command.uv(), *words], environment=UNCHECKED)
    except command.CommandError as error:
        raise BuildError(
            f"the handler's own packages could not be installed:\n{error.said}",
            hint="read the reason above, then run the command again",
        ) from error


def compile_folder(interpreter: Interpreter, folder: Path) -> None:
    """Write byte code that is never checked against its source; broken sources are left alone."""
    if interpreter.version == platform.python_version():
        with warnings.catch_warnings(action="ignore"):
            compileall.compile_dir(
                folder, quiet=2, invalidation_mode=PycInvalidationMode.UNCHECKED_HASH
            )
        return
    words = ["-I", "-m", "compileall", "-q", "--invalidation-mode", "unchecked-hash"]
    process.capture([interpreter.path, *words, str(folder)])


def check_pins(environment: Environment) -> None:
    """Raises BuildError when the user's packages hold one that the handler can't run with.

    The user's packages come first on the path, so theirs is the one that is imported.
    """
    check_packages(list(environment.folder.glob("lib/python*/site-packages")))


def check_packages(folders: Sequence[Path]) -> None:
    """As `check_pins`, for the packages in folders."""
    lines = (handler_folder() / "requirements.in").read_text("utf-8").splitlines()
    wanted: dict[str, Requirement] = {
        canonicalize_name(one.name): one for one in map(Requirement, filter(None, lines))
    }
    found = distributions(path=[str(path) for path in folders])
    problems = list(_refused(wanted, found))
    if problems:
        raise BuildError(
            "the handler can't run with the module's " + ", ".join(problems),
            hint="change these versions in pyproject.toml",
        )


def _refused(wanted: dict[str, Requirement], found: Iterable[Distribution]) -> Iterable[str]:
    for distribution in found:
        requirement = wanted.get(canonicalize_name(distribution.metadata["Name"] or ""))
        if requirement and not requirement.specifier.contains(
            distribution.version, prereleases=True
        ):
            yield (
                f"{requirement.name} {distribution.version} "
                f"(it needs {requirement.name}{requirement.specifier})"
            )

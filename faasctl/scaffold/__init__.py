"""`faasctl new`: a module from a template, whole or not at all.

Here belong names, templates and their rendering; not what a module's files mean.
"""

from __future__ import annotations

import json
import os
import shlex
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from faasctl import process
from faasctl.errors import FaasctlError, UsageError
from faasctl.scaffold.names import check_name, check_ours, check_package, package_name
from faasctl.scaffold.questions import (
    Answered,
    Answers,
    Ask,
    Question,
    answer,
    by_default,
    variables,
)
from faasctl.scaffold.sources import OURS, fetch

__all__ = ["OURS", "Ask", "Question", "ScaffoldRequest", "Scaffolded", "scaffold"]

#: The variable of our own template that NAME answers.
_NAME, _PACKAGE = "name", "package"


@dataclass(frozen=True, slots=True)
class ScaffoldRequest:
    """A new module: `name` under `parent`.

    `template` is one of OURS, a folder or a Git URL, `checkout` a branch, tag or commit of the
    latter; `answers` are template variables by name.
    """

    name: str
    parent: Path
    template: str = "module"
    checkout: str | None = None
    answers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Scaffolded:
    """A new module's folder, and the commands to type next."""

    directory: Path
    template: str
    next_steps: tuple[str, ...]


def scaffold(
    request: ScaffoldRequest, *, progress: Callable[[str], None], ask: Ask = by_default
) -> Scaffolded:
    """Make a module; `ask` is called for each variable that `request.answers` leaves open.

    All is made in a temporary folder beside the new one and moved by one rename, so that a run
    that fails leaves nothing. A template's own hooks run, as cookiecutter runs them: a template
    is a program, use only those that you trust. Raises FaasctlError and its subclasses.
    """
    check_name(request.name)
    if request.template in OURS:
        check_ours(request.name)
    destination = request.parent.absolute() / request.name
    _check_free(destination)
    with _workshop(destination) as work:
        template = fetch(request.template, request.checkout, into=work, progress=progress)
        answered = _answered(request, template, ask)
        progress(f"rendering {request.template}")
        made = _render(template, answered, work)
        if request.template in OURS:
            _add_schema(made)
        _start_repository(made, destination)
        _move(made, destination)
    return Scaffolded(
        destination, request.template, _next_steps(request, destination, answered.values)
    )


def _check_free(destination: Path) -> None:
    if not destination.parent.is_dir():
        raise UsageError(f"{destination.parent} is no folder", hint="make it first")
    if not os.path.lexists(destination):
        return
    if destination.is_symlink() or not destination.is_dir() or any(destination.iterdir()):
        raise UsageError(
            f"{destination} exists already; nothing was changed",
            hint="choose another name, or move the folder away",
        )


@contextmanager
def _workshop(destination: Path) -> Iterator[Path]:
    """A folder that is gone afterwards, on the file system where the module will be."""
    try:
        work = Path(tempfile.mkdtemp(prefix=f".{destination.name}-", dir=destination.parent))
    except OSError as error:
        raise FaasctlError(f"{destination.parent}: {error.strerror}") from error
    try:
        yield work
    finally:
        shutil.rmtree(work, ignore_errors=True)


def _answered(request: ScaffoldRequest, template: Path, ask: Ask) -> Answered:
    """All variables; NAME answers the one that names the template's folder."""
    values = variables(template)
    given = dict(request.answers)
    named = _folder_variable(template)
    if named in values and not isinstance(values[named], (list, dict)):
        if given.get(named, request.name) != request.name:
            raise UsageError(f"{named}: {given[named]!r} is not the name {request.name!r}")
        given[named] = request.name
    if request.template not in OURS:
        return answer(values, given, ask)
    given.setdefault(_PACKAGE, package_name(request.name))
    check_package(given[_PACKAGE])
    return answer(values, given, ask)


def _folder_variable(template: Path) -> str:
    """`x` of the template's `{{ cookiecutter.x }}` folder; empty where it is more than that."""
    for folder in template.iterdir():
        words = folder.name.replace("{{", "").replace("}}", "").strip()
        if folder.name.startswith("{{") and words.startswith("cookiecutter."):
            return words.removeprefix("cookiecutter.")
    return ""


def _render(template: Path, answered: Answered, work: Path) -> Path:
    from cookiecutter.exceptions import CookiecutterException, FailedHookException
    from cookiecutter.main import cookiecutter
    from jinja2 import TemplateError

    own_folders = {
        "cookiecutters_dir": str(work / "cookiecutters"),
        "replay_dir": str(work / "replay"),
    }
    try:
        with _contained(work):
            made = cookiecutter(
                str(template),
                no_input=True,
                extra_context=answered.overrides,
                default_config={**own_folders, "default_context": {}},
                output_dir=str(work / "made"),
            )
    except FailedHookException as error:
        raise FaasctlError(f"a hook of the template failed: {error}") from error
    except TemplateError as error:
        where = f"{getattr(error, 'name', None) or 'template'}:{getattr(error, 'lineno', '?')}"
        raise FaasctlError(f"the template is wrong: {where}: {error}") from error
    except (CookiecutterException, OSError, ValueError) as error:
        raise FaasctlError(f"the template can't be rendered: {error}") from error
    return Path(made)


@contextmanager
def _contained(work: Path) -> Iterator[None]:
    """Temporary files go into `work` (cookiecutter leaves some), what hooks print to stderr."""
    folder, tempfile.tempdir = tempfile.tempdir, str(work)
    sys.stdout.flush()
    stdout = os.dup(1)
    os.dup2(2, 1)
    try:
        yield
    finally:
        os.dup2(stdout, 1)
        os.close(stdout)
        tempfile.tempdir = folder


def _add_schema(module: Path) -> None:
    """What the first line of each manifest points an editor at."""
    from faasctl.manifest import schema

    file = module / ".faasctl" / "manifest.schema.json"
    file.parent.mkdir(exist_ok=True)
    file.write_text(json.dumps(schema(), indent=1) + "\n", "utf-8")


def _start_repository(module: Path, destination: Path) -> None:
    """A module is a Git repository, unless it lies in one; without git it is just a folder."""
    inside = any((folder / ".git").exists() for folder in destination.parents)
    if inside or (module / ".git").exists() or shutil.which("git") is None:
        return
    try:
        process.run(["git", "init", "--quiet"], directory=module)
    except FaasctlError:
        return


def _move(made: Path, destination: Path) -> None:
    try:
        made.replace(destination)
    except OSError as error:
        raise FaasctlError(f"{destination}: {error.strerror}; nothing was changed") from error


def _next_steps(request: ScaffoldRequest, destination: Path, answers: Answers) -> tuple[str, ...]:
    near = destination.parent == Path.cwd()
    enter = f"cd {shlex.quote(request.name if near else str(destination))}"
    if request.template not in OURS:
        return (enter, "faasctl validate")
    train = f"faasctl exec {request.name} -- python -m {answers[_PACKAGE]}.train"
    return (enter, train, "faasctl test", "faasctl deploy")

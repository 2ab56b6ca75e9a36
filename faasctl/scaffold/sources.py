"""Where templates come from: our own, a folder, a Git URL."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from pathlib import Path

from faasctl import process
from faasctl.errors import FaasctlError, UnknownNameError, UnreachableError, UsageError
from faasctl.manifest.spelling import hint_for

#: Our own templates, and their folders.
OURS = {"module": "cookiecutter-module"}

_PACKAGE = Path(__file__).parents[1]
_URL = re.compile(r"(https?|ssh|git|file)://|[\w.-]+@[\w.-]+:")


def fetch(
    template: str, checkout: str | None, *, into: Path, progress: Callable[[str], None]
) -> Path:
    """The folder of a template: our own and remote ones are put under `into`.

    `checkout` is a branch, tag or commit of a Git URL. Raises UsageError and UnreachableError.
    """
    if _URL.match(template):
        return _clone(template, checkout, into=into, progress=progress)
    if checkout is not None:
        raise UsageError(
            f"{template!r} is no Git URL, there is nothing to check out",
            hint="leave --checkout out",
        )
    if template in OURS:
        # Installers leave bytecode beside Python files; a copy without it is rendered.
        ignore = shutil.ignore_patterns("__pycache__", "*.pyc")
        return Path(shutil.copytree(packaged() / OURS[template], into / template, ignore=ignore))
    folder = Path(template).expanduser()
    if folder.is_dir():
        return folder.absolute()
    raise UnknownNameError(
        f"{template!r} is no template: neither one of ours, nor a folder, nor a Git URL",
        hint=hint_for(template, OURS),
    )


def packaged() -> Path:
    """The folder of our own templates: in the package, or in the repository it runs from."""
    inside = _PACKAGE / "_data" / "templates"
    return inside if inside.is_dir() else _PACKAGE.parent / "templates"


def _clone(url: str, checkout: str | None, *, into: Path, progress: Callable[[str], None]) -> Path:
    if shutil.which("git") is None:
        raise FaasctlError("git is not installed", hint="install git, or name a folder")
    progress(f"cloning {url}")
    folder = into / "template"
    cloned = process.run(["git", "clone", "--quiet", "--", url, str(folder)])
    if cloned.code:
        raise UnreachableError(f"{url} can't be cloned: {_reason(cloned)}")
    if checkout is not None:
        _check_out(checkout, folder, url)
    return folder


def _check_out(checkout: str, folder: Path, url: str) -> None:
    """Branches of a fresh clone are known as origin's; tags and commits by themselves."""
    for name in (f"refs/remotes/origin/{checkout}", checkout):
        command = ["git", "rev-parse", "--quiet", "--verify", "--end-of-options"]
        if process.run([*command, f"{name}^{{commit}}"], directory=folder).code == 0:
            command = ["git", "checkout", "--quiet", "--detach", name]
            done = process.run(command, directory=folder)
            if done.code == 0:
                return
            raise FaasctlError(f"{url}: {checkout} can't be checked out: {_reason(done)}")
    raise UsageError(f"{url} has no branch, tag or commit {checkout!r}")


def _reason(finished: process.Finished) -> str:
    """What git says last, without its own prefix."""
    said = [line for line in finished.lines if line.startswith(("fatal:", "error:"))]
    return (said or list(finished.lines) or [f"exit code {finished.code}"])[0]

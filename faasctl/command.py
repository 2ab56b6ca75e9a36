"""uv and git: where they are, and what they said when they fail."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

from faasctl import process
from faasctl.errors import FaasctlError


class CommandError(FaasctlError):
    """A program ended with another code than 0; `said` are its own last words."""

    def __init__(self, message: str, said: str) -> None:
        super().__init__(message)
        self.said = said


def run(
    words: Sequence[str],
    *,
    directory: Path | None = None,
    environment: Mapping[str, str] | None = None,
) -> str:
    """What a program printed; raises CommandError with its own last words when it fails."""
    done = process.capture(words, directory=directory, environment=environment)
    if done.code:
        said = done.errors.strip() or done.output.strip()
        raise CommandError(f"{Path(words[0]).name} failed ({done.code}):\n{said}", said)
    return done.output


def uv() -> str:
    """Where uv is: the one that came with this package, else the one on the path.

    Raises FaasctlError when there is none.
    """
    try:
        from uv import find_uv_bin

        return str(find_uv_bin())
    except (ImportError, FileNotFoundError) as error:
        found = shutil.which("uv")
        if found:
            return found
        raise FaasctlError(
            "uv is missing; it makes environments and locks", hint="pip install uv"
        ) from error


def git() -> str | None:
    """Where git is, or None."""
    return shutil.which("git")

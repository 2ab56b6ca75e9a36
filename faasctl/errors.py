"""Every error that faasctl reports, by what the caller can do about it.

Only the command line prints these and exits; the library raises them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


class FaasctlError(Exception):
    """The root: a message that says what and where, and a hint that says what to type next."""

    def __init__(self, message: str, *, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class UsageError(FaasctlError):
    """The command was called in a way that cannot work; nothing was done (exit code 2)."""


class NotAModuleError(UsageError):
    """No folder here, or above, is a module."""


class UnknownNameError(UsageError):
    """A component, revision, case or secret of that name does not exist."""


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One thing wrong in one file: where, what, what was expected, and what to type.

    `line` and `column` count from 1. A warning does not stop a deploy.
    """

    file: str
    line: int
    column: int
    message: str
    hint: str | None = None
    warning: bool = False

    def __str__(self) -> str:
        kind = "warning: " if self.warning else ""
        hint = f"\n    hint: {self.hint}" if self.hint else ""
        return f"{self.file}:{self.line}:{self.column}: {kind}{self.message}{hint}"


class ManifestError(FaasctlError):
    """All problems of all manifests of a module, in order of file and line."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(sorted(problems))
        super().__init__("\n".join(str(problem) for problem in self.problems))


class BuildError(FaasctlError):
    """An environment or artifact could not be made; what ran before still runs."""


class DeployError(FaasctlError):
    """The new revision was refused; what ran before still runs.

    `log` holds the function's own last lines, oldest first.
    """

    def __init__(self, message: str, *, log: Sequence[str] = (), hint: str | None = None) -> None:
        super().__init__(message, hint=hint)
        self.log = tuple(log)


class OwnershipError(FaasctlError):
    """Another module or tool owns what this deploy would change."""


class UnreachableError(FaasctlError):
    """A gateway, cluster, registry or account does not answer."""


class InvocationError(FaasctlError):
    """A function answered with an error status; `status` and `body` are its own."""

    def __init__(self, message: str, *, status: int, body: str, hint: str | None = None) -> None:
        super().__init__(message, hint=hint)
        self.status = status
        self.body = body


class StorageError(FaasctlError):
    """A store or a files API refused; `status` and `code` are its own, 0 and empty without one."""

    def __init__(
        self, message: str, *, status: int = 0, code: str = "", hint: str | None = None
    ) -> None:
        super().__init__(message, hint=hint)
        self.status = status
        self.code = code


class FileTakenError(StorageError):
    """A file of that name is there already and may not be replaced."""


class UploadGoneError(StorageError):
    """The unfinished upload is not there any more; it has to start anew."""

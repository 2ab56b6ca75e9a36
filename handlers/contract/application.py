"""An application as its API reads it: a small JSON, compiled once from the module's manifests.

Secrets stand in it by the names of environment variables only.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, fields
from typing import Any, TypeVar

FORMAT = 1

#: Whose area is meant where nobody's identity is passed through.
DEVELOPER = "developer"

#: First segments of the application's URL that no function may have.
RESERVED = ("files", "pipelines", "runs", "docs", "openapi.json", "application.json", "v2")

_Value = TypeVar("_Value")


@dataclass(frozen=True, slots=True)
class Provider:
    """An OpenID Connect provider, and whom its tokens must be for."""

    issuer: str
    audience: str


@dataclass(frozen=True, slots=True)
class Access:
    """Who may call an API: whoever one of the ways lets in, everybody where there is none.

    `credentials` is the environment variable that holds the secret of user names and passwords
    as one JSON object, empty for none. `identity_pass_through` makes the caller's area the one
    that is meant; otherwise it is the developer's.
    """

    credentials: str = ""
    oidc: Provider | None = None
    identity_pass_through: bool = False

    @property
    def is_open(self) -> bool:
        """Whether everybody may call."""
        return not self.credentials and self.oidc is None


@dataclass(frozen=True, slots=True)
class Box:
    """A DataBox; `capacity` in bytes."""

    name: str
    capacity: int


@dataclass(frozen=True, slots=True)
class FilesApi:
    """The files of all boxes, at `files/<box>/<path>`."""

    name: str
    access: Access = Access()
    published: bool = True


@dataclass(frozen=True, slots=True)
class FunctionApi:
    """A function at `<path>/…`; `timeout` in seconds per call, `max_body` in bytes."""

    name: str
    component: str
    path: str
    access: Access = Access()
    published: bool = True
    timeout: float = 60.0
    max_body: int = 64 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class CompiledApplication:
    """Everything that the API of a namespace knows of it."""

    namespace: str
    boxes: tuple[Box, ...] = ()
    files: FilesApi | None = None
    functions: tuple[FunctionApi, ...] = ()


def dump(application: CompiledApplication) -> str:
    """The application as JSON text; equal applications give equal text."""
    return json.dumps({"format": FORMAT, **asdict(application)}, sort_keys=True, indent=1)


def parse(text: str) -> CompiledApplication:
    """An application from JSON text; raises ValueError when another handler's is given."""
    values = json.loads(text)
    if not isinstance(values, dict) or values.pop("format", None) != FORMAT:
        raise ValueError("this application was compiled for another version of the handler")
    files = values.pop("files", None)
    functions = tuple(_function(one) for one in values.pop("functions", ()))
    _refuse_clashes(functions)
    boxes = tuple(_make(Box, one) for one in values.pop("boxes", ()))
    found = None if files is None else _make(FilesApi, {**files, "access": _access(files)})
    return _make(
        CompiledApplication, {**values, "boxes": boxes, "files": found, "functions": functions}
    )


def _function(values: dict[str, Any]) -> FunctionApi:
    return _make(FunctionApi, {**values, "access": _access(values)})


def _access(values: dict[str, Any]) -> Access:
    given = dict(values.get("access") or {})
    oidc = given.get("oidc")
    return _make(Access, {**given, "oidc": _make(Provider, oidc) if oidc else None})


def _make(kind: type[_Value], values: dict[str, Any]) -> _Value:
    unknown = set(values) - {field.name for field in fields(kind)}  # type: ignore[arg-type]
    if unknown:
        names = ", ".join(sorted(unknown))
        raise ValueError(f"unknown keys in the compiled application: {names}")
    return kind(**values)


def _refuse_clashes(functions: tuple[FunctionApi, ...]) -> None:
    taken = set(RESERVED)
    for one in functions:
        if one.path in taken or not one.path or "/" in one.path:
            raise ValueError(f"{one.name}: the path {one.path!r} is not free")
        taken.add(one.path)

"""Names of images and of repositories, as container tools write them; pure."""

from __future__ import annotations

import re
from dataclasses import dataclass

from faasctl.errors import BuildError

_DEFAULT_REGISTRY, _DEFAULT_HOST = "docker.io", "registry-1.docker.io"
_NAME = re.compile(r"[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*(/[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*)*")
_TAG = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,127}")
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Reference:
    """An image or, without tag and digest, a repository; `plain` is HTTP without TLS."""

    registry: str
    repository: str
    tag: str = ""
    digest: str = ""
    plain: bool = False

    @property
    def host(self) -> str:
        """Where the registry answers, `HOST[:PORT]`."""
        return _DEFAULT_HOST if self.registry == _DEFAULT_REGISTRY else self.registry

    @property
    def wanted(self) -> str:
        """What to ask the registry for."""
        return self.digest or self.tag or "latest"

    def __str__(self) -> str:
        tag = f":{self.tag}" if self.tag else ""
        digest = f"@{self.digest}" if self.digest else ""
        return f"{self.registry}/{self.repository}{tag}{digest}"


def parse(text: str) -> Reference:
    """A reference such as `python:3.11-slim` or `localhost:5000/team/iris@sha256:…`.

    `http://` before it says that the registry speaks no TLS; on this machine none is expected to.
    Raises BuildError for what is no reference.
    """
    rest = text.removeprefix("https://")
    plain = rest.startswith("http://")
    name, _, digest = rest.removeprefix("http://").partition("@")
    first, slash, path = name.partition("/")
    if not slash or not ("." in first or ":" in first or first == "localhost"):
        first, path = _DEFAULT_REGISTRY, name
    path, _, tag = path.partition(":")
    if first in {_DEFAULT_REGISTRY, "index.docker.io"}:
        first, path = _DEFAULT_REGISTRY, path if "/" in path else f"library/{path}"
    fits = (
        _NAME.fullmatch(path)
        and (not tag or _TAG.fullmatch(tag))
        and (not digest or _DIGEST.fullmatch(digest))
    )
    if not fits:
        raise BuildError(
            f"{text!r} is no name of an image",
            hint="write REGISTRY/REPOSITORY[:TAG], in lower case",
        )
    return Reference(first, path, tag, digest, plain or is_local(first))


def is_local(registry: str) -> bool:
    """Whether a registry is on this machine, where nobody has certificates."""
    host = registry.rpartition(":")[0] if registry[-1:].isdigit() and ":" in registry else registry
    return host == "localhost" or host.endswith(".localhost") or host.startswith("127.")

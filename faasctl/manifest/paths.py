"""Readers of paths: inside the module, inside a box, inside the container, and of URL segments."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePosixPath

from faasctl.manifest.report import At
from faasctl.manifest.scalars import Schema, Text
from faasctl.manifest.tree import Node, Scalar

RESERVED_PATHS = (
    "application.json",
    "docs",
    "files",
    "openapi.json",
    "pages",
    "pipelines",
    "runs",
    "v2",
)


@dataclass(frozen=True, slots=True)
class RelativePath:
    """A path below something, normalised; `.` is the thing itself."""

    below: str

    def read(self, node: Node, at: At) -> str | None:
        text = Text(f"a path relative to {self.below}").read(node, at)
        if text is None:
            return None
        path = PurePosixPath(text)
        if path.is_absolute():
            at.error(node, f"{text} is absolute", f"write it relative to {self.below}")
            return None
        return _without_parents(path, node, at)

    def schema(self, *, strict: bool) -> Schema:
        del strict
        return {"type": "string", "minLength": 1, "pattern": "^[^/]"}


@dataclass(frozen=True, slots=True)
class AbsolutePath:
    """A folder or file of the function's file system, normalised, and not the root itself."""

    def read(self, node: Node, at: At) -> str | None:
        text = Text("an absolute path such as /srv/data").read(node, at)
        if text is None:
            return None
        path = PurePosixPath("/" + text.lstrip("/")) if text.startswith("/") else None
        if path is None:
            at.error(node, f"{text} is not absolute", f"write /{text.removeprefix('./')}")
            return None
        if path == PurePosixPath("/"):
            at.error(node, "the root folder can't be used", "write a folder such as /srv/data")
            return None
        return _without_parents(path, node, at)

    def schema(self, *, strict: bool) -> Schema:
        del strict
        return {"type": "string", "pattern": "^/+[^/]"}


@dataclass(frozen=True, slots=True)
class AnyPath:
    """A path of the module, or an absolute one of the function's file system."""

    def read(self, node: Node, at: At) -> str | None:
        absolute = isinstance(node, Scalar) and node.text.startswith("/")
        return (AbsolutePath() if absolute else RelativePath("the module")).read(node, at)

    def schema(self, *, strict: bool) -> Schema:
        del strict
        return {"type": "string", "minLength": 1}


@dataclass(frozen=True, slots=True)
class UrlSegment:
    """One segment of a URL that nothing of ours stands at."""

    def read(self, node: Node, at: At) -> str | None:
        pattern = r"^[A-Za-z0-9][A-Za-z0-9._~-]*$"
        text = Text("one URL segment of letters, digits, . _ ~ and -", pattern, 63).read(node, at)
        if text in RESERVED_PATHS:
            at.error(node, f"the path {text} is the application's own", "choose another word")
            return None
        return text

    def schema(self, *, strict: bool) -> Schema:
        pattern = r"^[A-Za-z0-9][A-Za-z0-9._~-]*$"
        made = Text("", pattern, 63).schema(strict=strict)
        return {**made, "not": {"enum": list(RESERVED_PATHS)}}


def _without_parents(path: PurePosixPath, node: Node, at: At) -> str | None:
    if ".." in path.parts:
        at.error(node, f"{path} goes up with ..", "write the path without ..")
        return None
    return str(path)


def is_inside(path: str, folder: str) -> bool:
    """Whether a normalised path is the folder or lies below it."""
    return PurePosixPath(path).is_relative_to(folder)

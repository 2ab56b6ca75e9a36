"""Keys of connections to boxes, shared by functions and pipelines."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePosixPath

from faasctl.manifest.kinds.names import WORD
from faasctl.manifest.paths import AbsolutePath, RelativePath, is_inside
from faasctl.manifest.report import NameClaim, Placed
from faasctl.manifest.sections import Fields, Key, Section, ignored, may, need
from faasctl.manifest.shapes import Items
from faasctl.model import Connection, CopiedBox, MountedBox

BOX_NAME = need("s3BoxName", WORD, "the name of a DataBox of this module")
SUB_PATH = may("subPath", RelativePath("the box"), "the folder of the box", default=".")


@dataclass(frozen=True, slots=True)
class _Box:
    name: str
    sub_path: str


def claim_box(name: Placed[str]) -> None:
    """Say that this names a DataBox of the module."""
    name.at.report.claims.append(NameClaim(name, ("DataBox",)))


def _box(fields: Fields) -> _Box:
    claim_box(fields.placed(BOX_NAME))
    path = fields[SUB_PATH]
    return _Box(fields[BOX_NAME], "" if path == "." else path)


_EXPECTED = "a mapping that names a box"
NAME = need("name", WORD, "the connection's name in this component")
PATH = may("path", AbsolutePath(), "the folder where the box appears")
MOUNT = may(
    "mountS3Box",
    Section(_EXPECTED, (BOX_NAME, SUB_PATH), _box),
    "a box, or a folder of it, that appears read-only at path",
)
COPY = may(
    "copyS3Box",
    Section(_EXPECTED, (BOX_NAME,), _box),
    "a box whose files are copied when they are asked for",
)
DATASET: Key[object] = ignored(
    "mountDataset", "a dataset of another application", "datasets of other applications"
)


@dataclass(frozen=True, slots=True)
class Connected:
    """One connection; None stands for one that is not used."""

    name: str
    connection: Connection | None
    place: Placed[str]


def _connected(fields: Fields) -> Connected | None:
    name, mount, copy = fields[NAME], fields[MOUNT], fields[COPY]
    place = fields.placed(PATH) if fields.given(PATH) else fields.placed(NAME)
    where = Placed(name, place.node, place.at)
    path = fields[PATH]
    if copy is not None:
        return Connected(name, CopiedBox(name, copy.name, path), where)
    if mount is None:
        return Connected(name, None, where)
    if path is None:
        if not fields.given(PATH):
            fields.at.key("path").error(fields.node, "missing: where the box appears", "add path:")
        return None
    return Connected(name, MountedBox(name, mount.name, path, mount.sub_path), where)


_CONNECTION = Section("a connection", (NAME, PATH), _connected, one_of=(MOUNT, COPY, DATASET))
CONNECTIONS = may(
    "connectedBoxes",
    Items(_CONNECTION, "a list of connections", unique=lambda item: item.name),
    "boxes whose files the code sees",
    default=(),
)


def connections(fields: Fields) -> tuple[Connection, ...]:
    """A section's connections, checked for paths that overlap."""
    found = fields[CONNECTIONS]
    by_path = _by_path(found)
    top = by_path[0] if by_path else None
    for path, one in by_path[1:]:
        if top is not None and is_inside(path, top[0]):
            message = f"{path} overlaps the path {top[0]} of {top[1].name}"
            one.place.error(message, "give every connection its own folder")
        else:
            top = (path, one)
    return tuple(one.connection for one in found if one.connection is not None)


def _by_path(found: tuple[Connected, ...]) -> list[tuple[str, Connected]]:
    paths = [
        (one.connection.path, one)
        for one in found
        if one.connection is not None and one.connection.path is not None
    ]
    return sorted(paths, key=lambda pair: PurePosixPath(pair[0]).parts)

"""The gateway's state on disk: read whole at the start, written by the rename of one file."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import msgspec

from faasctl import disk, wire
from faasctl.errors import FaasctlError
from faasctl.gateway.revisions import Namespace
from faasctl.plan import LocalRelease

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class ProcessRecord:
    """A function process: told from a later one of the same id by when it was created."""

    pid: int
    created: float


@dataclass(frozen=True, slots=True)
class Port:
    """The port of last time, and the one that was asked for then."""

    port: int
    preferred: int


class Records:
    """One home's files; see the package's docstring for where they lie."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.root = home / "local"
        for name in ("state", "revisions", "processes", "logs"):
            disk.make_private(self.root)
            disk.make_private(self.root / name)

    def namespaces(self) -> Mapping[str, Namespace]:
        """Every namespace's state; raises FaasctlError for a file that is none."""
        found = {}
        for path in sorted((self.root / "state").glob("*.json")):
            found[path.stem] = _read(path, Namespace)
        return found

    def write(self, namespace: str, state: Namespace) -> None:
        """Raises FaasctlError where the disk does not take it."""
        path = self.root / "state" / f"{namespace}.json"
        try:
            disk.replace(path, msgspec.json.format(msgspec.json.encode(state), indent=1))
        except OSError as error:
            raise FaasctlError(f"{path}: {error.strerror or error}") from error

    def add_revision(self, release: LocalRelease, revision: str) -> None:
        """Write a revision's folder; its two files never change afterwards."""
        folder = disk.make_private(self._folder(release.namespace, revision))
        disk.replace(folder / "component.json", release.component.encode())
        disk.replace(folder / "release.json", wire.encode_release(release))
        disk.sync_folder(folder.parent)

    def release(self, namespace: str, revision: str) -> LocalRelease:
        path = self._folder(namespace, revision) / "release.json"
        try:
            return wire.decode_release(path.read_bytes())
        except OSError as error:
            raise FaasctlError(f"{path}: {error.strerror}") from error

    def component_file(self, namespace: str, revision: str) -> Path:
        return self._folder(namespace, revision) / "component.json"

    def drop_revision(self, namespace: str, revision: str) -> None:
        shutil.rmtree(self._folder(namespace, revision), ignore_errors=True)

    def revisions(self) -> Iterator[tuple[str, str]]:
        """Namespace and name of every revision that has a folder."""
        for folder in sorted((self.root / "revisions").glob("*/*")):
            yield folder.parent.name, folder.name

    def logs(self, namespace: str, component: str) -> Path:
        return self.root / "logs" / namespace / component

    def drop_logs(self, namespace: str, component: str) -> None:
        shutil.rmtree(self.logs(namespace, component), ignore_errors=True)

    def add_process(self, record: ProcessRecord) -> None:
        path = self.root / "processes" / f"{record.pid}.json"
        path.write_bytes(msgspec.json.encode(record))

    def drop_process(self, pid: int) -> None:
        (self.root / "processes" / f"{pid}.json").unlink(missing_ok=True)

    def processes(self) -> Iterator[ProcessRecord]:
        """What an earlier gateway left; a record cut short by a crash is dropped."""
        for path in (self.root / "processes").glob("*.json"):
            try:
                yield _read(path, ProcessRecord)
            except FaasctlError:
                path.unlink(missing_ok=True)

    def port(self) -> Port | None:
        path = self.root / "port.json"
        return _read(path, Port) if path.exists() else None

    def write_port(self, port: Port) -> None:
        disk.replace(self.root / "port.json", msgspec.json.encode(port))

    def write_info(self, info: wire.GatewayInfo) -> None:
        disk.replace(self.root / wire.INFO_FILE, wire.encode(info))

    def _folder(self, namespace: str, revision: str) -> Path:
        return self.root / "revisions" / namespace / revision


def _read(path: Path, kind: type[T]) -> T:
    try:
        return msgspec.json.decode(path.read_bytes(), type=kind)
    except (OSError, msgspec.MsgspecError) as error:
        raise FaasctlError(
            f"{path}: {error}", hint="it was damaged from outside; move it away"
        ) from error

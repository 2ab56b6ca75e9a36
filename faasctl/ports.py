"""The seams: Protocols of one to three methods with more than one implementation."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Protocol

from faasctl.files import (
    Assembly,
    DownloadLink,
    FileLink,
    Made,
    Offer,
    OpenOffer,
    PartsOffer,
    PartUpload,
    StoredFile,
)
from faasctl.plan import Deployment, Event, Release, Rollout, Share
from handlers.contract.boxes import FilePath

Report = Callable[[Event], None]


class Backend(Protocol):
    """Makes releases run on one target."""

    def apply(
        self, releases: Sequence[Release], report: Report, rollout: Rollout
    ) -> Sequence[Deployment]:
        """Make all ready, then move traffic; raises DeployError and changes nothing otherwise."""
        ...

    def find(self, namespace: str) -> Sequence[Deployment]:
        """Everything that runs in the namespace."""
        ...

    def remove(self, namespace: str, names: Sequence[str]) -> Sequence[str]:
        """Stop and forget components; returns the names of those that were there."""
        ...


class Traffic(Protocol):
    """Shares of requests between revisions."""

    def route(self, namespace: str, name: str, shares: Sequence[Share]) -> Deployment: ...


class Observer(Protocol):
    """What functions print; `since` is in seconds before now."""

    def logs(
        self, namespace: str, name: str, *, follow: bool, since: float | None, previous: bool
    ) -> Iterator[str]: ...


class FileStore(Protocol):
    """Links to one user's files in one box."""

    def upload_url(self, path: FilePath, offer: Offer | OpenOffer) -> FileLink:
        """Raises FileTakenError where the file is there already and may not be replaced."""
        ...

    def download_url(self, path: FilePath, expires: int) -> DownloadLink:
        """Raises UnknownNameError where there is no such file."""
        ...

    def announce(self, path: FilePath, size: int) -> None:
        """Say that a file was sent whole; raises StorageError where size or quota do not fit."""
        ...


class FileShelf(Protocol):
    """What lies in one user's area of one box."""

    def files(self, group: str) -> Iterator[StoredFile]:
        """All files of a group and of those below it, of the whole area for an empty name."""
        ...

    def remove(self, path: FilePath) -> None:
        """Raises UnknownNameError where there is no such file."""
        ...

    def abandon(self, path: FilePath, upload_id: str) -> None:
        """Forget an unfinished upload; nothing happens when it is gone."""
        ...


class PartStore(Protocol):
    """Files sent in parts, which outlive the program that sends them."""

    def begin(self, path: FilePath, offer: PartsOffer) -> PartUpload:
        """Raises FileTakenError where the file is there already and may not be replaced."""
        ...

    def look(self, path: FilePath, offer: PartsOffer, upload_id: str) -> PartUpload:
        """How far an upload is, with fresh links; raises UploadGoneError."""
        ...

    def finish(self, path: FilePath, offer: PartsOffer, assembly: Assembly) -> Made:
        """Make the file of its parts. Raises FileTakenError and UploadGoneError."""
        ...


class Box(FileStore, FileShelf, PartStore, Protocol):
    """All that can be done with one user's files in one box."""

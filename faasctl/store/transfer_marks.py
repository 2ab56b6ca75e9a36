"""What is remembered of unfinished transfers, so that a killed one goes on where it stopped."""

from __future__ import annotations

import fcntl
import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from faasctl import disk
from faasctl.errors import FaasctlError
from faasctl.store.transfer_plan import DownloadMark, Identity, UploadMark


@contextmanager
def claimed(folder: Path, *, kind: str, local: Path, remote: str) -> Iterator[Path]:
    """The file of one transfer's mark, for this process alone.

    Raises FaasctlError where another process is at the same transfer.
    """
    disk.make_private(folder)
    words = "\n".join((kind, str(local.absolute()), remote))
    mark = folder / f"{kind}-{hashlib.sha256(words.encode()).hexdigest()[:24]}.json"
    lock = mark.with_suffix(".lock")
    with lock.open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise FaasctlError(
                f"{local}: another faasctl is at this {kind}", hint="wait for it, or stop it"
            ) from error
        try:
            yield mark
        finally:
            if not mark.exists():
                lock.unlink(missing_ok=True)


def read_upload(mark: Path) -> UploadMark | None:
    """None without a mark, or with one that can't be read."""
    try:
        raw = json.loads(mark.read_text("utf-8"))
        identity = Identity(int(raw["size"]), int(raw["modified"]))
        return UploadMark(str(raw["upload_id"]), int(raw["part_size"]), identity)
    except (OSError, ValueError, LookupError, TypeError):
        return None


def write_upload(mark: Path, upload: UploadMark) -> None:
    content = {
        "upload_id": upload.upload_id,
        "part_size": upload.part_size,
        "size": upload.identity.size,
        "modified": upload.identity.modified,
    }
    disk.replace(mark, json.dumps(content).encode())


def read_download(mark: Path) -> DownloadMark | None:
    """The first line says what is fetched, each further one which part is there."""
    try:
        head, *lines = mark.read_text("utf-8").split("\n")
        raw = json.loads(head)
        # What a kill tore off has no newline after it and is not counted.
        done = frozenset(int(line) for line in lines[:-1] if line.isdigit())
        return DownloadMark(int(raw["size"]), str(raw["etag"]), int(raw["part_size"]), done)
    except (OSError, ValueError, LookupError, TypeError):
        return None


def write_download(mark: Path, download: DownloadMark) -> None:
    head = {"size": download.size, "etag": download.etag, "part_size": download.part_size}
    lines = "".join(f"{number}\n" for number in sorted(download.done))
    disk.replace(mark, f"{json.dumps(head)}\n{lines}".encode())


def add_done(mark: Path, number: int) -> None:
    """One more part is there."""
    with mark.open("ab", buffering=0) as file:
        file.write(f"{number}\n".encode())


def forget(mark: Path) -> None:
    with suppress(FileNotFoundError):
        mark.unlink()

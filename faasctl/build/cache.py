"""Folders named by their content: made once, complete or not there, shared by all modules."""

from __future__ import annotations

import fcntl
import hashlib
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from faasctl import process

_COMPLETE = ".complete"


def key(*parts: str | bytes) -> str:
    """A folder's name: 32 hexadecimal digits for the parts, in order."""
    digest = hashlib.sha256()
    for part in parts:
        data = part.encode() if isinstance(part, str) else part
        digest.update(len(data).to_bytes(8, "big") + data)
    return digest.hexdigest()[:32]


def is_complete(folder: Path) -> bool:
    return (folder / _COMPLETE).is_file()


def prepared(folder: Path, make: Callable[[Path], None]) -> Path:
    """The folder, made by `make` where it is not complete yet.

    Two processes that want the same folder make it once. It is made in its own place, because
    environments hold their own path, and counts only when the mark is written last. A process
    that is killed leaves the lock to the programs that it had started.
    """
    if is_complete(folder):
        return folder
    folder.parent.mkdir(parents=True, exist_ok=True)
    with _locked(folder.with_name(f"{folder.name}.lock")):
        if is_complete(folder):
            return folder
        if folder.exists():
            shutil.rmtree(folder)
        folder.mkdir(parents=True)
        try:
            make(folder)
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)
            raise
        (folder / _COMPLETE).touch()
    return folder


@contextmanager
def _locked(file: Path) -> Iterator[None]:
    with file.open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        with process.sharing(handle.fileno()):
            yield

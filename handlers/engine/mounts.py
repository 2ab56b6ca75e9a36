"""Parts of boxes as folders: fetched before user code is imported, read-only, up to date.

What is there already with the same ETag is not fetched again, so a folder that outlives the
process makes the next start quick. Processes that share a folder take turns.
"""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

from handlers.contract.boxes import NameRefusedError, check_segment
from handlers.engine.storage import Storage, StorageError, StoredObject

_INDEX, _LOCK = ".faasctl-etags.json", ".faasctl-lock"
_AT_ONCE = 4
_LARGEST = 1 << 44


def mount(storage: Storage, prefix: str, folder: str) -> int:
    """Make `folder` hold every object below `prefix`; returns how many were fetched.

    Raises StorageError when the store refuses, or holds a key that is no path.
    """
    os.makedirs(folder, exist_ok=True)  # noqa: PTH103
    with _alone(folder):
        there = _read_index(folder)
        listed = {one.key[len(prefix) :]: one for one in storage.listing(prefix)}
        wanted = {name: one for name, one in listed.items() if name and not name.endswith("/")}
        for name in wanted:
            _check(name)
        missing = [name for name, one in wanted.items() if not _is_there(folder, name, one, there)]
        with ThreadPoolExecutor(_AT_ONCE) as threads:
            list(threads.map(lambda name: _fetch(storage, wanted[name], folder, name), missing))
        for name in set(there) - set(wanted):
            _remove(folder, name)
        _write_index(folder, {name: one.etag for name, one in wanted.items()})
    return len(missing)


def _check(name: str) -> None:
    try:
        for segment in name.split("/"):
            check_segment(segment)
    except NameRefusedError as error:
        raise StorageError(f"the box holds a key that is no path: {error}") from error


def _is_there(folder: str, name: str, one: StoredObject, there: dict[str, str]) -> bool:
    return there.get(name) == one.etag and os.path.exists(_path(folder, name))  # noqa: PTH110


def _fetch(storage: Storage, one: StoredObject, folder: str, name: str) -> None:
    target = _path(folder, name)
    os.makedirs(os.path.dirname(target), exist_ok=True)  # noqa: PTH103, PTH120
    temporary = f"{target}.{os.getpid()}.part"
    try:
        storage.fetch(one.key, temporary, limit=_LARGEST)
        os.chmod(temporary, 0o444)  # noqa: PTH101
        os.replace(temporary, target)  # noqa: PTH105
    finally:
        _remove(folder, os.path.relpath(temporary, folder))


def _remove(folder: str, name: str) -> None:
    try:
        os.unlink(_path(folder, name))  # noqa: PTH108
    except FileNotFoundError:
        return


def _path(folder: str, name: str) -> str:
    return os.path.join(folder, *name.split("/"))  # noqa: PTH118


def _read_index(folder: str) -> dict[str, str]:
    try:
        with open(_path(folder, _INDEX), encoding="utf-8") as file:  # noqa: PTH123
            values: dict[str, str] = json.load(file)
    except (OSError, ValueError):
        return {}
    return values


def _write_index(folder: str, etags: dict[str, str]) -> None:
    temporary = _path(folder, f"{_INDEX}.{os.getpid()}")
    with open(temporary, "w", encoding="utf-8") as file:  # noqa: PTH123
        json.dump(etags, file)
    os.replace(temporary, _path(folder, _INDEX))  # noqa: PTH105


@contextmanager
def _alone(folder: str) -> Iterator[None]:
    with open(_path(folder, _LOCK), "w", encoding="utf-8") as file:  # noqa: PTH123
        fcntl.flock(file, fcntl.LOCK_EX)
        yield

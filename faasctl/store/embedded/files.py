"""Blobs on disk: written aside, synced, renamed into place, gone when nobody reads them.

Names are serial numbers, never a user's key: 8 hexadecimal digits of the generation (one for
each start of the server) and 10 of a counter; the last three choose the file inside a folder.
What an earlier generation left without an entry in the index was never acknowledged.
"""

from __future__ import annotations

import contextlib
import os
import threading
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path


class Blobs:
    """The folder of all blobs; `remove` and `hold` belong to the event loop's thread."""

    def __init__(self, root: Path) -> None:
        self._incoming = root / "incoming"
        self._settled = root / "objects"
        self._generation = 0
        self._count = 0
        self._lock = threading.Lock()
        self._unsynced: set[Path] = set()
        self._held: Counter[str] = Counter()
        self._doomed: set[str] = set()

    def start(self, generation: int) -> None:
        """Make the folders, and clear what uploads left unfinished."""
        self._generation = generation
        for folder in (self._incoming, self._settled):
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        for leftover in self._incoming.iterdir():
            leftover.unlink()

    def create(self) -> tuple[str, int]:
        """A new blob's name and its file, open for writing."""
        with self._lock:
            self._count += 1
            name = f"{self._generation:08x}{self._count:010x}"
        flags = os.O_CREAT | os.O_EXCL | os.O_RDWR
        return name, os.open(self._incoming / name, flags, 0o600)

    def settle(self, name: str, file: int) -> None:
        """Sync a written file, move it to its place and close it; closed only if all went well."""
        os.fsync(file)
        place = self._path(name)
        with self._lock:
            if not place.parent.is_dir():
                place.parent.mkdir(mode=0o700)
                self._unsynced.add(self._settled)
            self._unsynced.add(place.parent)
        (self._incoming / name).rename(place)
        os.close(file)

    def sync(self) -> None:
        """Make every rename so far durable; an index entry may be committed after this."""
        with self._lock:
            folders, self._unsynced = self._unsynced, set()
        for folder in folders:
            descriptor = os.open(folder, os.O_RDONLY)
            try:
                os.fsync(descriptor)
            finally:
                os.close(descriptor)

    def discard(self, name: str, file: int) -> None:
        """Forget a blob that did not come to an end."""
        os.close(file)
        (self._incoming / name).unlink(missing_ok=True)

    def open(self, name: str) -> int:
        return os.open(self._path(name), os.O_RDONLY)

    @contextlib.contextmanager
    def hold(self, names: Iterable[str]) -> Iterator[None]:
        """Keep blobs on disk while they are read, even when they are removed meanwhile."""
        held = list(names)
        self._held.update(held)
        try:
            yield
        finally:
            self._held.subtract(held)
            free = [name for name in held if self._held[name] <= 0]
            for name in free:
                self._held.pop(name, None)
            self._unlink(self._doomed.intersection(free))

    def remove(self, names: Iterable[str]) -> None:
        """Delete blobs, each as soon as nobody holds it."""
        doomed = set(names)
        later = {name for name in doomed if self._held[name] > 0}
        self._doomed |= later
        self._unlink(doomed - later)

    def _unlink(self, names: Iterable[str]) -> None:
        for name in list(names):
            self._doomed.discard(name)
            self._path(name).unlink(missing_ok=True)

    def sweep(self, is_used: Callable[[str], bool]) -> int:
        """Delete what earlier generations left without an entry; returns how many."""
        count = 0
        for folder in sorted(self._settled.iterdir()):
            if int(folder.name[:8], 16) >= self._generation:
                continue
            for file in list(folder.iterdir()):
                if not is_used(file.name) and not self._held[file.name]:
                    file.unlink(missing_ok=True)
                    count += 1
        return count

    def _path(self, name: str) -> Path:
        return self._settled / name[:-3] / name

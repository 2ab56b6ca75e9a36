"""Digests of files: of parts, of parts together, and of a file that is still being moved."""

from __future__ import annotations

import hashlib
import os
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

BLOCK = 1024 * 1024


def md5(content: bytes = b"") -> hashlib._Hash:
    """S3's own checksum of transfers; nothing here relies on it against forgers."""
    return hashlib.md5(content, usedforsecurity=False)


def md5_of_part(file: Path, start: int, length: int) -> bytes:
    """Raises OSError where the file is shorter."""
    digest = md5()
    with file.open("rb", buffering=0) as source:
        for block in blocks(source.fileno(), start, length):
            digest.update(block)
    return digest.digest()


def blocks(descriptor: int, start: int, length: int) -> Iterator[memoryview]:
    """The bytes of a part, piece by piece; a piece is good until the next one is asked for."""
    buffer = memoryview(bytearray(min(BLOCK, length)))
    while length > 0:
        got = os.preadv(descriptor, [buffer[: min(BLOCK, length)]], start)
        if not got:
            raise OSError("the file became shorter while it was read")
        yield buffer[:got]
        start += got
        length -= got


def composite(digests: Sequence[bytes]) -> str:
    """The ETag of a file that was put together from parts with these MD5s."""
    return f"{md5(b''.join(digests)).hexdigest()}-{len(digests)}"


class Follower(threading.Thread):
    """Hashes a file from its start, as far as it is settled, while others still move the rest."""

    def __init__(self, file: Path, size: int, algorithms: Iterable[str]) -> None:
        super().__init__(daemon=True, name="digest")
        self._file = file
        self._size = size
        self._digests = {name: md5() if name == "md5" else hashlib.new(name) for name in algorithms}
        self._changed = threading.Condition()
        self._ahead: dict[int, int] = {}
        self._reach = 0
        self._given_up = False
        self._error: OSError | None = None

    def settle(self, start: int, length: int) -> None:
        """These bytes of the file will not change any more; parts come in any order."""
        with self._changed:
            self._ahead[start] = length
            while self._reach in self._ahead:
                self._reach += self._ahead.pop(self._reach)
            self._changed.notify()

    def give_up(self) -> None:
        """End without a result."""
        with self._changed:
            self._given_up = True
            self._changed.notify()

    def run(self) -> None:
        position = 0
        try:
            with self._file.open("rb", buffering=0) as source:
                while (reach := self._wait(position)) > position:
                    for block in blocks(source.fileno(), position, reach - position):
                        for digest in self._digests.values():
                            digest.update(block)
                    position = reach
        except OSError as error:
            self._error = error

    def _wait(self, position: int) -> int:
        """As far as can be read; `position` itself when that is all."""
        with self._changed:
            self._changed.wait_for(
                lambda: self._given_up or position == self._size or self._reach > position
            )
            return position if self._given_up else self._reach

    def result(self) -> Mapping[str, str]:
        """The digests, in hexadecimal digits, once all is settled; raises OSError."""
        self.join()
        if self._error is not None:
            raise self._error
        return {name: digest.hexdigest() for name, digest in self._digests.items()}

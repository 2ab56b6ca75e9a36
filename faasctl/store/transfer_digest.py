"""Digests of files: of parts, of parts together, and of a file that is still being moved."""

from __future__ import annotations

import hashlib
import os
import threading
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Literal, Protocol

from faasctl.store.embedded import crc

BLOCK = 1024 * 1024


class Digest(Protocol):
    """What takes bytes and knows their digest."""

    def update(self, data: memoryview, /) -> None: ...

    def digest(self) -> bytes: ...


class _Crc32:
    """CRC-32 with the face of a hash object."""

    def __init__(self) -> None:
        self._value = 0

    def update(self, data: memoryview, /) -> None:
        self._value = zlib.crc32(data, self._value)

    def digest(self) -> bytes:
        return self._value.to_bytes(4, "big")


Algorithm = Literal["md5", "crc32", "sha256"]


def make(algorithm: Algorithm) -> Digest:
    """A digest of nothing yet; MD5 is S3's own for transfers and proves nothing to forgers."""
    match algorithm:
        case "md5":
            return hashlib.md5(usedforsecurity=False)
        case "crc32":
            return _Crc32()
        case "sha256":
            return hashlib.sha256()


def of_bytes(algorithm: Algorithm, content: bytes) -> bytes:
    digest = make(algorithm)
    digest.update(memoryview(content))
    return digest.digest()


def of_part(algorithm: Algorithm, file: Path, start: int, length: int) -> bytes:
    """Raises OSError where the file is shorter."""
    digest = make(algorithm)
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
    return f"{of_bytes('md5', b''.join(digests)).hex()}-{len(digests)}"


def combined_crc(digests: Sequence[bytes], lengths: Sequence[int]) -> str:
    """The CRC-32 of a file, in hex, from those of its parts in order; of no parts it is zero."""
    whole = bytes(4)
    for digest, length in zip(digests, lengths, strict=True):
        whole = crc.combine(crc.CRC32, whole, digest, length)
    return whole.hex()


class Follower(threading.Thread):
    """Hashes a file from its start, as far as it is settled, while others still move the rest."""

    def __init__(self, file: Path, size: int, algorithms: Iterable[Algorithm]) -> None:
        super().__init__(daemon=True, name="digest")
        self._file = file
        self._size = size
        self._digests = {name: make(name) for name in algorithms}
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
        if not self._digests:
            return
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
        return {name: digest.digest().hex() for name, digest in self._digests.items()}

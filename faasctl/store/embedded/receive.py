"""A body on its way in: decoded, counted, hashed and written in one thread at a time."""

from __future__ import annotations

import asyncio
import hashlib
import os
from collections.abc import Awaitable, Callable
from concurrent.futures import Executor
from dataclasses import dataclass
from typing import Protocol

from faasctl.store.embedded import checksums
from faasctl.store.embedded.checksums import Checksum, Wanted
from faasctl.store.embedded.faults import S3Error
from faasctl.store.embedded.files import Blobs
from faasctl.store.embedded.records import Blob

_BATCH = 1024 * 1024
#: S3's limit for one request: https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html
LARGEST = 5 * 1024**3


class Decoder(Protocol):
    """Takes framing off; `finish` gives trailing headers."""

    def feed(self, data: bytes) -> list[bytes]: ...

    def finish(self) -> dict[str, str]: ...


@dataclass(frozen=True, slots=True)
class Expected:
    """What the body must turn out to be; None is not known before."""

    length: int | None = None
    sha256: str | None = None
    md5: bytes | None = None
    wanted: Wanted | None = None
    smallest: int = 0
    largest: int = LARGEST


class Intake:
    """Takes bytes, keeps them and knows their digests; used by one thread at a time."""

    def __init__(self, expected: Expected, keep: Callable[[list[bytes]], None]) -> None:
        self._expected = expected
        self._keep = keep
        self._size = 0
        self._md5 = hashlib.md5(usedforsecurity=False)
        self._sha256 = hashlib.sha256() if expected.sha256 else None
        wanted = expected.wanted
        self._checksum = checksums.ALGORITHMS[wanted.algorithm].make() if wanted else None

    def feed(self, pieces: list[bytes]) -> None:
        self._size += sum(map(len, pieces))
        if self._size > self._expected.largest:
            raise too_large(self._size, self._expected.largest)
        for piece in pieces:
            self._md5.update(piece)
            if self._sha256:
                self._sha256.update(piece)
            if self._checksum:
                self._checksum.update(piece)
        self._keep(pieces)

    def finish(self, trailers: dict[str, str]) -> tuple[int, str, Checksum | None]:
        """Size, MD5 and checksum, once all that was promised holds."""
        expected = self._expected
        if expected.length is not None and self._size != expected.length:
            raise S3Error("IncompleteBody")
        if self._size < expected.smallest:
            raise S3Error(
                "EntityTooSmall",
                ProposedSize=str(self._size),
                MinSizeAllowed=str(expected.smallest),
            )
        if self._sha256 and self._sha256.hexdigest() != expected.sha256:
            raise S3Error("XAmzContentSHA256Mismatch")
        if expected.md5 not in {None, self._md5.digest()}:
            raise S3Error("BadDigest")
        return self._size, self._md5.hexdigest(), self._check_checksum(trailers)

    def _check_checksum(self, trailers: dict[str, str]) -> Checksum | None:
        wanted = self._expected.wanted
        if wanted is None or self._checksum is None:
            return None
        found = Checksum(wanted.algorithm, checksums.encode(self._checksum.digest()))
        value = wanted.value
        if wanted.trailer:
            value = trailers.get(checksums.header_name(wanted.algorithm))
            if value is None:
                raise S3Error("MalformedTrailerError")
            checksums.check_value(wanted.algorithm, value)
        if value not in {None, found.value}:
            raise S3Error(
                "BadDigest",
                f"The {wanted.algorithm} you specified did not match the calculated checksum.",
            )
        return found


def too_large(size: int, largest: int) -> S3Error:
    return S3Error("EntityTooLarge", ProposedSize=str(size), MaxSizeAllowed=str(largest))


class _File:
    """A blob being written."""

    def __init__(self, blobs: Blobs) -> None:
        self._blobs = blobs
        self.name, self._descriptor = blobs.create()

    def write(self, pieces: list[bytes]) -> None:
        for piece in pieces:
            view = memoryview(piece)
            while view:
                view = view[os.write(self._descriptor, view) :]

    def settle(self) -> None:
        self._blobs.settle(self.name, self._descriptor)

    def discard(self) -> None:
        self._blobs.discard(self.name, self._descriptor)


Read = Callable[[], Awaitable[bytes]]


async def receive(
    read: Read, decoder: Decoder | None, expected: Expected, blobs: Blobs, pool: Executor
) -> Blob:
    """Write a body to a new blob; nothing is left behind when it is refused."""
    loop = asyncio.get_running_loop()
    file = await loop.run_in_executor(pool, _File, blobs)
    intake = Intake(expected, file.write)

    def absorb(batch: list[bytes]) -> None:
        intake.feed(_decode(decoder, batch))

    def finish(batch: list[bytes]) -> Blob:
        absorb(batch)
        size, md5, checksum = intake.finish(decoder.finish() if decoder else {})
        file.settle()
        return Blob(file.name, size, md5, checksum)

    try:
        rest = await _pump(read, absorb, pool)
        return await loop.run_in_executor(pool, finish, rest)
    except BaseException:
        await asyncio.shield(loop.run_in_executor(pool, file.discard))
        raise


async def _pump(read: Read, absorb: Callable[[list[bytes]], None], pool: Executor) -> list[bytes]:
    """Hand batches to another thread, one while the next is read; returns the last one."""
    loop = asyncio.get_running_loop()
    batch: list[bytes] = []
    size = 0
    busy: asyncio.Future[None] | None = None
    try:
        while data := await read():
            batch.append(data)
            size += len(data)
            if size >= _BATCH:
                if busy is not None:
                    await busy
                busy = loop.run_in_executor(pool, absorb, batch)
                batch, size = [], 0
    finally:
        if busy is not None:
            await asyncio.wait([busy])
    if busy is not None:
        busy.result()
    return batch


def _decode(decoder: Decoder | None, batch: list[bytes]) -> list[bytes]:
    if decoder is None:
        return batch
    return [piece for data in batch for piece in decoder.feed(data)]


async def read_small(read: Read, decoder: Decoder | None, expected: Expected) -> bytes:
    """A whole small body, under the same checks."""
    kept: list[bytes] = []
    intake = Intake(expected, kept.extend)
    while data := await read():
        intake.feed(_decode(decoder, [data]))
    intake.finish(decoder.finish() if decoder else {})
    return b"".join(kept)

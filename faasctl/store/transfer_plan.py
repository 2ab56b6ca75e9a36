"""Decisions about transfers, without doing any: parts, what to resume, what proves a file whole."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from faasctl.files import Checksum

MIB = 1024 * 1024

#: Files below this go in one request; it is also the usual size of a part.
SMALL = 16 * MIB
#: S3's limits: https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html
MOST_PARTS, LARGEST = 10_000, 5 * 1024**4

#: Part sizes that programs use, ours first, for files whose part size nobody tells.
_USUAL = (16, 8, 5, 10, 15, 25, 32, 50, 64, 100, 128, 256, 512)
_COMPOSITE = re.compile(r"[0-9a-f]{32}-(\d{1,5})")
_PLAIN = re.compile(r"[0-9a-f]{32}")


@dataclass(frozen=True, slots=True)
class Span:
    """Part `number`, from 1, of a file."""

    number: int
    start: int
    length: int


def part_size(size: int) -> int:
    """How large the parts of a file are: whole mebibytes, and at most 10,000 of them."""
    return max(SMALL, -(-size // MOST_PARTS // MIB) * MIB)


def spans(size: int, part: int) -> tuple[Span, ...]:
    """The parts of a file, in order; an empty file has none."""
    return tuple(
        Span(number, start, min(part, size - start))
        for number, start in enumerate(range(0, size, part), 1)
    )


@dataclass(frozen=True, slots=True)
class Identity:
    """What tells that a local file is still the same; `modified` in nanoseconds."""

    size: int
    modified: int


@dataclass(frozen=True, slots=True)
class UploadMark:
    """What is kept of an upload under way."""

    upload_id: str
    part_size: int
    identity: Identity


@dataclass(frozen=True, slots=True)
class Anew:
    """Begin; `abandoned` is an upload that nobody will finish, empty for none."""

    abandoned: str = ""


@dataclass(frozen=True, slots=True)
class GoOn:
    """Go on with an unfinished upload."""

    mark: UploadMark


def next_upload(mark: UploadMark | None, now: Identity) -> Anew | GoOn:
    """A file that changed since starts anew."""
    if mark is None:
        return Anew()
    return GoOn(mark) if mark.identity == now else Anew(mark.upload_id)


@dataclass(frozen=True, slots=True)
class Remote:
    """What the store says of a file before it is downloaded; `encrypted` with keys of its own."""

    size: int
    etag: str
    checksum: Checksum | None = None
    encrypted: bool = False


@dataclass(frozen=True, slots=True)
class DownloadMark:
    """What is kept of a download under way; `done` are numbers of parts on disk."""

    size: int
    etag: str
    part_size: int
    done: frozenset[int] = frozenset()


def next_download(mark: DownloadMark | None, partial: int | None, remote: Remote) -> frozenset[int]:
    """Numbers of the parts that need not come again; `partial` is the size of what is on disk."""
    same = mark is not None and (mark.size, mark.etag) == (remote.size, remote.etag)
    if mark is None or not same or partial != remote.size or not remote.etag:
        return frozenset()
    return mark.done if mark.part_size == download_part(remote) else frozenset()


@dataclass(frozen=True, slots=True)
class Proof:
    """What a downloaded file must have.

    `parts` is the MD5 of the MD5s of parts of `part_size`, `nothing` where the store says nothing
    that could be checked; the others are of the whole file.
    """

    kind: Literal["sha256", "crc32", "md5", "parts", "nothing"]
    value: str = ""
    part_size: int = 0


def proof(remote: Remote) -> Proof:
    """An ETag is an MD5 unless the store encrypts with keys of its own: then it is opaque."""
    if remote.checksum is not None:
        return Proof(remote.checksum.algorithm, remote.checksum.value)
    if remote.encrypted:
        return Proof("nothing")
    if _PLAIN.fullmatch(remote.etag):
        return Proof("md5", remote.etag)
    composite = _COMPOSITE.fullmatch(remote.etag)
    if composite is None:
        return Proof("nothing")
    part = guessed_part(remote.size, int(composite[1]))
    return Proof("parts", remote.etag, part) if part else Proof("nothing")


def guessed_part(size: int, count: int) -> int:
    """The part size, in whole mebibytes, that makes `count` parts of `size`; 0 for none.

    S3 tells the number of parts only. Where several sizes are possible, the most usual is it.
    """
    if count < 1 or size < 1:
        return 0
    for candidate in (part_size(size), *(MIB * usual for usual in _USUAL)):
        if -(-size // candidate) == count:
            return candidate
    smallest = -(-size // count)
    rounded = -(-smallest // MIB) * MIB
    return rounded if -(-size // rounded) == count else 0


def download_part(remote: Remote) -> int:
    """How much of a file is fetched at once: its own parts where they are of a handy size."""
    found = proof(remote)
    if found.kind == "parts" and 5 * MIB <= found.part_size <= 64 * MIB:
        return found.part_size
    return part_size(remote.size)

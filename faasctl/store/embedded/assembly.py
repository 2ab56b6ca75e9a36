"""What a CompleteMultipartUpload makes of its parts.

https://docs.aws.amazon.com/AmazonS3/latest/API/API_CompleteMultipartUpload.html
"""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from faasctl.store.embedded import checksums, documents
from faasctl.store.embedded.checksums import Checksum, Wanted
from faasctl.store.embedded.conditions import Write
from faasctl.store.embedded.faults import S3Error
from faasctl.store.embedded.records import Part, Segment, Upload

SMALLEST = 5 * 1024 * 1024
MOST = 10_000


@dataclass(frozen=True, slots=True)
class Named:
    """One part as the request names it."""

    number: int
    etag: str
    checksum: Checksum | None = None


@dataclass(frozen=True, slots=True)
class Order:
    """A whole request to complete; None is not said, `now` is Unix time."""

    named: tuple[Named, ...]
    condition: Write
    now: float
    largest: int | None = None
    size: int | None = None
    wanted: Wanted | None = None


@dataclass(frozen=True, slots=True)
class Assembly:
    """The object that the parts make."""

    size: int
    etag: str
    checksum: Checksum | None
    segments: tuple[Segment, ...]
    parts: int


def parse_parts(body: bytes) -> tuple[Named, ...]:
    """The parts that a request names; raises MalformedXML, or InvalidPartOrder."""
    root = documents.read(body, "CompleteMultipartUpload")
    named = tuple(_parse_part(element) for element in root.all("Part"))
    if not 1 <= len(named) <= MOST:
        raise S3Error("MalformedXML")
    numbers = [one.number for one in named]
    if any(first >= second for first, second in itertools.pairwise(numbers)):
        raise S3Error("InvalidPartOrder")
    return named


def _parse_part(element: documents.Element) -> Named:
    number, etag = element.value("PartNumber"), element.value("ETag")
    if number is None or etag is None:
        raise S3Error("MalformedXML")
    found = [
        Checksum(name, value)
        for name in checksums.ALGORITHMS
        if (value := element.value(f"Checksum{name}")) is not None
    ]
    if len(found) > 1:
        raise S3Error("MalformedXML")
    return Named(parse_number(number), etag.strip().strip('"'), found[0] if found else None)


def parse_number(text: str) -> int:
    """A part's number; raises InvalidArgument."""
    good = text.isascii() and text.isdigit() and len(text) <= 5
    if not good or not 1 <= int(text) <= MOST:
        raise S3Error(
            "InvalidArgument",
            f"Part number must be an integer between 1 and {MOST}, inclusive",
            ArgumentName="partNumber",
            ArgumentValue=text,
        )
    return int(text)


def assemble(upload: Upload, order: Order, stored: Mapping[int, Part]) -> Assembly:
    """Check the named parts against the stored ones, and put them together."""
    chosen = [_find(upload, one, stored) for one in order.named]
    for part in chosen[:-1]:
        if part.blob.size < SMALLEST:
            raise S3Error(
                "EntityTooSmall",
                ProposedSize=str(part.blob.size),
                MinSizeAllowed=str(SMALLEST),
                PartNumber=str(part.number),
            )
    made = _join(upload, chosen)
    if order.largest is not None and made.size > order.largest:
        raise S3Error("EntityTooLarge", MaxSizeAllowed=str(order.largest))
    if order.size not in {None, made.size}:
        raise S3Error("InvalidRequest", "The provided 'x-amz-mp-object-size' header does not fit.")
    if order.wanted is not None and made.checksum is not None:
        given = (order.wanted.algorithm, order.wanted.value)
        if given != (made.checksum.algorithm, made.checksum.value):
            raise S3Error("BadDigest")
    return made


def _join(upload: Upload, chosen: Sequence[Part]) -> Assembly:
    digests = b"".join(bytes.fromhex(part.blob.md5) for part in chosen)
    etag = f"{hashlib.md5(digests, usedforsecurity=False).hexdigest()}-{len(chosen)}"
    segments: list[Segment] = []
    size = 0
    for part in chosen:
        if part.blob.size:
            segments.append(Segment(size, part.blob.size, part.blob.name))
        size += part.blob.size
    return Assembly(size, etag, _checksum(upload, chosen), tuple(segments), len(chosen))


def _find(upload: Upload, named: Named, stored: Mapping[int, Part]) -> Part:
    part = stored.get(named.number)
    if part is None or part.blob.md5 != named.etag:
        raise S3Error("InvalidPart", PartNumber=str(named.number))
    if upload.kind == "COMPOSITE" and named.checksum is None:
        raise S3Error(
            "InvalidRequest",
            f"The upload was created using a {upload.algorithm} checksum."
            " The complete request must include the checksum for each part.",
        )
    if named.checksum is not None and named.checksum != part.blob.checksum:
        raise S3Error("InvalidPart", PartNumber=str(named.number))
    return part


def _checksum(upload: Upload, chosen: Sequence[Part]) -> Checksum | None:
    pairs = [(part.blob.checksum, part.blob.size) for part in chosen if part.blob.checksum]
    if upload.kind is None or len(pairs) != len(chosen):
        return None
    return checksums.of_parts(upload.kind, pairs)

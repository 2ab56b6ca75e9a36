"""Checksums that a request may bring or ask for: `x-amz-checksum-*`, trailers, Content-MD5.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity.html
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol, cast

from faasctl.store.embedded import crc
from faasctl.store.embedded.faults import S3Error

Kind = Literal["COMPOSITE", "FULL_OBJECT"]


class Hasher(Protocol):
    """What hashlib's objects look like."""

    def update(self, data: bytes, /) -> None: ...

    def digest(self) -> bytes: ...


@dataclass(frozen=True, slots=True)
class Algorithm:
    """`polynomial` is set where the checksums of parts can be put together."""

    make: Callable[[], Hasher]
    size: int
    polynomial: crc.Polynomial | None = None


ALGORITHMS: dict[str, Algorithm] = {
    "CRC32": Algorithm(crc.ZlibCrc, 4, crc.CRC32),
    "CRC32C": Algorithm(lambda: crc.TableCrc(crc.CRC32C), 4, crc.CRC32C),
    "CRC64NVME": Algorithm(lambda: crc.TableCrc(crc.CRC64NVME), 8, crc.CRC64NVME),
    "SHA1": Algorithm(lambda: hashlib.sha1(usedforsecurity=False), 20),
    "SHA256": Algorithm(hashlib.sha256, 32),
}


@dataclass(frozen=True, slots=True)
class Checksum:
    """`value` is base64, with `-N` after a composite one."""

    algorithm: str
    value: str
    kind: Kind = "FULL_OBJECT"


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the request brings; `value` None comes in the trailer, or is ours to work out."""

    algorithm: str
    value: str | None = None
    trailer: bool = False


def header_name(algorithm: str) -> str:
    return f"x-amz-checksum-{algorithm.lower()}"


_BY_HEADER = {header_name(name): name for name in ALGORITHMS}


def parse_wanted(headers: Mapping[str, str], *, composite: bool = False) -> Wanted | None:
    """The one checksum of a request; raises InvalidRequest for two, or for a bad one.

    A `composite` one may end with its number of parts.
    """
    given = [name for name in headers if name in _BY_HEADER]
    trailer = headers.get("x-amz-trailer")
    if len(given) + (trailer is not None) > 1:
        raise S3Error("InvalidRequest", "Expecting a single x-amz-checksum- header.")
    named = parse_algorithm(headers.get("x-amz-sdk-checksum-algorithm"))
    if given:
        found = Wanted(_BY_HEADER[given[0]], headers[given[0]])
        value = headers[given[0]]
        check_value(found.algorithm, value.partition("-")[0] if composite else value)
    elif trailer is not None:
        if trailer.strip().lower() not in _BY_HEADER:
            raise S3Error("InvalidRequest", "The value specified in x-amz-trailer is not valid.")
        found = Wanted(_BY_HEADER[trailer.strip().lower()], trailer=True)
    elif named is None:
        return None
    else:
        raise S3Error(
            "InvalidRequest",
            "x-amz-sdk-checksum-algorithm specified, but no corresponding x-amz-checksum-* or"
            " x-amz-trailer headers were found.",
        )
    if named not in {None, found.algorithm}:
        raise S3Error("InvalidRequest", "Value for x-amz-sdk-checksum-algorithm is invalid.")
    return found


def parse_algorithm(text: str | None) -> str | None:
    """The name of an algorithm; raises InvalidRequest for one that S3 does not have."""
    if text is None:
        return None
    if text.upper() not in ALGORITHMS:
        raise S3Error("InvalidRequest", f"Checksum algorithm provided is unsupported: {text}")
    return text.upper()


def parse_kind(text: str | None, algorithm: str) -> Kind:
    """Composite or whole; CRC-64 is always whole and a SHA never is, for multipart uploads."""
    can_be_whole = ALGORITHMS[algorithm].polynomial is not None
    kind = (text or ("FULL_OBJECT" if algorithm == "CRC64NVME" else "COMPOSITE")).upper()
    allowed = {"FULL_OBJECT": can_be_whole, "COMPOSITE": algorithm != "CRC64NVME"}
    if not allowed.get(kind, False):
        raise S3Error(
            "InvalidRequest", f"The {kind} checksum type cannot be used with {algorithm}."
        )
    return cast("Kind", kind)


def check_value(algorithm: str, value: str) -> None:
    """Raises InvalidRequest for text that is no checksum of that algorithm."""
    try:
        good = len(base64.b64decode(value, validate=True)) == ALGORITHMS[algorithm].size
    except (binascii.Error, ValueError):
        good = False
    if not good:
        raise S3Error("InvalidRequest", f"Value for {header_name(algorithm)} header is invalid.")


def parse_md5(text: str | None) -> bytes | None:
    """Content-MD5 as bytes; raises InvalidDigest."""
    if text is None:
        return None
    try:
        digest = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise S3Error("InvalidDigest") from error
    if len(digest) != 16:
        raise S3Error("InvalidDigest")
    return digest


def of_parts(kind: Kind, parts: Sequence[tuple[Checksum, int]]) -> Checksum:
    """The checksum of an object from those of its parts and their sizes, in order."""
    algorithm = parts[0][0].algorithm
    digests = [base64.b64decode(checksum.value) for checksum, _ in parts]
    polynomial = ALGORITHMS[algorithm].polynomial
    if kind == "FULL_OBJECT" and polynomial is not None:
        whole = digests[0]
        for digest, (_, size) in zip(digests[1:], parts[1:], strict=True):
            whole = crc.combine(polynomial, whole, digest, size)
        return Checksum(algorithm, encode(whole), kind)
    hasher = ALGORITHMS[algorithm].make()
    hasher.update(b"".join(digests))
    return Checksum(algorithm, f"{encode(hasher.digest())}-{len(parts)}", kind)


def encode(digest: bytes) -> str:
    return base64.b64encode(digest).decode("ascii")

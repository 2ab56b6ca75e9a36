"""S3's XML, read and written: listings, parts, the end of an upload."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import unquote_plus
from xml.etree import ElementTree as ET
from xml.sax.saxutils import escape

from faasctl.errors import StorageError
from faasctl.files import PartCheck, StoredPart
from faasctl.store.refusals import refusal, text_of
from handlers.contract.boxes import FilePath, NameRefusedError, parse_file


@dataclass(frozen=True, slots=True)
class ListedObject:
    key: str
    size: int
    etag: str
    modified: str


@dataclass(frozen=True, slots=True)
class Listing:
    """One page; an empty `token` is the last one."""

    objects: tuple[ListedObject, ...]
    token: str


@dataclass(frozen=True, slots=True)
class PartListing:
    """One page; `check` is how the upload was begun."""

    parts: tuple[StoredPart, ...]
    more: bool
    check: PartCheck


def base64_of(digest: str) -> str:
    """Hexadecimal digits as S3 writes checksums."""
    return base64.b64encode(bytes.fromhex(digest)).decode()


def hex_of(checksum: str) -> str:
    """A checksum as S3 writes it in hexadecimal digits; empty for one of parts, and for none."""
    return "" if "-" in checksum else base64.b64decode(checksum).hex()


def parse_listing(body: bytes) -> Listing:
    root = _root(body)
    encoded = text_of(root, "EncodingType") == "url"
    objects = tuple(_object(one, encoded=encoded) for one in _all(root, "Contents"))
    return Listing(objects, text_of(root, "NextContinuationToken"))


def _object(element: ET.Element, *, encoded: bool) -> ListedObject:
    key = text_of(element, "Key")
    return ListedObject(
        unquote_plus(key) if encoded else key,
        int(text_of(element, "Size") or 0),
        text_of(element, "ETag").strip('"'),
        text_of(element, "LastModified"),
    )


def path_in(prefix: str, key: str) -> FilePath | None:
    """The file that a key names; None for keys that no file of a box has."""
    try:
        return parse_file(key.removeprefix(prefix))
    except NameRefusedError:
        return None


def parse_upload_id(body: bytes) -> str:
    return text_of(_root(body), "UploadId")


def parse_parts(body: bytes) -> PartListing:
    root = _root(body)
    parts = tuple(
        StoredPart(
            int(text_of(one, "PartNumber")),
            text_of(one, "ETag").strip('"'),
            hex_of(text_of(one, "ChecksumCRC32")),
        )
        for one in _all(root, "Part")
    )
    more = bool(parts) and text_of(root, "IsTruncated") == "true"
    check = part_check(text_of(root, "ChecksumAlgorithm"), text_of(root, "ChecksumType"))
    return PartListing(parts, more, check)


def part_check(algorithm: str, kind: str) -> PartCheck:
    """How parts are checked, by what a store says that it keeps of an upload."""
    return "crc32" if (algorithm.upper(), kind.upper()) == ("CRC32", "FULL_OBJECT") else "md5"


def completion(parts: Sequence[StoredPart]) -> bytes:
    """The order to make a file of these parts."""
    inner = "".join(_part(part) for part in sorted(parts, key=lambda part: part.number))
    return f"<CompleteMultipartUpload>{inner}</CompleteMultipartUpload>".encode()


def _part(part: StoredPart) -> str:
    crc = f"<ChecksumCRC32>{base64_of(part.crc32)}</ChecksumCRC32>" if part.crc32 else ""
    number = f"<PartNumber>{part.number}</PartNumber>"
    return f"<Part>{crc}<ETag>{escape(part.etag)}</ETag>{number}</Part>"


def parse_completed(body: bytes, *, what: str) -> str:
    """The new file's ETag; raises the error that stands in the document instead."""
    root = _root(body)
    if root.tag.rpartition("}")[2] == "Error":
        raise refusal(what, 500, body)
    return text_of(root, "ETag").strip('"')


def _root(body: bytes) -> ET.Element:
    try:
        return ET.fromstring(body)  # noqa: S314 - expat itself stops entity bombs
    except ET.ParseError as error:
        raise StorageError(
            "the store's answer is no XML", hint="is s3.endpoint really an S3 endpoint?"
        ) from error


def _all(root: ET.Element, name: str) -> list[ET.Element]:
    return [one for one in root if one.tag.rpartition("}")[2] == name]

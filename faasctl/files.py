"""Files in boxes, as values: what is offered, linked and stored.

Sizes are in bytes, `sha256` in hexadecimal digits, ETags without their quotes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from handlers.contract.boxes import FilePath


@dataclass(frozen=True, slots=True)
class Offer:
    """A whole file to be sent in one request; the link is bound to all of this."""

    size: int
    content_type: str
    sha256: str
    overwrite: bool = False


@dataclass(frozen=True, slots=True)
class OpenOffer:
    """A file of which nothing is known yet; the link lives `expires` seconds."""

    expires: int
    overwrite: bool = False


@dataclass(frozen=True, slots=True)
class PartsOffer:
    """A file to be sent in parts of `part_size`, the last one shorter."""

    size: int
    part_size: int
    content_type: str
    overwrite: bool = False


@dataclass(frozen=True, slots=True)
class FileLink:
    """A presigned URL: it allows one method, and the client must send exactly these headers.

    It lives `expires` seconds.
    """

    method: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict)
    expires: int = 0

    @property
    def bare_url(self) -> str:
        """Where the file is, without what allows to touch it."""
        return self.url.partition("?")[0]


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A file of a listing; `modified` is a time in UTC as the store writes it."""

    path: FilePath
    size: int
    etag: str
    modified: str


@dataclass(frozen=True, slots=True)
class Checksum:
    """What a store says of a whole file's content, in hexadecimal digits."""

    algorithm: Literal["sha256", "crc32"]
    value: str


@dataclass(frozen=True, slots=True)
class DownloadLink:
    """A link to a file's content; `checksum` is None where the store has kept none."""

    link: FileLink
    checksum: Checksum | None = None


@dataclass(frozen=True, slots=True)
class StoredPart:
    """A part that the store has; `number` from 1, `crc32` in hex, empty where it tells none."""

    number: int
    etag: str
    crc32: str = ""


#: How a store is told what a part must be: by its MD5 as it is sent, or by CRCs at the end.
PartCheck = Literal["md5", "crc32"]


@dataclass(frozen=True, slots=True)
class PartUpload:
    """An unfinished upload: the parts that the store has, and links for those that it has not."""

    upload_id: str
    stored: tuple[StoredPart, ...]
    links: Mapping[int, FileLink]
    check: PartCheck = "md5"


@dataclass(frozen=True, slots=True)
class Assembly:
    """An upload of which all parts are there; `crc32` of the whole, empty where parts have none."""

    upload_id: str
    parts: tuple[StoredPart, ...]
    crc32: str = ""


@dataclass(frozen=True, slots=True)
class Made:
    """A file that was put together; `url` is where it is, without what allows to touch it."""

    url: str
    etag: str

"""What the store keeps, as values: objects, the pieces they are made of, uploads, parts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from faasctl.store.embedded.checksums import Checksum, Kind


@dataclass(frozen=True, slots=True)
class Bucket:
    """`created` is Unix time; `cors` the configuration's document, None without one."""

    name: str
    created: float
    cors: bytes | None = None


@dataclass(frozen=True, slots=True)
class Blob:
    """Bytes on disk, settled and synced, by their file's name."""

    name: str
    size: int
    md5: str
    checksum: Checksum | None = None


@dataclass(frozen=True, slots=True)
class Segment:
    """`length` bytes of an object from `start` are those of a blob from `offset`."""

    start: int
    length: int
    blob: str
    offset: int = 0


@dataclass(frozen=True, slots=True)
class Object:
    """`etag` has no quotes; `headers` are those given back; `parts` 0 is a simple upload."""

    bucket: str
    key: str
    size: int
    etag: str
    modified: float
    headers: Mapping[str, str] = field(default_factory=dict)
    checksum: Checksum | None = None
    parts: int = 0
    upload: str = ""


@dataclass(frozen=True, slots=True)
class Upload:
    """A multipart upload under way."""

    name: str
    bucket: str
    key: str
    created: float
    headers: Mapping[str, str] = field(default_factory=dict)
    algorithm: str | None = None
    kind: Kind | None = None


@dataclass(frozen=True, slots=True)
class Part:
    number: int
    blob: Blob
    modified: float

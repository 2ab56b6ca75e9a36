"""What a handler gets and gives: the store, a verified request, a reply as a value."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from concurrent.futures import Executor
from dataclasses import dataclass, field, replace

from faasctl.store.embedded import checksums
from faasctl.store.embedded.auth import Grant
from faasctl.store.embedded.call import Call
from faasctl.store.embedded.chunked import ChunkDecoder
from faasctl.store.embedded.faults import S3Error
from faasctl.store.embedded.files import Blobs
from faasctl.store.embedded.index import Index
from faasctl.store.embedded.payload import Plain, Streamed
from faasctl.store.embedded.ranges import Span
from faasctl.store.embedded.receive import (
    LARGEST,
    Decoder,
    Expected,
    Read,
    read_small,
    receive,
    too_large,
)
from faasctl.store.embedded.records import Blob, Segment

#: A document of 10,000 parts with their checksums fits.
DOCUMENT = 4 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Store:
    """One running store; `largest` bounds an object in bytes, `clock` gives Unix time."""

    index: Index
    blobs: Blobs
    pool: Executor
    credentials: Mapping[str, str]
    clock: Callable[[], float]
    region: str = "us-east-1"
    domains: tuple[str, ...] = ("localhost",)
    largest: int | None = None


@dataclass(frozen=True, slots=True)
class Request:
    """`read` gives the raw body piece by piece, an empty one at its end."""

    call: Call
    grant: Grant
    read: Read
    has_body: bool

    async def document(self, *, of_object: bool = False) -> bytes:
        """A bounded body, checked against all that the headers promise.

        Where the checksum in the headers is `of_object`, it says nothing about the body.
        """
        expected, decoder = self._expected(DOCUMENT)
        if of_object:
            expected = replace(expected, wanted=None)
        try:
            return await read_small(self.read, decoder, expected)
        except S3Error as error:
            if error.code == "EntityTooLarge":
                raise S3Error("MaxMessageLengthExceeded") from error
            raise

    async def save(self, store: Store, algorithm: str | None = None) -> Blob:
        """The body as a new blob; `algorithm` asks for a checksum that was not sent."""
        limit = min(LARGEST, store.largest if store.largest is not None else LARGEST)
        expected, decoder = self._expected(limit, algorithm)
        if expected.length is None:
            raise S3Error("MissingContentLength")
        if expected.length > limit:
            raise too_large(expected.length, limit)
        return await receive(self.read, decoder, expected, store.blobs, store.pool)

    def _expected(
        self, largest: int, algorithm: str | None = None
    ) -> tuple[Expected, Decoder | None]:
        headers = self.call.headers
        payload = self.grant.payload
        wanted = checksums.parse_wanted(headers, composite=True)
        if wanted is None and algorithm is not None:
            wanted = checksums.Wanted(algorithm)
        decoder: Decoder | None = None
        if isinstance(payload, Streamed):
            length = headers.get("x-amz-decoded-content-length")
            if length is None:
                raise S3Error("MissingContentLength")
            decoder = ChunkDecoder(payload, self.grant.signer, self.grant.seed)
            sha256 = None
        else:
            length, sha256 = headers.get("content-length"), payload.sha256
            if wanted is not None and wanted.trailer:
                raise S3Error("InvalidRequest", "A trailer needs a streaming payload.")
        md5 = checksums.parse_md5(headers.get("content-md5"))
        size = _length(length)
        return Expected(size, sha256, md5, wanted, largest=largest), decoder

    async def finish_without_body(self) -> None:
        """For what takes no body: what was sent must still be what was signed."""
        payload = self.grant.payload
        empty = isinstance(payload, Plain) and payload.sha256 in {None, _EMPTY}
        if self.has_body or not empty:
            await self.document()


_EMPTY = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


def _length(text: str | None) -> int | None:
    if text is None:
        return None
    if not (text.isascii() and text.isdigit() and len(text) < 19):
        raise S3Error("InvalidArgument", "A length in the headers is no number.")
    return int(text)


@dataclass(frozen=True, slots=True)
class Download:
    """A range of an object, and the pieces that hold it."""

    segments: tuple[Segment, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class Reply:
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | Download = b""


Handler = Callable[[Store, Request], Awaitable[Reply]]


def xml_reply(body: bytes, headers: Mapping[str, str] | None = None) -> Reply:
    return Reply(200, {"Content-Type": "application/xml", **(headers or {})}, body)

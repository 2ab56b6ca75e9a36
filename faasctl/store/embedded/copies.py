"""CopyObject and UploadPartCopy.

A copied object shares its source's blobs, so it costs no bytes, and keeps its ETag and checksum.
https://docs.aws.amazon.com/AmazonS3/latest/API/API_CopyObject.html
"""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace

from faasctl.store.embedded import assembly, checksums, documents, objects_table
from faasctl.store.embedded.address import parse_copy_source
from faasctl.store.embedded.call import Call
from faasctl.store.embedded.checksums import Checksum, Wanted
from faasctl.store.embedded.conditions import check_copy, parse_write
from faasctl.store.embedded.documents import Node, timestamp
from faasctl.store.embedded.exchange import Reply, Request, Store, xml_reply
from faasctl.store.embedded.faults import S3Error
from faasctl.store.embedded.object_headers import parse_headers
from faasctl.store.embedded.parts import find, keep_part
from faasctl.store.embedded.ranges import Span, parse_copy_range
from faasctl.store.embedded.receive import Expected, Read, receive, too_large
from faasctl.store.embedded.records import Blob, Object, Segment
from faasctl.store.embedded.tagging import HEADER as TAGGING

_PIECE = 1024 * 1024


async def copy_object(store: Store, request: Request) -> Reply:
    call = request.call
    await request.finish_without_body()
    with objects_table.snapshot(store.index.reader):
        source = _source(store, call)
        segments = objects_table.segments(store.index.reader, source.bucket, source.key)
    new = replace(
        source,
        bucket=call.bucket,
        key=call.key,
        modified=store.clock(),
        headers=_copied_headers(call, source),
        upload="",
    )
    condition = parse_write(call.headers)
    algorithm = checksums.parse_algorithm(call.header("x-amz-checksum-algorithm"))
    with store.blobs.hold([segment.blob for segment in segments]):
        if algorithm is not None and not _has_checksum(source, algorithm):
            checksum = await _checksum(store, source, segments, algorithm)
            new = replace(new, checksum=checksum)
        garbage = await store.index.write(
            lambda connection: objects_table.share(connection, new, segments, condition)
        )
    store.blobs.remove(garbage)
    body = _result("CopyObjectResult", new.etag, new.modified, new.checksum)
    return xml_reply(body)


def _source(store: Store, call: Call) -> Object:
    bucket, key = parse_copy_source(call.header("x-amz-copy-source") or "")
    source = objects_table.get_object(store.index.reader, bucket, key)
    check_copy(call.headers, source)
    return source


def _copied_headers(call: Call, source: Object) -> dict[str, str]:
    directive = call.header("x-amz-metadata-directive") or "COPY"
    tagging = call.header("x-amz-tagging-directive") or "COPY"
    if not {directive, tagging} <= {"COPY", "REPLACE"}:
        raise S3Error("InvalidArgument", "Unknown metadata directive.")
    given = parse_headers(call.headers)
    if directive == "COPY" and (source.bucket, source.key) == (call.bucket, call.key):
        raise S3Error(
            "InvalidRequest",
            "This copy request is illegal because it is trying to copy an object to itself"
            " without changing the object's metadata.",
        )
    headers = dict(given if directive == "REPLACE" else source.headers)
    tags = given if tagging == "REPLACE" else source.headers
    headers.pop(TAGGING, None)
    return {**headers, **({TAGGING: tags[TAGGING]} if TAGGING in tags else {})}


def _has_checksum(source: Object, algorithm: str) -> bool:
    found = source.checksum
    return found is not None and (found.algorithm, found.kind) == (algorithm, "FULL_OBJECT")


async def _checksum(
    store: Store, source: Object, segments: Sequence[Segment], algorithm: str
) -> Checksum:
    hasher = checksums.ALGORITHMS[algorithm].make()
    async with _pieces(store, segments, Span(0, source.size)) as read:
        while data := await read():
            await asyncio.to_thread(hasher.update, data)
    return Checksum(algorithm, checksums.encode(hasher.digest()))


async def copy_part(store: Store, request: Request) -> Reply:
    """https://docs.aws.amazon.com/AmazonS3/latest/API/API_UploadPartCopy.html."""
    call = request.call
    await request.finish_without_body()
    number = assembly.parse_number(call.parameter("partNumber") or "")
    upload = find(store, call)
    text = call.header("x-amz-copy-source-range")
    with objects_table.snapshot(store.index.reader):
        source = _source(store, call)
        span = parse_copy_range(text, source.size) if text else Span(0, source.size)
        segments = objects_table.segments(store.index.reader, source.bucket, source.key, span)
    if store.largest is not None and span.length > store.largest:
        raise too_large(span.length, store.largest)
    wanted = Wanted(upload.algorithm) if upload.algorithm else None
    expected = Expected(span.length, wanted=wanted)
    async with _pieces(store, segments, span) as read:
        blob: Blob = await receive(read, None, expected, store.blobs, store.pool)
    part = await keep_part(store, upload, number, blob)
    return xml_reply(_result("CopyPartResult", blob.md5, part.modified, blob.checksum))


@contextlib.asynccontextmanager
async def _pieces(store: Store, segments: Sequence[Segment], span: Span) -> AsyncIterator[Read]:
    """A reader of a range of an object, whose blobs stay while it reads."""

    async def generate() -> AsyncIterator[bytes]:
        for blob, offset, length in slices(segments, span):
            file = store.blobs.open(blob)
            try:
                for position in range(offset, offset + length, _PIECE):
                    size = min(_PIECE, offset + length - position)
                    yield await asyncio.to_thread(os.pread, file, size, position)
            finally:
                os.close(file)

    pieces = generate()
    with store.blobs.hold([segment.blob for segment in segments]):

        async def read() -> bytes:
            return await anext(pieces, b"")

        yield read


def slices(segments: Sequence[Segment], span: Span) -> list[tuple[str, int, int]]:
    """What to read of which blob: (blob, offset, length) for each piece of a range."""
    found: list[tuple[str, int, int]] = []
    end = span.start + span.length
    for one in segments:
        first, last = max(one.start, span.start), min(one.start + one.length, end)
        if first < last:
            found.append((one.blob, one.offset + first - one.start, last - first))
    return found


def _result(name: str, etag: str, modified: float, checksum: Checksum | None) -> bytes:
    content: list[Node] = [("LastModified", timestamp(modified)), ("ETag", f'"{etag}"')]
    if checksum is not None:
        content.append((f"Checksum{checksum.algorithm}", checksum.value))
        content.append(("ChecksumType", checksum.kind))
    return documents.document(name, content)

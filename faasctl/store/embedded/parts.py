"""Multipart uploads: begin, take parts, list them, complete, abort.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/mpuoverview.html
"""

from __future__ import annotations

import itertools
import secrets

from faasctl.store.embedded import assembly, checksums, documents, uploads_table
from faasctl.store.embedded.assembly import Order
from faasctl.store.embedded.bucket_listing import OWNER, parse_encoding
from faasctl.store.embedded.call import Call
from faasctl.store.embedded.conditions import parse_write
from faasctl.store.embedded.documents import Node, timestamp
from faasctl.store.embedded.exchange import Reply, Request, Store, xml_reply
from faasctl.store.embedded.faults import S3Error
from faasctl.store.embedded.object_headers import checksum_headers, parse_headers
from faasctl.store.embedded.records import Blob, Object, Part, Upload

_PAGE = 1000


async def create_upload(store: Store, request: Request) -> Reply:
    call = request.call
    await request.finish_without_body()
    algorithm = checksums.parse_algorithm(call.header("x-amz-checksum-algorithm"))
    asked = call.header("x-amz-checksum-type")
    if algorithm is None and asked is not None:
        raise S3Error("InvalidRequest", "x-amz-checksum-type needs x-amz-checksum-algorithm.")
    kind = checksums.parse_kind(asked, algorithm) if algorithm else None
    name = secrets.token_urlsafe(24)
    headers = parse_headers(call.headers)
    upload = Upload(name, call.bucket, call.key, store.clock(), headers, algorithm, kind)
    await store.index.write(lambda connection: uploads_table.add_upload(connection, upload))
    content: list[Node] = [("Bucket", call.bucket), ("Key", call.key), ("UploadId", name)]
    extra: dict[str, str] = {}
    if algorithm and kind:
        extra = {"x-amz-checksum-algorithm": algorithm, "x-amz-checksum-type": kind}
    return xml_reply(documents.document("InitiateMultipartUploadResult", content), extra)


def find(store: Store, call: Call) -> Upload:
    """The upload that a request names; raises NoSuchUpload."""
    name = call.parameter("uploadId") or ""
    return uploads_table.find_upload(store.index.reader, call.bucket, call.key, name)


async def upload_part(store: Store, request: Request) -> Reply:
    call = request.call
    number = assembly.parse_number(call.parameter("partNumber") or "")
    upload = find(store, call)
    wanted = checksums.parse_wanted(call.headers)
    check_algorithm(upload, wanted.algorithm if wanted else None)
    blob = await request.save(store, upload.algorithm)
    await keep_part(store, upload, number, blob)
    headers = {"ETag": f'"{blob.md5}"'}
    if blob.checksum is not None:
        headers[checksums.header_name(blob.checksum.algorithm)] = blob.checksum.value
    return Reply(200, headers)


def check_algorithm(upload: Upload, algorithm: str | None) -> None:
    """A part of an upload with checksums brings that one; a composite can't do without."""
    required = upload.kind == "COMPOSITE"
    differs = algorithm is not None and upload.algorithm not in {None, algorithm}
    if differs or (required and algorithm is None):
        raise S3Error(
            "InvalidRequest",
            f"Checksum Type mismatch occurred, expected checksum Type: {upload.algorithm},"
            f" actual checksum Type: {algorithm}",
        )


async def keep_part(store: Store, upload: Upload, number: int, blob: Blob) -> Part:
    """Make a part of a blob; the blob goes when the upload is gone."""
    part = Part(number, blob, store.clock())
    try:
        garbage = await store.index.write(
            lambda connection: uploads_table.put_part(connection, upload, part)
        )
    except S3Error:
        store.blobs.remove([blob.name])
        raise
    store.blobs.remove(garbage)
    return part


async def complete_upload(store: Store, request: Request) -> Reply:
    """The same request again gets the same answer, so that a lost one can be repeated."""
    call = request.call
    body = await request.document(of_object=True)
    order = _parse_order(store, call, body)
    name = call.parameter("uploadId") or ""
    done = uploads_table.completed(store.index.reader, call.bucket, call.key, name)
    if done is not None:
        return _completed(request, done)
    upload = find(store, call)
    made, garbage = await store.index.write(
        lambda connection: uploads_table.complete(connection, upload, order)
    )
    store.blobs.remove(garbage)
    return _completed(request, made)


def _parse_order(store: Store, call: Call, body: bytes) -> Order:
    wanted = checksums.parse_wanted(call.headers, composite=True)
    size = call.header("x-amz-mp-object-size")
    if size is not None and not (size.isascii() and size.isdigit() and len(size) < 19):
        raise S3Error("InvalidRequest", "Value for x-amz-mp-object-size header is invalid.")
    return Order(
        assembly.parse_parts(body),
        parse_write(call.headers),
        store.clock(),
        store.largest,
        None if size is None else int(size),
        wanted,
    )


def _completed(request: Request, made: Object) -> Reply:
    host = request.call.header("host") or "localhost"
    content: list[Node] = [
        ("Location", f"http://{host}{request.call.path}"),
        ("Bucket", made.bucket),
        ("Key", made.key),
        ("ETag", f'"{made.etag}"'),
    ]
    if made.checksum is not None:
        content.append((f"Checksum{made.checksum.algorithm}", made.checksum.value))
        content.append(("ChecksumType", made.checksum.kind))
    body = documents.document("CompleteMultipartUploadResult", content)
    return xml_reply(body, checksum_headers(made))


async def abort_upload(store: Store, request: Request) -> Reply:
    await request.finish_without_body()
    upload = find(store, request.call)
    garbage = await store.index.write(
        lambda connection: uploads_table.remove_upload(connection, upload)
    )
    store.blobs.remove(garbage)
    return Reply(204)


async def list_parts(store: Store, request: Request) -> Reply:
    """https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListParts.html."""
    await request.finish_without_body()
    call = request.call
    upload = find(store, call)
    encode = parse_encoding(call)
    limit = call.number("max-parts", _PAGE, _PAGE)
    marker = call.number("part-number-marker", 0, assembly.MOST)
    stored = uploads_table.parts(store.index.reader, upload.name, marker)
    found = list(itertools.islice(stored, limit + 1))
    page = found[:limit]
    content: list[Node] = [
        ("Bucket", call.bucket),
        ("Key", encode(call.key)),
        ("UploadId", upload.name),
        ("Initiator", OWNER[1]),
        OWNER,
        ("StorageClass", "STANDARD"),
        ("PartNumberMarker", str(marker)),
        ("NextPartNumberMarker", str(page[-1].number if page else marker)),
        ("MaxParts", str(limit)),
        ("IsTruncated", "true" if page and len(found) > limit else "false"),
    ]
    if upload.algorithm is not None and upload.kind is not None:
        content.append(("ChecksumAlgorithm", upload.algorithm))
        content.append(("ChecksumType", upload.kind))
    content += [_part_entry(part) for part in page]
    return xml_reply(documents.document("ListPartsResult", content))


def _part_entry(part: Part) -> Node:
    content: list[Node] = [
        ("PartNumber", str(part.number)),
        ("LastModified", timestamp(part.modified)),
        ("ETag", f'"{part.blob.md5}"'),
        ("Size", str(part.blob.size)),
    ]
    if part.blob.checksum is not None:
        content.append((f"Checksum{part.blob.checksum.algorithm}", part.blob.checksum.value))
    return "Part", content

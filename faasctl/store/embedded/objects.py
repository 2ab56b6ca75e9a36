"""GET, HEAD, PUT and DELETE of objects, and the batch delete."""

from __future__ import annotations

from collections.abc import Mapping

from faasctl.store.embedded import checksums, documents, objects_table
from faasctl.store.embedded.assembly import parse_number
from faasctl.store.embedded.call import Call
from faasctl.store.embedded.conditions import (
    Write,
    check_write,
    evaluate_read,
    parse_write,
)
from faasctl.store.embedded.documents import Node
from faasctl.store.embedded.exchange import Download, Reply, Request, Store, xml_reply
from faasctl.store.embedded.faults import S3Error
from faasctl.store.embedded.object_headers import (
    answer_headers,
    checksum_headers,
    etag_header,
    parse_headers,
)
from faasctl.store.embedded.ranges import Span, parse_range
from faasctl.store.embedded.records import Blob, Object, Segment

_BATCH = 1000
#: A 304 repeats these and nothing else of the representation.
_UNCHANGED = {"ETag", "Last-Modified", "Cache-Control", "Expires", "Vary"}


async def get_object(store: Store, request: Request) -> Reply:
    """An object, or a part of it; its pieces are read in the same moment as its headers."""
    await request.finish_without_body()
    with objects_table.snapshot(store.index.reader):
        return _get(store, request.call)


def _get(store: Store, call: Call) -> Reply:
    found = objects_table.get_object(store.index.reader, call.bucket, call.key)
    check_version(call)
    headers = answer_headers(found, call)
    outcome = evaluate_read(call.headers, found)
    if outcome == "failed":
        raise S3Error("PreconditionFailed")
    if outcome == "unchanged":
        return Reply(304, {name: headers[name] for name in headers if name in _UNCHANGED})
    span = _span(store, call, found, headers)
    if span is None:
        if (call.header("x-amz-checksum-mode") or "").upper() == "ENABLED":
            headers.update(checksum_headers(found))
        return Reply(200, headers, _download(store, found, Span(0, found.size)))
    last = span.start + span.length - 1
    headers["Content-Range"] = f"bytes {span.start}-{last}/{found.size}"
    return Reply(206, headers, _download(store, found, span))


def _download(store: Store, found: Object, span: Span) -> Download:
    reader = store.index.reader
    return Download(tuple(objects_table.segments(reader, found.bucket, found.key, span)), span)


def _span(store: Store, call: Call, found: Object, headers: dict[str, str]) -> Span | None:
    number = call.parameter("partNumber")
    if number is not None:
        if call.header("range") is not None:
            raise S3Error("InvalidRequest", "Cannot specify both Range header and partNumber")
        span = objects_table.part_span(store.index.reader, found, parse_number(number))
        if found.parts:
            headers["x-amz-mp-parts-count"] = str(found.parts)
        return span if span.length else None
    condition = call.header("if-range")
    if condition is not None and condition not in {headers["ETag"], headers["Last-Modified"]}:
        return None
    return parse_range(call.header("range"), found.size)


def check_version(call: Call) -> None:
    """There are no versions: only `null` names the one there is."""
    if call.parameter("versionId") not in {None, "null"}:
        raise S3Error("NoSuchVersion")


async def put_object(store: Store, request: Request) -> Reply:
    call = request.call
    headers = parse_headers(call.headers)
    condition = parse_write(call.headers)
    objects_table.find_bucket(store.index.reader, call.bucket)
    live = objects_table.find_object(store.index.reader, call.bucket, call.key)
    check_write(condition, live)  # before the body comes, and again when it is there
    blob = await request.save(store)
    new = await keep(store, call, blob, headers, condition)
    return Reply(200, {**etag_header(new), **checksum_headers(new)})


async def keep(
    store: Store, call: Call, blob: Blob, headers: Mapping[str, str], condition: Write
) -> Object:
    """Make an object of a blob; the blob goes when the condition fails."""
    checksum = blob.checksum
    new = Object(call.bucket, call.key, blob.size, blob.md5, store.clock(), headers, checksum)
    segments = [Segment(0, blob.size, blob.name)] if blob.size else []
    try:
        garbage = await store.index.write(
            lambda connection: objects_table.put_object(connection, new, segments, condition)
        )
    except S3Error:
        store.blobs.remove([blob.name])
        raise
    if not blob.size:
        garbage.append(blob.name)
    store.blobs.remove(garbage)
    return new


async def delete_object(store: Store, request: Request) -> Reply:
    call = request.call
    await request.finish_without_body()
    check_version(call)
    garbage = await store.index.write(
        lambda connection: objects_table.remove_object(
            connection, call.bucket, call.key, call.header("if-match")
        )
    )
    store.blobs.remove(garbage)
    return Reply(204)


async def delete_objects(store: Store, request: Request) -> Reply:
    """https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObjects.html."""
    call = request.call
    objects_table.find_bucket(store.index.reader, call.bucket)
    if "content-md5" not in call.headers and checksums.parse_wanted(call.headers) is None:
        raise S3Error("InvalidRequest", "Missing required header for this request: Content-MD5")
    root = documents.read(await request.document(), "Delete")
    entries = [_parse_entry(element) for element in root.all("Object")]
    if not 1 <= len(entries) <= _BATCH:
        raise S3Error("MalformedXML")
    quiet = root.value("Quiet") == "true"
    answers: list[Node] = []
    for key, version in entries:
        if version not in {None, "null"}:
            answers.append(("Error", [("Key", key), ("Code", "NoSuchVersion")]))
        elif not quiet:
            answers.append(("Deleted", [("Key", key)]))
    doomed = [key for key, version in entries if version in {None, "null"}]
    garbage = await store.index.write(
        lambda connection: [
            blob
            for key in doomed
            for blob in objects_table.remove_object(connection, call.bucket, key)
        ]
    )
    store.blobs.remove(garbage)
    return xml_reply(documents.document("DeleteResult", answers))


def _parse_entry(element: documents.Element) -> tuple[str, str | None]:
    key = element.value("Key")
    if not key:
        raise S3Error("MalformedXML")
    return key, element.value("VersionId")

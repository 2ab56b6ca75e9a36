"""Answers that list: objects in two dialects, uploads, parts, buckets.

https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html
https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjects.html
"""

from __future__ import annotations

from collections.abc import Callable

from faasctl.store.embedded import documents, listing, objects_table, uploads_table
from faasctl.store.embedded.call import Call
from faasctl.store.embedded.documents import Node, timestamp
from faasctl.store.embedded.exchange import Reply, Request, Store, xml_reply
from faasctl.store.embedded.faults import S3Error
from faasctl.store.embedded.listing import Page, Question
from faasctl.store.embedded.records import Object, Upload

_PAGE = 1000
OWNER: Node = ("Owner", [("ID", "local"), ("DisplayName", "local")])

Encode = Callable[[str], str]


async def list_buckets(store: Store, request: Request) -> Reply:
    await request.finish_without_body()
    buckets: list[Node] = [
        ("Bucket", [("Name", one.name), ("CreationDate", timestamp(one.created))])
        for one in objects_table.all_buckets(store.index.reader)
    ]
    body = documents.document("ListAllMyBucketsResult", [OWNER, ("Buckets", buckets)])
    return xml_reply(body)


async def list_objects(store: Store, request: Request) -> Reply:
    """Both dialects; `list-type=2` chooses the newer one."""
    await request.finish_without_body()
    call = request.call
    objects_table.find_bucket(store.index.reader, call.bucket)
    version = call.parameter("list-type")
    if version not in {None, "2"}:
        raise S3Error("InvalidArgument", "Invalid List Type", ArgumentName="list-type")
    encode = parse_encoding(call)
    question = _question(call, newer=version == "2")
    page = await store.index.search(
        lambda connection: listing.list_page(
            question, lambda start: objects_table.scan(connection, call.bucket, start)
        )
    )
    describe = _describe_newer if version == "2" else _describe_older
    owner = version is None or call.parameter("fetch-owner") == "true"
    content: list[Node] = [
        ("Name", call.bucket),
        ("Prefix", encode(question.prefix)),
        *([("Delimiter", encode(question.delimiter))] if question.delimiter else []),
        ("MaxKeys", str(question.limit)),
        *([("EncodingType", "url")] if call.has("encoding-type") else []),
        ("IsTruncated", _boolean(page.next_start is not None)),
        *describe(call, page, encode),
        *(_entry(one, encode, owner=owner) for one in page.items),
        *common_prefixes(page, encode),
    ]
    return xml_reply(documents.document("ListBucketResult", content))


def parse_encoding(call: Call) -> Encode:
    encoding = call.parameter("encoding-type")
    if encoding not in {None, "", "url"}:
        raise S3Error(
            "InvalidArgument",
            "Invalid Encoding Method specified in Request",
            ArgumentName="encoding-type",
        )
    return listing.url_encode if encoding == "url" else str


def _question(call: Call, *, newer: bool) -> Question:
    prefix, delimiter = call.parameter("prefix") or "", call.parameter("delimiter") or ""
    limit = call.number("max-keys", _PAGE, _PAGE)
    token = call.parameter("continuation-token") if newer else None
    start: str | None
    if token is not None:
        start = listing.decode_token(token)
    else:
        marker = call.parameter("start-after" if newer else "marker") or ""
        start = listing.start_after(marker, prefix, delimiter)
    return Question(prefix, delimiter, limit, start)


def _describe_newer(call: Call, page: Page[Object], encode: Encode) -> list[Node]:
    nodes: list[Node] = [("KeyCount", str(len(page.items) + len(page.prefixes)))]
    token, after = call.parameter("continuation-token"), call.parameter("start-after")
    if token:
        nodes.append(("ContinuationToken", token))
    if after:
        nodes.append(("StartAfter", encode(after)))
    if page.next_start is not None:
        nodes.append(("NextContinuationToken", listing.encode_token(page.next_start)))
    return nodes


def _describe_older(call: Call, page: Page[Object], encode: Encode) -> list[Node]:
    nodes: list[Node] = [("Marker", encode(call.parameter("marker") or ""))]
    if page.next_start is not None and call.parameter("delimiter"):
        nodes.append(("NextMarker", encode(page.last)))
    return nodes


def _entry(one: Object, encode: Encode, *, owner: bool) -> Node:
    content: list[Node] = [
        ("Key", encode(one.key)),
        ("LastModified", timestamp(one.modified)),
        ("ETag", f'"{one.etag}"'),
        ("Size", str(one.size)),
        ("StorageClass", "STANDARD"),
    ]
    if one.checksum is not None:
        content.append(("ChecksumAlgorithm", one.checksum.algorithm))
        content.append(("ChecksumType", one.checksum.kind))
    if owner:
        content.append(OWNER)
    return "Contents", content


def common_prefixes(page: Page[Object] | Page[Upload], encode: Encode) -> list[Node]:
    return [("CommonPrefixes", [("Prefix", encode(prefix))]) for prefix in page.prefixes]


def _boolean(value: bool) -> str:  # noqa: FBT001  the value itself is what is said
    return "true" if value else "false"


async def list_uploads(store: Store, request: Request) -> Reply:
    """https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListMultipartUploads.html."""
    await request.finish_without_body()
    call = request.call
    objects_table.find_bucket(store.index.reader, call.bucket)
    encode = parse_encoding(call)
    key_marker = call.parameter("key-marker") or ""
    name_marker = call.parameter("upload-id-marker") or "" if key_marker else ""
    prefix, delimiter = call.parameter("prefix") or "", call.parameter("delimiter") or ""
    start = key_marker if name_marker else listing.start_after(key_marker, prefix, delimiter)
    question = Question(prefix, delimiter, call.number("max-uploads", _PAGE, _PAGE), start)
    page = await store.index.search(
        lambda connection: listing.list_page(
            question,
            lambda start: (
                (key, upload)
                for key, upload in uploads_table.scan(connection, call.bucket, start)
                if (key, upload.name) > (key_marker, name_marker) or not name_marker
            ),
        )
    )
    content: list[Node] = [
        ("Bucket", call.bucket),
        ("KeyMarker", encode(key_marker)),
        ("UploadIdMarker", name_marker),
        ("Prefix", encode(prefix)),
        *([("Delimiter", encode(delimiter))] if delimiter else []),
        *([("EncodingType", "url")] if call.has("encoding-type") else []),
        ("MaxUploads", str(question.limit)),
        ("IsTruncated", _boolean(page.next_start is not None)),
        *_next_markers(page, encode),
        *(_upload_entry(upload, encode) for upload in page.items),
        *common_prefixes(page, encode),
    ]
    return xml_reply(documents.document("ListMultipartUploadsResult", content))


def _next_markers(page: Page[Upload], encode: Encode) -> list[Node]:
    if page.next_start is None:
        return []
    last = page.items[-1].name if page.items and page.items[-1].key == page.last else ""
    return [("NextKeyMarker", encode(page.last)), ("NextUploadIdMarker", last)]


def _upload_entry(upload: Upload, encode: Encode) -> Node:
    content: list[Node] = [
        ("Key", encode(upload.key)),
        ("UploadId", upload.name),
        ("Initiator", OWNER[1]),
        OWNER,
        ("StorageClass", "STANDARD"),
        ("Initiated", timestamp(upload.created)),
    ]
    if upload.algorithm is not None and upload.kind is not None:
        content.append(("ChecksumAlgorithm", upload.algorithm))
        content.append(("ChecksumType", upload.kind))
    return "Upload", content

"""Tags of an object, kept in the form of the `x-amz-tagging` header.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-tagging.html
"""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import parse_qsl, urlencode

from faasctl.store.embedded import documents, objects_table
from faasctl.store.embedded.documents import Node
from faasctl.store.embedded.exchange import Reply, Request, Store, xml_reply
from faasctl.store.embedded.faults import S3Error
from faasctl.store.embedded.records import Object

HEADER = "x-amz-tagging"
_MOST = 10


def parse_header(text: str) -> str:
    """Tags of a header in a form of our own; raises InvalidTag or InvalidArgument."""
    try:
        pairs = parse_qsl(text, keep_blank_values=True, strict_parsing=True) if text else []
    except ValueError as error:
        raise S3Error("InvalidArgument", "The tags are not URL-encoded pairs.") from error
    return _encode(pairs)


def _encode(pairs: Sequence[tuple[str, str]]) -> str:
    names = [name for name, _ in pairs]
    if len(names) > _MOST:
        raise S3Error("BadRequest", f"Object tags cannot be greater than {_MOST}")
    if len(set(names)) != len(names) or not all(names):
        raise S3Error("InvalidTag")
    if any(len(name) > 128 or len(value) > 256 for name, value in pairs):
        raise S3Error("InvalidTag")
    return urlencode(pairs)


def _find(store: Store, request: Request) -> Object:
    return objects_table.get_object(store.index.reader, request.call.bucket, request.call.key)


async def get_tagging(store: Store, request: Request) -> Reply:
    await request.finish_without_body()
    pairs = parse_qsl(_find(store, request).headers.get(HEADER, ""), keep_blank_values=True)
    tags: list[Node] = [("Tag", [("Key", name), ("Value", value)]) for name, value in pairs]
    return xml_reply(documents.document("Tagging", [("TagSet", tags)]))


async def put_tagging(store: Store, request: Request) -> Reply:
    root = documents.read(await request.document(), "Tagging")
    pairs: list[tuple[str, str]] = []
    for tag in (tag for tags in root.all("TagSet") for tag in tags.all("Tag")):
        name, value = tag.value("Key"), tag.value("Value")
        if name is None or value is None:
            raise S3Error("MalformedXML")
        pairs.append((name, value))
    await _write(store, request, _encode(pairs))
    return Reply(200)


async def delete_tagging(store: Store, request: Request) -> Reply:
    await request.finish_without_body()
    await _write(store, request, "")
    return Reply(204)


async def _write(store: Store, request: Request, tags: str) -> None:
    bucket, key = request.call.bucket, request.call.key
    await store.index.write(
        lambda connection: objects_table.set_header(connection, (bucket, key), HEADER, tags)
    )

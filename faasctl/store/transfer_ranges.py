"""What a link says of its file, and the bytes of a part of it as they come."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from http.client import HTTPResponse

from faasctl.errors import StorageError
from faasctl.files import Checksum, DownloadLink, FileLink
from faasctl.store.transfer_digest import BLOCK
from faasctl.store.transfer_plan import Remote
from faasctl.store.transfer_work import Work


def look(found: DownloadLink, work: Work, what: str) -> Remote:
    """Size and ETag too, by asking for the first byte: a link allows one method only."""
    link = found.link
    try:
        with work.wires.open(ranged(link, 0, 1), what=what) as answer:
            answer.read(1)
            headers = {name.lower(): value for name, value in answer.getheaders()}
    except StorageError as error:
        if error.status != 416:
            raise
        # An empty file has no first byte.
        with work.wires.open(link, what=what) as answer:
            answer.read()
            headers = {name.lower(): value for name, value in answer.getheaders()}
    return _remote(headers, found.checksum)


def _remote(headers: Mapping[str, str], checksum: Checksum | None) -> Remote:
    total = headers.get("content-range", "").rpartition("/")[2] or headers["content-length"]
    own_keys = (
        headers.get("x-amz-server-side-encryption", "AES256") != "AES256"
        or "x-amz-server-side-encryption-customer-algorithm" in headers
    )
    return Remote(int(total), headers.get("etag", "").strip('"'), checksum, own_keys)


def ranged(link: FileLink, start: int, length: int, etag: str = "") -> FileLink:
    """The same link, for some bytes of the file as long as it is still the same."""
    headers = {**link.headers, "range": f"bytes={start}-{start + length - 1}"}
    if etag:
        headers["if-match"] = f'"{etag}"'
    return FileLink(link.method, link.url, headers)


def received(answer: HTTPResponse, length: int) -> Iterator[memoryview]:
    """The bytes, piece by piece; raises ConnectionError where there are fewer."""
    buffer = memoryview(bytearray(min(BLOCK, length)))
    left = length
    while left:
        got = answer.readinto(buffer[: min(BLOCK, left)])
        if not got:
            raise ConnectionError(f"it broke off {left} bytes early")
        yield buffer[:got]
        left -= got

"""A big file's parts on their way into a box, several at once, each checked by the store.

By its CRC-32, which the store compares when it puts the file together, where the store knows how;
else by its MD5, with every part. Parts that are there and right are not sent again.
"""

from __future__ import annotations

import base64
import ssl
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from io import FileIO
from pathlib import Path

from faasctl.errors import StorageError, UploadGoneError
from faasctl.files import Assembly, FileLink, Made, PartsOffer, PartUpload, StoredPart
from faasctl.ports import Box
from faasctl.store.links import Connection
from faasctl.store.transfer_digest import BLOCK, blocks, combined_crc, of_part
from faasctl.store.transfer_plan import Span, spans
from faasctl.store.transfer_work import Moved, Work
from handlers.contract.boxes import FilePath

#: What a store says when the parts that it has are not those that were meant.
_DAMAGED = frozenset({"BadDigest", "InvalidPart"})


def checked(link: FileLink, digest: bytes) -> FileLink:
    """The same link, with the MD5 that the store must find."""
    given = base64.b64encode(digest).decode()
    return FileLink(link.method, link.url, {**link.headers, "content-md5": given})


@contextmanager
def told(work: Work, name: str) -> Iterator[Callable[[int], None]]:
    """Counts what goes over the wire, and takes it back where the request fails in the end."""
    total = 0

    def tell(count: int) -> None:
        nonlocal total
        work.check()
        total += count
        work.tell(Moved(name, count))

    try:
        yield tell
    except BaseException:
        work.tell(Moved(name, -total))
        raise


@dataclass(frozen=True, slots=True)
class Parts:
    """One file to be sent in parts; `settled` hears of each part that is there, by its place."""

    box: Box
    local: Path
    path: FilePath
    offer: PartsOffer
    settled: Callable[[int, int], None]

    @property
    def spans(self) -> tuple[Span, ...]:
        return spans(self.offer.size, self.offer.part_size)


def send_parts(parts: Parts, upload: PartUpload, work: Work) -> tuple[Assembly, int]:
    """All parts, as the store has them now, and how many bytes it had before."""
    sender = _Sender(parts, upload, work)
    done = work.each(parts.spans, sender.settle)
    stored = tuple(part for part, _ in done)
    crc32 = ""
    if upload.check == "crc32":
        digests = [bytes.fromhex(part.crc32) for part in stored]
        crc32 = combined_crc(digests, [span.length for span in parts.spans])
    return Assembly(upload.upload_id, stored, crc32), sum(before for _, before in done)


def finish(parts: Parts, assembly: Assembly, work: Work) -> Made:
    """Make the file. Parts that were damaged on their way are sent once more."""
    try:
        return work.persist(lambda: parts.box.finish(parts.path, parts.offer, assembly))
    except StorageError as error:
        if error.code not in _DAMAGED:
            raise
    there = parts.box.look(parts.path, parts.offer, assembly.upload_id)
    again, _ = send_parts(parts, there, work)
    return parts.box.finish(parts.path, parts.offer, again)


class _Sender:
    """Sends what the store has not."""

    def __init__(self, parts: Parts, upload: PartUpload, work: Work) -> None:
        self._parts = parts
        self._work = work
        self._check = upload.check
        self._links = _Links(parts, upload)
        self._stored: Mapping[int, StoredPart] = {part.number: part for part in upload.stored}

    def settle(self, span: Span) -> tuple[StoredPart, int]:
        """The part as the store has it, and how many bytes of it were there before."""
        self._work.check()
        digest = of_part(self._check, self._parts.local, span.start, span.length)
        there = self._stored.get(span.number)
        if there is not None and digest.hex() == self._digest_of(there):
            self._work.tell(Moved(str(self._parts.local), span.length))
            part, before = there, span.length
        else:
            part, before = self._work.persist(lambda: self._send(span, digest)), 0
        self._parts.settled(span.start, span.length)
        return part, before

    def _digest_of(self, part: StoredPart) -> str:
        return part.crc32 if self._check == "crc32" else part.etag

    def _send(self, span: Span, digest: bytes) -> StoredPart:
        link = self._links.get(span.number)
        try:
            return self._put(link, span, digest)
        except StorageError as error:
            if error.status != 403:
                raise
        return self._put(self._links.renew(span.number, link), span, digest)

    def _put(self, link: FileLink, span: Span, digest: bytes) -> StoredPart:
        name = str(self._parts.local)
        is_crc = self._check == "crc32"
        with told(self._work, name) as tell:
            body = _FilePart(self._parts.local, span, tell)
            wanted = link if is_crc else checked(link, digest)
            reply = self._work.wires.fetch(wanted, body, what=name)
        etag = reply.headers.get("etag", "").strip('"')
        return StoredPart(span.number, etag, digest.hex() if is_crc else "")


class _Links:
    """Links of an upload's parts, made anew where they have expired."""

    def __init__(self, parts: Parts, upload: PartUpload) -> None:
        self._lock = threading.Lock()
        self._parts = parts
        self._upload_id = upload.upload_id
        self._links: Mapping[int, FileLink] = upload.links

    def get(self, number: int) -> FileLink:
        """The link of a part; a part that the store had but must get again has none yet."""
        with self._lock:
            if number not in self._links:
                self._links = {**self._links, **self._fresh()}
            if number not in self._links:
                raise UploadGoneError(f"{self._parts.path}: the store has other parts than these")
            return self._links[number]

    def renew(self, number: int, refused: FileLink) -> FileLink:
        """Another link in place of the refused one; several threads ask only once."""
        with self._lock:
            if self._links[number] == refused:
                self._links = {**self._links, **self._fresh()}
            return self._links[number]

    def _fresh(self) -> Mapping[int, FileLink]:
        parts = self._parts
        return parts.box.look(parts.path, parts.offer, self._upload_id).links


@dataclass(frozen=True, slots=True)
class _FilePart:
    """A part of a file as a request's body."""

    file: Path
    span: Span
    sent: Callable[[int], None]

    @property
    def size(self) -> int:
        return self.span.length

    def send(self, connection: Connection) -> None:
        with FileIO(self.file) as source:
            if not isinstance(connection.sock, ssl.SSLSocket):
                self._hand_over(source, connection)
                return
            for block in blocks(source.fileno(), self.span.start, self.span.length):
                connection.send(block)
                self.sent(len(block))

    def _hand_over(self, source: FileIO, connection: Connection) -> None:
        """The system moves the bytes from the file to the socket by itself."""
        position, end = self.span.start, self.span.start + self.span.length
        while position < end:
            count = connection.sock.sendfile(source, position, min(4 * BLOCK, end - position))
            if not count:
                raise OSError("the file became shorter while it was sent")
            position += count
            self.sent(count)

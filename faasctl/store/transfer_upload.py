"""Local files into a box, by presigned URLs: small ones in one request, big ones in parts.

The store checks every request by its MD5, small files by their SHA-256 too. Parts that it has
from an earlier try are not sent again when their MD5 is that of the file's part.
"""

from __future__ import annotations

import base64
import hashlib
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from io import FileIO
from pathlib import Path

from faasctl.errors import FaasctlError, StorageError, UploadGoneError
from faasctl.files import FileLink, Offer, PartsOffer, PartUpload, StoredPart
from faasctl.ports import Box
from faasctl.store import transfer_marks
from faasctl.store.links import Bytes, Connection, Reply
from faasctl.store.transfer_digest import BLOCK, Follower, blocks, md5, md5_of_part
from faasctl.store.transfer_plan import (
    LARGEST,
    SMALL,
    Anew,
    GoOn,
    Identity,
    Span,
    UploadMark,
    next_upload,
    part_size,
    spans,
)
from faasctl.store.transfer_work import Moved, Work
from handlers.contract.boxes import FilePath


@dataclass(frozen=True, slots=True)
class Upload:
    """One file to be sent: `remote` names the box and its user, for what is remembered."""

    local: Path
    path: FilePath
    content_type: str
    remote: str
    overwrite: bool = False


@dataclass(frozen=True, slots=True)
class Sent:
    """A file as the store has it now; `resumed` are bytes that it had from an earlier try."""

    url: str
    etag: str
    size: int
    sha256: str
    resumed: int = 0


def upload(box: Box, wanted: Upload, work: Work) -> Sent:
    """Raises FileTakenError, StorageError and UnreachableError; a big file can be gone on with."""
    with _readable(wanted.local):
        size = wanted.local.stat().st_size
        if size > LARGEST:
            raise FaasctlError(f"{wanted.local}: S3 takes files up to 5 TiB")
        sent = _whole(box, wanted, work) if size < SMALL else _parts(box, wanted, work)
    box.announce(wanted.path, sent.size)
    return sent


def _whole(box: Box, wanted: Upload, work: Work) -> Sent:
    content = wanted.local.read_bytes()
    sha256 = hashlib.sha256(content).hexdigest()
    offer = Offer(len(content), wanted.content_type, sha256, wanted.overwrite)
    link = box.upload_url(wanted.path, offer)
    digest = md5(content).digest()

    def send() -> Reply:
        with _told(work, wanted) as tell:
            return work.wires.fetch(
                _checked(link, digest), Bytes(content, tell), what=str(wanted.local)
            )

    reply = work.persist(send)
    etag = reply.headers.get("etag", "").strip('"')
    return Sent(link.bare_url, etag, len(content), sha256)


def _checked(link: FileLink, digest: bytes) -> FileLink:
    """The same link, with the MD5 that the store must find."""
    given = base64.b64encode(digest).decode()
    return FileLink(link.method, link.url, {**link.headers, "content-md5": given})


@contextmanager
def _told(work: Work, wanted: Upload) -> Iterator[Callable[[int], None]]:
    """Counts what goes out, and takes it back where the request fails in the end."""
    total = 0

    def tell(count: int) -> None:
        nonlocal total
        work.check()
        total += count
        work.tell(Moved(str(wanted.local), count))

    try:
        yield tell
    except BaseException:
        work.tell(Moved(str(wanted.local), -total))
        raise


def _parts(box: Box, wanted: Upload, work: Work) -> Sent:
    claim = transfer_marks.claimed(
        work.marks, kind="upload", local=wanted.local, remote=f"{wanted.remote}/{wanted.path}"
    )
    with claim as mark:
        identity = _identity(wanted.local)
        size = part_size(identity.size)
        offer = PartsOffer(identity.size, size, wanted.content_type, wanted.overwrite)
        under_way = _open(box, wanted, offer, mark)
        follower = Follower(wanted.local, identity.size, ("sha256",))
        follower.start()
        try:
            job = _Job(box, wanted, work, offer, _Links(box, wanted.path, offer, under_way))
            stored, resumed = job.run(follower)
            if _identity(wanted.local) != identity:
                raise FaasctlError(
                    f"{wanted.local}: the file changed while it was sent",
                    hint="type the command again: it starts anew",
                )
            finished = replace(under_way, stored=stored)
            etag = work.persist(lambda: box.finish(wanted.path, finished, offer))
            sha256 = follower.result()["sha256"]
        except UploadGoneError:
            transfer_marks.forget(mark)
            raise
        finally:
            follower.give_up()
        transfer_marks.forget(mark)
        url = under_way.links[1].bare_url
    return Sent(url, etag, identity.size, sha256, resumed)


def _open(box: Box, wanted: Upload, offer: PartsOffer, mark: Path) -> PartUpload:
    """The upload to go on with, or a new one; what is known of it is on disk."""
    identity = _identity(wanted.local)
    match next_upload(transfer_marks.read_upload(mark), identity):
        case GoOn(known) if known.part_size == offer.part_size:
            try:
                return box.look(wanted.path, offer, known.upload_id)
            except UploadGoneError:
                pass
        case GoOn(known):
            box.abandon(wanted.path, known.upload_id)
        case Anew(abandoned) if abandoned:
            box.abandon(wanted.path, abandoned)
        case Anew():
            pass
    begun = box.begin(wanted.path, offer)
    transfer_marks.write_upload(mark, UploadMark(begun.upload_id, begun.part_size, identity))
    return begun


class _Links:
    """Links of an upload's parts, made anew where they have expired."""

    def __init__(self, box: Box, path: FilePath, offer: PartsOffer, upload: PartUpload) -> None:
        self._lock = threading.Lock()
        self._box, self._path, self._offer, self._id = box, path, offer, upload.upload_id
        self._links: Mapping[int, FileLink] = upload.links
        self.stored = {part.number: part.etag for part in upload.stored}

    def get(self, number: int) -> FileLink:
        with self._lock:
            return self._links[number]

    def renew(self, number: int, refused: FileLink) -> FileLink:
        """Another link in place of the refused one; several threads ask only once."""
        with self._lock:
            if self._links[number] == refused:
                self._links = self._box.look(self._path, self._offer, self._id).links
            return self._links[number]


@dataclass(frozen=True, slots=True)
class _Job:
    """All parts of one file."""

    box: Box
    wanted: Upload
    work: Work
    offer: PartsOffer
    links: _Links

    def run(self, follower: Follower) -> tuple[tuple[StoredPart, ...], int]:
        """The parts as the store has them, and how many bytes it had before."""

        def one(span: Span) -> tuple[StoredPart, int]:
            done = self._part(span)
            follower.settle(span.start, span.length)
            return done

        done = self.work.each(spans(self.offer.size, self.offer.part_size), one)
        return tuple(part for part, _ in done), sum(before for _, before in done)

    def _part(self, span: Span) -> tuple[StoredPart, int]:
        self.work.check()
        digest = md5_of_part(self.wanted.local, span.start, span.length)
        if self.links.stored.get(span.number) == digest.hex():
            self.work.tell(Moved(str(self.wanted.local), span.length))
            return StoredPart(span.number, digest.hex()), span.length
        etag = self.work.persist(lambda: self._send(span, digest))
        return StoredPart(span.number, etag), 0

    def _send(self, span: Span, digest: bytes) -> str:
        link = self.links.get(span.number)
        try:
            return self._put(link, span, digest)
        except StorageError as error:
            if error.status != 403:
                raise
        return self._put(self.links.renew(span.number, link), span, digest)

    def _put(self, link: FileLink, span: Span, digest: bytes) -> str:
        with _told(self.work, self.wanted) as tell:
            body = _FilePart(self.wanted.local, span, tell)
            reply = self.work.wires.fetch(_checked(link, digest), body, what=str(self.wanted.local))
        return reply.headers.get("etag", "").strip('"')


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
            if _is_plain(connection):
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


def _is_plain(connection: Connection) -> bool:
    import ssl

    return not isinstance(connection.sock, ssl.SSLSocket)


def _identity(file: Path) -> Identity:
    found = file.stat()
    return Identity(found.st_size, found.st_mtime_ns)


@contextmanager
def _readable(file: Path) -> Iterator[None]:
    """A local file that can't be read, as an error that names it."""
    try:
        yield
    except OSError as error:
        raise FaasctlError(f"{file}: {error.strerror or error}") from error

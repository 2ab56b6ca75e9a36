"""Local files into a box, by presigned URLs: small ones in one request, big ones in parts.

The store checks small files by their SHA-256 and MD5. What it has of a big one from an earlier
try is not sent again.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from faasctl.errors import FaasctlError, UploadGoneError
from faasctl.files import Offer, PartsOffer, PartUpload
from faasctl.ports import Box
from faasctl.store import transfer_marks
from faasctl.store.links import Bytes, Reply
from faasctl.store.transfer_digest import Follower, of_bytes
from faasctl.store.transfer_parts import Parts, checked, finish, send_parts, told
from faasctl.store.transfer_plan import (
    LARGEST,
    SMALL,
    Anew,
    GoOn,
    Identity,
    UploadMark,
    next_upload,
    part_size,
)
from faasctl.store.transfer_work import Expected, Work
from handlers.contract.boxes import FilePath


@dataclass(frozen=True, slots=True)
class Upload:
    """One file to be sent: `remote` names the box and its user, for what is remembered.

    Without `digest` nobody asks for the SHA-256 of a big file, which takes its time.
    """

    local: Path
    path: FilePath
    content_type: str
    remote: str
    overwrite: bool = False
    digest: bool = True


@dataclass(frozen=True, slots=True)
class Sent:
    """A file as the store has it now; `resumed` are bytes that it had from an earlier try.

    `sha256` is empty where nobody asked for it.
    """

    url: str
    etag: str
    size: int
    sha256: str
    resumed: int = 0


def upload(box: Box, wanted: Upload, work: Work) -> Sent:
    """Raises FileTakenError, StorageError and UnreachableError; a big file can be gone on with."""
    with _readable(wanted.local):
        size = wanted.local.stat().st_size
        work.tell(Expected(str(wanted.local), size))
        if size > LARGEST:
            raise FaasctlError(f"{wanted.local}: S3 takes files up to 5 TiB")
        return _whole(box, wanted, work) if size < SMALL else _parts(box, wanted, work)


def _whole(box: Box, wanted: Upload, work: Work) -> Sent:
    content = wanted.local.read_bytes()
    sha256 = hashlib.sha256(content).hexdigest()
    offer = Offer(len(content), wanted.content_type, sha256, wanted.overwrite)
    link = work.persist(lambda: box.upload_url(wanted.path, offer))
    digest = of_bytes("md5", content)

    name = str(wanted.local)

    def send() -> Reply:
        with told(work, name) as tell:
            return work.wires.fetch(checked(link, digest), Bytes(content, tell), what=name)

    reply = work.persist(send)
    work.persist(lambda: box.announce(wanted.path, len(content)))
    etag = reply.headers.get("etag", "").strip('"')
    return Sent(link.bare_url, etag, len(content), sha256)


def _parts(box: Box, wanted: Upload, work: Work) -> Sent:
    claim = transfer_marks.claimed(
        work.marks, kind="upload", local=wanted.local, remote=f"{wanted.remote}/{wanted.path}"
    )
    with claim as mark:
        try:
            sent = _send(box, wanted, work, mark)
        except UploadGoneError as error:
            # It was thrown away, or is not of this file: there is nothing to go on with.
            transfer_marks.forget(mark)
            error.hint = "type the command again: it starts anew"
            raise
        transfer_marks.forget(mark)
    return sent


def _send(box: Box, wanted: Upload, work: Work, mark: Path) -> Sent:
    identity = _identity(wanted.local)
    size = identity.size
    offer = PartsOffer(size, part_size(size), wanted.content_type, wanted.overwrite)
    under_way = work.persist(lambda: _open(box, wanted, offer, mark))
    follower = Follower(wanted.local, size, ("sha256",) if wanted.digest else ())
    follower.start()
    try:
        parts = Parts(box, wanted.local, wanted.path, offer, follower.settle)
        assembly, resumed = send_parts(parts, under_way, work)
        if _identity(wanted.local) != identity:
            raise FaasctlError(
                f"{wanted.local}: the file changed while it was sent",
                hint="type the command again: it starts anew",
            )
        sha256 = follower.result().get("sha256", "")
        made = finish(parts, assembly, work)
    finally:
        follower.give_up()
    return Sent(made.url, made.etag, size, sha256, resumed)


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
    transfer_marks.write_upload(mark, UploadMark(begun.upload_id, offer.part_size, identity))
    return begun


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

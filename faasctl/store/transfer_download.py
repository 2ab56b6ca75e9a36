"""Files out of a box, by presigned URLs: in parts, several at once, and proven whole at the end.

The bytes go to `NAME.part`, which gets its name only when its checksum is the store's. A killed
download goes on with the parts that are there, as long as the stored file is still the same.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from faasctl import disk
from faasctl.errors import FaasctlError, FileTakenError, StorageError
from faasctl.files import FileLink
from faasctl.ports import Box
from faasctl.store import transfer_marks
from faasctl.store.refusals import taken
from faasctl.store.transfer_digest import (
    Algorithm,
    Digest,
    Follower,
    combined_crc,
    composite,
    make,
    of_part,
)
from faasctl.store.transfer_parts import told
from faasctl.store.transfer_plan import (
    DownloadMark,
    Remote,
    Span,
    download_part,
    next_download,
    proof,
    spans,
)
from faasctl.store.transfer_ranges import look, ranged, received
from faasctl.store.transfer_work import Expected, Moved, Work
from handlers.contract.boxes import FilePath

#: How long a download's link lives, in seconds.
EXPIRES = 12 * 3600


@dataclass(frozen=True, slots=True)
class Download:
    """One file to be fetched; `remote` names the box and its user, for what is remembered.

    Without `digest` nobody asks for the SHA-256, which takes its time.
    """

    path: FilePath
    local: Path
    remote: str
    overwrite: bool = False
    digest: bool = True


@dataclass(frozen=True, slots=True)
class Fetched:
    """A file on disk; `verified` says by what it is proven whole, `nothing` where by nothing.

    `sha256` is empty where nobody asked for it.
    """

    url: str
    etag: str
    size: int
    sha256: str
    verified: str
    resumed: int = 0


def download(box: Box, wanted: Download, work: Work) -> Fetched:
    """Raises FileTakenError for a local file that is there, StorageError, UnreachableError."""
    if not wanted.overwrite and os.path.lexists(wanted.local):
        raise taken(str(wanted.local))
    found = work.persist(lambda: box.download_url(wanted.path, EXPIRES))
    remote = work.persist(lambda: look(found, work, str(wanted.path)))
    work.tell(Expected(str(wanted.path), remote.size))
    try:
        wanted.local.parent.mkdir(parents=True, exist_ok=True)
        claim = transfer_marks.claimed(
            work.marks, kind="download", local=wanted.local, remote=f"{wanted.remote}/{wanted.path}"
        )
        with claim as mark:
            return _Job(wanted, work, found.link, remote, mark).run()
    except OSError as error:
        raise FaasctlError(f"{wanted.local}: {error.strerror or error}") from error


class _Job:
    """One file on its way to disk."""

    def __init__(
        self, wanted: Download, work: Work, link: FileLink, remote: Remote, mark: Path
    ) -> None:
        self._wanted = wanted
        self._work = work
        self._link = link
        self._remote = remote
        self._mark = mark
        self._partial = wanted.local.with_name(f"{wanted.local.name}.part")
        self._proof = proof(remote)
        self._lock = threading.Lock()

    def run(self) -> Fetched:
        size = self._remote.size
        done = self._prepare()
        all_spans = spans(size, download_part(self._remote))
        follower = Follower(self._partial, size, self._whole_algorithms)
        follower.start()
        try:
            with self._partial.open("r+b", buffering=0) as file:
                digests = self._fetch_all(all_spans, done, file, follower)
            digest = follower.result()
            self._prove(digest, digests)
        finally:
            follower.give_up()
        self._settle()
        resumed = sum(span.length for span in all_spans if span.number in done)
        return Fetched(
            self._link.bare_url,
            self._remote.etag,
            size,
            digest.get("sha256", ""),
            self._proof.kind,
            resumed,
        )

    def _prepare(self) -> frozenset[int]:
        """The partial file at its full size, and a mark that says which parts it has."""
        remote = self._remote
        partial = self._partial.stat().st_size if self._partial.is_file() else None
        done = next_download(transfer_marks.read_download(self._mark), partial, remote)
        if not done:
            self._partial.unlink(missing_ok=True)
            with self._partial.open("xb") as file:
                file.truncate(remote.size)
        known = DownloadMark(remote.size, remote.etag, download_part(remote), done)
        transfer_marks.write_download(self._mark, known)
        return done

    def _fetch_all(
        self, all_spans: tuple[Span, ...], done: frozenset[int], file: IO[bytes], follower: Follower
    ) -> list[bytes]:
        algorithm = self._part_algorithm

        def one(span: Span) -> bytes:
            self._work.check()
            if span.number in done:
                self._work.tell(Moved(str(self._wanted.path), span.length))
                digest = of_part(algorithm, self._partial, span.start, span.length)
            else:
                digest = self._work.persist(lambda: self._fetch(span, file, make(algorithm)))
                with self._lock:
                    transfer_marks.add_done(self._mark, span.number)
            follower.settle(span.start, span.length)
            return digest

        return self._work.each(all_spans, one)

    @property
    def _whole_algorithms(self) -> frozenset[Algorithm]:
        """What is worked out of the file as a whole: what proves it, and what was asked for."""
        kind = self._proof.kind
        proves: frozenset[Algorithm] = frozenset({kind} if kind in {"md5", "sha256"} else ())
        return proves | {"sha256"} if self._wanted.digest else proves

    @property
    def _part_algorithm(self) -> Algorithm:
        """What is worked out of each part on the way: MD5 only where it proves something."""
        return "md5" if self._has_own_parts else "crc32"

    @property
    def _has_own_parts(self) -> bool:
        known = self._proof
        return known.kind == "parts" and known.part_size == download_part(self._remote)

    def _fetch(self, span: Span, file: IO[bytes], digest: Digest) -> bytes:
        what = str(self._wanted.path)
        link = ranged(self._link, span.start, span.length, self._remote.etag)
        try:
            with self._work.wires.open(link, what=what) as answer, told(self._work, what) as tell:
                if answer.status != 206 and span.length != self._remote.size:
                    raise StorageError(f"{what}: the store sends no part of a file")
                position = span.start
                for block in received(answer, span.length):
                    position += os.pwrite(file.fileno(), block, position)
                    digest.update(block)
                    tell(len(block))
        except FileTakenError as error:
            raise StorageError(
                f"{what}: the stored file changed meanwhile",
                status=412,
                hint="type the command again: it starts anew",
            ) from error
        return digest.digest()

    def _prove(self, digest: Mapping[str, str], digests: list[bytes]) -> None:
        found = self._found(digest, digests)
        if found == self._proof.value:
            return
        self._partial.unlink(missing_ok=True)
        transfer_marks.forget(self._mark)
        raise FaasctlError(
            f"{self._wanted.path}: what came is not what is stored: {self._proof.kind} is"
            f" {found}, expected {self._proof.value}",
            hint="type the command again: it starts anew",
        )

    def _found(self, digest: Mapping[str, str], digests: list[bytes]) -> str:
        size = self._remote.size
        match self._proof.kind:
            case "nothing":
                return self._proof.value
            case "crc32":
                lengths = [span.length for span in spans(size, download_part(self._remote))]
                return combined_crc(digests, lengths)
            case "parts" if self._has_own_parts:
                return composite(digests)
            case "parts":
                own = spans(size, self._proof.part_size)
                return composite(self._work.each(own, self._md5))
            case "md5" | "sha256" as kind:
                return digest[kind]

    def _md5(self, span: Span) -> bytes:
        return of_part("md5", self._partial, span.start, span.length)

    def _settle(self) -> None:
        """The name, once all is proven; a file that came there meanwhile stays."""
        if self._wanted.overwrite:
            self._partial.replace(self._wanted.local)
        else:
            try:
                os.link(self._partial, self._wanted.local)
            except FileExistsError as error:
                raise taken(str(self._wanted.local)) from error
            self._partial.unlink()
        disk.sync_folder(self._wanted.local.parent)
        transfer_marks.forget(self._mark)

"""A box in memory, with a server behind its links that can be told to misbehave."""

from __future__ import annotations

import base64
import hashlib
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import quote, unquote

from faasctl.errors import FileTakenError, UnknownNameError, UploadGoneError
from faasctl.files import (
    Assembly,
    DownloadLink,
    FileLink,
    Made,
    Offer,
    OpenOffer,
    PartsOffer,
    PartUpload,
    StoredFile,
    StoredPart,
)
from handlers.contract.boxes import FilePath, parse_file


def md5(content: bytes) -> str:
    return hashlib.md5(content, usedforsecurity=False).hexdigest()


@dataclass(slots=True)
class Unfinished:
    path: FilePath
    parts: dict[int, bytes] = field(default_factory=dict)


@dataclass(slots=True)
class Memory:
    """What is stored, what was asked, and how the next requests go wrong.

    `failures` are statuses to answer with, one each; `damage` flips a bit of what is sent out;
    `generation` is in every link, so that raising it makes those given out expire.
    """

    files: dict[str, bytes] = field(default_factory=dict)
    etags: dict[str, str] = field(default_factory=dict)
    uploads: dict[str, Unfinished] = field(default_factory=dict)
    asked: list[tuple[str, str]] = field(default_factory=list)
    failures: list[int] = field(default_factory=list)
    announced: list[tuple[str, int]] = field(default_factory=list)
    damage: bool = False
    encrypted: bool = False
    generation: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def keep(self, path: str, content: bytes, etag: str = "") -> str:
        self.files[path] = content
        self.etags[path] = etag or md5(content)
        return self.etags[path]


class MemoryBox:
    """The box itself; `url` is where its server answers."""

    def __init__(self, memory: Memory, url: str) -> None:
        self.memory = memory
        self._url = url

    def _link(self, method: str, kind: str, rest: str) -> FileLink:
        url = f"{self._url}/{kind}/{quote(rest)}?generation={self.memory.generation}"
        return FileLink(method, url, expires=60)

    def _check_free(self, path: FilePath, *, overwrite: bool) -> None:
        if str(path) in self.memory.files and not overwrite:
            raise FileTakenError(f"{path}: it is there already")

    def upload_url(self, path: FilePath, offer: Offer | OpenOffer) -> FileLink:
        self._check_free(path, overwrite=offer.overwrite)
        link = self._link("PUT", "file", str(path))
        keep = {} if offer.overwrite else {"if-none-match": "*"}
        if isinstance(offer, OpenOffer):
            return replace(link, headers=keep)
        bound = {"content-type": offer.content_type, "x-length": str(offer.size)}
        return replace(link, headers={**keep, **bound})

    def download_url(self, path: FilePath, expires: int) -> DownloadLink:
        if str(path) not in self.memory.files:
            raise UnknownNameError(f"{path}: there is no such file")
        return DownloadLink(self._link("GET", "file", str(path)))

    def announce(self, path: FilePath, size: int) -> None:
        self.memory.announced.append((str(path), size))

    def files(self, group: str) -> Iterator[StoredFile]:
        for name, content in sorted(self.memory.files.items()):
            if not group or name.startswith(f"{group}/"):
                etag = self.memory.etags[name]
                yield StoredFile(parse_file(name), len(content), etag, "2026-01-01T00:00:00Z")

    def remove(self, path: FilePath) -> None:
        if self.memory.files.pop(str(path), None) is None:
            raise UnknownNameError(f"{path}: there is no such file")

    def abandon(self, path: FilePath, upload_id: str) -> None:
        self.memory.uploads.pop(upload_id, None)

    def begin(self, path: FilePath, offer: PartsOffer) -> PartUpload:
        self._check_free(path, overwrite=offer.overwrite)
        upload_id = f"upload-{len(self.memory.asked)}-{len(self.memory.uploads)}"
        self.memory.uploads[upload_id] = Unfinished(path)
        return self.look(path, offer, upload_id)

    def look(self, path: FilePath, offer: PartsOffer, upload_id: str) -> PartUpload:
        found = self._unfinished(upload_id)
        stored = tuple(
            StoredPart(number, md5(part)) for number, part in sorted(found.parts.items())
        )
        count = -(-offer.size // offer.part_size)
        links = {
            number: self._link("PUT", "part", f"{upload_id}/{number}")
            for number in range(1, count + 1)
        }
        return PartUpload(upload_id, stored, links)

    def finish(self, path: FilePath, offer: PartsOffer, assembly: Assembly) -> Made:
        self._check_free(path, overwrite=offer.overwrite)
        found = self._unfinished(assembly.upload_id)
        parts = [found.parts[one.number] for one in assembly.parts]
        assert [one.etag for one in assembly.parts] == [md5(part) for part in parts]
        digests = b"".join(bytes.fromhex(md5(part)) for part in parts)
        etag = self.memory.keep(str(path), b"".join(parts), f"{md5(digests)}-{len(parts)}")
        del self.memory.uploads[assembly.upload_id]
        return Made(f"{self._url}/file/{quote(str(path))}", etag)

    def _unfinished(self, upload_id: str) -> Unfinished:
        if upload_id not in self.memory.uploads:
            raise UploadGoneError("the unfinished upload is gone")
        return self.memory.uploads[upload_id]


class _Handler(BaseHTTPRequestHandler):
    memory: Memory
    protocol_version = "HTTP/1.1"

    def log_message(self, *_: object) -> None:
        pass

    def answer(self, status: int, headers: dict[str, str], body: bytes = b"") -> None:
        self.send_response(status)
        for name, value in {**headers, "content-length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def is_refused(self) -> bool:
        target, _, query = self.path.partition("?")
        with self.memory.lock:
            self.memory.asked.append((self.command, unquote(target)))
            failure = self.memory.failures.pop(0) if self.memory.failures else 0
        if query != f"generation={self.memory.generation}":
            failure = 403
        if failure:
            body = b"<Error><Code>AccessDenied</Code><Message>expired</Message></Error>"
            self.answer(failure, {}, body if failure == 403 else b"")
        return bool(failure)

    def do_PUT(self) -> None:
        length = int(self.headers["content-length"])
        content = self.rfile.read(length)
        if len(content) < length:
            self.close_connection = True
            return
        if self.is_refused():
            return
        sent = self.headers.get("content-md5")
        digest = bytes.fromhex(md5(content))
        if sent is not None and base64.b64decode(sent) != digest:
            self.answer(400, {}, b"<Error><Code>BadDigest</Code></Error>")
            return
        self.keep(content)

    def keep(self, content: bytes) -> None:
        _, kind, rest = unquote(self.path.partition("?")[0]).split("/", 2)
        if kind == "part":
            upload_id, _, number = rest.partition("/")
            self.memory.uploads[upload_id].parts[int(number)] = content
        elif rest in self.memory.files and self.headers.get("if-none-match") == "*":
            self.answer(412, {}, b"<Error><Code>PreconditionFailed</Code></Error>")
            return
        else:
            self.memory.keep(rest, content)
        self.answer(200, {"etag": f'"{md5(content)}"'})

    def do_GET(self) -> None:
        if self.is_refused():
            return
        name = unquote(self.path.partition("?")[0]).split("/", 2)[2]
        content, etag = self.memory.files[name], f'"{self.memory.etags[name]}"'
        if self.headers.get("if-match", etag) != etag:
            self.answer(412, {}, b"<Error><Code>PreconditionFailed</Code></Error>")
            return
        headers = {"etag": etag}
        if self.memory.encrypted:
            headers["x-amz-server-side-encryption"] = "aws:kms"
        self.send_range(content, headers)

    def send_range(self, content: bytes, headers: dict[str, str]) -> None:
        wanted = self.headers.get("range")
        if wanted is None:
            self.answer(200, headers, content)
            return
        first, last = (int(one) for one in wanted.removeprefix("bytes=").split("-"))
        if first >= len(content):
            self.answer(416, {}, b"<Error><Code>InvalidRange</Code></Error>")
            return
        part = content[first : last + 1]
        if self.memory.damage:
            part = bytes([part[0] ^ 1]) + part[1:]
        headers["content-range"] = f"bytes {first}-{first + len(part) - 1}/{len(content)}"
        self.answer(206, headers, part)


@contextmanager
def memory_box() -> Iterator[MemoryBox]:
    memory = Memory()
    handler = type("Handler", (_Handler,), {"memory": memory})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield MemoryBox(memory, f"http://127.0.0.1:{server.server_port}")
    finally:
        server.shutdown()
        server.server_close()
        thread.join()

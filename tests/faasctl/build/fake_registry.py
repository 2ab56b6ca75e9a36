"""A registry in this process: tokens, mounts, chunked uploads, and faults where asked for."""

from __future__ import annotations

import hashlib
import json
import threading
import uuid
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit


@dataclass
class FakeRegistry:
    """What it holds, what was asked, and how it is to behave.

    `faults` are statuses by (method, part of the path), each given once.
    """

    users: dict[str, str] = field(default_factory=dict)
    referrers: bool = False
    faults: list[tuple[str, str, int]] = field(default_factory=list)
    blobs: dict[tuple[str, str], bytes] = field(default_factory=dict)
    manifests: dict[tuple[str, str], tuple[str, bytes]] = field(default_factory=dict)
    uploads: dict[str, bytes] = field(default_factory=dict)
    asked: list[tuple[str, str]] = field(default_factory=list)
    scopes: list[str] = field(default_factory=list)
    host: str = ""

    def put(self, repository: str, content: bytes) -> str:
        digest = f"sha256:{hashlib.sha256(content).hexdigest()}"
        self.blobs[repository, digest] = content
        return digest

    def count(self, method: str, part: str = "") -> int:
        return sum(1 for one, path in self.asked if one == method and part in path)


@contextmanager
def running(registry: FakeRegistry) -> Iterator[FakeRegistry]:
    handler = type("Bound", (_Handler,), {"registry": registry})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    registry.host = f"127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield registry
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Handler(BaseHTTPRequestHandler):
    registry: FakeRegistry
    protocol_version = "HTTP/1.1"

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        pass

    def _answer(self, status: int, body: bytes = b"", **headers: str) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def _all(self) -> None:
        size = int(self.headers.get("Content-Length") or 0)
        body, parts = self.rfile.read(size), urlsplit(self.path)
        query = {key: values[0] for key, values in parse_qs(parts.query).items()}
        self.registry.asked.append((self.command, self.path))
        for fault in self.registry.faults:
            if fault[0] == self.command and fault[1] in self.path:
                self.registry.faults.remove(fault)
                self._answer(fault[2], b"now now")
                return
        if parts.path == "/token":
            self._token(parse_qs(parts.query).get("scope", []))
        elif self.registry.users and self.headers.get("Authorization") != "Bearer right":
            realm = f'Bearer realm="http://{self.registry.host}/token",service="fake"'
            self._answer(401, WWW_Authenticate=realm)
        else:
            repository, kind, rest = _split(parts.path)
            getattr(self, f"_{kind}")(repository, rest, query, body)

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = _all  # noqa: N815

    def _token(self, scopes: list[str]) -> None:
        self.registry.scopes += scopes
        known = {
            "Basic " + b64encode(f"{user}:{word}".encode()).decode()
            for user, word in self.registry.users.items()
        }
        if self.headers.get("Authorization") in known:
            self._answer(200, b'{"token": "right"}')
        else:
            self._answer(401, b'{"errors": [{"code": "UNAUTHORIZED", "message": "who?"}]}')

    def _blobs(self, repository: str, rest: str, query: dict[str, str], body: bytes) -> None:
        registry = self.registry
        if not rest.startswith("uploads"):
            found = registry.blobs.get((repository, rest))
            self._answer(404 if found is None else 200, found or b"")
            return
        if self.command == "POST":
            source = registry.blobs.get((query.get("from", ""), query.get("mount", "")))
            if source is not None:
                registry.put(repository, source)
                self._answer(201)
                return
            name = uuid.uuid4().hex
            registry.uploads[name] = b""
            self._answer(202, Location=f"/v2/{repository}/blobs/uploads/{name}?state=1")
            return
        name = rest.partition("/")[2]
        span = self.headers.get("Content-Range", "")
        if span and int(span.partition("-")[0]) != len(registry.uploads[name]):
            self._answer(416)
            return
        registry.uploads[name] += body
        if self.command == "PUT":
            right = registry.put(repository, registry.uploads.pop(name)) == query["digest"]
            self._answer(201 if right else 400)
        else:
            have = f"0-{len(registry.uploads[name]) - 1}"
            self._answer(202, Location=self.path, Range=have)

    def _manifests(self, repository: str, rest: str, _: dict[str, str], body: bytes) -> None:
        registry = self.registry
        if self.command != "PUT":
            kind, content = registry.manifests.get((repository, rest), ("", b""))
            self._answer(200 if kind else 404, content, Content_Type=kind)
            return
        digest = f"sha256:{hashlib.sha256(body).hexdigest()}"
        document = json.loads(body)
        for blob in [*document.get("layers", []), *filter(None, [document.get("config")])]:
            if (repository, blob["digest"]) not in registry.blobs:
                self._answer(400, b'{"errors":[{"code":"MANIFEST_BLOB_UNKNOWN","message":"no"}]}')
                return
        for name in (rest, digest):
            registry.manifests[repository, name] = (self.headers["Content-Type"], body)
        subject = document.get("subject", {}).get("digest", "")
        extra = {"OCI_Subject": subject} if subject and registry.referrers else {}
        self._answer(201, **extra)


def _split(path: str) -> tuple[str, str, str]:
    words = path.removeprefix("/v2/").split("/")
    at = next(i for i, word in enumerate(words) if word in {"blobs", "manifests"})
    return "/".join(words[:at]), words[at], "/".join(words[at + 1 :])

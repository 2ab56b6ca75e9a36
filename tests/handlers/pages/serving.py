"""A real handler process, and a gateway that puts it behind a prefix."""

from __future__ import annotations

import contextlib
import http.client
import json
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[3]
PREFIX = "/garden/flowers"


@dataclass
class Gateway:
    """`url` is the function's, with the prefix; `broken` paths are answered with 503."""

    port: int
    paths: list[str] = field(default_factory=list)
    broken: set[str] = field(default_factory=set)

    @property
    def origin(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def url(self) -> str:
        return self.origin + PREFIX


@contextlib.contextmanager
def function(folder: Path, source: str) -> Iterator[Gateway]:
    """The function of `source` (an `inference`), served until the block ends."""
    (folder / "user_code.py").write_text(source, encoding="utf-8")
    compiled = {
        "format": 1,
        "namespace": "garden",
        "name": "flowers",
        "interface": "inference",
        "function": "user_code.inference",
    }
    (folder / "component.json").write_text(json.dumps(compiled), encoding="utf-8")
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        process = _start(folder, listener)
    try:
        with _gateway(port) as gateway:
            yield gateway
    finally:
        process.terminate()
        process.wait(30)


def _start(folder: Path, listener: socket.socket) -> subprocess.Popen[bytes]:
    start = ROOT / "handlers" / "start.py"
    with (folder / "log").open("wb") as log:
        return subprocess.Popen(
            [sys.executable, "-I", str(start), "component.json", "--fd", str(listener.fileno())],
            cwd=folder,
            pass_fds=[listener.fileno()],
            stdout=log,
            stderr=subprocess.STDOUT,
        )


@contextlib.contextmanager
def _gateway(port: int) -> Iterator[Gateway]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            gateway.paths.append(self.path)
            path = self.path.removeprefix(PREFIX)
            if path in gateway.broken or not self.path.startswith(PREFIX):
                self._reply(503 if path in gateway.broken else 404, b"not here", [])
                return
            size = int(self.headers.get("content-length") or 0)
            connection = http.client.HTTPConnection("127.0.0.1", port)
            body = self.rfile.read(size)
            sent = {"content-type": self.headers.get("content-type") or ""}
            connection.request(self.command, path, body, sent)
            answer = connection.getresponse()
            self._reply(answer.status, answer.read(), answer.getheaders())
            connection.close()

        do_POST = do_GET  # noqa: N815

        def _reply(self, status: int, body: bytes, headers: list[tuple[str, str]]) -> None:
            skipped = {"content-length", "date", "server", "connection"}
            with contextlib.suppress(ConnectionError):
                self.send_response(status)
                for name, value in headers:
                    if name.lower() not in skipped:
                        self.send_header(name, value)
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    gateway = Gateway(server.server_address[1])
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield gateway
    finally:
        server.shutdown()
        server.server_close()
        thread.join()

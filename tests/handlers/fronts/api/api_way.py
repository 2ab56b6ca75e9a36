"""What a gateway is to the API: a URL behind which functions are."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from tests.handlers.fronts.api.api_world import send

_FRAMING = {"content-length", "date", "server"}


@dataclass
class Seen:
    """What reached the way to the functions."""

    path: str
    headers: dict[str, str]
    body: bytes


@contextmanager
def way(port: int, seen: list[Seen]) -> Iterator[str]:
    """`/<component>/…` is cut off and passed on to the port; `broken` is one that dies."""

    class Handler(_Handler):
        target = port
        requests = seen

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    target: int
    requests: list[Seen]

    def do_GET(self) -> None:
        body = self._body()
        headers = {name.lower(): value for name, value in self.headers.items()}
        self.requests.append(Seen(self.path, headers, body))
        component, _, below = self.path[1:].partition("/")
        if component == "broken":
            self.connection.shutdown(socket.SHUT_RDWR)
            self.close_connection = True
            return
        own = {name: one for name, one in headers.items() if name != "transfer-encoding"}
        found = send(self.command, f"http://127.0.0.1:{self.target}/{below}", body, own)
        self.send_response(found.status)
        for name, value in found.headers.items():
            if name not in _FRAMING:
                self.send_header(name, value)
        self.send_header("content-length", str(len(found.body)))
        self.end_headers()
        self.wfile.write(found.body)

    do_POST = do_GET  # noqa: N815
    do_HEAD = do_GET  # noqa: N815

    def _body(self) -> bytes:
        if self.headers.get("transfer-encoding") != "chunked":
            return self.rfile.read(int(self.headers.get("content-length") or 0))
        body = b""
        while size := int(self.rfile.readline(), 16):
            body += self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()
        return body

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        return

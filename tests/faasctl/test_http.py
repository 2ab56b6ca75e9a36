"""The command line's HTTP, over TCP and over a Unix socket."""

from __future__ import annotations

import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from faasctl import http
from faasctl.errors import UnreachableError
from faasctl.http import Address, Request, Tcp, Unix


class Handler(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        said = f"{self.path} {self.headers['Host']} ".encode() + body
        self.send_response(201)
        self.send_header("X-Said", "yes")
        self.send_header("Content-Length", str(len(said)))
        self.end_headers()
        self.wfile.write(said)

    def do_GET(self) -> None:
        self.send_response(200)
        if self.path == "/short":
            self.send_header("Content-Length", "100")
        self.end_headers()
        self.wfile.write(b"one\ntwo\n")

    def address_string(self) -> str:
        return "test"

    def log_message(self, *_: object) -> None:
        pass


class UnixServer(socketserver.ThreadingUnixStreamServer):
    daemon_threads = True


@contextmanager
def served(server: socketserver.BaseServer) -> Iterator[None]:
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture(params=["tcp", "unix"])
def address(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Address]:
    if request.param == "unix":
        path = tmp_path / "socket"
        with served(UnixServer(str(path), Handler)):
            yield Unix(path)
        return
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    with served(server):
        yield Tcp("127.0.0.1", server.server_address[1])


def test_a_request_and_its_answer(address: Address) -> None:
    answer = http.send(address, Request("POST", "/a?b", b"body", {"Host": "here"}))
    assert (answer.status, answer.text, answer.headers["x-said"]) == (201, "/a?b here body", "yes")


def test_lines_as_they_come(address: Address) -> None:
    with http.lines(address, Request("GET", "/")) as (status, lines):
        assert (status, list(lines)) == (200, [b"one\n", b"two\n"])


def test_an_answer_that_breaks_off_is_no_answer(address: Address) -> None:
    with pytest.raises(UnreachableError, match="broke off its answer"):
        http.send(address, Request("GET", "/short"))


def test_names_of_this_machine_need_no_resolver() -> None:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    port = server.server_address[1]
    with served(server):
        url = f"http://shop.localhost:{port}/base/"
        answer = http.send_to(url, Request("POST", "/x"))
    assert answer.text == f"/base/x shop.localhost:{port} "


@pytest.mark.parametrize("gone", [Tcp("127.0.0.1", 1), Unix(Path("/nowhere/socket"))])
def test_nobody_there_is_said(gone: Address) -> None:
    with pytest.raises(UnreachableError, match="does not answer"):
        http.send(gone, Request("GET", "/"))

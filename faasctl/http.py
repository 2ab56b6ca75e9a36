"""HTTP for the command line: one request at a time, over TCP or a Unix socket."""

from __future__ import annotations

import http.client
import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from faasctl.errors import UnreachableError


@dataclass(frozen=True, slots=True)
class Tcp:
    host: str
    port: int

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"


@dataclass(frozen=True, slots=True)
class Unix:
    path: Path

    def __str__(self) -> str:
        return str(self.path)


Address = Tcp | Unix


@dataclass(frozen=True, slots=True)
class Answer:
    """`headers` have lower-case names."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode("utf-8", "replace")


@dataclass(frozen=True, slots=True)
class Request:
    """`timeout` in seconds is for connecting and for each silence, not for the whole."""

    method: str
    path: str
    body: bytes | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    timeout: float | None = 30.0


def send(address: Address, request: Request) -> Answer:
    """One request, whole answer; UnreachableError when nobody answers."""
    with _opened(address, request) as answer:
        return Answer(answer.status, _headers(answer), _whole(address, answer))


def send_to(url: str, request: Request) -> Answer:
    """As `send`, to a URL (http only); the request's path is appended to the URL's."""
    parts = urlsplit(url)
    address = Tcp(resolved(parts.hostname or ""), parts.port or 80)
    path = parts.path.rstrip("/") + request.path if request.path else parts.path or "/"
    headers = {"Host": parts.netloc, **request.headers}
    return send(address, Request(request.method, path, request.body, headers, request.timeout))


def resolved(host: str) -> str:
    """`*.localhost` is this machine, also where names of it do not resolve (RFC 6761)."""
    return "127.0.0.1" if host == "localhost" or host.endswith(".localhost") else host


@contextmanager
def lines(address: Address, request: Request) -> Iterator[tuple[int, Iterator[bytes]]]:
    """The status, and the answer's lines as they come."""
    with _opened(address, request) as answer:
        yield answer.status, _lines(address, answer)


def _whole(address: Address, answer: http.client.HTTPResponse) -> bytes:
    try:
        return answer.read()
    except (OSError, http.client.HTTPException) as error:
        raise UnreachableError(f"{address} broke off its answer: {_said(error)}") from error


def _lines(address: Address, answer: http.client.HTTPResponse) -> Iterator[bytes]:
    try:
        yield from answer
    except (OSError, http.client.HTTPException) as error:
        raise UnreachableError(f"{address} broke off its answer: {_said(error)}") from error


@contextmanager
def _opened(address: Address, request: Request) -> Iterator[http.client.HTTPResponse]:
    connection = _connection(address, request.timeout)
    try:
        try:
            connection.request(
                request.method, request.path, body=request.body, headers=dict(request.headers)
            )
            answer = connection.getresponse()
        except (OSError, http.client.HTTPException) as error:
            raise UnreachableError(f"{address} does not answer: {_said(error)}") from error
        yield answer
    finally:
        connection.close()


def _said(error: Exception) -> str:
    return str(error) or type(error).__name__


def _headers(answer: http.client.HTTPResponse) -> Mapping[str, str]:
    return {name.lower(): value for name, value in answer.getheaders()}


def _connection(address: Address, timeout: float | None) -> http.client.HTTPConnection:
    match address:
        case Tcp(host, port):
            return http.client.HTTPConnection(host, port, timeout=timeout)
        case Unix(path):
            return _UnixConnection(path, timeout)


class _UnixConnection(http.client.HTTPConnection):
    def __init__(self, path: Path, timeout: float | None) -> None:
        super().__init__("localhost", timeout=timeout)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(str(self._path))

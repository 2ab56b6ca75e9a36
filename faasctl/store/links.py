"""Requests by link: connections that are kept, bodies that are streamed, refusals as errors."""

from __future__ import annotations

import functools
import http.client
import os
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Protocol
from urllib.parse import SplitResult, urlsplit

from faasctl.errors import UnreachableError
from faasctl.files import FileLink
from faasctl.http import resolved
from faasctl.store.refusals import refusal

_SILENCE = 60.0

Connection = http.client.HTTPConnection


class Body(Protocol):
    """What goes with a request: how long it is, and how it goes out."""

    @property
    def size(self) -> int: ...

    def send(self, connection: Connection) -> None: ...


@dataclass(frozen=True, slots=True)
class Bytes:
    """A body that is in memory."""

    content: bytes
    sent: Callable[[int], None] = field(default=lambda _: None)

    @property
    def size(self) -> int:
        return len(self.content)

    def send(self, connection: Connection) -> None:
        if self.content:
            connection.send(self.content)
            self.sent(self.size)


@dataclass(frozen=True, slots=True)
class Reply:
    """A whole small answer; header names are in lower case."""

    headers: dict[str, str]
    body: bytes


class Wires:
    """Connections by host, each used by one thread at a time and kept for the next."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._idle: dict[tuple[str, str], list[Connection]] = {}
        self._busy: set[Connection] = set()

    def fetch(self, link: FileLink, body: Body | None = None, *, what: str) -> Reply:
        """One request, whole answer; raises StorageError where it is refused."""
        with self.open(link, body, what=what) as answer:
            content = answer.read()
        headers = {name.lower(): value for name, value in answer.getheaders()}
        return Reply(headers, content)

    @contextmanager
    def open(
        self, link: FileLink, body: Body | None = None, *, what: str
    ) -> Iterator[http.client.HTTPResponse]:
        """One request, its answer to be read; UnreachableError also for one that breaks off.

        `what` names the file, or the act, in errors.
        """
        parts = urlsplit(link.url)
        place = (parts.scheme, parts.netloc)
        connection = self._take(place)
        exchange = _Exchange(connection)
        try:
            answer = exchange.ask(parts, link, body or Bytes(b""))
            if answer.status >= 300:
                raise refusal(what, answer.status, answer.read())
            yield answer
        except (OSError, http.client.HTTPException) as error:
            said = str(error) or type(error).__name__
            raise UnreachableError(f"{what}: {parts.netloc} does not answer: {said}") from error
        finally:
            self._put_back(place, connection, reusable=exchange.is_over)

    def abort(self) -> None:
        """Break off every request under way; each ends in an UnreachableError."""
        with self._lock:
            for connection in self._busy:
                if connection.sock is not None:
                    with suppress(OSError):
                        connection.sock.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Close the connections that nobody uses."""
        with self._lock:
            for connections in self._idle.values():
                for connection in connections:
                    connection.close()
            self._idle.clear()

    def _take(self, place: tuple[str, str]) -> Connection:
        with self._lock:
            idle = self._idle.get(place)
            connection = idle.pop() if idle else _connection(*place)
            self._busy.add(connection)
            return connection

    def _put_back(self, place: tuple[str, str], connection: Connection, *, reusable: bool) -> None:
        with self._lock:
            self._busy.discard(connection)
            if reusable:
                self._idle.setdefault(place, []).append(connection)
            else:
                connection.close()


class _Exchange:
    """One request and its answer on a connection."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._answer: http.client.HTTPResponse | None = None
        self._whole = True

    @property
    def is_over(self) -> bool:
        """Whether all was sent and read, so that the connection is good for another."""
        read = self._answer is not None and self._answer.isclosed()
        return self._whole and read and self._connection.sock is not None

    def ask(self, parts: SplitResult, link: FileLink, body: Body) -> http.client.HTTPResponse:
        connection = self._connection
        target = f"{parts.path or '/'}?{parts.query}" if parts.query else parts.path or "/"
        connection.putrequest(link.method, target, skip_host=True, skip_accept_encoding=True)
        connection.putheader("Host", parts.netloc)
        for name, value in link.headers.items():
            if name.lower() not in {"host", "content-length"}:
                connection.putheader(name, value)
        if link.method in {"PUT", "POST"}:
            connection.putheader("Content-Length", str(body.size))
        connection.endheaders()
        try:
            body.send(connection)
        except (BrokenPipeError, ConnectionResetError):
            # A server that refuses early closes before it has read all: its answer says why.
            self._whole = False
        self._answer = connection.getresponse()
        return self._answer


def _connection(scheme: str, netloc: str) -> Connection:
    parts = urlsplit(f"{scheme}://{netloc}")
    host = resolved(parts.hostname or "")
    if scheme == "https":
        port = parts.port or 443
        return http.client.HTTPSConnection(host, port, timeout=_SILENCE, context=_trust())
    return http.client.HTTPConnection(host, parts.port or 80, timeout=_SILENCE)


@functools.cache
def _trust() -> ssl.SSLContext:
    """The system's authorities, and those that AWS's own tools are told to trust."""
    return ssl.create_default_context(cafile=os.environ.get("AWS_CA_BUNDLE") or None)

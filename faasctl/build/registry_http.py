"""HTTP to one registry: connections that stay open, tokens, redirects, repeats with back-off."""

from __future__ import annotations

import http.client
import json
import random
import re
import ssl
import threading
import time
from base64 import b64encode
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urljoin, urlsplit

from faasctl.build.credentials import Login, Lookup
from faasctl.build.registry_connection import connect
from faasctl.errors import UnreachableError

#: Seconds to wait before each repeat of what failed for a while.
BACK_OFF = (0.2, 0.6, 1.8, 5.0)

_PASSING = frozenset({408, 425, 429, 500, 502, 503, 504})
_CHUNK = 1 << 18


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of a file as a request's body."""

    file: Path
    start: int
    size: int


@dataclass(frozen=True, slots=True)
class Call:
    """One request; `url` may be relative to the registry."""

    method: str
    url: str
    body: bytes | Part = b""
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Said:
    """An answer; `headers` have lower-case names."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    url: str

    def explained(self) -> str:
        """The registry's own words, in one line."""
        try:
            errors = json.loads(self.body)["errors"]
            words = "; ".join(f"{one.get('code')}: {one.get('message')}" for one in errors)
        except (ValueError, KeyError, TypeError, AttributeError):
            words = self.body[:200].decode("utf-8", "replace").strip()
        return f"{self.status} {words}".strip()


class Line:
    """A way to one registry for one purpose; threads may share it.

    `scopes` are what it will ask for, as `repository:NAME:pull,push`.
    """

    def __init__(
        self,
        host: str,
        *,
        plain: bool,
        scopes: tuple[str, ...],
        lookup: Lookup,
        delays: tuple[float, ...] = BACK_OFF,
    ) -> None:
        self.host = host
        self._origin = f"{'http' if plain else 'https'}://{host}"
        self._scopes, self._lookup, self._delays = scopes, lookup, delays
        self._local = threading.local()
        self._open: list[http.client.HTTPConnection] = []
        self._lock = threading.Lock()
        self._authorization = ""

    def close(self) -> None:
        for connection in self._open:
            connection.close()

    def send(self, call: Call) -> Said:
        """The answer, whatever its status; UnreachableError when nobody answers for long."""
        return self._repeated(call, lambda answer: answer.read())

    def fetch(self, call: Call, keep: Callable[[Iterator[bytes]], object]) -> Said:
        """As `send`; an answer with status 200 goes to `keep` piece by piece."""

        def read(answer: http.client.HTTPResponse) -> bytes:
            if answer.status != 200:
                return answer.read()
            keep(_pieces(answer))
            return b""

        return self._repeated(call, read)

    def _repeated(self, call: Call, read: Callable[[http.client.HTTPResponse], bytes]) -> Said:
        url = urljoin(f"{self._origin}/", call.url)
        for delay in (*self._delays, None):
            try:
                said = self._authorized(call, url, read)
            except (OSError, http.client.HTTPException) as error:
                self._drop(url)
                if delay is None or isinstance(error, ssl.SSLCertVerificationError):
                    raise _unreachable(self.host, error) from error
                wait = delay
            else:
                if said.status not in _PASSING or delay is None:
                    return said
                wait = _asked_wait(said, delay)
            time.sleep(wait * random.uniform(0.8, 1.2))  # noqa: S311 - spreads repeats, no secret
        raise AssertionError  # pragma: no cover - the last round returns or raises

    def _authorized(
        self, call: Call, url: str, read: Callable[[http.client.HTTPResponse], bytes]
    ) -> Said:
        used = self._authorization
        said = self._redirected(call, url, used, read)
        if said.status != 401:
            return said
        with self._lock:  # the first of many threads asks for a token
            if self._authorization == used:
                self._authorization = self._ask(said.headers.get("www-authenticate", ""))
        if self._authorization == used:
            return said
        return self._redirected(call, url, self._authorization, read)

    def _redirected(
        self,
        call: Call,
        url: str,
        authorization: str,
        read: Callable[[http.client.HTTPResponse], bytes],
    ) -> Said:
        for _ in range(5):
            own = urlsplit(url).netloc == self.host
            headers = {**call.headers, **({"Authorization": authorization} if own else {})}
            said = self._once(call, url, {k: v for k, v in headers.items() if v}, read)
            place = said.headers.get("location", "")
            if said.status not in {301, 302, 303, 307, 308} or not place:
                return said
            url = urljoin(url, place)
        return said

    def _once(
        self,
        call: Call,
        url: str,
        headers: Mapping[str, str],
        read: Callable[[http.client.HTTPResponse], bytes],
    ) -> Said:
        connection, parts = self._connection(url), urlsplit(url)
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        _put(connection, call, path, headers)
        answer = connection.getresponse()
        got = {name.lower(): value for name, value in answer.getheaders()}
        return Said(answer.status, got, read(answer), url)

    def _connection(self, url: str) -> http.client.HTTPConnection:
        parts = urlsplit(url)
        mine: dict[str, http.client.HTTPConnection] = self._local.__dict__
        key = f"{parts.scheme}://{parts.netloc}"
        if key not in mine:
            mine[key] = connect(parts.scheme, parts.netloc)
            with self._lock:
                self._open.append(mine[key])
        return mine[key]

    def _drop(self, url: str) -> None:
        parts = urlsplit(url)
        found = self._local.__dict__.pop(f"{parts.scheme}://{parts.netloc}", None)
        if found is not None:
            found.close()

    def _ask(self, challenge: str) -> str:
        """The authorization that a challenge asks for; empty when we have none to give."""
        kind, values = parse_challenge(challenge)
        login = self._lookup(self.host)
        if kind == "basic":
            return _basic(login) if login and not login.identity else ""
        if kind != "bearer" or "realm" not in values:
            return ""
        asked = values.get("scope", "").split()
        scopes = list(dict.fromkeys([*self._scopes, *asked]))
        said = self._token(values, scopes, login)
        try:
            found = json.loads(said.body)
            token = found.get("token") or found.get("access_token")
        except (ValueError, AttributeError):
            token = None
        if said.status != 200 or not token:
            raise UnreachableError(
                f"{self.host} gives no token: {said.explained()}",
                hint=f"log in again: docker login {self.host}",
            )
        return f"Bearer {token}"

    def _token(self, values: Mapping[str, str], scopes: list[str], login: Login | None) -> Said:
        realm, service = values["realm"], values.get("service", "")
        if login and login.identity:
            form = {
                "grant_type": "refresh_token",
                "refresh_token": login.identity,
                "service": service,
                "scope": " ".join(scopes),
                "client_id": "faasctl",
            }
            kind = {"Content-Type": "application/x-www-form-urlencoded"}
            call = Call("POST", realm, urlencode(form).encode(), kind)
            return self._once(call, realm, kind, lambda answer: answer.read())
        query = urlencode([("service", service), *(("scope", one) for one in scopes)])
        url = f"{realm}{'&' if '?' in realm else '?'}{query}"
        headers = {"Authorization": _basic(login)} if login else {}
        return self._once(Call("GET", url), url, headers, lambda answer: answer.read())


def parse_challenge(text: str) -> tuple[str, dict[str, str]]:
    """The kind (lower case) and the values of a `WWW-Authenticate` header."""
    kind, _, rest = text.strip().partition(" ")
    found = re.findall(r'(\w+)\s*=\s*(?:"([^"]*)"|([^\s,]+))', rest)
    return kind.lower(), {name.lower(): quoted or bare for name, quoted, bare in found}


def _basic(login: Login) -> str:
    return "Basic " + b64encode(f"{login.user}:{login.password}".encode()).decode()


def _put(
    connection: http.client.HTTPConnection, call: Call, path: str, headers: Mapping[str, str]
) -> None:
    if isinstance(call.body, bytes):
        body: Any = call.body or None
        given = dict(headers)
        if call.method in {"POST", "PUT", "PATCH"}:
            given["Content-Length"] = str(len(call.body))
        connection.request(call.method, path, body=body, headers=given)
        return
    given = {**headers, "Content-Length": str(call.body.size)}
    with call.body.file.open("rb") as file:
        file.seek(call.body.start)
        connection.request(call.method, path, body=_limited(file, call.body.size), headers=given)


def _limited(file: Any, size: int) -> Iterator[bytes]:
    while size > 0:
        piece = file.read(min(size, _CHUNK))
        if not piece:
            return
        size -= len(piece)
        yield piece


def _pieces(answer: http.client.HTTPResponse) -> Iterator[bytes]:
    while piece := answer.read(_CHUNK):
        yield piece


def _asked_wait(said: Said, delay: float) -> float:
    asked = said.headers.get("retry-after", "")
    return min(float(asked), 30.0) if asked.isdigit() else delay


def _unreachable(host: str, error: Exception) -> UnreachableError:
    said = str(error) or type(error).__name__
    hint = "is the registry's name right, and is the network there?"
    if isinstance(error, ssl.SSLError):
        hint = f"where {host} speaks no TLS, write http:// before the name"
    return UnreachableError(f"the registry {host} does not answer: {said}", hint=hint)

"""Requests passed on to functions, and their answers passed back, neither held as a whole."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import AsyncIterator
from urllib.parse import unquote

import aiohttp
from fastapi import Request
from starlette.responses import Response, StreamingResponse
from yarl import URL

from handlers.contract import identity
from handlers.contract.application import FunctionApi
from handlers.fronts import logs
from handlers.fronts.api.errors import ApiError

#: Seconds beyond a call's own limit, for the way there and for a process that has to start.
GRACE = 15.0

_CHUNK = 64 * 1024
_LARGEST_KEYS = 1024 * 1024

#: Between two neighbours only, or ours to say.
_DROPPED = frozenset(
    {
        *("connection", "content-length", "host", "keep-alive", "proxy-authenticate"),
        *("proxy-authorization", "proxy-connection", "te", "trailer", "transfer-encoding"),
        *("upgrade", "expect", "forwarded", "x-request-id"),
    }
)
_OURS = ("x-forwarded-", "x-faasctl-")

_TARGET = re.compile(r"[A-Za-z0-9._~!$&'()*+,;=:@%/\-]+")


class Upstream:
    """The way to the functions: `base` is a URL with `{component}` in it, or before it."""

    def __init__(self, base: str, key: bytes, namespace: str) -> None:
        base = base.rstrip("/")
        self._base = base if "{component}" in base else f"{base}/{{component}}"
        self._key = key
        self._namespace = namespace
        self._opened: aiohttp.ClientSession | None = None

    def _url(self, api: FunctionApi) -> str:
        return self._base.replace("{component}", api.component)

    async def close(self) -> None:
        if self._opened is not None:
            await self._opened.close()

    async def fetch(self, url: str, limit: float = 10.0) -> bytes:
        """A small document; raises OSError or TimeoutError. `limit` is in seconds."""
        patience = aiohttp.ClientTimeout(total=limit)
        try:
            async with self._session.get(
                url,
                timeout=patience,
                allow_redirects=False,
                headers={"accept-encoding": "identity"},
            ) as answer:
                body = await _start(answer, _LARGEST_KEYS)
                if answer.status != 200:
                    raise OSError(f"{url} answers {answer.status}")
                return body
        except aiohttp.ClientError as error:
            raise OSError(f"{url}: {error}") from error

    async def document(self, api: FunctionApi) -> bytes:
        """A function's own OpenAPI document; raises OSError or TimeoutError."""
        url = f"{self._url(api)}/openapi.json"
        return await self.fetch(url, limit=api.timeout + GRACE)

    async def pass_on(self, api: FunctionApi, target: str, request: Request, user: str) -> Response:
        """The function's answer to a request; `target` as it was sent, below the API's path.

        Raises ApiError (400, 413, 502, 504).
        """
        _check(target)
        body = _Body(request, api.max_body)
        query = f"?{request.url.query}" if request.url.query else ""
        url = URL(f"{self._url(api)}/{target}{query}", encoded=True)
        headers = self._headers(request, body, user, keep_credentials=api.access.is_open)
        limit = api.timeout + GRACE
        try:
            async with asyncio.timeout(limit):
                answer = await self._session.request(
                    request.method,
                    url,
                    headers=headers,
                    data=body.stream() if body.is_given else None,
                    allow_redirects=False,
                )
        except TimeoutError as error:
            message = f"{api.component} did not answer within {limit:g} s"
            raise ApiError(504, "Timeout", message) from error
        except aiohttp.ClientError as error:
            if body.is_too_large:
                raise _too_large(api.max_body) from error
            raise ApiError(
                502, "FunctionUnreachable", f"{api.component} can't be reached"
            ) from error
        return _passed_back(answer, request.method)

    def _headers(
        self, request: Request, body: _Body, user: str, *, keep_credentials: bool
    ) -> list[tuple[str, str]]:
        dropped = _DROPPED | _named_by_connection(request)
        if not keep_credentials:
            dropped |= {"authorization"}
        headers = [
            (name, value)
            for name, value in request.headers.items()
            if name not in dropped and not name.startswith(_OURS)
        ]
        if body.length is not None and body.is_given:
            headers.append(("content-length", str(body.length)))
        proof = identity.issue(self._key, self._namespace, user, time.time())
        return [*headers, ("x-request-id", logs.request_id.get()), (identity.HEADER, proof)]

    @property
    def _session(self) -> aiohttp.ClientSession:
        """Opened by the first request, in the loop that serves it."""
        if self._opened is None:
            self._opened = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=0),
                timeout=aiohttp.ClientTimeout(total=None, sock_connect=10),
                auto_decompress=False,
                skip_auto_headers=("User-Agent", "Accept", "Accept-Encoding", "Content-Type"),
                cookie_jar=aiohttp.DummyCookieJar(),
            )
        return self._opened


class _Body:
    """A request's body on its way through; `is_too_large` once it was."""

    def __init__(self, request: Request, limit: int) -> None:
        declared = request.headers.get("content-length")
        self.length = int(declared) if declared is not None else None
        self.is_given = bool(self.length) or "transfer-encoding" in request.headers
        self.is_too_large = False
        self._request, self._limit = request, limit
        if self.length is not None and self.length > limit:
            raise _too_large(limit)

    async def stream(self) -> AsyncIterator[bytes]:
        size = 0
        async for chunk in self._request.stream():
            size += len(chunk)
            if size > self._limit:
                self.is_too_large = True
                raise aiohttp.ClientPayloadError("too large")
            if chunk:
                yield chunk


async def _start(answer: aiohttp.ClientResponse, limit: int) -> bytes:
    """The whole body; raises OSError for one that is larger than the limit."""
    body = b""
    async for piece in answer.content.iter_chunked(_CHUNK):
        body += piece
        if len(body) > limit:
            raise OSError(f"{answer.url} answers more than {limit} bytes")
    return body


def _too_large(limit: int) -> ApiError:
    return ApiError(413, "BodyTooLarge", f"the body is larger than {limit} bytes")


def _check(target: str) -> None:
    """Raises ApiError (400) for a path that could mean something outside the function."""
    dots = any(unquote(one) in {".", ".."} for one in target.split("/"))
    if dots or not _TARGET.fullmatch(target) or "%2f" in target.lower():
        raise ApiError(400, "RequestError", "the path has dots, an encoded slash or strange signs")


def _named_by_connection(request: Request) -> frozenset[str]:
    values = request.headers.getlist("connection")
    return frozenset(token.strip().lower() for one in values for token in one.split(","))


def _passed_back(answer: aiohttp.ClientResponse, method: str) -> Response:
    async def pieces() -> AsyncIterator[bytes]:
        try:
            async for piece in answer.content.iter_chunked(_CHUNK):
                yield piece
        finally:
            answer.close()

    response = StreamingResponse(pieces(), answer.status)
    own = [
        (name.lower().encode("latin-1"), value.encode("utf-8", "surrogateescape"))
        for name, value in answer.headers.items()
        if name.lower() not in _DROPPED
    ]
    length = answer.headers.get("content-length")
    if length is not None and (method == "HEAD" or "transfer-encoding" not in answer.headers):
        own.append((b"content-length", length.encode()))
    response.raw_headers = own
    return response

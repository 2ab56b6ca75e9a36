"""An `Application` as an ASGI application, for any server or adapter that speaks ASGI 3."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from handlers.fronts.application import Application, Request, Response
from handlers.fronts.faults import Fault

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]


class _GoneError(Exception):
    """The client left before its request was whole."""


class _TooLargeError(Exception):
    """The body is larger than the component allows."""


class AsgiApplication:
    """The ASGI callable; lifespan events are answered and mean nothing."""

    def __init__(self, application: Application) -> None:
        self._application = application
        self._limit = application.component.max_body

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await _lifespan(receive, send)
        elif scope["type"] == "http":
            await self._http(scope, receive, send)

    async def _http(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope["method"], _path(scope), _headers(scope))
        try:
            body = await _body(receive, self._limit, request.headers.get("content-length"))
        except _GoneError:
            return
        except _TooLargeError:
            fault = Fault(413, "BodyTooLarge", f"the body is larger than {self._limit} bytes")
            await _send(send, self._application.refusal(request, fault), head=False)
            return
        request = Request(request.method, request.path, request.headers, body)
        response = await self._application.answer(request)
        await _send(send, response, head=request.method == "HEAD")


def _path(scope: Scope) -> str:
    raw = scope.get("raw_path")
    path: str = raw.decode("latin-1").partition("?")[0] if raw else scope["path"]
    root: str = scope.get("root_path", "")
    return path[len(root) :] if root and path.startswith(root) else path


def _headers(scope: Scope) -> dict[str, str]:
    return {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}


async def _body(receive: Receive, limit: int, declared: str | None) -> bytes:
    if declared and declared.isdecimal() and (len(declared) > 18 or int(declared) > limit):
        raise _TooLargeError
    message = await receive()
    if message["type"] == "http.disconnect":
        raise _GoneError
    if not message.get("more_body"):
        body: bytes = message.get("body", b"")
        if len(body) > limit:
            raise _TooLargeError
        return body
    parts, size = [message.get("body", b"")], len(message.get("body", b""))
    while message.get("more_body"):
        message = await receive()
        if message["type"] == "http.disconnect":
            raise _GoneError
        parts.append(message.get("body", b""))
        size += len(parts[-1])
        if size > limit:
            raise _TooLargeError
    return b"".join(parts)


async def _send(send: Send, response: Response, *, head: bool) -> None:
    headers = [
        (b"content-type", response.content_type.encode()),
        (b"content-length", str(len(response.body)).encode()),
        *((name.encode(), value.encode("latin-1")) for name, value in response.headers),
    ]
    await send({"type": "http.response.start", "status": response.status, "headers": headers})
    await send({"type": "http.response.body", "body": b"" if head else response.body})


async def _lifespan(receive: Receive, send: Send) -> None:
    while True:
        message = await receive()
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return
        await asyncio.sleep(0)

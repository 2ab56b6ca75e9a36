"""What holds for every request of the API, before any route: its path, its id, its log line."""

from __future__ import annotations

import time
import traceback
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from starlette.datastructures import Headers
from starlette.responses import JSONResponse

from handlers.fronts import logs
from handlers.fronts.api.errors import ApiError

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Asgi = Callable[[Scope, Receive, Send], Awaitable[None]]

_READING = frozenset({"GET", "HEAD", "OPTIONS"})
_QUIET = "/v2/health/"

#: For our own answers: they may hold links that are as good as a password for a while.
HEADERS = {
    "cache-control": "no-store",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
}


class Surface:
    """Wraps the application.

    Routes see the path as it was sent, still encoded, so that an encoded slash is none. A gateway
    has cut the namespace off and says so by X-Forwarded-Prefix; otherwise it is cut off here.
    """

    def __init__(self, application: Asgi, namespace: str) -> None:
        self._application = application
        self._prefix = f"/{namespace}"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._application(scope, receive, send)
            return
        headers = Headers(scope=scope)
        identity = logs.identity(headers.get("x-request-id", ""))
        token = logs.request_id.set(identity)
        path = self._path(scope, headers)
        answer = _Answer(send, identity)
        started = time.perf_counter()
        try:
            inner = {**scope, "path": path, "raw_path": path.encode("latin-1"), "root_path": ""}
            await self._answered(inner, headers, receive, answer)
        finally:
            logs.request_id.reset(token)
            if not path.startswith(_QUIET):
                seconds = time.perf_counter() - started
                logs.write_request(identity, scope["method"], path, answer.status, seconds)

    async def _answered(
        self, scope: Scope, headers: Headers, receive: Receive, answer: _Answer
    ) -> None:
        try:
            if scope["method"] not in _READING and _is_foreign(headers):
                message = "pages of other origins may not call this application"
                raise ApiError(403, "ForeignOrigin", message)  # noqa: TRY301
            await self._application(scope, receive, answer)
        except ApiError as error:
            await reply(error)(scope, receive, answer)
        except Exception as error:
            trace = traceback.format_exc()
            logs.write("error", level="error", request_id=logs.request_id.get(), trace=trace)
            if answer.status:
                raise
            failure = ApiError(500, "InternalError", f"a fault of ours: {type(error).__name__}")
            await reply(failure)(scope, receive, answer)

    def _path(self, scope: Scope, headers: Headers) -> str:
        raw = scope.get("raw_path") or scope["path"].encode()
        path: str = raw.decode("latin-1").partition("?")[0]
        if "x-forwarded-prefix" in headers or path == "/v2/health/ready":
            return path
        if path == self._prefix or path.startswith(f"{self._prefix}/"):
            return path[len(self._prefix) :] or "/"
        return path


class _Answer:
    """Sends an answer with its request's id; `status` is 0 until it has begun."""

    def __init__(self, send: Send, identity: str) -> None:
        self._send = send
        self._identity = identity.encode()
        self.status = 0

    async def __call__(self, message: MutableMapping[str, Any]) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            own = [pair for pair in message["headers"] if pair[0].lower() != b"x-request-id"]
            message = {**message, "headers": [*own, (b"x-request-id", self._identity)]}
        await self._send(message)


def _is_foreign(headers: Headers) -> bool:
    """Whether a browser says that a page from elsewhere asks; programs say nothing of the kind."""
    return headers.get("sec-fetch-site", "none") not in {"none", "same-origin"}


def reply(error: ApiError) -> JSONResponse:
    """The answer that an error amounts to."""
    body = error.body(logs.request_id.get())
    return JSONResponse(body, error.status, {**HEADERS, **error.headers})

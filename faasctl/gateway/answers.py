"""The gateway's own answers to a function's callers: errors as JSON, and sleeping metrics."""

from __future__ import annotations

import msgspec
from aiohttp import web

from faasctl.gateway.headers import SERVER
from faasctl.gateway.routing import Unknown


def fault(
    status: int, kind: str, message: str, *, request_id: bytes = b"", retry_after: int = 0
) -> web.Response:
    """An error in the shape that functions use, too."""
    return _fault(status, {"type": kind, "message": message}, request_id, retry_after)


def unknown(place: Unknown, request_id: bytes) -> web.Response:
    """404, with what the caller may have meant."""
    known = ", ".join(place.known) or "nothing is deployed"
    error = {"type": "NotFound", "message": place.what, "hint": f"there is: {known}"}
    return _fault(404, error, request_id, 0)


def redirect(location: str) -> web.Response:
    return web.Response(status=308, headers={"Location": location, "Server": SERVER})


def asleep(namespace: str, component: str) -> web.Response:
    """Metrics of a function without a process: enough to see that it sleeps."""
    text = (
        "# HELP faasctl_replicas Processes that are ready.\n"
        "# TYPE faasctl_replicas gauge\n"
        f'faasctl_replicas{{namespace="{namespace}",component="{component}"}} 0\n'
    )
    headers = {"Content-Type": "text/plain; version=0.0.4; charset=utf-8", "Server": SERVER}
    return web.Response(body=text.encode(), headers=headers)


def _fault(status: int, error: dict[str, str], request_id: bytes, retry_after: int) -> web.Response:
    headers = {"Content-Type": "application/json", "Server": SERVER}
    if request_id:
        headers["X-Request-Id"] = request_id.decode("ascii")
    if retry_after:
        headers["Retry-After"] = str(retry_after)
    return web.Response(status=status, body=msgspec.json.encode({"error": error}), headers=headers)

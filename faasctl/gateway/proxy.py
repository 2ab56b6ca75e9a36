"""From a client's request to a function's answer, or to the gateway's own."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable

from aiohttp import web

from faasctl.gateway import answers, routing
from faasctl.gateway.exchange import Exchange, Outgoing, outgoing
from faasctl.gateway.fleet import Fleet
from faasctl.gateway.headers import request_id
from faasctl.gateway.limits import Limits
from faasctl.gateway.pool import Pool, RefusedError
from faasctl.gateway.replica import Replica
from faasctl.gateway.routing import Forward, Redirect, Unknown
from faasctl.gateway.upstream import BrokenError, NotSentError

Handler = Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]

#: Processes that a request is offered to.
_ATTEMPTS = 4

#: Seconds to find out how a process ended that broke off.
_MOURNING = 1.0

_log = logging.getLogger("faasctl.gateway")


class Proxy:
    """The handlers of the gateway's listeners."""

    def __init__(self, fleet: Fleet, limits: Limits) -> None:
        self._fleet, self._limits = fleet, limits

    async def by_path(self, request: web.BaseRequest) -> web.StreamResponse:
        """Whatever `/<namespace>/<component>/…` means."""
        if (refusal := _refused(request)) is not None:
            return refusal
        match routing.place(request.raw_path, self._fleet.table):
            case Forward() as place:
                return await self._forward(request, place)
            case Redirect(location):
                return answers.redirect(location)
            case Unknown() as place:
                return answers.unknown(place, request_id(request.raw_headers))

    def at_root(self, namespace: str, component: str) -> Handler:
        """A component that has a port of its own."""

        async def handle(request: web.BaseRequest) -> web.StreamResponse:
            if (refusal := _refused(request)) is not None:
                return refusal
            names = self._fleet.table.get(namespace)
            if names is None or component not in names.components:
                return answers.fault(404, "NotFound", f"{component} was deleted")
            target = routing.origin_form(request.raw_path)
            return await self._forward(request, Forward(namespace, component, "", target, ""))

        return handle

    async def _forward(self, request: web.BaseRequest, place: Forward) -> web.StreamResponse:
        pool = self._fleet.target(place.namespace, place.component).pick(place.tag)
        quiet = place.target.partition("?")[0] == "/metrics"
        if quiet and not pool.ready and request.method in {"GET", "HEAD"}:
            return answers.asleep(place.namespace, place.component)
        try:
            sent = await outgoing(request, place.target, place.prefix)
        except (asyncio.IncompleteReadError, web.RequestPayloadError):
            return answers.fault(400, "BadRequest", "the body ended early")
        try:
            return await self._offer(request, pool, sent, quiet=quiet)
        except RefusedError as error:
            message = f"{place.component}: {error}"
            retry = error.retry_after
            return answers.fault(
                503, error.kind, message, request_id=sent.request_id, retry_after=retry
            )

    async def _offer(
        self, request: web.BaseRequest, pool: Pool, sent: Outgoing, *, quiet: bool
    ) -> web.StreamResponse:
        limit = pool.release_.timeout + self._limits.grace
        for attempt in range(_ATTEMPTS):
            replica = await pool.acquire()
            exchange = Exchange(request, sent)
            try:
                async with asyncio.timeout(limit):
                    return await exchange.run(replica)
            except NotSentError:
                replica.refuse()
            except BrokenError as error:
                repeat = error.retry and sent.repeatable and not (attempt or replica.is_doomed)
                if not repeat or exchange.answer is not None:
                    return await _broken(request, exchange, replica, sent, error)
            except TimeoutError:
                message = f"{pool.release_.name} did not answer within {pool.release_.timeout:g} s"
                return _ended(request, exchange, 504, "Timeout", message, sent)
            finally:
                pool.release(replica, quiet=quiet)
        raise RefusedError("NoProcess", "its processes take no connections")


def _refused(request: web.BaseRequest) -> web.Response | None:
    hosts = request.headers.getall("Host", [])
    if len(hosts) != 1 or not routing.is_local(hosts[0]):
        message = (
            "the Host header must name this machine (localhost, *.localhost, 127.0.0.1, [::1])"
        )
        return answers.fault(403, "ForeignHost", message)
    if request.headers.get("Upgrade", "").lower() == "websocket":
        return answers.fault(501, "NotImplemented", "functions speak HTTP, not WebSocket")
    return None


async def _broken(
    request: web.BaseRequest,
    exchange: Exchange,
    replica: Replica,
    sent: Outgoing,
    error: BrokenError,
) -> web.StreamResponse:
    if exchange.bad_body is not None:
        return _ended(request, exchange, 400, "BadRequest", str(exchange.bad_body), sent)
    done, _ = await asyncio.wait({replica.ended}, timeout=_MOURNING)
    if done:
        reason = replica.ended.result().reason
        message = f"the function's process ended in the middle of the call: {reason}"
        return _ended(request, exchange, 502, "ProcessDied", message, sent)
    return _ended(request, exchange, 502, "BadAnswer", f"the function {error}", sent)


def _ended(
    request: web.BaseRequest,
    exchange: Exchange,
    status: int,
    kind: str,
    message: str,
    sent: Outgoing,
) -> web.StreamResponse:
    """An error answer; where the function's own has begun, the connection is cut instead."""
    _log.warning("%s %s: %d %s", request.method, request.raw_path, status, message)
    if exchange.answer is None:
        return answers.fault(status, kind, message, request_id=sent.request_id)
    if request.transport is not None:
        request.transport.abort()
    return exchange.answer

"""The control interface: what the command line asks of the gateway, over a private socket."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace

import msgspec
from aiohttp import web

from faasctl import wire
from faasctl.errors import FaasctlError
from faasctl.gateway import revisions
from faasctl.gateway.deploy import Deploys, Done
from faasctl.gateway.fleet import Fleet
from faasctl.gateway.listeners import OwnPorts
from faasctl.gateway.revisions import Namespace
from faasctl.gateway.status import Status
from faasctl.gateway.store import StoreService
from faasctl.plan import Deployment, Event

_Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass(frozen=True, slots=True)
class Desk:
    """What the control interface works with; `stop` asks the gateway to end."""

    fleet: Fleet
    deploys: Deploys
    status: Status
    ports: OwnPorts
    store: StoreService
    info: wire.GatewayInfo
    stop: Callable[[], None]


def application(desk: Desk) -> web.Application:
    control = _Control(desk)
    space = "/v1/namespaces/{namespace}"
    component = space + "/components/{name}"
    app = web.Application(middlewares=[_faults], client_max_size=64 * 1024 * 1024)
    app.add_routes(
        [
            web.get("/v1/gateway", control.gateway),
            web.get("/v1/namespaces", control.namespaces),
            web.get("/v1/activity", control.activity),
            web.get(space, control.find),
            web.post("/v1/deploy", control.deploy),
            web.post("/v1/stop", control.stop),
            web.post("/v1/store", control.store),
            web.post(space + "/delete", control.delete),
            web.post(component + "/traffic", control.traffic),
            web.post(component + "/rollback", control.rollback),
        ]
    )
    return app


class _Control:
    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def gateway(self, _request: web.Request) -> web.Response:
        return _json(self._desk.info)

    async def namespaces(self, _request: web.Request) -> web.Response:
        return _json(self._desk.fleet.namespaces)

    async def activity(self, request: web.Request) -> web.Response:
        one = request.query.get("namespace")
        return _json(self._desk.status.activity([one] if one else self._desk.fleet.namespaces))

    async def find(self, request: web.Request) -> web.Response:
        return _json(self._desk.status.namespace(request.match_info["namespace"]))

    async def stop(self, _request: web.Request) -> web.Response:
        self._desk.stop()
        return _json({"stopping": True})

    async def store(self, _request: web.Request) -> web.Response:
        return _json({"endpoint": await self._desk.store.ensure()})

    async def delete(self, request: web.Request) -> web.Response:
        """Stop and forget; the answer comes when the processes are gone."""
        namespace = request.match_info["namespace"]
        fleet = self._desk.fleet
        names = msgspec.json.decode(await request.read(), type=list[str])
        before = fleet.state(namespace)
        after, gone = revisions.remove(before, names)
        if gone:
            fleet.commit(namespace, after)
            await self._desk.ports.follow()
            await fleet.finish(namespace, gone)
        return _json(gone)

    async def traffic(self, request: web.Request) -> web.Response:
        shares = wire.decode(await request.read(), wire.Traffic).shares
        return await self._change(request, lambda old, name: revisions.route(old, name, shares))

    async def rollback(self, request: web.Request) -> web.Response:
        to = wire.decode(await request.read(), wire.Rollback).to
        return await self._change(request, lambda old, name: revisions.rollback(old, name, to))

    async def deploy(self, request: web.Request) -> web.StreamResponse:
        """Lines of `wire.Message`: events as they happen, then the outcome."""
        wish = wire.decode_deploy(await request.read())
        answer = web.StreamResponse(headers={"Content-Type": "application/x-ndjson"})
        await answer.prepare(request)
        lines: asyncio.Queue[bytes | None] = asyncio.Queue()

        def report(event: Event) -> None:
            lines.put_nowait(wire.encode_message(event))

        writing = asyncio.create_task(_write(answer, lines))
        try:
            done = await self._desk.deploys.run(wish, report)
            await self._desk.ports.follow()
            deployments = self._deployments(wish.releases[0].namespace, done)
            lines.put_nowait(wire.encode_message(wire.Deployed(deployments)))
        except FaasctlError as error:
            lines.put_nowait(wire.encode_message(wire.fault_of(error)))
        finally:
            lines.put_nowait(None)
        await writing
        return answer

    async def _change(
        self, request: web.Request, change: Callable[[Namespace, str], Namespace]
    ) -> web.Response:
        namespace, name = request.match_info["namespace"], request.match_info["name"]
        before = self._desk.fleet.state(namespace)
        after = change(before, name)
        if after != before:
            self._desk.fleet.commit(namespace, after)
            await self._desk.ports.follow()
        deployment = self._desk.status.component(namespace, name)
        return _json(replace(deployment, changed=after != before))

    def _deployments(self, namespace: str, done: Sequence[Done]) -> tuple[Deployment, ...]:
        return tuple(
            replace(
                self._desk.status.component(namespace, one.component),
                changed=one.changed,
                seconds=round(one.seconds, 3),
            )
            for one in done
        )


async def _write(answer: web.StreamResponse, lines: asyncio.Queue[bytes | None]) -> None:
    with contextlib.suppress(ConnectionError):
        while (line := await lines.get()) is not None:
            await answer.write(line)
        await answer.write_eof()


@web.middleware
async def _faults(request: web.Request, handler: _Handler) -> web.StreamResponse:
    try:
        return await handler(request)
    except FaasctlError as error:
        return _json(wire.fault_of(error), status=422)
    except msgspec.MsgspecError as error:
        return _json(wire.Fault("UsageError", str(error)), status=422)


def _json(value: object, *, status: int = 200) -> web.Response:
    body = wire.encode(value)
    return web.Response(status=status, body=body, headers={"Content-Type": "application/json"})

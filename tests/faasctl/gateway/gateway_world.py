"""A gateway in this process, a home of its own, and releases of the fake function."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
from yarl import URL

from faasctl import wire
from faasctl.backends.local_link import Link, running
from faasctl.gateway.limits import Limits
from faasctl.gateway.service import serve
from faasctl.model import EnvVar, LocalPorts, Scaling
from faasctl.plan import AllTraffic, Deployment, Event, LocalRelease, Rollout

FUNCTION = Path(__file__).with_name("gateway_function.py")

SPACE = "shop"

QUICK = Limits(start=5.0, grace=0.3, drain=5.0, watch=0.1)


def release(
    name: str = "iris",
    version: int = 1,
    *,
    module: str = "shop-module",
    kind: str = "MLComponent",
    scaling: Scaling = Scaling(idle=30.0),  # noqa: B008 - frozen
    timeout: float = 5.0,
    memory: int | None = None,
    environment: tuple[EnvVar, ...] = (),
    ports: LocalPorts = LocalPorts(),  # noqa: B008 - frozen
    namespace: str = SPACE,
    **component: object,
) -> LocalRelease:
    compiled = json.dumps({"version": version, **component})
    return LocalRelease(
        module=module,
        namespace=namespace,
        name=name,
        kind=kind,
        digest=f"{compiled}{scaling}{timeout}{memory}{environment}{ports}",
        artifact=f"artifact-{version}",
        command=(sys.executable, "-I", "-S", str(FUNCTION), "{component}"),
        directory=str(FUNCTION.parent),
        component=compiled,
        environment=environment,
        scaling=scaling,
        timeout=timeout,
        memory=memory,
        ports=ports,
    )


@dataclass(frozen=True, slots=True)
class Reply:
    status: int
    headers: Any
    body: bytes

    @property
    def value(self) -> Any:
        return json.loads(self.body)

    @property
    def error(self) -> Any:
        return self.value["error"]


@dataclass(slots=True)
class World:
    home: Path
    link: Link
    session: aiohttp.ClientSession
    events: list[Event] = field(default_factory=list)

    @property
    def port(self) -> int:
        return self.link.info.port

    async def deploy(
        self,
        *releases: LocalRelease,
        rollout: Rollout = AllTraffic(),  # noqa: B008 - frozen
        start_timeout: float | None = None,
    ) -> Sequence[Deployment]:
        wish = wire.DeployRequest(releases, rollout, start_timeout)
        return await asyncio.to_thread(self.link.deploy, wish, self.events.append)

    async def find(self, name: str = "iris") -> Deployment:
        found = await asyncio.to_thread(self.link.find, SPACE)
        return next(one for one in found if one.name == name)

    async def activity(self) -> wire.Activity:
        return await asyncio.to_thread(self.link.activity)

    async def processes(self, name: str = "iris") -> list[wire.ProcessInfo]:
        return [one for one in (await self.activity()).processes if one.component == name]

    async def call(self, path: str, method: str = "GET", **how: Any) -> Reply:
        """A path below the namespace, byte for byte."""
        url = URL(f"http://127.0.0.1:{self.port}/{SPACE}/{path}", encoded=True)
        async with self.session.request(method, url, allow_redirects=False, **how) as answer:
            return Reply(answer.status, answer.headers, await answer.read())

    async def raw(self, content: bytes) -> bytes:
        """Bytes sent as they are, and all that comes until the other side closes."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        writer.write(content)
        answer = await reader.read()
        writer.close()
        await writer.wait_closed()
        return answer


async def until(holds: Callable[[], Any], patience: float = 10.0) -> Any:
    """What `holds` (or its awaitable) says once it is true."""
    async with asyncio.timeout(patience):
        while True:
            said = holds()
            said = await said if asyncio.iscoroutine(said) else said
            if said:
                return said
            await asyncio.sleep(0.02)


@asynccontextmanager
async def gateway(home: Path, limits: Limits = QUICK) -> AsyncIterator[World]:
    stopping = asyncio.Event()
    serving = asyncio.create_task(serve(home, 0, stopping=stopping, limits=limits))
    try:
        link = await until(lambda: serving.done() or asyncio.to_thread(running, home))
        if serving.done():
            await serving
        connector = aiohttp.TCPConnector(limit=0)
        async with aiohttp.ClientSession(connector=connector, auto_decompress=False) as session:
            yield World(home, link, session)
    finally:
        stopping.set()
        await serving

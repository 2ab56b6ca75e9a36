"""What the gateway costs a request: the same process, through the gateway and at its own port.

    python bench/gateway_overhead.py [--requests N] [--connections 1 8 32] [--json]

The function is `bench/smallest_function.py`, which answers at once, so what is measured is the
gateway alone. Rounds alternate between the two ways; the best of each counts, as everything else
that a machine does only ever adds time.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import statistics
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path

from faasctl import http
from faasctl.backends import local_link
from faasctl.backends.local import Local
from faasctl.plan import AllTraffic, LocalRelease

FUNCTION = Path(__file__).with_name("smallest_function.py")

ROUNDS = 3


@dataclass(frozen=True, slots=True)
class Figure:
    """Requests per second, and times of one request in microseconds."""

    way: str
    request: str
    connections: int
    per_second: float
    median: float
    p99: float


class Client(asyncio.Protocol):
    """Sends one request after the other on one connection."""

    def __init__(self, request: bytes, count: int) -> None:
        self._request, self._left = request, count
        self._got = b""
        self.times: list[float] = []
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._send()

    def _send(self) -> None:
        self._began = time.perf_counter()
        self._transport.write(self._request)

    def data_received(self, data: bytes) -> None:
        self._got += data
        head, found, body = self._got.partition(b"\r\n\r\n")
        if not found or len(body) < _length(head):
            return
        self.times.append(time.perf_counter() - self._began)
        self._got = b""
        self._left -= 1
        if self._left:
            self._send()
        else:
            self._transport.close()
            self.done.set_result(None)

    def connection_lost(self, error: Exception | None) -> None:
        if not self.done.done():
            self.done.set_exception(error or ConnectionError("closed early"))


def _length(head: bytes) -> int:
    if not head.startswith(b"HTTP/1.1 200"):
        raise ConnectionError(head.decode())
    lower = head.lower()
    start = lower.index(b"content-length:") + len(b"content-length:")
    return int(lower[start:].partition(b"\r")[0])


async def load(
    port: int, request: bytes, count: int, connections: int
) -> tuple[float, list[float]]:
    """Seconds for all, and of each."""
    loop = asyncio.get_running_loop()
    began = time.perf_counter()
    clients = [
        (await loop.create_connection(lambda: Client(request, count), "127.0.0.1", port))[1]
        for _ in range(connections)
    ]
    await asyncio.gather(*(one.done for one in clients))
    return time.perf_counter() - began, [seen for one in clients for seen in one.times]


def requests(path: str) -> dict[str, bytes]:
    common = "Host: 127.0.0.1\r\nUser-Agent: bench\r\nAccept: */*\r\n"
    body = json.dumps({"inputs": [list(range(50))] * 6})
    get = f"GET {path}/small HTTP/1.1\r\n{common}\r\n"
    post = (
        f"POST {path}/predict HTTP/1.1\r\n{common}Content-Type: application/json\r\n"
        f"Content-Length: {len(body)}\r\n\r\n{body}"
    )
    return {"GET": get.encode(), f"POST {len(body)} B": post.encode()}


def measure(ways: dict[str, tuple[int, str]], total: int, connections: int) -> list[Figure]:
    """The best round of each way and request."""
    best: dict[tuple[str, str], Figure] = {}
    for _ in range(ROUNDS):
        for way, (port, path) in ways.items():
            for name, request in requests(path).items():
                count = max(1, total // connections)
                seconds, times = asyncio.run(load(port, request, count, connections))
                rank = statistics.quantiles(times, n=100)
                rate = count * connections / seconds
                figure = Figure(way, name, connections, rate, rank[49] * 1e6, rank[98] * 1e6)
                if (way, name) not in best or best[way, name].per_second < rate:
                    best[way, name] = figure
    return list(best.values())


def deployed(home: Path) -> dict[str, tuple[int, str]]:
    """Port and path of both ways to one process."""
    local = Local(home, 0)
    release = LocalRelease(
        module="bench",
        namespace="bench",
        name="smallest",
        kind="MLComponent",
        digest="1",
        artifact="none",
        command=(sys.executable, str(FUNCTION), "{component}"),
        directory=str(FUNCTION.parent),
        component="{}",
    )
    (one,) = local.apply([release], lambda _: None, AllTraffic())
    http.send_to(one.url, http.Request("GET", "/warm"))
    (process,) = local.activity().processes
    gateway = local_link.ensure(home, 0).info.port
    return {"own port": (process.port, ""), "gateway": (gateway, "/bench/smallest")}


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--requests", type=int, default=6000)
    arguments.add_argument("--connections", type=int, nargs="+", default=[1, 8, 32])
    arguments.add_argument("--json", action="store_true")
    chosen = arguments.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        try:
            ways = deployed(home)
            figures = [
                figure
                for connections in chosen.connections
                for figure in measure(ways, chosen.requests, connections)
            ]
        finally:
            local_link.stop(home)
    if chosen.json:
        print(json.dumps([asdict(one) for one in figures], indent=1))
        return
    print(f"{'way':10} {'request':12} {'conns':>5} {'req/s':>8} {'median':>8} {'p99':>8}  µs")
    for one in figures:
        print(
            f"{one.way:10} {one.request:12} {one.connections:5} {one.per_second:8.0f}"
            f" {one.median:8.0f} {one.p99:8.0f}"
        )


if __name__ == "__main__":
    main()

"""The server behind the `fronts.server` seam: uvicorn on uvloop and httptools where they are."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import Iterator
from typing import Any

import uvicorn

#: Longer than any proxy before us keeps an idle connection, so that it is never us who closes
#: one on which a request is already on its way.
KEEP_ALIVE = 120


class _Server(uvicorn.Server):
    """uvicorn without its signal handlers: the front decides when to stop."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def runner() -> asyncio.Runner:
    """Runs coroutines on the fastest event loop at hand."""
    return asyncio.Runner(loop_factory=_loop_factory())


def _loop_factory() -> Any:
    try:
        import uvloop
    except ImportError:
        return None
    return uvloop.new_event_loop


async def serve(
    application: Any, listener: socket.socket, stopped: asyncio.Event, *, grace: float
) -> None:
    """Answer on the listening socket until `stopped`, then finish what is in flight.

    `grace` is in seconds; requests that take longer are cut off.
    """
    config = uvicorn.Config(
        application,
        log_config=None,
        log_level="warning",
        access_log=False,
        lifespan="off",
        ws="none",
        server_header=False,
        proxy_headers=False,
        timeout_keep_alive=KEEP_ALIVE,
        timeout_graceful_shutdown=max(1, round(grace)),
    )
    server = _Server(config)
    serving = asyncio.ensure_future(server.serve(sockets=[listener]))
    stopping = asyncio.ensure_future(stopped.wait())
    await asyncio.wait({serving, stopping}, return_when=asyncio.FIRST_COMPLETED)
    server.should_exit = True
    await serving
    stopping.cancel()

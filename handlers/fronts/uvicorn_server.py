"""The server behind the `fronts.server` seam: uvicorn on uvloop and httptools where they are."""

from __future__ import annotations

import asyncio
import contextlib
import importlib
import importlib.util
import socket
import sys
from collections.abc import Iterable, Iterator
from typing import Any


def _without_command_line() -> None:
    """Let uvicorn's modules be imported without its command line, which costs more than they do.

    `uvicorn/__init__.py` imports click, multiprocessing and file watchers. It runs when
    somebody asks the package for a name.
    """
    spec = importlib.util.find_spec("uvicorn")
    if "uvicorn" in sys.modules or spec is None or spec.loader is None:
        return
    package, loader = importlib.util.module_from_spec(spec), spec.loader

    def complete(name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        vars(package).pop("__getattr__", None)
        loader.exec_module(package)
        return getattr(package, name)

    vars(package)["__getattr__"] = complete
    sys.modules["uvicorn"] = package


_without_command_line()

from uvicorn.config import Config  # noqa: E402
from uvicorn.server import Server  # noqa: E402

vars(sys.modules["uvicorn"]).setdefault("Config", Config)  # its modules import it from here

#: Longer than any proxy before us keeps an idle connection, so that it is never us who closes
#: one on which a request is already on its way.
KEEP_ALIVE = 120


#: Seconds that a connection taken just before the end has for its first request.
FIRST_REQUEST = 1.0


class _Server(Server):
    """uvicorn without its signal handlers: the front decides when to stop.

    uvicorn closes a connection on which nothing has come yet at once, though its client was let in.
    """

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        for server in self.servers:
            server.close()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(FIRST_REQUEST):
                # uvicorn tells nobody when a request comes
                while any(  # noqa: ASYNC110
                    getattr(one, "cycle", None) is None for one in self._connections
                ):
                    await asyncio.sleep(0.01)
        await super().shutdown(sockets)

    @property
    def _connections(self) -> Iterable[object]:
        return self.server_state.connections

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
    config = Config(
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

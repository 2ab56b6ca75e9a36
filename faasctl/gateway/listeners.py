"""Sockets that functions are reached at: the gateway's own, and components' ports."""

from __future__ import annotations

import asyncio
import errno
import socket
from collections.abc import Mapping

from aiohttp import web

from faasctl.gateway.fleet import Fleet
from faasctl.gateway.limits import Limits
from faasctl.gateway.proxy import Handler, Proxy

#: Longest request line, and longest header field.
_LONGEST = 65536

#: Seconds that a client may keep an idle connection.
_KEEP_ALIVE = 75.0

BACKLOG = 4096

_Key = tuple[str, str]


def bind(port: int) -> socket.socket:
    """A socket on loopback; raises OSError when the port is taken."""
    return socket.create_server(("127.0.0.1", port), backlog=BACKLOG)


def is_taken(error: OSError) -> bool:
    return error.errno in {errno.EADDRINUSE, errno.EACCES, errno.EADDRNOTAVAIL}


class Listener:
    """A socket that answers with a handler until it is closed."""

    def __init__(self, server: asyncio.Server, protocol: web.Server) -> None:
        self._server, self._protocol = server, protocol

    @classmethod
    async def open(cls, sock: socket.socket, handler: Handler) -> Listener:
        protocol = web.Server(
            handler,
            access_log=None,
            auto_decompress=False,
            handler_cancellation=True,
            keepalive_timeout=_KEEP_ALIVE,
            max_line_size=_LONGEST,
            max_field_size=_LONGEST,
        )
        loop = asyncio.get_running_loop()
        server = await loop.create_server(protocol, sock=sock, backlog=BACKLOG)
        return cls(server, protocol)

    def stop_accepting(self) -> None:
        """No new connection, and kept ones close after the request that they are at."""
        self._server.close()
        self._protocol.pre_shutdown()

    async def close(self, patience: float) -> None:
        """Let requests end, for so many seconds."""
        self.stop_accepting()
        await self._protocol.shutdown(patience)


class OwnPorts:
    """The ports that live components ask for, opened and closed as deploys come and go."""

    def __init__(self, fleet: Fleet, proxy: Proxy, limits: Limits) -> None:
        self._fleet, self._proxy, self._limits = fleet, proxy, limits
        self._open: dict[_Key, tuple[int, Listener]] = {}
        self._closing: set[asyncio.Task[None]] = set()
        self._notes: dict[_Key, tuple[str, ...]] = {}

    @property
    def notes(self) -> Mapping[_Key, tuple[str, ...]]:
        return self._notes

    async def follow(self) -> None:
        """Open and close what the state asks for; a port that is taken becomes a note."""
        wanted = self._wanted()
        for key, (port, listener) in list(self._open.items()):
            if wanted.get(key) != port:
                del self._open[key]
                self._close(listener)
        self._notes.clear()
        for key, port in wanted.items():
            if key not in self._open:
                await self._try(key, port)

    async def close(self) -> None:
        for _, listener in self._open.values():
            self._close(listener)
        self._open.clear()
        if self._closing:
            await asyncio.wait(self._closing)

    def _close(self, listener: Listener) -> None:
        """The port is free at once; requests that came by it end in their own time."""
        listener.stop_accepting()
        task = asyncio.get_running_loop().create_task(listener.close(self._limits.drain))
        self._closing.add(task)
        task.add_done_callback(self._closing.discard)

    async def _try(self, key: _Key, port: int) -> None:
        try:
            sock = bind(port)
        except OSError as error:
            reason = "is taken" if is_taken(error) else f"cannot be had: {error.strerror}"
            self._notes[key] = (f"local.port: {port} {reason}; the URL works without it",)
            return
        self._open[key] = (port, await Listener.open(sock, self._proxy.at_root(*key)))

    def _wanted(self) -> Mapping[_Key, int]:
        found: dict[_Key, int] = {}
        for namespace in self._fleet.namespaces:
            for name, one in self._fleet.state(namespace).components.items():
                pool = self._fleet.pool(namespace, one.main)
                if pool is not None and pool.release_.ports.port is not None:
                    found[namespace, name] = pool.release_.ports.port
        return found

"""The gateway as a whole: one per home, from taking the lock to the last process's end."""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import logging
import os
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from aiohttp import web

from faasctl import __version__, disk, wire
from faasctl.errors import FaasctlError
from faasctl.gateway import leftovers, listeners
from faasctl.gateway.control import Desk, application
from faasctl.gateway.deploy import Deploys
from faasctl.gateway.fleet import Fleet
from faasctl.gateway.limits import Limits
from faasctl.gateway.listeners import Listener, OwnPorts
from faasctl.gateway.proxy import Proxy
from faasctl.gateway.records import Port, Records
from faasctl.gateway.scratch import scratch
from faasctl.gateway.site import Site
from faasctl.gateway.status import Status
from faasctl.gateway.store import StoreService
from faasctl.gateway.watch import Watch

#: Longest path of a Unix socket that every platform takes.
_SOCKET_PATH = 100

#: Seconds that a new gateway waits for one that is about to be gone.
_LOCK_WAIT = 2.0

_log = logging.getLogger("faasctl.gateway")


async def serve(
    home: Path, preferred: int, *, stopping: asyncio.Event, limits: Limits | None = None
) -> None:
    """Run until `stopping`; raises FaasctlError where another gateway has the home."""
    limits = limits or Limits()
    records = Records(home)
    with _locked(records.root / "lock"), _lifeline() as lifeline:
        leftovers.clear(records)
        with scratch(records.root) as folder:
            gateway = _Gateway(Site(records, folder, lifeline, limits), stopping.set)
            try:
                await gateway.open(preferred)
                await stopping.wait()
            finally:
                await gateway.close()


class _Gateway:
    def __init__(self, site: Site, stop: Callable[[], None]) -> None:
        records, limits = site.records, site.limits
        self._records, self._limits, self._stop = records, limits, stop
        self._scratch = site.scratch
        log = records.root / "gateway.log"
        self._watch = Watch(limits, lambda: self._fleet.pools, log)
        self._fleet = Fleet(replace(site, started=self._watch.wake))
        self._proxy = Proxy(self._fleet, limits)
        self._ports = OwnPorts(self._fleet, self._proxy, limits)
        self._store = StoreService(records)
        self._listener: Listener | None = None
        self._control: web.AppRunner | None = None
        self._socket: Path | None = None

    async def open(self, preferred: int) -> None:
        sock, notes = _bound(self._records, preferred)
        port = sock.getsockname()[1]
        self._fleet.load()
        self._listener = await Listener.open(sock, self._proxy.by_path)
        await self._ports.follow()
        control = self._socket = _control_path(self._records.root, self._scratch)
        url = f"http://127.0.0.1:{port}"
        info = wire.GatewayInfo(
            os.getpid(), port, url, str(control), time.time(), __version__, notes
        )
        await self._open_control(info, control)
        self._records.write_info(info)
        _log.info("faasctl %s at %s, process %d", __version__, url, os.getpid())
        if self._store.is_wanted:
            self._starting = asyncio.create_task(self._start_store())
        for note in notes:
            _log.warning("%s", note)

    async def _start_store(self) -> None:
        try:
            await self._store.ensure()
        except FaasctlError as error:
            _log.warning("%s", error.message)

    async def close(self) -> None:
        """Finish what is in flight, for so long; then end the processes."""
        if self._listener is not None:
            self._listener.stop_accepting()
        await self._ports.close()
        if self._control is not None:
            await self._control.shutdown()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self._limits.drain):
                await self._drained()
        await self._fleet.close(self._limits.grace)
        await self._store.close()
        self._watch.close()
        if self._listener is not None:
            await self._listener.close(1.0)
        if self._control is not None:
            await self._control.cleanup()
        self._forget_socket()
        _log.info("stopped")

    def _forget_socket(self) -> None:
        (self._records.root / wire.INFO_FILE).unlink(missing_ok=True)
        if self._socket is not None:
            self._socket.unlink(missing_ok=True)

    async def _open_control(self, info: wire.GatewayInfo, path: Path) -> None:
        status = Status(self._fleet, info.url, self._ports.notes)
        deploys = Deploys(self._fleet, self._records)
        desk = Desk(self._fleet, deploys, status, self._ports, self._store, info, self._stop)
        self._control = web.AppRunner(
            application(desk), access_log=None, handler_cancellation=True, shutdown_timeout=1.0
        )
        await self._control.setup()
        await web.SockSite(self._control, _private_socket(path)).start()

    async def _drained(self) -> None:
        # Polled, as only a gateway that stops wants to know.
        while any(pool.in_flight or pool.waiting for pool in self._fleet.pools):  # noqa: ASYNC110
            await asyncio.sleep(0.05)


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    """Hold the home; what another process still holds is waited for."""
    deadline = time.monotonic() + _LOCK_WAIT
    with path.open("a") as file:
        while True:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except OSError as error:
                if time.monotonic() > deadline:
                    raise FaasctlError(f"{path}: another gateway has this home") from error
                time.sleep(0.05)
        yield


@contextmanager
def _lifeline() -> Iterator[int]:
    """The reading end of a pipe whose other end nobody but this process has."""
    reading, writing = os.pipe()
    try:
        yield reading
    finally:
        os.close(writing)
        os.close(reading)


def _bound(records: Records, preferred: int) -> tuple[socket.socket, tuple[str, ...]]:
    """The port of last time, else the preferred one, else any; with a note on what was taken."""
    last = records.port()
    wished = last.port if last is not None and last.preferred == preferred else preferred
    notes: tuple[str, ...] = ()
    try:
        sock = listeners.bind(wished)
    except OSError as error:
        if not listeners.is_taken(error):
            raise FaasctlError(f"port {wished}: {error.strerror}") from error
        sock = listeners.bind(0)
        port = sock.getsockname()[1]
        notes = (f"port {wished} is taken by another program; this gateway is at {port}",)
    records.write_port(Port(sock.getsockname()[1], preferred))
    return sock, notes


def _private_socket(path: Path) -> socket.socket:
    path.unlink(missing_ok=True)
    sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    sock.bind(str(path))
    path.chmod(0o600)
    return sock


def _control_path(root: Path, scratch: Path) -> Path:
    path = disk.make_private(root / "control") / "socket"
    if len(os.fsencode(path)) <= _SOCKET_PATH:
        return path
    return scratch / "socket"

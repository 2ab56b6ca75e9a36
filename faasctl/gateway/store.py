"""The embedded S3 store as a service of the gateway: one process, started again when it dies.

`FAASCTL_HOME/store/` holds `address.json` (its endpoint, the same after a restart),
`credentials.json` (0600) and `data/`. It runs once something asked for it, and from then on with
every gateway of this home.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import os
import signal
import socket
import sys
from urllib.parse import urlsplit

import psutil

from faasctl import disk, process
from faasctl.errors import FaasctlError, UnreachableError
from faasctl.gateway import scale
from faasctl.gateway.records import ProcessRecord, Records

#: Seconds for a new store to listen, and for one that stops to finish what it has begun.
_START, _STOP = 30.0, 10.0

#: Starts in a row that may fail before nobody tries any more.
_TRIES = 5

_log = logging.getLogger("faasctl.gateway")


class StoreService:
    """Started by `ensure`; `close` ends it."""

    def __init__(self, records: Records) -> None:
        self._records = records
        self._folder = records.home / "store"
        self._task: asyncio.Task[None] | None = None
        self._child: process.Child | None = None
        self._closing = False

    @property
    def is_wanted(self) -> bool:
        """Whether this home has ever needed a store."""
        return (self._folder / "address.json").is_file()

    async def ensure(self) -> str:
        """The endpoint of a store that listens; raises UnreachableError when it does not start."""
        endpoint = self._address()
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._run(endpoint))
        port = urlsplit(endpoint).port or 0
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_START):
                while not await _listens(port):
                    if self._task.done():
                        break
                    await asyncio.sleep(0.02)
                else:
                    return endpoint
        raise UnreachableError(
            "the embedded store does not start", hint=f"see {self._folder / 'store.log'}"
        )

    async def close(self) -> None:
        """Let it finish what it has begun, then end it."""
        self._closing = True
        if self._child is not None:
            self._child.signal(signal.SIGTERM)
        if self._task is None:
            return
        done, _ = await asyncio.wait({self._task}, timeout=_STOP)
        if not done:
            if self._child is not None:
                self._child.kill()
            await asyncio.wait({self._task})

    def _address(self) -> str:
        """The endpoint of this home; a port is chosen once and kept while nobody else takes it."""
        file = self._folder / "address.json"
        running = self._task is not None and not self._task.done()
        if file.is_file():
            endpoint: str = json.loads(file.read_text("utf-8"))["endpoint"]
            if running or _is_free(urlsplit(endpoint).port or 0):
                return endpoint
            _log.warning("%s is taken by another program; the store moves", endpoint)
        disk.make_private(self._folder)
        with socket.create_server(("127.0.0.1", 0)) as probe:
            endpoint = f"http://127.0.0.1:{probe.getsockname()[1]}"
        disk.replace(file, json.dumps({"endpoint": endpoint}).encode())
        return endpoint

    async def _run(self, endpoint: str) -> None:
        failures = 0
        while failures < _TRIES:
            started = asyncio.get_running_loop().time()
            code = await self._once(urlsplit(endpoint).port or 0)
            if self._is_closing():
                return
            lived = asyncio.get_running_loop().time() - started
            failures = 1 if lived > scale.HEALTHY else failures + 1
            _log.warning("the store ended with exit code %d", code)
            await asyncio.sleep(scale.backoff(failures))

    def _is_closing(self) -> bool:
        return self._closing

    async def _once(self, port: int) -> int:
        words = [sys.executable, "-P", "-m", "faasctl.store.embedded", "--port", str(port)]
        words += ["--root", str(self._folder / "data")]
        words += ["--credentials", str(self._folder / "credentials.json")]
        with (self._folder / "store.log").open("ab") as log:
            try:
                child = await process.supervise(
                    words,
                    directory=str(self._folder),
                    environment=dict(os.environ),
                    output=log.fileno(),
                    inherit=(),
                )
            except FaasctlError as error:
                _log.warning("the store: %s", error.message)
                return 1
        self._child = child
        with contextlib.suppress(psutil.Error):
            created = psutil.Process(child.pid).create_time()
            self._records.add_process(ProcessRecord(child.pid, created))
        try:
            return await child.wait()
        finally:
            self._child = None
            self._records.drop_process(child.pid)


async def _listens(port: int) -> bool:
    try:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
    except OSError:
        return False
    writer.close()
    return True


def _is_free(port: int) -> bool:
    try:
        socket.create_server(("127.0.0.1", port)).close()
    except OSError:
        return False
    return True

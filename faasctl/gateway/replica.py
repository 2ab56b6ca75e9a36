"""One function process: started, asked whether it is ready, told to leave, mourned."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import socket
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import psutil

from faasctl import process
from faasctl.errors import FaasctlError
from faasctl.gateway import logs, scale
from faasctl.gateway.environment import process_environment
from faasctl.gateway.records import ProcessRecord
from faasctl.gateway.scale import Phase
from faasctl.gateway.site import Site
from faasctl.gateway.upstream import BrokenError, NotSentError, Upstream
from faasctl.plan import LocalRelease

BACKLOG = 4096

#: A process that got stuck drains and ends itself with this code.
_STUCK = 75

#: Seconds that a hanging process has to write down where it hangs.
_DUMP = 0.5

_READY = b"GET /v2/health/ready HTTP/1.1\r\nHost: localhost\r\n\r\n"


@dataclass(frozen=True, slots=True)
class Ending:
    """How a process ended: `wanted` when it was told to leave, `ready` when it ever was."""

    reason: str
    wanted: bool
    ready: bool


class Replica:
    """`in_flight`, `served` and `idle_since` are the pool's to count."""

    def __init__(self, site: Site, release: LocalRelease, revision: str, now: float) -> None:
        folder = site.records.logs(release.namespace, release.name) / revision
        self.number, self.log = logs.new_file(folder, site.limits.log_files)
        self.log.touch()
        self.phase = Phase.STARTING
        self.in_flight = 0
        self.served = 0
        self.idle_since = now
        self.started_at = time.time()
        self.ready_at = 0.0
        self.pid = 0
        self.port = 0
        self.upstream = Upstream(0)
        self.ready: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.ended: asyncio.Future[Ending] = asyncio.get_running_loop().create_future()
        self._site, self._release, self._revision = site, release, revision
        self._child: process.Child | None = None
        self._doom = ""
        self._told = False
        self._killer: asyncio.TimerHandle | None = None

    @property
    def is_doomed(self) -> bool:
        """Whether it is killed for what its requests did."""
        return bool(self._doom)

    def view(self) -> scale.Replica:
        return scale.Replica(self.number, self.phase, self.in_flight, self.idle_since)

    async def live(self, limit: float, became_ready: Callable[[], None]) -> Ending:
        """From start to end; `limit` is the time to become ready. Never raises for the process."""
        try:
            with tempfile.TemporaryDirectory(
                dir=self._site.scratch, ignore_cleanup_errors=True
            ) as place:
                child = self._child = await self._spawn(Path(place))
                ending = await self._watch(child, limit, became_ready)
        except FaasctlError as error:
            hint = f" ({error.hint})" if error.hint else ""
            ending = Ending(f"{error.message}{hint}", wanted=self._told, ready=False)
        except OSError as error:
            ending = Ending(f"cannot start: {error}", wanted=self._told, ready=False)
        finally:
            self._clear()
        logs.note(self.log, "process_ended", reason=ending.reason, wanted=ending.wanted)
        self.ended.set_result(ending)
        return ending

    async def outcome(self) -> Ending | None:
        """None once it is ready; how it ended where it never was."""
        waits: set[asyncio.Future[None] | asyncio.Future[Ending]] = {self.ready, self.ended}
        await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        if self.ready.done() and not self.ready.cancelled():
            return None
        return await self.ended

    def leave(self) -> None:
        """Take no more requests, finish those in flight, end; by force when that takes too long."""
        if self._told:
            return
        self._told = True
        self.phase = Phase.LEAVING
        if self._child is not None and self.ready_at:
            self._child.signal(signal.SIGTERM)
            self._kill_later()
        elif self._child is not None:
            self._child.kill()

    def refuse(self) -> None:
        """It takes no connections: it is on its way out by itself."""
        if self.phase is Phase.READY:
            self.phase = Phase.LEAVING
            self._kill_later()

    def doom(self, reason: str) -> None:
        """Kill it for a reason that its requests shall hear."""
        self._doom = reason
        self.phase = Phase.LEAVING
        if self._child is not None:
            self._child.kill()

    def _kill_later(self) -> None:
        if self._killer is None and self._child is not None:
            patience = self._release.timeout + 2 * self._site.limits.grace
            self._killer = asyncio.get_running_loop().call_later(patience, self._child.kill)

    async def _spawn(self, scratch: Path) -> process.Child:
        release, records = self._release, self._site.records
        environment = process_environment(
            release, self._revision, home=records.home, scratch=scratch
        )
        file = str(records.component_file(release.namespace, self._revision))
        command = [file if part == "{component}" else part for part in release.command]
        with socket.create_server(("127.0.0.1", 0), backlog=BACKLOG) as listener:
            self.port = listener.getsockname()[1]
            self.upstream = Upstream(self.port)
            logs.note(self.log, "process_starting", revision=self._revision, port=self.port)
            lifeline, fd = self._site.lifeline, listener.fileno()
            with self.log.open("ab") as output:
                child = await process.supervise(
                    [*command, "--fd", str(fd), "--lifeline", str(lifeline)],
                    directory=release.directory,
                    environment=environment,
                    output=output.fileno(),
                    inherit=(fd, lifeline),
                )
        self.pid = child.pid
        with contextlib.suppress(psutil.Error):
            created = psutil.Process(child.pid).create_time()
            records.add_process(ProcessRecord(child.pid, created))
        self._site.started()
        return child

    async def _watch(
        self, child: process.Child, limit: float, became_ready: Callable[[], None]
    ) -> Ending:
        ended = asyncio.ensure_future(child.wait())
        answers = asyncio.ensure_future(self._until_ready())
        try:
            if self._told:
                child.kill()
            await asyncio.wait({ended, answers}, timeout=limit, return_when=asyncio.FIRST_COMPLETED)
            if not ended.done() and not answers.done():
                where = await self._dump(child)
                child.kill()
                await ended
                return Ending(
                    f"did not become ready within {limit:g} s{where}", wanted=False, ready=False
                )
            if answers.done() and not self._told:
                self.phase = Phase.READY
                self.ready_at = self.idle_since = asyncio.get_running_loop().time()
                self.ready.set_result(None)
                became_ready()
            code = await asyncio.shield(ended)
        except asyncio.CancelledError:
            child.kill()
            await ended
            raise
        finally:
            answers.cancel()
        return Ending(self._reason(code), self._told and not self._doom, self.ready_at > 0)

    async def _until_ready(self) -> None:
        pause = 0.02
        while True:
            try:
                if await self._is_ready():
                    return
            except (BrokenError, NotSentError):
                pass
            await asyncio.sleep(pause)
            pause = min(pause * 2, 0.5)

    async def _is_ready(self) -> bool:
        loop = asyncio.get_running_loop()
        connection = await self.upstream.connect(loop.time())
        try:
            connection.write(_READY)
            head = await connection.head("GET")
            async for _ in connection.body(head):
                pass
        except BaseException:
            connection.close()
            raise
        if connection.is_reusable(head):
            self.upstream.put_back(connection, loop.time())
        else:
            connection.close()
        return head.status == 200

    async def _dump(self, child: process.Child) -> str:
        child.signal(signal.SIGUSR1)
        await asyncio.sleep(_DUMP)
        where = logs.standing_at(logs.last_lines(self.log, 100), self._release.directory)
        return f"; it stood at {where}" if where else ""

    def _reason(self, code: int) -> str:
        if self._doom:
            return self._doom
        if self.ready_at == 0 and (said := logs.failure(self.log)):
            return said
        when = "" if self.ready_at else " before it was ready"
        if code == _STUCK:
            return "ended itself because a call got stuck"
        if code > 128:
            return f"was killed by signal {signal.Signals(code - 128).name}{when}"
        return f"ended with exit code {code}{when}"

    def _clear(self) -> None:
        if self._killer is not None:
            self._killer.cancel()
        self.phase = Phase.LEAVING
        self.upstream.close()
        if self.pid:
            self._site.records.drop_process(self.pid)

"""Looks after running processes twice a second: memory limits, log sizes. Sleeps when none runs."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Iterable
from pathlib import Path

import psutil

from faasctl.gateway import logs
from faasctl.gateway.limits import Limits
from faasctl.gateway.pool import Pool

#: Rounds between two looks at the sizes of log files.
_ROTATE_EVERY = 10

_UNITS = ((1 << 30, "Gi"), (1 << 20, "Mi"), (1 << 10, "Ki"))


class Watch:
    """`pools` gives what there is to look after at that moment."""

    def __init__(self, limits: Limits, pools: Callable[[], Iterable[Pool]], own_log: Path) -> None:
        self._limits, self._pools, self._own_log = limits, pools, own_log
        self._task: asyncio.Task[None] | None = None

    def wake(self) -> None:
        """A process was started."""
        if self._task is None or self._task.done():
            self._task = asyncio.get_running_loop().create_task(self._rounds())

    def close(self) -> None:
        if self._task is not None:
            self._task.cancel()

    async def _rounds(self) -> None:
        turn = 0
        while any(pool.replicas for pool in self._pools()):
            await asyncio.sleep(self._limits.watch)
            turn += 1
            for pool in self._pools():
                self._check_memory(pool)
            if turn % _ROTATE_EVERY == 0:
                self._rotate()

    def _check_memory(self, pool: Pool) -> None:
        limit = pool.release_.memory
        if limit is None:
            return
        for replica in list(pool.replicas.values()):
            used = tree_memory(replica.pid) if replica.pid else 0
            if used > limit:
                reason = (
                    f"resourceLimits.memory {quantity(limit)} exceeded: {quantity(used)} resident"
                )
                logs.note(replica.log, "memory_limit", message=reason)
                replica.doom(reason)

    def _rotate(self) -> None:
        for pool in self._pools():
            for replica in pool.replicas.values():
                logs.rotate(replica.log, self._limits.log_size)
        logs.rotate(self._own_log, self._limits.log_size)


def tree_memory(pid: int) -> int:
    """Resident bytes of a process and everything below it; 0 when it is gone."""
    total, todo = 0, [pid]
    while todo:
        one = todo.pop()
        with contextlib.suppress(psutil.Error):
            total += psutil.Process(one).memory_info().rss
            todo += _children(one)
    return total


def quantity(size: int) -> str:
    """Bytes as manifests write them, rounded up."""
    for unit, suffix in _UNITS:
        if size >= unit:
            return f"{-(-size // unit)}{suffix}"
    return str(size)


def _children(pid: int) -> list[int]:
    # Linux lists a process's children; elsewhere all processes have to be looked through.
    threads = Path(f"/proc/{pid}/task")
    if not (threads / str(pid) / "children").exists():
        return [one.pid for one in psutil.Process(pid).children()]
    found: list[int] = []
    for thread in threads.iterdir():
        with contextlib.suppress(OSError):
            found += [int(one) for one in (thread / "children").read_text().split()]
    return found

"""How transfers are carried out: in parallel, patiently, and so that they can be broken off."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_EXCEPTION, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from faasctl.errors import FaasctlError
from faasctl.store.links import Wires
from faasctl.store.refusals import is_passing

T = TypeVar("T")
R = TypeVar("R")

#: Seconds before each further try of a request.
DELAYS = (0.1, 0.5, 2.0, 5.0)


@dataclass(frozen=True, slots=True)
class Moved:
    """`count` more bytes of a file went over the wire, or need not: negative for a new try."""

    file: str
    count: int


@dataclass(frozen=True, slots=True)
class Expected:
    """A file of `size` bytes is to be moved; said again, it is the same file."""

    file: str
    size: int


Tell = Callable[[Moved | Expected], None]


class StoppedError(FaasctlError):
    """Broken off because another part of the same work failed."""


@dataclass(frozen=True, slots=True)
class Work:
    """What every transfer needs: `marks` is the folder that remembers unfinished ones."""

    wires: Wires
    marks: Path
    tell: Tell = lambda _: None
    parallel: int = 4
    delays: Sequence[float] = DELAYS
    stopped: threading.Event = field(default_factory=threading.Event)

    def check(self) -> None:
        """Raises StoppedError once the work is broken off."""
        if self.stopped.is_set():
            raise StoppedError("broken off")

    def persist(self, act: Callable[[], R]) -> R:
        """What `act` returns; it is tried again, ever later, where its failure may pass."""
        for delay in self.delays:
            self.check()
            try:
                return act()
            except FaasctlError as error:
                if self.stopped.is_set() or not is_passing(error):
                    raise
            # Clients that fail together should not come back together.
            self.stopped.wait(delay * random.uniform(0.75, 1.25))  # noqa: S311
        self.check()
        return act()

    def each(self, things: Sequence[T], act: Callable[[T], R]) -> list[R]:
        """`act` on all, several at once, results in order; one failure breaks off the rest."""
        if not things:
            return []
        pool = ThreadPoolExecutor(min(self.parallel, len(things)), "transfer")
        try:
            futures = [pool.submit(act, thing) for thing in things]
            wait(futures, return_when=FIRST_EXCEPTION)
            _raise_first(futures)
            return [future.result() for future in futures]
        except BaseException:
            self.break_off()
            raise
        finally:
            pool.shutdown(wait=True, cancel_futures=True)

    def break_off(self) -> None:
        """End everything under way soon."""
        self.stopped.set()
        self.wires.abort()


def _raise_first(futures: Sequence[Future[R]]) -> None:
    """The error of those that are done, if there is one."""
    for future in futures:
        if future.done() and (error := future.exception()) is not None:
            raise error

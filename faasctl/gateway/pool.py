"""One revision's processes, and the requests that wait for them."""

from __future__ import annotations

import asyncio
import math
from collections import deque
from collections.abc import Callable

from faasctl.gateway import scale
from faasctl.gateway.replica import Ending, Replica
from faasctl.gateway.scale import Phase, Rule, State
from faasctl.gateway.site import Site
from faasctl.plan import LocalRelease

#: Failed starts in a row after which waiting requests are told, not kept.
FAILED_STARTS = 3


class RefusedError(Exception):
    """A request that no process will get; `retry_after` in seconds."""

    def __init__(self, kind: str, message: str, *, retry_after: int = 1) -> None:
        super().__init__(message)
        self.kind = kind
        self.retry_after = retry_after


class Pool:
    """Every change ends in `review`, which does what `scale.decide` says.

    A held pool starts and stops nothing by itself: it belongs to a deploy that is not through.
    """

    def __init__(
        self, site: Site, release: LocalRelease, revision: str, emptied: Callable[[], None]
    ) -> None:
        self.release_ = release
        self.revision = revision
        self.rule = Rule(release.scaling, site.starts_at_once)
        self.replicas: dict[int, Replica] = {}
        self.in_flight = 0
        self.starts = 0
        self.last_error = ""
        self.retired = False
        self.held = False
        self._site = site
        self._emptied = emptied
        self._waiting: deque[asyncio.Future[Replica]] = deque()
        self._deaths = 0
        self._failed_starts = 0
        self._not_before = 0.0
        self._closed: RefusedError | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._loop = asyncio.get_running_loop()
        self._most = release.scaling.concurrency or math.inf

    @property
    def ready(self) -> int:
        return sum(one.phase is Phase.READY for one in self.replicas.values())

    @property
    def waiting(self) -> int:
        return len(self._waiting)

    @property
    def is_failing(self) -> bool:
        """Whether its last starts failed and none has worked since."""
        return self._failed_starts > 0 and not self.ready

    @property
    def patience(self) -> float:
        """Seconds for a process to become ready, and for a request to wait for one."""
        return max(self._site.limits.start, self.release_.timeout)

    async def acquire(self) -> Replica:
        """A slot in a ready process, in order of arrival; raises RefusedError."""
        if not self._waiting and (free := self._free()) is not None:
            return self._taken(free)
        self._check_admitted()
        place: asyncio.Future[Replica] = self._loop.create_future()
        self._waiting.append(place)
        self.review()
        try:
            async with asyncio.timeout(self.patience):
                return await place
        except TimeoutError as error:
            self._forget(place)
            reason = self.last_error or "all its processes are busy"
            raise RefusedError("NoProcess", f"waited {self.patience:g} s: {reason}") from error
        except asyncio.CancelledError:
            self._forget(place)
            raise

    def release(self, replica: Replica, *, quiet: bool = False) -> None:
        """Give a slot back; a quiet request does not keep the process from becoming idle."""
        replica.in_flight -= 1
        self.in_flight -= 1
        if not quiet:
            replica.served += 1
            replica.idle_since = self._loop.time()
        if self._waiting:
            self._dispatch()
        if not replica.in_flight and (self._timer is None or self.retired):
            self.review()

    def review(self) -> None:
        """Do what the counts and the time ask for."""
        if self.held:
            return
        now = self._loop.time()
        decision = scale.decide(self.rule, self._state(), now)
        for number in decision.stop:
            self.replicas[number].leave()
        for _ in range(decision.start):
            self.start(self.patience)
        self._set_timer(decision.again)

    def start(self, limit: float) -> Replica:
        """One more process; `limit` is the time that it has to become ready."""
        replica = Replica(self._site, self.release_, self.revision, self._loop.time())
        self.replicas[replica.number] = replica
        self.starts += 1
        task = self._loop.create_task(self._follow(replica, limit))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return replica

    def retire(self) -> None:
        """No request comes any more: finish what there is, then stop."""
        self.held = False
        self.retired = True
        self.review()
        if not self.replicas and not self._waiting:
            self._emptied()

    def adopt(self) -> None:
        """Requests come from now on."""
        self.held = self.retired = False
        self.review()

    async def close(self, kind: str, message: str) -> None:
        """Refuse what waits, let processes finish what is in flight, and wait for their end."""
        self.held = self.retired = True
        self._closed = RefusedError(kind, message)
        self._refuse_all(self._closed)
        self._set_timer(None)
        for replica in self.replicas.values():
            replica.leave()
        if self._tasks:
            await asyncio.wait(self._tasks)
        self._emptied()

    def kill(self, reason: str) -> None:
        for replica in self.replicas.values():
            replica.doom(reason)

    async def _follow(self, replica: Replica, limit: float) -> None:
        ending = await replica.live(limit, self._on_ready)
        del self.replicas[replica.number]
        self._count(replica, ending)
        if not replica.ready.done():
            replica.ready.cancel()
        if self._failed_starts >= FAILED_STARTS and not self.ready:
            self._refuse_all(self._failing())
        self._dispatch()
        self.review()
        if self.retired and not self.replicas and not self._waiting:
            self._emptied()

    def _on_ready(self) -> None:
        self._failed_starts = 0
        self._dispatch()
        self.review()

    def _count(self, replica: Replica, ending: Ending) -> None:
        if ending.wanted:
            # It rested until nobody needed it: whatever died before it, this one was healthy.
            self._deaths = 0 if ending.ready else self._deaths
            return
        self.last_error = ending.reason
        now = self._loop.time()
        if ending.ready and now - replica.ready_at >= scale.HEALTHY:
            self._deaths = 0
        self._deaths += 1
        self._failed_starts = 0 if ending.ready else self._failed_starts + 1
        self._not_before = now + scale.backoff(self._deaths)

    def _dispatch(self) -> None:
        while self._waiting and (free := self._free()) is not None:
            place = self._waiting.popleft()
            if not place.done():
                place.set_result(self._taken(free))

    def _free(self) -> Replica | None:
        best = None
        for one in self.replicas.values():
            if one.phase is Phase.READY and one.in_flight < self._most:
                if not one.in_flight:
                    return one
                if best is None or one.in_flight < best.in_flight:
                    best = one
        return best

    def _taken(self, replica: Replica) -> Replica:
        replica.in_flight += 1
        self.in_flight += 1
        return replica

    def _forget(self, place: asyncio.Future[Replica]) -> None:
        """A request gave up waiting, perhaps just as it was given a slot."""
        if place.done() and not place.cancelled() and place.exception() is None:
            self.release(place.result(), quiet=True)
            return
        place.cancel()
        if place in self._waiting:
            self._waiting.remove(place)

    def _check_admitted(self) -> None:
        if self._closed is not None:
            raise self._closed
        if self.in_flight + len(self._waiting) >= self.rule.admitted:
            queue = self.release_.scaling.queue
            raise RefusedError("QueueFull", f"all processes are busy and {queue} requests wait")
        asleep = not self.replicas and self._failed_starts >= FAILED_STARTS
        if asleep and self._loop.time() < self._not_before:
            raise self._failing()

    def _failing(self) -> RefusedError:
        wait = math.ceil(max(1.0, self._not_before - self._loop.time()))
        return RefusedError("StartFailed", f"does not start: {self.last_error}", retry_after=wait)

    def _refuse_all(self, error: RefusedError) -> None:
        while self._waiting:
            place = self._waiting.popleft()
            if not place.done():
                place.set_exception(error)

    def _state(self) -> State:
        views = tuple(one.view() for one in self.replicas.values())
        return State(views, len(self._waiting), self._not_before, self.retired)

    def _set_timer(self, when: float | None) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = None if when is None else self._loop.call_at(when, self._on_time)

    def _on_time(self) -> None:
        self._timer = None
        self.review()

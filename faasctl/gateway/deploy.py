"""A deploy: every release ready in a held pool first, then all of them in place at once.

Whatever stops a deploy before its one commit (a failing start, a client that went away, the
gateway's end) leaves the state as it was; what had been prepared is discarded.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Literal, NoReturn

from faasctl.errors import DeployError, FaasctlError, UsageError
from faasctl.gateway import logs, revisions
from faasctl.gateway.environment import check_secrets
from faasctl.gateway.fleet import Fleet
from faasctl.gateway.pool import Pool
from faasctl.gateway.records import Records
from faasctl.gateway.revisions import Candidate, Revision
from faasctl.plan import Event, LocalRelease, Rollout, TagOnly
from faasctl.wire import DeployRequest

Report = Callable[[Event], None]

#: Processes of one deploy that start at the same time.
_AT_ONCE = 2

#: Seconds between two looks at what a starting process has printed.
_LISTEN = 0.1

#: The function's own last lines that a refused deploy shows.
_LAST_LINES = 20


@dataclass(frozen=True, slots=True)
class Done:
    """A component in place; `changed` is false when it had been so before."""

    component: str
    revision: str
    changed: bool
    seconds: float


class Deploys:
    """One deploy of a module in a namespace at a time; a second waits for the first."""

    def __init__(self, fleet: Fleet, records: Records) -> None:
        self._fleet, self._records = fleet, records
        self._locks: dict[tuple[str, str], asyncio.Lock] = {}

    async def run(self, request: DeployRequest, report: Report) -> Sequence[Done]:
        """All or nothing; raises FaasctlError for nothing."""
        namespace, module = _check(request)
        lock = self._locks.setdefault((namespace, module), asyncio.Lock())
        async with lock:
            state = self._fleet.state(namespace)
            for one in request.releases:
                revisions.check_owner(state, one.name, one.module)
            limit = asyncio.Semaphore(_AT_ONCE)
            tasks = [
                asyncio.create_task(_Preparation(self, one, request, report).run(limit))
                for one in request.releases
            ]
            prepared: list[_Prepared] = []
            try:
                prepared = _all(await asyncio.gather(*tasks, return_exceptions=True))
                return self._commit(namespace, prepared, request.rollout, report)
            except BaseException:
                await self._discard(namespace, tasks)
                raise

    def _commit(
        self, namespace: str, prepared: Sequence[_Prepared], rollout: Rollout, report: Report
    ) -> Sequence[Done]:
        for one in prepared:
            if one.pool is not None and not one.pool.ready:
                raise DeployError(f"{one.candidate.component}: {one.pool.last_error}")
        before = self._fleet.state(namespace)
        after = revisions.switch(before, [one.candidate for one in prepared], rollout)
        for one in prepared:
            if one.pool is not None:
                one.pool.held = False
        if after != before:
            self._fleet.commit(namespace, after)
        done = []
        for one in prepared:
            name = one.candidate.component
            changed = before.components.get(name) != after.components[name]
            if changed and not isinstance(rollout, TagOnly):
                report(Event(name, "traffic", one.candidate.revision.name))
            done.append(Done(name, one.candidate.revision.name, changed, one.seconds))
        return done

    async def _discard(self, namespace: str, tasks: Sequence[asyncio.Task[_Prepared]]) -> None:
        for task in tasks:
            task.cancel()
        for task in tasks:
            with contextlib.suppress(asyncio.CancelledError, FaasctlError):
                one = await task
                if one.pool is not None:
                    name = one.candidate.revision.name
                    await self._fleet.discard(namespace, name, "the deploy did not come through")

    @property
    def fleet(self) -> Fleet:
        return self._fleet

    @property
    def records(self) -> Records:
        return self._records


@dataclass(frozen=True, slots=True)
class _Prepared:
    """`pool` is None for a revision that was there already."""

    candidate: Candidate
    pool: Pool | None
    seconds: float


class _Preparation:
    """One release on its way to ready."""

    def __init__(
        self, deploys: Deploys, release: LocalRelease, request: DeployRequest, report: Report
    ) -> None:
        self._fleet, self._records = deploys.fleet, deploys.records
        self._release, self._request = release, request
        self._tell = report

    async def run(self, at_once: asyncio.Semaphore) -> _Prepared:
        began = time.monotonic()
        release = self._release
        async with at_once:
            pool: Pool | None = None
            revision = self._present()
            if revision is None:
                revision = await self._new_revision()
                pool = await self._warm(revision)
        candidate = Candidate(release.name, release.module, release.kind, revision)
        return _Prepared(candidate, pool, time.monotonic() - began)

    def _present(self) -> Revision | None:
        """The revision that is what the release asks for, unless it is known to fail."""
        release = self._release
        state = self._fleet.state(release.namespace)
        there = state.components.get(release.name)
        found = revisions.reusable(there, release.digest, self._request.rollout)
        if found is None:
            return None
        pool = self._fleet.pool(release.namespace, found.name)
        return None if pool is None or pool.is_failing else found

    async def _new_revision(self) -> Revision:
        release = self._release
        check_secrets(release, self._records.home)
        state, name = revisions.reserve(self._fleet.state(release.namespace), release.name)
        self._fleet.commit(release.namespace, state)
        await asyncio.to_thread(self._records.add_revision, release, name)
        return Revision(name, release.digest, release.artifact, time.time())

    async def _warm(self, revision: Revision) -> Pool:
        release = self._release
        pool = self._fleet.new_pool(release.namespace, revision.name)
        pool.held = True
        self._report("start", revision.name)
        replica = pool.start(self._request.start_timeout or pool.patience)
        try:
            with self._listening(replica.log):
                failure = await replica.outcome()
            if failure is not None:
                self._report("failed", failure.reason)
                lines = logs.last_lines(replica.log, _LAST_LINES)
                _refuse(f"{release.name}: {failure.reason}", lines)
        except BaseException:
            why = "the deploy did not come through"
            await self._fleet.discard(release.namespace, revision.name, why)
            raise
        self._report("ready", revision.name)
        return pool

    @contextmanager
    def _listening(self, log: Path) -> Iterator[None]:
        """Report what the process prints while it starts."""
        with log.open("rb") as file:
            task = asyncio.create_task(self._listen(file))
            try:
                yield
            finally:
                task.cancel()
                self._pass_on(file)

    async def _listen(self, file: BinaryIO) -> None:
        while True:
            self._pass_on(file)
            await asyncio.sleep(_LISTEN)

    def _pass_on(self, file: BinaryIO) -> None:
        for line in file:
            text = line.decode("utf-8", "replace").rstrip()
            if text and not logs.is_ours(text):
                self._report("log", text)

    def _report(self, step: Literal["start", "log", "ready", "failed"], message: str) -> None:
        self._tell(Event(self._release.name, step, message))


def _refuse(message: str, log: Sequence[str]) -> NoReturn:
    raise DeployError(message, log=log)


def _all(results: Sequence[_Prepared | BaseException]) -> list[_Prepared]:
    """What was prepared; raises one error that names all that were not."""
    failures = [one for one in results if isinstance(one, BaseException)]
    for one in failures:
        if not isinstance(one, FaasctlError):
            raise one
    told = [one for one in failures if isinstance(one, FaasctlError)]
    if len(told) == 1:
        raise told[0]
    if told:
        log = next((one.log for one in told if isinstance(one, DeployError) and one.log), ())
        hints = [one.hint for one in told if one.hint]
        message = "\n".join(one.message for one in told)
        raise DeployError(message, log=log, hint="; ".join(hints) or None)
    return [one for one in results if isinstance(one, _Prepared)]


def _check(request: DeployRequest) -> tuple[str, str]:
    places: Mapping[tuple[str, str], None] = dict.fromkeys(
        (one.namespace, one.module) for one in request.releases
    )
    if len(places) != 1:
        raise UsageError("a deploy has releases of one module in one namespace")
    names = [one.name for one in request.releases]
    for name in [*names, request.releases[0].namespace]:
        if not name or not set(name.lower()) <= set("abcdefghijklmnopqrstuvwxyz0123456789-_"):
            raise UsageError(f"{name!r} can stand in no URL")
    if len(set(names)) != len(names):
        raise UsageError("a deploy names a component twice")
    return next(iter(places))

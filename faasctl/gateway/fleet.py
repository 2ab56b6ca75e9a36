"""All revisions of all namespaces: what the state says, and the pools that serve it."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from random import random

from faasctl.gateway.pool import Pool
from faasctl.gateway.records import Records
from faasctl.gateway.revisions import Component, Namespace
from faasctl.gateway.routing import Names
from faasctl.gateway.shares import drawn
from faasctl.gateway.site import Site
from faasctl.plan import Share

#: The kind of release that answers for everything in a namespace that is no function.
API_KIND = "APIComponent"


@dataclass(frozen=True, slots=True)
class Target:
    """Where requests to a component go: `only` is set when all go to one revision."""

    only: Pool | None
    shares: tuple[Share, ...]
    pools: Mapping[str, Pool]
    tags: Mapping[str, Pool]

    def pick(self, tag: str) -> Pool:
        if tag:
            return self.tags[tag]
        return self.only or self.pools[drawn(self.shares, random())]  # noqa: S311 - no secret


@dataclass(slots=True)
class _Space:
    state: Namespace = field(default_factory=Namespace)
    targets: Mapping[str, Target] = field(default_factory=dict)


class Fleet:
    """`commit` is the only way a state changes: first on disk, then here, without a pause."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._records: Records = site.records
        self._spaces: dict[str, _Space] = {}
        self._pools: dict[tuple[str, str], Pool] = {}
        self.table: dict[str, Names] = {}

    def load(self) -> None:
        """Read everything; drop the folders of revisions that never got as far as the state."""
        states = self._records.namespaces()
        for namespace, revision in list(self._records.revisions()):
            if revision not in _kept(states.get(namespace, Namespace())):
                self._records.drop_revision(namespace, revision)
        for namespace, state in states.items():
            self._spaces[namespace] = _Space(state)
            self._refresh(namespace)

    @property
    def namespaces(self) -> tuple[str, ...]:
        return tuple(sorted(self._spaces))

    @property
    def pools(self) -> tuple[Pool, ...]:
        return tuple(self._pools.values())

    def state(self, namespace: str) -> Namespace:
        space = self._spaces.get(namespace)
        return space.state if space else Namespace()

    def pool(self, namespace: str, revision: str) -> Pool | None:
        return self._pools.get((namespace, revision))

    def target(self, namespace: str, component: str) -> Target:
        return self._spaces[namespace].targets[component]

    def new_pool(self, namespace: str, revision: str) -> Pool:
        """A pool for a revision whose folder is there; the caller decides what it does."""
        key = (namespace, revision)
        release = self._records.release(namespace, revision)

        def emptied() -> None:
            if self._pools.get(key) is pool:
                del self._pools[key]

        pool = Pool(self._site, release, revision, emptied)
        self._pools[key] = pool
        return pool

    async def discard(self, namespace: str, revision: str, why: str) -> None:
        """End a revision that the state does not name."""
        pool = self._pools.pop((namespace, revision), None)
        if pool is not None:
            await pool.close("Gone", why)
        self._records.drop_revision(namespace, revision)

    def commit(self, namespace: str, state: Namespace) -> None:
        """Make it so: on disk by one rename, then for every request from now on."""
        before = _kept(self.state(namespace))
        self._records.write(namespace, state)
        self._spaces.setdefault(namespace, _Space()).state = state
        self._refresh(namespace)
        for revision in before - _kept(state):
            self._records.drop_revision(namespace, revision)

    async def finish(self, namespace: str, components: Collection[str]) -> None:
        """Wait until components that are no longer named have no process, then drop their logs."""
        gone = [
            pool
            for (owner, _), pool in self._pools.items()
            if owner == namespace and pool.release_.name in components
        ]
        await asyncio.gather(*(pool.close("Gone", "it was deleted") for pool in gone))
        for name in components:
            self._records.drop_logs(namespace, name)

    async def close(self, patience: float) -> None:
        """End every process, by force after so many seconds."""
        ends = [
            asyncio.create_task(pool.close("Stopping", "the gateway stops")) for pool in self.pools
        ]
        if not ends:
            return
        _, late = await asyncio.wait(ends, timeout=patience)
        if late:
            for pool in self.pools:
                pool.kill("the gateway stops")
            await asyncio.wait(late)

    def _refresh(self, namespace: str) -> None:
        space = self._spaces[namespace]
        live = {name for one in space.state.components.values() for name in one.live}
        for revision in live:
            pool = self._pools.get((namespace, revision)) or self.new_pool(namespace, revision)
            pool.adopt()
        space.targets = {
            name: self._target(namespace, one) for name, one in space.state.components.items()
        }
        self.table[namespace] = self._names(namespace, space.state)
        for (owner, revision), pool in list(self._pools.items()):
            if owner == namespace and revision not in live and not pool.held:
                pool.retire()

    def _names(self, namespace: str, state: Namespace) -> Names:
        components = {name: frozenset(one.tags) for name, one in state.components.items()}
        apis = sorted(name for name, one in state.components.items() if one.kind == API_KIND)
        if not apis:
            return Names(components)
        main = self._pools[namespace, state.components[apis[0]].main]
        return Names(components, apis[0], frozenset(main.release_.claims))

    def _target(self, namespace: str, component: Component) -> Target:
        pools = {name: self._pools[namespace, name] for name in component.live}
        shares = component.traffic
        only = pools[shares[0].revision] if len(shares) == 1 else None
        tags = {tag: pools[name] for tag, name in component.tags.items()}
        return Target(only, shares, pools, tags)


def _kept(state: Namespace) -> frozenset[str]:
    return frozenset(r.name for one in state.components.values() for r in one.revisions)

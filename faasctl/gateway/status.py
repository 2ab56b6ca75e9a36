"""What runs, in the words that every target uses."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from faasctl.errors import UnknownNameError
from faasctl.gateway import watch
from faasctl.gateway.fleet import API_KIND, Fleet
from faasctl.gateway.pool import Pool
from faasctl.gateway.revisions import Component, find
from faasctl.plan import Deployment, Endpoint
from faasctl.wire import Activity, ProcessInfo, RevisionInfo

#: Below a function's URL, what is for what.
_PATHS = (
    ("predict", "/predict"),
    ("v2", "/v2"),
    ("docs", "/docs"),
    ("openapi", "/openapi.json"),
    ("metrics", "/metrics"),
)


class Status:
    """`base` is the gateway's URL without a slash; `notes` are of the components' own ports."""

    def __init__(
        self, fleet: Fleet, base: str, notes: Mapping[tuple[str, str], tuple[str, ...]]
    ) -> None:
        self._fleet, self._base, self._notes = fleet, base, notes

    def namespace(self, namespace: str) -> tuple[Deployment, ...]:
        components = self._fleet.state(namespace).components
        return tuple(self._deployment(namespace, components[name]) for name in sorted(components))

    def component(self, namespace: str, name: str) -> Deployment:
        """Raises UnknownNameError."""
        return self._deployment(namespace, find(self._fleet.state(namespace), name))

    def activity(self, namespaces: Iterable[str]) -> Activity:
        """Processes and revisions in memory; those that sleep and never ran are not."""
        wanted = set(namespaces)
        pools = [one for one in self._fleet.pools if one.release_.namespace in wanted]
        processes = tuple(info for pool in pools for info in _processes(pool))
        return Activity(processes, tuple(_revision(pool) for pool in pools))

    def check_namespace(self, namespace: str) -> None:
        if namespace not in self._fleet.namespaces:
            known = ", ".join(self._fleet.namespaces) or "none"
            raise UnknownNameError(f"no namespace {namespace}", hint=f"there are: {known}")

    def _deployment(self, namespace: str, one: Component) -> Deployment:
        pools = [self._fleet.pool(namespace, name) for name in sorted(one.live)]
        main = self._fleet.pool(namespace, one.main)
        failing = main is not None and main.is_failing
        revisions = tuple(revision.name for revision in reversed(one.revisions))
        artifact = next(r.artifact for r in one.revisions if r.name == one.main)
        url = f"{self._base}/{namespace}"
        url = url if one.kind == API_KIND else f"{url}/{self._segment(namespace, one.name)}"
        return Deployment(
            name=one.name,
            kind=one.kind,
            target="local",
            url=url,
            revision=one.main,
            artifact=artifact,
            ready=not failing,
            replicas=sum(pool.ready for pool in pools if pool is not None),
            last_error=main.last_error if main is not None else "",
            status="failing" if failing else "ready",
            endpoints=_endpoints(url, one, f"{self._base}/{namespace}"),
            traffic=one.traffic,
            tags=dict(one.tags),
            revisions=revisions,
            notes=self._notes.get((namespace, one.name), ()),
        )

    def _segment(self, namespace: str, name: str) -> str:
        """A component's own path; behind `@` where its API has one of that name."""
        return f"{name}@" if name in self._fleet.table[namespace].claims else name


def _endpoints(url: str, one: Component, space: str) -> tuple[Endpoint, ...]:
    paths = (("docs", "/docs"),) if one.kind == API_KIND else _PATHS
    tags = tuple(Endpoint(tag, f"{space}/{one.name}@{tag}") for tag in sorted(one.tags))
    return (*(Endpoint(name, url + path) for name, path in paths), *tags)


def _processes(pool: Pool) -> tuple[ProcessInfo, ...]:
    return tuple(
        ProcessInfo(
            namespace=pool.release_.namespace,
            component=pool.release_.name,
            revision=pool.revision,
            number=one.number,
            pid=one.pid,
            port=one.port,
            phase=one.phase.value,
            in_flight=one.in_flight,
            served=one.served,
            memory=watch.tree_memory(one.pid) if one.pid else 0,
            started_at=one.started_at,
        )
        for one in pool.replicas.values()
    )


def _revision(pool: Pool) -> RevisionInfo:
    return RevisionInfo(
        namespace=pool.release_.namespace,
        component=pool.release_.name,
        revision=pool.revision,
        starts=pool.starts,
        running=len(pool.replicas),
        last_error=pool.last_error,
    )

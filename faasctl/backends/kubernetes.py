"""The knative target's backend: what a deploy asks of a cluster.

A deploy first asks the cluster for everything as a dry run, so that what is refused is refused
before anything changes. Then what gets requests now is pinned by name, the new revisions are made
and awaited without traffic, and only when all are ready traffic moves. Each step can be repeated.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from faasctl.backends import kubernetes_logs, kubernetes_traffic
from faasctl.backends import kubernetes_state as state
from faasctl.backends.kubernetes_link import SERVING, TRAFFIC_MANAGER, Cluster, Object
from faasctl.backends.kubernetes_traffic import PREVIOUS, Block, block
from faasctl.backends.kubernetes_wait import Pending, has_failed, wait_ready, wait_routed
from faasctl.errors import FaasctlError, OwnershipError, UnknownNameError
from faasctl.plan import Deployment, Event, KnativeRelease, Release, Rollout, Share
from faasctl.ports import Report


@dataclass(frozen=True, slots=True)
class _Step:
    """One component of a deploy: what is live, what is wanted, and what a dry run made of it."""

    release: KnativeRelease
    live: Object | None
    wanted: Object
    dry: Object

    @property
    def is_new_revision(self) -> bool:
        return self.live is None or self.live["spec"]["template"] != self.dry["spec"]["template"]

    @property
    def is_changed(self) -> bool:
        return self.live is None or state.bare(self.live) != state.bare(self.dry)


@dataclass(frozen=True, slots=True)
class Knative:
    """`opened` gives the cluster, at the first need: rendering needs none.

    `namespace` overrides the application's own where it is not empty.

    `start_timeout` is in seconds for each function's process to become ready; None leaves it to
    the release.
    """

    opened: Callable[[], Cluster]
    namespace: str = ""
    start_timeout: float | None = None

    @property
    def cluster(self) -> Cluster:
        return self.opened()

    def apply(
        self, releases: Sequence[Release], report: Report, rollout: Rollout
    ) -> Sequence[Deployment]:
        """Make all ready, then move traffic; raises DeployError and moves none otherwise."""
        started = time.monotonic()
        steps = [self._step(_of_knative(one)) for one in releases]
        pending = [self._send(one) for one in steps]
        try:
            wait_ready(self.cluster, pending, report)
        except FaasctlError:
            self._take_back(steps)
            raise
        moved = [
            self._move(step, waited.revision, rollout, report)
            for step, waited in zip(steps, pending, strict=True)
        ]
        done = []
        for step, has_moved in zip(steps, moved, strict=True):
            namespace, name = step.release.namespace, step.release.name
            one = self._deployment(wait_routed(self.cluster, namespace, name))
            changed = step.is_changed or has_moved
            status = one.status if changed else "unchanged"
            seconds = round(time.monotonic() - started, 3)
            done.append(replace(one, changed=changed, status=status, seconds=seconds))
        return done

    def find(self, namespace: str) -> Sequence[Deployment]:
        """Everything that runs in the namespace and is faasctl's."""
        space = self._space(namespace)
        services = self.cluster.items(f"{SERVING}/namespaces/{space}/services", state.OURS)
        if not services:
            return ()
        revisions = self.cluster.items(f"{SERVING}/namespaces/{space}/revisions")
        pods = self.cluster.items(f"/api/v1/namespaces/{space}/pods")
        return tuple(state.deployment(one, revisions, pods) for one in services)

    def releases(self, namespace: str) -> Mapping[str, Release]:
        """What is deployed, by component."""
        space = self._space(namespace)
        found = self.cluster.items(f"{SERVING}/namespaces/{space}/services", state.OURS)
        return {state.name_of(one): state.release_of(one) for one in found}

    def would_be(self, releases: Sequence[Release]) -> Sequence[Release]:
        """The releases as the cluster would hold them: its defaults filled in by a dry run."""
        found = []
        for one in releases:
            step = self._step(_of_knative(one))
            dry = {**step.dry, "spec": {**step.dry["spec"], "traffic": _traffic(step)}}
            found.append(state.release_of(dry))
        return found

    def place(self, namespace: str) -> tuple[str, ...]:
        """Which cluster is meant: a deploy never leaves that unsaid."""
        where = f"context {self.cluster.context} ({self.cluster.server})"
        return (f"{where}, namespace {self._space(namespace)}",)

    def remove(self, namespace: str, names: Sequence[str]) -> Sequence[str]:
        """Delete components; returns the names of those that were there. Raises OwnershipError."""
        gone = []
        for name in names:
            path = self._path(namespace, name)
            live = self.cluster.find(path)
            if live is None:
                continue
            if state.labels(live).get(state.MANAGED_BY) != "faasctl":
                raise _owned(name, self._space(namespace), live)
            if self.cluster.delete(path):
                gone.append(name)
        return gone

    def route(self, namespace: str, name: str, shares: Sequence[Share]) -> Deployment:
        live = self._live(namespace, name)
        self._write_traffic(live, block(shares, kubernetes_traffic.tags(live)))
        return self._deployment(wait_routed(self.cluster, self._space(namespace), name))

    def rollback(self, namespace: str, name: str, to: str | None = None) -> Deployment:
        """All traffic to a revision; None is the one that was live before."""
        live = self._live(namespace, name)
        space = self._space(namespace)
        revisions = self.cluster.items(
            f"{SERVING}/namespaces/{space}/revisions", {state.SERVICE: name}
        )
        target = to or state.previous(live, revisions)
        if not target:
            raise UnknownNameError(
                f"{name} has no earlier revision that was ready", hint="faasctl status"
            )
        return self.route(namespace, name, [Share(target, 100)])

    def logs(
        self, namespace: str, name: str, *, follow: bool, since: float | None, previous: bool
    ) -> Iterator[str]:
        """Lines of all its pods in order of time; none while it sleeps."""
        self._live(namespace, name)
        wanted = kubernetes_logs.Wanted(self._space(namespace), name, since, previous)
        reader = kubernetes_logs.follow if follow else kubernetes_logs.read
        return reader(self.cluster, wanted)

    def _step(self, release: KnativeRelease) -> _Step:
        """What one release amounts to; raises for what the cluster or an owner refuses."""
        path = self._path(release.namespace, release.name)
        live, wanted = self.cluster.find(path), _service(release)
        if live is not None and not _is_of(live, wanted):
            raise _owned(release.name, release.namespace, live)
        attempt = _attempt(live)
        if attempt:
            _annotate(wanted, attempt)
        dry = self.cluster.apply(path, _without_traffic(wanted), dry_run=True)
        step = _Step(release, live, wanted, dry)
        if live is None or step.is_new_revision or not self._has_failed(release, live):
            return step
        _annotate(wanted, str(int(attempt or "0") + 1))
        return replace(step, dry=self.cluster.apply(path, _without_traffic(wanted), dry_run=True))

    def _has_failed(self, release: KnativeRelease, live: Object) -> bool:
        """Whether the newest revision won't come up, so that the same has to be tried anew."""
        newest = (live.get("status") or {}).get("latestCreatedRevisionName", "")
        pending = Pending(release.namespace, release.name, "", 0.0, revision=newest)
        return bool(newest) and has_failed(self.cluster, pending)

    def _send(self, step: _Step) -> Pending:
        """Pin what gets requests, then ask for the new revision where there is to be one."""
        release, live = step.release, step.live
        before = ""
        if live is not None and step.is_new_revision:
            before = (live.get("status") or {}).get("latestCreatedRevisionName", "")
            pinned = kubernetes_traffic.pinned(live)
            if pinned is not None and not kubernetes_traffic.same(live, pinned):
                self._write_traffic(live, pinned)
        if step.is_changed:
            path = self._path(release.namespace, release.name)
            self.cluster.apply(path, _without_traffic(step.wanted))
        patience = self.start_timeout or release.start_timeout
        return Pending(release.namespace, release.name, before, patience)

    def _take_back(self, steps: Sequence[_Step]) -> None:
        """A first deploy that failed leaves nothing behind."""
        for step in steps:
            if step.live is None:
                self.cluster.delete(self._path(step.release.namespace, step.release.name))

    def _move(self, step: _Step, revision: str, rollout: Rollout, report: Report) -> bool:
        """Write the traffic that the rollout asks for; whether that changed anything."""
        live = self.cluster.get(self._path(step.release.namespace, step.release.name))
        wanted = kubernetes_traffic.rolled_out(live, revision, rollout)
        if kubernetes_traffic.same(live, wanted):
            return False
        report(Event(step.release.name, "traffic", revision))
        self._write_traffic(live, wanted)
        return True

    def _write_traffic(self, live: Object, wanted: Block) -> None:
        """The whole block, and what was live before where that changes."""
        name, namespace = live["metadata"]["name"], live["metadata"]["namespace"]
        metadata: Object = {"name": name, "namespace": namespace}
        before = kubernetes_traffic.previous_after(live, wanted)
        if before:
            metadata["annotations"] = {PREVIOUS: before}
        body = {
            "apiVersion": "serving.knative.dev/v1",
            "kind": "Service",
            "metadata": metadata,
            "spec": {"traffic": wanted},
        }
        self.cluster.apply(self._path(namespace, name), body, manager=TRAFFIC_MANAGER)

    def _deployment(self, service: Object) -> Deployment:
        name, space = service["metadata"]["name"], service["metadata"]["namespace"]
        own = {state.SERVICE: name}
        revisions = self.cluster.items(f"{SERVING}/namespaces/{space}/revisions", own)
        pods = self.cluster.items(f"/api/v1/namespaces/{space}/pods", own)
        return state.deployment(service, revisions, pods)

    def _live(self, namespace: str, name: str) -> Object:
        """Raises UnknownNameError, OwnershipError."""
        live = self.cluster.find(self._path(namespace, name))
        if live is None:
            raise UnknownNameError(f"{name} is not deployed", hint="faasctl deploy")
        if state.labels(live).get(state.MANAGED_BY) != "faasctl":
            raise _owned(name, self._space(namespace), live)
        return live

    def _space(self, namespace: str) -> str:
        return self.namespace or namespace

    def _path(self, namespace: str, name: str) -> str:
        return f"{SERVING}/namespaces/{self._space(namespace)}/services/{name}"


def _of_knative(release: Release) -> KnativeRelease:
    if not isinstance(release, KnativeRelease):
        raise TypeError(f"{release.name} is a release of another target")
    return release


def _service(release: KnativeRelease) -> Object:
    """The Service of a release; a copy of one's own."""
    found: Sequence[Object] = json.loads(release.objects)
    return next(one for one in found if one["kind"] == "Service")


def _without_traffic(service: Object) -> Object:
    """What the deploy itself owns; who gets requests is said apart."""
    spec = {key: value for key, value in service["spec"].items() if key != "traffic"}
    return {**service, "spec": spec}


def _traffic(step: _Step) -> Block:
    """What a deploy would make of the traffic once the new revision is ready."""
    wanted: Block = step.wanted["spec"]["traffic"]
    return wanted + (block((), kubernetes_traffic.tags(step.live)) if step.live else [])


def _attempt(live: Object | None) -> str:
    template = (live or {}).get("spec", {}).get("template", {})
    found: str = (template.get("metadata", {}).get("annotations") or {}).get(state.ATTEMPT, "")
    return found


def _annotate(service: Object, attempt: str) -> None:
    service["spec"]["template"]["metadata"]["annotations"][state.ATTEMPT] = attempt


def _is_of(live: Object, wanted: Object) -> bool:
    own, asked = state.labels(live), state.labels(wanted)
    return all(own.get(label) == asked[label] for label in (state.MANAGED_BY, state.MODULE))


def _owned(name: str, namespace: str, live: Object) -> OwnershipError:
    return OwnershipError(
        f"{name}: the namespace {namespace} has a Service of that name, which belongs to "
        f"{state.owner(live)}",
        hint="rename the component, or choose another namespace with --namespace",
    )

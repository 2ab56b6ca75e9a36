"""Waiting for new revisions: a look at each every moment, until all are up or one never will be."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from faasctl.backends import kubernetes_judging as judging
from faasctl.backends.kubernetes_judging import Broken, Coming, Seen, Up, condition
from faasctl.backends.kubernetes_link import SERVING, Cluster
from faasctl.backends.kubernetes_state import REVISION, name_of
from faasctl.errors import DeployError
from faasctl.plan import Event
from faasctl.ports import Report

#: Seconds between two looks, and after which a revision that shows no fault is given up: as long
#: as Knative itself goes on by its `progress-deadline`.
PAUSE, LONGEST = 0.15, 600.0

#: Seconds a pod may be set up before the cluster is asked what it is doing.
_QUIET = 1.0

Object = Mapping[str, Any]


@dataclass(slots=True)
class Pending:
    """A component whose newest revision is awaited.

    `before` is its newest revision before the deploy where another one is to come. `patience` is
    in seconds, for a running process that is not ready.
    """

    namespace: str
    name: str
    before: str
    patience: float
    started: float = field(default_factory=time.monotonic)
    revision: str = ""
    message: str = ""
    running_since: float | None = None
    pulls: int = 0
    was_pull_failure: bool = False


def wait_ready(cluster: Cluster, all_pending: Sequence[Pending], report: Report) -> None:
    """Until all are up; raises DeployError as soon as one is sure never to be."""
    left = list(all_pending)
    while left:
        left = [one for one in left if not _is_up(cluster, one, report)]
        if left:
            time.sleep(PAUSE)


def has_failed(cluster: Cluster, one: Pending) -> bool:
    """Whether a revision is sure never to come up as it is."""
    return isinstance(judging.judge(_look(cluster, one)), Broken)


def _is_up(cluster: Cluster, one: Pending, report: Report) -> bool:
    if not one.revision:
        one.revision = _newest(cluster, one)
        if not one.revision:
            _check_time(one, "Knative makes no revision")
            return False
        report(Event(one.name, "start", f"revision {one.revision}"))
    match judging.judge(_look(cluster, one)):
        case Up():
            report(Event(one.name, "ready", one.revision))
            return True
        case Broken(message, log, hint):
            report(Event(one.name, "failed", message))
            raise DeployError(
                f"{one.name}: revision {one.revision} does not start: {message}",
                log=log,
                hint=hint,
            )
        case Coming(message, running):
            if message != one.message:
                one.message = message
                report(Event(one.name, "probe" if running else "start", message))
            _check_running(one, running=running)
            _check_time(one, message)
    return False


def _newest(cluster: Cluster, one: Pending) -> str:
    """The revision that this deploy made, empty before there is one."""
    service = cluster.get(f"{SERVING}/namespaces/{one.namespace}/services/{one.name}")
    status = service.get("status") or {}
    created = str(status.get("latestCreatedRevisionName", ""))
    if created == one.before:
        created = ""
    refused = condition(service, "ConfigurationsReady")
    if not created and refused.get("status") == "False" and _is_current(service):
        raise DeployError(f"{one.name}: no revision is made: {refused.get('message', '')}")
    return created


def _is_current(service: Object) -> bool:
    seen = (service.get("status") or {}).get("observedGeneration")
    return bool(seen == service["metadata"]["generation"])


def _look(cluster: Cluster, one: Pending) -> Seen:
    space = f"namespaces/{one.namespace}"
    revision = cluster.find(f"{SERVING}/{space}/revisions/{one.revision}") or {}
    if condition(revision, "Ready").get("status") == "True":
        return Seen(revision)
    pods = cluster.items(f"/api/v1/{space}/pods", {REVISION: one.revision})
    deployment = None
    if not pods:
        deployment = cluster.find(f"/apis/apps/v1/{space}/deployments/{one.revision}-deployment")
    failing = any(judging.is_pull_failure(pod) for pod in pods)
    one.pulls += failing and not one.was_pull_failure
    one.was_pull_failure = failing
    return Seen(revision, pods, deployment, _told(cluster, one, pods), one.pulls)


def _told(cluster: Cluster, one: Pending, pods: Sequence[Object]) -> str:
    """The latest word of the node on a pod that is still being set up."""
    if not pods or time.monotonic() - one.started < _QUIET:
        return ""
    if "running" in (judging.container(pods[0]).get("state") or {}):
        return ""
    found = cluster.items(f"/api/v1/namespaces/{one.namespace}/events")
    own = [e for e in found if (e.get("involvedObject") or {}).get("name") == name_of(pods[0])]
    own.sort(key=lambda event: str(event.get("lastTimestamp") or event.get("eventTime") or ""))
    return str(own[-1].get("message", "")) if own else ""


def _check_running(one: Pending, *, running: bool) -> None:
    now = time.monotonic()
    if not running:
        one.running_since = None
        return
    one.running_since = one.running_since or now
    if now - one.running_since > one.patience:
        raise DeployError(
            f"{one.name}: revision {one.revision} runs, but GET /v2/health/ready on port 8080 was "
            f"not answered with 200 within {one.patience:g} s",
            hint=f"faasctl logs {one.name}; if it only needs longer: --timeout SECONDS",
        )


def _check_time(one: Pending, message: str) -> None:
    if time.monotonic() - one.started > LONGEST:
        raise DeployError(
            f"{one.name}: not ready after {LONGEST:g} s; at last: {message}",
            hint=f"kubectl describe revision {one.revision} -n {one.namespace}",
        )


def wait_routed(cluster: Cluster, namespace: str, name: str) -> dict[str, Any]:
    """The Service once its routes say what it asks for; raises DeployError with their reason."""
    path = f"{SERVING}/namespaces/{namespace}/services/{name}"
    deadline = time.monotonic() + 60.0
    while True:
        service = cluster.get(path)
        routes = condition(service, "RoutesReady")
        if _is_current(service) and routes.get("status") == "True":
            return service
        if _is_current(service) and routes.get("status") == "False":
            raise DeployError(f"{name}: traffic can't be moved: {routes.get('message', '')}")
        if time.monotonic() > deadline:
            raise DeployError(
                f"{name}: the ingress does not take the new routes within 60 s: "
                f"{routes.get('reason', '')} {routes.get('message', '')}".rstrip(),
                hint="faasctl doctor --target knative",
            )
        time.sleep(PAUSE)

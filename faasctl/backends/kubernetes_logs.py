"""What a component's pods print, as one stream in order of time."""

from __future__ import annotations

import heapq
import math
import queue
import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from faasctl.backends.kubernetes_judging import CONTAINER, container
from faasctl.backends.kubernetes_link import Cluster
from faasctl.backends.kubernetes_state import SERVICE, name_of
from faasctl.errors import FaasctlError, UnreachableError

#: Seconds between two looks for new pods.
_PAUSE = 0.5

#: Lines of a log with the time at which the node read each of them.
_Stamped = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Wanted:
    """`since` is in seconds before now; `previous` is the container before the last restart."""

    namespace: str
    name: str
    since: float | None = None
    previous: bool = False

    @property
    def query(self) -> dict[str, str]:
        words = {"container": CONTAINER, "timestamps": "true"}
        if self.since is not None:
            words["sinceSeconds"] = str(max(1, math.ceil(self.since)))
        return {**words, "previous": "true"} if self.previous else words


def read(cluster: Cluster, wanted: Wanted) -> Iterator[str]:
    """Lines there are now; none while it sleeps."""
    pods = [pod for pod in _pods(cluster, wanted) if _has_log(pod, wanted)]
    streams = [_lines(cluster, wanted, name_of(pod)) for pod in pods]
    return (line for _, line in heapq.merge(*streams))


def follow(cluster: Cluster, wanted: Wanted) -> Iterator[str]:
    """Lines there are, then lines as they come, also of pods that start later. Never ends."""
    lines: queue.SimpleQueue[str | FaasctlError] = queue.SimpleQueue()
    reading: dict[tuple[str, int], threading.Thread] = {}
    while True:
        for pod in _pods(cluster, wanted):
            key = (name_of(pod), int(container(pod).get("restartCount") or 0))
            if key not in reading and _has_log(pod, wanted):
                work = (cluster, wanted, key[0], lines)
                reading[key] = threading.Thread(target=_pass_on, args=work, daemon=True)
                reading[key].start()
        yield from _arrived(lines)


def _arrived(lines: queue.SimpleQueue[str | FaasctlError]) -> Iterator[str]:
    """What comes until it is time to look for new pods."""
    until = time.monotonic() + _PAUSE
    while (left := until - time.monotonic()) > 0:
        try:
            found = lines.get(timeout=left)
        except queue.Empty:
            return
        if isinstance(found, FaasctlError):
            raise found
        yield found


def _pass_on(
    cluster: Cluster, wanted: Wanted, pod: str, lines: queue.SimpleQueue[str | FaasctlError]
) -> None:
    try:
        for _, line in _lines(cluster, wanted, pod, follow=True):
            lines.put(line)
    except UnreachableError as error:
        lines.put(error)
    except FaasctlError:
        return  # the pod has left meanwhile


def _pods(cluster: Cluster, wanted: Wanted) -> Iterator[Mapping[str, Any]]:
    path = f"/api/v1/namespaces/{wanted.namespace}/pods"
    yield from cluster.items(path, {SERVICE: wanted.name})


def _has_log(pod: Mapping[str, Any], wanted: Wanted) -> bool:
    own = container(pod)
    if wanted.previous:
        return int(own.get("restartCount") or 0) > 0
    state = own.get("state") or {}
    return "running" in state or "terminated" in state


def _lines(
    cluster: Cluster, wanted: Wanted, pod: str, *, follow: bool = False
) -> Iterator[_Stamped]:
    path = f"/api/v1/namespaces/{wanted.namespace}/pods/{pod}/log"
    query = {**wanted.query, "follow": "true"} if follow else wanted.query
    for line in cluster.lines(path, query):
        stamp, _, text = line.partition(" ")
        yield stamp, text

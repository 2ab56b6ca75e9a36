"""The local target's backend: what a deploy asks of the gateway on this machine."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from faasctl import wire
from faasctl.backends import local_link, local_logs
from faasctl.backends.local_link import Link
from faasctl.errors import UnknownNameError
from faasctl.plan import Deployment, LocalRelease, Release, Rollout, Share
from faasctl.ports import Report


@dataclass(frozen=True, slots=True)
class Local:
    """`home` is FAASCTL_HOME, `port` the gateway's preferred one.

    `start_timeout` is in seconds for each function to become ready; None leaves it to the
    gateway (a minute, or the function's own time limit when that is longer).
    """

    home: Path
    port: int
    start_timeout: float | None = None

    def apply(
        self, releases: Sequence[Release], report: Report, rollout: Rollout
    ) -> Sequence[Deployment]:
        """Make all ready, then move traffic; raises DeployError and changes nothing otherwise."""
        if not releases:
            return ()
        own = tuple(one for one in releases if isinstance(one, LocalRelease))
        wish = wire.DeployRequest(own, rollout, self.start_timeout)
        return self._link().deploy(wish, report)

    def find(self, namespace: str) -> Sequence[Deployment]:
        """Everything that runs in the namespace; starts no gateway where nothing was deployed."""
        return self._link().find(namespace) if self._is_used() else ()

    def releases(self, namespace: str) -> Mapping[str, Release]:
        """What gets most traffic now, by component, as it was released."""
        folder = self.home / "local" / "revisions" / namespace
        return {
            one.name: wire.decode_release((folder / one.revision / "release.json").read_bytes())
            for one in self.find(namespace)
        }

    def would_be(self, releases: Sequence[Release]) -> Sequence[Release]:
        """The releases as they are: the gateway fills in nothing."""
        return releases

    def place(self, namespace: str) -> tuple[str, ...]:  # noqa: ARG002 - there is one machine
        """Nothing: this machine is meant."""
        return ()

    def namespaces(self) -> Sequence[str]:
        return self._link().namespaces() if self._is_used() else ()

    def remove(self, namespace: str, names: Sequence[str]) -> Sequence[str]:
        """Stop and forget components; returns the names of those that were there."""
        return self._link().delete(namespace, names) if self._is_used() else ()

    def route(self, namespace: str, name: str, shares: Sequence[Share]) -> Deployment:
        return self._link().route(namespace, name, shares)

    def rollback(self, namespace: str, name: str, to: str | None = None) -> Deployment:
        """All traffic to a revision; None is the one that was live before."""
        return self._link().rollback(namespace, name, to)

    def activity(self, namespace: str | None = None) -> wire.Activity:
        """Processes of this moment; of all namespaces when none is named."""
        return self._link().activity(namespace) if self._is_used() else wire.Activity()

    def logs(
        self, namespace: str, name: str, *, follow: bool, since: float | None, previous: bool
    ) -> Iterator[str]:
        """Lines of all its processes in order of time; raises UnknownNameError."""
        found = {one.name: one for one in self.find(namespace)}
        if name not in found:
            known = ", ".join(sorted(found)) or "nothing"
            raise UnknownNameError(f"{name} is not deployed", hint=f"deployed here: {known}")
        one = found[name]
        live = {share.revision for share in one.traffic} | set(one.tags.values())
        start = 0.0 if since is None else time.time() - since
        wanted = local_logs.Wanted(live, start, previous)
        folder = self.home / "local" / "logs" / namespace / name
        return local_logs.follow(folder, wanted) if follow else local_logs.read(folder, wanted)

    def _is_used(self) -> bool:
        return any((self.home / "local" / "state").glob("*.json"))

    def _link(self) -> Link:
        return local_link.ensure(self.home, self.port)

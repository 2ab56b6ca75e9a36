"""The seams: Protocols of one to three methods with more than one implementation."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Protocol

from faasctl.plan import Deployment, Event, Release, Rollout, Share

Report = Callable[[Event], None]


class Backend(Protocol):
    """Makes releases run on one target."""

    def apply(
        self, releases: Sequence[Release], report: Report, rollout: Rollout
    ) -> Sequence[Deployment]:
        """Make all ready, then move traffic; raises DeployError and changes nothing otherwise."""
        ...

    def find(self, namespace: str) -> Sequence[Deployment]:
        """Everything that runs in the namespace."""
        ...

    def remove(self, namespace: str, names: Sequence[str]) -> Sequence[str]:
        """Stop and forget components; returns the names of those that were there."""
        ...


class Traffic(Protocol):
    """Shares of requests between revisions."""

    def route(self, namespace: str, name: str, shares: Sequence[Share]) -> Deployment: ...


class Observer(Protocol):
    """What functions print; `since` is in seconds before now."""

    def logs(
        self, namespace: str, name: str, *, follow: bool, since: float | None, previous: bool
    ) -> Iterator[str]: ...

"""What every sentence starts from: a valid module, the settings, and the target's backend."""

from __future__ import annotations

import functools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from faasctl import settings as all_settings
from faasctl.errors import FaasctlError, UsageError
from faasctl.model import Module
from faasctl.pipeline.loading import open_module
from faasctl.plan import Deployment, Release
from faasctl.ports import Backend, Observer, Traffic
from faasctl.settings import Cluster, Settings


class Runner(Backend, Traffic, Observer, Protocol):
    """All that a target can do once releases exist."""

    def releases(self, namespace: str) -> Mapping[str, Release]:
        """What gets most traffic now, by component."""
        ...

    def would_be(self, releases: Sequence[Release]) -> Sequence[Release]:
        """The releases as the target would hold them: with what it fills in itself."""
        ...

    def place(self, namespace: str) -> tuple[str, ...]:
        """Which cluster or account is meant, in words; nothing where there is only one."""
        ...

    def rollback(self, namespace: str, name: str, to: str | None = None) -> Deployment:
        """Traffic back to the revision before, or to the one named."""
        ...


@dataclass(frozen=True, slots=True)
class Session:
    module: Module
    settings: Settings
    runner: Runner


def open_session(
    directory: Path | None,
    target: str | None,
    *,
    start_timeout: float | None = None,
    context: str | None = None,
    namespace: str | None = None,
) -> Session:
    """The module of a folder, checked, with the backend of its target.

    `start_timeout` is in seconds for each function to become ready; `context` and `namespace`
    are of the cluster. Raises NotAModuleError, ManifestError and UsageError.
    """
    if start_timeout is not None and not 0 < start_timeout < math.inf:
        raise UsageError(f"--timeout {start_timeout:g}: expected seconds above 0")
    module = open_module(directory)
    settings = all_settings.load(
        module.root, target=target, cluster=Cluster(context or "", namespace or "")
    )
    return Session(module, settings, backend(settings, start_timeout))


def backend(settings: Settings, start_timeout: float | None = None) -> Runner:
    """The backend of the settings' target; raises FaasctlError for one that isn't served."""
    if settings.target == "local":
        from faasctl.backends.local import Local

        return Local(settings.home, settings.gateway_port, start_timeout)
    if settings.target == "knative":
        from faasctl.backends.kubernetes import Knative
        from faasctl.backends.kubernetes_link import open_cluster

        chosen = settings.cluster
        opened = functools.cache(lambda: open_cluster(chosen.context))
        return Knative(opened, chosen.namespace, start_timeout)
    raise FaasctlError(
        f"the target {settings.target!r} is not served by this version",
        hint="use --target local or --target knative",
    )

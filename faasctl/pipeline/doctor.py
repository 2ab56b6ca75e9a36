"""What is missing on this machine, or in the cluster, before a deploy can work."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from faasctl import command, manifest, settings
from faasctl.build import references, registry
from faasctl.build.registry_http import Call
from faasctl.checks import Check
from faasctl.errors import FaasctlError, NotAModuleError
from faasctl.pipeline.loading import open_module
from faasctl.settings import Cluster, Settings

#: Bytes that must be free where environments and images are kept.
_ROOM = 2 * 1024**3


def examine(
    directory: Path | None,
    target: str | None,
    *,
    context: str | None = None,
    namespace: str | None = None,
) -> Iterator[Check]:
    """Every check of a target, one after the other; a module is of use, but not needed."""
    try:
        root = manifest.find_module((directory or Path.cwd()).absolute())
    except NotAModuleError:
        root = None
    chosen = settings.load(root, target=target, cluster=Cluster(context or "", namespace or ""))
    yield from machine(chosen)
    if chosen.target == "local":
        yield _gateway(chosen)
    if chosen.target == "knative":
        yield from _cluster(chosen, root)


def machine(chosen: Settings) -> Iterator[Check]:
    """What every target needs of this machine."""
    try:
        yield Check("uv", "ok", str(command.uv()))
    except FaasctlError as error:
        yield Check("uv", "failed", error.message, error.hint or "pip install uv")
    folder = next(one for one in (chosen.home, *chosen.home.parents) if one.exists())
    if not os.access(folder, os.W_OK):
        fix = "set FAASCTL_HOME to a folder that you may write to"
        yield Check("home", "failed", f"{chosen.home} can't be written", fix)
        return
    yield Check("home", "ok", str(chosen.home))
    yield room(shutil.disk_usage(folder).free, folder)


def room(free: int, folder: Path) -> Check:
    """Whether environments and images have room."""
    if free < _ROOM:
        fix = f"make room, or set FAASCTL_HOME to another disk; rm -r {folder}/environments is safe"
        return Check("disk", "failed", f"only {free / 1024**3:.1f} GiB are free", fix)
    return Check("disk", "ok", f"{free / 1024**3:.0f} GiB free")


def _gateway(chosen: Settings) -> Check:
    from faasctl.backends import local_link

    try:
        link = local_link.running(chosen.home)
    except FaasctlError as error:
        return Check("gateway", "failed", error.message, error.hint)
    if link is None:
        return Check("gateway", "ok", "does not run; deploy starts it")
    return Check("gateway", "ok", link.info.url)


def _cluster(chosen: Settings, root: Path | None) -> Iterator[Check]:
    from faasctl.backends import kubernetes_checks
    from faasctl.backends.kubernetes_link import open_cluster

    yield _registry(chosen.cluster.registry)
    try:
        cluster = open_cluster(chosen.cluster.context)
        namespace = chosen.cluster.namespace or (open_module(root).namespace if root else "default")
    except FaasctlError as error:
        yield Check("cluster", "failed", error.message, error.hint)
        return
    found = list(kubernetes_checks.checks(cluster, namespace))
    yield from found
    registry_host = chosen.cluster.registry.partition("://")[2] or chosen.cluster.registry
    if registry_host and found[0].status == "ok":
        yield kubernetes_checks.pulled(cluster, namespace, registry_host)


def _registry(name: str) -> Check:
    """Whether this machine reaches the registry; a login may still be asked for by a push."""
    if not name:
        fix = 'set FAASCTL_REGISTRY=HOST/PATH, or [knative] registry = "…" in faasctl.toml'
        return Check("registry", "failed", "no registry is set", fix)
    try:
        place = references.parse(f"{name.rstrip('/')}/faasctl")
        with closing(registry.Access(delays=()).line(place)) as line:
            said = line.send(Call("GET", "/v2/"))
    except FaasctlError as error:
        fix = "is it the right one? FAASCTL_REGISTRY=HOST/PATH; http://HOST for one without TLS"
        return Check("registry", "failed", error.message, fix)
    if said.status not in {200, 401}:
        message = f"{place.host} answers {said.status}: is it a registry?"
        return Check("registry", "failed", message, "set FAASCTL_REGISTRY=HOST/PATH")
    return Check("registry", "ok", place.host)

"""From a module to releases for a cluster: images are built, and published where that is asked."""

from __future__ import annotations

import secrets as random
from collections.abc import Sequence

from faasctl.errors import FaasctlError, UsageError
from faasctl.model import MLComponent, SecretKey
from faasctl.pipeline import images, secrets, storage
from faasctl.pipeline.packaging import Packaged, make_plan
from faasctl.pipeline.session import Session
from faasctl.plan import FunctionPlan
from faasctl.ports import Report
from faasctl.store.access import S3Access
from faasctl.targets import knative, local
from faasctl.targets.knative import ClusterSite
from faasctl.targets.local import IDENTITY_SECRET


def package(
    session: Session, components: Sequence[MLComponent], report: Report, *, publish: bool
) -> Packaged:
    """Plan, build and render for Knative.

    With `publish` the images are pushed, and the secrets of the boxes are kept in the cluster;
    without it nothing outside this machine changes.
    """
    module, settings = session.module, session.settings
    plan = make_plan(module, components, report, planner=knative.plan)
    access = _storage(session) if local.needs_storage(components) else None
    built = {
        one.component.name: _image(session, one, report, publish=publish) for one in plan.functions
    }
    if publish and access is not None:
        _keep_secrets(session, access)
    space = settings.cluster.namespace or module.namespace
    site = ClusterSite(space, storage.address_of(access) if access else None)
    return Packaged(plan, {}, knative.render(plan, built, site))


def repository(session: Session, component: str) -> str:
    """Where a component's image goes; raises UsageError where no registry is set."""
    registry = session.settings.cluster.registry.rstrip("/")
    if not registry:
        raise UsageError(
            "no registry is set: a cluster pulls images from one",
            hint='set FAASCTL_REGISTRY=HOST/PATH, or [knative] registry = "…" in faasctl.toml',
        )
    return f"{registry}/{session.module.namespace}/{component}"


def _image(session: Session, function: FunctionPlan, report: Report, *, publish: bool) -> str:
    """The reference by digest of one function's image, which is built and, if asked, pushed."""
    place = repository(session, function.component.name)
    built = images.build(session.module, function, session.settings, report)
    if publish:
        return str(images.push(built, place, report))
    return f"{place.removeprefix('http://')}@{built.artifact.digest}"


def _storage(session: Session) -> S3Access:
    """The store of the settings; that of this machine is not one that pods reach."""
    if not session.settings.s3.is_given:
        raise FaasctlError(
            "the components use boxes, and pods do not reach the store of this machine",
            hint="name an S3 store that the cluster reaches: FAASCTL_S3_ENDPOINT and _BUCKET",
        )
    return storage.ready_access(session.settings)


def _keep_secrets(session: Session, access: S3Access) -> None:
    kept = secrets.store(session)
    namespace = session.module.namespace
    for secret, value in storage.secret_values(storage.credentials(access)).items():
        kept.set_value(namespace, secret, value)
    key = SecretKey(IDENTITY_SECRET, "KEY")
    if f"{key.name}/{key.key}" not in kept.names(namespace):
        kept.set_value(namespace, key, random.token_urlsafe(32))

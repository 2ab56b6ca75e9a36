"""Deploy, and what it would change: the whole way from a folder to live URLs."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from faasctl.errors import OwnershipError, UnknownNameError, UsageError
from faasctl.model import Module
from faasctl.pipeline.changes import changes_of, left_over
from faasctl.pipeline.loading import chosen, one_function, unknown
from faasctl.pipeline.packaging import Packaged, package
from faasctl.pipeline.session import Session
from faasctl.plan import (
    AllTraffic,
    Change,
    Deployment,
    Endpoint,
    Event,
    KnativeRelease,
    Release,
    Rollout,
    Share,
    Skipped,
    TagOnly,
    Weighted,
)
from faasctl.ports import Report
from faasctl.targets import application


@dataclass(frozen=True, slots=True)
class Deployed:
    """What runs after a deploy, and what the target can't run."""

    components: tuple[Deployment, ...]
    skipped: tuple[Skipped, ...]
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Planned:
    """What a deploy would change; PUBLIC components are named in `notes`."""

    changes: tuple[Change, ...]
    skipped: tuple[Skipped, ...]
    notes: tuple[str, ...]


def deploy(session: Session, names: Sequence[str], report: Report, rollout: Rollout) -> Deployed:
    """Build, make every component ready, then move traffic.

    Raises BuildError, DeployError and OwnershipError; what ran before still runs then.
    """
    for place in session.runner.place(session.module.namespace):
        report(Event("", "publish", place))
    packaged = _package(session, names, report, publish=True)
    deployments = session.runner.apply(packaged.releases, report, rollout)
    shown = tuple(as_reached(session.module, one) for one in deployments)
    live = session.runner.releases(session.module.namespace)
    notes = (*_notes(packaged), *(() if names else left_over(packaged.releases, live)))
    return Deployed(shown, packaged.plan.skipped, notes)


def as_reached(module: Module, deployment: Deployment) -> Deployment:
    """A deployment by the URL that callers use: its API's, where it has one."""
    path = application.api_path(module, deployment.name)
    if path is None or deployment.kind == "APIComponent" or deployment.target != "local":
        return deployment
    base = deployment.url.rpartition("/")[0]
    own = Endpoint("function", deployment.url)
    return replace(deployment, url=f"{base}/{path}", endpoints=(*deployment.endpoints, own))


def preview(session: Session, names: Sequence[str], report: Report) -> Planned:
    """What `deploy` would change; what has to be built for the answer goes into the cache."""
    packaged = _package(session, names, report)
    live = session.runner.releases(session.module.namespace)
    desired = session.runner.would_be(packaged.releases)
    place = session.runner.place(session.module.namespace)
    left = () if names else left_over(packaged.releases, live)
    changes = tuple(changes_of(desired, live))
    return Planned(changes, packaged.plan.skipped, (*place, *_notes(packaged), *left))


def render(session: Session, names: Sequence[str], report: Report) -> tuple[Any, ...]:
    """The exact desired state; nothing is published or changed.

    For Knative these are the Kubernetes objects themselves.
    """
    return tuple(
        shown for one in _package(session, names, report).releases for shown in _objects(one)
    )


def _objects(release: Release) -> Sequence[Any]:
    if isinstance(release, KnativeRelease):
        found: Sequence[Any] = json.loads(release.objects)
        return found
    return (release,)


def rollout(tag: str | None, weight: str | None) -> Rollout:
    """What `--tag` and `--weight` ask for; raises UsageError for both, or for no percentage."""
    if tag is not None and weight is not None:
        raise UsageError("--tag and --weight exclude one another")
    if tag is not None:
        if not re.fullmatch(r"[a-z]([-a-z0-9]{0,38}[a-z0-9])?", tag):
            raise UsageError(
                f"--tag {tag!r} is no name", hint="lower-case letters, digits and dashes"
            )
        return TagOnly(tag)
    if weight is None:
        return AllTraffic()
    percent = weight.removesuffix("%")
    if not re.fullmatch(r"[0-9]{1,3}", percent) or int(percent) > 100:
        raise UsageError(f"--weight {weight!r} is no percentage", hint="write --weight 10")
    return Weighted(int(percent))


def printed_url(deployment: Deployment, tag: str | None) -> str:
    """The URL that a deploy speaks of: the tag's own where one was asked for."""
    if tag is None:
        return deployment.url
    tagged = (one.url for one in deployment.endpoints if one.name == tag)
    return next(tagged, f"{deployment.url}@{tag}")


def newest(deployment: Deployment) -> str:
    """The revision that a deploy made, whatever traffic it has."""
    made = deployment.changed and deployment.revisions
    return deployment.revisions[0] if made else deployment.revision


def _package(
    session: Session, names: Sequence[str], report: Report, *, publish: bool = False
) -> Packaged:
    """What is desired; what the target pulls is published only where that is asked for."""
    components = chosen(session.module, names)
    if session.settings.target == "knative":
        from faasctl.pipeline import clusters

        return clusters.package(session, components, report, publish=publish)
    return package(session.module, components, session.settings, report)


def _notes(packaged: Packaged) -> tuple[str, ...]:
    public = [
        f"{function.component.name} is PUBLIC: anybody who reaches its URL may call it"
        for function in packaged.plan.functions
        if function.component.public
    ]
    return (*(note for one in packaged.plan.functions for note in one.notes), *public)


def status(session: Session, names: Sequence[str]) -> tuple[Deployment, ...]:
    """What runs of the application; raises UnknownNameError for a name that is not deployed."""
    found = {one.name: one for one in session.runner.find(session.module.namespace)}
    return tuple(_deployed(session, found, name) for name in names or found)


def listed(session: Session, names: Sequence[str]) -> tuple[Deployment, ...]:
    """As `status`, each by the URL that callers use."""
    return tuple(as_reached(session.module, one) for one in status(session, names))


def deployment(session: Session, name: str | None) -> Deployment:
    """The deployment of one function, the only one by default; raises UnknownNameError."""
    wanted = name or one_function(session.module, None).name
    return status(session, [wanted])[0]


def _deployed(session: Session, found: Mapping[str, Deployment], name: str) -> Deployment:
    if name in found:
        return found[name]
    declared = [one.name for one in session.module.functions]
    if name in declared:
        raise UnknownNameError(f"{name!r} is not deployed", hint="type: faasctl deploy")
    raise unknown(name, [*found, *declared], "component")


def route(session: Session, name: str, words: Sequence[str]) -> Deployment:
    """Share requests between revisions as `REV=90 REV=10` says."""
    there = deployment(session, name)
    _check_owner(session, [name])
    return session.runner.route(session.module.namespace, name, parse_shares(words, there))


def rollback(session: Session, name: str, to: str | None) -> Deployment:
    """All requests to the previous revision, or to the one named; at once."""
    there = deployment(session, name)
    _check_owner(session, [name])
    revision = revision_named(to, there) if to else None
    return session.runner.rollback(session.module.namespace, name, revision)


def deletable(session: Session, names: Sequence[str]) -> tuple[str, ...]:
    """The components of this module that run; raises UnknownNameError and OwnershipError."""
    if names:
        found = tuple(one.name for one in status(session, names))
        _check_owner(session, found)
        return found
    mine = session.runner.releases(session.module.namespace)
    return tuple(name for name, one in mine.items() if one.module == session.module.name)


def delete(session: Session, names: Sequence[str]) -> tuple[str, ...]:
    """Stop and forget; returns the names of those that were there."""
    return tuple(session.runner.remove(session.module.namespace, names)) if names else ()


def _check_owner(session: Session, names: Sequence[str]) -> None:
    """Raises OwnershipError for a component that another module deployed."""
    live = session.runner.releases(session.module.namespace)
    for name in names:
        owner = live[name].module
        if owner != session.module.name:
            raise OwnershipError(
                f"{name} belongs to the module {owner}, not to {session.module.name}",
                hint="run the command in that module",
            )


def parse_shares(words: Sequence[str], deployment: Deployment) -> tuple[Share, ...]:
    """`REV=90 REV=10` as shares; a revision may be named by its number.

    Raises UnknownNameError for a revision that does not exist, or shares that make no 100.
    """
    shares = []
    for word in words:
        name, sign, percent = word.partition("=")
        if not sign or not re.fullmatch(r"[0-9]{1,3}%?", percent):
            raise UnknownNameError(f"{word!r} is no share", hint="write REVISION=PERCENT")
        shares.append(Share(revision_named(name, deployment), int(percent.removesuffix("%"))))
    if len({share.revision for share in shares}) != len(shares):
        raise UnknownNameError("a revision is named twice", hint="write REVISION=PERCENT once each")
    total = sum(share.percent for share in shares)
    if total != 100:
        raise UnknownNameError(f"the shares make {total}, not 100", hint="they must make 100")
    return tuple(shares)


def revision_named(name: str, deployment: Deployment) -> str:
    """A revision by its whole name, its number or its tag; raises UnknownNameError."""
    if name in deployment.revisions:
        return name
    if name in deployment.tags:
        return deployment.tags[name]
    by_number = [
        one for one in deployment.revisions if name.isdecimal() and _number(one) == int(name)
    ]
    if by_number:
        return by_number[0]
    raise UnknownNameError(
        f"{deployment.name} has no revision {name!r}",
        hint=f"it has {', '.join(deployment.revisions)}",
    )


def _number(revision: str) -> int:
    return int(revision.rpartition("-")[2])

"""Knative's objects as the deployments that every target speaks of; pure."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from faasctl.backends.kubernetes_judging import condition
from faasctl.backends.kubernetes_traffic import PREVIOUS, main_revision, shares, tags
from faasctl.plan import Deployment, Endpoint, KnativeRelease

Object = Mapping[str, Any]

#: Labels by which components are known; `MODULE` is who may change them.
MANAGED_BY, MODULE = "app.kubernetes.io/managed-by", "faasctl.dev/module"
OURS = {MANAGED_BY: "faasctl"}

#: Labels of revisions and of pods.
SERVICE, REVISION = "serving.knative.dev/service", "serving.knative.dev/revision"

#: On a template: how often it was tried; a revision that failed is not tried again as it is.
ATTEMPT = "faasctl.dev/attempt"

#: Annotations that Knative or the backend itself write.
_THEIRS = {"serving.knative.dev/creator", "serving.knative.dev/lastModifier", PREVIOUS}

_PATHS = (
    ("predict", "/predict"),
    ("v2", "/v2"),
    ("docs", "/docs"),
    ("openapi", "/openapi.json"),
    ("metrics", "/metrics"),
)


def name_of(thing: Object) -> str:
    return str((thing.get("metadata") or {}).get("name", ""))


def labels(thing: Object) -> Mapping[str, str]:
    return (thing.get("metadata") or {}).get("labels") or {}


def module_of(service: Object) -> str:
    """The module's own name; as a label it may have had to be changed."""
    noted = ((service.get("metadata") or {}).get("annotations") or {}).get(MODULE)
    return str(noted or labels(service).get(MODULE, ""))


def owner(service: Object) -> str:
    """To whom a Service belongs, in words."""
    own = labels(service)
    if own.get(MANAGED_BY) == "faasctl":
        return f"the module {module_of(service)!r}"
    return f"{own[MANAGED_BY]!r}" if own.get(MANAGED_BY) else "somebody else"


def deployment(service: Object, revisions: Sequence[Object], pods: Sequence[Object]) -> Deployment:
    """One component; revisions and pods of the whole namespace may be given."""
    name = name_of(service)
    own = [one for one in revisions if labels(one).get(SERVICE) == name]
    own.sort(key=_generation, reverse=True)
    main, status = main_revision(service), service.get("status") or {}
    routes, ready = condition(service, "RoutesReady"), condition(service, "Ready")
    url = str(status.get("url", ""))
    answers = routes.get("status") == "True" and bool(main)
    failed = ready.get("status") == "False"
    return Deployment(
        name=name,
        kind="MLComponent",
        target="knative",
        url=url,
        revision=main,
        artifact=next((image(one) for one in own if name_of(one) == main), ""),
        ready=answers,
        replicas=sum(1 for pod in pods if labels(pod).get(SERVICE) == name and is_up(pod)),
        last_error=str(ready.get("message") or "") if failed else "",
        status="ready" if answers else "failing" if failed else "starting",
        endpoints=_endpoints(url, status),
        traffic=shares(service),
        tags=tags(service),
        revisions=tuple(name_of(one) for one in own),
    )


def _generation(revision: Object) -> int:
    written = labels(revision).get("serving.knative.dev/configurationGeneration", "0")
    return int(written) if written.isdecimal() else 0


def _endpoints(url: str, status: Object) -> tuple[Endpoint, ...]:
    tagged = (
        Endpoint(str(one["tag"]), str(one["url"]))
        for one in status.get("traffic") or ()
        if one.get("tag") and one.get("url")
    )
    return (*(Endpoint(word, url + path) for word, path in _PATHS), *tagged)


def is_up(pod: Object) -> bool:
    """Whether a pod runs and is not leaving."""
    leaving = (pod.get("metadata") or {}).get("deletionTimestamp")
    return not leaving and (pod.get("status") or {}).get("phase") == "Running"


def image(thing: Object) -> str:
    """The image of a revision or of a Service's template."""
    spec = thing.get("spec") or {}
    spec = (spec.get("template") or {}).get("spec") or spec
    return next((str(one.get("image", "")) for one in spec.get("containers") or ()), "")


def previous(service: Object, revisions: Sequence[Object]) -> str:
    """Where a rollback goes: what was live before, else the newest older one that was ready."""
    main = main_revision(service)
    ready = [
        one
        for one in revisions
        if labels(one).get(SERVICE) == name_of(service)
        and condition(one, "Ready").get("status") == "True"
    ]
    noted = ((service.get("metadata") or {}).get("annotations") or {}).get(PREVIOUS, "")
    if noted != main and noted in {name_of(one) for one in ready}:
        return str(noted)
    current = next((_generation(one) for one in revisions if name_of(one) == main), 0)
    older = [one for one in ready if _generation(one) < current]
    return name_of(max(older, key=_generation)) if older else ""


def bare(service: Object) -> dict[str, Any]:
    """A Service without what the cluster itself writes: to be compared."""
    metadata = service.get("metadata") or {}
    kept = {
        key: value
        for key, value in (metadata.get("annotations") or {}).items()
        if key not in _THEIRS
    }
    return {
        "metadata": {"labels": metadata.get("labels") or {}, "annotations": kept},
        "spec": service.get("spec") or {},
    }


def release_of(service: Object) -> KnativeRelease:
    """A Service as a release, as far as it can be compared with one."""
    metadata = service.get("metadata") or {}
    return KnativeRelease(
        module=module_of(service),
        namespace=str(metadata.get("namespace", "")),
        name=name_of(service),
        kind="MLComponent",
        digest="",
        artifact=image(service),
        objects=json.dumps([bare(service)], sort_keys=True),
    )

"""What a deploy needs of a cluster, looked at from outside with the rights of whoever asks."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from email.utils import parsedate_to_datetime

from faasctl.backends.kubernetes_errors import SETUP
from faasctl.backends.kubernetes_link import Cluster
from faasctl.checks import Check
from faasctl.errors import FaasctlError

_GROUP = "serving.knative.dev"

#: Everything that the deployers' Role allows: group, resource, verbs.
RIGHTS: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    (_GROUP, "services", ("create", "get", "list", "patch", "delete")),
    (_GROUP, "revisions", ("get", "list")),
    ("apps", "deployments", ("get",)),
    ("", "pods", ("list",)),
    ("", "events", ("list",)),
    ("", "pods/log", ("get",)),
    ("", "secrets", ("create", "get", "list", "patch", "delete")),
    ("sinks.knative.dev", "jobsinks", ("create", "get", "list", "patch", "delete")),
)

#: Seconds by which two clocks may differ: signatures of storage links bear a few minutes.
_DRIFT = 60.0

_SERVING = "/api/v1/namespaces/knative-serving"


def checks(cluster: Cluster, namespace: str) -> Iterator[Check]:
    """One after the other; where the cluster does not answer, only that."""
    try:
        version = cluster.get("/version").get("gitVersion", "")
    except FaasctlError as error:
        yield Check("cluster", "failed", error.message, error.hint)
        return
    where = f"{cluster.context} ({cluster.server}), Kubernetes {version}"
    yield Check("cluster", "ok", where)
    yield clock(cluster.date(), time.time())
    looks: Mapping[str, Callable[[Cluster, str], Check]] = {
        "knative": _knative,
        "ingress": _ingress,
        "domain": _domain,
        "namespace": _namespace,
        "permissions": _permissions,
    }
    for name, look in looks.items():
        try:
            yield look(cluster, namespace)
        except FaasctlError as error:
            yield Check(name, "skipped", f"can't be looked at: {error.message}")


def clock(said: str, now: float) -> Check:
    """Whether this machine's clock and the cluster's agree."""
    if not said:
        return Check("clock", "skipped", "the cluster does not tell its time")
    drift = now - parsedate_to_datetime(said).timestamp()
    if abs(drift) > _DRIFT:
        how = "ahead of" if drift > 0 else "behind"
        message = f"this machine is {abs(drift):.0f} s {how} the cluster"
        return Check("clock", "failed", message, "set the clock: sudo timedatectl set-ntp true")
    return Check("clock", "ok", "as the cluster's")


def _knative(cluster: Cluster, namespace: str) -> Check:
    path = f"/apis/{_GROUP}/v1/namespaces/{namespace}/services"
    if cluster.find(f"/apis/{_GROUP}/v1") is None:
        fix = "install Knative Serving: https://knative.dev/docs/install"
        return Check("knative", "failed", "the cluster has no Knative Serving", fix)
    cluster.items(path)
    return Check("knative", "ok", f"Knative Serving {_version(cluster)}".rstrip())


def _version(cluster: Cluster) -> str:
    """As the namespace is labelled; empty for who may not read it."""
    try:
        found = cluster.find("/api/v1/namespaces/knative-serving")
    except FaasctlError:
        return ""
    labels = ((found or {}).get("metadata") or {}).get("labels") or {}
    return str(labels.get("app.kubernetes.io/version", ""))


def _ingress(cluster: Cluster, _: str) -> Check:
    found = cluster.find(f"{_SERVING}/configmaps/config-network") or {}
    data = found.get("data") or {}
    default = "istio.ingress.networking.knative.dev"
    name = data.get("ingress-class") or data.get("ingress.class") or default
    return Check("ingress", "ok", str(name))


def _domain(cluster: Cluster, _: str) -> Check:
    found = cluster.find(f"{_SERVING}/configmaps/config-domain") or {}
    names = [one for one in found.get("data") or {} if one != "_example"]
    if names:
        return Check("domain", "ok", ", ".join(names))
    return Check(
        "domain",
        "failed",
        "no domain is set: URLs end in svc.cluster.local and answer inside the cluster only",
        "kubectl patch configmap/config-domain -n knative-serving --type merge "
        '-p \'{"data":{"YOUR.DOMAIN":""}}\'',
    )


def _namespace(cluster: Cluster, namespace: str) -> Check:
    found = cluster.find(f"/api/v1/namespaces/{namespace}")
    if found is None:
        fix = f"kubectl create namespace {namespace}; or all at once: {SETUP}"
        return Check("namespace", "failed", f"there is no namespace {namespace}", fix)
    label = "pod-security.kubernetes.io/enforce"
    level = (found["metadata"].get("labels") or {}).get(label, "")
    if level == "restricted":
        return Check("namespace", "ok", f"{namespace}, pod security restricted")
    return Check(
        "namespace",
        "failed",
        f"{namespace} does not enforce restricted pod security (it says {level or 'nothing'})",
        f"kubectl label namespace {namespace} {label}=restricted --overwrite",
    )


def _permissions(cluster: Cluster, namespace: str) -> Check:
    missing = [
        f"{verb} {resource}.{group}" if group else f"{verb} {resource}"
        for group, resource, verbs in RIGHTS
        for verb in verbs
        if not _may(cluster, namespace, (group, resource, verb))
    ]
    if not missing:
        return Check("permissions", "ok", f"all that a deploy needs in {namespace}")
    return Check("permissions", "failed", f"missing in {namespace}: {', '.join(missing)}", SETUP)


def _may(cluster: Cluster, namespace: str, right: tuple[str, str, str]) -> bool:
    group, whole, verb = right
    resource, _, part = whole.partition("/")
    asked = {"namespace": namespace, "verb": verb, "group": group, "resource": resource}
    review = cluster.create(
        "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews",
        {
            "apiVersion": "authorization.k8s.io/v1",
            "kind": "SelfSubjectAccessReview",
            "spec": {"resourceAttributes": {**asked, "subresource": part}},
        },
    )
    return bool(review["status"]["allowed"])


def pulled(cluster: Cluster, namespace: str, registry: str) -> Check:
    """Whether nodes reach a registry, by what they told when they last pulled from it."""
    try:
        events = cluster.items(f"/api/v1/namespaces/{namespace}/events")
    except FaasctlError as error:
        return Check("registry from nodes", "skipped", error.message)
    told = [str(one.get("message", "")) for one in events]
    if any(f'Successfully pulled image "{registry}' in one for one in told):
        return Check("registry from nodes", "ok", f"nodes pulled from {registry}")
    failed = next((one for one in told if f'ailed to pull image "{registry}' in one), None)
    if failed:
        fix = "let the nodes reach it, or give the namespace's service account a pull secret"
        return Check("registry from nodes", "failed", failed[-300:], fix)
    return Check("registry from nodes", "skipped", "no pod pulled from it lately; deploy shows it")

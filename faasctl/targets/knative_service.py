"""One function as a Knative Service: exactly what is applied; pure.

No Knative feature flag beyond the defaults is needed, and the pod passes the "restricted" pod
security standard.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from typing import Any

from faasctl.compile import uses_boxes
from faasctl.manifest.quantities import format_cpu, format_memory
from faasctl.model import EnvSecret, EnvValue, EnvVar, MLComponent, MountedBox, Resources, Scaling
from faasctl.plan import Plan, StorageAddress
from faasctl.targets.local import storage_environment

#: The port that the handler listens on.
PORT = 8080

#: Seconds in the window over which Knative looks at requests, and requests at once in a container.
WINDOW, MOST_AT_ONCE = (6, 3600), 1000

#: Bytes of /tmp, which is memory, where the component has no memory limit.
_TMP = 256 * 1024**2

_SECURITY = {
    "runAsNonRoot": True,
    "allowPrivilegeEscalation": False,
    "readOnlyRootFilesystem": True,
    "capabilities": {"drop": ["ALL"]},
    "seccompProfile": {"type": "RuntimeDefault"},
}

#: Variables of the storage that may be missing from the secret.
_OPTIONAL = {"FAASCTL_S3_TOKEN"}

Object = dict[str, Any]


def service(
    plan: Plan,
    component: MLComponent,
    image: str,
    *,
    namespace: str,
    storage: StorageAddress | None,
) -> Object:
    """The Service of a component; `image` is pinned by digest."""
    visible = {} if component.public else {"networking.knative.dev/visibility": "cluster-local"}
    labels = _labels(plan, component)
    environment = component.env
    if storage is not None and uses_boxes(component):
        environment = (*environment, *storage_environment(storage))
    volumes = dict(_volumes(component))
    return {
        "apiVersion": "serving.knative.dev/v1",
        "kind": "Service",
        "metadata": {
            "name": component.name,
            "namespace": namespace,
            "labels": {**labels, **visible},
            "annotations": {"faasctl.dev/module": plan.module},
        },
        "spec": {
            "template": {
                "metadata": {"labels": labels, "annotations": _annotations(component.scaling)},
                "spec": {
                    "automountServiceAccountToken": False,
                    "containerConcurrency": min(component.scaling.concurrency, MOST_AT_ONCE),
                    "timeoutSeconds": math.ceil(component.timeout),
                    "containers": [_container(component, image, environment, tuple(volumes))],
                    "volumes": [
                        {"name": _volume_name(place), "emptyDir": volume}
                        for place, volume in enumerate(volumes.values())
                    ],
                },
            },
            "traffic": [{"latestRevision": True, "percent": 100}],
        },
    }


def module_label(module: str) -> str:
    """A module's name as a label's value may be."""
    return re.sub(r"[^A-Za-z0-9._-]", "-", module)[:63].strip("-._") or "module"


def window(idle: float) -> int:
    """Whole seconds as Knative takes them."""
    low, high = WINDOW
    return min(max(math.ceil(idle), low), high)


def _labels(plan: Plan, component: MLComponent) -> dict[str, str]:
    return {
        "app.kubernetes.io/name": component.name,
        "app.kubernetes.io/component": "function",
        "app.kubernetes.io/part-of": plan.namespace,
        "app.kubernetes.io/managed-by": "faasctl",
        "faasctl.dev/module": module_label(plan.module),
    }


def _annotations(scaling: Scaling) -> dict[str, str]:
    """A window, bounds, and the activator out of the path of warm calls where it is not needed.

    The progress deadline is Knative's default, written out: a deploy fails at the first sure sign,
    not by waiting for it.
    """
    found = {
        "autoscaling.knative.dev/min-scale": str(scaling.min),
        "autoscaling.knative.dev/max-scale": str(scaling.max),
        "autoscaling.knative.dev/window": f"{window(scaling.idle)}s",
        "serving.knative.dev/progress-deadline": "600s",
    }
    if scaling.burst is not None:
        found["autoscaling.knative.dev/target-burst-capacity"] = str(scaling.burst)
    elif scaling.concurrency == 0:
        # With a limit of requests per container it is the activator that keeps the queue.
        found["autoscaling.knative.dev/target-burst-capacity"] = "0"
    return found


def _container(
    component: MLComponent, image: str, environment: tuple[EnvVar, ...], places: tuple[str, ...]
) -> Object:
    found: Object = {
        "image": image,
        "ports": [
            {"containerPort": PORT, "name": "h2c" if component.protocol == "grpc" else "http1"}
        ],
        "readinessProbe": {
            "httpGet": {"path": "/v2/health/ready", "port": PORT},
            "periodSeconds": 1,
        },
        "securityContext": _SECURITY,
        "volumeMounts": [
            {"name": _volume_name(number), "mountPath": place}
            for number, place in enumerate(places)
        ],
    }
    resources = _resources(component)
    if resources:
        found["resources"] = resources
    if environment:
        found["env"] = [_variable(one) for one in environment]
    return found


def _resources(component: MLComponent) -> Object:
    """Memory is requested as it is limited, unless the manifest requests another amount."""
    limits, requests = component.limits, component.requests
    memory = requests.memory if requests.memory is not None else limits.memory
    asked = Resources(cpu=requests.cpu, memory=memory)
    found = {"limits": _quantities(limits), "requests": _quantities(asked)}
    return {key: value for key, value in found.items() if value}


def _quantities(resources: Resources) -> dict[str, str]:
    found = {}
    if resources.cpu is not None:
        found["cpu"] = format_cpu(resources.cpu)
    if resources.memory is not None:
        found["memory"] = format_memory(resources.memory)
    if resources.gpu:
        found["nvidia.com/gpu"] = str(resources.gpu)
    return found


def _variable(variable: EnvVar) -> Object:
    match variable:
        case EnvValue(name, value):
            return {"name": name, "value": value}
        case EnvSecret(name, secret):
            source: Object = {"name": secret.name, "key": secret.key}
            if name in _OPTIONAL:
                source["optional"] = True
            return {"name": name, "valueFrom": {"secretKeyRef": source}}


def _volumes(component: MLComponent) -> Iterator[tuple[str, Object]]:
    """Folders that a function may write to, by path: the root is read-only."""
    limit = component.limits.memory
    yield "/tmp", {"medium": "Memory", "sizeLimit": format_memory(limit or _TMP)}  # noqa: S108
    if component.file_exchange is not None:
        yield component.file_exchange.inference_files_path.rstrip("/"), {}
    for one in component.connections:
        if isinstance(one, MountedBox):
            yield one.path.rstrip("/"), {}


def _volume_name(number: int) -> str:
    return f"folder-{number}" if number else "tmp"

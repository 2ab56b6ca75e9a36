"""Secrets of the knative target: Kubernetes Secrets of the namespace that faasctl made."""

from __future__ import annotations

import base64
from dataclasses import dataclass

from faasctl.backends import kubernetes_state as state
from faasctl.backends.kubernetes_link import Cluster, Object
from faasctl.errors import OwnershipError
from faasctl.model import SecretKey


@dataclass(frozen=True, slots=True)
class ClusterSecrets:
    """`override` is the cluster's namespace where it is not the application's own."""

    cluster: Cluster
    override: str = ""

    def set_value(self, namespace: str, secret: SecretKey, value: str) -> None:
        """Write one key; the others of the secret stay. Raises OwnershipError."""
        space = self.override or namespace
        data = {secret.key: base64.b64encode(value.encode()).decode()}
        path = f"{_all(space)}/{secret.name}"
        live = self.cluster.find(path)
        if live is None:
            self.cluster.create(_all(space), _new(secret.name, data))
            return
        _check(live, space)
        if _keys(live).get(secret.key) != data[secret.key]:
            self.cluster.merge(path, {"data": data})

    def names(self, namespace: str) -> tuple[str, ...]:
        """All `NAME/KEY` that faasctl made, sorted."""
        found = self.cluster.items(_all(self.override or namespace), state.OURS)
        return tuple(sorted(f"{state.name_of(one)}/{key}" for one in found for key in _keys(one)))

    def remove(self, namespace: str, secret: SecretKey) -> bool:
        """Forget one key; False when it was not there. Raises OwnershipError."""
        space = self.override or namespace
        path = f"{_all(space)}/{secret.name}"
        live = self.cluster.find(path)
        if live is None or secret.key not in _keys(live):
            return False
        _check(live, space)
        if len(_keys(live)) == 1:
            return self.cluster.delete(path)
        self.cluster.merge(path, {"data": {secret.key: None}})
        return True


def _all(namespace: str) -> str:
    return f"/api/v1/namespaces/{namespace}/secrets"


def _new(name: str, data: dict[str, str]) -> Object:
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "type": "Opaque",
        "metadata": {"name": name, "labels": dict(state.OURS)},
        "data": data,
    }


def _keys(secret: Object) -> dict[str, str]:
    return secret.get("data") or {}


def _check(secret: Object, namespace: str) -> None:
    if state.labels(secret).get(state.MANAGED_BY) != "faasctl":
        raise OwnershipError(
            f"the Secret {state.name_of(secret)} of the namespace {namespace} is not faasctl's",
            hint="choose another name; functions can use it as it is: secret: NAME/KEY",
        )

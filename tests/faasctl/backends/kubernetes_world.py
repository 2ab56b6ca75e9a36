"""A namespace of a real cluster with nothing but what `knative/` puts there, and who deploys to it.

The cluster is the one that FAASCTL_TEST_KUBECONFIG names; its account may make namespaces.
"""

from __future__ import annotations

import json
import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import yaml
from kubernetes import client
from kubernetes import config as untyped

from faasctl import http as calls
from faasctl.backends.kubernetes import Knative
from faasctl.backends.kubernetes_link import Cluster, Object
from faasctl.build import registry
from faasctl.model import EntryPoint, EnvValue, EnvVar, MLComponent, Module, Position, Resources
from faasctl.plan import Event, KnativeRelease
from faasctl.targets import knative
from faasctl.targets.knative import ClusterSite
from faasctl.targets.local import Sources

config: Any = untyped
KNATIVE = Path(__file__).parents[3] / "knative"
REGISTRY = os.environ.get("FAASCTL_TEST_REGISTRY", "localhost:5000")
HERE = Position("manifests/f.yaml", 1, 1)

#: The paths under which the shipped kinds lie.
_KINDS = {
    "ServiceAccount": "/api/v1/namespaces/{}/serviceaccounts",
    "Role": "/apis/rbac.authorization.k8s.io/v1/namespaces/{}/roles",
    "RoleBinding": "/apis/rbac.authorization.k8s.io/v1/namespaces/{}/rolebindings",
}


@dataclass(frozen=True, slots=True)
class Ground:
    """A namespace, and who acts in it: `deployer` may do what the shipped Role allows."""

    namespace: str
    admin: Cluster
    deployer: Cluster
    nobody: Cluster

    def backend(self, who: Cluster | None = None, start_timeout: float | None = None) -> Knative:
        chosen = who or self.deployer
        return Knative(lambda: chosen, self.namespace, start_timeout)

    def release(
        self, name: str, *env: EnvVar, image: str = "", module: str = "shop"
    ) -> KnativeRelease:
        """A function that is the smallest server there is."""
        component = MLComponent(
            name,
            HERE,
            entry_point=EntryPoint("src", "a.b", HERE),
            env=env,
            public=True,
            requests=Resources(cpu=10),
        )
        whole = Module(Path("/m") / module, "shop", (component,))
        plan = knative.plan(whole, [component], {name: Sources("", ">=3.11", ())}, [])
        site = ClusterSite(self.namespace)
        return knative.render(plan, {name: image or hello()}, site)[0]

    def get(self, host: str, path: str = "/") -> calls.Answer:
        """What the gateway answers for a host."""
        parts = urlsplit(os.environ.get("FAASCTL_TEST_GATEWAY", "http://127.0.0.1:80"))
        place = calls.Tcp(parts.hostname or "", parts.port or 80)
        return calls.send(place, calls.Request("GET", path, None, {"Host": host}))


def hello() -> str:
    return _pinned("kit/hello", "dev")


def scripted(release: KnativeRelease, script: str) -> KnativeRelease:
    """The same release, with Python and a script for its container."""
    (service,) = json.loads(release.objects)
    container = service["spec"]["template"]["spec"]["containers"][0]
    container |= {"image": _pinned("python", "3.11-slim"), "command": ["python3", "-c", script]}
    container["securityContext"]["runAsUser"] = 65532
    return replace(release, objects=json.dumps([service]))


def _pinned(repository: str, tag: str) -> str:
    digest, _ = registry.resolve(f"{REGISTRY}/{repository}:{tag}")
    return f"{REGISTRY}/{repository}@{digest}"


def ignore(_: Event) -> None:
    """Nobody looks at the progress."""


def numbered(number: int) -> EnvValue:
    return EnvValue("NUMBER", str(number))


@contextmanager
def ground() -> Iterator[Ground]:
    """A namespace that is gone afterwards."""
    admin = _admin()
    name = f"faasctl-test-{uuid.uuid4().hex[:8]}"
    (space,) = _documents("namespace.yaml", name)
    admin.create("/api/v1/namespaces", space)
    try:
        for one in _documents("deployer.yaml", name):
            admin.create(_KINDS[one["kind"]].format(name), one)
        _account(admin, name, "nobody")
        deployer, nobody = (_as(admin, name, one) for one in ("faasctl-deployer", "nobody"))
        yield Ground(name, admin, deployer, nobody)
    finally:
        admin.delete(f"/api/v1/namespaces/{name}")
        for cluster in (admin, deployer, nobody):
            cluster.client.rest_client.pool_manager.clear()


def _admin() -> Cluster:
    made = config.new_client_from_config(os.environ["FAASCTL_TEST_KUBECONFIG"])
    return Cluster("test", made.configuration.host.rstrip("/"), "admin", made)


def _documents(file: str, namespace: str) -> list[Object]:
    """What the repository ships, for another namespace."""
    text = (KNATIVE / file).read_text("utf-8").replace("faasctl-functions", namespace)
    return [one for one in yaml.safe_load_all(text) if one]


def _account(admin: Cluster, namespace: str, name: str) -> None:
    body = {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": name}}
    admin.create(_KINDS["ServiceAccount"].format(namespace), body)


def _as(admin: Cluster, namespace: str, account: str) -> Cluster:
    """The cluster with an account's own token."""
    path = f"{_KINDS['ServiceAccount'].format(namespace)}/{account}/token"
    body = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": {}}
    token = admin.create(path, body)["status"]["token"]
    settings: Any = client.Configuration()
    settings.host, settings.ssl_ca_cert = admin.server, admin.client.configuration.ssl_ca_cert
    settings.api_key = {"authorization": f"Bearer {token}"}
    return Cluster("test", admin.server, account, client.ApiClient(settings))

"""One cluster as its API server answers: requests by path, JSON in and out, errors in our words."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from faasctl.backends.kubernetes_errors import error_of
from faasctl.errors import UnreachableError, UsageError

#: Who owns the fields that a deploy sets, and who those that say where requests go: apart, so
#: that traffic can be moved without repeating everything else.
MANAGER, TRAFFIC_MANAGER = "faasctl", "faasctl-traffic"

SERVING = "/apis/serving.knative.dev/v1"

_APPLY, _MERGE = "application/apply-patch+yaml", "application/merge-patch+json"
_TIMES = 10.0, 60.0

Object = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Cluster:
    """`context` is the name in the kubeconfig, `server` the API server's URL."""

    context: str
    server: str
    user: str
    client: Any

    def find(self, path: str) -> Object | None:
        """An object, or None where there is none."""
        answer = self._ask("GET", path)
        if answer.status == 404:
            return None
        return _parsed(answer, path)

    def get(self, path: str) -> Object:
        return _parsed(self._ask("GET", path), path)

    def items(self, path: str, labels: Mapping[str, str] | None = None) -> Sequence[Object]:
        """All objects of a kind that have these labels."""
        wanted = ",".join(f"{key}={value}" for key, value in (labels or {}).items())
        query = {"labelSelector": wanted} if wanted else {}
        found: Sequence[Object] = _parsed(self._ask("GET", path, query), path).get("items") or []
        return found

    def create(self, path: str, body: Object) -> Object:
        return _parsed(self._ask("POST", path, body=body), _named(body))

    def apply(
        self, path: str, body: Object, *, manager: str = MANAGER, dry_run: bool = False
    ) -> Object:
        """Server-side apply; raises OwnershipError for fields that others own."""
        query = {"fieldManager": manager, "force": "false"}
        if dry_run:
            query["dryRun"] = "All"
        return _parsed(self._ask("PATCH", path, query, body, _APPLY), _named(body))

    def merge(self, path: str, body: Object) -> Object | None:
        """Change some fields; None where there is no such object."""
        answer = self._ask("PATCH", path, {"fieldManager": MANAGER}, body, _MERGE)
        return None if answer.status == 404 else _parsed(answer, path)

    def delete(self, path: str) -> bool:
        """False where there was none."""
        answer = self._ask("DELETE", path, {"propagationPolicy": "Background"})
        if answer.status == 404:
            return False
        _parsed(answer, path)
        return True

    def date(self) -> str:
        """The API server's clock, as HTTP writes it; empty where it does not say."""
        return str(self._ask("GET", "/version").headers.get("Date", ""))

    def lines(self, path: str, query: Mapping[str, str]) -> Iterator[str]:
        """An answer as text, line by line as it comes."""
        answer = self._ask("GET", path, query, stream=True)
        try:
            if answer.status >= 300:
                raise error_of(answer.status, answer.read().decode("utf-8", "replace"), path)
            rest = b""
            for chunk in answer.stream(4096):
                *whole, rest = (rest + chunk).split(b"\n")
                yield from (line.decode("utf-8", "replace") for line in whole)
            if rest:
                yield rest.decode("utf-8", "replace")
        finally:
            answer.close()

    def _ask(
        self,
        method: str,
        path: str,
        query: Mapping[str, str] | None = None,
        body: Object | None = None,
        kind: str = "application/json",
        *,
        stream: bool = False,
    ) -> Any:
        from urllib3 import Retry, Timeout
        from urllib3.exceptions import HTTPError

        url = f"{self.server}{path}" + (f"?{urlencode(query)}" if query else "")
        connect, read = _TIMES
        try:
            return self.client.rest_client.pool_manager.request(
                method,
                url,
                body=None if body is None else json.dumps(body),
                headers={"Accept": "application/json", "Content-Type": kind, **self._credentials()},
                timeout=Timeout(connect=connect, read=None if stream else read),
                retries=Retry(total=2, read=0, redirect=0, backoff_factor=0.1),
                preload_content=not stream,
            )
        except HTTPError as error:
            raise UnreachableError(
                f"the cluster of context {self.context!r} ({self.server}) does not answer: "
                f"{getattr(error, 'reason', None) or error}",
                hint="is it running? choose another with --context, or set KUBECONFIG",
            ) from error

    def _credentials(self) -> Mapping[str, str]:
        """The header of this moment: tokens are renewed by the kubeconfig's own rules."""
        found = self.client.configuration.auth_settings().values()
        return {one["key"]: one["value"] for one in found if one.get("in") == "header"}


def open_cluster(context: str) -> Cluster:
    """The cluster of a context, the kubeconfig's current one for an empty name.

    Inside a cluster without a kubeconfig it is that cluster. Raises UsageError.
    """
    from kubernetes import client
    from kubernetes import config as untyped

    config: Any = untyped
    try:
        contexts, active = config.list_kube_config_contexts()
    except config.ConfigException as error:
        if context or "KUBERNETES_SERVICE_HOST" not in os.environ:
            raise UsageError(
                f"there is no usable kubeconfig: {error}",
                hint="set KUBECONFIG to the cluster's file",
            ) from error
        config.load_incluster_config()
        made = client.ApiClient()
        return Cluster("in-cluster", made.configuration.host, "service account", made)
    known = {one["name"]: one for one in contexts}
    name = context or (active or {}).get("name", "")
    if name not in known:
        raise UsageError(
            f"the kubeconfig has no context {name!r}",
            hint=f"--context is one of {', '.join(sorted(known))}",
        )
    try:
        made = config.new_client_from_config(context=name)
    except (config.ConfigException, OSError) as error:
        raise UsageError(f"context {name!r} can't be used: {error}") from error
    user = known[name].get("context", {}).get("user", "")
    return Cluster(name, made.configuration.host.rstrip("/"), user, made)


def _parsed(answer: Any, what: str) -> Object:
    if answer.status >= 300:
        raise error_of(answer.status, answer.data.decode("utf-8", "replace"), what)
    found: Object = json.loads(answer.data)
    return found


def _named(body: Object) -> str:
    return f"{body.get('kind', 'object')} {body.get('metadata', {}).get('name', '')}"

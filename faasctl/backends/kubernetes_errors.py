"""What a Kubernetes API server refuses, in words a user can act on; pure."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from faasctl.errors import DeployError, FaasctlError, OwnershipError, UnknownNameError

#: Where the roles and the namespace are that an administrator applies once.
SETUP = "kubectl apply -k knative"

#: What helps against a quota.
QUOTA = "ask for less under spec.resourceLimits and spec.resources, or for a larger quota"

_FORBIDDEN = re.compile(
    r'User "(?P<user>[^"]*)" cannot (?P<verb>\w+) resource "(?P<resource>[^"]+)"'
    r'(?: in API group "(?P<group>[^"]*)")?'
)
_WEBHOOK = re.compile(
    r'^admission webhook "(?P<hook>[^"]+)" denied the request: (?P<why>.*)', re.DOTALL
)


def error_of(status: int, body: str, what: str) -> FaasctlError:
    """The error for an answer of the API server; `what` names the object, as `Service iris`."""
    said = _parsed(body)
    message = str(said.get("message") or body.strip() or f"status {status}")
    if status == 401:
        return FaasctlError(
            f"{what}: the cluster does not accept these credentials: {message}",
            hint="log in again, or choose another context with --context",
        )
    if status == 403:
        return _forbidden(message, what)
    if status == 404:
        return _missing(message, said, what)
    if status == 409:
        return _conflict(message, said, what)
    return _refused(status, message, what)


def _refused(status: int, message: str, what: str) -> FaasctlError:
    if "exceeded quota" in message:
        return DeployError(f"{what}: the namespace's quota is used up: {message}", hint=QUOTA)
    refused = _WEBHOOK.match(message)
    if refused:
        return DeployError(
            f"{what}: refused by the cluster ({refused['hook']}): {refused['why'].strip()}",
            hint="change what it names in the manifest, then deploy again",
        )
    return DeployError(f"{what}: the cluster answered {status}: {message}")


def _parsed(body: str) -> Mapping[str, Any]:
    try:
        said = json.loads(body)
    except ValueError:
        return {}
    return said if isinstance(said, dict) else {}


def _forbidden(message: str, what: str) -> FaasctlError:
    match = _FORBIDDEN.search(message)
    if match is None:
        return DeployError(
            f"{what}: refused by the cluster: {message}",
            hint="the reason above says which rule; an administrator can change it",
        )
    resource = f"{match['resource']}.{match['group']}" if match["group"] else match["resource"]
    return DeployError(
        f"{what}: no permission: {match['user']} may not {match['verb']} {resource}",
        hint=f"an administrator gives it once with the Role faasctl-deployer: {SETUP}",
    )


def _missing(message: str, said: Mapping[str, Any], what: str) -> FaasctlError:
    details = said.get("details") or {}
    if details.get("kind") == "namespaces":
        name = details.get("name", "")
        return UnknownNameError(
            f"{what}: the cluster has no namespace {name!r}",
            hint=f"an administrator makes it: {SETUP}; or choose one with --namespace",
        )
    if not details.get("name"):
        return DeployError(
            f"{what}: the cluster does not know this kind of object: {message}",
            hint="is Knative Serving installed? faasctl doctor --target knative",
        )
    return UnknownNameError(f"{what}: {message}")


def _conflict(message: str, said: Mapping[str, Any], what: str) -> FaasctlError:
    causes = (said.get("details") or {}).get("causes") or []
    fields = [one for one in causes if one.get("reason") == "FieldManagerConflict"]
    if not fields:
        return DeployError(f"{what}: somebody else changed it just now: {message}")
    told = ", ".join(f"{one.get('field', '?')} (by {_owner(one)})" for one in fields)
    return OwnershipError(
        f"{what}: fields that others set stand in the way: {told}",
        hint="take the change back where it was made, or write it into the manifest",
    )


def _owner(cause: Mapping[str, Any]) -> str:
    found = re.search(r'conflict with "([^"]+)"', str(cause.get("message", "")))
    return found[1] if found else "somebody else"

"""Whether a new revision comes up, goes on starting, or never will; pure.

The pods are looked at before the revision: they know the reason minutes before it does.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from faasctl.backends.kubernetes_errors import QUOTA

Object = Mapping[str, Any]

#: The container of a pod that is the function's own.
CONTAINER = "user-container"

#: Reasons why a container waits that waiting does not mend.
_HOPELESS = {
    "CreateContainerConfigError": "the container can't be set up",
    "CreateContainerError": "the container can't be made",
    "RunContainerError": "the container can't be started",
    "InvalidImageName": "the image's name is not valid",
    "ErrImageNeverPull": "the image is not on the node and may not be pulled",
}
_PULLING = {"ErrImagePull", "ImagePullBackOff"}

#: What a registry says of an image that no second try will find.
_SURE = ("not found", "manifest unknown", "denied", "unauthorized", "no match for platform")

#: Pulls that failed before a failure counts as lasting.
_PULLS = 2


@dataclass(frozen=True, slots=True)
class Seen:
    """One look: the revision, its pods, its Deployment, what the cluster told of the first pod.

    `pulls` counts the pulls that failed so far.
    """

    revision: Object
    pods: Sequence[Object] = ()
    deployment: Object | None = None
    told: str = ""
    pulls: int = 0


@dataclass(frozen=True, slots=True)
class Up:
    """The revision would answer."""


@dataclass(frozen=True, slots=True)
class Coming:
    """Not yet; `running` when the container runs and does not answer its probe."""

    message: str
    running: bool = False


@dataclass(frozen=True, slots=True)
class Broken:
    """It will not come up; `log` holds the function's own last lines."""

    message: str
    log: tuple[str, ...] = ()
    hint: str | None = None


Verdict = Up | Coming | Broken


def judge(seen: Seen) -> Verdict:
    """What one look amounts to."""
    ready = condition(seen.revision, "Ready")
    if ready.get("status") == "True":
        return Up()
    for pod in seen.pods:
        found = _pod(pod, seen)
        if found is not None:
            return found
    failure = condition(seen.deployment or {}, "ReplicaFailure")
    if not seen.pods and failure.get("status") == "True":
        return _no_pod(str(failure.get("message", "")))
    if ready.get("status") == "False":
        return Broken(_told(ready))
    if seen.pods:
        return _starting(seen.pods[0], seen.told)
    return Coming(_told(ready) if ready.get("message") else "waiting for a pod")


def condition(thing: Object, kind: str) -> Object:
    """A condition of an object's status by its type, empty where it has none."""
    found = (thing.get("status") or {}).get("conditions") or ()
    return next((one for one in found if one.get("type") == kind), {})


def container(pod: Object) -> Object:
    """The status of the function's container in a pod."""
    found = (pod.get("status") or {}).get("containerStatuses") or ()
    return next((one for one in found if one.get("name") == CONTAINER), {})


def is_pull_failure(pod: Object) -> bool:
    """Whether the last pull failed just now; between two tries a pod says ImagePullBackOff."""
    waiting = (container(pod).get("state") or {}).get("waiting") or {}
    return bool(waiting.get("reason") == "ErrImagePull")


def _pod(pod: Object, seen: Seen) -> Broken | None:
    own = container(pod)
    waiting = (own.get("state") or {}).get("waiting") or {}
    reason, message = str(waiting.get("reason", "")), str(waiting.get("message", ""))
    if reason in _PULLING and (_is_sure(message) or seen.pulls >= _PULLS):
        return Broken(
            f"the image can't be pulled: {_pull(message) or reason}",
            hint="does the node reach the registry, and may it? faasctl doctor --target knative",
        )
    if reason in _HOPELESS:
        return Broken(f"{_HOPELESS[reason]}: {message or reason}", hint=_mend(message))
    last = (own.get("lastState") or {}).get("terminated") or {}
    if int(own.get("restartCount") or 0) >= 1 or reason == "CrashLoopBackOff":
        return _crashed(last)
    return None


def _is_sure(message: str) -> bool:
    return any(word in message.lower() for word in _SURE)


def _pull(message: str) -> str:
    """The registry's own words, at the end of the runtime's."""
    plain = message.replace("\\", "").strip()
    return plain.rpartition("failed to resolve reference ")[2][-400:]


def _mend(message: str) -> str | None:
    if "secret" in message:
        return "faasctl secret set NAME/KEY --target knative"
    if "runAsNonRoot" in message or "non-numeric user" in message:
        return "give the image a user by number other than 0 (USER 65532)"
    return None


def _crashed(last: Object) -> Broken:
    lines = tuple(str(last.get("message") or "").splitlines())
    code, reason = last.get("exitCode"), last.get("reason")
    if reason == "OOMKilled":
        hint = "raise spec.resourceLimits.memory"
        return Broken("the function was killed: it went over its memory limit", lines, hint)
    said = next(_own_words(lines), "")
    how = f"the function's process ended with code {code}" if last else "it crashes again and again"
    return Broken(said or how, lines)


def _own_words(lines: Sequence[str]) -> Iterator[str]:
    """What the handler said of a start that failed, last first."""
    for line in reversed(lines):
        try:
            said = json.loads(line)
        except ValueError:
            continue
        if isinstance(said, dict) and said.get("event") == "startup_failed":
            error = said.get("error") or {}
            where = f"{error['file']}:{error.get('line', 0)}: " if error.get("file") else ""
            yield f"{where}{error.get('type', 'Error')}: {error.get('message', '')}"


def _no_pod(message: str) -> Broken:
    if "exceeded quota" in message:
        return Broken(f"the namespace's quota is used up: {message}", hint=QUOTA)
    if "violates PodSecurity" in message:
        return Broken(f"the namespace's pod security refuses the pod: {message}")
    return Broken(f"no pod can be made: {message}")


def _starting(pod: Object, told: str) -> Coming:
    scheduled = condition(pod, "PodScheduled")
    if scheduled.get("status") == "False":
        return Coming(f"no node takes the pod: {scheduled.get('message', '')}")
    own = container(pod)
    state = own.get("state") or {}
    if "running" in state:
        return Coming("running, not ready yet", running=True)
    waiting = state.get("waiting") or {}
    if waiting.get("reason") in _PULLING:
        return Coming(f"the image can't be pulled yet: {_pull(str(waiting.get('message', '')))}")
    return Coming(f"pod: {told}" if told else "a pod")


def _told(condition: Object) -> str:
    reason, message = condition.get("reason", ""), condition.get("message", "")
    return f"{reason}: {message}" if reason and message else str(message or reason)

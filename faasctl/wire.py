"""What the command line and the local gateway say to one another, as bytes.

The control interface is HTTP with JSON over a Unix socket; its values are those of `plan`, and
these few. Both sides read and write them here, so neither knows the other's code.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any, TypeVar, get_type_hints

import msgspec

from faasctl import errors
from faasctl.errors import DeployError, FaasctlError
from faasctl.model import EnvSecret, EnvValue, EnvVar
from faasctl.plan import (
    AllTraffic,
    Deployment,
    Event,
    LocalRelease,
    Rollout,
    Share,
    TagOnly,
    Weighted,
)


@dataclass(frozen=True, slots=True)
class GatewayInfo:
    """What `gateway.json` says: how to reach the gateway that runs."""

    pid: int
    port: int
    url: str
    socket: str
    started_at: float
    version: str
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ProcessInfo:
    """One function process; `memory` is resident bytes of it and what it started."""

    namespace: str
    component: str
    revision: str
    number: int
    pid: int
    port: int
    phase: str
    in_flight: int
    served: int
    memory: int
    started_at: float


@dataclass(frozen=True, slots=True)
class RevisionInfo:
    """One revision's processes so far: how many were started, how many run, what went wrong."""

    namespace: str
    component: str
    revision: str
    starts: int
    running: int
    last_error: str


@dataclass(frozen=True, slots=True)
class Activity:
    """What the gateway does at this moment."""

    processes: tuple[ProcessInfo, ...] = ()
    revisions: tuple[RevisionInfo, ...] = ()


@dataclass(frozen=True, slots=True)
class DeployRequest:
    """`start_timeout` in seconds for each process to become ready; None is the default."""

    releases: tuple[LocalRelease, ...]
    rollout: Rollout = field(default_factory=AllTraffic)
    start_timeout: float | None = None


@dataclass(frozen=True, slots=True)
class Traffic:
    """The wish to divide a component's requests so."""

    shares: tuple[Share, ...]


@dataclass(frozen=True, slots=True)
class Rollback:
    """The wish to go back; None is to what was live before."""

    to: str | None


@dataclass(frozen=True, slots=True)
class Deployed:
    """The last word of a deploy that worked."""

    deployments: tuple[Deployment, ...]


@dataclass(frozen=True, slots=True)
class Fault:
    """An error as it crosses the socket; `type` is a class of `faasctl.errors`."""

    type: str
    message: str
    hint: str | None = None
    log: tuple[str, ...] = ()


Message = Event | Deployed | Fault


def encode(value: Any) -> bytes:
    return msgspec.json.encode(value)


#: Under `FAASCTL_HOME/local`: a GatewayInfo while a gateway runs.
INFO_FILE = "gateway.json"

T = TypeVar("T")


def decode(content: bytes, kind: type[T]) -> T:
    """Raises FaasctlError where the content is not of that kind."""
    try:
        return msgspec.json.decode(content, type=kind)
    except msgspec.MsgspecError as error:
        raise FaasctlError(f"not a {kind.__name__}: {error}") from error


def encode_release(release: LocalRelease) -> bytes:
    return msgspec.json.format(msgspec.json.encode(release), indent=1)


def decode_release(content: bytes) -> LocalRelease:
    """Raises FaasctlError where the content is no release."""
    try:
        return _release(msgspec.json.decode(content, type=dict[str, Any]))
    except (msgspec.MsgspecError, KeyError, TypeError) as error:
        raise FaasctlError(f"not a release: {error}") from error


def encode_deploy(request: DeployRequest) -> bytes:
    match request.rollout:
        case AllTraffic():
            rollout: Mapping[str, object] = {}
        case TagOnly(tag):
            rollout = {"tag": tag}
        case Weighted(percent):
            rollout = {"percent": percent}
    return encode(
        {
            "releases": request.releases,
            "rollout": rollout,
            "start_timeout": request.start_timeout,
        }
    )


def decode_deploy(content: bytes) -> DeployRequest:
    """Raises FaasctlError where the content is no deploy."""
    try:
        raw = msgspec.json.decode(content, type=dict[str, Any])
        releases = tuple(_release(one) for one in raw["releases"])
        rollout = _rollout(raw["rollout"])
        return DeployRequest(releases, rollout, msgspec.convert(raw["start_timeout"], float | None))
    except (msgspec.MsgspecError, KeyError, TypeError) as error:
        raise FaasctlError(f"not a deploy: {error}") from error


def encode_message(message: Message) -> bytes:
    """One line of a deploy's answer."""
    match message:
        case Event():
            name = "event"
        case Deployed():
            name = "deployed"
        case Fault():
            name = "fault"
    return encode({name: message}) + b"\n"


def decode_message(line: bytes) -> Message:
    raw = decode(line, dict[str, Any])
    kinds: Mapping[str, type[Message]] = {"event": Event, "deployed": Deployed, "fault": Fault}
    try:
        (name,) = raw
        return msgspec.convert(raw[name], kinds[name])
    except (msgspec.MsgspecError, KeyError, ValueError) as error:
        raise FaasctlError(f"not a word of a deploy: {error}") from error


def fault_of(error: FaasctlError) -> Fault:
    log = error.log if isinstance(error, DeployError) else ()
    return Fault(type(error).__name__, error.message, error.hint, log)


def error_of(fault: Fault) -> FaasctlError:
    """The error that the other side raised; the root where this side does not know its class."""
    kind = getattr(errors, fault.type, FaasctlError)
    if kind is DeployError:
        return DeployError(fault.message, log=fault.log, hint=fault.hint)
    if isinstance(kind, type) and issubclass(kind, FaasctlError):
        return kind(fault.message, hint=fault.hint)
    return FaasctlError(fault.message, hint=fault.hint)


@functools.cache
def _release_types() -> Mapping[str, Any]:
    hints = get_type_hints(LocalRelease)
    return {one.name: hints[one.name] for one in fields(LocalRelease)}


def _release(raw: Mapping[str, Any]) -> LocalRelease:
    values = {
        name: msgspec.convert(raw[name], kind)
        for name, kind in _release_types().items()
        if name != "environment" and name in raw
    }
    return LocalRelease(environment=_environment(raw.get("environment", ())), **values)


def _environment(raw: Sequence[Mapping[str, Any]]) -> tuple[EnvVar, ...]:
    # A union of two dataclasses is told apart by the field that only one has.
    return tuple(
        msgspec.convert(one, EnvSecret) if "secret" in one else msgspec.convert(one, EnvValue)
        for one in raw
    )


def _rollout(raw: Mapping[str, Any]) -> Rollout:
    if "tag" in raw:
        return msgspec.convert(raw, TagOnly)
    return msgspec.convert(raw, Weighted) if "percent" in raw else AllTraffic()

"""The values between a module and what runs: Plan → Artifact → Release → Deployment.

A later stage has its own type; none holds a placeholder for something not known yet.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from faasctl.model import EnvVar, LocalPorts, MLComponent, Scaling

TargetName = Literal["local", "knative", "lambda"]


@dataclass(frozen=True, slots=True)
class Skipped:
    """A component that a target can't run, and why."""

    name: str
    kind: str
    reason: str


@dataclass(frozen=True, slots=True)
class EnvironmentPlan:
    """A Python environment to prepare: what it is made of, and its identity.

    `requirements` is the lock as requirement lines with hashes, empty for plain Python;
    `python` is a version specifier such as `>=3.11`.
    """

    requirements: str
    python: str


@dataclass(frozen=True, slots=True)
class FunctionPlan:
    """One component, and what has to be built for it.

    `files` are paths relative to the module, sorted; `compiled` is the handler's JSON.
    """

    component: MLComponent
    environment: EnvironmentPlan
    files: tuple[str, ...]
    compiled: str
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Plan:
    """What to build and run for one module on one target."""

    target: TargetName
    module: str
    namespace: str
    functions: tuple[FunctionPlan, ...] = ()
    skipped: tuple[Skipped, ...] = ()


@dataclass(frozen=True, slots=True)
class PreparedFunction:
    """An artifact of the local target: absolute folders, named by their content.

    `python` is the environment's interpreter, `code` a copy of the module's files, `runtime` the
    handler. `digest` covers all three and the compiled component.
    """

    name: str
    python: str
    code: str
    runtime: str
    digest: str


@dataclass(frozen=True, slots=True)
class LocalRelease:
    """One component as the gateway runs it: nothing more is needed to start its processes.

    `command` is a process's argv, to which the gateway adds `--fd N` (a bound, listening socket)
    and `--lifeline N` (a pipe: the process finishes and leaves when it closes). `component` is
    the compiled JSON, written where `{component}` stands in `command`; `directory` is where
    processes start. `files` are the further files that the release writes beside it.
    `digest` is the identity: equal digests are the same release. `memory` is in bytes. `claims`
    are the first segments of paths that belong to an API, whatever functions are called.
    """

    module: str
    namespace: str
    name: str
    kind: str
    digest: str
    artifact: str
    command: tuple[str, ...]
    directory: str
    component: str
    environment: tuple[EnvVar, ...] = ()
    scaling: Scaling = field(default_factory=Scaling)
    timeout: float = 60.0
    memory: int | None = None
    ports: LocalPorts = field(default_factory=LocalPorts)
    public: bool = False
    claims: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class KnativeRelease:
    """One component as a cluster runs it.

    `objects` is JSON text: the list of exactly those Kubernetes objects that are applied.
    `namespace` is the cluster's; `digest` is the identity of the objects; `artifact` the image.
    `start_timeout` is how many seconds a running process may take to become ready.
    """

    module: str
    namespace: str
    name: str
    kind: str
    digest: str
    artifact: str
    objects: str
    start_timeout: float = 60.0


Release = LocalRelease | KnativeRelease


@dataclass(frozen=True, slots=True)
class StorageAddress:
    """Where an application's boxes are; credentials travel as secrets, never in a value.

    `endpoint` is what functions use, `public_endpoint` what links name.
    """

    endpoint: str
    public_endpoint: str
    bucket: str
    region: str
    addressing: str


@dataclass(frozen=True, slots=True)
class AllTraffic:
    """The new revision gets every request, whatever stood before."""


@dataclass(frozen=True, slots=True)
class TagOnly:
    """The new revision gets a URL of its own and no other request."""

    tag: str


@dataclass(frozen=True, slots=True)
class Weighted:
    """The new revision gets `percent` of the requests, the others share the rest as before."""

    percent: int


Rollout = AllTraffic | TagOnly | Weighted


@dataclass(frozen=True, slots=True)
class Share:
    """`percent` of the requests go to `revision`."""

    revision: str
    percent: int


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A URL of a component by what it is for (`url`, `predict`, `v2`, `docs`, a tag's name)."""

    name: str
    url: str


@dataclass(frozen=True, slots=True)
class Deployment:
    """What runs of one component.

    `revision` is the one that gets most traffic, empty before the first; `ready` whether a
    request would be answered; `replicas` 0 is asleep. `revisions` are those kept, newest first.
    `notes` are what the user should know though it stops nothing.
    """

    name: str
    kind: str
    target: TargetName
    url: str
    revision: str
    artifact: str
    ready: bool
    replicas: int
    last_error: str = ""
    changed: bool = False
    seconds: float = 0.0
    status: str = "ready"
    endpoints: tuple[Endpoint, ...] = ()
    traffic: tuple[Share, ...] = ()
    tags: Mapping[str, str] = field(default_factory=dict)
    revisions: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Change:
    """One difference between what is desired and what runs; None is absent."""

    component: str
    field: str
    live: str | None
    desired: str | None


@dataclass(frozen=True, slots=True)
class Event:
    """Progress of one component, for a display; `log` is a line of the function itself."""

    component: str
    step: Literal["build", "publish", "start", "probe", "ready", "traffic", "log", "failed"]
    message: str = ""


ImageProgram = Literal["function", "api", "command"]


@dataclass(frozen=True, slots=True)
class ImagePlan:
    """One OCI image to build of a module.

    `base` is a reference, empty for the default (`python:<minor>-slim`); `platform` such as
    `linux/amd64`; `files` and `models` are paths relative to the module, without overlap;
    `compiled` is the JSON that the program reads. A `command` image starts what its container is
    told to. With `existing` the base is the user's own image: it keeps its packages, code, user
    and environment, and gets the handler on top.
    """

    name: str
    environment: EnvironmentPlan
    program: ImageProgram = "function"
    base: str = ""
    platform: str = "linux/amd64"
    files: tuple[str, ...] = ()
    models: tuple[str, ...] = ()
    compiled: str = ""
    existing: bool = False


@dataclass(frozen=True, slots=True)
class ImageLayer:
    """One layer: what is in it, and its digests packed and unpacked; `size` is the packed size."""

    what: str
    media_type: str
    digest: str
    diff_id: str
    size: int


@dataclass(frozen=True, slots=True)
class ImageArtifact:
    """A built image: pulled by `digest`; `identity` is equal for equal inputs on any machine."""

    name: str
    digest: str
    config_digest: str
    identity: str
    layers: tuple[ImageLayer, ...]


@dataclass(frozen=True, slots=True)
class ImageReference:
    """Where an image can be pulled, by digest."""

    registry: str
    repository: str
    digest: str

    def __str__(self) -> str:
        return f"{self.registry}/{self.repository}@{self.digest}"

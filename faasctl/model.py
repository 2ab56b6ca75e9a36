"""What manifests say, as frozen values: parsed once, checked once, never changed.

Units: seconds for times, bytes for sizes, thousandths of a core for CPU.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Literal

Protocol = Literal["http", "grpc"]


class Interface(StrEnum):
    """How user code wants to be called; see the concepts page."""

    INFERENCE = "inference"
    PREDICTOR = "predictor"
    MODEL_SERVER = "model-server"
    TRITON_PYTHON = "triton-python"
    MODEL_FILE = "model-file"


@dataclass(frozen=True, slots=True)
class Position:
    """Where in a file something stands; line and column count from 1."""

    file: str
    line: int
    column: int


@dataclass(frozen=True, slots=True)
class Resources:
    """`cpu` in thousandths of a core, `memory` in bytes, `gpu` in devices; None is not given."""

    cpu: int | None = None
    memory: int | None = None
    gpu: int | None = None


@dataclass(frozen=True, slots=True)
class SecretKey:
    """One key of one secret, `NAME/KEY` in manifests."""

    name: str
    key: str


@dataclass(frozen=True, slots=True)
class EnvValue:
    name: str
    value: str


@dataclass(frozen=True, slots=True)
class EnvSecret:
    name: str
    secret: SecretKey


EnvVar = EnvValue | EnvSecret


@dataclass(frozen=True, slots=True)
class ImageBuild:
    """What goes into an environment; paths and patterns are relative to the module."""

    python: str | None = None
    base: str | None = None
    dependencies: str | None = None
    system: tuple[str, ...] = ()
    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ExistingImage:
    """A user's own image; `local` and `lambda` run the module's sources instead."""

    name: str
    build: ImageBuild = ImageBuild()


Image = ImageBuild | ExistingImage


@dataclass(frozen=True, slots=True)
class Scaling:
    """`concurrency` 0 is unlimited; `burst` None lets the target choose."""

    min: int = 0
    max: int = 10
    concurrency: int = 0
    idle: float = 60.0
    queue: int = 100
    burst: int | None = None


@dataclass(frozen=True, slots=True)
class Batching:
    """`max_batch_size` 0 is off; `max_delay` in seconds."""

    max_batch_size: int = 0
    max_delay: float = 0.0
    preferred: tuple[int, ...] = ()
    queue: int = 1000


@dataclass(frozen=True, slots=True)
class Instances:
    count: int = 1
    kind: Literal["thread", "process"] = "thread"


@dataclass(frozen=True, slots=True)
class EntryPoint:
    """`python_path` is a folder relative to the module; `python_function` a dotted name."""

    python_path: str
    python_function: str
    position: Position


@dataclass(frozen=True, slots=True)
class FileExchange:
    """`file_box` names a connection of the component, not a DataBox."""

    file_box: str
    inference_files_path: str


@dataclass(frozen=True, slots=True)
class ModelReference:
    """`box` names a connection; without one, `path` is relative to the module."""

    box: str | None
    path: str


@dataclass(frozen=True, slots=True)
class MountedBox:
    """`sub_path` of the box appears, read-only, at `path` of the function's file system."""

    name: str
    box: str
    path: str
    sub_path: str = ""


@dataclass(frozen=True, slots=True)
class CopiedBox:
    """Files of the box are copied on demand."""

    name: str
    box: str
    path: str | None = None


Connection = MountedBox | CopiedBox


@dataclass(frozen=True, slots=True)
class LocalPorts:
    """Extra listeners of the local target; None is no listener."""

    port: int | None = None
    grpc_port: int | None = None


@dataclass(frozen=True, slots=True)
class Aws:
    """Lambda only: `memory` and `ephemeral_storage` in MiB, `log_retention` in days."""

    memory: int = 1024
    architecture: Literal["x86_64", "arm64"] = "x86_64"
    ephemeral_storage: int = 512
    role: str | None = None
    snap_start: bool = False
    streaming: bool = False
    reserved_concurrency: int | None = None
    log_retention: int | None = None


@dataclass(frozen=True, slots=True)
class MLComponent:
    """A function with a URL.

    `entry_point` is None only for the `model-file` interface, `interface` is None where the
    entry point's shape decides.
    """

    name: str
    position: Position
    interface: Interface | None = None
    entry_point: EntryPoint | None = None
    model: str | None = None
    model_reference: ModelReference | None = None
    file_exchange: FileExchange | None = None
    connections: tuple[Connection, ...] = ()
    image: Image = field(default_factory=ImageBuild)
    limits: Resources = Resources()
    requests: Resources = Resources()
    env: tuple[EnvVar, ...] = ()
    scaling: Scaling = Scaling()
    batching: Batching = Batching()
    instances: Instances = Instances()
    cache_size: int = 0
    timeout: float = 60.0
    warmup: str | None = None
    public: bool = False
    local: LocalPorts = LocalPorts()
    protocol: Protocol = "http"
    aws: Aws = Aws()
    cold_start_p95: float | None = None


@dataclass(frozen=True, slots=True)
class TensorSpec:
    """A tensor by name: V2 datatype, and a shape in which -1 is any size."""

    name: str
    datatype: str
    shape: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class EnsembleStep:
    """Both maps go from the step's tensor to the ensemble's; `version` -1 is the latest."""

    model: str
    input_map: tuple[tuple[str, str], ...]
    output_map: tuple[tuple[str, str], ...]
    version: int = -1


@dataclass(frozen=True, slots=True)
class Ensemble:
    name: str
    position: Position
    steps: tuple[EnsembleStep, ...] = ()
    inputs: tuple[TensorSpec, ...] = ()
    outputs: tuple[TensorSpec, ...] = ()


@dataclass(frozen=True, slots=True)
class BoxPath:
    """A place in a box, where a pipeline variable is fed from."""

    box: str
    path: str


@dataclass(frozen=True, slots=True)
class PipelineVar:
    name: str
    mount_from: BoxPath | None = None


@dataclass(frozen=True, slots=True)
class Stage:
    """One container; an empty `command` is the image's own entry point."""

    name: str
    position: Position
    image: Image
    inputs: tuple[str, ...] = ()
    outputs: tuple[str, ...] = ()
    command: tuple[str, ...] = ()
    args: tuple[str, ...] = ()
    env: tuple[EnvVar, ...] = ()
    limits: Resources = Resources()
    requests: Resources = Resources()
    retries: int = 0
    timeout: float | None = None
    cache: bool = True


@dataclass(frozen=True, slots=True)
class ExperimentPipeline:
    name: str
    position: Position
    vars: tuple[PipelineVar, ...] = ()
    stages: tuple[Stage, ...] = ()
    connections: tuple[Connection, ...] = ()
    continue_with: str | None = None


@dataclass(frozen=True, slots=True)
class BasicAuth:
    """`credentials` names the secret that lists users and passwords."""

    credentials: str


@dataclass(frozen=True, slots=True)
class OidcAuth:
    issuer: str
    audience: str


Auth = BasicAuth | OidcAuth


@dataclass(frozen=True, slots=True)
class FilesApi:
    pass


@dataclass(frozen=True, slots=True)
class ComponentApi:
    component: str
    path: str


@dataclass(frozen=True, slots=True)
class ApiVariable:
    name: str


@dataclass(frozen=True, slots=True)
class PipelineApi:
    pipeline: str
    path: str
    inputs: tuple[ApiVariable, ...] = ()
    outputs: tuple[ApiVariable, ...] = ()


@dataclass(frozen=True, slots=True)
class RunsApi:
    """All pipelines of the application and their runs."""


ApiTarget = FilesApi | ComponentApi | PipelineApi | RunsApi


@dataclass(frozen=True, slots=True)
class APIComponent:
    name: str
    position: Position
    target: ApiTarget
    published: bool = True
    auth: tuple[Auth, ...] = ()
    identity_pass_through: bool = False


@dataclass(frozen=True, slots=True)
class DatasetReference:
    name: str
    namespace: str


@dataclass(frozen=True, slots=True)
class DataBox:
    """`capacity` in bytes."""

    name: str
    position: Position
    capacity: int = 1_000_000_000
    dataset: DatasetReference | None = None


Component = MLComponent | ExperimentPipeline | APIComponent | DataBox | Ensemble


@dataclass(frozen=True, slots=True)
class Module:
    """A folder with manifests, valid: every name resolves, every value is in range.

    `namespace` is the application: first segment of URLs, prefix of keys.
    """

    root: Path
    namespace: str
    components: tuple[Component, ...] = ()

    @property
    def name(self) -> str:
        """The module's own name, by which targets know what it owns."""
        return self.root.name

    @property
    def functions(self) -> tuple[MLComponent, ...]:
        return tuple(one for one in self.components if isinstance(one, MLComponent))

    @property
    def pipelines(self) -> tuple[ExperimentPipeline, ...]:
        return tuple(one for one in self.components if isinstance(one, ExperimentPipeline))

    @property
    def boxes(self) -> tuple[DataBox, ...]:
        return tuple(one for one in self.components if isinstance(one, DataBox))

    @property
    def apis(self) -> tuple[APIComponent, ...]:
        return tuple(one for one in self.components if isinstance(one, APIComponent))

    @property
    def ensembles(self) -> tuple[Ensemble, ...]:
        return tuple(one for one in self.components if isinstance(one, Ensemble))

"""The local target: functions as processes behind the gateway; pure."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from faasctl.cases import Case, find
from faasctl.compile import RELATIVE, compile_component, compiled_text, uses_boxes
from faasctl.errors import FaasctlError
from faasctl.model import (
    Ensemble,
    EnvSecret,
    EnvValue,
    EnvVar,
    ExistingImage,
    ExperimentPipeline,
    ImageBuild,
    Interface,
    MLComponent,
    Module,
    SecretKey,
)
from faasctl.plan import (
    EnvironmentPlan,
    FunctionPlan,
    LocalRelease,
    Plan,
    PreparedFunction,
    Skipped,
    StorageAddress,
)
from handlers.contract.compiled import WarmupRequest

#: Secrets of an application that `deploy` keeps itself, beside the user's own.
STORE_SECRET, IDENTITY_SECRET = "faasctl-store", "faasctl-identity"

#: Who calls from this machine itself.
DEVELOPER = "developer"


@dataclass(frozen=True, slots=True)
class Sources:
    """What was read of a module for one component: its lock and its files."""

    requirements: str
    python: str
    files: tuple[str, ...]


def image_build(component: MLComponent) -> ImageBuild:
    """How the component's environment is made, with or without an image of its own."""
    match component.image:
        case ImageBuild() as build:
            return build
        case ExistingImage(build=build):
            return build


def plan(
    module: Module,
    components: Sequence[MLComponent],
    sources: Mapping[str, Sources],
    cases: Sequence[Case],
) -> Plan:
    """What to build for the local target; raises FaasctlError for what can't be run."""
    others: tuple[Ensemble | ExperimentPipeline, ...] = (*module.pipelines, *module.ensembles)
    skipped = [
        Skipped(one.name, type(one).__name__, "this version does not run it") for one in others
    ]
    return Plan(
        target="local",
        module=module.name,
        namespace=module.namespace,
        functions=tuple(_function(one, module, sources[one.name], cases) for one in components),
        skipped=tuple(skipped),
    )


def _function(
    component: MLComponent, module: Module, sources: Sources, cases: Sequence[Case]
) -> FunctionPlan:
    refuse_clash(component, sources.files)
    _refuse_interface(component)
    notes = [f"{component.name}: {key} is not used here" for key in _unused(component)]
    if isinstance(component.image, ExistingImage):
        notes.append(
            f"{component.name}: existingImageName {component.image.name} is not run here; "
            "the module's own sources are"
        )
    warmup = None
    if component.warmup:
        case = find(cases, component.warmup)
        warmup = WarmupRequest(case.name, case.path, case.request)
    return FunctionPlan(
        component=component,
        environment=EnvironmentPlan(sources.requirements, sources.python),
        files=sources.files,
        compiled=compiled_text(compile_component(component, module.namespace, warmup, RELATIVE)),
        notes=tuple(notes),
    )


def _refuse_interface(component: MLComponent) -> None:
    interface = component.interface or Interface.INFERENCE
    if interface is not Interface.INFERENCE:
        raise FaasctlError(
            f"{component.name}: this version does not run the interface {interface.value}",
            hint="write an inference function, and leave spec.interface out",
        )


def _unused(component: MLComponent) -> list[str]:
    """Keys by which a manifest asks for what this target does not do."""
    default = MLComponent(component.name, component.position)
    asked = {
        "spec.batching": component.batching != default.batching,
        "spec.instances": component.instances != default.instances,
        "spec.cache": component.cache_size != default.cache_size,
        "spec.coldStart": component.cold_start_p95 != default.cold_start_p95,
        "spec.protocol": component.protocol != default.protocol,
        "spec.scaling.burst": component.scaling.burst != default.scaling.burst,
        "spec.local.grpcPort": component.local.grpc_port != default.local.grpc_port,
    }
    return [key for key, is_asked in asked.items() if is_asked]


def refuse_clash(component: MLComponent, files: Sequence[str]) -> None:
    """The handler's own package is called `handlers`; a module's would hide it, or be hidden."""
    folder = component.entry_point.python_path.strip("./") if component.entry_point else ""
    places = {f"{prefix}handlers" for prefix in ("", f"{folder}/" if folder else "")}
    for file in files:
        if file.removesuffix(".py") in places or any(file.startswith(f"{one}/") for one in places):
            raise FaasctlError(
                f"{component.name}: {file} clashes with the package `handlers` that runs functions",
                hint="give the module's package another name",
            )


@dataclass(frozen=True, slots=True)
class Site:
    """What releases need to know of this machine: the storage, and a folder for mounted boxes."""

    storage: StorageAddress
    boxes: str


def needs_storage(components: Sequence[MLComponent]) -> bool:
    """Whether any process of these components reaches into a box."""
    return any(uses_boxes(one) for one in components)


def render(
    plan: Plan, artifacts: Mapping[str, PreparedFunction], site: Site | None
) -> tuple[LocalRelease, ...]:
    """The exact desired state, one release per function; `site` is given where boxes are used."""
    return tuple(_release(plan, one, artifacts[one.component.name], site) for one in plan.functions)


def _release(
    plan: Plan, function: FunctionPlan, artifact: PreparedFunction, site: Site | None
) -> LocalRelease:
    component = function.component
    boxes: tuple[EnvVar, ...] = ()
    if site is not None and uses_boxes(component):
        folder = f"{site.boxes}/{plan.namespace}/{component.name}"
        boxes = (
            *storage_environment(site.storage),
            EnvValue("FAASCTL_LOOPBACK_USER", DEVELOPER),
            EnvValue("FAASCTL_BOXES", folder),
        )
    release = LocalRelease(
        module=plan.module,
        namespace=plan.namespace,
        name=component.name,
        kind="MLComponent",
        digest="",
        artifact=artifact.digest,
        command=(artifact.python, "-I", f"{artifact.runtime}/handlers/start.py", "{component}"),
        directory=artifact.code,
        component=function.compiled,
        environment=(*component.env, *boxes),
        scaling=component.scaling,
        timeout=component.timeout,
        memory=component.limits.memory,
        ports=component.local,
        public=component.public,
    )
    return named(release)


def storage_environment(storage: StorageAddress) -> tuple[EnvVar, ...]:
    """How a process finds the boxes, and who calls it."""
    return (
        EnvValue("FAASCTL_S3_ENDPOINT", storage.endpoint),
        EnvValue("FAASCTL_S3_PUBLIC_ENDPOINT", storage.public_endpoint),
        EnvValue("FAASCTL_S3_BUCKET", storage.bucket),
        EnvValue("FAASCTL_S3_REGION", storage.region),
        EnvValue("FAASCTL_S3_ADDRESSING", storage.addressing),
        EnvSecret("FAASCTL_S3_ACCESS_KEY", SecretKey(STORE_SECRET, "ACCESS_KEY")),
        EnvSecret("FAASCTL_S3_SECRET_KEY", SecretKey(STORE_SECRET, "SECRET_KEY")),
        EnvSecret("FAASCTL_S3_TOKEN", SecretKey(STORE_SECRET, "TOKEN")),
        EnvSecret("FAASCTL_IDENTITY_KEY", SecretKey(IDENTITY_SECRET, "KEY")),
    )


def named(release: LocalRelease) -> LocalRelease:
    """The release with its own content hash for a digest."""
    return replace(release, digest=hashlib.sha256(repr(release).encode()).hexdigest())

"""The knative target: functions as scale-to-zero Knative Services; pure."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from faasctl.cases import Case, find
from faasctl.compile import AS_WRITTEN, compile_component, compiled_text
from faasctl.errors import FaasctlError
from faasctl.manifest.quantities import format_duration
from faasctl.model import MLComponent, Module, Scaling
from faasctl.plan import (
    EnvironmentPlan,
    FunctionPlan,
    KnativeRelease,
    Plan,
    Skipped,
    StorageAddress,
)
from faasctl.targets.knative_service import MOST_AT_ONCE, WINDOW, service, window
from faasctl.targets.local import Sources, refuse_clash
from handlers.contract.compiled import WarmupRequest

#: Knative's own bound of a call, in seconds.
LONGEST_CALL = 600

#: Variables that Knative sets itself and refuses from others.
RESERVED = {"PORT", "K_SERVICE", "K_REVISION", "K_CONFIGURATION"}


@dataclass(frozen=True, slots=True)
class ClusterSite:
    """What releases need to know of a cluster.

    `namespace` is the one they go to; `storage` is given where a component uses boxes.
    """

    namespace: str
    storage: StorageAddress | None = None


def plan(
    module: Module,
    components: Sequence[MLComponent],
    sources: Mapping[str, Sources],
    cases: Sequence[Case],
) -> Plan:
    """What to build for Knative; raises FaasctlError for what can't run there."""
    skipped = [
        *(
            Skipped(one.name, "ExperimentPipeline", "pipelines run on the local target only")
            for one in module.pipelines
        ),
        *(
            Skipped(one.name, "APIComponent", "the application's API runs on the local target only")
            for one in module.apis
        ),
    ]
    return Plan(
        target="knative",
        module=module.name,
        namespace=module.namespace,
        functions=tuple(_function(one, module, sources[one.name], cases) for one in components),
        skipped=tuple(skipped),
    )


def _function(
    component: MLComponent, module: Module, sources: Sources, cases: Sequence[Case]
) -> FunctionPlan:
    refuse_clash(component, sources.files)
    refuse_impossible(component)
    warmup = None
    if component.warmup:
        case = find(cases, component.warmup)
        warmup = WarmupRequest(case.name, case.path, case.request)
    return FunctionPlan(
        component=component,
        environment=EnvironmentPlan(sources.requirements, sources.python),
        files=sources.files,
        compiled=compiled_text(compile_component(component, module.namespace, warmup, AS_WRITTEN)),
        notes=notes(component),
    )


def refuse_impossible(component: MLComponent) -> None:
    """Raises FaasctlError for what Knative would refuse."""
    if component.timeout > LONGEST_CALL:
        raise FaasctlError(
            f"{component.name}: spec.timeout {format_duration(component.timeout)}: Knative ends "
            f"calls after {LONGEST_CALL} s",
            hint="write at most 600s; longer work is a pipeline",
        )
    taken = sorted(RESERVED & {one.name for one in component.env})
    if taken:
        raise FaasctlError(
            f"{component.name}: spec.env {', '.join(taken)}: Knative sets these itself",
            hint="give the variable another name",
        )


def notes(component: MLComponent) -> tuple[str, ...]:
    """What the user should know of the component on Knative."""
    scaling, low, high = component.scaling, *WINDOW
    found = []
    if component.limits.cpu is not None:
        found.append("resourceLimits.cpu stretches every start from zero; requests do not")
    if not low <= scaling.idle <= high:
        found.append(
            f"scaling.idle {format_duration(scaling.idle)}: Knative takes {low}s to 1h, "
            f"{window(scaling.idle)}s is used"
        )
    if scaling.concurrency > MOST_AT_ONCE:
        found.append(f"scaling.concurrency: Knative takes at most {MOST_AT_ONCE}, that is used")
    if scaling.queue != Scaling().queue:
        found.append("scaling.queue: Knative has a queue of its own; this one is not used")
    return tuple(f"{component.name}: {one}" for one in found)


def render(plan: Plan, images: Mapping[str, str], site: ClusterSite) -> tuple[KnativeRelease, ...]:
    """The exact desired state; `images` are references pinned by digest, by component."""
    return tuple(_release(plan, one, images[one.component.name], site) for one in plan.functions)


def _release(plan: Plan, function: FunctionPlan, image: str, site: ClusterSite) -> KnativeRelease:
    component = function.component
    objects: list[dict[str, Any]] = [
        service(plan, component, image, namespace=site.namespace, storage=site.storage)
    ]
    text = json.dumps(objects, sort_keys=True, ensure_ascii=False)
    return KnativeRelease(
        module=plan.module,
        namespace=site.namespace,
        name=component.name,
        kind="MLComponent",
        digest=hashlib.sha256(text.encode()).hexdigest(),
        artifact=image,
        objects=text,
        start_timeout=max(60.0, component.timeout),
    )

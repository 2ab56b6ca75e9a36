"""From a module to releases: plan, build, render. Nothing that runs is touched."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from faasctl import cases as golden
from faasctl.build import cache, code, environment, lock, runtime, sources
from faasctl.build.environment import Environment
from faasctl.model import ImageBuild, MLComponent, Module
from faasctl.pipeline import storage
from faasctl.plan import (
    Event,
    FunctionPlan,
    Plan,
    PreparedFunction,
    Release,
)
from faasctl.ports import Report
from faasctl.settings import Settings
from faasctl.targets import application, local
from faasctl.targets.application import PreparedApi
from faasctl.targets.local import Sources

Planner = Callable[
    [Module, Sequence[MLComponent], Mapping[str, Sources], Sequence[golden.Case]], Plan
]


@dataclass(frozen=True, slots=True)
class Packaged:
    """A plan, what was built for it, and the exact desired state that both amount to."""

    plan: Plan
    artifacts: Mapping[str, PreparedFunction]
    releases: tuple[Release, ...]


def package(
    module: Module, components: Sequence[MLComponent], settings: Settings, report: Report
) -> Packaged:
    """Plan and build; what is built already is taken from the cache.

    The application's API is one more release whenever the whole module is packaged.
    """
    home = settings.home
    plan = make_plan(module, components, report)
    artifacts = {
        function.component.name: build(module, function, home, report)
        for function in plan.functions
    }
    whole = len(components) == len(module.functions)
    compiled = application.compile_application(module) if whole else None
    site = None
    if compiled is not None or local.needs_storage(components):
        site = storage.local_site(settings, module.namespace)
    releases: tuple[Release, ...] = local.render(plan, artifacts, site)
    if compiled is not None and site is not None:
        gateway = storage.gateway_url(settings)
        prepared = prepare_api(home, report)
        releases += (application.render(module, compiled, prepared, site, gateway),)
    return Packaged(plan, artifacts, releases)


def prepare_api(home: Path, report: Report) -> PreparedApi:
    """The API's own environment and handler."""
    say = said(report, application.NAME)
    interpreter = environment.find_interpreter(">=3.11")
    locked = (runtime.handler_folder() / "api.lock").read_text("utf-8")
    made = environment.prepare(home, locked, interpreter, report=say)
    handler = runtime.prepare(home, interpreter, report=say)
    digest = cache.key(made.folder.name, handler.name)
    return PreparedApi(str(made.python), str(handler), digest)


def make_plan(
    module: Module,
    components: Sequence[MLComponent],
    report: Report,
    *,
    with_files: bool = True,
    planner: Planner = local.plan,
) -> Plan:
    """What would be built: the lock is brought up to date, nothing else is written.

    Without files the plan is good for an environment, not for a release. `planner` is the
    target's own.
    """
    found: dict[ImageBuild, Sources] = {}
    by_name: dict[str, Sources] = {}
    for component in components:
        build = local.image_build(component)
        if build not in found:
            say = said(report, component.name)
            found[build] = _sources(module.root, build, say, with_files=with_files)
        by_name[component.name] = found[build]
    return planner(module, components, by_name, golden.load(module.root))


def _sources(
    root: Path, build: ImageBuild, say: Callable[[str], None], *, with_files: bool
) -> Sources:
    locked = lock.lock(root, build, report=say)
    files = sources.module_files(root, build) if with_files else ()
    return Sources(locked.requirements, locked.python, files)


def build(module: Module, function: FunctionPlan, home: Path, report: Report) -> PreparedFunction:
    """One function's environment, handler and code, each made where it is not there yet."""
    say = said(report, function.component.name)
    prepared = prepare_environment(function, home, report)
    handler = runtime.prepare(home, prepared.interpreter, report=say)
    runtime.check_pins(prepared)
    copied = code.prepare(
        home, module.root, function.files, interpreter=prepared.interpreter, report=say
    )
    return PreparedFunction(
        name=function.component.name,
        python=str(prepared.python),
        code=str(copied),
        runtime=str(handler),
        digest=cache.key(prepared.folder.name, handler.name, copied.name, function.compiled),
    )


def prepare_environment(
    function: FunctionPlan, home: Path, report: Report, also: Sequence[str] = ()
) -> Environment:
    """The environment of one function; `also` are packages for development."""
    interpreter = environment.find_interpreter(function.environment.python)
    return environment.prepare(
        home,
        function.environment.requirements,
        interpreter,
        report=said(report, function.component.name),
        also=also,
    )


def said(report: Report, component: str) -> Callable[[str], None]:
    """A function that reports build steps of one component."""
    return lambda message: report(Event(component, "build", message))

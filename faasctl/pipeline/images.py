"""From a function to its image: what goes into which layer; built, pushed, saved, compared."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path

from faasctl.build import bases, image, sources
from faasctl.build.image import BuiltImage, ImageSpec
from faasctl.errors import BuildError
from faasctl.model import ExistingImage, ImageBuild, MLComponent, Module
from faasctl.pipeline.packaging import said
from faasctl.plan import Event, FunctionPlan, ImagePlan, ImageReference
from faasctl.ports import Report
from faasctl.settings import Settings

#: The base of images whose manifest names none.
BASE_VARIABLE = "FAASCTL_IMAGE_BASE"


def image_plan(root: Path, function: FunctionPlan, default_base: str = "") -> ImagePlan:
    """The image of a function whose component was compiled for a container.

    `default_base` is taken where the manifest names none.
    """
    component = function.component
    if isinstance(component.image, ExistingImage):
        return ImagePlan(
            name=component.name,
            environment=function.environment,
            base=component.image.name,
            compiled=function.compiled,
            existing=True,
        )
    build = component.image
    if build.system:
        raise BuildError(
            f"{component.name}: image.build.system: {', '.join(build.system)}: system packages "
            "can't be installed without running the base",
            hint="name a base that has them in image.build.base",
        )
    models = model_files(root, component, build, function.files)
    lock = bases.LOCK_FILE
    return ImagePlan(
        name=component.name,
        environment=function.environment,
        base=build.base or default_base,
        files=tuple(one for one in function.files if one not in models and one != lock),
        models=tuple(one for one in function.files if one in models),
        compiled=function.compiled,
    )


def model_files(
    root: Path, component: MLComponent, build: ImageBuild, files: Sequence[str]
) -> frozenset[str]:
    """Those of the files that are models: what `include` adds, what the component calls its model.

    Byte code and sources are code wherever they lie.
    """
    added = {name for pattern in build.include for name in sources.included(root, pattern)}
    reference = component.model_reference
    named = [component.model, reference.path if reference and reference.box is None else None]
    places = [one.strip("/").removeprefix("./") for one in named if one]
    added |= {name for name in files for one in places if name == one or name.startswith(f"{one}/")}
    return frozenset(name for name in added if name in files and not name.endswith(".py"))


def build(
    module: Module,
    function: FunctionPlan,
    settings: Settings,
    report: Report,
    *,
    fresh: bool = False,
) -> BuiltImage:
    """The image of one function; what is known already is not made again."""
    plan = image_plan(module.root, function, os.environ.get(BASE_VARIABLE, ""))
    say = said(report, function.component.name)
    return image.build(ImageSpec(plan, module.root, fresh=fresh), settings.home, say)


def push(
    built: BuiltImage, repository: str, report: Report, tags: Sequence[str] = ()
) -> ImageReference:
    """The image in `repository` (`localhost:5000/team/iris`); only what is missing is sent."""
    return image.push(built, repository, publishing(report, built.artifact.name), tags=tuple(tags))


def publishing(report: Report, name: str) -> Callable[[str], None]:
    """A function that reports what is sent of one component."""
    return lambda message: report(Event(name, "publish", message))

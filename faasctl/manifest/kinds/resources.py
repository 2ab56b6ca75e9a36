"""Keys of images, limits and requests, shared by functions and stages."""

from __future__ import annotations

from dataclasses import dataclass

from faasctl.manifest.paths import RelativePath
from faasctl.manifest.quantities import (
    CPU_PATTERN,
    MEMORY_PATTERN,
    format_cpu,
    format_memory,
    parse_cpu,
    parse_memory,
)
from faasctl.manifest.report import Placed
from faasctl.manifest.scalars import Integer, Quantity, SourceText, Text
from faasctl.manifest.sections import Fields, Section, may
from faasctl.manifest.shapes import Items
from faasctl.model import ExistingImage, Image, ImageBuild, Resources

_CPU = Quantity(parse_cpu, CPU_PATTERN, "1m", "1000")
_MEMORY = Quantity(
    parse_memory, MEMORY_PATTERN, "1Mi", "64Ti", hint="write 512M or 1Gi; a plain number is bytes"
)
CPU = may("cpu", _CPU, "CPU in cores, such as 500m or 2")
MEMORY = may("memory", _MEMORY, "memory, such as 512M or 1Gi")
GPU = may("nvidia.com/gpu", Integer(0, 64), "number of GPUs", aliases=("gpu",))


def _resources(fields: Fields) -> Resources:
    return Resources(cpu=fields[CPU], memory=fields[MEMORY], gpu=fields[GPU])


_LIMITS = Section("a mapping of limits", (CPU, MEMORY, GPU), _resources)
_REQUESTS = Section("a mapping of requests", (CPU, MEMORY), _resources)
LIMITS = may("resourceLimits", _LIMITS, "what one replica may use at most")
IMAGE_LIMITS = may("resourceLimits", _LIMITS, "the same as spec.resourceLimits")
REQUESTS = may("resources", _REQUESTS, "what one replica is promised")

_PYTHON = SourceText(
    "a Python minor version such as 3.12", r"^3\.[0-9]{1,2}$", hint='for example "3.12"'
)
_PACKAGE = Text(
    "the name of a system package",
    r"^[a-z0-9][a-z0-9+.:-]*(=[A-Za-z0-9.+:~-]+)?$",
    hint="for example libgl1",
)
_IMAGE_NAME = Text(
    "the name of an image", r"^[A-Za-z0-9][A-Za-z0-9._:/@+-]*$", hint="registry/org/name:tag"
)
_PATTERNS = Items(RelativePath("the module"), "a list of patterns")
PYTHON = may("python", _PYTHON, "the Python minor version; else from requires-python")
BASE = may("base", _IMAGE_NAME, "the image to build on")
DEPENDENCIES = may(
    "dependencies", RelativePath("the module"), "the lock or requirements file; else found"
)
SYSTEM = may("system", Items(_PACKAGE, "a list of packages"), "system packages", default=())
INCLUDE = may("include", _PATTERNS, "files to take although Git does not track them", default=())
EXCLUDE = may("exclude", _PATTERNS, "files to leave out", default=())


def _build(fields: Fields) -> ImageBuild:
    return ImageBuild(
        python=fields[PYTHON],
        base=fields[BASE],
        dependencies=fields[DEPENDENCIES],
        system=fields[SYSTEM],
        include=fields[INCLUDE],
        exclude=fields[EXCLUDE],
    )


_BUILD_KEYS = (PYTHON, BASE, DEPENDENCIES, SYSTEM, INCLUDE, EXCLUDE)
BUILD = may(
    "build",
    Section("a mapping that says how to build", _BUILD_KEYS, _build),
    "how the environment is built from the module",
    default=ImageBuild(),
)
EXISTING = may("existingImageName", _IMAGE_NAME, "an image that is there already")


@dataclass(frozen=True, slots=True)
class ImageKeys:
    """An image section: the image, and the limits where they stand in it."""

    image: Image
    limits: Placed[Resources | None] | None = None


def _image(fields: Fields) -> ImageKeys:
    name, build = fields[EXISTING], fields[BUILD]
    image: Image = ExistingImage(name, build) if name is not None else build
    limits = fields.placed(IMAGE_LIMITS) if fields.given(IMAGE_LIMITS) else None
    return ImageKeys(image, limits)


IMAGE = may(
    "image",
    Section("a mapping that names or builds an image", (EXISTING, BUILD, IMAGE_LIMITS), _image),
    "what the code runs in",
    default=ImageKeys(ImageBuild()),
)


def limits_of(fields: Fields) -> Resources:
    """The limits of a section, wherever they stand; reports those that differ."""
    own, inner = fields[LIMITS], fields[IMAGE].limits
    if inner is None or not fields.sound(IMAGE, LIMITS):
        return own or Resources()
    if own is not None and own != inner.value:
        inner.error("differs from resourceLimits beside image", "keep one of them")
    return own or inner.value or Resources()


def check_requests(fields: Fields, limits: Resources) -> None:
    """Report requests above the limits."""
    requests = fields[REQUESTS]
    if requests is None or not fields.sound(REQUESTS, LIMITS, IMAGE):
        return
    place = fields.placed(REQUESTS)
    if limits.cpu is not None and (requests.cpu or 0) > limits.cpu:
        wanted, most = format_cpu(requests.cpu or 0), format_cpu(limits.cpu)
        place.error(f"cpu {wanted} is more than the limit {most}", f"write cpu: {most} or less")
    if limits.memory is not None and (requests.memory or 0) > limits.memory:
        wanted, most = format_memory(requests.memory or 0), format_memory(limits.memory)
        place.error(
            f"memory {wanted} is more than the limit {most}", f"write memory: {most} or less"
        )

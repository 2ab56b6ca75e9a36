"""Images by themselves: built, pushed, saved as folders, built again and compared, measured."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import zip_longest
from pathlib import Path

from faasctl import settings as all_settings
from faasctl.build import comparing, image, layout, oci, references, registry
from faasctl.build.image import BuiltImage
from faasctl.build.layers import Shelf
from faasctl.build.registry import Pushable
from faasctl.errors import UsageError
from faasctl.model import MLComponent, Module
from faasctl.pipeline import images
from faasctl.pipeline.loading import chosen, open_module
from faasctl.pipeline.packaging import make_plan
from faasctl.plan import FunctionPlan, ImageReference
from faasctl.ports import Report
from faasctl.settings import Settings
from faasctl.targets import knative


@dataclass(frozen=True, slots=True)
class Workshop:
    """A module, and those of its functions whose images are meant."""

    module: Module
    settings: Settings
    components: tuple[MLComponent, ...]


def open_workshop(directory: Path | None, names: Sequence[str]) -> Workshop:
    """The functions of those names, all when none is given."""
    module = open_module(directory)
    return Workshop(module, all_settings.load(module.root), chosen(module, names))


def _plans(workshop: Workshop, report: Report) -> tuple[FunctionPlan, ...]:
    planned = make_plan(workshop.module, workshop.components, report, planner=knative.plan)
    return planned.functions


def build_all(workshop: Workshop, report: Report, *, fresh: bool = False) -> tuple[BuiltImage, ...]:
    """The images of all functions meant; with `fresh` upon what their bases' tags mean now."""
    return tuple(
        images.build(workshop.module, one, workshop.settings, report, fresh=fresh)
        for one in _plans(workshop, report)
    )


def save_all(built: Sequence[BuiltImage], folder: Path) -> None:
    """One image as the folder itself, several as folders by name in it."""
    for one in built:
        place = folder if len(built) == 1 else folder / one.artifact.name
        name = f"{one.artifact.name}:latest"
        layout.save(one.pushable, name, place, one.shelf, registry.DEFAULT)


def push_all(
    workshop: Workshop, place: str, report: Report, tags: Sequence[str] = ()
) -> list[tuple[BuiltImage, ImageReference]]:
    """Build and push to `<place>/<namespace>/<name>`, as `deploy` does."""
    registry_name = (place or workshop.settings.cluster.registry).rstrip("/")
    if not registry_name:
        raise UsageError("no registry is named", hint="faasctl image push HOST/PATH")
    prefix = f"{registry_name}/{workshop.module.namespace}"
    return [
        (one, images.push(one, f"{prefix}/{one.artifact.name}", report, tags))
        for one in build_all(workshop, report)
    ]


def push_saved(
    folder: Path, repository: str, report: Report, tags: Sequence[str] = ()
) -> ImageReference:
    """The image of a folder, as it is, in exactly this repository."""
    if not repository:
        raise UsageError("no repository is named", hint="faasctl image push HOST/PATH --from DIR")
    shelf = image.shelf_of(all_settings.load(None).home)
    say = images.publishing(report, folder.name)
    return registry.push(
        layout.load(folder, shelf), repository, shelf, report=say, tags=tuple(tags)
    )


def verify_all(workshop: Workshop, report: Report, reference: str) -> list[Verdict]:
    """A verdict for each function; a reference is for one function only."""
    if reference and len(workshop.components) != 1:
        raise UsageError("which function is it?", hint="add --component NAME")
    plans = _plans(workshop, report)
    return [verify(workshop, one, report, reference) for one in plans]


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a second build gave the same image; `difference` is the first one found."""

    name: str
    identity: str
    difference: str = ""

    @property
    def same(self) -> bool:
        return not self.difference


def verify(
    workshop: Workshop, function: FunctionPlan, report: Report, reference: str = ""
) -> Verdict:
    """Build again from nothing and compare: with a pushed image, else with what is known here."""
    module, settings = workshop.module, workshop.settings
    known = images.build(module, function, settings, report)
    with tempfile.TemporaryDirectory(dir=known.shelf.folder, prefix="again-") as scratch:
        for kind in ("bases", "pythons"):  # what a base is, is no part of the comparison
            if (known.shelf.folder / kind).is_dir():
                shutil.copytree(known.shelf.folder / kind, Path(scratch, "layers", kind))
        again = images.build(module, function, replace(settings, home=Path(scratch)), report)
        expected = _pushed(reference) if reference else known.pushable
        difference = _difference(again, expected, known.shelf)
    return Verdict(function.component.name, again.artifact.identity, difference)


def _pushed(reference: str) -> Pushable:
    """An image in a registry, its layers fetched when they are looked at."""
    manifest, config = registry.documents(reference)
    place = references.parse(reference)
    base = oci.parse_image(
        json.loads(manifest),
        json.loads(config),
        where=(place.registry, place.repository),
        digest=place.digest,
    )
    return Pushable(manifest, config, base.layers, base)


def _difference(again: BuiltImage, expected: Pushable, shelf: Shelf) -> str:
    for mine, theirs in zip_longest(again.artifact.layers, expected.layers):
        if mine is None or theirs is None:
            extra = mine or theirs
            return f"layer {extra.what if extra else ''}: is in one of them only"
        if mine.diff_id == theirs.diff_id:
            continue
        if expected.base is not None:
            registry.fetch_layer(expected.base, theirs, shelf)
        found = comparing.different_files(again.shelf.blob(mine.digest), shelf.blob(theirs.digest))
        return f"layer {mine.what}: {found or 'the order of its files differs'}"
    return comparing.different_configuration(again.config, expected.config)


#: What takes an artifact, and how many bytes at most: unpacked, but for the zip's second limit.
LIMITS = {"zip": 250 << 20, "layers": 250 << 20, "image": 10 << 30}


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a function and its unpacked size in bytes."""

    component: str
    name: str
    bytes: int


@dataclass(frozen=True, slots=True)
class Sizes:
    """What takes the room, largest first; `fits` says which packagings a function fits in."""

    parts: tuple[Part, ...]
    fits: dict[str, tuple[str, ...]]


def sizes(workshop: Workshop, report: Report) -> Sizes:
    """What a module's functions are made of, without their base."""
    parts: list[Part] = []
    fits: dict[str, tuple[str, ...]] = {}
    for built in build_all(workshop, report):
        name, found = built.artifact.name, Counter[str]()
        for layer in built.artifact.layers[len(built.base.layers) :]:
            found.update(comparing.sizes(built.shelf.blob(layer.digest)))
        total = sum(found.values())
        fits[name] = tuple(kind for kind, limit in LIMITS.items() if total <= limit)
        parts += (Part(name, part, size) for part, size in found.most_common())
    return Sizes(tuple(parts), fits)

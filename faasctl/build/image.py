"""An image of a function, made without a daemon: layers upon a base, a configuration, a manifest.

The same inputs give the same unpacked layers and configuration on any machine and day.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from faasctl.build import bases, image_config, image_parts, oci, provenance, registry, sbom
from faasctl.build.bases import Wish
from faasctl.build.bytecode_tree import own_minor
from faasctl.build.environment import find_interpreter
from faasctl.build.image_config import Origin, Parts
from faasctl.build.image_parts import Workshop
from faasctl.build.layers import Shelf
from faasctl.build.oci import BaseImage
from faasctl.build.registry import Access, Pushable
from faasctl.build.wheels import WheelTarget
from faasctl.errors import BuildError
from faasctl.plan import ImageArtifact, ImageLayer, ImagePlan, ImageReference

Report = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class ImageSpec:
    """What to build, of which module; `fresh` asks the registry what the base's tag means now.

    `revision` is a label; None is the module's own, found by git.
    """

    plan: ImagePlan
    root: Path
    fresh: bool = False
    revision: str | None = None


@dataclass(frozen=True, slots=True)
class BuiltImage:
    """An image whose own layers lie on this machine's shelf; those of its base may not."""

    artifact: ImageArtifact
    manifest: bytes
    config: bytes
    base: BaseImage
    bill: bytes
    shelf: Shelf

    @property
    def pushable(self) -> Pushable:
        """What a registry gets, the bill of materials included."""
        subject = oci.descriptor(oci.MANIFEST, self.manifest)
        attached = oci.attachment(subject, sbom.MEDIA_TYPE, self.bill)
        layers = self.artifact.layers
        return Pushable(self.manifest, self.config, layers, self.base, ((attached, self.bill),))


def shelf_of(home: Path) -> Shelf:
    """Where packed layers are kept."""
    return Shelf(home / "layers")


def build(
    spec: ImageSpec, home: Path, report: Report, access: Access = registry.DEFAULT
) -> BuiltImage:
    """The image of a plan; layers that are known for the same inputs are used again.

    Writes `faasctl.lock` where the base's digest is new. Raises BuildError, and UnreachableError
    where a base is not known here and its registry does not answer.
    """
    plan, shelf = spec.plan, shelf_of(home)
    minor = None if plan.existing else find_interpreter(plan.environment.python).minor
    text = plan.base or f"python:{minor or own_minor()}-slim"
    wish = Wish(text, plan.platform, fresh=spec.fresh or plan.existing)
    base = bases.resolve(wish, spec.root, shelf, report, access)
    minor = _fitting(text, base, minor, shelf, access)
    libc = "musl" if "alpine" in text else "gnu"
    shop = Workshop(shelf, spec.root, WheelTarget(minor, plan.platform, libc), report)
    made = image_parts.layers(plan, shop)
    origin = Origin(_revision(spec), _lock_digest(plan), text)
    return assemble(Parts(plan, minor, base, origin, made), shelf)


def _fitting(text: str, base: BaseImage, wanted: str | None, shelf: Shelf, access: Access) -> str:
    has = bases.python_minor(base, shelf, access)
    if has is None:
        raise BuildError(
            f"{text} has no Python on its path", hint="choose another base in image.build.base"
        )
    if wanted is not None and has != wanted:
        raise BuildError(
            f"{text} has Python {has}, the module is made for {wanted}",
            hint=f'write python: "{has}" or another base in image.build',
        )
    return has


def _revision(spec: ImageSpec) -> str:
    return provenance.revision(spec.root) if spec.revision is None else spec.revision


def _lock_digest(plan: ImagePlan) -> str:
    text = plan.environment.requirements
    return hashlib.sha256(text.encode()).hexdigest() if text else ""


def assemble(parts: Parts, shelf: Shelf) -> BuiltImage:
    """The documents of an image whose layers are made."""
    config = image_config.config(parts)
    layers: tuple[ImageLayer, ...] = (*parts.base.layers, *parts.layers)
    manifest = oci.manifest(config, layers)
    shelf.put(config)
    shelf.put(manifest)
    digest = oci.digest_of(config)
    artifact = ImageArtifact(
        parts.plan.name, oci.digest_of(manifest), digest, digest, layers
    )  # a configuration names all its layers by diffID, so its digest is the identity
    bill = sbom.bill(parts.plan.name, digest, _locks(parts.plan))
    return BuiltImage(artifact, manifest, config, parts.base, bill, shelf)


def _locks(plan: ImagePlan) -> tuple[str, ...]:
    """The locks of everything that was added to the base."""
    own = () if plan.existing else (plan.environment.requirements,)
    return own if plan.program == "command" else (*own, image_parts.handler_lock())


def push(
    image: BuiltImage,
    repository: str,
    report: Report,
    *,
    tags: tuple[str, ...] = (),
    access: Access = registry.DEFAULT,
) -> ImageReference:
    """The image and its bill in a repository such as `localhost:5000/team/iris`; by digest."""
    return registry.push(
        image.pushable, repository, image.shelf, report=report, tags=tags, access=access
    )

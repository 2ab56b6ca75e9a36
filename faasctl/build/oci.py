"""OCI documents: descriptors, configuration, manifest, index; pure.

Documents are written in one way only (sorted keys, no spaces), so equal values have equal digests.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from faasctl.errors import BuildError
from faasctl.plan import ImageLayer

MANIFEST = "application/vnd.oci.image.manifest.v1+json"
INDEX = "application/vnd.oci.image.index.v1+json"
CONFIG = "application/vnd.oci.image.config.v1+json"
EMPTY = "application/vnd.oci.empty.v1+json"
PLAIN_LAYER = "application/vnd.oci.image.layer.v1.tar"
GZIP_LAYER = f"{PLAIN_LAYER}+gzip"
DOCKER_MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"
DOCKER_INDEX = "application/vnd.docker.distribution.manifest.list.v2+json"

MANIFESTS = (MANIFEST, DOCKER_MANIFEST)
INDEXES = (INDEX, DOCKER_INDEX)

#: Times in images are the same on every day.
EPOCH = "1970-01-01T00:00:00Z"

_OCI_NAMES = {
    "application/vnd.docker.image.rootfs.diff.tar.gzip": GZIP_LAYER,
    "application/vnd.docker.image.rootfs.diff.tar": PLAIN_LAYER,
    "application/vnd.docker.image.rootfs.diff.tar.zstd": f"{PLAIN_LAYER}+zstd",
}


def digest_of(content: bytes) -> str:
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


def document(value: Mapping[str, Any]) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def descriptor(media_type: str, content: bytes) -> dict[str, Any]:
    return {"mediaType": media_type, "digest": digest_of(content), "size": len(content)}


@dataclass(frozen=True, slots=True)
class BaseImage:
    """What is built upon: where its layers lie, its configuration as it stands.

    `digest` is what the reference named when it was resolved, an index or a manifest;
    `repository` is empty for a base from nowhere.
    """

    registry: str
    repository: str
    digest: str
    layers: tuple[ImageLayer, ...]
    config: Mapping[str, Any]


def parse_image(
    manifest: Mapping[str, Any], config: Mapping[str, Any], *, where: tuple[str, str], digest: str
) -> BaseImage:
    """A base image from its two documents; raises BuildError when they don't fit."""
    diff_ids = config.get("rootfs", {}).get("diff_ids", [])
    given = manifest.get("layers", [])
    if len(diff_ids) != len(given):
        raise BuildError(
            f"the base image has {len(given)} layers and {len(diff_ids)} diff_ids",
            hint="choose another base in image.build.base",
        )
    layers = tuple(
        ImageLayer(
            "base",
            _OCI_NAMES.get(one["mediaType"], one["mediaType"]),
            one["digest"],
            id_,
            one["size"],
        )
        for one, id_ in zip(given, diff_ids, strict=True)
    )
    return BaseImage(*where, digest, layers, config)


def choose_platform(index: Mapping[str, Any], platform: str, reference: str) -> str:
    """The digest of an index's manifest for a platform; raises BuildError with what there is."""
    system, _, rest = platform.partition("/")
    machine, _, variant = rest.partition("/")
    there: list[str] = []
    for one in index.get("manifests", []):
        has = one.get("platform", {})
        if has.get("os") == "unknown":
            continue  # attestations
        there.append("/".join(filter(None, map(has.get, ("os", "architecture", "variant")))))
        fits = has.get("os") == system and has.get("architecture") == machine
        if fits and (not variant or has.get("variant") == variant):
            return str(one["digest"])
    raise BuildError(
        f"{reference} has no image for {platform}, only for {', '.join(there) or 'nothing'}",
        hint="choose another base in image.build.base",
    )


def manifest(config: bytes, layers: Sequence[ImageLayer]) -> bytes:
    """The manifest of an image."""
    return document(
        {
            "schemaVersion": 2,
            "mediaType": MANIFEST,
            "config": descriptor(CONFIG, config),
            "layers": [
                {"mediaType": one.media_type, "digest": one.digest, "size": one.size}
                for one in layers
            ],
        }
    )


def attachment(subject: Mapping[str, Any], kind: str, content: bytes) -> bytes:
    """The manifest of something that is said about an image (a referrer)."""
    return document(
        {
            "schemaVersion": 2,
            "mediaType": MANIFEST,
            "artifactType": kind,
            "config": {**descriptor(EMPTY, b"{}")},
            "layers": [descriptor(kind, content)],
            "subject": subject,
        }
    )


def listed(manifest: bytes) -> dict[str, Any]:
    """How an index names a manifest."""
    kind = json.loads(manifest).get("artifactType")
    entry = descriptor(MANIFEST, manifest)
    return {**entry, "artifactType": kind} if kind else entry


def index(manifests: Sequence[Mapping[str, Any]]) -> bytes:
    return document({"schemaVersion": 2, "mediaType": INDEX, "manifests": list(manifests)})

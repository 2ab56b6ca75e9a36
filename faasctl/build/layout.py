"""Images as folders (OCI layout), for machines without a registry.

The folder also holds `manifest.json`, so that `tar -C DIR -c . | docker load` works with engines
that know no OCI layout.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from faasctl.build import oci, registry
from faasctl.build.layers import Shelf
from faasctl.build.registry import Access, Pushable
from faasctl.errors import BuildError, UsageError
from faasctl.plan import ImageLayer

_NAME = "org.opencontainers.image.ref.name"


def save(image: Pushable, name: str, folder: Path, shelf: Shelf, access: Access) -> None:
    """Write the image into a folder that is new or empty; its base is fetched where it must be.

    Raises UsageError for a folder that holds something else.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise UsageError(f"{folder} is not empty", hint="name a folder that is not there yet")
    blobs = folder / "blobs" / "sha256"
    blobs.mkdir(parents=True)
    for layer in image.layers:
        if image.base is not None and not shelf.blob(layer.digest).is_file():
            registry.fetch_layer(image.base, layer, shelf, access)
        shutil.copyfile(shelf.blob(layer.digest), _blob(folder, layer.digest))
    listed = [{**oci.listed(image.manifest), "annotations": {_NAME: name}}]
    for content in (image.manifest, image.config):
        _blob(folder, oci.digest_of(content)).write_bytes(content)
    for manifest, content in image.attached:
        for one in (manifest, content, b"{}"):
            _blob(folder, oci.digest_of(one)).write_bytes(one)
        listed.append(oci.listed(manifest))
    _write(folder, "oci-layout", {"imageLayoutVersion": "1.0.0"})
    (folder / "index.json").write_bytes(oci.index(listed))
    inside = [f"blobs/sha256/{one.digest.partition(':')[2]}" for one in image.layers]
    config = f"blobs/sha256/{oci.digest_of(image.config).partition(':')[2]}"
    _write(folder, "manifest.json", [{"Config": config, "Layers": inside, "RepoTags": [name]}])


def load(folder: Path, shelf: Shelf) -> Pushable:
    """The image of a folder, its blobs on the shelf; raises BuildError where they are damaged."""
    try:
        entries = json.loads((folder / "index.json").read_bytes())["manifests"]
        manifests = [_blob(folder, one["digest"]).read_bytes() for one in entries]
        images = [one for one in manifests if "subject" not in json.loads(one)]
        document = json.loads(images[0])
        config = _blob(folder, document["config"]["digest"]).read_bytes()
        diff_ids = json.loads(config)["rootfs"]["diff_ids"]
    except (OSError, ValueError, KeyError, IndexError, TypeError) as error:
        raise BuildError(
            f"{folder} is no image: {error}", hint="make one: faasctl image build --output DIR"
        ) from error
    layers = tuple(
        ImageLayer("layer", one["mediaType"], one["digest"], diff_id, one["size"])
        for one, diff_id in zip(document["layers"], diff_ids, strict=True)
    )
    for layer in layers:
        if not shelf.blob(layer.digest).is_file():
            shelf.take(_pieces(_blob(folder, layer.digest)), layer.digest)
    about = [one for one in manifests if "subject" in json.loads(one)]
    attached = tuple((one, _blob(folder, _first_layer(one)).read_bytes()) for one in about)
    return Pushable(images[0], config, layers, None, attached)


def _first_layer(manifest: bytes) -> str:
    return str(json.loads(manifest)["layers"][0]["digest"])


def _blob(folder: Path, digest: str) -> Path:
    return folder / "blobs" / "sha256" / digest.partition(":")[2]


def _write(folder: Path, name: str, value: Any) -> None:
    (folder / name).write_text(json.dumps(value, indent=1), "utf-8")


def _pieces(file: Path) -> Iterator[bytes]:
    try:
        with file.open("rb") as content:
            while piece := content.read(1 << 20):
                yield piece
    except OSError as error:
        raise BuildError(f"{file} can't be read: {error.strerror}") from error

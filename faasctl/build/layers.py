"""Layers: tar archives that are the same for the same content, packed once, kept by content.

Times, owners, order and modes are fixed. A layer is known by the digest of the plain archive
(diffID); the packed bytes may differ with zlib, so those once made for a diffID are used again.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import tarfile
import tempfile
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO

from faasctl.build.oci import GZIP_LAYER
from faasctl.errors import BuildError
from faasctl.plan import ImageLayer

_CHUNK = 1 << 20


@dataclass(frozen=True, slots=True)
class FromFile:
    """A file of this machine."""

    path: Path
    executable: bool = False


@dataclass(frozen=True, slots=True)
class FromBytes:
    content: bytes
    executable: bool = False


Content = FromFile | FromBytes

#: What a layer holds, by path in the image without the leading slash.
Tree = Mapping[str, Content]


class _Packing(io.RawIOBase):
    """Hashes what is written plain, packs it, hashes that too."""

    def __init__(self, target: IO[bytes], level: int) -> None:
        self._target, self._packer = target, zlib.compressobj(level, zlib.DEFLATED, 31)
        self.plain, self.packed, self.size = hashlib.sha256(), hashlib.sha256(), 0

    def writable(self) -> bool:
        return True

    def write(self, data: object, /) -> int:
        content = bytes(data)  # type: ignore[call-overload]
        self.plain.update(content)
        self._put(self._packer.compress(content))
        return len(content)

    def finish(self) -> None:
        self._put(self._packer.flush())

    def _put(self, data: bytes) -> None:
        if data:
            self.packed.update(data)
            self._target.write(data)
            self.size += len(data)


def write_archive(tree: Tree, target: IO[bytes]) -> None:
    """The plain archive of a tree: parents first, then by name; everything owned by root."""
    with tarfile.open(fileobj=target, mode="w|", format=tarfile.GNU_FORMAT, bufsize=_CHUNK) as tar:
        for name in sorted({*tree, *_folders(tree)}):
            content = tree.get(name)
            if content is None:
                tar.addfile(_entry(name, tarfile.DIRTYPE, 0o755))
            else:
                _add(tar, name, content)


def _add(tar: tarfile.TarFile, name: str, content: Content) -> None:
    entry = _entry(name, tarfile.REGTYPE, 0o755 if content.executable else 0o644)
    match content:
        case FromBytes(data):
            entry.size = len(data)
            tar.addfile(entry, io.BytesIO(data))
        case FromFile(path):
            try:
                with path.open("rb") as file:
                    entry.size = os.fstat(file.fileno()).st_size
                    tar.addfile(entry, file)
            except OSError as error:
                raise BuildError(f"{path} can't be read: {error.strerror or error}") from error


def _entry(name: str, kind: bytes, mode: int) -> tarfile.TarInfo:
    entry = tarfile.TarInfo(name)
    entry.type, entry.mode = kind, mode
    return entry


def _folders(names: Iterable[str]) -> set[str]:
    found: set[str] = set()
    for name in names:
        folder = name.rpartition("/")[0]
        while folder and folder not in found:
            found.add(folder)
            folder = folder.rpartition("/")[0]
    return found


@dataclass(frozen=True, slots=True)
class Shelf:
    """Packed layers and other blobs of this machine, by digest, under `folder`."""

    folder: Path

    def blob(self, digest: str) -> Path:
        """Where the blob of a digest lies, or would."""
        return self.folder / "blobs" / digest.replace(":", "-")

    def pack(self, what: str, tree: Tree, *, level: int = 6) -> ImageLayer:
        """A tree as a layer; the blob that is known for the same content is used again."""
        with self._scratch() as scratch:
            packing = _Packing(scratch, level)
            write_archive(tree, packing)  # type: ignore[arg-type]
            packing.finish()
            diff_id = f"sha256:{packing.plain.hexdigest()}"
            known = self._known(what, diff_id)
            if known is not None:
                Path(scratch.name).unlink()
                return known
            digest = f"sha256:{packing.packed.hexdigest()}"
            self._keep(scratch, digest)
        layer = ImageLayer(what, GZIP_LAYER, digest, diff_id, packing.size)
        self._note("known", diff_id, [layer])
        return layer

    def put(self, content: bytes) -> str:
        """Keep bytes; returns their digest."""
        digest = f"sha256:{hashlib.sha256(content).hexdigest()}"
        if not self.blob(digest).is_file():
            with self._scratch() as scratch:
                scratch.write(content)
                self._keep(scratch, digest)
        return digest

    def take(self, chunks: Iterable[bytes], digest: str) -> Path:
        """Keep a blob as it comes; raises BuildError when it is not what its digest says."""
        with self._scratch() as scratch:
            seen = hashlib.sha256()
            for chunk in chunks:
                seen.update(chunk)
                scratch.write(chunk)
            if f"sha256:{seen.hexdigest()}" != digest:
                Path(scratch.name).unlink()
                raise BuildError(f"the registry sent other bytes than {digest}", hint="try again")
            self._keep(scratch, digest)
        return self.blob(digest)

    def made(self, key: str) -> tuple[ImageLayer, ...] | None:
        """The layers that were made of inputs with this key, where their blobs are still here."""
        return self._read("made", key)

    def remember(self, key: str, layers: Iterable[ImageLayer]) -> None:
        """Note which layers the inputs with this key give."""
        self._note("made", key, list(layers))

    def _known(self, what: str, diff_id: str) -> ImageLayer | None:
        found = self._read("known", diff_id)
        if not found:
            return None
        one = found[0]
        return ImageLayer(what, one.media_type, one.digest, diff_id, one.size)

    def _read(self, kind: str, key: str) -> tuple[ImageLayer, ...] | None:
        try:
            noted = json.loads(self._file(kind, key).read_bytes())
            layers = tuple(ImageLayer(**one) for one in noted)
        except (OSError, ValueError, TypeError):
            return None
        return layers if all(self.blob(one.digest).is_file() for one in layers) else None

    def _note(self, kind: str, key: str, layers: list[ImageLayer]) -> None:
        file = self._file(kind, key)
        file.parent.mkdir(parents=True, exist_ok=True)
        with self._scratch() as scratch:
            scratch.write(json.dumps([asdict(one) for one in layers]).encode())
            scratch.flush()
            Path(scratch.name).replace(file)

    def _file(self, kind: str, key: str) -> Path:
        return self.folder / kind / f"{key.replace(':', '-')}.json"

    def _scratch(self) -> IO[bytes]:
        self.folder.mkdir(parents=True, exist_ok=True)
        return tempfile.NamedTemporaryFile(dir=self.folder, prefix="new-", delete=False)

    def _keep(self, scratch: IO[bytes], digest: str) -> None:
        scratch.flush()
        blob = self.blob(digest)
        blob.parent.mkdir(exist_ok=True)
        Path(scratch.name).replace(blob)

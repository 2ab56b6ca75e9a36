"""What images are built upon: found once, kept in the module's lock, known offline afterwards."""

from __future__ import annotations

import json
import re
import tarfile
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from faasctl import disk
from faasctl.build import cache, references, registry
from faasctl.build.layers import Shelf
from faasctl.build.oci import BaseImage
from faasctl.build.registry import Access
from faasctl.errors import BuildError, UnreachableError
from faasctl.plan import ImageLayer

#: Beside the module's other lock: which digest a base's tag meant when it was chosen.
LOCK_FILE = "faasctl.lock"

_PYTHON = re.compile(r"(?:usr/)?(?:local/)?bin/python(3\.\d+)")


def locked(root: Path) -> Mapping[str, str]:
    """Digests by reference, as the module's lock has them."""
    file = root / LOCK_FILE
    try:
        return dict(json.loads(file.read_bytes())["bases"])
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise BuildError(
            f"{LOCK_FILE} can't be read: {error}", hint=f"remove {LOCK_FILE}; it is made anew"
        ) from error


def _write_lock(root: Path, digests: Mapping[str, str]) -> None:
    text = json.dumps({"version": 1, "bases": dict(sorted(digests.items()))}, indent=2)
    disk.replace(root / LOCK_FILE, f"{text}\n".encode(), mode=0o644)


@dataclass(frozen=True, slots=True)
class Wish:
    """A base by reference; with `fresh` the registry is asked what its tag means now."""

    text: str
    platform: str
    fresh: bool = False


def resolve(
    wish: Wish, root: Path, shelf: Shelf, report: Callable[[str], None], access: Access
) -> BaseImage:
    """The base that is wished for.

    The lock is written where the answer is new. Without a network what is known here counts.
    """
    known, text, platform = locked(root), wish.text, wish.platform
    digest = references.parse(text).digest or ("" if wish.fresh else known.get(text, ""))
    if not digest:
        digest = _asked(text, known.get(text, ""), access, report)
    found = _cached(shelf, text, digest, platform)
    if found is None:
        report(f"reading {text}")
        found = registry.pull(text, digest, platform, access)
        _keep(shelf, text, platform, found)
    if "@" not in text and known.get(text) != digest:
        _write_lock(root, {**known, text: digest})
    return found


def _asked(text: str, known: str, access: Access, report: Callable[[str], None]) -> str:
    report(f"resolving {text}")
    try:
        return registry.resolve(text, access)[0]
    except UnreachableError as error:
        if known:
            return known
        raise UnreachableError(
            f"the base image {text} is not known here: {error.message}", hint=error.hint
        ) from error


def _file(shelf: Shelf, text: str, digest: str, platform: str) -> Path:
    place = references.parse(text)
    key = cache.key(place.registry, place.repository, digest, platform)
    return shelf.folder / "bases" / f"{key}.json"


def _cached(shelf: Shelf, text: str, digest: str, platform: str) -> BaseImage | None:
    try:
        noted: dict[str, Any] = json.loads(_file(shelf, text, digest, platform).read_bytes())
        layers = tuple(ImageLayer(**one) for one in noted.pop("layers"))
        return BaseImage(**noted, layers=layers)
    except (OSError, ValueError, TypeError, KeyError):
        return None


def _keep(shelf: Shelf, text: str, platform: str, base: BaseImage) -> None:
    file = _file(shelf, text, base.digest, platform)
    file.parent.mkdir(parents=True, exist_ok=True)
    disk.replace(file, json.dumps(asdict(base)).encode())


def environment(base: BaseImage) -> dict[str, str]:
    """The base's own environment variables."""
    given = base.config.get("config", {}).get("Env") or []
    return dict(one.partition("=")[::2] for one in given)


def python_minor(base: BaseImage, shelf: Shelf, access: Access) -> str | None:
    """Which Python a base has: by its configuration, else by the files of its layers."""
    said = environment(base).get("PYTHON_VERSION", "")
    if re.match(r"\d+\.\d+", said):
        return ".".join(said.split(".")[:2])
    note = shelf.folder / "pythons" / cache.key(*(one.diff_id for one in base.layers))
    if not note.is_file():
        found: set[str] = set()
        for layer in base.layers:
            found |= _pythons(registry.fetch_layer(base, layer, shelf, access))
        note.parent.mkdir(parents=True, exist_ok=True)
        newest = max(found, key=lambda one: int(one.partition(".")[2]), default="")
        disk.replace(note, newest.encode())
    return note.read_text("utf-8") or None


def _pythons(blob: Path) -> set[str]:
    with tarfile.open(blob, "r:*") as tar:
        names = (member.name.removeprefix("./").lstrip("/") for member in tar)
        return {match[1] for name in names if (match := _PYTHON.fullmatch(name))}

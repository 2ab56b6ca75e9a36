"""The layers of an image by rate of change: packages, handler, models, code, component."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from faasctl.build import cache, code, runtime, wheels
from faasctl.build.bytecode_tree import with_bytecode
from faasctl.build.image_config import CODE, COMPONENT, RUNTIME
from faasctl.build.layers import Content, FromBytes, FromFile, Shelf, Tree
from faasctl.build.wheels import HUGE, Package, WheelTarget
from faasctl.plan import ImageLayer, ImagePlan

#: Part of every key: raise it when the same inputs are to give other layers.
_FORMAT = "1"

#: Levels of packing: packages are many and sent once; models hardly shrink, and are large.
_USUAL, _PACKAGES, _MODELS = 6, 3, 1


@dataclass(frozen=True, slots=True)
class Workshop:
    """Where layers are made and for which Python and platform."""

    shelf: Shelf
    root: Path
    target: WheelTarget
    report: Callable[[str], None]


def layers(plan: ImagePlan, shop: Workshop) -> tuple[ImageLayer, ...]:
    """All layers of a plan, from the one that changes least."""
    made: list[ImageLayer] = []
    if not plan.existing:
        made += packages(plan.environment.requirements, shop, "packages", checked=True)
    if plan.program != "command":
        made += packages(handler_lock(), shop, "dependencies")
        made += handler(shop)
    if not plan.existing:
        made += _files(shop, "models", plan.models, level=_MODELS)
        made += _files(shop, "code", plan.files)
    if plan.compiled:
        compiled = {COMPONENT: FromBytes(plan.compiled.encode())}
        made.append(shop.shelf.pack("component", compiled))
    return tuple(made)


def handler_lock() -> str:
    """The lock of the handler's own packages."""
    return (runtime.handler_folder() / "requirements.lock").read_text("utf-8")


def packages(
    lock: str, shop: Workshop, folder: str, *, checked: bool = False
) -> tuple[ImageLayer, ...]:
    """The layers of a lock, huge packages by themselves; made where they are not known yet.

    With `checked` the handler must be able to run with what is in it.
    """
    if not wheels.has_packages(lock):
        return ()
    lines = "\n".join(line for line in lock.splitlines() if not line.lstrip().startswith("#"))
    target = shop.target
    key = cache.key(_FORMAT, folder, lines, target.minor, target.platform, target.libc)
    known = shop.shelf.made(key)
    if known is not None:
        return known
    with _scratch(shop) as scratch:
        wheels.check(lock, target, scratch)
        shop.report(f"installing {folder} for Python {target.minor} on {target.platform}")
        place = wheels.install(lock, target, scratch)
        if checked:
            runtime.check_packages([place])
        _tell_of_pth(place, shop.report)
        made = _pack_packages(place, scratch, shop, folder)
    shop.shelf.remember(key, made)
    return made


def _pack_packages(
    place: Path, scratch: Path, shop: Workshop, folder: str
) -> tuple[ImageLayer, ...]:
    prefix = f"{RUNTIME}/{folder}"
    whole = {f"{prefix}/{name}": one for name, one in wheels.contents(place).items()}
    shop.report("compiling byte code")
    tree = with_bytecode(whole, shop.target.minor, scratch)
    shop.report("packing")
    parts = list(split(tree, prefix, wheels.packages(place)))

    def pack(part: tuple[str, Tree]) -> ImageLayer:
        what = part[0] if part[0] == folder else f"{folder}: {part[0]}"
        return shop.shelf.pack(what, part[1], level=_PACKAGES)

    with ThreadPoolExecutor(4) as pool:
        return tuple(pool.map(pack, parts))


def split(tree: Tree, prefix: str, found: Sequence[Package]) -> Iterator[tuple[str, Tree]]:
    """Huge packages by name, largest first; then all others under the folder's own name."""
    rest = dict(tree)
    huge = sorted((one for one in found if one.size > HUGE), key=lambda one: (-one.size, one.name))
    for package in huge:
        own = {f"{prefix}/{name}" for name in package.files}
        taken = {name: rest.pop(name) for name in list(rest) if _source(name) in own or name in own}
        if taken:
            yield f"{package.name} {package.version}", taken
    if rest:
        yield prefix.rpartition("/")[2], rest


def _source(name: str) -> str:
    """The source of byte code; other names as they are."""
    if not name.endswith(".pyc") or "/__pycache__/" not in name:
        return name
    folder, _, file = name.rpartition("/__pycache__/")
    return f"{folder}/{file.rpartition('.cpython-')[0]}.py"


def _tell_of_pth(place: Path, report: Callable[[str], None]) -> None:
    names = sorted(path.name for path in place.glob("*.pth"))
    if names:
        report(f"warning: {', '.join(names)} will not be read when the function starts")


def handler(shop: Workshop) -> tuple[ImageLayer, ...]:
    """The layer of the handler itself."""
    folder = runtime.handler_folder()
    names = runtime.handler_files(folder)
    parts = [part for name in names for part in (name, (folder / name).read_bytes())]
    tree = {f"{RUNTIME}/handlers/{name}": FromFile(folder / name) for name in names}
    return _made(shop, "handler", cache.key(_FORMAT, "handler", shop.target.minor, *parts), tree)


def _files(
    shop: Workshop, what: str, names: Sequence[str], *, level: int = _USUAL
) -> tuple[ImageLayer, ...]:
    if not names:
        return ()
    key = cache.key(_FORMAT, what, shop.target.minor, code.digest_files(shop.root, names))
    tree: dict[str, Content] = {}
    for name in names:
        mode = (shop.root / name).stat().st_mode
        tree[f"{CODE}/{name}"] = FromFile(shop.root / name, bool(mode & 0o111))
    return _made(shop, what, key, tree, level=level)


def _made(
    shop: Workshop, what: str, key: str, tree: Tree, *, level: int = _USUAL
) -> tuple[ImageLayer, ...]:
    known = shop.shelf.made(key)
    if known is not None:
        return known
    with _scratch(shop) as scratch:
        whole = with_bytecode(tree, shop.target.minor, scratch)
        made = (shop.shelf.pack(what, whole, level=level),)
    shop.shelf.remember(key, made)
    return made


@contextmanager
def _scratch(shop: Workshop) -> Iterator[Path]:
    shop.shelf.folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=shop.shelf.folder, prefix="making-") as folder:
        yield Path(folder)

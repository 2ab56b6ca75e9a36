"""An image's configuration: how it starts, who it is, where it comes from; pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, assert_never

from faasctl import __version__
from faasctl.build.oci import EPOCH, BaseImage, document
from faasctl.plan import ImageLayer, ImagePlan, ImageProgram

#: Where things lie in an image.
RUNTIME, CODE, COMPONENT = "faasctl", "function", "faasctl/component.json"

#: Nobody: neither root nor anybody that a base knows.
USER = "65532"
PORT = 8080

_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


@dataclass(frozen=True, slots=True)
class Origin:
    """What labels say: the source's revision, the lock's digest, the base by name."""

    revision: str
    lock: str
    base: str


@dataclass(frozen=True, slots=True)
class Parts:
    """What a configuration is made of."""

    plan: ImagePlan
    minor: str
    base: BaseImage
    origin: Origin
    layers: Sequence[ImageLayer] = field(default=())


def entry_point(program: ImageProgram, minor: str) -> list[str]:
    """How the image starts. The base's Python is found on the path that its configuration names."""
    match program:
        case "function":
            file = "start.py"
        case "api":
            file = "start_api.py"
        case "command":
            return []
        case _:
            assert_never(program)
    words = [f"python{minor}", "-I", f"/{RUNTIME}/handlers/{file}", f"/{COMPONENT}"]
    return [*words, "--host", "0.0.0.0"]


def config(parts: Parts) -> bytes:
    """The configuration as JSON; equal inputs give equal bytes."""
    given = dict(parts.base.config)
    system, _, rest = parts.plan.platform.partition("/")
    machine, _, variant = rest.partition("/")
    made = {
        "os": system,
        "architecture": machine,
        "created": EPOCH,
        "config": _process(parts, given.get("config") or {}),
        "rootfs": {
            "type": "layers",
            "diff_ids": [one.diff_id for one in (*parts.base.layers, *parts.layers)],
        },
        "history": [*_base_history(parts.base), *_history(parts.layers)],
    }
    return document({**made, "variant": variant} if variant else made)


def _process(parts: Parts, base: Mapping[str, Any]) -> dict[str, Any]:
    plan = parts.plan
    kept = {key: value for key, value in base.items() if value and key in _KEPT}
    made = {
        **kept,
        "Env": _environment(base.get("Env") or [], own=not plan.existing),
        "ExposedPorts": {**(base.get("ExposedPorts") or {}), f"{PORT}/tcp": {}},
        "Labels": {**(base.get("Labels") or {}), **labels(parts)},
    }
    words = entry_point(plan.program, parts.minor)
    if words:
        made["Entrypoint"] = words
    if not plan.existing:
        made |= {"User": f"{USER}:{USER}", "WorkingDir": f"/{CODE}"}
    return made


#: What is taken over from a base; `Entrypoint` and `Cmd` are ours.
_KEPT = {"User", "WorkingDir", "Volumes", "StopSignal", "Shell", "OnBuild"}


def _environment(given: Sequence[str], *, own: bool) -> list[str]:
    found = dict(one.partition("=")[::2] for one in given)
    found.setdefault("PATH", _PATH)
    if own:
        # The handler itself reads no such variable; programs that user code starts do.
        found["PYTHONPATH"] = f"/{RUNTIME}/packages"
    return [f"{key}={value}" for key, value in found.items()]


def labels(parts: Parts) -> dict[str, str]:
    """Where the image comes from; what is not known is left out."""
    origin = parts.origin
    found = {
        "org.opencontainers.image.title": parts.plan.name,
        "org.opencontainers.image.revision": origin.revision,
        "org.opencontainers.image.base.name": origin.base,
        "org.opencontainers.image.base.digest": parts.base.digest,
        "dev.faasctl.lock": origin.lock,
        "dev.faasctl.python": parts.minor,
        "dev.faasctl.version": __version__,
    }
    return {key: value for key, value in sorted(found.items()) if value}


def _base_history(base: BaseImage) -> list[dict[str, Any]]:
    """The base's own, or one entry a layer: tools expect as many as there are layers."""
    given = base.config.get("history") or []
    if sum(not one.get("empty_layer") for one in given) == len(base.layers):
        return list(given)
    return [{"created": EPOCH, "created_by": "base"} for _ in base.layers]


def _history(layers: Sequence[ImageLayer]) -> list[dict[str, Any]]:
    return [{"created": EPOCH, "created_by": f"faasctl: {one.what}"} for one in layers]

"""A component as its handler reads it: a small JSON, compiled once at build time.

No YAML is parsed in a function: `faasctl` writes this file, `handlers` reads it.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, fields
from typing import Any

FORMAT = 1


@dataclass(frozen=True, slots=True)
class WarmupRequest:
    """One request that a process answers before it says that it is ready."""

    name: str
    path: str
    body: Any


@dataclass(frozen=True, slots=True)
class FileExchange:
    """The box whose files FILE tensors name, and the folder where requests have theirs.

    A relative `folder` lies in the process's own scratch folder (TMPDIR).
    """

    box: str
    folder: str


@dataclass(frozen=True, slots=True)
class Mount:
    """A part of a box that appears, read-only, at `path` before user code is imported.

    A relative `path` is relative to the folder that `FAASCTL_BOXES` names.
    """

    box: str
    sub_path: str
    path: str


@dataclass(frozen=True, slots=True)
class CompiledComponent:
    """Everything that a handler knows of its component.

    `python_path` and a relative `model_key` are relative to the code's root; where `model_mount`
    is a mount's path, the key is relative to that. `timeout` is in seconds per call;
    `concurrency` 0 is unlimited; `max_body` is in bytes.
    """

    namespace: str
    name: str
    interface: str
    function: str
    python_path: str = "."
    model_key: str = ""
    version: str = "1"
    timeout: float = 60.0
    concurrency: int = 0
    max_body: int = 64 * 1024 * 1024
    warmup: WarmupRequest | None = None
    exchange: FileExchange | None = None
    mounts: tuple[Mount, ...] = ()
    model_mount: str = ""


def dump(component: CompiledComponent) -> str:
    """The component as JSON text; equal components give equal text."""
    return json.dumps({"format": FORMAT, **asdict(component)}, sort_keys=True, indent=1)


def parse(text: str) -> CompiledComponent:
    """A component from JSON text; raises ValueError when it was compiled for another handler."""
    values = json.loads(text)
    if values.pop("format", None) != FORMAT:
        raise ValueError("this component was compiled for another version of the handler")
    unknown = set(values) - {field.name for field in fields(CompiledComponent)}
    if unknown:
        raise ValueError(f"unknown keys in the compiled component: {', '.join(sorted(unknown))}")
    warmup, exchange = values.pop("warmup", None), values.pop("exchange", None)
    mounts = tuple(Mount(**mount) for mount in values.pop("mounts", ()))
    return CompiledComponent(
        **values,
        warmup=WarmupRequest(**warmup) if warmup else None,
        exchange=FileExchange(**exchange) if exchange else None,
        mounts=mounts,
    )

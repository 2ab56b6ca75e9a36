"""What every function process of a gateway starts from."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from faasctl.gateway.limits import Limits
from faasctl.gateway.records import Records


@dataclass(frozen=True, slots=True)
class Site:
    """`lifeline` is the reading end of a pipe that closes when the gateway is gone.

    `scratch` is where each process gets a folder of its own; `started` is called whenever a
    process was started.
    """

    records: Records
    scratch: Path
    lifeline: int
    limits: Limits = field(default_factory=Limits)
    starts_at_once: int = field(default_factory=lambda: max(2, os.cpu_count() or 1))
    started: Callable[[], None] = lambda: None

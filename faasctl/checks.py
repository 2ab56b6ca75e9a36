"""What was looked at before a deploy, and what to type where something is missing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at; `fix` is what to type where it failed.

    What could not be looked at is skipped, and `message` says why.
    """

    name: str
    status: Literal["ok", "failed", "skipped"]
    message: str
    fix: str | None = None

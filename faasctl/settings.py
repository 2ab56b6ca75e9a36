"""Settings by precedence: flag, environment, configuration file, default.

A module's own defaults stand in its `faasctl.toml`, or in `[tool.faasctl]` of `pyproject.toml`.
"""

from __future__ import annotations

import os
import sys
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import cast, get_args

from faasctl.errors import UsageError
from faasctl.plan import TargetName

TARGETS: tuple[str, ...] = get_args(TargetName)

#: The local gateway's usual port; another free one is taken when this is in use.
GATEWAY_PORT = 8787


@dataclass(frozen=True, slots=True)
class Settings:
    """What the commands go by; `home` holds all state of the local target."""

    home: Path
    target: TargetName = "local"
    gateway_port: int = GATEWAY_PORT


def default_home(environment: Mapping[str, str], platform: str = sys.platform) -> Path:
    """Where state lives: `FAASCTL_HOME`, else the platform's user data folder."""
    given = environment.get("FAASCTL_HOME")
    if given:
        return Path(given).expanduser().absolute()
    if platform == "darwin":
        return Path.home() / "Library" / "Application Support" / "faasctl"
    data = environment.get("XDG_DATA_HOME")
    return (Path(data) if data else Path.home() / ".local" / "share") / "faasctl"


def load(root: Path | None, *, target: str | None = None) -> Settings:
    """The settings for a module, or for none; raises UsageError for words nobody knows."""
    environment = os.environ
    file, values = _module_values(root)
    chosen = target or environment.get("FAASCTL_TARGET") or values.get("target") or "local"
    if chosen not in TARGETS:
        where = file if not target and not environment.get("FAASCTL_TARGET") else "target"
        raise UsageError(
            f"{where}: {chosen!r} is no target", hint=f"choose one of {', '.join(TARGETS)}"
        )
    port = environment.get("FAASCTL_GATEWAY_PORT") or str(GATEWAY_PORT)
    if not port.isdigit() or int(port) > 65535:
        raise UsageError(f"FAASCTL_GATEWAY_PORT: {port!r} is no port (0 to 65535)")
    return Settings(default_home(environment), cast("TargetName", chosen), int(port))


def _module_values(root: Path | None) -> tuple[str, Mapping[str, object]]:
    if root is None:
        return "", {}
    own, project = root / "faasctl.toml", root / "pyproject.toml"
    if own.is_file():
        return own.name, _read(own)
    if project.is_file():
        tool = _read(project).get("tool", {})
        section = tool.get("faasctl", {}) if isinstance(tool, dict) else {}
        return project.name, section if isinstance(section, dict) else {}
    return "", {}


def _read(file: Path) -> Mapping[str, object]:
    try:
        return tomllib.loads(file.read_text("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError) as error:
        raise UsageError(f"{file.name}: {error}", hint="mend the file; it must be TOML") from error

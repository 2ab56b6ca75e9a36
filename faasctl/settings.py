"""Settings by precedence: flag, environment, configuration file, default.

A module's own defaults stand in its `faasctl.toml`, or in `[tool.faasctl]` of `pyproject.toml`.
"""

from __future__ import annotations

import os
import sys
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Literal, cast, get_args
from urllib.parse import urlsplit

from faasctl.errors import UsageError
from faasctl.plan import TargetName

TARGETS: tuple[str, ...] = get_args(TargetName)

#: The local gateway's usual port; another free one is taken when this is in use.
GATEWAY_PORT = 8787

Addressing = Literal["path", "virtual"]


@dataclass(frozen=True, slots=True)
class S3:
    """Which store keeps files; empty is not given, all empty is the store of this machine.

    `endpoint` is what functions use, `public_endpoint` what stands in links; without them it is
    AWS. Credentials are those that boto3 finds, under `profile` where one is named.
    """

    endpoint: str = ""
    public_endpoint: str = ""
    region: str = ""
    bucket: str = ""
    addressing: Addressing | Literal[""] = ""
    profile: str = ""

    @property
    def is_given(self) -> bool:
        """Whether any other store than this machine's is meant."""
        return self != S3()


@dataclass(frozen=True, slots=True)
class Cluster:
    """Where the knative target deploys to; empty is not given.

    `context` is one of the kubeconfig (its current one), `namespace` the cluster's (the
    application's name), `registry` where images go, `HOST[:PORT][/PATH]`.
    """

    context: str = ""
    namespace: str = ""
    registry: str = ""


@dataclass(frozen=True, slots=True)
class Settings:
    """What the commands go by; `home` holds all state of the local target."""

    home: Path
    target: TargetName = "local"
    gateway_port: int = GATEWAY_PORT
    s3: S3 = S3()
    cluster: Cluster = Cluster()


def default_home(environment: Mapping[str, str], platform: str = sys.platform) -> Path:
    """Where state lives: `FAASCTL_HOME`, else the platform's user data folder."""
    given = environment.get("FAASCTL_HOME")
    if given:
        return Path(given).expanduser().absolute()
    if platform == "darwin":
        return Path.home() / "Library" / "Application Support" / "faasctl"
    data = environment.get("XDG_DATA_HOME")
    return (Path(data) if data else Path.home() / ".local" / "share") / "faasctl"


def load(
    root: Path | None,
    *,
    target: str | None = None,
    s3: Mapping[str, str] | None = None,
    cluster: Cluster | None = None,
) -> Settings:
    """The settings for a module, or for none; raises UsageError for words nobody knows.

    `target`, `s3` and `cluster` are what flags say.
    """
    environment = os.environ
    file, values = _module_values(root)
    chosen = target or environment.get("FAASCTL_TARGET") or values.get("target") or "local"
    if chosen not in TARGETS:
        where = file if not target and not environment.get("FAASCTL_TARGET") else "target"
        raise UsageError(
            f"{where}: {chosen!r} is no target", hint=f"choose one of {', '.join(TARGETS)}"
        )
    port = environment.get("FAASCTL_GATEWAY_PORT") or str(GATEWAY_PORT)
    if not (port.isascii() and port.isdigit() and len(port) < 6) or int(port) > 65535:
        raise UsageError(f"FAASCTL_GATEWAY_PORT: {port!r} is no port (0 to 65535)")
    store = _s3(s3 or {}, environment, _section(file, values, "s3"))
    chosen_cluster = _cluster(cluster or Cluster(), environment, _section(file, values, "knative"))
    home = default_home(environment)
    return Settings(home, cast("TargetName", chosen), int(port), store, chosen_cluster)


def _section(file: str, values: Mapping[str, object], name: str) -> Mapping[str, object]:
    section = values.get(name, {})
    if not isinstance(section, dict):
        raise UsageError(f"{file}: {name} is no table", hint=f"write [{name}] and keys below it")
    return {f"{file}: {name}.{key}": value for key, value in section.items()}


def _cluster(
    flags: Cluster, environment: Mapping[str, str], section: Mapping[str, object]
) -> Cluster:
    """Each key by itself: flag, else `FAASCTL_<KEY>`, else the file."""
    names = [field.name for field in fields(Cluster)]
    chosen = {}
    for where, value in section.items():
        name = where.rpartition(".")[2]
        if name not in names:
            raise UsageError(f"{where}: no such setting", hint=f"there are {', '.join(names)}")
        if not isinstance(value, str):
            raise UsageError(f"{where}: {value!r} is no text", hint="put it in quotes")
        chosen[name] = value
    for name in names:
        given = getattr(flags, name) or environment.get(f"FAASCTL_{name.upper()}")
        if given:
            chosen[name] = given
    return Cluster(**chosen)


def _s3(
    flags: Mapping[str, str], environment: Mapping[str, str], section: Mapping[str, object]
) -> S3:
    """Each key by itself: flag, else `FAASCTL_S3_<KEY>`, else the file; under its full name."""
    names = [field.name for field in fields(S3)]
    chosen: dict[str, tuple[str, object]] = {}
    for where, value in section.items():
        chosen[where.rpartition(".")[2].replace("-", "_")] = (where, value)
    for name in names:
        variable = f"FAASCTL_S3_{name.upper()}"
        if environment.get(variable):
            chosen[name] = (variable, environment[variable])
    for key, value in flags.items():
        chosen[key.replace("-", "_")] = (f"--s3 {key}", value)
    for name, (where, value) in chosen.items():
        _check_s3(name, where, value)
    return S3(**{name: str(value) for name, (_, value) in chosen.items()})  # type: ignore[arg-type]


def _check_s3(name: str, where: str, value: object) -> None:
    names = [field.name for field in fields(S3)]
    if name not in names:
        raise UsageError(f"{where}: no such setting", hint=f"there are {', '.join(names)}")
    if not isinstance(value, str):
        raise UsageError(f"{where}: {value!r} is no text", hint="put it in quotes")
    if name == "addressing" and value not in {*get_args(Addressing), ""}:
        raise UsageError(f"{where}: {value!r} is no way to address", hint="write path or virtual")
    if name.endswith("endpoint") and value and not _is_endpoint(value):
        raise UsageError(f"{where}: {value!r} is no endpoint", hint="write https://HOST[:PORT]")


def _is_endpoint(text: str) -> bool:
    try:
        parts = urlsplit(text)
        return parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


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

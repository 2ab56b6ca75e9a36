"""What a function process sees of this machine: what its release says, and nothing else."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

import msgspec

from faasctl.errors import DeployError
from faasctl.model import EnvSecret, EnvValue, SecretKey
from faasctl.plan import LocalRelease

#: As a key: the whole secret, as one JSON object.
WHOLE = "*"

PATH = "/usr/local/bin:/usr/bin:/bin"


def process_environment(
    release: LocalRelease, revision: str, *, home: Path, scratch: Path
) -> Mapping[str, str]:
    """The whole environment of one process; raises DeployError for a secret that is missing."""
    own = {
        "PATH": PATH,
        "LANG": "C.UTF-8",
        "HOME": str(scratch),
        "TMPDIR": str(scratch),
        "FAASCTL_NAMESPACE": release.namespace,
        "FAASCTL_COMPONENT": release.name,
        "FAASCTL_REVISION": revision,
    }
    folder = home / "secrets" / release.namespace
    for one in release.environment:
        match one:
            case EnvValue(name, value):
                own[name] = value
            case EnvSecret(name, secret):
                own[name] = _secret(folder, secret, release.name)
    return own


def check_secrets(release: LocalRelease, home: Path) -> None:
    """Raises DeployError for a secret that is missing."""
    process_environment(release, "", home=home, scratch=home)


def _secret(folder: Path, secret: SecretKey, component: str) -> str:
    values = _read(folder / f"{os.path.basename(secret.name)}.json")  # noqa: PTH119 - a name
    if secret.key == WHOLE and values:
        return msgspec.json.encode(values).decode()
    if secret.key not in values:
        wanted = f"{secret.name}/{secret.key}"
        raise DeployError(
            f"{component}: the secret {wanted} is missing", hint=f"faasctl secret set {wanted}"
        )
    return values[secret.key]


def _read(path: Path) -> Mapping[str, str]:
    try:
        return msgspec.json.decode(path.read_bytes(), type=dict[str, str])
    except FileNotFoundError:
        return {}
    except (OSError, msgspec.MsgspecError) as error:
        raise DeployError(f"{path}: {error}", hint="it must be a JSON object of texts") from error

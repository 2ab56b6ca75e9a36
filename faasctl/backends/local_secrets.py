"""Secrets of the local target: one file per secret, readable by its owner alone."""

from __future__ import annotations

import json
from pathlib import Path

from faasctl import disk
from faasctl.model import SecretKey


def set_value(home: Path, namespace: str, secret: SecretKey, value: str) -> None:
    """Write one key; the others of the secret stay."""
    file = _file(home, namespace, secret.name)
    disk.make_private(home / "secrets")
    disk.make_private(file.parent)
    _write(file, {**_read(file), secret.key: value})


def value(home: Path, namespace: str, secret: SecretKey) -> str:
    """One key's value, empty where there is none."""
    return _read(_file(home, namespace, secret.name)).get(secret.key, "")


def names(home: Path, namespace: str) -> tuple[str, ...]:
    """All `NAME/KEY` of a namespace, sorted."""
    files = (home / "secrets" / namespace).glob("*.json")
    return tuple(sorted(f"{file.stem}/{key}" for file in files for key in _read(file)))


def remove(home: Path, namespace: str, secret: SecretKey) -> bool:
    """Forget one key; False when it was not there."""
    file = _file(home, namespace, secret.name)
    values = _read(file)
    if secret.key not in values:
        return False
    del values[secret.key]
    if values:
        _write(file, values)
    else:
        file.unlink()
    return True


def _file(home: Path, namespace: str, name: str) -> Path:
    return home / "secrets" / namespace / f"{name}.json"


def _read(file: Path) -> dict[str, str]:
    if not file.is_file():
        return {}
    values: dict[str, str] = json.loads(file.read_text("utf-8"))
    return values


def _write(file: Path, values: dict[str, str]) -> None:
    disk.replace(file, json.dumps(values, sort_keys=True).encode(), mode=0o600)

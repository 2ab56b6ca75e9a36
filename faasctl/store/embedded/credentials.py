"""The store's keys: a JSON file `{access key: secret}` that only its owner can read."""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Mapping
from pathlib import Path

from faasctl.errors import UsageError


def load_credentials(file: Path) -> Mapping[str, str]:
    """The pairs in the file, which is made with a random one when it is missing."""
    try:
        text = file.read_text("utf-8")
    except FileNotFoundError:
        return _create(file)
    try:
        pairs = json.loads(text)
    except ValueError as error:
        raise _unusable(file) from error
    good = isinstance(pairs, dict) and all(
        isinstance(key, str) and key and isinstance(secret, str) and secret
        for key, secret in pairs.items()
    )
    if not good or not pairs:
        raise _unusable(file)
    return dict(pairs)


def _create(file: Path) -> Mapping[str, str]:
    pairs = {f"FAAS{secrets.token_hex(8).upper()}": secrets.token_urlsafe(30)}
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    aside = file.with_name(f".{file.name}.{os.getpid()}")
    descriptor = os.open(aside, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as writer:
        json.dump(pairs, writer)
        writer.flush()
        os.fsync(writer.fileno())
    aside.rename(file)
    return pairs


def _unusable(file: Path) -> UsageError:
    return UsageError(
        f"{file}: not a JSON object of access keys and secrets",
        hint="mend it, or remove it to get new ones",
    )

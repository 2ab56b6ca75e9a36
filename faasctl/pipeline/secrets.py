"""Secrets of an application: names are shown, values never."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from faasctl.backends import local_secrets
from faasctl.errors import UnknownNameError, UsageError
from faasctl.model import SecretKey
from faasctl.pipeline.session import Session

_NAME = re.compile(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?")
_KEY = re.compile(r"[-._a-zA-Z0-9]{1,253}")


class SecretStore(Protocol):
    """Where a target keeps secrets."""

    def set_value(self, namespace: str, secret: SecretKey, value: str) -> None: ...

    def names(self, namespace: str) -> tuple[str, ...]:
        """All `NAME/KEY`, sorted."""
        ...

    def remove(self, namespace: str, secret: SecretKey) -> bool:
        """False when it was not there."""
        ...


@dataclass(frozen=True, slots=True)
class _Local:
    home: Path

    def set_value(self, namespace: str, secret: SecretKey, value: str) -> None:
        local_secrets.set_value(self.home, namespace, secret, value)

    def names(self, namespace: str) -> tuple[str, ...]:
        return local_secrets.names(self.home, namespace)

    def remove(self, namespace: str, secret: SecretKey) -> bool:
        return local_secrets.remove(self.home, namespace, secret)


def store(session: Session) -> SecretStore:
    """Where the session's target keeps secrets."""
    settings = session.settings
    if settings.target == "knative":
        from faasctl.backends.kubernetes_link import open_cluster
        from faasctl.backends.kubernetes_secrets import ClusterSecrets

        return ClusterSecrets(open_cluster(settings.cluster.context), settings.cluster.namespace)
    return _Local(settings.home)


def parse(word: str) -> SecretKey:
    """`NAME/KEY`; raises UsageError."""
    name, _, key = word.partition("/")
    if not _NAME.fullmatch(name) or not _KEY.fullmatch(key) or key in {".", ".."}:
        raise UsageError(
            f"{word!r} is no secret's name",
            hint="write NAME/KEY: a name as Kubernetes takes it, a key of letters, digits, - . _",
        )
    return SecretKey(name, key)


def set_value(session: Session, secret: SecretKey, value: str) -> None:
    """Keep a value for the functions of the application."""
    if not value:
        raise UsageError("the value is empty", hint="type it at the prompt, or pipe it in")
    store(session).set_value(session.module.namespace, secret, value)


def names(session: Session) -> tuple[str, ...]:
    """All `NAME/KEY`, sorted."""
    return store(session).names(session.module.namespace)


def remove(session: Session, secret: SecretKey) -> None:
    """Forget one key; raises UnknownNameError when it was not there."""
    if not store(session).remove(session.module.namespace, secret):
        raise UnknownNameError(f"no secret {secret.name}/{secret.key}", hint="faasctl secret list")

"""Secrets of an application: names are shown, values never."""

from __future__ import annotations

import re

from faasctl.backends import local_secrets
from faasctl.errors import UnknownNameError, UsageError
from faasctl.model import SecretKey
from faasctl.pipeline.session import Session

_NAME = re.compile(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?")
_KEY = re.compile(r"[-._a-zA-Z0-9]{1,253}")


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
    local_secrets.set_value(session.settings.home, session.module.namespace, secret, value)


def names(session: Session) -> tuple[str, ...]:
    """All `NAME/KEY`, sorted."""
    return local_secrets.names(session.settings.home, session.module.namespace)


def remove(session: Session, secret: SecretKey) -> None:
    """Forget one key; raises UnknownNameError when it was not there."""
    if not local_secrets.remove(session.settings.home, session.module.namespace, secret):
        raise UnknownNameError(f"no secret {secret.name}/{secret.key}", hint="faasctl secret list")

"""The secret of user names and passwords, and whether a Basic header proves one of them."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass

from handlers.contract.boxes import NameRefusedError, check_user
from handlers.fronts.api import htpasswd
from handlers.fronts.api.htpasswd import SchemeRefusedError, Verifier

#: The key under which a secret holds htpasswd lines.
LINES = "auth"

#: Passwords that were right are not worked out again: bcrypt takes a tenth of a second.
_REMEMBERED = 1024


class SecretRefusedError(ValueError):
    """A secret of users that can't be used; the message never holds a password."""


@dataclass(frozen=True, slots=True)
class Claim:
    """What a Basic header says."""

    user: str
    password: str


def parse_basic(value: str) -> Claim | None:
    """The claim of a header's value after `Basic `, None when it has another form."""
    try:
        raw = base64.b64decode(value.strip(), validate=True)
    except (binascii.Error, ValueError):
        return None
    try:
        text = raw.decode()
    except UnicodeDecodeError:
        text = raw.decode("latin-1")
    user, colon, password = text.partition(":")
    return Claim(user, password) if colon else None


def parse_secret(text: str) -> Mapping[str, Verifier]:
    """Users and what verifies them; raises SecretRefusedError.

    The secret is a JSON object: `user: password` pairs, an `auth` key with htpasswd lines, or
    `username` and `password`, as Kubernetes keeps one user.
    """
    pairs = _pairs(text)
    users: dict[str, Verifier] = {}
    if pairs.keys() == {"username", "password"}:
        pairs = {pairs["username"]: pairs["password"]}
    elif LINES in pairs:
        users |= _from_lines(pairs.pop(LINES))
    for user, password in pairs.items():
        _check(user, password, users)
        users[user] = htpasswd.plain(password)
    if not users:
        raise SecretRefusedError("it names no user")
    return users


def _pairs(text: str) -> dict[str, str]:
    try:
        pairs = json.loads(text)
    except ValueError as error:
        raise SecretRefusedError("it is not JSON") from error
    if not isinstance(pairs, dict) or not all(isinstance(one, str) for one in pairs.values()):
        raise SecretRefusedError("it is not a JSON object of texts")
    return dict(pairs)


def _from_lines(text: str) -> dict[str, Verifier]:
    users: dict[str, Verifier] = {}
    for number, raw in enumerate(text.splitlines(), 1):
        line = raw.strip()
        if not line or line.startswith("#"):
            continue
        user, _, stored = line.partition(":")
        _check(user, stored, users)
        try:
            users[user] = htpasswd.verifier(stored)
        except SchemeRefusedError as error:
            raise SecretRefusedError(f"{LINES}, line {number}, user {user!r}: {error}") from error
    return users


def _check(user: str, password: str, known: Mapping[str, Verifier]) -> None:
    try:
        check_user(user)
    except NameRefusedError as error:
        raise SecretRefusedError(f"a name can't be a user's: {error}") from error
    if not password:
        raise SecretRefusedError(f"the user {user!r} has no password")
    if user in known:
        raise SecretRefusedError(f"the user {user!r} is there twice")


class Passwords:
    """Verifies claims; each takes the time of the dearest, known user or not."""

    def __init__(self, users: Mapping[str, Verifier]) -> None:
        self._users = users
        self._dearest = max(users.values(), key=lambda one: one.cost)
        self._key = secrets.token_bytes(32)
        self._remembered: set[bytes] = set()

    def verify(self, claim: Claim) -> bool:
        """Whether the claim is true; may take a tenth of a second."""
        text = f"{claim.user}\0{claim.password}".encode("utf-8", "surrogatepass")
        seal = hmac.new(self._key, text, hashlib.sha256).digest()
        if seal in self._remembered:
            return True
        own = self._users.get(claim.user)
        is_right = own is not None and own.matches(claim.password)
        if own is None or own.cost < self._dearest.cost:
            self._dearest.matches(claim.password)
        if not is_right:
            return False
        if len(self._remembered) >= _REMEMBERED:
            self._remembered.clear()
        self._remembered.add(seal)
        return True

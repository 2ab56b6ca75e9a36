"""Who calls a function: one header, signed by the application's API.

    X-Faasctl-Identity: <user>:<expires>:<signature>

`user` is base64url, `expires` in seconds since 1970, the signature an HMAC-SHA256 with the
deployment's own key over namespace, user and expiry.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac

HEADER = "x-faasctl-identity"

#: How long a signed identity is good, in seconds: one call, not a session.
LIFETIME = 300


class IdentityRefusedError(ValueError):
    """A header that does not prove who calls."""


def issue(key: bytes, namespace: str, user: str, now: float) -> str:
    """The header's value for a user; `now` in seconds since 1970."""
    expires = int(now) + LIFETIME
    return f"{_encoded(user)}:{expires}:{_signature(key, namespace, user, expires)}"


def verify(key: bytes, namespace: str, value: str, now: float) -> str:
    """The user that the header proves; raises IdentityRefusedError."""
    parts = value.split(":")
    if len(parts) != 3 or not (parts[1].isascii() and parts[1].isdigit()):
        raise IdentityRefusedError("the identity header has another form")
    try:
        padded = parts[0] + "=" * (-len(parts[0]) % 4)
        user = base64.b64decode(padded, altchars=b"-_", validate=True).decode()
    except (binascii.Error, UnicodeDecodeError) as error:
        raise IdentityRefusedError("the identity header has another form") from error
    expires = int(parts[1])
    if not hmac.compare_digest(
        parts[2].encode(), _signature(key, namespace, user, expires).encode()
    ):
        raise IdentityRefusedError("the identity header is not signed by this application")
    if now > expires:
        raise IdentityRefusedError("the identity header has expired")
    return user


def _encoded(user: str) -> str:
    return base64.urlsafe_b64encode(user.encode()).decode().rstrip("=")


def _signature(key: bytes, namespace: str, user: str, expires: int) -> str:
    text = f"{namespace}\n{user}\n{expires}".encode()
    return hmac.new(key, text, hashlib.sha256).hexdigest()

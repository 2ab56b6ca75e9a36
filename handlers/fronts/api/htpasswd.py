"""Passwords as `htpasswd` keeps them: bcrypt, apr1, SHA-1 (salted or not), and plain."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
from collections.abc import Callable
from dataclasses import dataclass

_ALPHABET = "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_APR1 = re.compile(r"\$apr1\$([^$]{1,8})\$([./0-9A-Za-z]{22})")
_BCRYPT = re.compile(r"\$2[aby]\$(?:0[4-9]|[12][0-9]|3[01])\$[./A-Za-z0-9]{53}")
_SCHEME = re.compile(r"\$[0-9A-Za-z-]{1,16}\$|\{[0-9A-Za-z-]{1,16}\}")
_DES = re.compile(r"[./0-9A-Za-z]{13}")


@dataclass(frozen=True, slots=True)
class Verifier:
    """Tells whether a password is the one kept; one of a higher `cost` takes longer."""

    matches: Callable[[str], bool]
    cost: int = 0


class SchemeRefusedError(ValueError):
    """A password kept in a way that can't be verified here; the message names the way."""


def verifier(stored: str) -> Verifier:
    """What tells whether a password is the one kept; raises SchemeRefusedError."""
    for prefix, make in _SCHEMES:
        if stored.startswith(prefix):
            return make(stored)
    if stored.startswith(("$", "{")):
        named = _SCHEME.match(stored)
        scheme = named[0] if named else stored[0]
        raise SchemeRefusedError(f"the scheme {scheme} is not known; use htpasswd -B")
    if _DES.fullmatch(stored):
        raise SchemeRefusedError("it looks like crypt(3), which is not known; use htpasswd -B")
    return plain(stored)


def plain(stored: str) -> Verifier:
    """What tells whether a password is this one."""
    wanted = hashlib.sha256(stored.encode()).digest()

    def check(password: str) -> bool:
        return hmac.compare_digest(hashlib.sha256(password.encode()).digest(), wanted)

    return Verifier(check)


def _marked(stored: str) -> Verifier:
    return plain(stored.removeprefix("{PLAIN}"))


def _bcrypt(stored: str) -> Verifier:
    import bcrypt

    if not _BCRYPT.fullmatch(stored):
        raise SchemeRefusedError("it is no whole bcrypt hash")

    def check(password: str) -> bool:
        # htpasswd reads 72 bytes and no more, so that longer passwords still match.
        return bcrypt.checkpw(password.encode()[:72], stored.encode())

    return Verifier(check, cost=int(stored[4:6]))


def _sha1(stored: str) -> Verifier:
    salted = stored.startswith("{SSHA}")
    try:
        raw = base64.b64decode(stored.partition("}")[2], validate=True)
    except binascii.Error as error:
        raise SchemeRefusedError("it is no whole SHA-1 hash") from error
    digest, salt = raw[:20], raw[20:]
    if len(digest) != 20 or bool(salt) != salted:
        raise SchemeRefusedError("it is no whole SHA-1 hash")

    def check(password: str) -> bool:
        made = hashlib.sha1(password.encode() + salt, usedforsecurity=False).digest()
        return hmac.compare_digest(made, digest)

    return Verifier(check)


def _apr1(stored: str) -> Verifier:
    match = _APR1.fullmatch(stored)
    if match is None:
        raise SchemeRefusedError("it is no whole apr1 hash")
    salt, wanted = match[1].encode(), match[2].encode()

    def check(password: str) -> bool:
        return hmac.compare_digest(apr1(password.encode(), salt), wanted)

    return Verifier(check, cost=1)


def apr1(password: bytes, salt: bytes) -> bytes:
    """Apache's variant of MD5 crypt, a thousand rounds of it."""
    inner = _md5(password + salt + password)
    text = password + b"$apr1$" + salt
    text += (inner * (len(password) // 16 + 1))[: len(password)]
    length = len(password)
    while length:
        text += b"\0" if length & 1 else password[:1]
        length >>= 1
    digest = _md5(text)
    for turn in range(1000):
        text = password if turn & 1 else digest
        text += salt if turn % 3 else b""
        text += password if turn % 7 else b""
        text += digest if turn & 1 else password
        digest = _md5(text)
    return _encoded(digest)


def _encoded(digest: bytes) -> bytes:
    orders = ((0, 6, 12), (1, 7, 13), (2, 8, 14), (3, 9, 15), (4, 10, 5))
    signs: list[str] = []
    for first, second, third in orders:
        value = digest[first] << 16 | digest[second] << 8 | digest[third]
        signs += [_ALPHABET[value >> shift & 63] for shift in (0, 6, 12, 18)]
    signs += [_ALPHABET[digest[11] & 63], _ALPHABET[digest[11] >> 6]]
    return "".join(signs).encode()


def _md5(data: bytes) -> bytes:
    return hashlib.md5(data, usedforsecurity=False).digest()


_SCHEMES: tuple[tuple[str, Callable[[str], Verifier]], ...] = (
    ("$2a$", _bcrypt),
    ("$2b$", _bcrypt),
    ("$2y$", _bcrypt),
    ("$apr1$", _apr1),
    ("{SHA}", _sha1),
    ("{SSHA}", _sha1),
    ("{PLAIN}", _marked),
)

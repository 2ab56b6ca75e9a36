"""Bearer tokens of an OpenID Connect provider: its keys are fetched, signatures verified.

Sources: OpenID Connect Discovery 1.0; RFC 7517 (JWK); RFC 7519 (JWT); RFC 8725 (practices).
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import jwt

from handlers.contract.application import Provider
from handlers.contract.boxes import NameRefusedError, check_user
from handlers.fronts.api.errors import ApiError

#: In seconds: how long keys are kept, how soon an unknown key may make us ask again, and how far
#: the provider's clock may be from ours.
KEPT, PAUSE, LEEWAY = 600.0, 10.0, 30

LONGEST = 16 * 1024

#: By a key's type and curve, what it may have signed with: asymmetric algorithms only.
_FAMILIES: dict[tuple[str, str], tuple[str, ...]] = {
    ("RSA", ""): ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512"),
    ("EC", "P-256"): ("ES256",),
    ("EC", "P-384"): ("ES384",),
    ("EC", "P-521"): ("ES512",),
}

#: Fetches a URL and gives its body; raises OSError.
Fetch = Callable[[str], Awaitable[bytes]]

Jwk = Mapping[str, Any]


class Tokens:
    """Verifies the tokens of one provider."""

    def __init__(
        self, provider: Provider, fetch: Fetch, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._provider = provider
        self._fetch = fetch
        self._clock = clock
        self._keys: list[Jwk] = []
        self._fetched = float("-inf")
        self._lock = asyncio.Lock()

    async def verify(self, token: str) -> str:
        """The user whom the token names; raises ApiError (401, 403, or 503 without keys)."""
        if len(token) > LONGEST:
            raise _refused("it is too long")
        try:
            header = jwt.get_unverified_header(token)
        except jwt.InvalidTokenError as error:
            raise _refused("it is no signed token") from error
        key = await self._key(header.get("kid"))
        algorithm = header.get("alg")
        if algorithm not in _algorithms(key):
            raise _refused("its algorithm is not the key's")
        try:
            claims = jwt.decode(
                token,
                jwt.PyJWK(dict(key), algorithm),
                algorithms=[algorithm],
                audience=self._provider.audience,
                issuer=self._provider.issuer,
                leeway=LEEWAY,
                options={"require": ["exp", "iss", "aud"]},
            )
        except jwt.ExpiredSignatureError as error:
            raise _refused("it has expired") from error
        except jwt.PyJWTError as error:
            raise _refused(_reason(error)) from error
        return _user(claims)

    async def _key(self, name: object) -> Jwk:
        await self._refresh(KEPT)
        found = self._find(name)
        if found is None:
            await self._refresh(PAUSE)
            found = self._find(name)
        if found is None:
            raise _refused("no key of the provider has signed it")
        return found

    def _find(self, name: object) -> Jwk | None:
        if name is None:
            return self._keys[0] if len(self._keys) == 1 else None
        return next((one for one in self._keys if one.get("kid") == name), None)

    async def _refresh(self, age: float) -> None:
        """Fetch the keys anew when they are older than `age`; old ones stay when that fails."""
        async with self._lock:
            now = self._clock()
            if now - self._fetched < age:
                return
            try:
                self._keys = await self._load()
            except (OSError, ValueError, KeyError, TypeError, TimeoutError) as error:
                if not self._keys:
                    message = f"the keys of {self._provider.issuer} can't be had"
                    raise ApiError(503, "ProviderUnavailable", message) from error
            self._fetched = now

    async def _load(self) -> list[Jwk]:
        issuer = self._provider.issuer
        about = json.loads(
            await self._fetch(f"{issuer.rstrip('/')}/.well-known/openid-configuration")
        )
        address = about["jwks_uri"]
        if about["issuer"] != issuer:
            raise ValueError("the provider calls itself by another name")
        if issuer.startswith("https:") and not address.startswith("https:"):
            raise ValueError("the provider's keys are not behind TLS")
        keys = json.loads(await self._fetch(address))["keys"]
        return [one for one in keys if _algorithms(one)]


def _algorithms(key: Jwk) -> tuple[str, ...]:
    """What a key may have signed with; the one algorithm that it names, if it names one."""
    if key.get("use", "sig") != "sig":
        return ()
    kind = (str(key.get("kty")), str(key.get("crv", "")))
    family = _FAMILIES.get(kind, ())
    return tuple(one for one in family if key.get("alg", one) == one)


def _reason(error: jwt.PyJWTError) -> str:
    reasons = (
        (jwt.InvalidSignatureError, "its signature is wrong"),
        (jwt.InvalidIssuerError, "another provider has issued it"),
        (jwt.InvalidAudienceError, "it is meant for somebody else"),
        (jwt.ImmatureSignatureError, "it is not valid yet"),
        (jwt.MissingRequiredClaimError, "it lacks a claim (exp, iss and aud are needed)"),
    )
    return next((text for kind, text in reasons if isinstance(error, kind)), "it is malformed")


def _user(claims: Mapping[str, Any]) -> str:
    name = claims.get("preferred_username") or claims.get("sub")
    if not name:
        raise _refused("it names no user")
    try:
        return check_user(str(name))
    except NameRefusedError as error:
        raise ApiError(403, "Forbidden", f"the token's user can have no files: {error}") from error


def _refused(reason: str) -> ApiError:
    headers = {"www-authenticate": 'Bearer error="invalid_token"'}
    return ApiError(401, "Unauthenticated", f"the token is refused: {reason}", headers=headers)

"""Bearer tokens: real keys, a provider over HTTP, and every way to cheat that has a name."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import json
from collections.abc import Callable, Iterator
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives import serialization

from handlers.contract import application
from handlers.contract.application import Access, Box, CompiledApplication, FilesApi
from handlers.fronts.api.errors import ApiError
from handlers.fronts.api.tokens import KEPT, PAUSE, Tokens
from tests.handlers.fronts.api.api_world import Api, Store, World, send
from tests.handlers.fronts.api.provider_world import (
    AUDIENCE,
    Provider,
    Signer,
    ec_signer,
    provider,
    rsa_signer,
)

RSA = rsa_signer("rsa")
PINNED = rsa_signer("pinned", alg="PS256", use="sig")
EC = ec_signer("ec")
ENCRYPTING = rsa_signer("enc", use="enc")
STRANGER = rsa_signer("rsa")
UNKNOWN = rsa_signer("unknown")
SHARED = {"kty": "oct", "kid": "shared", "k": base64.urlsafe_b64encode(b"s" * 32).decode()}


@pytest.fixture(scope="module")
def issuer() -> Iterator[Provider]:
    with provider() as running:
        running.keys = [RSA.jwk, PINNED.jwk, EC.jwk, ENCRYPTING.jwk, SHARED]
        yield running


@pytest.fixture(scope="module")
def realm(
    tmp_path_factory: pytest.TempPathFactory, running_store: Store, issuer: Provider
) -> Iterator[Api]:
    """Files behind tokens, each caller with an area of its own."""
    world = World(tmp_path_factory.mktemp("realm"), running_store)
    oidc = application.Provider(issuer.issuer, AUDIENCE)
    files = FilesApi("files", Access(oidc=oidc, identity_pass_through=True))
    with world.api(CompiledApplication("realm", (Box("users", 10**9),), files)) as running:
        yield running


def _look(realm: Api, token: str) -> Any:
    return realm.call("GET", "files/users/", headers={"authorization": f"Bearer {token}"})


@pytest.mark.parametrize(
    ("signer", "algorithm", "claims", "user"),
    [
        (RSA, "RS256", {}, "alice"),
        (RSA, "RS512", {}, "alice"),
        (RSA, "PS256", {}, "alice"),
        (PINNED, "PS256", {}, "alice"),
        (EC, "ES256", {}, "alice"),
        (RSA, "RS256", {"preferred_username": None}, "0d5c-77"),
        (RSA, "RS256", {"sub": None}, "alice"),
        (RSA, "RS256", {"preferred_username": "carol@example.org"}, "carol@example.org"),
        (RSA, "RS256", {"aud": ["account", AUDIENCE]}, "alice"),
        (RSA, "RS256", {"exp": -5}, "alice"),
        (RSA, "RS256", {"nbf": 5}, "alice"),
    ],
)
def test_good_tokens(
    realm: Api, issuer: Provider, signer: Signer, algorithm: str, claims: Any, user: str
) -> None:
    answer = _look(realm, issuer.token(signer, algorithm, **claims))
    assert (answer.status, answer.value["user"]) == (200, user)


@pytest.mark.parametrize(
    ("signer", "algorithm", "claims", "word"),
    [
        (RSA, "RS256", {"iss": "http://127.0.0.1/realms/other"}, "another provider"),
        (RSA, "RS256", {"iss": None}, "lacks a claim"),
        (RSA, "RS256", {"aud": "somebody"}, "somebody else"),
        (RSA, "RS256", {"aud": []}, "lacks a claim"),
        (RSA, "RS256", {"aud": None}, "lacks a claim"),
        (RSA, "RS256", {"exp": -120}, "expired"),
        (RSA, "RS256", {"exp": None}, "lacks a claim"),
        (RSA, "RS256", {"sub": None, "preferred_username": None}, "names no user"),
        (RSA, "RS256", {"nbf": 120}, "not valid yet"),
        (STRANGER, "RS256", {}, "signature is wrong"),
        (UNKNOWN, "RS256", {}, "no key of the provider"),
        (ENCRYPTING, "RS256", {}, "no key of the provider"),
        (PINNED, "RS256", {}, "algorithm"),
        (PINNED, "PS512", {}, "algorithm"),
    ],
)
def test_tokens_that_are_refused(
    realm: Api, issuer: Provider, signer: Signer, algorithm: str, claims: Any, word: str
) -> None:
    answer = _look(realm, issuer.token(signer, algorithm, **claims))
    assert (answer.status, answer.kind) == (401, "Unauthenticated")
    assert word in answer.message
    assert answer.headers["www-authenticate"] == 'Bearer error="invalid_token"'


def _encoded(value: Any) -> str:
    text = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(text).decode().rstrip("=")


def _signed(header: dict[str, Any], claims: dict[str, Any], key: bytes | None) -> str:
    text = f"{_encoded(header)}.{_encoded(claims)}"
    mark = hmac.new(key, text.encode(), hashlib.sha256).digest() if key is not None else b""
    return f"{text}.{_encoded(mark)}"


def _public_pem() -> bytes:
    return RSA.key.public_key().public_bytes(  # type: ignore[no-any-return]
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )


_FORGERIES: dict[str, Callable[[Provider], str]] = {
    "no algorithm": lambda one: _signed({"alg": "none", "kid": "rsa"}, one.claims(), None),
    "no algorithm, oddly": lambda one: _signed({"alg": "nOnE", "kid": "rsa"}, one.claims(), None),
    "no algorithm, no key": lambda one: _signed({"alg": "none"}, one.claims(), None),
    "the public key as a secret": lambda one: _signed(
        {"alg": "HS256", "kid": "rsa"}, one.claims(), _public_pem()
    ),
    "the modulus as a secret": lambda one: _signed(
        {"alg": "HS256", "kid": "rsa"}, one.claims(), RSA.jwk["n"].encode()
    ),
    "a shared secret": lambda one: _signed(
        {"alg": "HS256", "kid": "shared"}, one.claims(), b"s" * 32
    ),
    "a key of its own": lambda one: jwt.encode(
        one.claims(), STRANGER.key, "RS256", {"kid": "rsa", "jwk": STRANGER.jwk}
    ),
    "a key from elsewhere": lambda one: jwt.encode(
        one.claims(), STRANGER.key, "RS256", {"kid": "rsa", "jku": f"{one.issuer}/mine"}
    ),
    "no name of a key": lambda one: jwt.encode(one.claims(), RSA.key, "RS256"),
    "another kind of key": lambda one: jwt.encode(one.claims(), EC.key, "ES256", {"kid": "rsa"}),
    "signature cut off": lambda one: one.token(RSA).rpartition(".")[0] + ".",
    "other claims": lambda one: _swapped(one.token(RSA), one.claims(preferred_username="bob")),
    "no token": lambda _: "abc",
    "nothing": lambda _: "",
    "too long": lambda one: one.token(RSA, note="x" * 20000),
    "a critical extension": lambda one: jwt.encode(
        one.claims(), RSA.key, "RS256", {"kid": "rsa", "crit": ["exp2"], "exp2": 1}
    ),
}


def _swapped(token: str, claims: dict[str, Any]) -> str:
    header, _, signature = token.split(".")
    return f"{header}.{_encoded(claims)}.{signature}"


@pytest.mark.parametrize("forgery", _FORGERIES)
def test_forgeries(realm: Api, issuer: Provider, forgery: str) -> None:
    asked = len(issuer.asked)
    answer = _look(realm, _FORGERIES[forgery](issuer))
    assert (answer.status, answer.kind) == (401, "Unauthenticated")
    assert not any("mine" in path for path in issuer.asked[asked:])


def test_a_user_whose_name_is_a_path_has_no_area(realm: Api, issuer: Provider) -> None:
    for name in ("../developer", "a/b", "", ".hidden", "a\0b", "x" * 129):
        answer = _look(realm, issuer.token(RSA, preferred_username=name, sub=name or "/"))
        assert (answer.status, answer.kind) == (403, "Forbidden"), name


def test_passwords_are_not_taken_where_tokens_are(realm: Api) -> None:
    answer = realm.call("GET", "files/users/", headers={"authorization": "Basic YTpi"})
    assert (answer.status, answer.headers["www-authenticate"]) == (401, "Bearer")
    assert realm.call("GET", "files/users/").status == 401


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


async def _fetch(url: str) -> bytes:
    found = await asyncio.to_thread(send, "GET", url)
    if found.status != 200:
        raise OSError(found.status)
    return found.body


async def test_a_rotated_key_is_asked_for_but_not_at_every_request() -> None:
    with provider() as issuer:
        issuer.keys = [RSA.jwk]
        clock = Clock()
        tokens = Tokens(application.Provider(issuer.issuer, AUDIENCE), _fetch, clock)
        assert await tokens.verify(issuer.token(RSA)) == "alice"
        issuer.keys = [EC.jwk]
        for _ in range(3):
            with pytest.raises(ApiError):
                await tokens.verify(issuer.token(EC, "ES256"))
        assert len(issuer.asked) == 2, "a flood of unknown keys is no flood for the provider"
        clock.now += PAUSE + 1
        assert await tokens.verify(issuer.token(EC, "ES256")) == "alice"
        with pytest.raises(ApiError):
            await tokens.verify(issuer.token(RSA))
        assert len(issuer.asked) == 4
        clock.now += KEPT + 1
        assert await tokens.verify(issuer.token(EC, "ES256")) == "alice"
        assert len(issuer.asked) == 6


async def test_the_only_key_needs_no_name() -> None:
    with provider() as issuer:
        issuer.keys = [RSA.jwk]
        tokens = Tokens(application.Provider(issuer.issuer, AUDIENCE), _fetch)
        assert await tokens.verify(jwt.encode(issuer.claims(), RSA.key, "RS256")) == "alice"


async def test_old_keys_stay_while_the_provider_is_away() -> None:
    with provider() as issuer:
        issuer.keys = [RSA.jwk]
        clock = Clock()
        tokens = Tokens(application.Provider(issuer.issuer, AUDIENCE), _fetch, clock)
        await tokens.verify(issuer.token(RSA))
        token = issuer.token(RSA)
    clock.now += KEPT + 1
    assert await tokens.verify(token) == "alice"


@pytest.mark.parametrize(
    "about",
    [
        {"issuer": "http://127.0.0.1/other", "jwks_uri": "http://127.0.0.1/other"},
        {"issuer": "ISSUER"},
        {"jwks_uri": "ISSUER/certs"},
        {"issuer": "ISSUER", "jwks_uri": "ISSUER/nothing"},
        [],
    ],
)
async def test_without_keys_nobody_comes_in(about: Any) -> None:
    with provider() as issuer:
        issuer.keys = [RSA.jwk]
        text = json.dumps(about).replace("ISSUER", issuer.issuer)
        issuer.about = json.loads(text) or {"keys": []}
        tokens = Tokens(application.Provider(issuer.issuer, AUDIENCE), _fetch)
        with pytest.raises(ApiError) as caught:
            await tokens.verify(issuer.token(RSA))
        assert (caught.value.status, caught.value.kind) == (503, "ProviderUnavailable")

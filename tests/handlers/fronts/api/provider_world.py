"""An OpenID Connect provider: its documents over HTTP, its keys, the tokens it signs."""

from __future__ import annotations

import contextlib
import json
import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from jwt.algorithms import ECAlgorithm, RSAAlgorithm

AUDIENCE = "shop-users"


@dataclass(frozen=True, slots=True)
class Signer:
    """A private key; `named` are members of its public JWK."""

    key: Any
    named: Mapping[str, str]

    @property
    def jwk(self) -> dict[str, Any]:
        kind = RSAAlgorithm if isinstance(self.key, rsa.RSAPrivateKey) else ECAlgorithm
        public = json.loads(kind.to_jwk(self.key.public_key()))
        public.pop("key_ops", None)
        return {**public, **self.named}


def rsa_signer(kid: str, **named: str) -> Signer:
    return Signer(rsa.generate_private_key(65537, 2048), {"kid": kid, **named})


def ec_signer(kid: str, **named: str) -> Signer:
    return Signer(ec.generate_private_key(ec.SECP256R1()), {"kid": kid, **named})


@dataclass
class Provider:
    """`asked` are the paths that were asked for, in order."""

    port: int
    keys: list[Mapping[str, Any]] = field(default_factory=list)
    about: dict[str, Any] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    @property
    def issuer(self) -> str:
        return f"http://127.0.0.1:{self.port}/realms/shop"

    def claims(self, **others: Any) -> dict[str, Any]:
        """Claims of a good token and others; `exp` and `nbf` are seconds from now."""
        now = int(time.time())
        for name in {"exp", "nbf"} & {name for name, one in others.items() if one is not None}:
            others[name] += now
        return {
            "iss": self.issuer,
            "aud": AUDIENCE,
            "sub": "0d5c-77",
            "preferred_username": "alice",
            "iat": now,
            "exp": now + 300,
            **others,
        }

    def token(self, signer: Signer, algorithm: str = "RS256", **others: Any) -> str:
        """A token of these claims; a claim that is None is left out."""
        claims = {name: one for name, one in self.claims(**others).items() if one is not None}
        return jwt.encode(claims, signer.key, algorithm, {"kid": signer.named["kid"]})


@contextlib.contextmanager
def provider() -> Iterator[Provider]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            running.asked.append(self.path)
            documents = {
                "/realms/shop/.well-known/openid-configuration": running.about
                or {"issuer": running.issuer, "jwks_uri": f"{running.issuer}/certs"},
                "/realms/shop/certs": {"keys": running.keys},
            }
            body = json.dumps(documents.get(self.path)).encode()
            self.send_response(200 if self.path in documents else 404)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    running = Provider(server.server_address[1])
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield running
    finally:
        server.shutdown()
        server.server_close()
        thread.join()

"""Requests as bytes, signed by hand: SigV4 written from its description, apart from botocore.

https://docs.aws.amazon.com/IAM/latest/UserGuide/create-signed-request.html
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import http.client
import json
import re
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import quote, unquote

from tests.faasctl.store.store_endpoint import REGION, Endpoint

UNSIGNED = "UNSIGNED-PAYLOAD"


@dataclass(frozen=True, slots=True)
class Attempt:
    """One request exactly as it goes out; `target` is the raw path and query."""

    method: str
    target: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""

    def with_headers(self, **headers: str | None) -> Attempt:
        """Other headers (underscores stand for dashes); None takes one away."""
        changed = dict(self.headers)
        for name, value in headers.items():
            changed.pop(name.replace("_", "-"), None)
            if value is not None:
                changed[name.replace("_", "-")] = value
        return replace(self, headers=changed)

    def with_query(self, added: str) -> Attempt:
        return replace(self, target=f"{self.target}{'&' if '?' in self.target else '?'}{added}")

    def swap(self, pattern: str, replacement: str) -> Attempt:
        """Another target, which must differ."""
        target = re.sub(pattern, replacement, self.target)
        assert target != self.target, pattern
        return replace(self, target=target)


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def code(self) -> str:
        """S3's error code; empty when there is no error."""
        found = re.search(rb"<Error>.*?<Code>(\w+)</Code>", self.body, re.DOTALL)
        return found[1].decode() if found else ""


def send(endpoint: Endpoint, attempt: Attempt) -> Answer:
    """Send it as it is: nothing encoded, added or followed."""
    connection = http.client.HTTPConnection("127.0.0.1", endpoint.port, timeout=30)
    try:
        connection.putrequest(
            attempt.method, attempt.target, skip_host=True, skip_accept_encoding=True
        )
        headers = {"host": endpoint.host, **attempt.headers}
        if attempt.body or attempt.method in {"PUT", "POST"}:
            headers.setdefault("content-length", str(len(attempt.body)))
        for name, value in headers.items():
            connection.putheader(name, value)
        connection.endheaders(attempt.body)
        response = connection.getresponse()
        answered = {name.lower(): value for name, value in response.getheaders()}
        return Answer(response.status, answered, response.read())
    finally:
        connection.close()


@dataclass(frozen=True, slots=True)
class Signing:
    """Everything that goes into a signature, each of it changeable."""

    access_key: str
    secret: str
    moment: float
    region: str = REGION
    service: str = "s3"
    terminal: str = "aws4_request"
    date: str | None = None

    @property
    def timestamp(self) -> str:
        return time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(self.moment))

    @property
    def day(self) -> str:
        return self.date or self.timestamp[:8]

    @property
    def scope(self) -> str:
        return f"{self.day}/{self.region}/{self.service}/{self.terminal}"

    def sign(self, text: str) -> str:
        key = f"AWS4{self.secret}".encode()
        for part in self.scope.split("/"):
            key = hmac.digest(key, part.encode(), "sha256")
        return hmac.new(key, text.encode(), "sha256").hexdigest()

    def request(self, attempt: Attempt, names: Sequence[str], payload: str) -> str:
        path, _, query = attempt.target.partition("?")
        pairs = sorted(
            "=".join(quote(unquote(side), safe="-_.~") for side in (name, value))
            for name, _, value in (pair.partition("=") for pair in query.split("&") if pair)
        )
        canonical = "\n".join(
            (
                attempt.method,
                path,
                "&".join(pairs),
                *(f"{name}:{' '.join(attempt.headers[name].split())}" for name in names),
                "",
                ";".join(names),
                payload,
            )
        )
        digest = hashlib.sha256(canonical.encode()).hexdigest()
        return self.sign(f"AWS4-HMAC-SHA256\n{self.timestamp}\n{self.scope}\n{digest}")


def signing(endpoint: Endpoint, age: float = 0, **changes: Any) -> Signing:
    """The endpoint's own keys, `age` seconds ago."""
    return replace(Signing(endpoint.access_key, endpoint.secret, time.time() - age), **changes)


def path_of(endpoint: Endpoint, key: str) -> str:
    return f"/{endpoint.bucket}/{quote(key, safe='/~')}"


def presign(
    endpoint: Endpoint,
    attempt: Attempt,
    *,
    expires: str = "300",
    signer: Signing | None = None,
    leave_out: Sequence[str] = (),
) -> Attempt:
    """A link for the attempt, bound to all of its headers."""
    signer = signer or signing(endpoint)
    headers = {"host": endpoint.host, **attempt.headers}
    names = sorted(name for name in headers if name not in leave_out)
    credential = quote(f"{signer.access_key}/{signer.scope}", safe="")
    link = replace(attempt, headers=headers).with_query(
        f"X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential={credential}"
        f"&X-Amz-Date={signer.timestamp}&X-Amz-Expires={expires}"
        f"&X-Amz-SignedHeaders={quote(';'.join(names), safe='')}"
    )
    return link.with_query(f"X-Amz-Signature={signer.request(link, names, UNSIGNED)}")


def sign(
    endpoint: Endpoint,
    attempt: Attempt,
    *,
    payload: str | None = None,
    signer: Signing | None = None,
    leave_out: Sequence[str] = (),
) -> Attempt:
    """The attempt with an Authorization header over all of its headers."""
    signer = signer or signing(endpoint)
    word = payload or hashlib.sha256(attempt.body).hexdigest()
    headers = {
        "host": endpoint.host,
        "x-amz-date": signer.timestamp,
        "x-amz-content-sha256": word,
        **attempt.headers,
    }
    signed = replace(attempt, headers=headers)
    names = sorted(name for name in headers if name not in leave_out)
    signature = signer.request(signed, names, word)
    authorization = (
        f"AWS4-HMAC-SHA256 Credential={signer.access_key}/{signer.scope},"
        f" SignedHeaders={';'.join(names)}, Signature={signature}"
    )
    return signed.with_headers(authorization=authorization)


@dataclass(frozen=True, slots=True)
class Stream:
    """An aws-chunked upload with everything in it that can be wrong."""

    chunks: tuple[bytes, ...]
    signed: bool = True
    trailer: tuple[str, str] | None = None

    @property
    def word(self) -> str:
        kind = "AWS4-HMAC-SHA256-PAYLOAD" if self.signed else "UNSIGNED-PAYLOAD"
        return f"STREAMING-{kind}{'-TRAILER' if self.trailer else ''}"

    def attempt(self, endpoint: Endpoint, key: str, **headers: str) -> Attempt:
        """The signed request, its body framed and each chunk signed after the one before."""
        signer = signing(endpoint)
        given = {
            "content-encoding": "aws-chunked",
            "x-amz-decoded-content-length": str(sum(map(len, self.chunks))),
            **{name.replace("_", "-"): value for name, value in headers.items()},
        }
        if self.trailer:
            given["x-amz-trailer"] = self.trailer[0]
        bare = Attempt("PUT", path_of(endpoint, key), given)
        request = sign(endpoint, bare, payload=self.word, signer=signer)
        seed = request.headers["authorization"].rpartition("=")[2]
        return replace(request, body=self._frame(signer, seed))

    def _frame(self, signer: Signing, previous: str) -> bytes:
        framed = b""
        for chunk in (*self.chunks, b""):
            head = f"{len(chunk):x}"
            if self.signed:
                previous = self._sign(signer, "PAYLOAD", previous, b"", chunk)
                head += f";chunk-signature={previous}"
            framed += head.encode() + b"\r\n" + chunk + (b"\r\n" if chunk else b"")
        if self.trailer:
            name, value = self.trailer
            framed += f"{name}:{value}\r\n".encode()
            if self.signed:
                line = f"{name}:{value}\n".encode()
                framed += b"x-amz-trailer-signature:"
                framed += self._sign(signer, "TRAILER", previous, line).encode() + b"\r\n"
        return framed + b"\r\n"

    def _sign(self, signer: Signing, kind: str, previous: str, *pieces: bytes) -> str:
        digests = [hashlib.sha256(piece).hexdigest() for piece in pieces]
        lines = (f"AWS4-HMAC-SHA256-{kind}", signer.timestamp, signer.scope, previous, *digests)
        return signer.sign("\n".join(lines))


@dataclass(frozen=True, slots=True)
class Form:
    """A POST upload; every step of making it can be gone against."""

    fields: Mapping[str, str]
    conditions: tuple[object, ...]
    file: bytes = b"data"
    file_name: str = "file.bin"
    lifetime: float = 300

    def attempt(self, endpoint: Endpoint, signer: Signing | None = None) -> Attempt:
        """The form with a policy over its conditions, and over what signs it."""
        signer = signer or signing(endpoint)
        proof = {
            "x-amz-algorithm": "AWS4-HMAC-SHA256",
            "x-amz-credential": f"{signer.access_key}/{signer.scope}",
            "x-amz-date": signer.timestamp,
        }
        expiration = time.gmtime(time.time() + self.lifetime)
        policy = {
            "expiration": time.strftime("%Y-%m-%dT%H:%M:%SZ", expiration),
            "conditions": [{"bucket": endpoint.bucket}, *self.conditions]
            + [{name: value} for name, value in proof.items()],
        }
        encoded = base64.b64encode(json.dumps(policy).encode()).decode()
        proof |= {"policy": encoded, "x-amz-signature": signer.sign(encoded)}
        return encode_form(
            f"/{endpoint.bucket}", {**self.fields, **proof}, self.file, self.file_name
        )


def encode_form(
    target: str, fields: Mapping[str, str], file: bytes | None, file_name: str = "file.bin"
) -> Attempt:
    boundary = "----boundary7d4a6d158c9"
    body = b""
    for name, value in fields.items():
        body += (
            f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
        ).encode()
    if file is not None:
        body += (
            f'--{boundary}\r\nContent-Disposition: form-data; name="file";'
            f' filename="{file_name}"\r\nContent-Type: image/png\r\n\r\n'
        ).encode()
        body += file + b"\r\n"
    body += f"--{boundary}--\r\n".encode()
    return Attempt(
        "POST", target, {"content-type": f"multipart/form-data; boundary={boundary}"}, body
    )

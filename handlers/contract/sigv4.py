"""AWS Signature Version 4 for S3, with the standard library alone.

A presigned URL costs some ten microseconds here, where importing an SDK costs half a second of
every cold start. Source: AWS Signature Version 4 for S3, "Authenticating Requests: Using Query
Parameters" and "Using the Authorization Header".
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import quote, urlsplit

ALGORITHM = "AWS4-HMAC-SHA256"
UNSIGNED = "UNSIGNED-PAYLOAD"

#: S3 refuses links that live longer: seven days, in seconds.
LONGEST = 604_800


@dataclass(frozen=True, slots=True)
class Credentials:
    """An access key; `token` is a session's, empty for lasting keys."""

    access_key: str
    secret_key: str
    token: str = ""

    def __repr__(self) -> str:
        """Never the secret: this value may meet a log."""
        return f"Credentials({self.access_key!r})"


@dataclass(frozen=True, slots=True)
class Bucket:
    """Where objects are: `endpoint` is scheme and host; `addressing` how the bucket is named.

    `path` puts the bucket into the path, `virtual` before the host.
    """

    endpoint: str
    name: str
    region: str = "us-east-1"
    addressing: str = "path"

    @property
    def host(self) -> str:
        """The `Host` that requests are signed for."""
        netloc = urlsplit(self.endpoint).netloc
        return f"{self.name}.{netloc}" if self.addressing == "virtual" else netloc

    def path(self, key: str = "") -> str:
        """The encoded path of an object, or of the bucket itself."""
        encoded = quote(key, safe="/-_.~")
        return f"/{encoded}" if self.addressing == "virtual" else f"/{self.name}/{encoded}"

    def url(self, key: str = "") -> str:
        """The URL of an object, without a query."""
        return f"{urlsplit(self.endpoint).scheme}://{self.host}{self.path(key)}"


@dataclass(frozen=True, slots=True)
class Link:
    """What a presigned URL allows: one method on one key, for `expires` seconds.

    `headers` are bound: the client must send exactly these. `query` are S3's own parameters,
    such as `uploadId` and `partNumber`.
    """

    method: str
    key: str
    expires: int
    headers: Mapping[str, str]
    query: Mapping[str, str]


def presign(bucket: Bucket, credentials: Credentials, link: Link, now: datetime) -> str:
    """The URL; `now` is in UTC. Raises ValueError for a link that S3 would refuse."""
    if not 1 <= link.expires <= LONGEST:
        raise ValueError(f"a link lives 1 to {LONGEST} seconds, not {link.expires}")
    scope = _scope(bucket.region, now)
    headers = _canonical_headers({**link.headers, "host": bucket.host})
    query = {
        **link.query,
        "X-Amz-Algorithm": ALGORITHM,
        "X-Amz-Credential": f"{credentials.access_key}/{scope}",
        "X-Amz-Date": _stamp(now),
        "X-Amz-Expires": str(link.expires),
        "X-Amz-SignedHeaders": ";".join(headers),
    }
    if credentials.token:
        query["X-Amz-Security-Token"] = credentials.token
    canonical = _canonical_query(query)
    request = _canonical_request(link.method, bucket.path(link.key), canonical, headers, UNSIGNED)
    signature = _signature(credentials, bucket.region, now, request)
    return f"{bucket.url(link.key)}?{canonical}&X-Amz-Signature={signature}"


@dataclass(frozen=True, slots=True)
class HeaderRequest:
    """A request to be signed by headers; `payload` is its body's SHA-256 or UNSIGNED."""

    method: str
    key: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    payload: str = UNSIGNED


def sign(
    bucket: Bucket, credentials: Credentials, request: HeaderRequest, now: datetime
) -> dict[str, str]:
    """All headers to send, the signature among them; `now` is in UTC."""
    headers = {name.lower(): value for name, value in request.headers.items()}
    headers |= {
        "host": bucket.host,
        "x-amz-date": _stamp(now),
        "x-amz-content-sha256": request.payload,
    }
    if credentials.token:
        headers["x-amz-security-token"] = credentials.token
    signed = _canonical_headers(headers)
    text = _canonical_request(
        request.method,
        bucket.path(request.key),
        _canonical_query(request.query),
        signed,
        request.payload,
    )
    signature = _signature(credentials, bucket.region, now, text)
    headers["authorization"] = (
        f"{ALGORITHM} Credential={credentials.access_key}/{_scope(bucket.region, now)}, "
        f"SignedHeaders={';'.join(signed)}, Signature={signature}"
    )
    return headers


def sign_policy(credentials: Credentials, region: str, now: datetime, policy: str) -> str:
    """The signature of a POST policy, given as base64 text."""
    return hmac.new(_key(credentials, region, now), policy.encode(), hashlib.sha256).hexdigest()


def policy_credential(credentials: Credentials, region: str, now: datetime) -> str:
    """The `x-amz-credential` field of a POST form."""
    return f"{credentials.access_key}/{_scope(region, now)}"


def timestamp(now: datetime) -> str:
    """A time as SigV4 writes it; `now` is in UTC."""
    return _stamp(now)


def encoded_query(query: Mapping[str, str]) -> str:
    """A query as it is signed and sent."""
    return _canonical_query(query)


def _stamp(now: datetime) -> str:
    return now.strftime("%Y%m%dT%H%M%SZ")


def _scope(region: str, now: datetime) -> str:
    return f"{now:%Y%m%d}/{region}/s3/aws4_request"


def _canonical_headers(headers: Mapping[str, str]) -> dict[str, str]:
    trimmed = {name.lower(): " ".join(value.split()) for name, value in headers.items()}
    return dict(sorted(trimmed.items()))


def _canonical_query(query: Mapping[str, str]) -> str:
    encoded = sorted((_encode(name), _encode(value)) for name, value in query.items())
    return "&".join(f"{name}={value}" for name, value in encoded)


def _encode(text: str) -> str:
    return quote(text, safe="-_.~")


def _canonical_request(
    method: str, path: str, query: str, headers: Mapping[str, str], payload: str
) -> str:
    lines = "".join(f"{name}:{value}\n" for name, value in headers.items())
    return "\n".join((method, path, query, lines, ";".join(headers), payload))


def _key(credentials: Credentials, region: str, now: datetime) -> bytes:
    key = f"AWS4{credentials.secret_key}".encode()
    for part in (f"{now:%Y%m%d}", region, "s3", "aws4_request"):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    return key


def _signature(credentials: Credentials, region: str, now: datetime, request: str) -> str:
    digest = hashlib.sha256(request.encode()).hexdigest()
    text = "\n".join((ALGORITHM, _stamp(now), _scope(region, now), digest))
    return hmac.new(_key(credentials, region, now), text.encode(), hashlib.sha256).hexdigest()

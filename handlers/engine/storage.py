"""Objects of one bucket over HTTP: streamed to and from disk, signed with the standard library."""

from __future__ import annotations

import hashlib
import http.client
import os
import ssl
from collections.abc import Iterator, Mapping, MutableMapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import IO
from urllib.parse import urlsplit
from xml.etree import ElementTree as ET

from handlers.contract.sigv4 import (
    Bucket,
    Credentials,
    HeaderRequest,
    Link,
    encoded_query,
    presign,
    sign,
)

_CHUNK = 1 << 20
_TIMEOUT = 60.0


class StorageError(Exception):
    """The store refused, or did not answer; `status` 0 is no answer."""

    def __init__(self, message: str, *, status: int = 0, code: str = "") -> None:
        super().__init__(message)
        self.status = status
        self.code = code


@dataclass(frozen=True, slots=True)
class StoredObject:
    """An object of a listing; `size` in bytes, `modified` as ISO 8601."""

    key: str
    size: int
    etag: str
    modified: str = ""


@dataclass(frozen=True, slots=True)
class ListedPage:
    """A page of a listing; `prefixes` are those that a delimiter rolled up."""

    objects: tuple[StoredObject, ...]
    prefixes: tuple[str, ...]
    is_truncated: bool


@dataclass(frozen=True, slots=True)
class Answer:
    """What the store said: header names in lower case, and the body."""

    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Storage:
    """A bucket as functions reach it, and as links to it name it."""

    bucket: Bucket
    public: Bucket
    credentials: Credentials

    def link(
        self,
        method: str,
        key: str,
        *,
        expires: int,
        headers: Mapping[str, str] | None = None,
        query: Mapping[str, str] | None = None,
    ) -> str:
        """A URL that allows one method on one key."""
        wanted = Link(method, key, expires, headers or {}, query or {})
        return presign(self.public, self.credentials, wanted, datetime.now(UTC))

    def fetch(self, key: str, file: str, *, limit: int) -> int:
        """Stream an object into a new file; returns its size.

        Raises StorageError when there is none, or when it is larger than `limit` bytes.
        """
        with _Exchange(self, HeaderRequest("GET", key, {}, {})) as answer:
            declared = int(answer.headers.get("content-length") or 0)
            if declared > limit:
                raise StorageError(f"the file has {declared} bytes, the limit is {limit}")
            size = 0
            with open(file, "xb") as target:  # noqa: PTH123 - pathlib is an import no start needs
                while chunk := answer.read(_CHUNK):
                    size += len(chunk)
                    target.write(chunk)
        if size != declared:
            raise StorageError(f"the file broke off after {size} of {declared} bytes")
        return size

    def read(self, key: str) -> Iterator[bytes]:
        """An object's bytes, piece by piece."""
        with _Exchange(self, HeaderRequest("GET", key, {}, {})) as answer:
            while chunk := answer.read(_CHUNK):
                yield chunk

    def store(self, key: str, file: str, content_type: str) -> int:
        """Stream a file into an object; returns its size. The store checks the content's hash."""
        size = os.path.getsize(file)  # noqa: PTH202
        headers = {"content-type": content_type, "content-length": str(size)}
        with open(file, "rb") as source:  # noqa: PTH123
            payload = hashlib.file_digest(source, "sha256").hexdigest()
            source.seek(0)
            request = HeaderRequest("PUT", key, {}, headers, payload)
            with _Exchange(self, request, source) as answer:
                answer.read()
        return size

    def ask(self, request: HeaderRequest, body: bytes = b"") -> Answer:
        """One request whose body and answer are small; raises StorageError."""
        with _Exchange(self, request, body or None) as answer:
            headers = {name.lower(): value for name, value in answer.headers.items()}
            return Answer(headers, answer.read())

    def head(self, key: str) -> Answer | None:
        """An object's headers, its checksum among them, or None where there is none."""
        try:
            return self.ask(HeaderRequest("HEAD", key, {}, {"x-amz-checksum-mode": "ENABLED"}))
        except StorageError as error:
            if error.status == 404:
                return None
            raise

    def delete(self, key: str) -> None:
        """Remove an object; that there is none is no error."""
        self.ask(HeaderRequest("DELETE", key, {}, {}))

    def page(self, prefix: str, *, after: str, limit: int) -> ListedPage:
        """What lies directly below a prefix that ends in a slash, from `after` (a key) on."""
        query = {"list-type": "2", "prefix": prefix, "delimiter": "/", "max-keys": str(limit)}
        if after:
            query["start-after"] = after
        found = ET.fromstring(self.ask(HeaderRequest("GET", "", query, {})).body)  # noqa: S314
        return ListedPage(
            tuple(_object(one) for one in found if _name(one) == "Contents"),
            tuple(_text(one, "Prefix") for one in found if _name(one) == "CommonPrefixes"),
            _text(found, "IsTruncated") == "true",
        )

    def listing(self, prefix: str) -> Iterator[StoredObject]:
        """All objects whose key starts with the prefix, in order of keys."""
        token = ""
        while True:
            query = {"list-type": "2", "prefix": prefix}
            if token:
                query["continuation-token"] = token
            with _Exchange(self, HeaderRequest("GET", "", query, {})) as answer:
                page = ET.fromstring(answer.read())  # noqa: S314 - the store is ours
            yield from (_object(one) for one in page if _name(one) == "Contents")
            token = _text(page, "NextContinuationToken")
            if not token:
                return


class _Exchange:
    """One signed request; the answer is closed with the block."""

    def __init__(
        self, storage: Storage, request: HeaderRequest, body: IO[bytes] | bytes | None = None
    ) -> None:
        bucket = storage.bucket
        headers = sign(bucket, storage.credentials, request, datetime.now(UTC))
        parts = urlsplit(bucket.endpoint)
        self._connection = _connection(parts.scheme, bucket.host)
        self._what = f"{request.method} {request.key or bucket.name}"
        query = f"?{encoded_query(request.query)}" if request.query else ""
        try:
            self._connection.request(
                request.method,
                f"{bucket.path(request.key)}{query}",
                body,
                headers,
            )
            self._answer = self._connection.getresponse()
        except (OSError, http.client.HTTPException) as error:
            self._connection.close()
            raise StorageError(f"the store does not answer: {error}") from error

    def __enter__(self) -> http.client.HTTPResponse:
        if self._answer.status >= 300:
            body = self._answer.read(65536)
            self._connection.close()
            code = _code(body)
            raise StorageError(
                f"the store refused {self._what}: {self._answer.status} {code}",
                status=self._answer.status,
                code=code,
            )
        return self._answer

    def __exit__(self, *_: object) -> None:
        self._connection.close()


def _connection(scheme: str, host: str) -> http.client.HTTPConnection:
    if scheme == "https":
        context = ssl.create_default_context()
        return http.client.HTTPSConnection(host, timeout=_TIMEOUT, context=context)
    return http.client.HTTPConnection(host, timeout=_TIMEOUT)


def _code(body: bytes) -> str:
    try:
        return _text(ET.fromstring(body), "Code")  # noqa: S314
    except ET.ParseError:
        return ""


def _object(element: ET.Element) -> StoredObject:
    return StoredObject(
        _text(element, "Key"),
        int(_text(element, "Size") or 0),
        _text(element, "ETag").strip('"'),
        _text(element, "LastModified"),
    )


def _name(element: ET.Element) -> str:
    return element.tag.rpartition("}")[2]


def _text(element: ET.Element, name: str) -> str:
    return next((child.text or "" for child in element if _name(child) == name), "")


def from_environment(environment: MutableMapping[str, str]) -> Storage | None:
    """The storage that the target named, or None; its secrets are taken out of the environment.

    User code must not find them there.
    """
    endpoint = environment.get("FAASCTL_S3_ENDPOINT")
    name = environment.get("FAASCTL_S3_BUCKET")
    if not endpoint or not name:
        return None
    region = environment.get("FAASCTL_S3_REGION", "us-east-1")
    addressing = environment.get("FAASCTL_S3_ADDRESSING", "path")
    public = environment.get("FAASCTL_S3_PUBLIC_ENDPOINT") or endpoint
    words = ("ACCESS_KEY", "SECRET_KEY", "TOKEN")
    own = [environment.pop(f"FAASCTL_S3_{word}", "") for word in words]
    if all(own[:2]):
        credentials = Credentials(*own)
    else:
        words = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN")
        credentials = Credentials(*(environment.get(word, "") for word in words))
    return Storage(
        Bucket(endpoint, name, region, addressing),
        Bucket(public, name, region, addressing),
        credentials,
    )

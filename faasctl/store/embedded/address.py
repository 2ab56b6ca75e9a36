"""What a request names: bucket, key and query, from the host and the raw target.

A key is taken literally: dots, double slashes and encoded slashes are characters of a name.
https://docs.aws.amazon.com/AmazonS3/latest/userguide/VirtualHosting.html
https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import unquote_to_bytes

from faasctl.store.embedded.faults import S3Error

KEY_BYTES = 1024
_BUCKET = re.compile(r"[a-z0-9](?:[a-z0-9-]|\.(?=[a-z0-9])){1,61}[a-z0-9]")
_IPV4 = re.compile(r"\d{1,3}(?:\.\d{1,3}){3}")
_BAD_ESCAPE = re.compile(r"%(?![0-9A-Fa-f]{2})")

Query = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Target:
    """`path` is decoded and whole; `bucket` and `key` are empty where none is named."""

    path: str
    bucket: str
    key: str
    query: Query


def parse_target(raw: str, host: str, domains: tuple[str, ...] = ("localhost",)) -> Target:
    """The target of a request line; raises InvalidURI for what no key can be."""
    raw_path, _, raw_query = raw.partition("?")
    if not raw_path.startswith("/"):
        raise S3Error("InvalidURI")
    path = _decode(raw_path)
    if "\0" in path:
        raise S3Error("InvalidURI")
    bucket, key = host_bucket(host, domains), path[1:]
    if bucket is None:
        bucket, _, key = key.partition("/")
    return Target(path, bucket, key, _parse_query(raw_query))


def host_bucket(host: str, domains: tuple[str, ...]) -> str | None:
    """The bucket of a virtual-hosted request; None when the path names it."""
    name = host.lower()
    if not name.endswith("]"):
        name = re.sub(r":\d+$", "", name)
    for domain in domains:
        if name.endswith(f".{domain}"):
            return name[: -len(domain) - 1]
    return None


def _parse_query(raw: str) -> Query:
    pairs = (pair.partition("=") for pair in raw.split("&") if pair)
    return tuple(
        (_decode(name.replace("+", " ")), _decode(value.replace("+", " ")))
        for name, _, value in pairs
    )


def _decode(text: str) -> str:
    if _BAD_ESCAPE.search(text):
        raise S3Error("InvalidURI")
    try:
        return unquote_to_bytes(text.encode("utf-8", "surrogateescape")).decode()
    except UnicodeError as error:
        raise S3Error("InvalidURI") from error


def check_bucket(name: str) -> None:
    """Raises InvalidBucketName for a name that S3 would not give."""
    if not _BUCKET.fullmatch(name) or _IPV4.fullmatch(name) or ".-" in name or "-." in name:
        raise S3Error("InvalidBucketName", BucketName=name)


def check_key(key: str) -> None:
    """Raises KeyTooLongError, which counts bytes of UTF-8."""
    size = len(key.encode())
    if size > KEY_BYTES:
        raise S3Error("KeyTooLongError", Size=str(size), MaxSizeAllowed=str(KEY_BYTES))


def parse_copy_source(value: str) -> tuple[str, str]:
    """Bucket and key of `x-amz-copy-source`; raises InvalidArgument."""
    path, _, query = value.partition("?")
    try:
        bucket, _, key = _decode(path).removeprefix("/").partition("/")
    except S3Error:
        bucket = key = ""
    if not bucket or not key or query not in {"", "versionId=null"}:
        raise S3Error(
            "InvalidArgument",
            "Copy Source must mention the source bucket and key: sourcebucket/sourcekey",
            ArgumentName="x-amz-copy-source",
        )
    check_key(key)
    return bucket, key

"""Headers that belong to an object: what is kept of a request, what an answer says.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingMetadata.html
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from email.utils import formatdate

from faasctl.store.embedded import tagging
from faasctl.store.embedded.call import Call
from faasctl.store.embedded.checksums import header_name
from faasctl.store.embedded.faults import S3Error
from faasctl.store.embedded.records import Object

DEFAULT_TYPE = "binary/octet-stream"
META = "x-amz-meta-"
_META_BYTES = 2048
_KEPT = (
    "cache-control",
    "content-disposition",
    "content-encoding",
    "content-language",
    "content-type",
    "expires",
)
_OVERRIDES = {f"response-{name}": name for name in _KEPT}
_UNSUPPORTED = (
    "x-amz-server-side-encryption",
    "x-amz-object-lock",
    "x-amz-website-redirect-location",
    "x-amz-grant-",
    "x-amz-copy-source-server-side-encryption",
)
_PRIVATE = {"private", "bucket-owner-full-control"}
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


def parse_headers(headers: Mapping[str, str]) -> dict[str, str]:
    """What is kept with an object; raises for what this store can't promise."""
    check_supported(headers)
    kept = {name: headers[name] for name in _KEPT if name in headers}
    encoding = _without_framing(kept.pop("content-encoding", ""))
    if encoding:
        kept["content-encoding"] = encoding
    kept.setdefault("content-type", DEFAULT_TYPE)
    meta = {name: value for name, value in headers.items() if name.startswith(META)}
    size = sum(len(name) - len(META) + len(value.encode()) for name, value in meta.items())
    if size > _META_BYTES:
        raise S3Error("MetadataTooLarge", Size=str(size), MaxSizeAllowed=str(_META_BYTES))
    tags = tagging.parse_header(headers.get(tagging.HEADER, ""))
    if tags:
        kept[tagging.HEADER] = tags
    return {**kept, **meta}


def check_supported(headers: Mapping[str, str]) -> None:
    """Raises for encryption, locks, other ACLs and other storage classes."""
    for name in headers:
        if name.startswith(_UNSUPPORTED):
            raise S3Error("NotImplemented", Header=name)
    if headers.get("x-amz-acl", "private") not in _PRIVATE:
        raise S3Error("AccessControlListNotSupported")
    if headers.get("x-amz-storage-class", "STANDARD") != "STANDARD":
        raise S3Error("InvalidStorageClass")


def _without_framing(encoding: str) -> str:
    words = [word.strip() for word in encoding.split(",")]
    return ",".join(word for word in words if word and word.lower() != "aws-chunked")


def etag_header(found: Object) -> dict[str, str]:
    return {"ETag": f'"{found.etag}"'}


def checksum_headers(found: Object) -> dict[str, str]:
    if found.checksum is None:
        return {}
    return {
        header_name(found.checksum.algorithm): found.checksum.value,
        "x-amz-checksum-type": found.checksum.kind,
    }


def answer_headers(found: Object, call: Call) -> dict[str, str]:
    """The headers of a GET or HEAD, with the overrides that the query asks for.

    `nosniff` because what users upload is not to be taken for a page of ours.
    """
    answer = {
        **etag_header(found),
        "Last-Modified": formatdate(int(found.modified), usegmt=True),
        "Accept-Ranges": "bytes",
        "X-Content-Type-Options": "nosniff",
    }
    for name, value in found.headers.items():
        if name == tagging.HEADER:
            answer["x-amz-tagging-count"] = str(len(value.split("&")))
        else:
            answer[name if name.startswith(META) else name.title()] = value
    for name, value in call.query:
        if name in _OVERRIDES and value:
            if _CONTROL.search(value):
                raise S3Error("InvalidArgument", "A header can't hold this.", ArgumentName=name)
            answer[_OVERRIDES[name].title()] = value
    return answer

"""Uploads that take more than one request, or a browser's form: multipart and POST policies.

Sources: Amazon S3 API Reference, "CreateMultipartUpload" to "ListParts"; "Browser-Based Uploads
Using POST (AWS Signature Version 4)".
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from xml.etree import ElementTree as ET
from xml.sax.saxutils import escape

from handlers.contract import sigv4
from handlers.contract.sigv4 import HeaderRequest
from handlers.engine.storage import Storage, StorageError

#: S3's limits for parts: how small all but the last may be, how large, and how many, in bytes.
SMALLEST_PART, LARGEST_PART, MOST_PARTS = 5 * 1024**2, 5 * 1024**3, 10_000


@dataclass(frozen=True, slots=True)
class Part:
    """An uploaded part; `size` in bytes."""

    number: int
    size: int
    etag: str


@dataclass(frozen=True, slots=True)
class FormRules:
    """What a form may upload: sizes in bytes, and a type; `image/` allows all pictures."""

    smallest: int
    largest: int
    content_type: str


def create(storage: Storage, key: str, headers: Mapping[str, str]) -> str:
    """Begin an upload in parts; its id."""
    answer = storage.ask(HeaderRequest("POST", key, {"uploads": ""}, headers))
    return _value(_document(answer.body), "UploadId")


def parts(storage: Storage, key: str, upload: str) -> list[Part]:
    """The parts that are there, in order."""
    found: list[Part] = []
    marker = ""
    while True:
        query = {"uploadId": upload} | ({"part-number-marker": marker} if marker else {})
        page = _document(storage.ask(HeaderRequest("GET", key, query, {})).body)
        found += [_part(one) for one in page if _name(one) == "Part"]
        marker = _value(page, "NextPartNumberMarker")
        if _value(page, "IsTruncated") != "true":
            return found


def complete(
    storage: Storage, key: str, upload: str, made: Sequence[tuple[int, str]], *, is_new: bool
) -> None:
    """Make one object of the parts (number and ETag); `is_new` refuses to replace another."""
    lines = "".join(
        f"<Part><PartNumber>{number}</PartNumber><ETag>{escape(etag)}</ETag></Part>"
        for number, etag in made
    )
    body = f"<CompleteMultipartUpload>{lines}</CompleteMultipartUpload>".encode()
    headers = {"content-type": "application/xml"} | ({"if-none-match": "*"} if is_new else {})
    digest = hashlib.sha256(body).hexdigest()
    request = HeaderRequest("POST", key, {"uploadId": upload}, headers, digest)
    answer = _document(storage.ask(request, body).body)
    if _name(answer) == "Error":  # S3 may find out after it said 200
        code = _value(answer, "Code")
        raise StorageError(f"the store refused the parts: {code}", status=400, code=code)


def abort(storage: Storage, key: str, upload: str) -> None:
    """Throw the parts away."""
    storage.ask(HeaderRequest("DELETE", key, {"uploadId": upload}, {}))


def form(
    storage: Storage, key: str, rules: FormRules, *, expires: int, now: datetime
) -> tuple[str, dict[str, str]]:
    """Where a browser's form is posted, and the fields that it must have; `now` is in UTC."""
    credentials, bucket = storage.credentials, storage.public
    fields = {
        "key": key,
        "x-amz-algorithm": sigv4.ALGORITHM,
        "x-amz-credential": sigv4.policy_credential(credentials, bucket.region, now),
        "x-amz-date": sigv4.timestamp(now),
    }
    if credentials.token:
        fields["x-amz-security-token"] = credentials.token
    if rules.content_type and not rules.content_type.endswith("/"):
        fields["Content-Type"] = rules.content_type
    conditions: list[object] = [{name: value} for name, value in fields.items()]
    if "Content-Type" not in fields:
        conditions.append(["starts-with", "$Content-Type", rules.content_type])
    conditions += [{"bucket": bucket.name}, ["content-length-range", rules.smallest, rules.largest]]
    until = (now.astimezone(UTC) + timedelta(seconds=expires)).strftime("%Y-%m-%dT%H:%M:%S.000Z")
    text = json.dumps({"expiration": until, "conditions": conditions})
    policy = base64.b64encode(text.encode()).decode()
    signature = sigv4.sign_policy(credentials, bucket.region, now, policy)
    return bucket.url(), {**fields, "policy": policy, "x-amz-signature": signature}


def _document(body: bytes) -> ET.Element:
    return ET.fromstring(body)  # noqa: S314 - the store is ours


def _part(element: ET.Element) -> Part:
    return Part(
        int(_value(element, "PartNumber")),
        int(_value(element, "Size")),
        _value(element, "ETag").strip('"'),
    )


def _name(element: ET.Element) -> str:
    return element.tag.rpartition("}")[2]


def _value(element: ET.Element, name: str) -> str:
    return next((child.text or "" for child in element if _name(child) == name), "")

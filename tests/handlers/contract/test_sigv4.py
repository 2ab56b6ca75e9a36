"""Signatures against botocore's own, on thousands of random cases."""

from __future__ import annotations

import hashlib
import random
import string
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import botocore.auth
import pytest
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials as BotocoreCredentials

from handlers.contract import sigv4
from handlers.contract.sigv4 import LONGEST, Bucket, Credentials, HeaderRequest, Link

NOW = datetime(2026, 2, 3, 4, 5, 6, tzinfo=UTC)
CASES = 3000
_SIGNS = string.ascii_letters + string.digits + " /-_.~!*'()&=+%$,;:@äßя漢😀"


@dataclass(frozen=True, slots=True)
class Case:
    bucket: Bucket
    credentials: Credentials
    link: Link
    now: datetime


def cases() -> Iterator[Case]:
    draw = random.Random(20260203)
    for number in range(CASES):
        key = "".join(draw.choices(_SIGNS, k=draw.randint(1, 40))).strip("/") or "k"
        headers = {"Content-Type": "image/png", "x-amz-meta-A": "a  b "}
        query = {"partNumber": "3", "uploadId": "a/b=+ c"}
        yield Case(
            Bucket(
                draw.choice(["http://127.0.0.1:9000", "https://s3.eu-west-1.amazonaws.com"]),
                "bucket",
                draw.choice(["us-east-1", "eu-west-1"]),
                draw.choice(["path", "virtual"]),
            ),
            Credentials(f"AK{number}", f"sec/+={number}", draw.choice(["", "tok/=+"])),
            Link(
                draw.choice(["GET", "PUT", "DELETE", "POST", "HEAD"]),
                key,
                draw.randint(1, LONGEST),
                draw.choice([{}, headers]),
                draw.choice([{}, query]),
            ),
            NOW.replace(month=draw.randint(1, 12), hour=draw.randint(0, 23)),
        )


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> dict[str, datetime]:
    """botocore's own clock, set to a case's time."""
    times = {"now": NOW}

    def fixed(*, remove_tzinfo: bool = True) -> datetime:
        return times["now"].replace(tzinfo=None) if remove_tzinfo else times["now"]

    monkeypatch.setattr(botocore.auth, "get_current_datetime", fixed)
    return times


def signed_by_botocore(case: Case, signer: Any) -> AWSRequest:
    request = AWSRequest(
        method=case.link.method,
        url=case.bucket.url(case.link.key),
        headers=dict(case.link.headers),
        params=dict(case.link.query),
    )
    signer.add_auth(request)
    return request


def keys(case: Case) -> BotocoreCredentials:
    own = case.credentials
    return BotocoreCredentials(own.access_key, own.secret_key, own.token or None)


def test_links_are_signed_as_botocore_signs_them(clock: dict[str, datetime]) -> None:
    for case in cases():
        clock["now"] = case.now
        url = sigv4.presign(case.bucket, case.credentials, case.link, case.now)
        signer = botocore.auth.S3SigV4QueryAuth(
            keys(case), "s3", case.bucket.region, expires=case.link.expires
        )
        expected = signed_by_botocore(case, signer).url
        assert dict(parse_qsl(urlsplit(url).query)) == dict(parse_qsl(urlsplit(expected).query))
        assert url.partition("?")[0] == case.bucket.url(case.link.key)


def test_headers_are_signed_as_botocore_signs_them(clock: dict[str, datetime]) -> None:
    for case in cases():
        clock["now"] = case.now
        payload = hashlib.sha256(b"").hexdigest()
        request = HeaderRequest(
            case.link.method, case.link.key, case.link.query, case.link.headers, payload
        )
        ours = sigv4.sign(case.bucket, case.credentials, request, case.now)
        wanted = AWSRequest(
            method=case.link.method,
            url=case.bucket.url(case.link.key),
            headers=dict(case.link.headers),
            params=dict(case.link.query),
        )
        wanted.context["payload_signing_enabled"] = True
        botocore.auth.S3SigV4Auth(keys(case), "s3", case.bucket.region).add_auth(wanted)
        assert ours["authorization"] == wanted.headers["Authorization"]


@pytest.mark.parametrize("seconds", [0, -1, LONGEST + 1])
def test_a_link_that_s3_would_refuse_is_not_made(seconds: int) -> None:
    link = Link("GET", "k", seconds, {}, {})
    with pytest.raises(ValueError, match="1 to 604800"):
        sigv4.presign(Bucket("http://h", "b"), Credentials("A", "S"), link, NOW)


def test_a_secret_is_not_shown_when_a_value_is() -> None:
    credentials = Credentials("AK", "very-secret", "session-token")
    assert "very-secret" not in f"{credentials!r} {credentials}"
    assert "session-token" not in repr(credentials)

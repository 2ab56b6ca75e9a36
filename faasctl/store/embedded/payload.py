"""What `x-amz-content-sha256` promises about a body.

https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from faasctl.store.embedded.call import Call
from faasctl.store.embedded.claims import Claim
from faasctl.store.embedded.faults import S3Error

UNSIGNED = "UNSIGNED-PAYLOAD"
_NAME = "x-amz-content-sha256"


@dataclass(frozen=True, slots=True)
class Plain:
    """The body as it is; `sha256` in hexadecimal, None when it is not signed."""

    sha256: str | None


@dataclass(frozen=True, slots=True)
class Streamed:
    """The body in aws-chunked framing, each chunk signed or not, with or without a trailer."""

    signed: bool
    trailer: bool


Payload = Plain | Streamed

_STREAMED: dict[str, Payload] = {
    "STREAMING-AWS4-HMAC-SHA256-PAYLOAD": Streamed(signed=True, trailer=False),
    "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER": Streamed(signed=True, trailer=True),
    "STREAMING-UNSIGNED-PAYLOAD-TRAILER": Streamed(signed=False, trailer=True),
}


def payload_word(call: Call, claim: Claim) -> str:
    """The word that the canonical request ends with; raises when a header must say it."""
    given = call.header(_NAME)
    if given is not None:
        return given
    if claim.lifetime is None:
        raise S3Error("InvalidRequest", f"Missing required header for this request: {_NAME}")
    return call.parameter("X-Amz-Content-Sha256") or UNSIGNED


def parse_payload(word: str) -> Payload:
    """The promise behind the word; raises InvalidArgument."""
    if word == UNSIGNED:
        return Plain(None)
    if word in _STREAMED:
        return _STREAMED[word]
    if re.fullmatch(r"[0-9a-f]{64}", word):
        return Plain(word)
    raise S3Error(
        "InvalidArgument",
        f"{_NAME} must be {UNSIGNED}, {', '.join(_STREAMED)} or a valid sha256 value.",
        ArgumentName=_NAME,
        ArgumentValue=word,
    )

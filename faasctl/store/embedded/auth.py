"""Who may do what: nobody without a right signature, and with one, exactly what it covers."""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from dataclasses import dataclass

from faasctl.store.embedded.call import Call
from faasctl.store.embedded.claims import Claim, check_coverage, check_time, parse_claim
from faasctl.store.embedded.faults import S3Error
from faasctl.store.embedded.payload import Payload, Plain, parse_payload, payload_word
from faasctl.store.embedded.signing import Signer


@dataclass(frozen=True, slots=True)
class Grant:
    """A verified request: how its body must look, and what signs the chunks of it."""

    payload: Payload
    signer: Signer
    seed: str


def authenticate(call: Call, credentials: Mapping[str, str], region: str) -> Grant:
    """Check the request's signature; raises S3Error with S3's own code.

    Times are checked before keys and keys before signatures, as S3 does.
    """
    claim = parse_claim(call, region)
    check_time(claim, call.now)
    signer = find_signer(claim, credentials)
    if call.header("x-amz-security-token") or call.has("X-Amz-Security-Token"):
        raise S3Error("InvalidToken")
    check_coverage(claim, call)
    word = payload_word(call, claim)
    payload = parse_payload(word)
    expected = signer.request(call, claim, word)
    compare(expected, claim.signature)
    return Grant(payload, signer, claim.signature)


def find_signer(claim: Claim, credentials: Mapping[str, str]) -> Signer:
    """The secret behind an access key; raises InvalidAccessKeyId."""
    secret = credentials.get(claim.scope.access_key)
    if secret is None:
        raise S3Error("InvalidAccessKeyId")
    return Signer(claim.scope, claim.timestamp, secret)


def compare(expected: str, given: str) -> None:
    """Raises SignatureDoesNotMatch; takes equally long however much agrees."""
    if not hmac.compare_digest(expected.encode(), given.encode()):
        raise S3Error("SignatureDoesNotMatch")


def anonymous(signer: Signer) -> Grant:
    """A grant whose body is framed by something else, such as a form."""
    return Grant(Plain(None), signer, "")

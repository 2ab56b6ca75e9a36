"""What a request claims about its signature: who, when, over which headers.

https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html
https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from faasctl.store.embedded.call import Call
from faasctl.store.embedded.faults import S3Error

ALGORITHM = "AWS4-HMAC-SHA256"
LONGEST = 604_800
SKEW = 900.0
QUERY_NAMES = (
    "X-Amz-Algorithm",
    "X-Amz-Credential",
    "X-Amz-Date",
    "X-Amz-Expires",
    "X-Amz-SignedHeaders",
    "X-Amz-Signature",
)
_COMPONENTS = frozenset({"Credential", "SignedHeaders", "Signature"})
_LONG_DATE = re.compile(r"\d{8}T\d{6}Z")
_OTHER_MECHANISM = (
    "The authorization mechanism you have provided is not supported. Please use AWS4-HMAC-SHA256."
)


@dataclass(frozen=True, slots=True)
class Scope:
    """A credential: the access key and the day, region and service it signs for."""

    access_key: str
    date: str
    region: str


@dataclass(frozen=True, slots=True)
class Claim:
    """`issued` is Unix time; `lifetime` in seconds, None for a signed header."""

    scope: Scope
    timestamp: str
    issued: float
    signed_headers: tuple[str, ...]
    signature: str
    lifetime: int | None = None


def is_presigned(call: Call) -> bool:
    return any(call.has(name) for name in QUERY_NAMES)


def parse_claim(call: Call, region: str) -> Claim:
    """The one claim of a request; raises AccessDenied when it is anonymous."""
    authorization = call.header("authorization")
    if is_presigned(call):
        if authorization is not None:
            raise S3Error("InvalidArgument", "Only one auth mechanism allowed")
        return _parse_query(call, region)
    if authorization is not None:
        return _parse_header(call, authorization, region)
    if call.has("Signature") or call.has("AWSAccessKeyId"):
        raise S3Error("InvalidRequest", _OTHER_MECHANISM)
    raise S3Error("AccessDenied")


def _parse_header(call: Call, authorization: str, region: str) -> Claim:
    algorithm, _, rest = authorization.partition(" ")
    if algorithm != ALGORITHM:
        raise S3Error("InvalidRequest", _OTHER_MECHANISM)
    pairs = [part.strip().partition("=") for part in rest.split(",")]
    values = {name: value for name, _, value in pairs}
    if values.keys() != _COMPONENTS or len(pairs) != 3 or not all(values.values()):
        raise _malformed_header(
            "the authorization header requires three components:"
            " Credential, SignedHeaders, and Signature."
        )
    scope = parse_scope(values["Credential"], region, _malformed_header)
    timestamp, issued = _header_date(call)
    if scope.date != timestamp[:8]:
        raise _malformed_header("the credential's date is not the date of X-Amz-Date.")
    signed = _signed_headers(values["SignedHeaders"])
    return Claim(scope, timestamp, issued, signed, values["Signature"])


def _header_date(call: Call) -> tuple[str, float]:
    text = call.header("x-amz-date")
    if text is not None and _LONG_DATE.fullmatch(text):
        return text, _unix_time(text, S3Error("AccessDenied", _NO_DATE))
    try:
        parsed = parsedate_to_datetime(call.header("date") or "" if text is None else "")
    except ValueError as error:
        raise S3Error("AccessDenied", _NO_DATE) from error
    moment = parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)
    return moment.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ"), moment.timestamp()


_NO_DATE = "AWS authentication requires a valid Date or x-amz-date header"


def _parse_query(call: Call, region: str) -> Claim:
    values = {name: value for name, value in call.query if name in QUERY_NAMES}
    given = [name for name, _ in call.query if name in QUERY_NAMES]
    if len(given) != len(QUERY_NAMES) or not all(map(values.get, QUERY_NAMES)):
        raise _bad_query(
            "Query-string authentication version 4 requires each of the "
            f"{', '.join(QUERY_NAMES)} parameters once."
        )
    if values["X-Amz-Algorithm"] != ALGORITHM:
        raise _bad_query(f'X-Amz-Algorithm only supports "{ALGORITHM}"')
    scope = parse_scope(values["X-Amz-Credential"], region, _bad_query)
    timestamp = values["X-Amz-Date"]
    bad_date = _bad_query("X-Amz-Date must be in the ISO8601 Long Format \"yyyyMMdd'T'HHmmss'Z'\"")
    if not _LONG_DATE.fullmatch(timestamp):
        raise bad_date
    issued = _unix_time(timestamp, bad_date)
    if scope.date != timestamp[:8]:
        raise _bad_query("Invalid credential date: it is not the same as X-Amz-Date.")
    return Claim(
        scope,
        timestamp,
        issued,
        _signed_headers(values["X-Amz-SignedHeaders"]),
        values["X-Amz-Signature"],
        _lifetime(values["X-Amz-Expires"]),
    )


def _lifetime(text: str) -> int:
    if not re.fullmatch(r"-?[0-9]{1,18}", text):
        raise _bad_query("X-Amz-Expires should be a number")
    seconds = int(text)
    if seconds < 0:
        raise _bad_query("X-Amz-Expires must be non-negative")
    if seconds > LONGEST:
        raise _bad_query(f"X-Amz-Expires must be less than a week ({LONGEST} seconds)")
    return seconds


def parse_scope(text: str, region: str, refuse: Callable[[str], S3Error]) -> Scope:
    """`KEY/DATE/REGION/s3/aws4_request`; an access key may hold slashes."""
    parts = text.rsplit("/", 4)
    if len(parts) != 5 or not parts[0]:
        raise refuse('the Credential is not "<KEY>/YYYYMMDD/REGION/SERVICE/aws4_request".')
    access_key, date, given_region, service, terminal = parts
    if not re.fullmatch(r"[0-9]{8}", date):
        raise refuse('the credential\'s date must be in the format "yyyyMMdd".')
    if given_region != region:
        raise refuse(f"the region is wrong; expecting '{region}'")
    if service != "s3":
        raise refuse('incorrect service. This endpoint belongs to "s3".')
    if terminal != "aws4_request":
        raise refuse('incorrect terminal. This endpoint uses "aws4_request".')
    return Scope(access_key, date, region)


def _signed_headers(text: str) -> tuple[str, ...]:
    return tuple(text.split(";"))


def _unix_time(text: str, refusal: S3Error) -> float:
    try:
        moment = datetime.strptime(text, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    except ValueError as error:
        raise refusal from error
    return moment.timestamp()


def check_time(claim: Claim, now: float) -> None:
    """Raises for a link that has expired, and for clocks that differ by over 15 minutes."""
    if claim.lifetime is None:
        if abs(now - claim.issued) > SKEW:
            raise S3Error("RequestTimeTooSkewed", MaxAllowedSkewMilliseconds="900000")
        return
    if claim.issued > now + SKEW:
        raise S3Error("AccessDenied", "Request is not yet valid")
    if now > claim.issued + claim.lifetime:
        raise S3Error("AccessDenied", "Request has expired")


def check_coverage(claim: Claim, call: Call) -> None:
    """Raises AccessDenied when `host` or an `x-amz-*` header is not signed."""
    required = {name for name in call.headers if name.startswith("x-amz-")} | {"host"}
    missing = sorted(required.difference(claim.signed_headers))
    if missing:
        raise S3Error(
            "AccessDenied",
            "There were headers present in the request which were not signed",
            HeadersNotSigned=", ".join(missing),
        )


def _malformed_header(reason: str) -> S3Error:
    message = f"The authorization header is malformed; {reason}"
    return S3Error("AuthorizationHeaderMalformed", message)


def _bad_query(reason: str) -> S3Error:
    return S3Error("AuthorizationQueryParametersError", reason)

"""Ways of misusing an Authorization header, or a body under one, as a table."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

from tests.faasctl.store.store_endpoint import Endpoint
from tests.faasctl.store.store_forgeries import BODY, LANDING, OTHER, WRONG, Forgery, get, put
from tests.faasctl.store.store_wire import UNSIGNED, Attempt, Stream, path_of, sign, signing

_HEADER = "AuthorizationHeaderMalformed"
_BIG = b"x" * 65536
_CRC = "x-amz-checksum-crc32"
_TRAILER = (_CRC, "LLRYmg==")


def _signed(**changes: object) -> Callable[[Endpoint], Attempt]:
    return lambda e: sign(e, get(e), signer=signing(e, **changes))  # type: ignore[arg-type]


def _authorization(text: str) -> Callable[[Endpoint], Attempt]:
    return lambda e: sign(e, get(e)).with_headers(authorization=text)


def _edited(old: str, new: str) -> Callable[[Endpoint], Attempt]:
    def make(endpoint: Endpoint) -> Attempt:
        attempt = sign(endpoint, get(endpoint))
        header = attempt.headers["authorization"].replace(old, new)
        assert header != attempt.headers["authorization"]
        return attempt.with_headers(authorization=header)

    return make


def _stream(endpoint: Endpoint, stream: Stream) -> Attempt:
    return stream.attempt(endpoint, LANDING)


def _body_edited(stream: Stream, old: bytes, new: bytes) -> Callable[[Endpoint], Attempt]:
    def make(endpoint: Endpoint) -> Attempt:
        attempt = _stream(endpoint, stream)
        assert old in attempt.body
        return replace(attempt, body=attempt.body.replace(old, new, 1))

    return make


def _chunk_resigned(endpoint: Endpoint) -> Attempt:
    attempt = _stream(endpoint, Stream((_BIG,)))
    body = re.sub(rb"(10000;chunk-signature=)\w{64}", rb"\g<1>" + OTHER.encode(), attempt.body)
    return replace(attempt, body=body)


def _chunks_exchanged(endpoint: Endpoint) -> Attempt:
    """Both chunks are genuine; only their order is not."""
    attempt = _stream(endpoint, Stream((b"a" * 65536, b"b" * 65536)))
    size = len(b"10000;chunk-signature=" + b"0" * 64 + b"\r\n" + b"a" * 65536 + b"\r\n")
    first, second, end = (
        attempt.body[:size],
        attempt.body[size : 2 * size],
        attempt.body[2 * size :],
    )
    return replace(attempt, body=second + first + end)


def _trailer_resigned(endpoint: Endpoint) -> Attempt:
    attempt = _stream(endpoint, Stream((_BIG,), trailer=_TRAILER))
    body = re.sub(rb"(trailer-signature:)\w{64}", rb"\g<1>" + OTHER.encode(), attempt.body)
    return replace(attempt, body=body)


def _cut_off(endpoint: Endpoint) -> Attempt:
    attempt = _stream(endpoint, Stream((_BIG, b"tail")))
    return replace(attempt, body=attempt.body.partition(b"\r\n0;")[0] + b"\r\n")


def _decoded_length(value: str | None) -> Callable[[Endpoint], Attempt]:
    def make(endpoint: Endpoint) -> Attempt:
        given = {"content-encoding": "aws-chunked"}
        if value is not None:
            given["x-amz-decoded-content-length"] = value
        stream = Stream((_BIG,), signed=False, trailer=_TRAILER)
        framed = _stream(endpoint, stream).body
        headers = {**given, "x-amz-trailer": _CRC}
        bare = Attempt("PUT", path_of(endpoint, LANDING), headers, framed)
        return sign(endpoint, bare, payload=stream.word)

    return make


HEADERS = (
    Forgery("anonymous", get, 403, "AccessDenied"),
    Forgery("anonymous upload", put, 403, "AccessDenied"),
    Forgery("secret another", _signed(secret="guess"), 403, WRONG),
    Forgery("secret empty", _signed(secret=""), 403, WRONG),
    Forgery("key unknown", _signed(access_key="NOBODY"), 403, "InvalidAccessKeyId"),
    Forgery("clock behind", _signed(age=1000), 403, "RequestTimeTooSkewed"),
    Forgery("clock ahead", _signed(age=-1000), 403, "RequestTimeTooSkewed"),
    Forgery("date of another day", _signed(date="20200101"), 400, _HEADER),
    Forgery("region another", _signed(region="eu-west-9"), 400, _HEADER),
    Forgery("service another", _signed(service="ec2"), 400, _HEADER),
    Forgery("terminal another", _signed(terminal="aws5_request"), 400, _HEADER),
    Forgery(
        "date left out",
        lambda e: sign(e, get(e)).with_headers(x_amz_date=None),
        403,
        "AccessDenied",
    ),
    Forgery("signature left out", _edited(", Signature=", ", Nothing="), 400, _HEADER),
    Forgery("credential malformed", _edited("/s3/aws4_request", ""), 400, _HEADER),
    Forgery(
        "host taken off the list",
        _edited("SignedHeaders=host;", "SignedHeaders="),
        403,
        "AccessDenied",
    ),
    Forgery("authorization empty of parts", _authorization("AWS4-HMAC-SHA256 x"), 400, _HEADER),
    Forgery("older mechanism", _authorization("AWS KEY:c2lnbmF0dXJl"), 400, "InvalidRequest"),
    Forgery("other mechanism", _authorization("Basic dTpw"), 400, "InvalidRequest"),
    Forgery(
        "token made up",
        lambda e: sign(e, get(e).with_headers(x_amz_security_token="t")),
        400,
        "InvalidToken",
    ),
    Forgery(
        "replayed on another key", lambda e: sign(e, get(e)).swap("target", "other"), 403, WRONG
    ),
    Forgery(
        "replayed with another method",
        lambda e: replace(sign(e, get(e)), method="DELETE"),
        403,
        WRONG,
    ),
    Forgery("replayed with a query", lambda e: sign(e, get(e)).with_query("acl"), 403, WRONG),
    Forgery(
        "header added",
        lambda e: sign(e, put(e)).with_headers(x_amz_meta_owner="me"),
        403,
        "AccessDenied",
    ),
    Forgery(
        "header altered",
        lambda e: sign(e, put(e, x_amz_meta_owner="me")).with_headers(x_amz_meta_owner="you"),
        403,
        WRONG,
    ),
    Forgery(
        "header taken off",
        lambda e: sign(e, put(e, x_amz_meta_owner="me")).with_headers(x_amz_meta_owner=None),
        403,
        WRONG,
    ),
    Forgery(
        "body another",
        lambda e: replace(sign(e, put(e)), body=BODY[::-1]),
        400,
        "XAmzContentSHA256Mismatch",
    ),
    Forgery(
        "body hash exchanged",
        lambda e: sign(e, put(e)).with_headers(x_amz_content_sha256=OTHER),
        403,
        WRONG,
    ),
    Forgery(
        "body made unsigned",
        lambda e: sign(e, put(e)).with_headers(x_amz_content_sha256=UNSIGNED),
        403,
        WRONG,
    ),
    Forgery(
        "body hash left out",
        lambda e: sign(e, get(e)).with_headers(x_amz_content_sha256=None),
        400,
        "InvalidRequest",
    ),
    Forgery("body hash nonsense", lambda e: sign(e, put(e), payload="sha"), 400, "InvalidArgument"),
    Forgery("chunk altered", _body_edited(Stream((_BIG,)), b"xxxx", b"xyxx"), 403, WRONG),
    Forgery(
        "chunk signature altered",
        _chunk_resigned,
        403,
        WRONG,
    ),
    Forgery("chunks exchanged", _chunks_exchanged, 403, WRONG),
    Forgery("chunks cut off", _cut_off, 400, "IncompleteBody"),
    Forgery(
        "chunks too small",
        lambda e: _stream(e, Stream((b"a" * 100, b"b" * 100))),
        403,
        "InvalidChunkSizeError",
    ),
    Forgery("decoded length too long", _decoded_length("65537"), 400, "IncompleteBody"),
    Forgery("decoded length too short", _decoded_length("65535"), 400, "IncompleteBody"),
    Forgery("decoded length left out", _decoded_length(None), 411, "MissingContentLength"),
    Forgery(
        "trailing checksum of another body",
        lambda e: _stream(e, Stream((_BIG,), signed=False, trailer=(_CRC, "AAAAAA=="))),
        400,
        "BadDigest",
    ),
    Forgery(
        "trailing checksum exchanged",
        _body_edited(Stream((_BIG,), trailer=_TRAILER), b"LLRYmg==", b"AAAAAA=="),
        403,
        WRONG,
    ),
    Forgery(
        "trailing checksum left out",
        _body_edited(
            Stream((_BIG,), signed=False, trailer=_TRAILER),
            b"x-amz-checksum-crc32:LLRYmg==\r\n",
            b"",
        ),
        400,
        "MalformedTrailerError",
    ),
    Forgery(
        "trailer signature altered",
        _trailer_resigned,
        403,
        WRONG,
    ),
    Forgery(
        "two checksums",
        lambda e: sign(
            e, put(e, x_amz_checksum_crc32="AAAAAA==", x_amz_checksum_sha1="A" * 27 + "=")
        ),
        400,
        "InvalidRequest",
    ),
    Forgery(
        "checksum of no form",
        lambda e: sign(e, put(e, x_amz_checksum_crc32="AAAA")),
        400,
        "InvalidRequest",
    ),
    Forgery(
        "ACL public",
        lambda e: sign(e, put(e, x_amz_acl="public-read")),
        400,
        "AccessControlListNotSupported",
    ),
)

"""Ways of misusing a presigned link, as a table: what S3 answers to each of them.

What versitygw answers instead, where it does, stands in `store_differences.py`.
"""

from __future__ import annotations

import base64
import hashlib
import time
from collections.abc import Callable
from dataclasses import dataclass, replace

from tests.faasctl.store.store_endpoint import Endpoint
from tests.faasctl.store.store_wire import Attempt, path_of, presign, signing

KEY = "forge/target.txt"
BODY = b"what the link is for"
LANDING = "forge/put.txt"
OTHER = "0123456789abcdef" * 4

WRONG = "SignatureDoesNotMatch"
_QUERY = "AuthorizationQueryParametersError"


@dataclass(frozen=True, slots=True)
class Forgery:
    """`make` builds the request for an endpoint where KEY holds BODY and `other` is a bucket."""

    name: str
    make: Callable[[Endpoint], Attempt]
    status: int
    code: str


def md5(data: bytes) -> str:
    return base64.b64encode(hashlib.md5(data).digest()).decode()


def sha256(data: bytes) -> str:
    return base64.b64encode(hashlib.sha256(data).digest()).decode()


def get(endpoint: Endpoint, query: str = "") -> Attempt:
    attempt = Attempt("GET", path_of(endpoint, KEY))
    return attempt.with_query(query) if query else attempt


def put(endpoint: Endpoint, **headers: str) -> Attempt:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Attempt("PUT", path_of(endpoint, LANDING), named, BODY)


def _link(endpoint: Endpoint, query: str = "") -> Attempt:
    return presign(endpoint, get(endpoint, query))


def _upload(endpoint: Endpoint, **headers: str) -> Attempt:
    return presign(endpoint, put(endpoint, **headers))


def _signed(**changes: object) -> Callable[[Endpoint], Attempt]:
    return lambda e: presign(e, get(e), signer=signing(e, **changes))  # type: ignore[arg-type]


def _lasting(expires: str) -> Callable[[Endpoint], Attempt]:
    return lambda e: presign(e, get(e), expires=expires)


def _swapped(pattern: str, replacement: str) -> Callable[[Endpoint], Attempt]:
    return lambda e: _link(e).swap(pattern, replacement)


def _asked(path: str) -> Callable[[Endpoint], Attempt]:
    """A good link turned to another raw path of the bucket."""
    return lambda e: _link(e).swap(r"^/conformance/forge/target.txt", f"/conformance/{path}")


def _valid_for(path: str) -> Callable[[Endpoint], Attempt]:
    """A link that is rightly signed for a path that should not be."""
    return lambda e: presign(e, Attempt("PUT", f"/conformance/{path}", {}, BODY))


def _repeated(name: str) -> Callable[[Endpoint], Attempt]:
    def make(endpoint: Endpoint) -> Attempt:
        link = _link(endpoint)
        value = link.target.partition(f"{name}=")[2].partition("&")[0]
        return link.with_query(f"{name}={value}")

    return make


def _borrowed_signature(endpoint: Endpoint) -> Attempt:
    other = presign(endpoint, Attempt("GET", path_of(endpoint, "forge/else.txt")))
    return _link(endpoint).swap("Signature=.*", other.target[-74:])


def _capitals(endpoint: Endpoint) -> Attempt:
    target = _link(endpoint).target
    return Attempt("GET", target[:-64] + target[-64:].upper())


def _with_authorization(endpoint: Endpoint) -> Attempt:
    return _link(endpoint).with_headers(authorization="AWS4-HMAC-SHA256 Credential=x")


_MORE_TIME = str(int(time.time()) % 1000 + 1000)

LINKS = (
    Forgery("signature altered", _swapped(".$", "g"), 403, WRONG),
    Forgery("signature made up", _swapped("Signature=.*", f"Signature={OTHER}"), 403, WRONG),
    Forgery("signature of another link", _borrowed_signature, 403, WRONG),
    Forgery("signature empty", _swapped("Signature=.*", "Signature="), 400, _QUERY),
    Forgery("signature left out", _swapped("&X-Amz-Signature=.*", ""), 400, _QUERY),
    Forgery("signature cut short", _swapped(".$", ""), 403, WRONG),
    Forgery("signature in capitals", _capitals, 403, WRONG),
    Forgery("signature twice", _repeated("X-Amz-Signature"), 400, _QUERY),
    Forgery("expiry twice", _repeated("X-Amz-Expires"), 400, _QUERY),
    Forgery("credential twice", _repeated("X-Amz-Credential"), 400, _QUERY),
    Forgery("key by another secret", _signed(secret="guess"), 403, WRONG),
    Forgery("key unknown", _signed(access_key="NOBODY"), 403, "InvalidAccessKeyId"),
    Forgery("expired", _signed(age=301), 403, "AccessDenied"),
    Forgery("expired a day ago", _signed(age=86400), 403, "AccessDenied"),
    Forgery("not yet valid", _signed(age=-1200), 403, "AccessDenied"),
    Forgery("longer than a week", _lasting("604801"), 400, _QUERY),
    Forgery("lifetime below nothing", _lasting("-1"), 400, _QUERY),
    Forgery("lifetime no number", _lasting("soon"), 400, _QUERY),
    Forgery("lifetime prolonged", _swapped("Expires=300", f"Expires={_MORE_TIME}"), 403, WRONG),
    Forgery("lifetime left out", _swapped("&X-Amz-Expires=300", ""), 400, _QUERY),
    Forgery("date left out", _swapped(r"&X-Amz-Date=\w+", ""), 400, _QUERY),
    Forgery("date malformed", _swapped(r"Date=\w+", "Date=today"), 400, _QUERY),
    Forgery("date of no calendar", _swapped(r"Date=\d{8}", "Date=20269999"), 400, _QUERY),
    Forgery("date moved", _swapped(r"Z&X-Amz-Ex", "1Z&X-Amz-Ex"), 400, _QUERY),
    Forgery("date of another day", _signed(date="20200101"), 400, _QUERY),
    Forgery("algorithm left out", _swapped("X-Amz-Algorithm=[^&]*&", ""), 400, _QUERY),
    Forgery("algorithm weaker", _swapped("HMAC-SHA256", "HMAC-SHA1"), 400, _QUERY),
    Forgery("credential left out", _swapped("&X-Amz-Credential=[^&]*", ""), 400, _QUERY),
    Forgery("credential malformed", _swapped("Credential=[^&]*", "Credential=x"), 400, _QUERY),
    Forgery("region another", _signed(region="eu-west-9"), 400, _QUERY),
    Forgery("service another", _signed(service="ec2"), 400, _QUERY),
    Forgery("terminal another", _signed(terminal="aws5_request"), 400, _QUERY),
    Forgery("signed headers left out", _swapped("&X-Amz-SignedHeaders=host", ""), 400, _QUERY),
    Forgery(
        "host unsigned",
        lambda e: presign(e, put(e, x_amz_meta_owner="me"), leave_out=["host"]),
        403,
        "AccessDenied",
    ),
    Forgery("host another", lambda e: _link(e).with_headers(host="evil.example"), 403, WRONG),
    Forgery("two mechanisms", _with_authorization, 400, "InvalidArgument"),
    Forgery(
        "token made up",
        lambda e: _link(e, "X-Amz-Security-Token=guess"),
        400,
        "InvalidToken",
    ),
    Forgery("method PUT", lambda e: replace(_link(e), method="PUT", body=BODY), 403, WRONG),
    Forgery("method DELETE", lambda e: replace(_link(e), method="DELETE"), 403, WRONG),
    Forgery("method HEAD", lambda e: replace(_link(e), method="HEAD"), 403, ""),
    Forgery("key another", _asked("forge/other.txt"), 403, WRONG),
    Forgery("key in other case", _asked("forge/Target.txt"), 403, WRONG),
    Forgery("key with a slash more", _asked("forge//target.txt"), 403, WRONG),
    Forgery("key with a slash at its end", _asked("forge/target.txt/"), 403, WRONG),
    Forgery("key by dot segments", _asked("forge/x/../target.txt"), 403, WRONG),
    Forgery("key by one dot", _asked("forge/./target.txt"), 403, WRONG),
    Forgery("key by encoded dots", _asked("forge/x/%2e%2e/target.txt"), 403, WRONG),
    Forgery("key with NUL", _asked("forge/target.txt%00"), 400, "InvalidURI"),
    Forgery("key of no UTF-8", _asked("forge/target%ff%fe"), 400, "InvalidURI"),
    Forgery("key cut in a character", _asked("forge/target%c3"), 400, "InvalidURI"),
    Forgery("key with a bad escape", _asked("forge/target%zz"), 400, "InvalidURI"),
    Forgery("key out of the bucket", _asked("../other/target.txt"), 403, WRONG),
    Forgery("key too long", _valid_for("k" * 1025), 400, "KeyTooLongError"),
    Forgery("key too long in bytes", _valid_for("%C3%BC" * 513), 400, "KeyTooLongError"),
    Forgery("bucket another", _swapped("^/conformance", "/other"), 403, WRONG),
    Forgery("bucket itself", _swapped(r"^/conformance/.*\?", "/conformance?"), 403, WRONG),
    Forgery("query added", lambda e: _link(e).with_query("x=1"), 403, WRONG),
    Forgery(
        "type overridden",
        lambda e: _link(e).with_query("response-content-type=text/html"),
        403,
        WRONG,
    ),
    Forgery(
        "disposition taken off",
        lambda e: _link(e, "response-content-disposition=attachment").swap(
            "response-content-disposition=attachment&", ""
        ),
        403,
        WRONG,
    ),
    Forgery("subresource added", lambda e: _link(e).with_query("acl"), 403, WRONG),
    Forgery("upload begun", lambda e: _link(e).with_query("uploads"), 403, WRONG),
    Forgery("version added", lambda e: _link(e).with_query("versionId=null"), 403, WRONG),
    Forgery(
        "part number another",
        lambda e: presign(e, put(e).with_query("partNumber=1&uploadId=u")).swap(
            "Number=1", "Number=2"
        ),
        403,
        WRONG,
    ),
    Forgery(
        "upload another",
        lambda e: presign(e, put(e).with_query("partNumber=1&uploadId=u")).swap("Id=u", "Id=v"),
        403,
        WRONG,
    ),
    Forgery(
        "metadata unsigned",
        lambda e: _upload(e).with_headers(x_amz_meta_owner="me"),
        403,
        "AccessDenied",
    ),
    Forgery(
        "ACL unsigned",
        lambda e: _upload(e).with_headers(x_amz_acl="public-read"),
        403,
        "AccessDenied",
    ),
    Forgery(
        "copy unsigned",
        lambda e: _upload(e).with_headers(x_amz_copy_source="/other/target.txt"),
        403,
        "AccessDenied",
    ),
    Forgery(
        "tags unsigned",
        lambda e: _upload(e).with_headers(x_amz_tagging="a=b"),
        403,
        "AccessDenied",
    ),
    Forgery(
        "type another",
        lambda e: _upload(e, content_type="image/png").with_headers(content_type="text/html"),
        403,
        WRONG,
    ),
    Forgery(
        "type left out",
        lambda e: _upload(e, content_type="image/png").with_headers(content_type=None),
        403,
        WRONG,
    ),
    Forgery(
        "length another",
        lambda e: replace(_upload(e, content_length="20"), body=BODY * 2).with_headers(
            content_length="40"
        ),
        403,
        WRONG,
    ),
    Forgery(
        "no-overwrite left out",
        lambda e: _upload(e, if_none_match="*").with_headers(if_none_match=None),
        403,
        WRONG,
    ),
    Forgery(
        "metadata another",
        lambda e: _upload(e, x_amz_meta_owner="me").with_headers(x_amz_meta_owner="you"),
        403,
        WRONG,
    ),
    Forgery(
        "checksum of another body",
        lambda e: _upload(e, x_amz_checksum_sha256=sha256(b"other")),
        400,
        "BadDigest",
    ),
    Forgery(
        "checksum exchanged",
        lambda e: _upload(e, x_amz_checksum_sha256=sha256(b"other")).with_headers(
            x_amz_checksum_sha256=sha256(BODY)
        ),
        403,
        WRONG,
    ),
    Forgery(
        "MD5 of another body",
        lambda e: _upload(e, content_md5=md5(b"other")),
        400,
        "BadDigest",
    ),
    Forgery(
        "MD5 exchanged",
        lambda e: _upload(e, content_md5=md5(b"other")).with_headers(content_md5=md5(BODY)),
        403,
        WRONG,
    ),
    Forgery("MD5 of no form", lambda e: _upload(e, content_md5="xyz"), 400, "InvalidDigest"),
)

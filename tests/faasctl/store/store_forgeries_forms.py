"""Ways of misusing a browser's form, as a table."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

from tests.faasctl.store.store_endpoint import Endpoint
from tests.faasctl.store.store_forgeries import WRONG, Forgery
from tests.faasctl.store.store_wire import Attempt, Form, encode_form, signing

_DENIED = "AccessDenied"


def form(file: bytes = b"data", file_name: str = "file.bin", **fields: str | None) -> Form:
    """A form that may upload 2 to 10 bytes of a picture under `forge/form/`."""
    given = {"key": "forge/form/a.png", "Content-Type": "image/png"}
    for name, value in fields.items():
        given.pop(name.replace("_", "-"), None)
        if value is not None:
            given[name.replace("_", "-")] = value
    conditions = (
        ["starts-with", "$key", "forge/form/"],
        ["starts-with", "$Content-Type", "image/"],
        ["content-length-range", 2, 10],
    )
    return Form(given, conditions, file, file_name)


def _sent(**changes: object) -> Callable[[Endpoint], Attempt]:
    return lambda e: form(**changes).attempt(e)  # type: ignore[arg-type]


def _edited(pattern: bytes, replacement: bytes) -> Callable[[Endpoint], Attempt]:
    """A good form with bytes of its body changed."""

    def make(endpoint: Endpoint) -> Attempt:
        attempt = form().attempt(endpoint)
        body = re.sub(pattern, replacement, attempt.body, count=1, flags=re.DOTALL)
        assert body != attempt.body
        return replace(attempt, body=body)

    return make


def _field(name: bytes) -> bytes:
    return b'------boundary7d4a6d158c9\r\n[^\r]*"' + name + b'"\r\n\r\n[^\r]*\r\n'


def _conditions(*conditions: object, **fields: str) -> Callable[[Endpoint], Attempt]:
    given = {"key": "forge/form/a.png"} | {n.replace("_", "-"): v for n, v in fields.items()}
    return lambda e: Form(given, conditions).attempt(e)


def _unsigned(fields: dict[str, str]) -> Callable[[Endpoint], Attempt]:
    return lambda e: encode_form(f"/{e.bucket}", {"key": "forge/form/a.png", **fields}, b"data")


def _other_bucket(endpoint: Endpoint) -> Attempt:
    return replace(form().attempt(endpoint), target="/other")


_ANY_KEY = ["starts-with", "$key", ""]

FORMS = (
    Forgery("policy left out", _unsigned({}), 403, _DENIED),
    Forgery("policy altered", _edited(rb'policy"\r\n\r\neyJ', b'policy"\r\n\r\neyK'), 403, WRONG),
    Forgery("policy expired", lambda e: replace(form(), lifetime=-5).attempt(e), 403, _DENIED),
    Forgery(
        "policy signed by another secret",
        lambda e: form().attempt(e, signing(e, secret="guess")),
        403,
        WRONG,
    ),
    Forgery(
        "policy by an unknown key",
        lambda e: form().attempt(e, signing(e, access_key="NOBODY")),
        403,
        "InvalidAccessKeyId",
    ),
    Forgery(
        "policy for another region",
        lambda e: form().attempt(e, signing(e, region="eu-west-9")),
        400,
        "InvalidArgument",
    ),
    Forgery(
        "signature altered", _edited(rb'ture"\r\n\r\n\w{8}', b'ture"\r\n\r\n00000000'), 403, WRONG
    ),
    Forgery("signature left out", _edited(_field(b"x-amz-signature"), b""), 400, "InvalidArgument"),
    Forgery(
        "credential left out", _edited(_field(b"x-amz-credential"), b""), 400, "InvalidArgument"
    ),
    Forgery("date left out", _edited(_field(b"x-amz-date"), b""), 400, "InvalidArgument"),
    Forgery("key left out", _sent(key=None), 400, "InvalidArgument"),
    Forgery("key outside", _sent(key="forge/else.png"), 403, _DENIED),
    Forgery("key above", _sent(key="../forge/form/a.png"), 403, _DENIED),
    Forgery("key too long", _sent(key="forge/form/" + "k" * 1024), 400, "KeyTooLongError"),
    Forgery(
        "key not the one",
        _conditions(["eq", "$key", "forge/form/b.png"]),
        403,
        _DENIED,
    ),
    Forgery("type another", _sent(Content_Type="text/html"), 403, _DENIED),
    Forgery("type left out", _sent(Content_Type=None), 403, _DENIED),
    Forgery("file too large", _sent(file=b"x" * 11), 400, "EntityTooLarge"),
    Forgery("file too small", _sent(file=b"x"), 400, "EntityTooSmall"),
    Forgery("file left out", _edited(rb'name="file"', b'name="life"'), 400, "InvalidArgument"),
    Forgery("field not in the policy", _sent(x_amz_meta_owner="me"), 403, _DENIED),
    Forgery("redirect not in the policy", _sent(success_action_redirect="http://e/"), 403, _DENIED),
    Forgery("ACL not in the policy", _sent(acl="public-read"), 403, _DENIED),
    Forgery(
        "field with another value",
        _conditions(_ANY_KEY, {"x-amz-meta-owner": "you"}, x_amz_meta_owner="me"),
        403,
        _DENIED,
    ),
    Forgery(
        "field that the policy wants left out",
        _conditions(_ANY_KEY, {"x-amz-meta-owner": "you"}),
        403,
        _DENIED,
    ),
    Forgery(
        "condition unknown",
        _conditions(_ANY_KEY, ["ends-with", "$key", ".png"]),
        400,
        "InvalidPolicyDocument",
    ),
    Forgery("bucket another", _other_bucket, 403, _DENIED),
    Forgery(
        "form cut off", _edited(rb"------boundary7d4a6d158c9--\r\n$", b""), 400, "IncompleteBody"
    ),
    Forgery(
        "form of another type",
        lambda e: form().attempt(e).with_headers(content_type="text/plain"),
        400,
        "MalformedPOSTRequest",
    ),
)

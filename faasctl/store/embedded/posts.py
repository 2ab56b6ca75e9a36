"""POST uploads: a browser's form under a signed policy.

https://docs.aws.amazon.com/AmazonS3/latest/API/RESTObjectPOST.html
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from urllib.parse import parse_qsl, quote, urlencode, urlsplit, urlunsplit

from faasctl.store.embedded import address, checksums, documents, objects_table
from faasctl.store.embedded.auth import compare
from faasctl.store.embedded.call import Call
from faasctl.store.embedded.claims import ALGORITHM, parse_scope
from faasctl.store.embedded.conditions import Write
from faasctl.store.embedded.exchange import Reply, Store
from faasctl.store.embedded.faults import S3Error
from faasctl.store.embedded.form import FieldReader, FileDecoder, Form, parse_boundary
from faasctl.store.embedded.object_headers import etag_header, parse_headers
from faasctl.store.embedded.objects import keep
from faasctl.store.embedded.policy import (
    LengthRange,
    Policy,
    check_policy,
    expand_file_name,
    parse_policy,
)
from faasctl.store.embedded.receive import LARGEST, Expected, Read, receive
from faasctl.store.embedded.records import Object
from faasctl.store.embedded.signing import Signer

_SIGNED = ("x-amz-algorithm", "x-amz-credential", "x-amz-date", "x-amz-signature")


async def post_object(store: Store, call: Call, read: Read) -> Reply:
    """Fields and policy are checked before a byte of the file is taken."""
    if "content-length" not in call.headers:
        raise S3Error("MissingContentLength")
    boundary = parse_boundary(call.header("content-type"))
    form, rest = await _read_fields(read, boundary)
    policy = _authorize(store, call, form)
    fields = form.fields
    call = replace(call, key=fields["key"])
    address.check_key(call.key)
    objects_table.find_bucket(store.index.reader, call.bucket)
    headers = parse_headers(fields)
    expected = _expected(store, policy, fields)
    decoder = FileDecoder(boundary)
    source = _chain(rest, read)
    blob = await receive(source, decoder, expected, store.blobs, store.pool)
    new = await keep(store, call, blob, headers, Write())
    return _answer(call, fields, new)


async def _read_fields(read: Read, boundary: bytes) -> tuple[Form, bytes]:
    reader = FieldReader(boundary)
    while data := await read():
        form = reader.feed(data)
        if form is not None:
            fields = expand_file_name(form.fields, form.file_name)
            return Form(fields, form.file_name), reader.rest()
    raise S3Error("InvalidArgument", "POST requires exactly one file upload per request.")


def _chain(first: bytes, read: Read) -> Read:
    waiting = [first] if first else []

    async def chained() -> bytes:
        return waiting.pop() if waiting else await read()

    return chained


def _authorize(store: Store, call: Call, form: Form) -> Policy:
    """The policy, once it is known to be ours and to allow the form."""
    fields = form.fields
    if "policy" not in fields:
        raise S3Error("AccessDenied")
    for name in ("key", *_SIGNED):
        if not fields.get(name):
            raise S3Error(
                "InvalidArgument",
                f"Bucket POST must contain a field named '{name}'."
                "  If it is specified, please check the order of the fields.",
                ArgumentName=name,
            )
    if fields["x-amz-algorithm"] != ALGORITHM:
        raise _bad_field("x-amz-algorithm")
    scope = parse_scope(
        fields["x-amz-credential"], store.region, lambda _reason: _bad_field("x-amz-credential")
    )
    if not fields["x-amz-date"].startswith(scope.date):
        raise _bad_field("x-amz-date")
    secret = store.credentials.get(scope.access_key)
    if secret is None:
        raise S3Error("InvalidAccessKeyId")
    if "x-amz-security-token" in fields:
        raise S3Error("InvalidToken")
    signer = Signer(scope, fields["x-amz-date"], secret)
    compare(signer.policy(fields["policy"]), fields["x-amz-signature"])
    policy = parse_policy(fields["policy"])
    check_policy(policy, {**fields, "bucket": call.bucket}, call.now)
    return policy


def _bad_field(name: str) -> S3Error:
    return S3Error("InvalidArgument", f"The field {name} is not valid.", ArgumentName=name)


def _expected(store: Store, policy: Policy, fields: Mapping[str, str]) -> Expected:
    allowed = policy.length_range() or LengthRange(0, LARGEST)
    bounds = [allowed.largest, LARGEST, *([] if store.largest is None else [store.largest])]
    return Expected(
        md5=checksums.parse_md5(fields.get("content-md5")),
        wanted=checksums.parse_wanted(fields),
        smallest=allowed.smallest,
        largest=min(bounds),
    )


def _answer(call: Call, fields: Mapping[str, str], new: Object) -> Reply:
    location = f"http://{call.header('host')}/{_path(call)}"
    headers = {**etag_header(new), "Location": location}
    redirect = fields.get("success_action_redirect") or fields.get("redirect")
    if redirect:
        target = _redirect(redirect, new)
        if target is not None:
            return Reply(303, {**headers, "Location": target})
    status = fields.get("success_action_status")
    if status == "201":
        body = documents.document(
            "PostResponse",
            [
                ("Location", location),
                ("Bucket", new.bucket),
                ("Key", new.key),
                ("ETag", f'"{new.etag}"'),
            ],
        )
        return Reply(201, {**headers, "Content-Type": "application/xml"}, body)
    return Reply(200 if status == "200" else 204, headers)


def _path(call: Call) -> str:
    root = call.path.removeprefix("/")
    return quote(f"{root.removesuffix('/')}/{call.key}" if root else call.key, safe="/~")


def _redirect(text: str, new: Object) -> str | None:
    """The redirect with what was made; None when it is no web address."""
    try:
        parts = urlsplit(text)
    except ValueError:
        return None
    if parts.scheme not in {"http", "https"} or not parts.netloc or not text.isprintable():
        return None
    added = [("bucket", new.bucket), ("key", new.key), ("etag", f'"{new.etag}"')]
    query = urlencode([*parse_qsl(parts.query, keep_blank_values=True), *added])
    return urlunsplit(parts._replace(query=query))

"""What browsers need: CORS by our default and by a bucket's rules, forms, virtual hosts."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from botocore.exceptions import ClientError

from tests.faasctl.store.store_endpoint import Endpoint
from tests.faasctl.store.store_wire import Attempt, Form, path_of, presign, send, sign

ORIGIN = "http://page.example:8000"
ANY = ["starts-with", "$key", "forms/"]


def preflight(endpoint: Endpoint, bucket: str, origin: str, method: str, headers: str = "") -> Any:
    asked = {"origin": origin, "access-control-request-method": method}
    if headers:
        asked["access-control-request-headers"] = headers
    return send(endpoint, Attempt("OPTIONS", f"/{bucket}/key", asked))


def test_any_page_may_use_a_link_by_default(ours: Endpoint) -> None:
    answer = preflight(ours, ours.bucket, ORIGIN, "PUT", "content-type, x-amz-meta-a")
    assert answer.status == 200
    assert answer.headers["access-control-allow-origin"] == "*"
    assert "PUT" in answer.headers["access-control-allow-methods"]
    assert answer.headers["access-control-allow-headers"] == "content-type, x-amz-meta-a"
    put = presign(ours, Attempt("PUT", path_of(ours, "cors/a"), {}, b"x"))
    answer = send(ours, put.with_headers(origin=ORIGIN))
    assert answer.headers["access-control-allow-origin"] == "*"
    exposed = answer.headers["access-control-expose-headers"].lower()
    assert "etag" in exposed
    assert "x-amz-request-id" in exposed


def test_refusals_can_be_read_by_the_page(ours: Endpoint) -> None:
    answer = send(ours, Attempt("GET", path_of(ours, "cors/a"), {"origin": ORIGIN}))
    assert answer.status == 403
    assert answer.headers["access-control-allow-origin"] == "*"


def test_a_bucket_has_its_own_rules(endpoint: Endpoint) -> None:
    client = endpoint.client()
    client.create_bucket(Bucket="cors-rules")
    with pytest.raises(ClientError, match="NoSuchCORSConfiguration"):
        client.get_bucket_cors(Bucket="cors-rules")
    rule = {
        "AllowedOrigins": ["https://*.example.org"],
        "AllowedMethods": ["GET", "PUT"],
        "AllowedHeaders": ["content-type", "x-amz-*"],
        "ExposeHeaders": ["ETag"],
        "MaxAgeSeconds": 60,
    }
    client.put_bucket_cors(Bucket="cors-rules", CORSConfiguration={"CORSRules": [rule]})
    assert client.get_bucket_cors(Bucket="cors-rules")["CORSRules"] == [rule]
    good = "https://app.example.org"
    answer = preflight(endpoint, "cors-rules", good, "PUT", "content-type,x-amz-meta-a")
    assert answer.status == 200
    assert answer.headers["access-control-allow-origin"] == good
    assert answer.headers["access-control-max-age"] == "60"
    for origin, method, headers in (
        ("https://example.com", "PUT", ""),
        (good, "DELETE", ""),
        (good, "PUT", "authorization"),
    ):
        answer = preflight(endpoint, "cors-rules", origin, method, headers)
        assert (answer.status, answer.code) == (403, "AccessForbidden")
    client.delete_bucket_cors(Bucket="cors-rules")
    client.delete_bucket(Bucket="cors-rules")


def test_rules_that_are_refused(endpoint: Endpoint) -> None:
    client = endpoint.client()
    for rule, code in (
        ({"AllowedOrigins": ["*"], "AllowedMethods": ["PATCH"]}, "InvalidRequest"),
        ({"AllowedOrigins": ["http://*.*"], "AllowedMethods": ["GET"]}, "InvalidRequest"),
    ):
        with pytest.raises(ClientError, match=code):
            client.put_bucket_cors(Bucket=endpoint.bucket, CORSConfiguration={"CORSRules": [rule]})


def test_what_a_form_is_answered(endpoint: Endpoint) -> None:
    for status, expected in (("200", 200), ("201", 201), ("204", 204), ("299", 204)):
        fields = {"key": "forms/answered", "success_action_status": status}
        form = Form(fields, (ANY, {"success_action_status": status}))
        answer = send(endpoint, form.attempt(endpoint))
        assert answer.status == expected
        assert answer.headers["etag"]
    assert b"<Key>forms/answered</Key>" in send(endpoint, _created(endpoint)).body


def _created(endpoint: Endpoint) -> Attempt:
    fields = {"key": "forms/answered", "success_action_status": "201"}
    return Form(fields, (ANY, {"success_action_status": "201"})).attempt(endpoint)


def test_a_form_can_send_the_browser_on(endpoint: Endpoint) -> None:
    target = "http://page.example/done?a=1"
    form = Form(
        {"key": "forms/sent-on", "success_action_redirect": target},
        (ANY, ["starts-with", "$success_action_redirect", "http://page.example/"]),
    )
    answer = send(endpoint, form.attempt(endpoint))
    assert answer.status == 303
    query = parse_qs(urlsplit(answer.headers["location"]).query)
    assert (query["bucket"], query["key"]) == ([endpoint.bucket], ["forms/sent-on"])
    assert query["a"] == ["1"]


def test_fields_of_a_form_become_headers(endpoint: Endpoint) -> None:
    fields = {
        "key": "forms/fields",
        "Content-Type": "text/plain",
        "Cache-Control": "no-store",
        "x-amz-meta-who": "me",
    }
    conditions = tuple({name: value} for name, value in fields.items())
    assert send(endpoint, Form(fields, conditions, b"x" * 100_000).attempt(endpoint)).status == 204
    head = endpoint.client().head_object(Bucket=endpoint.bucket, Key="forms/fields")
    assert (head["ContentType"], head["CacheControl"]) == ("text/plain", "no-store")
    assert (head["Metadata"], head["ContentLength"]) == ({"who": "me"}, 100_000)


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("cat.png", "forms/cat.png"),
        ("../../etc/passwd", "forms/passwd"),
        ("C:\\\\Users\\\\me\\\\cat.png", "forms/cat.png"),
        ("größe 1.png", "forms/größe 1.png"),
    ],
)
def test_the_name_of_the_file(ours: Endpoint, name: str, key: str) -> None:
    """versitygw puts nothing in the place of `${filename}`."""
    form = Form({"key": "forms/${filename}"}, (ANY,), b"x", name)
    assert send(ours, form.attempt(ours)).status == 204
    assert ours.client().head_object(Bucket=ours.bucket, Key=key)["ContentLength"] == 1


@pytest.mark.parametrize("name", ["localhost", "LocalHost:9000"])
def test_a_bucket_in_the_host(ours: Endpoint, name: str) -> None:
    headers = {"host": f"{ours.bucket}.{name}"}
    put = sign(ours, Attempt("PUT", "/virtual/a%20b", headers, b"x"))
    assert send(ours, put).status == 200
    get = presign(ours, Attempt("GET", "/virtual/a%20b", headers))
    assert send(ours, get).body == b"x"
    assert ours.client().head_object(Bucket=ours.bucket, Key="virtual/a b")["ContentLength"] == 1
    listed = send(ours, sign(ours, Attempt("GET", "/?prefix=virtual", headers)))
    assert b"<Key>virtual/a b</Key>" in listed.body

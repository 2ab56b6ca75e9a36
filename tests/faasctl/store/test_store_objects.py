"""Objects by boto3 and by raw requests: what S3's documentation says, on both servers."""

from __future__ import annotations

import base64
import hashlib
import time
from typing import Any
from urllib.parse import urlsplit

import pytest
from botocore.exceptions import ClientError

from tests.faasctl.store.store_endpoint import Endpoint
from tests.faasctl.store.store_wire import Attempt, Stream, path_of, presign, send, sign


@pytest.fixture
def client(endpoint: Endpoint) -> Any:
    return endpoint.client()


def refusal(error: pytest.ExceptionInfo[ClientError]) -> tuple[int, str]:
    answer = error.value.response
    return answer["ResponseMetadata"]["HTTPStatusCode"], answer["Error"]["Code"]


def test_an_object_comes_back_with_its_headers(endpoint: Endpoint, client: Any) -> None:
    put = client.put_object(
        Bucket=endpoint.bucket,
        Key="objects/picture",
        Body=b"pixels",
        ContentType="image/png",
        ContentDisposition='attachment; filename="a b.png"',
        ContentEncoding="gzip",
        ContentLanguage="de",
        CacheControl="max-age=60",
        Metadata={"camera": "pinhole", "iso": "100"},
    )
    assert put["ETag"] == f'"{hashlib.md5(b"pixels").hexdigest()}"'
    got = client.get_object(Bucket=endpoint.bucket, Key="objects/picture")
    assert got["Body"].read() == b"pixels"
    assert got["ContentType"] == "image/png"
    assert got["ContentDisposition"] == 'attachment; filename="a b.png"'
    assert (got["ContentEncoding"], got["ContentLanguage"]) == ("gzip", "de")
    assert got["CacheControl"] == "max-age=60"
    assert got["Metadata"] == {"camera": "pinhole", "iso": "100"}
    head = client.head_object(Bucket=endpoint.bucket, Key="objects/picture")
    assert (head["ContentLength"], head["ETag"]) == (6, put["ETag"])


def test_a_link_may_override_headers(endpoint: Endpoint, client: Any) -> None:
    client.put_object(Bucket=endpoint.bucket, Key="objects/override", Body=b"x")
    url = client.generate_presigned_url(
        "get_object",
        {
            "Bucket": endpoint.bucket,
            "Key": "objects/override",
            "ResponseContentType": "text/plain",
            "ResponseContentDisposition": "attachment; filename=x.txt",
            "ResponseCacheControl": "no-store",
        },
    )
    parts = urlsplit(url)
    answer = send(endpoint, Attempt("GET", f"{parts.path}?{parts.query}"))
    assert answer.headers["content-type"] == "text/plain"
    assert answer.headers["content-disposition"] == "attachment; filename=x.txt"
    assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize(
    "key",
    [
        "plain",
        "with space + plus & ampersand = equals",
        "quotes'\"<>#?%25.txt",
        "Über/größe/日本語/🙂.bin",
        "tilde~star*paren()!$',;:@",
        "k" * 200,
    ],
)
def test_a_key_is_taken_literally(endpoint: Endpoint, client: Any, key: str) -> None:
    body = key.encode()
    client.put_object(Bucket=endpoint.bucket, Key=f"keys/{key}", Body=body)
    assert client.get_object(Bucket=endpoint.bucket, Key=f"keys/{key}")["Body"].read() == body
    listed = client.list_objects_v2(Bucket=endpoint.bucket, Prefix=f"keys/{key}")
    assert [one["Key"] for one in listed["Contents"]] == [f"keys/{key}"]
    client.delete_object(Bucket=endpoint.bucket, Key=f"keys/{key}")
    assert "Contents" not in client.list_objects_v2(Bucket=endpoint.bucket, Prefix=f"keys/{key}")


@pytest.mark.parametrize(
    "key", ["a//b", "../up", "./x", "a/../b", "/lead", "end/..", "a\\b", "é\tx"]
)
def test_a_key_that_looks_like_a_path_is_only_a_name(ours: Endpoint, key: str) -> None:
    """versitygw keeps keys as paths and refuses or folds some of these."""
    path = f"/{ours.bucket}/{path_of(ours, key).removeprefix(f'/{ours.bucket}/')}"
    assert send(ours, sign(ours, Attempt("PUT", path, {}, key.encode()))).status == 200
    assert send(ours, presign(ours, Attempt("GET", path))).body == key.encode()
    client = ours.client()
    names = [one["Key"] for one in client.list_objects_v2(Bucket=ours.bucket)["Contents"]]
    assert key in names
    assert send(ours, sign(ours, Attempt("DELETE", path))).status == 204


RANGES = [
    ("bytes=0-3", 206, b"0123", "bytes 0-3/10"),
    ("bytes=4-", 206, b"456789", "bytes 4-9/10"),
    ("bytes=-3", 206, b"789", "bytes 7-9/10"),
    ("bytes=8-100", 206, b"89", "bytes 8-9/10"),
    ("bytes=-100", 206, b"0123456789", "bytes 0-9/10"),
    ("bytes=0-1,4-5", 200, b"0123456789", None),
    ("bytes=5-2", 200, b"0123456789", None),
    ("lines=1-2", 200, b"0123456789", None),
    ("bytes=x", 200, b"0123456789", None),
]


@pytest.mark.parametrize(("asked", "status", "body", "said"), RANGES)
def test_ranges(
    endpoint: Endpoint, client: Any, asked: str, status: int, body: bytes, said: str | None
) -> None:
    client.put_object(Bucket=endpoint.bucket, Key="objects/range", Body=b"0123456789")
    attempt = presign(endpoint, Attempt("GET", path_of(endpoint, "objects/range")))
    answer = send(endpoint, attempt.with_headers(range=asked))
    assert (answer.status, answer.body) == (status, body)
    assert answer.headers.get("content-range") == said


def test_a_range_past_the_end_is_refused(endpoint: Endpoint, client: Any) -> None:
    client.put_object(Bucket=endpoint.bucket, Key="objects/range", Body=b"0123456789")
    attempt = presign(endpoint, Attempt("GET", path_of(endpoint, "objects/range")))
    answer = send(endpoint, attempt.with_headers(range="bytes=10-"))
    assert (answer.status, answer.code) == (416, "InvalidRange")


def test_conditions_on_reading(endpoint: Endpoint, client: Any) -> None:
    put = client.put_object(Bucket=endpoint.bucket, Key="objects/condition", Body=b"x")
    place = {"Bucket": endpoint.bucket, "Key": "objects/condition"}
    modified = client.head_object(**place)["LastModified"]
    later, earlier = modified.replace(year=2035), modified.replace(year=2020)
    for good in (
        {"IfMatch": put["ETag"]},
        {"IfNoneMatch": '"other"'},
        {"IfModifiedSince": earlier},
        {"IfUnmodifiedSince": later},
        {"IfMatch": put["ETag"], "IfUnmodifiedSince": earlier},
    ):
        assert client.get_object(**place, **good)["Body"].read() == b"x"
    for bad, status in (
        ({"IfMatch": '"other"'}, 412),
        ({"IfUnmodifiedSince": earlier}, 412),
        ({"IfNoneMatch": put["ETag"]}, 304),
    ):
        for method in (client.get_object, client.head_object):
            with pytest.raises(ClientError) as error:
                method(**place, **bad)
            assert refusal(error)[0] == status


def test_an_object_unchanged_since_then_is_not_sent(endpoint: Endpoint, client: Any) -> None:
    place = {"Bucket": endpoint.bucket, "Key": "objects/unchanged"}
    client.put_object(**place, Body=b"x")
    modified = client.head_object(**place)["LastModified"]
    with pytest.raises(ClientError) as error:
        client.get_object(**place, IfModifiedSince=modified)
    assert refusal(error)[0] == 304


def test_conditions_on_writing(endpoint: Endpoint, client: Any) -> None:
    place = {"Bucket": endpoint.bucket, "Key": f"objects/write-{time.monotonic_ns()}"}
    first = client.put_object(**place, Body=b"first", IfNoneMatch="*")
    with pytest.raises(ClientError) as error:
        client.put_object(**place, Body=b"second", IfNoneMatch="*")
    assert refusal(error) == (412, "PreconditionFailed")
    with pytest.raises(ClientError) as error:
        client.put_object(**place, Body=b"second", IfMatch='"0123"')
    assert refusal(error) == (412, "PreconditionFailed")
    assert client.get_object(**place)["Body"].read() == b"first"
    client.put_object(**place, Body=b"second", IfMatch=first["ETag"])
    assert client.get_object(**place)["Body"].read() == b"second"


@pytest.mark.parametrize("signed", [True, False])
@pytest.mark.parametrize("sizes", [(0,), (5,), (8192, 8192, 1), (65536,) * 20])
def test_streamed_uploads(
    endpoint: Endpoint, client: Any, *, signed: bool, sizes: tuple[int, ...]
) -> None:
    chunks = tuple(bytes([index]) * size for index, size in enumerate(sizes) if size)
    body = b"".join(chunks)
    digest = hashlib.sha256(body).digest()
    trailer = ("x-amz-checksum-sha256", base64.b64encode(digest).decode())
    stream = Stream(chunks, signed, trailer)
    assert send(endpoint, stream.attempt(endpoint, "objects/streamed")).status == 200
    got = client.get_object(Bucket=endpoint.bucket, Key="objects/streamed")
    assert got["Body"].read() == body
    if signed:
        bare = Stream(chunks).attempt(endpoint, "objects/streamed")
        assert send(endpoint, bare).status == 200


def test_framing_is_no_encoding_of_the_object(endpoint: Endpoint, client: Any) -> None:
    stream = Stream((b"x",)).attempt(endpoint, "objects/streamed")
    assert send(endpoint, stream).status == 200
    got = client.get_object(Bucket=endpoint.bucket, Key="objects/streamed")
    assert "ContentEncoding" not in got


def test_a_client_that_waits_to_be_asked_for_the_body(endpoint: Endpoint) -> None:
    attempt = Attempt("PUT", path_of(endpoint, "objects/expect"), {}, b"x" * 100)
    headers = {"expect": "100-continue"}
    answer = send(endpoint, sign(endpoint, attempt).with_headers(**headers))
    assert answer.status == 200

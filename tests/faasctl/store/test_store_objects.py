"""Objects by boto3 and by raw requests: what S3's documentation says, on both servers."""

from __future__ import annotations

import base64
import hashlib
import time
from typing import Any
from urllib.parse import urlsplit

import pytest
from botocore.exceptions import ClientError
from store_endpoint import Endpoint
from store_wire import Attempt, Stream, path_of, presign, send, sign


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


def test_what_is_not_there(endpoint: Endpoint, client: Any) -> None:
    missing: tuple[tuple[str, dict[str, str], int, str], ...] = (
        ("get_object", {"Key": "nothing"}, 404, "NoSuchKey"),
        ("head_object", {"Key": "nothing"}, 404, "404"),
        ("get_bucket_cors", {}, 404, "NoSuchCORSConfiguration"),
        ("list_parts", {"Key": "a", "UploadId": "none"}, 404, "NoSuchUpload"),
        ("abort_multipart_upload", {"Key": "a", "UploadId": "none"}, 404, "NoSuchUpload"),
    )
    for method, arguments, status, code in missing:
        with pytest.raises(ClientError) as error:
            getattr(client, method)(Bucket=endpoint.bucket, **arguments)
        assert refusal(error) == (status, code)
    homeless: tuple[tuple[str, dict[str, Any]], ...] = (
        ("get_object", {"Key": "a"}),
        ("put_object", {"Key": "a", "Body": b""}),
        ("list_objects_v2", {}),
        ("delete_bucket", {}),
        ("get_bucket_location", {}),
        ("create_multipart_upload", {"Key": "a"}),
    )
    for method, wanted in homeless:
        with pytest.raises(ClientError) as error:
            getattr(client, method)(Bucket="never-made", **wanted)
        assert refusal(error) == (404, "NoSuchBucket")
    assert "Error" not in client.delete_object(Bucket=endpoint.bucket, Key="nothing")


def test_buckets(endpoint: Endpoint, client: Any) -> None:
    client.create_bucket(Bucket="short-lived")
    names = [one["Name"] for one in client.list_buckets()["Buckets"]]
    assert {"short-lived", endpoint.bucket} <= set(names)
    assert names == sorted(names)
    client.head_bucket(Bucket="short-lived")
    assert client.get_bucket_location(Bucket="short-lived")["LocationConstraint"] is None
    with pytest.raises(ClientError) as error:
        client.create_bucket(Bucket="short-lived")
    assert refusal(error) == (409, "BucketAlreadyOwnedByYou")
    client.put_object(Bucket="short-lived", Key="a/b", Body=b"")
    with pytest.raises(ClientError) as error:
        client.delete_bucket(Bucket="short-lived")
    assert refusal(error) == (409, "BucketNotEmpty")
    client.delete_object(Bucket="short-lived", Key="a/b")
    client.delete_bucket(Bucket="short-lived")
    with pytest.raises(ClientError) as error:
        client.head_bucket(Bucket="short-lived")
    assert refusal(error)[0] == 404


@pytest.mark.parametrize("name", ["UPPER", "ab", "-a-", "a_b", "192.168.0.1", "x" * 64])
def test_a_bucket_needs_a_good_name(endpoint: Endpoint, name: str) -> None:
    answer = send(endpoint, sign(endpoint, Attempt("PUT", f"/{name}")))
    assert (answer.status, answer.code) == (400, "InvalidBucketName")


def test_a_bucket_name_has_no_empty_label(endpoint: Endpoint) -> None:
    answer = send(endpoint, sign(endpoint, Attempt("PUT", "/a..b")))
    assert (answer.status, answer.code) == (400, "InvalidBucketName")


def test_a_batch_of_deletes(endpoint: Endpoint, client: Any) -> None:
    keys = [f"batch/{index} & <{index}>" for index in range(20)]
    for key in keys:
        client.put_object(Bucket=endpoint.bucket, Key=key, Body=b"")
    answer = client.delete_objects(
        Bucket=endpoint.bucket,
        Delete={"Objects": [{"Key": key} for key in [*keys[:10], "batch/nothing"]]},
    )
    assert sorted(one["Key"] for one in answer["Deleted"]) == sorted([*keys[:10], "batch/nothing"])
    listed = client.list_objects_v2(Bucket=endpoint.bucket, Prefix="batch/")
    assert sorted(one["Key"] for one in listed["Contents"]) == sorted(keys[10:])


def test_a_quiet_batch_tells_only_of_errors(endpoint: Endpoint, client: Any) -> None:
    client.put_object(Bucket=endpoint.bucket, Key="quiet/1", Body=b"")
    answer = client.delete_objects(
        Bucket=endpoint.bucket, Delete={"Objects": [{"Key": "quiet/1"}], "Quiet": True}
    )
    assert not answer.get("Deleted")
    assert "Contents" not in client.list_objects_v2(Bucket=endpoint.bucket, Prefix="quiet/")


def test_copies(endpoint: Endpoint, client: Any) -> None:
    bucket = endpoint.bucket
    source = client.put_object(
        Bucket=bucket, Key="copy/from ä", Body=b"x", ContentType="a/b", Metadata={"who": "me"}
    )
    origin = {"Bucket": bucket, "Key": "copy/from ä"}
    copied = client.copy_object(Bucket=bucket, Key="copy/to", CopySource=origin)
    assert copied["CopyObjectResult"]["ETag"] == source["ETag"]
    head = client.head_object(Bucket=bucket, Key="copy/to")
    assert (head["ContentType"], head["Metadata"]) == ("a/b", {"who": "me"})
    client.copy_object(
        Bucket=bucket,
        Key="copy/to",
        CopySource=origin,
        MetadataDirective="REPLACE",
        ContentType="c/d",
        Metadata={"who": "you"},
    )
    head = client.head_object(Bucket=bucket, Key="copy/to")
    assert (head["ContentType"], head["Metadata"]) == ("c/d", {"who": "you"})
    client.delete_object(Bucket=bucket, Key="copy/from ä")
    assert client.get_object(Bucket=bucket, Key="copy/to")["Body"].read() == b"x"


def test_copies_that_are_refused(endpoint: Endpoint, client: Any) -> None:
    bucket = endpoint.bucket
    client.put_object(Bucket=bucket, Key="copy/it", Body=b"x")
    cases: tuple[tuple[dict[str, str], str], ...] = (
        ({"CopySource": f"{bucket}/copy/it", "CopySourceIfMatch": '"no"'}, "PreconditionFailed"),
        ({"CopySource": f"{bucket}/copy/nothing"}, "NoSuchKey"),
        ({"CopySource": "never-made/copy/it"}, "NoSuchBucket"),
        ({"CopySource": "no-key-at-all"}, "InvalidArgument"),
        ({"CopySource": f"{bucket}/copy/it", "Key": "copy/it"}, "InvalidRequest"),
    )
    for arguments, code in cases:
        with pytest.raises(ClientError) as error:
            client.copy_object(**{"Bucket": bucket, "Key": "copy/to", **arguments})
        assert refusal(error)[1] == code


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


def test_tags(endpoint: Endpoint, client: Any) -> None:
    place = {"Bucket": endpoint.bucket, "Key": "objects/tags"}
    client.put_object(**place, Body=b"x", Tagging="colour=red&size=1%202")
    tags = client.get_object_tagging(**place)["TagSet"]
    assert sorted((t["Key"], t["Value"]) for t in tags) == [("colour", "red"), ("size", "1 2")]
    client.put_object_tagging(**place, Tagging={"TagSet": [{"Key": "a", "Value": "b"}]})
    assert client.get_object_tagging(**place)["TagSet"] == [{"Key": "a", "Value": "b"}]
    client.delete_object_tagging(**place)
    assert client.get_object_tagging(**place)["TagSet"] == []

"""Buckets, batches, copies and tags by boto3, on both servers."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.faasctl.store.store_endpoint import Endpoint
from tests.faasctl.store.store_wire import Attempt, send, sign


@pytest.fixture
def client(endpoint: Endpoint) -> Any:
    return endpoint.client()


def refusal(error: pytest.ExceptionInfo[ClientError]) -> tuple[int, str]:
    answer = error.value.response
    return answer["ResponseMetadata"]["HTTPStatusCode"], answer["Error"]["Code"]


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


def test_tags(endpoint: Endpoint, client: Any) -> None:
    place = {"Bucket": endpoint.bucket, "Key": "objects/tags"}
    client.put_object(**place, Body=b"x", Tagging="colour=red&size=1%202")
    tags = client.get_object_tagging(**place)["TagSet"]
    assert sorted((t["Key"], t["Value"]) for t in tags) == [("colour", "red"), ("size", "1 2")]
    client.put_object_tagging(**place, Tagging={"TagSet": [{"Key": "a", "Value": "b"}]})
    assert client.get_object_tagging(**place)["TagSet"] == [{"Key": "a", "Value": "b"}]
    client.delete_object_tagging(**place)
    assert client.get_object_tagging(**place)["TagSet"] == []

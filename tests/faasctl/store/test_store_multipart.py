"""Multipart uploads by boto3, on both servers."""

from __future__ import annotations

import base64
import hashlib
import os
import zlib
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.faasctl.store.store_endpoint import Endpoint

MIB = 1024 * 1024
FIRST = os.urandom(5 * MIB)
SECOND = os.urandom(5 * MIB + 1)
LAST = b"the end"


@pytest.fixture
def client(endpoint: Endpoint) -> Any:
    return endpoint.client()


def code_of(error: pytest.ExceptionInfo[ClientError]) -> str:
    code: str = error.value.response["Error"]["Code"]
    return code


class Upload:
    """An upload under way."""

    def __init__(self, endpoint: Endpoint, key: str, **options: Any) -> None:
        self._client = endpoint.client()
        self._place = {"Bucket": endpoint.bucket, "Key": key}
        self.id = self._client.create_multipart_upload(**self._place, **options)["UploadId"]

    def part(self, number: int, body: bytes, **options: Any) -> dict[str, Any]:
        answer = self._client.upload_part(
            **self._place, UploadId=self.id, PartNumber=number, Body=body, **options
        )
        checksums = {name: value for name, value in answer.items() if name.startswith("Checksum")}
        return {"PartNumber": number, "ETag": answer["ETag"], **checksums}

    def complete(self, *parts: dict[str, Any], **options: Any) -> Any:
        return self._client.complete_multipart_upload(
            **self._place, UploadId=self.id, MultipartUpload={"Parts": list(parts)}, **options
        )

    def abort(self) -> None:
        self._client.abort_multipart_upload(**self._place, UploadId=self.id)

    def listed(self, **options: Any) -> Any:
        return self._client.list_parts(**self._place, UploadId=self.id, **options)


def test_parts_become_an_object(endpoint: Endpoint, client: Any) -> None:
    upload = Upload(endpoint, "multi/whole", ContentType="a/b", Metadata={"who": "me"})
    two = upload.part(2, SECOND)
    one = upload.part(1, FIRST)
    nine = upload.part(9, LAST)
    upload.part(5, b"left out")
    listed = upload.listed()
    assert [part["PartNumber"] for part in listed["Parts"]] == [1, 2, 5, 9]
    assert [part["Size"] for part in listed["Parts"]][:2] == [len(FIRST), len(SECOND)]
    done = upload.complete(one, two, nine)
    digests = b"".join(hashlib.md5(data).digest() for data in (FIRST, SECOND, LAST))
    assert done["ETag"] == f'"{hashlib.md5(digests).hexdigest()}-3"'
    got = client.get_object(Bucket=endpoint.bucket, Key="multi/whole")
    assert (got["ContentType"], got["Metadata"]) == ("a/b", {"who": "me"})
    assert got["Body"].read() == FIRST + SECOND + LAST
    across = f"bytes={len(FIRST) - 3}-{len(FIRST) + len(SECOND) + 1}"
    ranged = client.get_object(Bucket=endpoint.bucket, Key="multi/whole", Range=across)
    assert ranged["Body"].read() == FIRST[-3:] + SECOND + LAST[:2]
    with pytest.raises(ClientError) as error:
        upload.listed()
    assert code_of(error) == "NoSuchUpload"


def test_a_part_uploaded_again_replaces_the_first(endpoint: Endpoint, client: Any) -> None:
    upload = Upload(endpoint, "multi/again")
    old = upload.part(1, b"old")
    new = upload.part(1, b"new")
    with pytest.raises(ClientError) as error:
        upload.complete(old)
    assert code_of(error) == "InvalidPart"
    upload.complete(new)
    got = client.get_object(Bucket=endpoint.bucket, Key="multi/again")
    assert got["Body"].read() == b"new"


def test_completions_that_are_refused(endpoint: Endpoint, client: Any) -> None:
    upload = Upload(endpoint, "multi/refused")
    one, two, small = upload.part(1, FIRST), upload.part(2, SECOND), upload.part(3, b"small")
    four = upload.part(4, LAST)
    for parts, code in (
        ((two, one), "InvalidPartOrder"),
        ((one, one), "InvalidPartOrder"),
        ((one, {**two, "ETag": '"0123"'}), "InvalidPart"),
        ((one, {"PartNumber": 77, "ETag": one["ETag"]}), "InvalidPart"),
        ((one, small, four), "EntityTooSmall"),
        ((), "MalformedXML"),
    ):
        with pytest.raises(ClientError) as error:
            upload.complete(*parts)
        assert code_of(error) == code
    with pytest.raises(ClientError):
        client.head_object(Bucket=endpoint.bucket, Key="multi/refused")
    upload.complete(one, two, small)
    assert client.head_object(Bucket=endpoint.bucket, Key="multi/refused")["ContentLength"] == (
        len(FIRST) + len(SECOND) + len(b"small")
    )


@pytest.mark.parametrize("number", [0, 10_001, -1])
def test_part_numbers_have_limits(endpoint: Endpoint, number: int) -> None:
    upload = Upload(endpoint, "multi/numbers")
    with pytest.raises(ClientError) as error:
        upload.part(number, b"x")
    assert code_of(error) == "InvalidArgument"
    upload.abort()


def test_an_aborted_upload_is_gone(endpoint: Endpoint, client: Any) -> None:
    upload = Upload(endpoint, "multi/aborted")
    one = upload.part(1, LAST)
    upload.abort()
    for again in (
        upload.abort,
        upload.listed,
        lambda: upload.part(2, b""),
        lambda: upload.complete(one),
    ):
        with pytest.raises(ClientError) as error:
            again()
        assert code_of(error) == "NoSuchUpload"


def test_no_overwrite_holds_for_completion(endpoint: Endpoint, client: Any) -> None:
    client.put_object(Bucket=endpoint.bucket, Key="multi/kept", Body=b"kept")
    upload = Upload(endpoint, "multi/kept")
    one = upload.part(1, LAST)
    with pytest.raises(ClientError) as error:
        upload.complete(one, IfNoneMatch="*")
    assert code_of(error) == "PreconditionFailed"
    assert client.get_object(Bucket=endpoint.bucket, Key="multi/kept")["Body"].read() == b"kept"
    upload.abort()


def test_uploads_are_listed_in_pages(endpoint: Endpoint, client: Any) -> None:
    place = {"Bucket": "multi-pages"}
    client.create_bucket(**place)
    begun = [
        (key, client.create_multipart_upload(**place, Key=key)["UploadId"])
        for key in ("a/1", "a/2", "b", "b", "c")
    ]
    rolled = client.list_multipart_uploads(**place, Delimiter="/")
    assert [one["Prefix"] for one in rolled["CommonPrefixes"]] == ["a/"]
    assert [one["Key"] for one in rolled["Uploads"]] == ["b", "b", "c"]
    pages = client.get_paginator("list_multipart_uploads").paginate(
        **place, PaginationConfig={"PageSize": 2}
    )
    found = [(one["Key"], one["UploadId"]) for page in pages for one in page["Uploads"]]
    assert sorted(found) == sorted(begun)
    assert [key for key, _ in found] == ["a/1", "a/2", "b", "b", "c"]


def test_parts_are_listed_in_pages(endpoint: Endpoint, client: Any) -> None:
    upload = Upload(endpoint, "multi/pages")
    for number in (1, 3, 5, 7, 9):
        upload.part(number, b"x")
    pages = client.get_paginator("list_parts").paginate(
        Bucket=endpoint.bucket,
        Key="multi/pages",
        UploadId=upload.id,
        PaginationConfig={"PageSize": 2},
    )
    assert [part["PartNumber"] for page in pages for part in page["Parts"]] == [1, 3, 5, 7, 9]
    upload.abort()


def test_parts_can_be_copied_from_objects(endpoint: Endpoint, client: Any) -> None:
    bucket = endpoint.bucket
    client.put_object(Bucket=bucket, Key="multi/source", Body=FIRST + SECOND)
    upload = Upload(endpoint, "multi/copied")
    parts = []
    for number, asked in ((1, f"bytes=0-{5 * MIB}"), (2, f"bytes={5 * MIB + 1}-{10 * MIB}")):
        copied = client.upload_part_copy(
            Bucket=bucket,
            Key="multi/copied",
            UploadId=upload.id,
            PartNumber=number,
            CopySource=f"{bucket}/multi/source",
            CopySourceRange=asked,
        )
        parts.append({"PartNumber": number, "ETag": copied["CopyPartResult"]["ETag"]})
    with pytest.raises(ClientError) as error:
        client.upload_part_copy(
            Bucket=bucket,
            Key="multi/copied",
            UploadId=upload.id,
            PartNumber=3,
            CopySource=f"{bucket}/multi/source",
            CopySourceRange="bytes=0-99999999",
        )
    assert code_of(error) in {"InvalidArgument", "InvalidRange"}
    upload.complete(*parts)
    got = client.get_object(Bucket=bucket, Key="multi/copied")
    assert got["Body"].read() == FIRST + SECOND


def test_checksums_of_parts_make_that_of_the_object(endpoint: Endpoint, client: Any) -> None:
    bodies = (FIRST, SECOND, LAST)
    upload = Upload(endpoint, "multi/composite", ChecksumAlgorithm="SHA256")
    parts = [
        upload.part(number, body, ChecksumAlgorithm="SHA256")
        for number, body in enumerate(bodies, 1)
    ]
    done = upload.complete(*parts)
    whole = hashlib.sha256(b"".join(hashlib.sha256(body).digest() for body in bodies)).digest()
    assert done["ChecksumSHA256"] == base64.b64encode(whole).decode() + "-3"
    upload = Upload(endpoint, "multi/full", ChecksumAlgorithm="CRC32", ChecksumType="FULL_OBJECT")
    parts = [
        upload.part(number, body, ChecksumAlgorithm="CRC32")
        for number, body in enumerate(bodies, 1)
    ]
    done = upload.complete(*parts)
    crc = zlib.crc32(b"".join(bodies)).to_bytes(4, "big")
    assert done["ChecksumCRC32"] == base64.b64encode(crc).decode()
    head = client.head_object(Bucket=endpoint.bucket, Key="multi/full", ChecksumMode="ENABLED")
    assert (head["ChecksumCRC32"], head["ChecksumType"]) == (done["ChecksumCRC32"], "FULL_OBJECT")


def test_an_object_can_be_read_by_its_parts(endpoint: Endpoint, client: Any) -> None:
    upload = Upload(endpoint, "multi/by-parts")
    upload.complete(upload.part(1, FIRST), upload.part(2, LAST))
    got = client.get_object(Bucket=endpoint.bucket, Key="multi/by-parts", PartNumber=2)
    assert (got["Body"].read(), got["PartsCount"]) == (LAST, 2)
    head = client.head_object(Bucket=endpoint.bucket, Key="multi/by-parts", PartNumber=1)
    assert head["ContentLength"] == len(FIRST)


def test_a_repeated_completion_gets_the_same_answer(ours: Endpoint) -> None:
    """The answer may have been lost; S3 answers again, versitygw has forgotten the upload."""
    upload = Upload(ours, "multi/repeated")
    one = upload.part(1, LAST)
    assert upload.complete(one)["ETag"] == upload.complete(one)["ETag"]

"""Bounds: memory whatever the size of an object, sizes that are too large, many objects."""

from __future__ import annotations

import hashlib
import http.client
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import psutil
import pytest
from botocore.exceptions import ClientError

from tests.faasctl.store.store_endpoint import Endpoint, Process, embedded
from tests.faasctl.store.store_forgeries import md5
from tests.faasctl.store.store_wire import UNSIGNED, Attempt, path_of, send, sign

MIB = 1024 * 1024
SIZE = 256 * MIB
ROOM = 48 * MIB


class Zeros:
    """A body that exists only while it is read."""

    def __init__(self, size: int) -> None:
        self._left = size

    def __len__(self) -> int:
        return self._left

    def read(self, size: int = -1) -> bytes:
        count = self._left if size < 0 else min(size, self._left)
        self._left -= count
        return bytes(count)


class Largest:
    """The resident size of a process, by its largest sample."""

    def __init__(self, process: Process) -> None:
        self._process = psutil.Process(process.process.pid)
        self.start = self.value = self._process.memory_info().rss

    def sample(self) -> None:
        self.value = max(self.value, self._process.memory_info().rss)

    @property
    def growth(self) -> int:
        return self.value - self.start


def _pieces(largest: Largest) -> Iterator[bytes]:
    for _ in range(SIZE // MIB):
        largest.sample()
        yield bytes(MIB)


@pytest.mark.e2e
def test_memory_does_not_grow_with_the_object(store_process: Process) -> None:
    endpoint = store_process.endpoint
    client: Any = endpoint.client()
    client.put_object(Bucket=endpoint.bucket, Key="bounds/warm", Body=bytes(MIB))
    largest = Largest(store_process)
    attempt = sign(
        endpoint,
        Attempt("PUT", path_of(endpoint, "bounds/large"), {"content-length": str(SIZE)}),
        payload=UNSIGNED,
    )
    connection = http.client.HTTPConnection("127.0.0.1", endpoint.port, timeout=60)
    connection.request("PUT", attempt.target, _pieces(largest), dict(attempt.headers))
    assert connection.getresponse().status == 200
    connection.close()
    got = client.get_object(Bucket=endpoint.bucket, Key="bounds/large")
    assert got["ContentLength"] == SIZE
    digest = hashlib.md5()
    for piece in got["Body"].iter_chunks(MIB):
        digest.update(piece)
        largest.sample()
    assert got["ETag"] == f'"{digest.hexdigest()}"'
    client.delete_object(Bucket=endpoint.bucket, Key="bounds/large")
    assert largest.growth < ROOM


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Endpoint]:
    """A store for objects of at most 6 MiB."""
    root: Path = tmp_path_factory.mktemp("small")
    with embedded(root, "--max-object", str(6 * MIB)) as running:
        running.endpoint.client().create_bucket(Bucket=running.endpoint.bucket)
        yield running.endpoint


def test_an_object_that_is_too_large(small: Endpoint) -> None:
    client = small.client()
    client.put_object(Bucket=small.bucket, Key="fits", Body=bytes(6 * MIB))
    with pytest.raises(ClientError, match="EntityTooLarge"):
        client.put_object(Bucket=small.bucket, Key="too-large", Body=bytes(6 * MIB + 1))
    place = {"Bucket": small.bucket, "Key": "too-large"}
    upload = client.create_multipart_upload(**place)["UploadId"]
    parts = [
        {
            "PartNumber": number,
            "ETag": client.upload_part(
                **place, UploadId=upload, PartNumber=number, Body=bytes(5 * MIB)
            )["ETag"],
        }
        for number in (1, 2)
    ]
    with pytest.raises(ClientError, match="EntityTooLarge"):
        client.complete_multipart_upload(**place, UploadId=upload, MultipartUpload={"Parts": parts})


def test_a_single_upload_stops_at_five_gibibytes(ours: Endpoint) -> None:
    """Refused by its headers, before any of it is sent."""
    size = str(5 * 1024**3 + 1)
    attempt = Attempt(
        "PUT", path_of(ours, "bounds/huge"), {"content-length": size, "expect": "100-continue"}
    )
    answer = send(ours, sign(ours, attempt, payload=UNSIGNED, leave_out=["expect"]))
    assert (answer.status, answer.code) == (400, "EntityTooLarge")


@pytest.mark.parametrize(
    "body",
    [
        b'<!DOCTYPE d [<!ENTITY a "aa">]><Delete><Object><Key>&a;</Key></Object></Delete>',
        b'<!DOCTYPE d SYSTEM "file:///etc/passwd"><Delete></Delete>',
        b"<Delete>" + b"<a>" * 50 + b"</a>" * 50 + b"</Delete>",
        b"<Delete><Object><Key>unclosed",
        b"<Other/>",
        b"",
        b"\xff\xfe<\x00",
        b"<Delete>" + b"<Object><Key>k</Key></Object>" * 1001 + b"</Delete>",
    ],
    ids=["entities", "external", "deep", "unclosed", "other", "empty", "bytes", "many"],
)
def test_documents_that_are_refused(ours: Endpoint, body: bytes) -> None:
    attempt = Attempt("POST", f"/{ours.bucket}?delete=", {"content-md5": md5(body)}, body)
    answer = send(ours, sign(ours, attempt))
    assert (answer.status, answer.code) == (400, "MalformedXML")


def test_a_document_that_is_too_long(ours: Endpoint) -> None:
    body = b"<Delete>" + b" " * (5 * MIB) + b"</Delete>"
    attempt = Attempt("POST", f"/{ours.bucket}?delete=", {"content-md5": md5(body)}, body)
    answer = send(ours, sign(ours, attempt))
    assert (answer.status, answer.code) == (400, "MaxMessageLengthExceeded")


def test_a_download_goes_on_when_its_object_is_replaced(ours: Endpoint) -> None:
    client = ours.client()
    place = {"Bucket": ours.bucket, "Key": "bounds/replaced"}
    bodies = [bytes([number]) * 6 * MIB for number in range(4)]
    upload = client.create_multipart_upload(**place)["UploadId"]
    parts = [
        {
            "PartNumber": number,
            "ETag": client.upload_part(**place, UploadId=upload, PartNumber=number, Body=body)[
                "ETag"
            ],
        }
        for number, body in enumerate(bodies, 1)
    ]
    client.complete_multipart_upload(**place, UploadId=upload, MultipartUpload={"Parts": parts})
    old = client.get_object(**place)["Body"]
    first = old.read(1000)
    client.put_object(**place, Body=b"new")
    assert client.get_object(**place)["Body"].read() == b"new"
    client.delete_object(**place)
    assert first + old.read() == b"".join(bodies)


def test_of_many_who_may_not_overwrite_one_wins(ours: Endpoint) -> None:
    client = ours.client()

    def upload(number: int) -> str | None:
        body = str(number) * 50_000
        try:
            client.put_object(Bucket=ours.bucket, Key="bounds/race", Body=body, IfNoneMatch="*")
        except ClientError as error:
            if error.response["Error"]["Code"] != "PreconditionFailed":
                raise
            return None
        return body

    with ThreadPoolExecutor(16) as pool:
        (winner,) = [body for body in pool.map(upload, range(16)) if body is not None]
    got = client.get_object(Bucket=ours.bucket, Key="bounds/race")["Body"].read()
    assert got == winner.encode()
    client.delete_object(Bucket=ours.bucket, Key="bounds/race")


def test_copies_share_bytes_until_the_last_is_gone(ours: Endpoint) -> None:
    client = ours.client()
    client.put_object(Bucket=ours.bucket, Key="bounds/1", Body=b"shared")
    for number in (2, 3):
        source = {"Bucket": ours.bucket, "Key": f"bounds/{number - 1}"}
        client.copy_object(Bucket=ours.bucket, Key=f"bounds/{number}", CopySource=source)
        client.delete_object(**source)
    assert client.get_object(Bucket=ours.bucket, Key="bounds/3")["Body"].read() == b"shared"
    client.delete_object(Bucket=ours.bucket, Key="bounds/3")

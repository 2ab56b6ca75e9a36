"""The store killed at any moment loses nothing it acknowledged and shows nothing half done."""

from __future__ import annotations

import hashlib
import os
import random
import socket
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import BotoCoreError, ClientError

from tests.faasctl.store.store_endpoint import Process, start_embedded, stop
from tests.faasctl.store.store_wire import Attempt, path_of, sign

pytestmark = pytest.mark.e2e

UPLOADS = 200
KILLS = 4


@dataclass(slots=True)
class Mortal:
    """A store that is killed and started again on the same folder and port."""

    root: Path
    running: Process
    up: threading.Event = field(default_factory=threading.Event)

    def die(self) -> None:
        self.up.clear()
        self.running.kill()
        assert self.running.process.stdout is not None
        self.running.process.stdout.close()
        self.running = start_embedded(self.root, self.running.endpoint.port)
        self.up.set()


@contextmanager
def mortal(root: Path) -> Iterator[Mortal]:
    store = Mortal(root, start_embedded(root))
    store.up.set()
    try:
        store.running.endpoint.client().create_bucket(Bucket="crash")
        yield store
    finally:
        stop(store.running.process)


def test_uploads_while_the_store_is_killed(tmp_path: Path) -> None:
    chance = random.Random(11)
    bodies = {
        f"file-{index:03}": chance.randbytes(chance.choice((100, 70_000, 900_000)))
        for index in range(UPLOADS)
    }
    done: dict[str, str] = {}
    with mortal(tmp_path) as store:
        client = store.running.endpoint.client()

        def upload(key: str) -> None:
            """Try until it is acknowledged, as a user's client would."""
            while key not in done:
                store.up.wait(20)
                try:
                    done[key] = client.put_object(Bucket="crash", Key=key, Body=bodies[key])["ETag"]
                except (BotoCoreError, ClientError):
                    assert _is_absent_or_whole(store, key, bodies[key])

        with ThreadPoolExecutor(16) as pool:
            tasks = [pool.submit(upload, key) for key in bodies]
            for kill in range(1, KILLS + 1):
                while len(done) < UPLOADS * kill // (KILLS + 1):
                    store.up.wait(0.01)
                store.die()
            for task in tasks:
                task.result(timeout=60)
        store.die()
        check_everything(store, bodies)


def _is_absent_or_whole(store: Mortal, key: str, body: bytes) -> bool:
    """What was not acknowledged may be there, but never a piece of it."""
    store.up.wait(20)
    try:
        got = store.running.endpoint.client().get_object(Bucket="crash", Key=key)
        return bool(got["Body"].read() == body)
    except ClientError as error:
        return bool(error.response["Error"]["Code"] == "NoSuchKey")
    except BotoCoreError:
        return True  # killed again meanwhile: nothing was said


def check_everything(store: Mortal, bodies: dict[str, bytes]) -> None:
    client = store.running.endpoint.client()
    listed = client.list_objects_v2(Bucket="crash")["Contents"]
    assert [one["Key"] for one in listed] == sorted(bodies)
    for one in listed:
        body = bodies[one["Key"]]
        assert one["ETag"] == f'"{hashlib.md5(body).hexdigest()}"'
        assert client.get_object(Bucket="crash", Key=one["Key"])["Body"].read() == body
    assert not list((store.root / "data" / "incoming").iterdir())
    kept = [file for file in (store.root / "data" / "objects").rglob("*") if file.is_file()]
    assert len(kept) == len(bodies)


def test_an_interrupted_multipart_upload_goes_on(tmp_path: Path) -> None:
    parts = [os.urandom(5 * 1024 * 1024 + index) for index in range(4)]
    with mortal(tmp_path) as store:
        client: Any = store.running.endpoint.client()
        place = {"Bucket": "crash", "Key": "big"}
        upload = client.create_multipart_upload(**place)["UploadId"]
        for number in (1, 2):
            client.upload_part(**place, UploadId=upload, PartNumber=number, Body=parts[number - 1])
        store.die()
        listed = client.list_parts(**place, UploadId=upload)["Parts"]
        assert [one["PartNumber"] for one in listed] == [1, 2]
        etags = {one["PartNumber"]: one["ETag"] for one in listed}
        for number in (3, 4):
            answer = client.upload_part(
                **place, UploadId=upload, PartNumber=number, Body=parts[number - 1]
            )
            etags[number] = answer["ETag"]
        store.die()
        named = [{"PartNumber": number, "ETag": etag} for number, etag in etags.items()]
        client.complete_multipart_upload(**place, UploadId=upload, MultipartUpload={"Parts": named})
        store.die()
        assert client.get_object(**place)["Body"].read() == b"".join(parts)


def test_an_overwrite_that_is_cut_off_leaves_the_old_object(tmp_path: Path) -> None:
    with mortal(tmp_path) as store:
        endpoint = store.running.endpoint
        client = endpoint.client()
        client.create_bucket(Bucket=endpoint.bucket)
        client.put_object(Bucket=endpoint.bucket, Key="kept", Body=b"old")
        attempt = sign(
            endpoint,
            Attempt("PUT", path_of(endpoint, "kept"), {"content-length": "900000"}),
            payload="UNSIGNED-PAYLOAD",
        )
        lines = [
            f"PUT {attempt.target} HTTP/1.1",
            *(f"{n}: {v}" for n, v in attempt.headers.items()),
        ]
        with socket.create_connection(("127.0.0.1", endpoint.port)) as connection:
            connection.sendall("\r\n".join([*lines, "", ""]).encode() + b"n" * 500_000)
            store.die()
        assert client.get_object(Bucket=endpoint.bucket, Key="kept")["Body"].read() == b"old"
        with socket.create_connection(("127.0.0.1", endpoint.port)) as connection:
            connection.sendall("\r\n".join([*lines, "", ""]).encode() + b"n" * 500_000)
        assert client.get_object(Bucket=endpoint.bucket, Key="kept")["Body"].read() == b"old"

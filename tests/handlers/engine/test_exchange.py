"""FILE tensors and mounted boxes, against a store that checks every signature."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from handlers.contract.sigv4 import Bucket, Credentials
from handlers.engine import mounts
from handlers.engine.exchange import Exchange, ExchangingCode
from handlers.engine.storage import Storage, StorageError, from_environment
from handlers.engine.values import InferenceRequest, RequestError, Tensor, UserCodeError
from handlers.interfaces.inference import InferenceFunction
from tests.faasctl.store.store_endpoint import Endpoint, start_embedded, stop

PREFIX = "app/box/users/ann/file_groups/"


@pytest.fixture(scope="module")
def endpoint(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Endpoint]:
    running = start_embedded(tmp_path_factory.mktemp("store"))
    running.endpoint.client().create_bucket(Bucket="faasctl")
    yield running.endpoint
    stop(running.process)


@pytest.fixture
def storage(endpoint: Endpoint) -> Storage:
    bucket = Bucket(endpoint.url, "faasctl")
    return Storage(bucket, bucket, Credentials(endpoint.access_key, endpoint.secret))


def put(endpoint: Endpoint, key: str, body: bytes) -> None:
    endpoint.client().put_object(Bucket="faasctl", Key=key, Body=body)


def get(endpoint: Endpoint, key: str) -> bytes:
    found: bytes = endpoint.client().get_object(Bucket="faasctl", Key=key)["Body"].read()
    return found


def exchange(storage: Storage, tmp_path: Path) -> Exchange:
    folder = tmp_path / "exchange"
    folder.mkdir(exist_ok=True)
    return Exchange(storage, "app", "box", str(folder))


def run(storage: Storage, tmp_path: Path, function: Callable[..., Any], **how: Any) -> Any:
    code = ExchangingCode(InferenceFunction(function, ""), exchange(storage, tmp_path))
    request = InferenceRequest(**{"caller": "ann", "inputs": (), **how})
    result = code.call(request)
    return code.finish(asyncio.run(result) if code.is_async else result)


def file_input(path: str, name: str = "picture") -> tuple[Tensor, ...]:
    return (Tensor(name, "FILE", path),)


def upper(
    parameters: Any, inputs: Any, output_fields: Any, model_key: str, model: Any = None
) -> Any:
    source = Path(inputs[0]["data"])
    result = source.with_name("result.txt")
    result.write_bytes(source.read_bytes().upper())
    return [{"name": "text", "datatype": "FILE", "data": str(result)}], None


async def upper_async(
    parameters: Any, inputs: Any, output_fields: Any, model_key: str, model: Any = None
) -> Any:
    return upper(parameters, inputs, output_fields, model_key)


@pytest.mark.parametrize("function", [upper, upper_async])
def test_a_file_goes_in_and_a_file_comes_out(
    storage: Storage, endpoint: Endpoint, tmp_path: Path, function: Callable[..., Any]
) -> None:
    put(endpoint, f"{PREFIX}data/a.txt", b"hello")
    (output,) = run(storage, tmp_path, function, inputs=file_input("data/a.txt")).outputs
    assert output.datatype == "FILE"
    assert output.content_type == "text/plain"
    assert get(endpoint, f"{PREFIX}{output.data}") == b"HELLO"
    assert output.parameters["url"].startswith(endpoint.url)
    assert list((tmp_path / "exchange").iterdir()) == []


@pytest.mark.parametrize(
    ("asked", "stored"), [("out/b.txt", "out/b.txt"), ("results", "results/result.txt")]
)
def test_the_caller_may_say_where_a_result_goes(
    storage: Storage, endpoint: Endpoint, tmp_path: Path, asked: str, stored: str
) -> None:
    put(endpoint, f"{PREFIX}data/a.txt", b"x")
    wanted = (Tensor("text", "FILE", asked),)
    answer = run(storage, tmp_path, upper, inputs=file_input("data/a.txt"), outputs=wanted)
    assert answer.outputs[0].data == stored
    assert get(endpoint, f"{PREFIX}{stored}") == b"X"


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("data/none.txt", "no file 'data/none.txt'"),
        ("alone", "is a group"),
        ("../ann/a", "no names"),
        ("a/\x00", "control"),
        ("a\\b/c", "backslash"),
    ],
)
def test_a_file_that_is_not_there_or_not_the_callers_is_the_callers_fault(
    storage: Storage, tmp_path: Path, path: str, said: str
) -> None:
    with pytest.raises(RequestError, match=said) as caught:
        run(storage, tmp_path, upper, inputs=file_input(path))
    assert caught.value.status == 400
    assert list((tmp_path / "exchange").iterdir()) == []


def test_an_inputs_name_is_no_path(storage: Storage, endpoint: Endpoint, tmp_path: Path) -> None:
    put(endpoint, f"{PREFIX}data/a.txt", b"x")
    with pytest.raises(RequestError, match="no names"):
        run(storage, tmp_path, upper, inputs=file_input("data/a.txt", ".."))


def test_another_users_file_is_not_seen(
    storage: Storage, endpoint: Endpoint, tmp_path: Path
) -> None:
    put(endpoint, "app/box/users/bob/file_groups/data/secret.txt", b"x")
    with pytest.raises(RequestError, match="no file"):
        run(storage, tmp_path, upper, inputs=file_input("data/secret.txt"))


@pytest.mark.parametrize("place", ["/etc/passwd", "../outside", "missing.txt"])
def test_a_result_outside_the_exchange_is_not_published(
    storage: Storage, tmp_path: Path, place: str
) -> None:
    (tmp_path / "outside").write_text("x")

    def leak(*_: Any) -> Any:
        return [{"name": "text", "datatype": "FILE", "data": place}], None

    with pytest.raises(UserCodeError, match=r"outside|no file"):
        run(storage, tmp_path, leak)


def test_a_link_out_of_the_exchange_is_not_followed(storage: Storage, tmp_path: Path) -> None:
    def leak(*_: Any) -> Any:
        link = tmp_path / "exchange" / "link"
        link.symlink_to("/etc/passwd")
        return [{"name": "text", "datatype": "FILE", "data": str(link)}], None

    with pytest.raises(UserCodeError, match="outside"):
        run(storage, tmp_path, leak)


def test_a_result_without_a_caller_is_refused(storage: Storage, tmp_path: Path) -> None:
    def give(*_: Any) -> Any:
        (tmp_path / "exchange" / "x").write_text("x")
        return [{"name": "text", "datatype": "FILE", "data": "x"}], None

    with pytest.raises(RequestError) as caught:
        run(storage, tmp_path, give, caller="")
    assert caught.value.status == 401


def test_a_call_that_fails_leaves_no_files(
    storage: Storage, endpoint: Endpoint, tmp_path: Path
) -> None:
    put(endpoint, f"{PREFIX}data/a.txt", b"x")

    def fail(*_: Any) -> Any:
        raise RuntimeError("no")

    with pytest.raises(RuntimeError):
        run(storage, tmp_path, fail, inputs=file_input("data/a.txt"))
    assert list((tmp_path / "exchange").iterdir()) == []


def test_a_file_larger_than_the_limit_is_not_fetched(
    storage: Storage, endpoint: Endpoint, tmp_path: Path
) -> None:
    put(endpoint, "big", b"x" * 100)
    with pytest.raises(StorageError, match="100 bytes, the limit is 99"):
        storage.fetch("big", str(tmp_path / "big"), limit=99)
    assert not (tmp_path / "big").exists()


def test_a_mounted_box_appears_and_follows_its_box(
    storage: Storage, endpoint: Endpoint, tmp_path: Path
) -> None:
    folder = tmp_path / "model"
    put(endpoint, "app/m1/users/dev/a.bin", b"1")
    put(endpoint, "app/m1/users/dev/deep/b.bin", b"2")
    assert mounts.mount(storage, "app/m1/users/dev/", str(folder)) == 2
    assert (folder / "deep" / "b.bin").read_bytes() == b"2"
    assert (folder / "a.bin").stat().st_mode & 0o222 == 0
    assert mounts.mount(storage, "app/m1/users/dev/", str(folder)) == 0
    put(endpoint, "app/m1/users/dev/a.bin", b"3")
    endpoint.client().delete_object(Bucket="faasctl", Key="app/m1/users/dev/deep/b.bin")
    assert mounts.mount(storage, "app/m1/users/dev/", str(folder)) == 1
    assert (folder / "a.bin").read_bytes() == b"3"
    assert not (folder / "deep" / "b.bin").exists()


def test_a_key_that_is_no_path_is_not_written(
    storage: Storage, endpoint: Endpoint, tmp_path: Path
) -> None:
    client = endpoint.client()
    client.put_object(Bucket="faasctl", Key="app/m2/a\\b", Body=b"x")
    with pytest.raises(StorageError, match="no path"):
        mounts.mount(storage, "app/m2/", str(tmp_path / "model"))


def test_listings_of_many_pages_are_whole(storage: Storage, endpoint: Endpoint) -> None:
    client = endpoint.client()
    for number in range(1005):
        client.put_object(Bucket="faasctl", Key=f"many/{number:04}", Body=b"")
    assert [one.key for one in storage.listing("many/")] == [f"many/{n:04}" for n in range(1005)]


def test_wrong_keys_are_refused_with_the_stores_own_code(
    storage: Storage, endpoint: Endpoint, tmp_path: Path
) -> None:
    wrong = Storage(storage.bucket, storage.public, Credentials(endpoint.access_key, "wrong"))
    with pytest.raises(StorageError) as caught:
        wrong.fetch("k", str(tmp_path / "k"), limit=1)
    assert (caught.value.status, caught.value.code) == (403, "SignatureDoesNotMatch")


def test_a_store_that_is_gone_is_said(tmp_path: Path) -> None:
    bucket = Bucket("http://127.0.0.1:9", "faasctl")
    with pytest.raises(StorageError, match="does not answer"):
        Storage(bucket, bucket, Credentials("a", "b")).fetch("k", str(tmp_path / "k"), limit=1)


def test_user_code_does_not_find_the_keys_in_its_environment() -> None:
    environment = {
        "FAASCTL_S3_ENDPOINT": "http://s",
        "FAASCTL_S3_BUCKET": "b",
        "FAASCTL_S3_ACCESS_KEY": "canary-key",
        "FAASCTL_S3_SECRET_KEY": "canary-secret",
        "FAASCTL_S3_TOKEN": "canary-token",
    }
    found = from_environment(environment)
    assert found is not None
    assert found.credentials == Credentials("canary-key", "canary-secret", "canary-token")
    assert "canary" not in repr(environment)
    assert from_environment({}) is None


def test_links_are_made_for_the_public_address(storage: Storage, endpoint: Endpoint) -> None:
    public = Storage(storage.bucket, Bucket("https://files.example", "b"), storage.credentials)
    assert public.link("GET", "k", expires=60).startswith("https://files.example/b/k?")
    assert datetime.now(UTC).strftime("%Y%m%d") in public.link("GET", "k", expires=60)
    assert os.environ.get("FAASCTL_S3_SECRET_KEY") is None

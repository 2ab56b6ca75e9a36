"""The contract of boxes: signed for here, behind an API, and the fake that other tests use."""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from faasctl.errors import FaasctlError, FileTakenError, UnknownNameError, UploadGoneError
from faasctl.files import Assembly, FileLink, Offer, OpenOffer, PartsOffer, StoredPart
from faasctl.ports import Box
from faasctl.store.access import S3Access
from faasctl.store.application import Api, ApiBox
from faasctl.store.links import Bytes, Reply, Wires
from faasctl.store.s3 import Place, S3Box
from faasctl.store.transfer_digest import combined_crc, of_bytes
from handlers.contract.boxes import FilePath, parse_file
from handlers.contract.sigv4 import Credentials
from tests.faasctl.store.api_process import files_api
from tests.faasctl.store.memory_box import memory_box
from tests.faasctl.store.store_endpoint import REGION, Endpoint

PART = 5 * 1024 * 1024
_users = (f"user{number}" for number in itertools.count())

#: A box of one more user, who has no files yet.
MakeBox = Callable[[], Box]


@pytest.fixture(scope="module")
def wires() -> Iterator[Wires]:
    made = Wires()
    yield made
    made.close()


def access_to(endpoint: Endpoint) -> S3Access:
    keys = Credentials(endpoint.access_key, endpoint.secret)
    return S3Access(endpoint.url, REGION, endpoint.bucket, keys, endpoint.url, "path")


@pytest.fixture(scope="module")
def api(ours: Endpoint, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("api")
    with files_api(folder, ours, "contract", {"box": 10**9, "tiny": 10}) as url:
        yield url


@pytest.fixture(params=["memory", "ours", "foreign", "api"])
def make_box(request: pytest.FixtureRequest, wires: Wires) -> Iterator[MakeBox]:
    match request.param:
        case "memory":
            with memory_box() as box:
                yield lambda: box
        case "api":
            url = request.getfixturevalue("api")
            yield lambda: ApiBox(Api(url), "box", next(_users), wires)
        case name:
            access = access_to(request.getfixturevalue(name))
            yield lambda: S3Box(access, Place("contract", "box", next(_users)), wires)


@pytest.fixture
def box(make_box: MakeBox) -> Box:
    return make_box()


def offer(content: bytes, *, overwrite: bool = False) -> Offer:
    return Offer(len(content), "text/plain", hashlib.sha256(content).hexdigest(), overwrite)


def put(wires: Wires, link: FileLink, content: bytes) -> Reply:
    return wires.fetch(link, Bytes(content), what="put")


def keep(box: Box, wires: Wires, path: str, content: bytes = b"words") -> FilePath:
    file = parse_file(path)
    put(wires, box.upload_url(file, offer(content, overwrite=True)), content)
    return file


def content_of(box: Box, wires: Wires, path: FilePath) -> bytes:
    return wires.fetch(box.download_url(path, 60).link, what="get").body


ODD = ("data/a b+c.txt", "data/ü/日本.txt", "data/100%.txt", "d'a(t)a/~x&y=z;.txt", "g/#?.txt")


@pytest.mark.parametrize("name", ["data/plain.txt", *ODD])
def test_what_is_put_by_a_link_is_got_by_a_link(box: Box, wires: Wires, name: str) -> None:
    file = keep(box, wires, name, b"some words")
    assert content_of(box, wires, file) == b"some words"
    (found,) = box.files("")
    assert (found.path, found.size) == (file, 10)
    assert found.etag == hashlib.md5(b"some words", usedforsecurity=False).hexdigest()


def test_an_empty_file_is_a_file(box: Box, wires: Wires) -> None:
    file = keep(box, wires, "data/empty", b"")
    assert content_of(box, wires, file) == b""


def test_a_file_that_is_there_is_not_offered_again(box: Box, wires: Wires) -> None:
    file = keep(box, wires, "data/a.txt")
    with pytest.raises(FileTakenError):
        box.upload_url(file, offer(b"other"))
    with pytest.raises(FileTakenError):
        box.begin(file, PartsOffer(PART, PART, "text/plain"))
    put(wires, box.upload_url(file, offer(b"other", overwrite=True)), b"other")
    assert content_of(box, wires, file) == b"other"


def test_of_two_links_to_a_new_file_only_the_first_makes_it(box: Box, wires: Wires) -> None:
    file = parse_file("data/race.txt")
    links = [box.upload_url(file, offer(content)) for content in (b"first", b"later")]
    put(wires, links[0], b"first")
    with pytest.raises(FileTakenError):
        put(wires, links[1], b"later")
    assert content_of(box, wires, file) == b"first"


def test_an_open_link_takes_anything(box: Box, wires: Wires) -> None:
    file = parse_file("data/open.txt")
    link = box.upload_url(file, OpenOffer(60))
    put(wires, link, b"who knows what")
    assert content_of(box, wires, file) == b"who knows what"
    assert 0 < link.expires <= 900


def test_what_is_not_there_has_no_link_and_is_not_removed(box: Box) -> None:
    nothing = parse_file("data/nothing.txt")
    with pytest.raises(UnknownNameError):
        box.download_url(nothing, 60)
    with pytest.raises(UnknownNameError):
        box.remove(nothing)


def test_what_is_removed_is_gone(box: Box, wires: Wires) -> None:
    file = keep(box, wires, "data/gone.txt")
    box.remove(file)
    assert list(box.files("")) == []


def test_a_group_lists_what_is_below_it_and_nothing_beside(box: Box, wires: Wires) -> None:
    for name in ("a/1", "a/b/2", "a/b/c/3", "ab/4", "z/5"):
        keep(box, wires, name)
    assert sorted(str(one.path) for one in box.files("a")) == ["a/1", "a/b/2", "a/b/c/3"]
    assert sorted(str(one.path) for one in box.files("a/b")) == ["a/b/2", "a/b/c/3"]
    assert len(list(box.files(""))) == 5
    assert list(box.files("nowhere")) == []


def send_part(box: Box, wires: Wires, links: dict[int, FileLink], content: bytes) -> StoredPart:
    (number,) = links
    reply = put(wires, links[number], content)
    crc32 = of_bytes("crc32", content).hex()
    return StoredPart(number, reply.headers["etag"].strip('"'), crc32)


def test_parts_outlive_their_sender_and_become_a_file(box: Box, wires: Wires) -> None:
    file, contents = parse_file("big/file.bin"), [b"a" * PART, b"b" * PART, b"tail"]
    whole = PartsOffer(2 * PART + 4, PART, "text/plain")
    begun = box.begin(file, whole)
    assert (begun.stored, sorted(begun.links)) == ((), [1, 2, 3])
    second = send_part(box, wires, {2: begun.links[2]}, contents[1])

    there = box.look(file, whole, begun.upload_id)
    assert [one.number for one in there.stored] == [2]
    assert there.stored[0].etag == second.etag
    assert {1, 3} <= set(there.links)
    first = send_part(box, wires, {1: there.links[1]}, contents[0])
    third = send_part(box, wires, {3: there.links[3]}, contents[2])
    assert list(box.files("")) == []

    parts: tuple[StoredPart, ...] = (first, second, third)
    crc = ""
    if begun.check == "crc32":
        crc = combined_crc([bytes.fromhex(one.crc32) for one in parts], [PART, PART, 4])
    else:
        parts = tuple(StoredPart(one.number, one.etag) for one in parts)
    made = box.finish(file, whole, Assembly(begun.upload_id, parts, crc))
    assert content_of(box, wires, file) == b"".join(contents)
    assert made.etag.endswith("-3")
    assert made.etag == next(iter(box.files(""))).etag
    assert "?" not in made.url
    with pytest.raises(UploadGoneError):
        box.look(file, whole, "bm90LWFuLXVwbG9hZA")


def test_an_abandoned_upload_is_gone(box: Box) -> None:
    file, whole = parse_file("big/file.bin"), PartsOffer(PART, PART, "text/plain")
    begun = box.begin(file, whole)
    box.abandon(file, begun.upload_id)
    with pytest.raises(UploadGoneError):
        box.look(file, whole, begun.upload_id)
    box.abandon(file, begun.upload_id)


def test_a_quota_says_how_full_the_box_is(api: str, wires: Wires) -> None:
    tiny = ApiBox(Api(api), "tiny", "developer", wires)
    with pytest.raises(
        FaasctlError, match=r"QuotaExceeded: the box 'tiny' holds 0 of 10"
    ) as caught:
        tiny.upload_url(parse_file("a/b"), offer(b"more than ten bytes"))
    assert caught.value.hint == "remove files, or raise the box's capacity"


def test_a_link_is_bound_to_what_was_offered(ours: Endpoint, wires: Wires) -> None:
    box = S3Box(access_to(ours), Place("contract", "box", next(_users)), wires)
    link = box.upload_url(parse_file("a/b"), offer(b"words"))
    with pytest.raises(FaasctlError, match="BadDigest"):
        put(wires, link, b"sword")


def test_a_wrong_key_is_told_in_words_that_help(ours: Endpoint, wires: Wires) -> None:
    known = access_to(ours)
    keys = Credentials(ours.access_key, "wrong")
    access = S3Access(known.endpoint, REGION, known.bucket, keys, known.endpoint, "path")
    box = S3Box(access, Place("contract", "box", "developer"), wires)
    with pytest.raises(FaasctlError, match="SignatureDoesNotMatch") as caught:
        list(box.files(""))
    assert "secret key" in (caught.value.hint or "")


def test_keys_of_others_are_never_listed(ours: Endpoint, wires: Wires, tmp_path: Path) -> None:
    prefix = "contract/box/users/mallory/file_groups/"
    for key in (f"{prefix}g/../../x", f"{prefix}one", f"{prefix}g/fine.txt"):
        ours.client().put_object(Bucket=ours.bucket, Key=key, Body=b"x")
    box = S3Box(access_to(ours), Place("contract", "box", "mallory"), wires)
    assert [str(one.path) for one in box.files("")] == ["g/fine.txt"]

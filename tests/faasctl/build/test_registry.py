"""Registries: what is there is not sent again, faults pass, whoever may not is told."""

from __future__ import annotations

import hashlib
import json
import os
import urllib.error
import urllib.request
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from faasctl.build import oci, registry
from faasctl.build.credentials import Login
from faasctl.build.layers import FromBytes, Shelf
from faasctl.build.oci import BaseImage
from faasctl.build.registry import Access, Pushable
from faasctl.build.registry_http import parse_challenge
from faasctl.errors import BuildError, UnreachableError
from faasctl.plan import ImageLayer
from tests.faasctl.build.fake_registry import FakeRegistry, running

ANONYMOUS = Access(lookup=lambda _: None, delays=(0.0, 0.0))
REAL = os.environ.get("FAASCTL_TEST_REGISTRY", "localhost:5000")


def answers(host: str) -> bool:
    try:
        with urllib.request.urlopen(f"http://{host}/v2/", timeout=2) as answer:
            return int(answer.status) == 200
    except (OSError, urllib.error.URLError):
        return False


@pytest.fixture(params=["fake", pytest.param("real", marks=pytest.mark.e2e)])
def place(request: pytest.FixtureRequest) -> Iterator[str]:
    """A repository of our own in a registry: the fake one, and a real one where one answers."""
    name = f"faasctl-test/{uuid.uuid4().hex[:8]}"
    if request.param == "fake":
        with running(FakeRegistry()) as fake:
            yield f"{fake.host}/{name}"
    elif answers(REAL):
        yield f"{REAL}/{name}"
    else:
        pytest.skip(f"no registry answers at {REAL}; FAASCTL_TEST_REGISTRY names another")


def made(shelf: Shelf, *contents: bytes, base: BaseImage | None = None) -> Pushable:
    own = [
        shelf.pack(f"layer {number}", {f"file-{number}": FromBytes(content)})
        for number, content in enumerate(contents)
    ]
    layers: tuple[ImageLayer, ...] = (*(base.layers if base else ()), *own)
    config = oci.document(
        {
            "os": "linux",
            "architecture": "amd64",
            "rootfs": {"type": "layers", "diff_ids": [one.diff_id for one in layers]},
        }
    )
    manifest = oci.manifest(config, layers)
    shelf.put(config)
    return Pushable(manifest, config, layers, base)


def quiet(_: str) -> None:
    pass


def test_what_is_pushed_can_be_resolved_and_pulled(place: str, tmp_path: Path) -> None:
    shelf = Shelf(tmp_path)
    image = made(shelf, b"one", os.urandom(5000))
    access = Access(ANONYMOUS.lookup, ANONYMOUS.delays, piece=1500)
    said: list[str] = []
    pushed = registry.push(image, place, shelf, report=said.append, tags=["v1"], access=access)
    assert pushed.digest == oci.digest_of(image.manifest)
    assert str(pushed) == f"{place}@{pushed.digest}"
    assert len(said) == 3
    assert registry.resolve(f"{place}:v1", access) == (pushed.digest, image.manifest)
    base = registry.pull(f"{place}:v1", pushed.digest, "linux/amd64", access)
    fresh = Shelf(tmp_path / "fresh")
    blob = registry.fetch_layer(base, base.layers[1], fresh, access)
    assert blob.read_bytes() == shelf.blob(image.layers[1].digest).read_bytes()
    said.clear()
    registry.push(image, place, shelf, report=said.append, access=access)
    assert said == []


def test_layers_of_a_base_in_the_same_registry_are_not_sent(place: str, tmp_path: Path) -> None:
    shelf, host = Shelf(tmp_path / "a"), place.partition("/")[0]
    below = registry.push(
        made(shelf, os.urandom(3000)), f"{place}/base", shelf, report=quiet, access=ANONYMOUS
    )
    base = registry.pull(str(below), below.digest, "linux/amd64", ANONYMOUS)
    other = Shelf(tmp_path / "b")
    image = made(other, b"own", base=base)
    said: list[str] = []
    registry.push(image, f"{place}/top", other, report=said.append, access=ANONYMOUS)
    assert "base: taken over within the registry" in said
    assert not other.blob(base.layers[0].digest).exists()
    assert host == base.registry


def test_attached_documents_are_found_by_their_subject(place: str, tmp_path: Path) -> None:
    shelf = Shelf(tmp_path)
    image = made(shelf, b"x")
    subject = oci.descriptor(oci.MANIFEST, image.manifest)
    about = oci.attachment(subject, "application/vnd.test+json", b'{"a":1}')
    whole = Pushable(image.manifest, image.config, image.layers, None, ((about, b'{"a":1}'),))
    for _ in range(2):
        pushed = registry.push(whole, place, shelf, report=quiet, access=ANONYMOUS)
    host, _, name = place.partition("/")
    tag = pushed.digest.replace(":", "-")
    urls = [f"http://{host}/v2/{name}/referrers/{pushed.digest}"] if "5000" in host else []
    for url in (*urls, f"http://{host}/v2/{name}/manifests/{tag}"):
        try:
            asked = urllib.request.Request(url, headers={"Accept": oci.INDEX})
            with urllib.request.urlopen(asked) as answer:
                listed = json.loads(answer.read())["manifests"]
        except urllib.error.HTTPError:
            continue
        assert [one["digest"] for one in listed] == [oci.digest_of(about)]
        return
    pytest.fail("listed nowhere")


def test_a_registry_that_lists_referrers_gets_no_tag_for_them(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path)
    image = made(shelf, b"x")
    about = oci.attachment(oci.descriptor(oci.MANIFEST, image.manifest), "a/b", b"{}")
    whole = Pushable(image.manifest, image.config, image.layers, None, ((about, b"{}"),))
    with running(FakeRegistry(referrers=True)) as fake:
        registry.push(whole, f"{fake.host}/x", shelf, report=quiet, access=ANONYMOUS)
        assert not [name for _, name in fake.manifests if name.startswith("sha256-")]


def test_a_token_is_asked_for_once_with_all_that_is_needed(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path)
    access = Access(lookup=lambda _: Login("me", "word"), delays=())
    with running(FakeRegistry(users={"me": "word"})) as fake:
        image = made(shelf, b"one", b"two", b"three")
        registry.push(image, f"{fake.host}/team/x", shelf, report=quiet, access=access)
        assert fake.scopes == ["repository:team/x:pull,push"]


@pytest.mark.parametrize("login", [None, Login("me", "wrong")])
def test_who_may_not_push_is_told_to_log_in(tmp_path: Path, login: Login | None) -> None:
    shelf = Shelf(tmp_path)
    access = Access(lookup=lambda _: login, delays=())
    with (
        running(FakeRegistry(users={"me": "word"})) as fake,
        pytest.raises((UnreachableError, BuildError)) as caught,
    ):
        registry.push(made(shelf, b"1"), f"{fake.host}/x", shelf, report=quiet, access=access)
    assert "docker login" in (caught.value.hint or "")
    assert "wrong" not in str(caught.value)


@pytest.mark.parametrize(
    "fault",
    [
        ("HEAD", "/blobs/", 503),
        ("POST", "/uploads/", 429),
        ("PATCH", "/uploads/", 500),
        ("PUT", "/uploads/", 502),
        ("PUT", "/manifests/", 503),
    ],
)
def test_a_passing_fault_is_passed(tmp_path: Path, fault: tuple[str, str, int]) -> None:
    shelf = Shelf(tmp_path)
    image = made(shelf, os.urandom(4000))
    access = Access(ANONYMOUS.lookup, ANONYMOUS.delays, piece=1000)
    with running(FakeRegistry(faults=[fault])) as fake:
        registry.push(image, f"{fake.host}/x", shelf, report=quiet, access=access)
        assert fake.faults == []
        assert ("x", image.layers[0].digest) in fake.blobs


def test_a_lasting_fault_is_told(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path)
    faults = [("PUT", "/manifests/", 503)] * 3
    with (
        running(FakeRegistry(faults=faults)) as fake,
        pytest.raises(UnreachableError, match="did not take the manifest: 503 now now"),
    ):
        registry.push(made(shelf, b"1"), f"{fake.host}/x", shelf, report=quiet, access=ANONYMOUS)


def test_a_registry_that_is_not_there_is_named() -> None:
    with pytest.raises(UnreachableError, match=r"127\.0\.0\.1:1 does not answer"):
        registry.resolve("127.0.0.1:1/x", ANONYMOUS)


def test_bytes_that_are_not_what_they_should_be_are_refused(tmp_path: Path) -> None:
    with running(FakeRegistry()) as fake:
        digest = f"sha256:{hashlib.sha256(b'right').hexdigest()}"
        fake.blobs["x", digest] = b"wrong"
        layer = ImageLayer("base", oci.GZIP_LAYER, digest, digest, 5)
        base = BaseImage(fake.host, "x", digest, (layer,), {})
        with pytest.raises(BuildError, match="other bytes"):
            registry.fetch_layer(base, layer, Shelf(tmp_path), ANONYMOUS)
        assert not Shelf(tmp_path).blob(digest).exists()
        assert list(tmp_path.iterdir()) == []


def test_an_index_gives_the_manifest_of_the_platform(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path)
    with running(FakeRegistry()) as fake:
        pushed = registry.push(
            made(shelf, b"1"), f"{fake.host}/x", shelf, report=quiet, access=ANONYMOUS
        )
        entry = {"digest": pushed.digest, "mediaType": oci.MANIFEST, "size": 1}
        known = {**entry, "platform": {"os": "linux", "architecture": "amd64"}}
        content = oci.index([known])
        fake.manifests["x", "many"] = (oci.INDEX, content)
        fake.manifests["x", oci.digest_of(content)] = (oci.INDEX, content)
        digest, _ = registry.resolve(f"{fake.host}/x:many", ANONYMOUS)
        base = registry.pull(f"{fake.host}/x:many", digest, "linux/amd64", ANONYMOUS)
        assert base.digest == digest
        with pytest.raises(BuildError, match=r"no image for linux/arm64, only for linux/amd64"):
            registry.pull(f"{fake.host}/x:many", digest, "linux/arm64", ANONYMOUS)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            'Bearer realm="https://a/t",service="s"',
            ("bearer", {"realm": "https://a/t", "service": "s"}),
        ),
        ('Basic realm="x y"', ("basic", {"realm": "x y"})),
        (
            'bearer Realm=http://a/t, scope="a b"',
            ("bearer", {"realm": "http://a/t", "scope": "a b"}),
        ),
        ("", ("", {})),
    ],
)
def test_challenges_are_read(text: str, expected: tuple[str, dict[str, str]]) -> None:
    assert parse_challenge(text) == expected

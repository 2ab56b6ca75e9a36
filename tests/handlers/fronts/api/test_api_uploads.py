"""Forms for browsers, uploads in parts, and boxes that are full."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from handlers.contract.application import Box, CompiledApplication, FilesApi
from tests.handlers.fronts.api.api_world import Api, Store, World, send

MIB = 1024**2
PART = 5 * MIB


def _post(form: Any, content: bytes, **changes: str | None) -> int:
    """Post a form as a browser does; a field that is None is left out."""
    fields = {**form["fields"], **changes}
    boundary = "----form"
    lines = [
        f'--{boundary}\r\ncontent-disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
        for name, value in fields.items()
        if value is not None
    ]
    lines.append(
        f'--{boundary}\r\ncontent-disposition: form-data; name="file"; filename="f"\r\n\r\n'
    )
    body = "".join(lines).encode() + content + f"\r\n--{boundary}--\r\n".encode()
    kind = {"content-type": f"multipart/form-data; boundary={boundary}"}
    return send("POST", form["url"], body, kind).status


def test_a_form_uploads_what_it_is_for(api: Api) -> None:
    wish = {"min_size": 2, "max_size": 10, "content_type": "image/png"}
    form = api.call("POST", "files/users/form/a.png?form", wish).value
    assert (form["min_size"], form["max_size"], form["expires"]) == (2, 10, 3600)
    for content, changes in (
        (b"1", {}),
        (b"1" * 11, {}),
        (b"123", {"Content-Type": "text/html"}),
        (b"123", {"Content-Type": None}),
        (b"123", {"key": form["fields"]["key"].replace("developer", "alice")}),
        (b"123", {"acl": "public-read"}),
        (b"123", {"x-amz-signature": "0" * 64}),
    ):
        assert _post(form, content, **changes) in {400, 403}, changes
    assert api.call("HEAD", "files/users/form/a.png").status == 404
    assert _post(form, b"1234567890") == 204
    found = api.call("GET", "files/users/form/a.png").value
    assert (found["size"], found["content_type"]) == (10, "image/png")
    again = api.call("POST", "files/users/form/a.png?form", wish)
    assert (again.status, again.kind) == (400, "FileExists")
    assert api.call("POST", "files/users/form/a.png?form", {"overwrite": True}).status == 200


def test_a_form_may_allow_a_family_of_types(api: Api) -> None:
    form = api.call("POST", "files/users/form/b?form", {"content_type": "image/*"}).value
    assert "Content-Type" not in form["fields"]
    assert _post(form, b"1", **{"Content-Type": "text/html"}) == 403
    assert _post(form, b"1", **{"Content-Type": "image/webp"}) == 204
    free = api.call("POST", "files/users/form/c?form").value
    assert _post(free, b"", **{"Content-Type": "text/plain"}) == 204


@pytest.mark.parametrize(
    "wish",
    [
        {"min_size": 5, "max_size": 4},
        {"max_size": -1},
        {"content_type": "*"},
        {"content_type": "image"},
        {"content_type": "image/*/*"},
        {"size": 3},
    ],
)
def test_forms_that_make_no_sense(api: Api, wish: Any) -> None:
    assert api.call("POST", "files/users/form/d?form", wish).status == 400


def _content(size: int) -> bytes:
    return os.urandom(1024) * (size // 1024) + b"e" * (size % 1024)


def _put(part: Any, content: bytes, part_size: int = PART) -> int:
    start = (part["part_number"] - 1) * part_size
    piece = content[start : start + part["size"]]
    return send("PUT", part["url"], piece, part["headers"]).status


def test_a_file_in_parts_is_resumed_and_checked(api: Api) -> None:
    content = _content(2 * PART + 100)
    path = "files/users/parts/big.bin"
    wish = {"size": len(content), "part_size": PART, "content_type": "application/x-big"}
    begun = api.call("POST", f"{path}?uploads", wish).value
    assert [one["size"] for one in begun["parts"]] == [PART, PART, 100]
    assert _put(begun["parts"][1], content) == 200

    there = api.call("GET", f"{path}?uploadId={begun['upload_id']}").value
    assert [one["part_number"] for one in there["uploaded"]] == [2]
    assert there["uploaded"][0]["etag"] == hashlib.md5(content[PART : 2 * PART]).hexdigest()
    assert [one["part_number"] for one in there["parts"]] == [1, 3]

    early = api.call("POST", f"{path}?uploadId={begun['upload_id']}")
    assert (early.status, early.value["missing"]) == (409, [1, 3])
    with ThreadPoolExecutor(2) as pool:
        assert set(pool.map(lambda part: _put(part, content), there["parts"])) == {200}

    digest = hashlib.sha256(content).hexdigest()
    done = api.call("POST", f"{path}?uploadId={there['upload_id']}", {"sha256": digest})
    assert (done.status, done.value["sha256"]) == (200, digest)
    assert (done.value["size"], done.value["content_type"]) == (len(content), "application/x-big")
    assert send("GET", done.value["presigned_get_url"]).body == content
    gone = api.call("GET", f"{path}?uploadId={begun['upload_id']}")
    assert (gone.status, gone.kind) == (404, "NoSuchUpload")


def test_parts_may_be_named_by_their_etags(api: Api) -> None:
    content = _content(PART + 1)
    path = "files/users/parts/named.bin"
    begun = api.call("POST", f"{path}?uploads", {"size": len(content), "part_size": PART}).value
    made = []
    for part in begun["parts"]:
        start = (part["part_number"] - 1) * PART
        piece = content[start : start + part["size"]]
        answer = send("PUT", part["url"], piece, part["headers"])
        made.append({"part_number": part["part_number"], "etag": answer.headers["etag"]})
    finish = f"{path}?uploadId={begun['upload_id']}"
    assert api.call("POST", finish, {"parts": made[:1]}).kind == "InvalidPart"
    wrong = [{**made[0], "etag": "0" * 32}, made[1]]
    assert api.call("POST", finish, {"parts": wrong}).kind == "InvalidPart"
    assert api.call("POST", finish, {"parts": made}).status == 200


def test_a_part_is_bound_to_its_size(api: Api) -> None:
    begun = api.call(
        "POST", "files/users/parts/bound.bin?uploads", {"size": PART + 9, "part_size": PART}
    ).value
    last = begun["parts"][1]
    for content in (b"1" * 8, b"1" * 10, b""):
        assert send("PUT", last["url"], content).status == 403
    other = last["url"].replace("partNumber=2", "partNumber=3")
    assert send("PUT", other, b"1" * 9, last["headers"]).status == 403
    assert send("PUT", last["url"], b"1" * 9, last["headers"]).status == 200


def test_an_upload_can_be_thrown_away(api: Api, running_store: Store) -> None:
    path = "files/users/parts/gone.bin"
    begun = api.call("POST", f"{path}?uploads", {"size": 9}).value
    assert _put(begun["parts"][0], b"123456789") == 200
    assert api.call("DELETE", f"{path}?uploadId={begun['upload_id']}").status == 204
    assert api.call("DELETE", f"{path}?uploadId={begun['upload_id']}").status == 404
    assert api.call("HEAD", path).status == 404


def test_an_upload_is_for_the_file_it_was_begun_for(api: Api, guarded: Api) -> None:
    begun = api.call("POST", "files/users/parts/mine.bin?uploads", {"size": 9}).value
    sealed = begun["upload_id"]
    for path in (
        "files/users/parts/other.bin",
        "files/users/parts/mine.bin?user=alice",
        "files/models/parts/mine.bin",
    ):
        mark = "&" if "?" in path else "?"
        for method in ("GET", "POST", "DELETE"):
            assert api.call(method, f"{path}{mark}uploadId={sealed}").status == 404
    for forged in (sealed[:-2], "A" + sealed[1:], sealed + "AA", "", "é", "x" * 4000):
        encoded = forged.replace("é", "%C3%A9")
        refused = api.call("GET", f"files/users/parts/mine.bin?uploadId={encoded}")
        assert (refused.status, refused.kind) == (404, "NoSuchUpload")


@pytest.mark.parametrize(
    "wish",
    [
        None,
        {},
        {"size": 0},
        {"size": 10, "part_size": 1024},
        {"size": 10, "part_size": 6 * 1024**3},
        {"size": 6 * 1024**4},
        {"size": 100 * 1024**3, "part_size": PART},
    ],
)
def test_parts_that_make_no_sense(api: Api, wish: Any) -> None:
    refused = api.call("POST", "files/users/parts/no.bin?uploads", wish)
    assert refused.status in {400, 413}


def test_a_new_file_in_parts_replaces_none(api: Api) -> None:
    path = "files/users/parts/new.bin"
    wish = {"size": 3, "overwrite": False}
    begun = api.call("POST", f"{path}?uploads", wish).value
    assert _put(begun["parts"][0], b"123") == 200
    api.upload(path, b"somebody was faster")
    late = api.call("POST", f"{path}?uploadId={begun['upload_id']}")
    assert (late.status, late.kind) == (412, "FileExists")
    assert api.call("POST", f"{path}?uploads", wish).kind == "FileExists"
    assert api.call("POST", f"{path}?uploads", {"size": 3, "overwrite": True}).status == 200


@pytest.fixture
def small(world: World) -> Iterator[Api]:
    """Boxes of a thousand bytes."""
    boxes = (Box("users", 1000), Box("models", 1000))
    name = f"small{os.urandom(4).hex()}"
    with world.api(CompiledApplication(name, boxes, FilesApi("files"))) as running:
        yield running


def test_no_link_is_given_out_for_what_does_not_fit(small: Api) -> None:
    refused = small.call("PUT", "files/users/a/big", {"size": 1001})
    assert (refused.status, refused.kind) == (413, "QuotaExceeded")
    assert "1000 bytes" in refused.message
    assert small.call("POST", "files/users/a/big?uploads", {"size": 1001}).status == 413
    assert small.call("POST", "files/users/a/big?form", {"max_size": 1001}).status == 413
    assert small.call("POST", "files/users/a/big?form").value["max_size"] == 1000
    assert small.call("PUT", "files/users/a/big", {"size": 1000}).status == 200


def test_a_full_box_takes_nothing_but_what_replaces(small: Api) -> None:
    small.upload("files/users/a/1", b"x" * 1000)
    assert small.call("POST", "files/users/a/1?complete").status == 200
    assert small.call("PUT", "files/users/a/2").status == 413
    assert small.call("PUT", "files/users/a/2", {"size": 1}).status == 413
    assert small.call("PUT", "files/users/a/2?user=alice").status == 413
    assert small.call("PUT", "files/models/a/2", {"size": 1000}).status == 200
    assert small.call("PUT", "files/users/a/1", {"size": 1000, "overwrite": True}).status == 200
    assert small.call("PUT", "files/users/a/1", {"size": 1001, "overwrite": True}).status == 413
    assert small.call("GET", "files/users/a/1").value["presigned_put_url"]
    assert small.call("DELETE", "files/users/a/1").status == 204
    assert small.call("PUT", "files/users/a/2").status == 200


def test_what_was_too_much_is_removed_when_it_is_announced(small: Api) -> None:
    small.upload("files/users/a/1", b"x" * 600)
    assert small.call("POST", "files/users/a/1?complete").status == 200
    assert small.upload("files/users/a/2", b"x" * 600).status == 200
    over = small.call("POST", "files/users/a/2?complete")
    assert (over.status, over.kind) == (413, "QuotaExceeded")
    assert small.call("HEAD", "files/users/a/2").status == 404
    assert small.call("HEAD", "files/users/a/1").status == 200


def test_of_many_at_once_as_many_stay_as_fit(small: Api) -> None:
    names = [f"files/users/many/{number}" for number in range(12)]
    with ThreadPoolExecutor(12) as pool:
        uploaded = list(pool.map(lambda name: small.upload(name, b"x" * 300).status, names))
        assert set(uploaded) == {200}
        done = list(pool.map(lambda name: small.call("POST", f"{name}?complete").status, names))
    left = small.call("GET", "files/users/many/").value["files"]
    assert len(left) <= 3
    assert sorted(set(done)) in ([200, 413], [413])
    assert done.count(413) == 12 - len(left)


def test_an_upload_in_parts_over_the_quota_is_removed(small: Api) -> None:
    begun = small.call("POST", "files/users/a/parts?uploads", {"size": 900}).value
    small.upload("files/users/a/1", b"x" * 600)
    assert _put(begun["parts"][0], b"p" * 900) == 200
    over = small.call("POST", f"files/users/a/parts?uploadId={begun['upload_id']}")
    assert (over.status, over.kind) == (413, "QuotaExceeded")
    assert small.call("HEAD", "files/users/a/parts").status == 404

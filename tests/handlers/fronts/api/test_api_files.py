"""Files by links: given out, used, looked at, listed, removed."""

from __future__ import annotations

import base64
import hashlib
import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.handlers.fronts.api.api_world import Api, Store, send

CONTENT = b"some bytes of a picture"


def test_a_file_goes_up_and_comes_down(api: Api, running_store: Store) -> None:
    given = api.call("PUT", "files/users/first/picture.png")
    assert given.status == 200
    links = given.value
    assert links["key"] == "shop/users/users/developer/file_groups/first/picture.png"
    assert links["expires"] == 900
    assert links["headers"] == {}
    assert send("PUT", links["presigned_put_url"], CONTENT).status == 200
    found = api.call("GET", "files/users/first/picture.png").value
    assert (found["size"], found["path"]) == (len(CONTENT), "first/picture.png")
    assert send("GET", found["presigned_get_url"]).body == CONTENT
    assert running_store.keys("shop/users/users/developer/file_groups/first/") == [links["key"]]


def test_as_the_platforms_documents_say_with_curl(api: Api, tmp_path: Path) -> None:
    local = tmp_path / "example.png"
    local.write_bytes(CONTENT)
    url = f"{api.url}/files/users/data/images/example.png"
    asked = _curl("-X", "PUT", "-H", "Content-Type: application/json", url)
    link = str(json.loads(asked)["presigned_put_url"])
    assert _curl("-X", "PUT", "-T", str(local), link) == b""
    found = json.loads(_curl(url))
    assert _curl(found["presigned_get_url"]) == CONTENT


def _curl(*arguments: str) -> bytes:
    words = ["curl", "-sS", "--fail-with-body", *arguments]
    done = subprocess.run(words, check=False, capture_output=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_an_existing_file_is_refused_with_both_links(api: Api) -> None:
    api.upload("files/users/again/a.txt", b"old")
    refused = api.call("PUT", "files/users/again/a.txt")
    assert (refused.status, refused.kind) == (400, "FileExists")
    assert send("GET", refused.value["presigned_get_url"]).body == b"old"
    assert send("PUT", refused.value["presigned_put_url"], b"newer").status == 200
    allowed = api.call("PUT", "files/users/again/a.txt", {"overwrite": True})
    assert allowed.status == 200
    assert send("PUT", allowed.value["presigned_put_url"], b"newest").status == 200
    assert send("GET", allowed.value["presigned_get_url"]).body == b"newest"


def _wish(content: bytes, **others: Any) -> dict[str, Any]:
    return {
        "size": len(content),
        "content_type": "image/png",
        "sha256": hashlib.sha256(content).hexdigest(),
        **others,
    }


def test_a_bound_link_names_the_headers_to_send(api: Api) -> None:
    links = api.call("PUT", "files/users/bound/a.png", _wish(CONTENT, overwrite=False)).value
    digest = base64.b64encode(hashlib.sha256(CONTENT).digest()).decode()
    assert links["headers"] == {
        "content-length": str(len(CONTENT)),
        "content-type": "image/png",
        "x-amz-checksum-sha256": digest,
        "if-none-match": "*",
    }
    assert links["expires"] == 3600
    put = links["presigned_put_url"]
    assert send("PUT", put, CONTENT, links["headers"]).status == 200
    assert send("PUT", put, CONTENT, links["headers"]).status == 412, "only once"
    done = api.call("POST", "files/users/bound/a.png?complete", _wish(CONTENT) | {}).status
    assert done == 400, "a type is nothing that can be checked afterwards"
    checked = {key: value for key, value in _wish(CONTENT).items() if key != "content_type"}
    done_value = api.call("POST", "files/users/bound/a.png?complete", checked).value
    assert done_value["sha256"] == checked["sha256"]
    assert done_value["content_type"] == "image/png"


@pytest.mark.parametrize(
    ("content", "headers", "status"),
    [
        (b"x" * 24, {}, 403),
        (b"x" * 22, {}, 403),
        (b"", {}, 403),
        (CONTENT, {"content-type": "text/html"}, 403),
        (CONTENT, {"content-type": None}, 403),
        (CONTENT, {"x-amz-checksum-sha256": None}, 403),
        (CONTENT, {"x-amz-checksum-sha256": base64.b64encode(b"0" * 32).decode()}, 403),
        (CONTENT, {"if-none-match": None}, 403),
        (CONTENT, {"x-amz-acl": "public-read"}, 403),
        (CONTENT, {"x-amz-meta-more": "1"}, 403),
        (b"SOME bytes of a picture", {}, 400),
        (CONTENT, {}, 200),
    ],
)
def test_the_store_refuses_what_the_link_is_not_for(
    api: Api, content: bytes, headers: dict[str, str | None], status: int
) -> None:
    links = api.call("PUT", "files/users/tight/a.png", _wish(CONTENT, overwrite=False)).value
    sent = {
        **links["headers"],
        **{key: value for key, value in headers.items() if value is not None},
    }
    for name in [key for key, value in headers.items() if value is None]:
        del sent[name]
    sent["content-length"] = str(len(content))
    assert send("PUT", links["presigned_put_url"], content, sent).status == status


def test_a_link_is_for_one_method_and_one_file(api: Api) -> None:
    api.upload("files/users/one/b.txt", b"b")
    links = api.call("PUT", "files/users/one/a.txt").value
    put = links["presigned_put_url"]
    assert send("GET", put).status == 403
    assert send("DELETE", put).status == 403
    assert send("PUT", put.replace("a.txt", "b.txt"), b"!").status == 403
    assert send("PUT", put.replace("developer", "alice"), b"!").status == 403
    assert send("PUT", put.replace("/shop/", "/other/"), b"!").status == 403
    assert send("PUT", links["presigned_get_url"], b"!").status == 403


@pytest.mark.parametrize(
    ("body", "word"),
    [
        (b"[]", "body"),
        (b"{", "JSON"),
        (b'"text"', "body"),
        (b"\xff\xfe", "JSON"),
        (b'{"size": -1}', "size"),
        (b'{"size": "3"}', "size"),
        (b'{"size": 1.5}', "size"),
        (b'{"size": true}', "size"),
        (b'{"size": 99999999999999}', "size"),
        (b'{"sise": 1}', "sise"),
        (b'{"sha256": "abc"}', "sha256"),
        (b'{"content_type": "png"}', "content_type"),
        (b'{"content_type": "image/png\\r\\nx-amz-acl: public-read"}', "content_type"),
        (b'{"overwrite": "yes"}', "overwrite"),
    ],
)
def test_wishes_that_make_no_sense_are_named(api: Api, body: bytes, word: str) -> None:
    refused = api.call("PUT", "files/users/wish/a.txt", body=body)
    assert refused.status == 400
    assert word in refused.message


def test_a_wish_may_not_be_endless(api: Api) -> None:
    refused = api.call("PUT", "files/users/wish/a.txt", body=b" " * (1024**2 + 1))
    assert (refused.status, refused.kind) == (413, "BodyTooLarge")


def test_what_is_not_there(api: Api) -> None:
    missing = api.call("GET", "files/users/none/a.txt")
    assert (missing.status, missing.kind) == (404, "NotFound")
    assert api.call("HEAD", "files/users/none/a.txt").status == 404
    assert api.call("DELETE", "files/users/none/a.txt").status == 404
    assert api.call("POST", "files/users/none/a.txt?complete").status == 404
    assert api.call("HEAD", "files/users/none/").status == 404
    box = api.call("GET", "files/user/none/a.txt")
    assert (box.status, "did you mean 'users'" in box.message) == (404, True)


def test_head_and_delete(api: Api, running_store: Store) -> None:
    api.upload("files/users/short/a.txt", b"12345")
    head = api.call("HEAD", "files/users/short/a.txt")
    assert (head.status, head.headers["x-file-size"], head.body) == (200, "5", b"")
    assert api.call("HEAD", "files/users/short/").status == 200
    assert api.call("DELETE", "files/users/short/a.txt").status == 204
    assert api.call("GET", "files/users/short/a.txt").status == 404
    assert running_store.keys("shop/users/users/developer/file_groups/short/") == []


def test_a_group_is_removed_only_when_that_is_meant(api: Api) -> None:
    for name in ("a", "b/c", "b/d"):
        api.upload(f"files/users/heap/{name}.txt", b"1")
    api.upload("files/users/heap2/e.txt", b"1")
    refused = api.call("DELETE", "files/users/heap/")
    assert (refused.status, "recursive" in refused.message) == (400, True)
    assert api.call("DELETE", "files/users/heap/?recursive=true").value == {"deleted": 3}
    assert api.call("GET", "files/users/heap/").value["files"] == []
    assert api.call("HEAD", "files/users/heap2/e.txt").status == 200


def test_a_listing_has_files_and_groups(api: Api) -> None:
    for name in ("b.txt", "a.txt", "sub/x.txt", "sub/deep/y.txt", "sub0/z.txt"):
        api.upload(f"files/users/list/{name}", name.encode())
    found = api.call("GET", "files/users/list").value
    assert [one["name"] for one in found["files"]] == ["a.txt", "b.txt"]
    assert found["files"][0]["path"] == "list/a.txt"
    assert (found["files"][0]["size"], found["next"]) == (5, None)
    assert found["files"][0]["etag"] == hashlib.md5(b"a.txt").hexdigest()
    assert found["files"][0]["modified"].endswith("Z")
    assert found["groups"] == ["sub", "sub0"]
    assert api.call("GET", "files/users/list/sub/").value["groups"] == ["deep"]
    assert "list" in api.call("GET", "files/users/").value["groups"]
    assert api.call("GET", "files/users/nothing/").value["files"] == []


def test_a_listing_comes_in_pages(api: Api) -> None:
    names = ["a.txt", "b.txt", "c/1.txt", "c/2.txt", "c.txt", "c0.txt", "d/1.txt", "é.txt", "z"]
    for name in names:
        api.upload(f"files/models/pages/{name.replace('é', '%C3%A9')}", b"1")
    whole = ["a.txt", "b.txt", "c.txt", "c/", "c0.txt", "d/", "z", "é.txt"]
    for limit in (1, 2, 3, 7, 8, 1000):
        seen: list[str] = []
        after: str | None = ""
        while after is not None:
            query = f"?limit={limit}&after={after.replace('é', '%C3%A9').replace('/', '%2F')}"
            page = api.call("GET", f"files/models/pages/{query}").value
            entries = [one["name"] for one in page["files"]]
            entries += [f"{one}/" for one in page["groups"]]
            assert len(entries) <= limit
            seen += sorted(entries, key=str.encode)
            after = page["next"]
        assert seen == whole
    for bad in ("limit=0", "limit=1001", "limit=x", "limit=-1", "after=..%2F", "after=a%2Fb"):
        assert api.call("GET", f"files/models/pages/?{bad}").status == 400


def test_how_long_a_link_lives_can_be_said(api: Api) -> None:
    api.upload("files/users/long/a.txt", b"1")
    links = api.call("GET", "files/users/long/a.txt?expires=86400").value
    assert (links["expires"], "X-Amz-Expires=86400" in links["presigned_get_url"]) == (86400, True)
    assert "X-Amz-Expires=900" in links["presigned_put_url"]
    for bad in ("0", "604801", "-1", "x", ""):
        assert api.call("GET", f"files/users/long/a.txt?expires={bad}").status == 400


def test_complete_tells_when_a_file_is_another(api: Api) -> None:
    path = "files/users/check/a.txt"
    api.upload(path, CONTENT)
    assert api.call("POST", f"{path}?complete").value["size"] == len(CONTENT)
    wrong_size = api.call("POST", f"{path}?complete", {"size": 3})
    assert (wrong_size.status, wrong_size.kind) == (409, "SizeMismatch")
    wrong_hash = api.call("POST", f"{path}?complete", {"sha256": "0" * 64})
    assert (wrong_hash.status, wrong_hash.kind) == (409, "ChecksumMismatch")
    right = hashlib.sha256(CONTENT).hexdigest()
    assert api.call("POST", f"{path}?complete", {"sha256": right}).value["sha256"] == right


def test_post_says_what_it_takes(api: Api) -> None:
    for query in ("", "?complete&form", "?uploadid=3"):
        refused = api.call("POST", f"files/users/post/a.txt{query}")
        assert (refused.status, "?complete" in refused.message) == (400, True)
    for method in ("PUT", "POST"):
        assert api.call(method, "files/users/group?complete").kind == "NotAFile"
    refused = api.call("PATCH", "files/users/post/a.txt")
    assert (refused.status, refused.kind) == (405, "MethodNotAllowed")

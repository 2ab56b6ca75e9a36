"""Which path names what, and which names nobody may have."""

from __future__ import annotations

from urllib.parse import quote

import pytest

from tests.handlers.fronts.api.api_world import Api, Store, send


@pytest.mark.parametrize(
    ("path", "group"),
    [
        ("data", "data"),
        ("example.png", "example.png"),
        ("data/", "data"),
        ("data/images/", "data/images"),
        ("data/images/a.b/", "data/images/a.b"),
        ("%64ata", "data"),
        ("", ""),
    ],
)
def test_paths_of_groups(api: Api, path: str, group: str) -> None:
    found = api.call("GET", f"files/users/{path}")
    assert (found.status, found.value["group"]) == (200, group)
    assert api.call("PUT", f"files/users/{path}").kind == "NotAFile"


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("data/example.png", "data/example.png"),
        ("data/images/example.png", "data/images/example.png"),
        ("data/images/example", "data/images/example"),
        ("data/no.dots/.hidden", "data/no.dots/.hidden"),
        ("data/...dots", "data/...dots"),
        ("data/a%20b", "data/a b"),
        ("data/50%25", "data/50%"),
        ("data/%2e%2e%2e.txt", "data/....txt"),
        ("data/%D1%84%D0%B0%D0%B9%D0%BB.png", "data/файл.png"),
        ("data/a+b=c&d", "data/a+b=c&d"),
        ("data/" + "n" * 255, "data/" + "n" * 255),
    ],
)
def test_paths_of_files(api: Api, running_store: Store, path: str, name: str) -> None:
    links = api.call("PUT", f"files/users/{path}", {"overwrite": True})
    assert (links.status, links.value["path"]) == (200, name)
    assert send("PUT", links.value["presigned_put_url"], name.encode()).status == 200
    key = f"shop/users/users/developer/file_groups/{name}"
    assert links.value["key"] == key
    assert key in running_store.keys("shop/users/users/developer/file_groups/data/")
    got = api.call("GET", f"files/users/{path}").value["presigned_get_url"]
    assert send("GET", got).body == name.encode()


_NAMES = [
    "..",
    ".",
    "%2e%2e",
    "%2E%2E",
    ".%2e",
    "%2e",
    "a%2fb",
    "a%2Fb",
    "%2f",
    "..%2f..%2fother",
    "a%5cb",
    "a\\b",
    "..%5c..%5cother",
    "%00",
    "a%00b",
    "a%00.png",
    "a%0ab",
    "a%0d%0ab",
    "a%09b",
    "a%7fb",
    "%1b[31m",
    "a%c2%85b",
    "%20a",
    "a%20",
    "%c2%a0a",
    "a%e3%80%80",
    "%e2%80%8ba",
    "a%e2%80%8db",
    "%e2%80%aetxt.exe",
    "%ef%bb%bfa",
    "%c2%ad",
    "a%ef%bc%8fb",
    "a%ef%bc%bcb",
    "%e2%80%a5",
    "%ef%bc%8e%ef%bc%8e",
    "%e2%80%a4%e2%80%a4",
    "e%cc%81.png",
    "%ff",
    "%c0%ae%c0%ae",
    "%c0%af",
    "%ed%a0%80",
    "%f0%9f",
    "%cd%b8",
    "%ee%80%80",
    "n" * 256,
    quote("ф" * 128),
    "%e2%80%a8",
]


@pytest.mark.parametrize("name", _NAMES)
def test_names_that_nobody_may_have(api: Api, running_store: Store, name: str) -> None:
    before = running_store.keys()
    for path in (f"{name}/file.txt", f"group/{name}", f"group/{name}/file.txt", f"group/{name}/"):
        for method in ("PUT", "GET", "DELETE"):
            refused = api.call(method, f"files/users/{path}")
            assert (refused.status, refused.kind) == (400, "NameRefused"), path
            assert len(refused.message) > 10
        assert api.call("POST", f"files/users/{path}?form").status == 400
    assert running_store.keys() == before


@pytest.mark.parametrize(
    "path",
    [
        "files/users//a.txt",
        "files/users/data//a.txt",
        "files/users/data//",
        "files/users//",
        "files/users/../../models/users/developer/file_groups/a/b",
        "files/users/data/../../../alice/file_groups/a/b",
        "files/users/" + "/".join(["n" * 200] * 6),
    ],
)
def test_paths_that_lead_nowhere(api: Api, path: str) -> None:
    assert api.call("PUT", path).status == 400


@pytest.mark.parametrize(
    "path",
    [
        "files",
        "files/",
        "files/nobody/a/b",
        "files/../files/users/a/b",
        "files/%2e%2e/users/a/b",
        "files/users%2fa/b",
        "files%2fusers/a/b",
        "%66iles/users/a/b",
        "files/users%00/a/b",
        "files/%ff/a/b",
        "Files/users/a/b",
        "nothing",
        "../shop/files/users/a/b",
    ],
)
def test_what_is_no_box_is_not_found(api: Api, path: str) -> None:
    refused = api.call("PUT", path)
    assert (refused.status, refused.kind) == (404, "NotFound")


def test_a_gateway_may_cut_the_namespace_off(api: Api) -> None:
    root = api.url.removesuffix("/shop")
    cut = {"x-forwarded-prefix": "/shop"}
    assert send("GET", f"{root}/files/users/data/", headers=cut).status == 200
    assert send("GET", f"{root}/shop/files/users/data/", headers=cut).status == 404
    assert send("GET", f"{root}/files/users/data/").status == 200
    assert send("GET", f"{root}/shop/files/users/data/").status == 200
    assert send("GET", f"{root}/shopping/files/users/data/").status == 404

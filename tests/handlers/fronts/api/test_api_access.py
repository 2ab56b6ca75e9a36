"""Passwords, whose area is meant, and what strangers get to see."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import bcrypt
import pytest

from handlers.contract import application
from handlers.contract.application import (
    Access,
    Box,
    CompiledApplication,
    FilesApi,
    FunctionApi,
    Provider,
)
from handlers.fronts.api.htpasswd import Verifier
from handlers.fronts.api.passwords import Claim, Passwords, SecretRefusedError, parse_secret
from tests.handlers.fronts.api.api_world import ROOT, Api, World, basic, send

ALICE, BOB = basic("alice", "alice-pass"), basic("bob", "bob-pass")
DEVELOPER = basic("developer", "dev-pass")


@pytest.mark.parametrize(
    "headers",
    [
        {},
        basic("alice", "wrong"),
        basic("alice", ""),
        basic("alice", "alice-pass "),
        basic("Alice", "alice-pass"),
        basic("nobody", "alice-pass"),
        basic("", ""),
        {"authorization": "Basic"},
        {"authorization": "Basic !!!"},
        {"authorization": "Basic YWxpY2U="},
        {"authorization": "alice:alice-pass"},
        {"authorization": "Bearer abc"},
        {"authorization": ""},
        {"authorization": DEVELOPER["authorization"] + "x"},
        {"x-faasctl-identity": "YWxpY2U:9999999999:00"},
    ],
)
def test_strangers_are_refused(guarded: Api, headers: dict[str, str]) -> None:
    for method, path in (
        ("GET", "files/users/"),
        ("PUT", "files/users/a/b"),
        ("PUT", "files/nobox/a/b"),
        ("DELETE", "files/users/a/b"),
        ("POST", "files/users/a/../b?form"),
    ):
        refused = guarded.call(method, path, headers=headers)
        assert (refused.status, refused.kind) == (401, "Unauthenticated")
        assert refused.headers["www-authenticate"].startswith("Basic realm=")


def test_everybody_has_an_area(guarded: Api) -> None:
    assert guarded.upload("files/users/mine/a.txt", b"alice's", ALICE).status == 200
    assert guarded.upload("files/users/mine/a.txt", b"bob's", BOB).status == 200
    for who, content in ((ALICE, b"alice's"), (BOB, b"bob's")):
        link = guarded.call("GET", "files/users/mine/a.txt", headers=who).value
        assert send("GET", link["presigned_get_url"]).body == content
    assert guarded.call("GET", "files/users/mine/a.txt", headers=DEVELOPER).status == 404


def test_only_the_developer_may_name_another(guarded: Api) -> None:
    guarded.upload("files/users/named/a.txt", b"1", ALICE)
    path = "files/users/named/a.txt?user=alice"
    assert guarded.call("GET", path, headers=DEVELOPER).value["user"] == "alice"
    assert guarded.call("GET", path, headers=ALICE).status == 200
    for method in ("GET", "PUT", "DELETE", "HEAD"):
        assert guarded.call(method, path, headers=BOB).status == 403
    assert guarded.call("POST", f"{path}&complete", headers=BOB).kind == "Forbidden"
    for name in ("", "..", "a/b", "%2e%2e%2fbob", "x" * 129, "a%00"):
        refused = guarded.call("GET", f"files/users/x/?user={name}", headers=DEVELOPER)
        assert (refused.status, refused.kind) == (400, "NameRefused")
    assert guarded.call("GET", "files/users/x/?user=developer", headers=ALICE).status == 403


def test_without_pass_through_everybody_works_in_the_developers_area(world: World) -> None:
    files = FilesApi("files", Access("USERS"))
    compiled = CompiledApplication("shared", (Box("users", 10**9),), files)
    with world.api(compiled, USERS={"alice": "alice-pass", "developer": "dev-pass"}) as api:
        found = api.call("GET", "files/users/", headers=ALICE)
        assert (found.status, found.value["user"]) == (200, "developer")
        assert api.call("GET", "files/users/?user=bob", headers=ALICE).status == 403
        assert api.call("GET", "files/users/?user=bob", headers=DEVELOPER).status == 200
        assert api.call("GET", "files/users/").status == 401


def test_applications_do_not_see_each_other(api: Api, guarded: Api) -> None:
    api.upload("files/users/secret/a.txt", b"1")
    for path in ("secret/a.txt", "..%2f..%2fshop/users/secret/a.txt"):
        assert guarded.call("GET", f"files/users/{path}", headers=DEVELOPER).status in {400, 404}
    assert guarded.call("GET", "files/models/a/b", headers=DEVELOPER).status == 404


def test_logs_hold_no_credentials(guarded: Api) -> None:
    guarded.upload("files/users/logged/a.txt", b"1", ALICE)
    guarded.call("GET", "files/users/logged/a.txt?user=bob&token=canary", headers=ALICE)
    guarded.call("GET", "files/users/", headers=basic("alice", "canary-wrong"))
    text = guarded.log.read_text()
    lines = [json.loads(line) for line in text.splitlines()]
    assert {one["path"] for one in lines if one["event"] == "request"} >= {
        "/files/users/logged/a.txt"
    }
    encoded = ALICE["authorization"].split()[1]
    for canary in ("alice-pass", "canary", encoded, "X-Amz-", "dev-pass"):
        assert canary not in text


def _users(**secret: str) -> Passwords:
    return Passwords(parse_secret(json.dumps(secret)))


_BCRYPT = bcrypt.hashpw(b"right", bcrypt.gensalt(4)).decode()
_LONG = "r" * 100
_SHA = base64.b64encode(hashlib.sha1(b"right").digest()).decode()
_SSHA = base64.b64encode(hashlib.sha1(b"rightsalt").digest() + b"salt").decode()


@pytest.mark.parametrize(
    "secret",
    [
        {"alice": "right"},
        {"alice": "right", "bob": "other"},
        {"username": "alice", "password": "right"},
        {"auth": f"alice:{_BCRYPT}"},
        {"auth": f"alice:{_BCRYPT.replace('$2b$', '$2y$')}\n"},
        {"auth": "alice:$apr1$aNBTXMxU$2y3vjM8yZU2WSbE3eDuJm."},
        {"auth": f"alice:{{SHA}}{_SHA}"},
        {"auth": f"alice:{{SSHA}}{_SSHA}"},
        {"auth": "alice:right"},
        {"auth": "alice:{PLAIN}right"},
        {"auth": "# users\r\n\r\nbob:other\r\nalice:right\r\n"},
        {"auth": f"bob:{_BCRYPT}", "alice": "right"},
    ],
)
def test_layouts_of_the_secret(secret: dict[str, str]) -> None:
    if "apr1" in secret.get("auth", ""):
        made = subprocess.run(
            ["openssl", "passwd", "-apr1", "right"], capture_output=True, text=True, check=False
        )
        if made.returncode == 0:
            secret = {"auth": f"alice:{made.stdout.strip()}"}
        else:
            pytest.skip("openssl is not installed")
    users = _users(**secret)
    for _ in range(2):
        assert users.verify(Claim("alice", "right"))
        for user, password in (
            ("alice", "wrong"),
            ("alice", ""),
            ("alice", "right\0"),
            ("alice", _LONG),
            ("mallory", "right"),
            ("auth", secret.get("auth", "")),
            ("username", "alice"),
            ("", ""),
        ):
            assert not users.verify(Claim(user, password))


def test_everybody_costs_as_much_as_the_dearest() -> None:
    asked: list[str] = []

    def counting(name: str, cost: int) -> Verifier:
        def matches(password: str) -> bool:
            asked.append(name)
            return password == name

        return Verifier(matches, cost)

    users = Passwords({"cheap": counting("cheap", 0), "dear": counting("dear", 10)})
    for user, expected in (("dear", 1), ("cheap", 1), ("mallory", 1), ("", 1)):
        assert not users.verify(Claim(user, "wrong"))
        assert asked.count("dear") == expected
        asked.clear()
    assert users.verify(Claim("cheap", "cheap"))
    asked.clear()
    assert users.verify(Claim("cheap", "cheap"))
    assert asked == [], "what was right is remembered"


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("{", "JSON"),
        ("[]", "object"),
        ('{"alice": 1}', "texts"),
        ("{}", "no user"),
        ('{"auth": ""}', "no user"),
        ('{"alice": ""}', "'alice' has no password"),
        ('{"auth": "alice:"}', "'alice' has no password"),
        ('{"auth": "alice"}', "'alice' has no password"),
        ('{"../alice": "canary"}', "a name can't be a user's"),
        ('{"auth": "alice:canary\\nalice:other"}', "'alice' is there twice"),
        ('{"auth": "alice:canary", "alice": "other"}', "'alice' is there twice"),
        ('{"auth": "alice:$6$salt$canary"}', "the scheme $6$"),
        ('{"auth": "alice:$1$salt$canary"}', "the scheme $1$"),
        ('{"auth": "alice:$argon2id$v=19$canary"}', "the scheme $argon2id$"),
        ('{"auth": "alice:{SSHA512}canary"}', "the scheme {SSHA512}"),
        ('{"auth": "alice:$2b$12$canary"}', "no whole bcrypt"),
        ('{"auth": "alice:{SHA}canary"}', "no whole SHA-1"),
        ('{"auth": "alice:$apr1$salt$canary"}', "no whole apr1"),
        ('{"auth": "alice:canarycanaryc"}', "crypt(3)"),
    ],
)
def test_secrets_that_can_not_be_used_say_why(text: str, word: str) -> None:
    with pytest.raises(SecretRefusedError) as caught:
        parse_secret(text)
    assert word in str(caught.value)
    assert "canary" not in str(caught.value)


_FILES = CompiledApplication("shop", (Box("users", 1),), FilesApi("files", Access("USERS")))
_TOKENS = CompiledApplication(
    "shop", (), None, (FunctionApi("f", "iris", "image", Access(oidc=Provider("http://x", "y"))),)
)


@pytest.mark.parametrize(
    ("compiled", "changes", "word"),
    [
        (_FILES, {}, "USERS is not set"),
        (_FILES, {"USERS": '{"auth": "alice:$6$s$h"}'}, "the scheme $6$"),
        (_FILES, {"USERS": '{"a": "b"}', "FAASCTL_S3_BUCKET": ""}, "FAASCTL_S3_BUCKET"),
        (_FILES, {"USERS": '{"a": "b"}', "FAASCTL_IDENTITY_KEY": ""}, "FAASCTL_IDENTITY_KEY"),
        (_TOKENS, {}, "FAASCTL_FUNCTIONS_URL"),
    ],
)
def test_it_does_not_start_without_what_it_needs(
    tmp_path: Path, compiled: CompiledApplication, changes: dict[str, str], word: str
) -> None:
    file = tmp_path / "application.json"
    file.write_text(application.dump(compiled))
    environment: dict[str, Any] = {
        "PATH": os.environ["PATH"],
        "FAASCTL_S3_ENDPOINT": "http://127.0.0.1:9",
        "FAASCTL_S3_BUCKET": "b",
        "FAASCTL_IDENTITY_KEY": "k",
        **changes,
    }
    program = [sys.executable, "-I", str(ROOT / "handlers" / "start_api.py"), str(file)]
    done = subprocess.run(program, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 3
    said = json.loads(done.stderr.splitlines()[-1])
    assert (said["event"], word in said["error"]["message"]) == ("startup_failed", True)


def test_pages_of_other_origins_may_not_write(api: Api) -> None:
    for site in ("cross-site", "same-site"):
        foreign = {"sec-fetch-site": site}
        refused = api.call("PUT", "files/users/foreign/a.txt", headers=foreign)
        assert (refused.status, refused.kind) == (403, "ForeignOrigin")
        answer = api.call("GET", "files/users/", headers={**foreign, "origin": "http://evil"})
        assert not any(name.startswith("access-control") for name in answer.headers)
    own = {"sec-fetch-site": "same-origin"}
    assert api.call("PUT", "files/users/foreign/a.txt", headers=own).status == 200


def test_compiled_applications_are_read_as_written() -> None:
    for one in (_FILES, _TOKENS, CompiledApplication("empty")):
        assert application.parse(application.dump(one)) == one


def _functions(*paths: str) -> str:
    functions = [{"name": "f", "component": "c", "path": path} for path in paths]
    return json.dumps({"format": 1, "namespace": "a", "functions": functions})


@pytest.mark.parametrize(
    "text",
    [
        "[]",
        "{}",
        '{"format": 2, "namespace": "a"}',
        '{"format": 1, "namespace": "a", "more": 1}',
        '{"format": 1, "namespace": "a", "boxes": [{"name": "b", "size": 1}]}',
        _functions("files"),
        _functions("application.json"),
        _functions("a/b"),
        _functions(""),
        _functions("x", "x"),
    ],
)
def test_other_handlers_json_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"compiled|not free"):
        application.parse(text)

"""Functions behind the application's door, in real processes, and what it says of itself."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from handlers.contract.application import (
    Access,
    Box,
    CompiledApplication,
    FilesApi,
    FunctionApi,
)
from tests.handlers.fronts.api.api_way import Seen, way
from tests.handlers.fronts.api.api_world import Api, Store, World, basic, send, start

USERS = {"developer": "dev-pass", "alice": "alice-pass", "bob": "bob-pass"}
ALICE, BOB = basic("alice", "alice-pass"), basic("bob", "bob-pass")
PASSING = Access("USERS", identity_pass_through=True)

SOURCE = '''
import os
import pathlib


def inference(parameters, inputs, output_fields, model_key, model):
    """Turns a picture upside down.

    :param inputs.picture: the picture
    :type inputs.picture: FILE(image/png), optional
    :param inputs.note: a remark
    :type inputs.note: str, optional
    :param outputs.picture: the same, upside down
    :type outputs.picture: FILE
    """
    given = {one["name"]: one["data"] for one in inputs}
    if given.get("note") == "fail":
        raise ValueError("the note says fail")
    if "picture" not in given:
        return [{"name": "echo", "datatype": "str", "data": given.get("note", "")}], model
    turned = pathlib.Path(given["picture"]).with_name("turned.png")
    turned.write_bytes(pathlib.Path(given["picture"]).read_bytes()[::-1])
    return [{"name": "picture", "datatype": "FILE", "data": str(turned)}], model
'''


@pytest.fixture(scope="module")
def function(tmp_path_factory: pytest.TempPathFactory, running_store: Store) -> Iterator[int]:
    """The port of a function that exchanges files of the box `users`."""
    folder = tmp_path_factory.mktemp("function")
    (folder / "user_code.py").write_text(SOURCE)
    compiled = {
        "format": 1,
        "namespace": "studio",
        "name": "turn",
        "interface": "inference",
        "function": "user_code.inference",
        "exchange": {"box": "users", "folder": "exchange"},
    }
    (folder / "component.json").write_text(json.dumps(compiled))
    environment = {**running_store.environment(), "TMPDIR": str(folder)}
    port, process, lifeline = start(
        "start.py", folder / "component.json", environment, folder / "log"
    )
    yield port
    os.close(lifeline)
    process.wait(20)


@dataclass
class Studio:
    api: Api
    seen: list[Seen]


@pytest.fixture(scope="module")
def studio(
    tmp_path_factory: pytest.TempPathFactory, running_store: Store, function: int
) -> Iterator[Studio]:
    compiled = CompiledApplication(
        "studio",
        (Box("users", 10**9),),
        FilesApi("files-api", PASSING),
        (
            FunctionApi("turn-api", "turn", "image", PASSING, max_body=1_000_000),
            FunctionApi("open-api", "turn", "open", Access()),
            FunctionApi("broken-api", "broken", "broken"),
            FunctionApi("hidden-api", "turn", "hidden", published=False),
        ),
    )
    seen: list[Seen] = []
    world = World(tmp_path_factory.mktemp("studio"), running_store)
    with way(function, seen) as world.functions, world.api(compiled, USERS=USERS) as api:
        yield Studio(api, seen)


def _note(text: str) -> dict[str, Any]:
    return {"inputs": [{"name": "note", "datatype": "str", "data": text}]}


def test_a_function_is_called_through_the_application(studio: Studio) -> None:
    answer = studio.api.call("POST", "image/predict?a=%2F&b=1", _note("hello"), ALICE)
    assert (answer.status, answer.value["outputs"][0]["data"]) == (200, "hello")
    assert studio.seen[-1].path == "/turn/predict?a=%2F&b=1"
    own = {"x-request-id": "mine-1", "accept": "application/json", **ALICE}
    answer = studio.api.call("POST", "image/predict", _note(""), own)
    assert answer.headers["x-request-id"] == "mine-1"
    seen = studio.seen[-1].headers
    assert (seen["x-request-id"], seen["accept"]) == ("mine-1", "application/json")


def test_a_function_is_told_who_calls_and_nothing_that_is_not_its_own(studio: Studio) -> None:
    forged = {"x-faasctl-identity": "forged", "x-forwarded-for": "1.2.3.4", "connection": "x-mine"}
    studio.api.call("POST", "image/predict", _note(""), {**ALICE, **forged, "x-mine": "1"})
    seen = studio.seen[-1].headers
    assert seen["x-faasctl-identity"].count(":") == 2
    assert not {"authorization", "x-forwarded-for", "x-mine"} & set(seen)
    studio.api.call("POST", "open/predict", _note(""), {"authorization": "Token its own"})
    assert studio.seen[-1].headers["authorization"] == "Token its own"


def test_files_go_through_the_callers_own_area(studio: Studio) -> None:
    studio.api.upload("files/users/in/p.png", b"alice", ALICE)
    studio.api.upload("files/users/in/p.png", b"robert", BOB)
    picture = {"name": "picture", "datatype": "FILE", "data": "in/p.png"}
    wanted = [{"name": "picture", "datatype": "FILE", "data": "out/turned.png"}]
    for who, content in ((ALICE, b"ecila"), (BOB, b"trebor")):
        body = {"inputs": [picture], "output_fields": wanted}
        answer = studio.api.call("POST", "image/predict", body, who)
        assert (answer.status, answer.value["outputs"][0]["data"]) == (200, "out/turned.png")
        link = studio.api.call("GET", "files/users/out/turned.png", headers=who).value
        assert send("GET", link["presigned_get_url"]).body == content
    missing = studio.api.call("POST", "open/predict", {"inputs": [picture]})
    assert (missing.status, "in/p.png" in missing.message) == (400, True), "developer's area"


def test_errors_are_passed_on_as_they_are(studio: Studio) -> None:
    failed = studio.api.call("POST", "image/predict", _note("fail"), ALICE)
    assert (failed.status, failed.kind) == (500, "ValueError")
    assert studio.api.call("POST", "image/predict", body=b"{", headers=ALICE).status == 400
    down = studio.api.call("POST", "broken/predict", _note(""))
    assert (down.status, down.kind) == (502, "FunctionUnreachable")


def test_bodies_stream_and_have_a_limit(studio: Studio) -> None:
    long = _note("x" * 900_000)
    assert studio.api.call("POST", "image/predict", long, ALICE).status == 200
    refused = studio.api.call("POST", "image/predict", _note("x" * 1_000_000), ALICE)
    assert (refused.status, refused.kind) == (413, "BodyTooLarge")
    chunked = {"transfer-encoding": "chunked", **ALICE}
    text = json.dumps(_note("hello")).encode()
    body = b"%x\r\n%b\r\n0\r\n\r\n" % (len(text), text)
    assert studio.api.call("POST", "image/predict", None, chunked, body).status == 200
    large = b"x" * 1_100_000
    body = b"%x\r\n%b\r\n0\r\n\r\n" % (len(large), large)
    assert studio.api.call("POST", "image/predict", None, chunked, body).status == 413


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "image/openapi.json", 200),
        ("GET", "image/docs", 200),
        ("GET", "image/docs/docs.css", 200),
        ("HEAD", "image/docs", 200),
        ("GET", "image/v2", 200),
        ("GET", "image/v2/models/turn", 200),
        ("GET", "image/v2/models/other", 404),
        ("GET", "image/v2/health/ready", 200),
        ("GET", "image", 307),
        ("GET", "image/", 307),
        ("GET", "image/predict", 405),
        ("GET", "image/metrics", 404),
        ("GET", "image/v2/../metrics", 400),
        ("GET", "image/v2/%2e%2e/metrics", 400),
        ("GET", "image/v2/..%2fmetrics", 400),
        ("GET", "image/docs/..", 400),
        ("POST", "hidden/predict", 404),
        ("GET", "hidden/openapi.json", 404),
        ("POST", "turn/predict", 404),
        ("POST", "image%2fpredict", 404),
    ],
)
def test_what_of_a_function_is_reached(studio: Studio, method: str, path: str, status: int) -> None:
    assert studio.api.call(method, path, headers=ALICE).status == status


def test_strangers_reach_nothing_of_a_guarded_function(studio: Studio) -> None:
    before = len(studio.seen)
    for path in ("predict", "v2/models/turn/infer"):
        assert studio.api.call("POST", f"image/{path}", _note("")).status == 401
    for path in ("openapi.json", "docs", "v2"):
        assert studio.api.call("GET", f"image/{path}").status == 401
    assert len(studio.seen) == before


def test_the_application_describes_itself_to_each_caller(studio: Studio) -> None:
    stranger = studio.api.call("GET", "application.json").value
    assert (stranger["user"], stranger["files"]["boxes"]) == (None, [])
    assert [one["allowed"] for one in stranger["functions"]] == [False, True, True]
    alice = studio.api.call("GET", "application.json", headers=ALICE).value
    assert (alice["namespace"], alice["user"]) == ("studio", "alice")
    assert alice["files"]["boxes"] == [{"name": "users", "capacity": 10**9, "url": "files/users/"}]
    first = alice["functions"][0]
    assert (first["component"], first["openapi"]) == ("turn", "image/openapi.json")
    assert (first["auth"], first["allowed"], first["area"]) == (["basic"], True, "alice")
    assert studio.api.call("GET", "application.json", headers=basic("alice", "x")).status == 401
    asked = studio.api.call("GET", "application.json?login")
    assert (asked.status, "www-authenticate" in asked.headers) == (401, True)


def test_the_openapi_document_wakes_nobody_unless_asked(studio: Studio) -> None:
    before = len(studio.seen)
    plain = studio.api.call("GET", "openapi.json", headers=ALICE).value
    assert len(studio.seen) == before
    assert set(plain["paths"]) == {
        "/files/{box}/{path}",
        "/image/predict",
        "/open/predict",
        "/broken/predict",
    }
    assert set(plain["paths"]["/files/{box}/{path}"]) == {"get", "head", "put", "post", "delete"}
    assert plain["paths"]["/image/predict"]["post"]["security"] == [{"basic": []}]
    assert "422" not in json.dumps(plain)
    assert "$ref" not in json.dumps(plain)
    whole = studio.api.call("GET", "openapi.json?functions", headers=ALICE).value
    assert "/image/v2/models/turn/infer" in whole["paths"]
    assert "upside down" in json.dumps(whole["paths"]["/image/predict"])
    assert "/image/metrics" not in whole["paths"]
    stranger = studio.api.call("GET", "openapi.json?functions").value
    assert "upside down" not in json.dumps(stranger["paths"]["/image/predict"])


def test_pages_come_with_a_policy_that_knows_the_store(studio: Studio, world: World) -> None:
    page = studio.api.call("GET", "docs/docs.css")
    assert page.status == 200
    policy = page.headers["content-security-policy"]
    assert f"connect-src 'self' {world.store.url}" in policy
    assert "script-src 'self';" in policy
    for name in ("../application.py", "..%2fapplication.py", "README.md", "nothing.js", "%00.js"):
        assert studio.api.call("GET", f"docs/{name}").status == 404
    home = studio.api.call("GET", "")
    assert home.status in {200, 307}


def test_an_api_that_is_not_published_is_not_there(world: World) -> None:
    compiled = CompiledApplication(
        "closed", (Box("users", 1),), FilesApi("files", Access("NOT_EVEN_SET"), published=False)
    )
    with world.api(compiled) as api:
        for method in ("GET", "PUT", "DELETE"):
            assert api.call(method, "files/users/a/b").kind == "NotFound"
        assert api.call("GET", "application.json").value["files"] is None
        assert api.call("GET", "openapi.json").value["paths"] == {}


def test_it_leaves_when_its_parent_does(world: World) -> None:
    compiled = CompiledApplication("brief", (Box("users", 1),), FilesApi("files"))
    with world.api(compiled) as api:
        pass
    assert api.process.returncode == 0
    events = [json.loads(line)["event"] for line in api.log.read_text().splitlines()]
    assert (events[0], events[-1]) == ("ready", "stopped")


def test_what_goes_wrong_in_the_store_is_said_without_its_secrets(
    world: World, tmp_path: Path
) -> None:
    store = Store("http://127.0.0.1:9", "key", "canary-secret")
    compiled = CompiledApplication("lost", (Box("users", 1),), FilesApi("files"))
    with World(tmp_path, store).api(compiled) as api:
        failed = api.call("GET", "files/users/a/b")
        assert (failed.status, failed.kind) == (502, "StorageFailed")
    assert "canary" not in api.log.read_text() + str(failed.body)

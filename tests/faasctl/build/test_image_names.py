"""Names of images, and who we are to their registries."""

from __future__ import annotations

import json
from base64 import b64encode
from pathlib import Path
from typing import Any

import pytest

from faasctl.build import credentials, references, wheels
from faasctl.build.credentials import Login
from faasctl.build.references import Reference
from faasctl.build.wheels import WheelTarget
from faasctl.errors import BuildError

DIGEST = f"sha256:{'a' * 64}"


@pytest.mark.parametrize(
    ("text", "expected", "host"),
    [
        ("python", Reference("docker.io", "library/python"), "registry-1.docker.io"),
        ("me/x:1", Reference("docker.io", "me/x", "1"), "registry-1.docker.io"),
        ("docker.io/x", Reference("docker.io", "library/x"), "registry-1.docker.io"),
        ("ghcr.io/a/b/c:v1", Reference("ghcr.io", "a/b/c", "v1"), "ghcr.io"),
        ("localhost/x", Reference("localhost", "x", plain=True), "localhost"),
        ("localhost:5000/x:1", Reference("localhost:5000", "x", "1", plain=True), "localhost:5000"),
        ("127.0.0.1:5/x", Reference("127.0.0.1:5", "x", plain=True), "127.0.0.1:5"),
        ("http://r:80/x", Reference("r:80", "x", plain=True), "r:80"),
        (f"r.io/x:1@{DIGEST}", Reference("r.io", "x", "1", DIGEST), "r.io"),
    ],
)
def test_names_are_read_as_container_tools_read_them(
    text: str, expected: Reference, host: str
) -> None:
    assert references.parse(text) == expected
    assert expected.host == host


@pytest.mark.parametrize("text", ["", "UPPER", "r.io/", "a b", "x@sha256:12", "r.io/-x"])
def test_what_is_no_name_is_refused(text: str) -> None:
    with pytest.raises(BuildError, match="no name of an image"):
        references.parse(text)


AUTH = b64encode(b"me:a:b").decode()


@pytest.mark.parametrize(
    ("host", "config", "expected"),
    [
        ("r.io", {}, None),
        ("r.io", {"auths": {"r.io": {"auth": AUTH}}}, Login("me", "a:b")),
        ("r.io", {"auths": {"https://r.io/v1/": {"auth": AUTH}}}, Login("me", "a:b")),
        ("r.io", {"auths": {"r.io": {"identitytoken": "t"}}}, Login("", "", "t")),
        ("r.io", {"auths": {"r.io": {"username": "u", "password": "p"}}}, Login("u", "p")),
        ("r.io", {"auths": {"other.io": {"auth": AUTH}}}, None),
        ("r.io", {"credHelpers": {"r.io": "one"}}, Login("one", "r.io")),
        ("r.io", {"credHelpers": {"r.io": "token"}}, Login("", "", "secret")),
        ("r.io", {"credsStore": "one", "auths": {"r.io": {}}}, Login("one", "r.io")),
        ("r.io", {"credsStore": "nothing"}, None),
        (
            "registry-1.docker.io",
            {"auths": {"https://index.docker.io/v1/": {"auth": AUTH}}},
            Login("me", "a:b"),
        ),
        ("123456789012.dkr.ecr.eu-west-1.amazonaws.com", {}, Login("AWS", "x")),
    ],
)
def test_logins_are_found_where_docker_keeps_them(
    host: str, config: dict[str, Any], expected: Login | None
) -> None:
    def answer(name: str, asked: str) -> str:
        if name == "nothing":
            return ""
        if name == "token":
            return json.dumps({"Username": "<token>", "Secret": "secret"})
        return json.dumps({"Username": name, "Secret": asked})

    found = credentials.login(host, config, helper=answer, aws=lambda _: Login("AWS", "x"))
    assert found == expected


def test_a_login_does_not_show_its_password() -> None:
    assert "word" not in repr(Login("me", "word", "word"))


def test_a_helper_is_asked_by_its_input(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = tmp_path / "docker-credential-mine"
    program.write_text(
        '#!/bin/sh\nread host\necho "{\\"Username\\":\\"$1\\",\\"Secret\\":\\"$host\\"}"\n'
    )
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    assert json.loads(credentials.ask_program("mine", "r.io")) == {
        "Username": "get",
        "Secret": "r.io",
    }


def test_the_configuration_lies_where_docker_config_says(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text('{"auths": {}}')
    file = credentials.docker_config({"DOCKER_CONFIG": str(tmp_path)})
    assert credentials.read_config(file) == {"auths": {}}
    assert credentials.read_config(tmp_path / "none.json") == {}
    (tmp_path / "bad.json").write_text("{")
    with pytest.raises(BuildError, match="can't be read"):
        credentials.read_config(tmp_path / "bad.json")


def test_a_wheel_that_is_missing_is_named_with_its_platform() -> None:
    said = (
        "error: No solution found\n  cause: Because pywin32==306 has no wheels with a matching "
        "platform tag (e.g., `x`) and\nyou require it\n\nhint: Wheels are available for `pywin32` "
        "(v306) on the following platforms: `win32`, `win_amd64`"
    )
    error = wheels.refusal(said, WheelTarget("3.11", "linux/arm64"))
    assert error.message == (
        "pywin32==306 has no wheel for Python 3.11 on linux/arm64 "
        "(there are wheels for win32, win_amd64)"
    )
    assert "choose a version of pywin32" in (error.hint or "")
    assert "network" in (wheels.refusal("boom", WheelTarget("3.11", "linux/amd64")).hint or "")


def test_a_platform_without_wheels_is_refused() -> None:
    with pytest.raises(BuildError, match="no wheels for the platform windows/amd64"):
        _ = WheelTarget("3.11", "windows/amd64").name

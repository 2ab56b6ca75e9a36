"""Files in and out of an application, by the command line and by curl; no secrets on the way."""

from __future__ import annotations

import json
import os
import shutil
import struct
import subprocess
import zlib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.e2e.world import Desk

PASSWORD = "canary-pa55word-of-the-developer"
OTHER = "canary-pa55word-of-ann"
EXAMPLE = Path(__file__).parents[2] / "examples" / "pictures"


def png(width: int, height: int) -> bytes:
    """A black picture with a white square."""
    row = b"".join(b"\xff" if 10 < x < 30 else b"\0" for x in range(width))
    rows = b"".join(b"\0" + (row if 10 < y < 30 else bytes(width)) for y in range(height))

    def chunk(kind: bytes, data: bytes) -> bytes:
        return (
            struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        )

    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", head)
        + chunk(b"IDAT", zlib.compress(rows))
        + chunk(b"IEND", b"")
    )


def size_of(picture: bytes) -> tuple[int, int]:
    assert picture.startswith(b"\x89PNG")
    width, height = struct.unpack(">II", picture[16:24])
    return width, height


@pytest.fixture
def pictures(bare_desk: Desk, tmp_path: Path) -> Path:
    """The example, deployed, with two users."""
    module = tmp_path / "pictures"
    shutil.copytree(EXAMPLE, module, ignore=shutil.ignore_patterns("__pycache__", ".*cache"))
    for user, password in (("developer", PASSWORD), ("ann", OTHER)):
        bare_desk.run("secret", "set", f"api-users/{user}", at=module, stdin=password)
    bare_desk.run("deploy", at=module)
    return module


def url_of(desk: Desk, module: Path, name: str) -> str:
    listed = desk.run("list", "--json", at=module).value["components"]
    (found,) = [str(one["url"]) for one in listed if one["name"] == name]
    return found


def curl(*words: str, user: str = f"developer:{PASSWORD}") -> bytes:
    signed = ["-u", user] if user else []
    done = subprocess.run(["curl", "-sS", *signed, *words], capture_output=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_a_picture_goes_in_and_a_picture_comes_out_by_one_command(
    bare_desk: Desk, pictures: Path, tmp_path: Path
) -> None:
    (tmp_path / "in.png").write_bytes(png(64, 48))
    words = ("invoke", "edges", "--input", f"picture=@{tmp_path / 'in.png'}", "--json")
    answer = bare_desk.run(*words, "--output", str(tmp_path / "out"), at=pictures).value
    outputs = {one["name"]: one for one in answer["outputs"]}
    assert outputs["size"]["data"] == [64, 48]
    assert size_of((tmp_path / "out" / "edges.png").read_bytes()) == (64, 48)
    again = bare_desk.run(*words, "--output", str(tmp_path / "out"), at=pictures).value
    assert again["outputs"][0]["file"].endswith("edges-2.png")


def test_the_platforms_own_curl_commands_work(
    bare_desk: Desk, pictures: Path, tmp_path: Path
) -> None:
    (tmp_path / "in.png").write_bytes(png(40, 40))
    url = url_of(bare_desk, pictures, "application-api")
    file = f"{url}/files/users/photos/in.png"
    given = json.loads(curl("-X", "PUT", "-H", "Content-Type: application/json", file))
    curl("-f", "-X", "PUT", "-T", str(tmp_path / "in.png"), given["presigned_put_url"], user="")
    again = json.loads(curl("-X", "PUT", file))
    assert again["presigned_put_url"]
    status = curl("-o", "/dev/null", "-w", "%{http_code}", "-X", "PUT", file)
    assert status == b"400"
    body = {
        "inputs": [
            {
                "name": "picture",
                "datatype": "FILE",
                "content_type": "image/png",
                "data": "photos/in.png",
            }
        ],
        "output_fields": [{"name": "edges", "datatype": "FILE"}],
    }
    answer = json.loads(curl("-d", json.dumps(body), f"{url}/edges/predict"))
    (edges,) = answer["outputs"]
    assert size_of(curl("-f", edges["url"], user="")) == (40, 40)
    link = json.loads(curl(f"{url}/files/users/{edges['data']}"))["presigned_get_url"]
    assert size_of(curl("-f", link, user="")) == (40, 40)


def test_users_do_not_see_one_another(bare_desk: Desk, pictures: Path) -> None:
    url = url_of(bare_desk, pictures, "application-api")
    bare_desk.run("files", "upload", "README.md", "users/docs/README.md", at=pictures)
    ann = f"ann:{OTHER}"
    code = ("-o", "/dev/null", "-w", "%{http_code}")
    file = f"{url}/files/users/docs/README.md"
    assert curl(*code, file) == b"200"
    assert curl(*code, file, user=ann) == b"404"
    assert curl(*code, f"{file}?user=developer", user=ann) == b"403"
    assert curl(*code, file, user="ann:wrong") == b"401"
    assert curl(*code, file, user="") == b"401"
    body = {"inputs": [{"name": "picture", "datatype": "FILE", "data": "docs/README.md"}]}
    call = (*code, "-d", json.dumps(body), f"{url}/edges/predict")
    assert curl(*call, user="") == b"401"
    assert curl(*call, user=ann) == b"400"  # not hers, so it is not there
    assert curl(*call) == b"500"  # there, and no picture


def test_no_secret_stands_where_it_should_not(
    bare_desk: Desk, pictures: Path, tmp_path: Path
) -> None:
    """Everything once, then every file of the home and every word that was printed."""
    (tmp_path / "in.png").write_bytes(png(40, 40))
    given = {"AWS_SECRET_ACCESS_KEY": "canary-aws-secret", "OWN_SECRET": "canary-own-secret"}
    desk = replace(bare_desk, environment={**bare_desk.environment, **given})
    picture = f"picture=@{tmp_path / 'in.png'}"
    desk.run("invoke", "edges", "--input", picture, "--output", "o", at=pictures)
    desk.run("files", "list", "users", at=pictures)
    desk.run("deploy", at=pictures)
    for command in ("render", "list", "status", "validate"):
        desk.run(command, "--json", at=pictures)
    for name in ("edges", "application-api"):
        desk.run("logs", name, at=pictures)
    url = url_of(desk, pictures, "application-api")
    answers = curl(f"{url}/application.json") + curl(f"{url}/openapi.json")
    answers += curl(f"{url}/edges/openapi.json") + curl("-i", f"{url}/files/users/docs/")
    stored = json.loads((desk.home / "store" / "credentials.json").read_text())
    identity = json.loads(
        (desk.home / "secrets" / "pictures" / "faasctl-identity.json").read_text()
    )
    known = [PASSWORD, OTHER, *given.values(), *stored.values(), *identity.values()]
    said = "".join(one.out + one.err for one in desk.transcript) + answers.decode()
    meant = {desk.home / "secrets", desk.home / "store" / "credentials.json"}
    for secret in known:
        assert secret not in said
        assert not list(holding(desk.home, secret, meant))


def holding(home: Path, secret: str, meant: set[Path]) -> Iterator[Path]:
    """Files of the home that hold a secret, beside those that are meant to."""
    for folder, _, names in os.walk(home):
        for name in names:
            file = Path(folder, name)
            is_meant = file in meant or meant & set(file.parents)
            is_package = "site-packages" in file.parts
            if (
                file.is_file()
                and not is_meant
                and not is_package
                and secret.encode() in file.read_bytes()
            ):
                yield file

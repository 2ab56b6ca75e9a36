"""`faasctl files` by its words, against the embedded store in its own process."""

from __future__ import annotations

import hashlib
import io
import json
import os
import subprocess
import sys
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from faasctl.cli import file_progress
from faasctl.cli.main import FAILED, OK, USAGE, run
from faasctl.store.transfer_work import Expected, Moved
from tests.faasctl.store.store_endpoint import Endpoint, embedded

MANIFEST = """
apiVersion: faasctl.dev/v1
kind: DataBox
metadata: {name: pictures, namespace: app}
spec: {s3DefaultStorage: {capacity: 1G}}
"""
BIG = bytes(range(256)) * 100_000


@pytest.fixture(scope="module")
def endpoint(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Endpoint]:
    with embedded(tmp_path_factory.mktemp("store")) as running:
        running.endpoint.client().create_bucket(Bucket=running.endpoint.bucket)
        yield running.endpoint


@dataclass(frozen=True, slots=True)
class Said:
    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


Files = Callable[..., Said]


@pytest.fixture
def module(tmp_path: Path, endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in os.environ:
        if name.startswith(("FAASCTL_", "AWS_")):
            monkeypatch.delenv(name)
    home = tmp_path / "home"
    for name, value in endpoint.environment(home).items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("FAASCTL_HOME", str(home / "faasctl"))
    monkeypatch.setenv("FAASCTL_S3_ENDPOINT", endpoint.url)
    monkeypatch.setenv("FAASCTL_S3_BUCKET", endpoint.bucket)
    root = tmp_path / "module"
    (root / "manifests").mkdir(parents=True)
    (root / "manifests" / "box.yaml").write_text(MANIFEST)
    monkeypatch.chdir(root)
    return root


@pytest.fixture
def files(module: Path, request: pytest.FixtureRequest, capfd: pytest.CaptureFixture[str]) -> Files:
    user = f"u{abs(hash(request.node.name))}"

    def files(*words: str) -> Said:
        code = run(["files", words[0], "--as", user, *words[1:]])
        return Said(code, *capfd.readouterr())

    return files


def test_a_file_is_uploaded_listed_downloaded_and_removed(files: Files, module: Path) -> None:
    (module / "a.png").write_bytes(b"a picture")
    digest = hashlib.sha256(b"a picture").hexdigest()

    sent = files("upload", "a.png", "pictures/g/a.png", "--json")
    assert (sent.code, sent.err) == (OK, "")
    assert sent.json["sha256"] == digest
    assert sent.json["bytes"] == 9
    assert sent.json["key"].startswith("app/pictures/users/u")
    assert sent.json["url"].endswith("/file_groups/g/a.png")
    assert sent.json["etag"] == hashlib.md5(b"a picture", usedforsecurity=False).hexdigest()

    listed = files("list", "pictures", "--json").json
    assert [one["path"] for one in listed["files"]] == ["g/a.png"]
    assert listed["bytes"] == 9
    assert files("list", "pictures/g").out.splitlines()[1].startswith("g/a.png  9 B")

    got = files("download", "pictures/g/a.png", "b.png", "--json")
    assert got.json["sha256"] == digest
    assert (module / "b.png").read_bytes() == b"a picture"

    assert files("remove", "pictures/g/a.png", "--json").json == {"deleted": ["g/a.png"]}
    assert files("list", "pictures").err == "there are no files\n"


def test_what_is_there_stays_without_force(files: Files, module: Path) -> None:
    (module / "a").write_text("old")
    files("upload", "a", "pictures/g/a")
    (module / "a").write_text("new")
    said = files("upload", "a", "pictures/g/a")
    assert (said.code, said.out) == (FAILED, "")
    assert said.err == "error: g/a: it is there already\nhint: --force replaces it\n"
    assert files("upload", "a", "pictures/g/a", "--force").code == OK
    said = files("download", "pictures/g/a", "a")
    assert (said.code, said.err.splitlines()[1]) == (FAILED, "hint: --force replaces it")
    assert files("download", "pictures/g/a", "a", "--force").code == OK


def test_folders_go_there_and_back(files: Files, module: Path) -> None:
    for name in ("x/one", "x/y/two"):
        (module / name).parent.mkdir(parents=True, exist_ok=True)
        (module / name).write_text(name)
    sent = files("upload", "x", "pictures/tree", "--json").json
    assert [one["path"] for one in sent["files"]] == ["tree/one", "tree/y/two"]
    assert files("download", "pictures/tree/", "back").code == OK
    assert (module / "back" / "y" / "two").read_text() == "x/y/two"
    assert files("remove", "pictures/tree/", "--yes").err == "removed: tree/one, tree/y/two\n"


def test_a_big_file_shows_how_far_it_is(files: Files, module: Path) -> None:
    (module / "big.bin").write_bytes(BIG)
    sent = files("upload", "big.bin", "pictures/g/")
    lines = sent.err.splitlines()
    assert lines[-2:] == ["100 % of 25.6 MB", "g/big.bin: 25.6 MB"]
    quiet = files("upload", "big.bin", "pictures/g/", "--force", "-q")
    assert quiet.err == "g/big.bin: 25.6 MB\n"
    got = files("download", "pictures/g/big.bin", "there", "--json")
    assert (got.err, got.json["sha256"]) == ("", hashlib.sha256(BIG).hexdigest())


def test_links_do_what_they_say(files: Files, module: Path) -> None:
    said = files("url", "pictures/g/new", "--put", "--json").json
    put = urllib.request.Request(
        said["url"], data=b"by link", method="PUT", headers=said["headers"]
    )
    with urllib.request.urlopen(put) as answer:
        assert answer.status == 200
    got = files("url", "pictures/g/new", "--expires", "60")
    assert got.err == "it lives 60 s\n"
    with urllib.request.urlopen(got.out.strip()) as answer:
        assert answer.read() == b"by link"


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (["upload", "nothing", "pictures/g/a"], USAGE, "nothing: there is no such file"),
        (["upload", "a", "picture/g/a"], USAGE, "no box 'picture'"),
        (["upload", "a", "pictures"], USAGE, "a file goes into a group"),
        (["upload", "a", "pictures/../a"], USAGE, "'.' and '..' are no names"),
        (["download", "pictures/g/nothing", "b"], USAGE, "g/nothing: there is no such file"),
        (["download", "pictures/g/", "-"], USAGE, "only one file goes to standard output"),
        (["url", "pictures/g/nothing"], USAGE, "g/nothing: there is no such file"),
        (["remove", "pictures/g/nothing"], USAGE, "g/nothing: there is no such file"),
        (["list", "pictures", "--s3", "bucket"], USAGE, "expected KEY=VALUE"),
        (["list", "pictures", "--s3", "bucket=nowhere"], FAILED, "NoSuchBucket"),
        (["list", "pictures", "--as", "../other"], USAGE, "a user's name has"),
    ],
)
def test_errors_name_the_file_and_what_to_do(
    files: Files, module: Path, words: list[str], code: int, message: str
) -> None:
    (module / "a").write_text("x")
    said = files(*words)
    assert said.code == code
    assert message in said.err
    assert "Traceback" not in said.err


def test_a_store_that_does_not_answer_is_named(
    files: Files, module: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = files("list", "pictures", "--s3", "endpoint=http://127.0.0.1:9")
    assert said.code == FAILED
    assert "127.0.0.1:9 does not answer" in said.err


@pytest.mark.e2e
def test_standard_input_and_output_are_files_too(module: Path) -> None:
    def files(*words: str, given: bytes = b"") -> subprocess.CompletedProcess[bytes]:
        return subprocess.run(
            [sys.executable, "-m", "faasctl", "files", *words, "--as", "streams"],
            input=given,
            capture_output=True,
            check=True,
        )

    files("upload", "-", "pictures/g/big", given=BIG)
    assert files("download", "pictures/g/big", "-", "-q").stdout == BIG


def test_no_secret_is_said_or_kept(
    files: Files, module: Path, endpoint: Endpoint, tmp_path: Path
) -> None:
    (module / "big.bin").write_bytes(BIG)
    said = [
        files("upload", "big.bin", "pictures/g/", "--json"),
        files("list", "pictures", "--json"),
        files("download", "pictures/g/big.bin", "there"),
        files("url", "pictures/g/big.bin"),
    ]
    kept = [file.read_bytes() for file in (tmp_path / "home").rglob("*") if file.is_file()]
    assert all(endpoint.secret not in one.out + one.err for one in said)
    assert all(endpoint.secret.encode() not in one for one in kept)
    assert all("X-Amz-Signature" not in one.out + one.err for one in said[:3])


@pytest.mark.parametrize(
    ("count", "text"),
    [(0, "0 B"), (999, "999 B"), (1000, "1.0 kB"), (25_600_000, "25.6 MB"), (10**16, "10000.0 TB")],
)
def test_sizes_are_for_people(count: int, text: str) -> None:
    assert file_progress.size(count) == text


def test_a_try_that_failed_is_taken_back(monkeypatch: pytest.MonkeyPatch) -> None:
    said = io.StringIO()
    monkeypatch.setattr(sys, "stderr", said)
    with file_progress.shown(quiet=False) as tell:
        tell(Expected("a", 10**8))
        tell(Expected("a", 10**8))
        tell(Moved("a", 5 * 10**7))
        tell(Moved("a", -(5 * 10**7)))
        tell(Moved("a", 10**8))
    assert said.getvalue() == "50 % of 100.0 MB\n100 % of 100.0 MB\n"

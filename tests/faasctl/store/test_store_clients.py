"""The programs that users have, on both servers: curl, the AWS CLI, s3fs.

The AWS CLI and s3fs come from environments of their own, named by `FAASCTL_TEST_CLIENTS`:
a folder with `awscli/` and `s3fs/`, each made for its line of `requirements-clients.txt`.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.faasctl.store.store_endpoint import Endpoint
from tests.faasctl.store.store_wire import Attempt, path_of, presign

pytestmark = pytest.mark.e2e

_S3FS = """
import os, sys, s3fs
bucket = sys.argv[1]
fs = s3fs.S3FileSystem(
    key=os.environ["AWS_ACCESS_KEY_ID"],
    secret=os.environ["AWS_SECRET_ACCESS_KEY"],
    client_kwargs={"endpoint_url": os.environ["AWS_ENDPOINT_URL"], "region_name": "us-east-1"},
)
big = bytes(range(256)) * 4096 * 7
with fs.open(f"{bucket}/s3fs/deep/big.bin", "wb", block_size=5 * 2**20) as file:
    file.write(big)
fs.pipe(f"{bucket}/s3fs/small + ü.txt", b"small")
assert fs.cat(f"{bucket}/s3fs/small + ü.txt") == b"small"
with fs.open(f"{bucket}/s3fs/deep/big.bin", "rb") as file:
    file.seek(6 * 2**20)
    assert file.read(10) == big[6 * 2**20 :][:10]
assert fs.info(f"{bucket}/s3fs/deep/big.bin")["size"] == len(big)
assert sorted(fs.ls(f"{bucket}/s3fs", detail=False)) == sorted(
    [f"{bucket}/s3fs/deep", f"{bucket}/s3fs/small + ü.txt"]
)
fs.mv(f"{bucket}/s3fs/small + ü.txt", f"{bucket}/s3fs/moved.txt")
assert fs.find(f"{bucket}/s3fs") == [f"{bucket}/s3fs/deep/big.bin", f"{bucket}/s3fs/moved.txt"]
fs.rm(f"{bucket}/s3fs", recursive=True)
assert not fs.exists(f"{bucket}/s3fs/moved.txt")
print("done")
"""


def program(client: str, name: str) -> str:
    """A program of a client's environment; skips where there is none."""
    folder = os.environ.get("FAASCTL_TEST_CLIENTS")
    if folder is None:
        pytest.skip("FAASCTL_TEST_CLIENTS names no folder with awscli/ and s3fs/")
    return str(Path(folder) / client / "bin" / name)


def run(*words: str, env: dict[str, str]) -> str:
    done = subprocess.run(words, env=env, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture
def env(endpoint: Endpoint, tmp_path: Path) -> dict[str, str]:
    return endpoint.environment(tmp_path)


def test_s3fs(endpoint: Endpoint, env: dict[str, str]) -> None:
    assert run(program("s3fs", "python"), "-c", _S3FS, endpoint.bucket, env=env) == "done\n"


def test_aws_cli(endpoint: Endpoint, env: dict[str, str], tmp_path: Path) -> None:
    aws = program("awscli", "aws")
    tree = tmp_path / "tree"
    (tree / "in").mkdir(parents=True)
    big = os.urandom(20 * 1024 * 1024)
    (tree / "big.bin").write_bytes(big)
    (tree / "in" / "small + ü.txt").write_text("small")
    place = f"s3://{endpoint.bucket}/cli"
    run(aws, "s3", "cp", "--recursive", "--only-show-errors", str(tree), place, env=env)
    listed = run(aws, "s3", "ls", "--recursive", f"{place}/", env=env)
    assert "cli/big.bin" in listed
    assert "cli/in/small + ü.txt" in listed
    back = tmp_path / "back"
    run(aws, "s3", "sync", "--only-show-errors", place, str(back), env=env)
    assert (back / "big.bin").read_bytes() == big
    assert (back / "in" / "small + ü.txt").read_text() == "small"
    (tree / "in" / "small + ü.txt").unlink()
    run(aws, "s3", "sync", "--delete", "--only-show-errors", str(tree), place, env=env)
    run(aws, "s3", "mv", "--only-show-errors", f"{place}/big.bin", f"{place}/moved.bin", env=env)
    assert "moved.bin" in run(aws, "s3", "ls", f"{place}/", env=env)
    run(aws, "s3", "rm", "--recursive", "--only-show-errors", place, env=env)
    head = ("s3api", "list-objects-v2", "--bucket", endpoint.bucket, "--prefix", "cli/")
    assert "Contents" not in run(aws, *head, env=env)


def curl(*words: str) -> str:
    found = shutil.which("curl")
    if found is None:
        pytest.skip("curl is not here")
    return run(found, "-sS", "-w", "%{http_code}", *words, env={"PATH": os.environ["PATH"]})


def test_curl_with_links(endpoint: Endpoint, tmp_path: Path) -> None:
    source = tmp_path / "source.bin"
    source.write_bytes(os.urandom(3 * 1024 * 1024))
    headers = {"content-type": "image/png", "if-none-match": "*"}
    put = presign(endpoint, Attempt("PUT", path_of(endpoint, "curl/a b.png"), headers))
    words = [word for name, value in headers.items() for word in ("-H", f"{name}: {value}")]
    url = endpoint.url + put.target
    assert curl("-T", str(source), *words, url) == "200"
    assert curl("-T", str(source), *words, url).endswith("412")
    assert curl("-T", str(source), "-H", "content-type: text/html", url).endswith("403")
    get = presign(endpoint, Attempt("GET", path_of(endpoint, "curl/a b.png")))
    target = tmp_path / "target.bin"
    assert curl("-o", str(target), endpoint.url + get.target) == "200"
    assert target.read_bytes() == source.read_bytes()
    target.write_bytes(source.read_bytes()[:1000])
    assert curl("-C", "-", "-o", str(target), endpoint.url + get.target) == "206"
    assert target.read_bytes() == source.read_bytes()


def test_curl_signing_by_itself(endpoint: Endpoint, tmp_path: Path) -> None:
    signed = ("--aws-sigv4", "aws:amz:us-east-1:s3", "-H", "x-amz-content-sha256: UNSIGNED-PAYLOAD")
    user = ("--user", f"{endpoint.access_key}:{endpoint.secret}")
    source = tmp_path / "source.bin"
    source.write_bytes(b"by curl")
    url = f"{endpoint.url}/{endpoint.bucket}/curl/own.bin"
    assert curl(*signed, *user, "-T", str(source), url) == "200"
    assert curl(*signed, *user, url) == "by curl200"


def test_curl_with_a_form(endpoint: Endpoint, tmp_path: Path) -> None:
    client: Any = endpoint.client()
    source = tmp_path / "picture.png"
    source.write_bytes(b"pixels")
    post = client.generate_presigned_post(
        endpoint.bucket,
        "curl/form.png",
        Fields={"Content-Type": "image/png"},
        Conditions=[{"Content-Type": "image/png"}, ["content-length-range", 1, 100]],
    )
    words = [word for name, value in post["fields"].items() for word in ("-F", f"{name}={value}")]
    assert curl(*words, "-F", f"file=@{source}", post["url"]) == "204"
    head = client.head_object(Bucket=endpoint.bucket, Key="curl/form.png")
    assert (head["ContentLength"], head["ContentType"]) == (6, "image/png")

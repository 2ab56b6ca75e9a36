"""The store as a process: its keys, its lock, its end, what it says."""

from __future__ import annotations

import json
import socket
import stat
import subprocess
import sys
from pathlib import Path

from tests.faasctl.store.store_endpoint import Endpoint, embedded, start_embedded, stop
from tests.faasctl.store.store_wire import Attempt, presign, send


def test_keys_are_made_once_and_kept(tmp_path: Path) -> None:
    with embedded(tmp_path) as first:
        keys = tmp_path / "credentials.json"
        assert stat.S_IMODE(keys.stat().st_mode) == 0o600
        assert stat.S_IMODE((tmp_path / "data").stat().st_mode) == 0o700
        first.endpoint.client().create_bucket(Bucket="kept")
    with embedded(tmp_path) as second:
        assert second.endpoint.secret == first.endpoint.secret
        names = [one["Name"] for one in second.endpoint.client().list_buckets()["Buckets"]]
        assert names == ["kept"]


def refused(*words: str) -> str:
    command = [sys.executable, "-m", "faasctl.store.embedded", *words]
    done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
    assert done.returncode == 1
    return done.stderr


def test_two_stores_do_not_share_a_folder(tmp_path: Path) -> None:
    with embedded(tmp_path):
        words = ("--root", str(tmp_path / "data"), "--credentials", str(tmp_path / "keys"))
        assert "another store serves this folder" in refused(*words)


def test_a_port_in_use_is_named(tmp_path: Path) -> None:
    with embedded(tmp_path / "one") as running:
        words = ("--root", str(tmp_path / "two"), "--credentials", str(tmp_path / "keys"))
        port = running.endpoint.port
        assert f"127.0.0.1:{port}: Address already in use" in refused(*words, "--port", str(port))


def test_keys_that_are_no_keys(tmp_path: Path) -> None:
    keys = tmp_path / "keys"
    for text in ("", "[]", "{}", '{"a": 1}', '{"a": ""}'):
        keys.write_text(text)
        words = ("--root", str(tmp_path / "data"), "--credentials", str(keys))
        assert "not a JSON object of access keys and secrets" in refused(*words)


def test_what_was_never_acknowledged_is_swept(tmp_path: Path) -> None:
    running = start_embedded(tmp_path)
    client = running.endpoint.client()
    client.create_bucket(Bucket="swept")
    client.put_object(Bucket="swept", Key="kept", Body=b"x")
    running.kill()
    stop(running.process)
    data = tmp_path / "data"
    (kept,) = [file for file in (data / "objects").rglob("*") if file.is_file()]
    (kept.parent / "0000000100000000ff").write_bytes(b"orphan")
    (data / "incoming" / "0000000100000000fe").write_bytes(b"half")
    with embedded(tmp_path) as again:
        body = again.endpoint.client().get_object(Bucket="swept", Key="kept")["Body"].read()
        assert body == b"x"
    files = [file for file in (data / "objects").rglob("*") if file.is_file()]
    assert files == [kept]
    assert not list((data / "incoming").iterdir())


def test_it_says_nothing_of_addresses_or_secrets(tmp_path: Path) -> None:
    keys = tmp_path / "keys"
    keys.write_text(json.dumps({"CANARYKEY": "canary-secret-7f3a"}))
    process = subprocess.Popen(
        [
            *(sys.executable, "-m", "faasctl.store.embedded", "--root", str(tmp_path / "data")),
            *("--credentials", str(keys)),
        ],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    port = int(process.stdout.readline().strip().rpartition(":")[2])
    endpoint = Endpoint("embedded", port, "CANARYKEY", "canary-secret-7f3a")
    link = presign(endpoint, Attempt("GET", "/canary-bucket/canary-key"))
    for attempt in (
        link,
        link.swap("canary-key", "other"),
        Attempt("PATCH", "/a/b?X-Amz-Signature=canary"),
    ):
        assert b"canary-secret" not in send(endpoint, attempt).body
    with socket.create_connection(("127.0.0.1", port)) as garbage:
        garbage.sendall(b"GET /b/k?X-Amz-Signature=canary\r\nHTTP/9.9 \x00canary\r\n\r\n")
        assert garbage.recv(4096).startswith(b"HTTP/1.0 400")
    process.terminate()
    said, complained = process.communicate(timeout=20)
    assert process.returncode == 0
    assert "canary" not in (said + complained).lower()
    for file in (tmp_path / "data").rglob("*"):
        if file.is_file():
            assert b"canary" not in file.read_bytes().lower()

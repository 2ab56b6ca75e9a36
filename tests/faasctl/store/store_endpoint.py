"""An S3 endpoint to test: ours in its own process, or the foreign server versitygw."""

from __future__ import annotations

import json
import os
import secrets
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config

REGION = "us-east-1"
BUCKET = "conformance"


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where a server listens and whom it knows; `bucket` is there from the start."""

    name: str
    port: int
    access_key: str
    secret: str
    bucket: str = BUCKET

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self.port}"

    @property
    def url(self) -> str:
        return f"http://{self.host}"

    @property
    def is_ours(self) -> bool:
        return self.name == "embedded"

    def client(self, checksums: str = "when_required", addressing: str = "path") -> Any:
        """A boto3 client that reads nobody's configuration and never tries twice."""
        return boto3.client(
            "s3",
            endpoint_url=self.url,
            aws_access_key_id=self.access_key,
            aws_secret_access_key=self.secret,
            region_name=REGION,
            config=Config(
                signature_version="s3v4",
                s3={"addressing_style": addressing},
                retries={"total_max_attempts": 1},
                request_checksum_calculation=checksums,
                response_checksum_validation=checksums,
                max_pool_connections=32,
            ),
        )

    def environment(self, home: Path) -> dict[str, str]:
        """Variables for a client program: its own home, these keys and nothing else."""
        return {
            "PATH": os.environ["PATH"],
            "HOME": str(home),
            "AWS_CONFIG_FILE": str(home / "no-config"),
            "AWS_SHARED_CREDENTIALS_FILE": str(home / "no-credentials"),
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_ENDPOINT_URL": self.url,
            "AWS_ACCESS_KEY_ID": self.access_key,
            "AWS_SECRET_ACCESS_KEY": self.secret,
            "AWS_REGION": REGION,
            "AWS_DEFAULT_REGION": REGION,
        }


@dataclass(frozen=True, slots=True)
class Process:
    """A running store of ours and the process it runs in."""

    endpoint: Endpoint
    process: subprocess.Popen[str]

    def kill(self) -> None:
        """End it as a power cut would."""
        self.process.kill()
        self.process.wait()


def start_embedded(root: Path, port: int = 0, *options: str) -> Process:
    """Start our store on a folder; returns once it listens."""
    keys = root / "credentials.json"
    process = subprocess.Popen(
        [
            *(sys.executable, "-m", "faasctl.store.embedded"),
            *("--root", str(root / "data"), "--credentials", str(keys)),
            *("--port", str(port), *options),
        ],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    url = process.stdout.readline().strip()
    assert url, "the store did not start"
    ((access_key, secret),) = json.loads(keys.read_text()).items()
    endpoint = Endpoint("embedded", int(url.rpartition(":")[2]), access_key, secret)
    return Process(endpoint, process)


def stop(process: subprocess.Popen[Any]) -> None:
    process.terminate()
    process.wait(timeout=20)
    if process.stdout is not None:
        process.stdout.close()


@contextmanager
def embedded(root: Path, *options: str) -> Iterator[Process]:
    running = start_embedded(root, 0, *options)
    try:
        yield running
    finally:
        stop(running.process)


def find_versitygw() -> str | None:
    """The foreign server: `FAASCTL_TEST_VERSITYGW`, else on the path, else Go's own folder."""
    given = os.environ.get("FAASCTL_TEST_VERSITYGW")
    known = Path(os.environ.get("GOPATH") or Path("~/go").expanduser()) / "bin" / "versitygw"
    return given or shutil.which("versitygw") or (str(known) if known.is_file() else None)


@contextmanager
def versitygw(program: str, root: Path) -> Iterator[Endpoint]:
    folders = {name: root / name for name in ("data", "iam", "versions")}
    for folder in folders.values():
        folder.mkdir()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    endpoint = Endpoint("versitygw", port, "FOREIGNKEY", secrets.token_urlsafe(20))
    arguments: Sequence[str] = (
        *(program, "--port", endpoint.host, "--region", REGION, "--quiet"),
        *("--access", endpoint.access_key, "--secret", endpoint.secret),
        *("--iam-dir", str(folders["iam"]), "posix"),
        *("--versioning-dir", str(folders["versions"]), str(folders["data"])),
    )
    process = subprocess.Popen(
        arguments, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env={"HOME": str(root)}
    )
    try:
        _wait_for(port)
        yield endpoint
    finally:
        stop(process)


def _wait_for(port: int) -> None:
    for _ in range(200):
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise AssertionError("versitygw does not listen")

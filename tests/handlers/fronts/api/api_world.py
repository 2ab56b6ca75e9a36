"""A store, functions and an application's API, each a process of its own, spoken to over HTTP."""

from __future__ import annotations

import base64
import contextlib
import http.client
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import boto3
from botocore.config import Config

from handlers.contract import application
from handlers.contract.application import CompiledApplication

ROOT = Path(__file__).resolve().parents[4]
KEY = "the key of this deployment"
BUCKET = "faasctl"


@dataclass(frozen=True, slots=True)
class Reply:
    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def value(self) -> Any:
        return json.loads(self.body)

    @property
    def kind(self) -> str:
        """The type of the error that this is."""
        return str(self.value["error"]["type"])

    @property
    def message(self) -> str:
        return str(self.value["error"]["message"])


def send(
    method: str, url: str, body: bytes | None = None, headers: Mapping[str, str] | None = None
) -> Reply:
    """One request, its path exactly as it stands in the URL."""
    parts = urlsplit(url)
    target = url.partition(parts.netloc)[2] or "/"
    connection = http.client.HTTPConnection(parts.netloc, timeout=30)
    try:
        connection.putrequest(method, target, skip_accept_encoding=True)
        own = {name.lower(): value for name, value in (headers or {}).items()}
        if body is not None and "transfer-encoding" not in own:
            own.setdefault("content-length", str(len(body)))
        for name, value in own.items():
            connection.putheader(name, value)
        connection.endheaders(body)
        answer = connection.getresponse()
        read = answer.read()
        return Reply(answer.status, {k.lower(): v for k, v in answer.getheaders()}, read)
    finally:
        connection.close()


def basic(user: str, password: str) -> dict[str, str]:
    text = base64.b64encode(f"{user}:{password}".encode()).decode()
    return {"authorization": f"Basic {text}"}


@dataclass(frozen=True, slots=True)
class Store:
    url: str
    access_key: str
    secret_key: str

    def environment(self) -> dict[str, str]:
        return {
            "FAASCTL_S3_ENDPOINT": self.url,
            "FAASCTL_S3_BUCKET": BUCKET,
            "FAASCTL_S3_ACCESS_KEY": self.access_key,
            "FAASCTL_S3_SECRET_KEY": self.secret_key,
            "FAASCTL_IDENTITY_KEY": KEY,
        }

    def client(self) -> Any:
        return boto3.client(
            "s3",
            endpoint_url=self.url,
            aws_access_key_id=self.access_key,
            aws_secret_access_key=self.secret_key,
            region_name="us-east-1",
            config=Config(signature_version="s3v4", s3={"addressing_style": "path"}),
        )

    def keys(self, prefix: str = "") -> list[str]:
        found = self.client().list_objects_v2(Bucket=BUCKET, Prefix=prefix)
        return [one["Key"] for one in found.get("Contents", [])]


@contextlib.contextmanager
def store(folder: Path) -> Iterator[Store]:
    keys = folder / "keys.json"
    process = subprocess.Popen(
        [
            *(sys.executable, "-m", "faasctl.store.embedded", "--root", str(folder / "data")),
            *("--credentials", str(keys), "--port", "0"),
        ],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    try:
        url = process.stdout.readline().strip()
        ((access, secret),) = json.loads(keys.read_text()).items()
        found = Store(url, access, secret)
        found.client().create_bucket(Bucket=BUCKET)
        yield found
    finally:
        process.terminate()
        process.wait(20)
        process.stdout.close()


@dataclass
class Api:
    """`url` is the application's, `log` where its process writes."""

    url: str
    log: Path
    process: subprocess.Popen[bytes]
    lifeline: int

    def call(
        self,
        method: str,
        path: str,
        value: Any = None,
        headers: Mapping[str, str] | None = None,
        body: bytes | None = None,
    ) -> Reply:
        """A path below the application's URL, with JSON or bytes for a body."""
        sent = json.dumps(value).encode() if value is not None else body
        return send(method, f"{self.url}/{path}", sent, headers)

    def upload(self, path: str, content: bytes, headers: Mapping[str, str] | None = None) -> Reply:
        """Put a file where a path says, through a link."""
        links = self.call("PUT", path, headers=headers)
        assert links.status == 200, links.body
        return send("PUT", links.value["presigned_put_url"], content)


@dataclass
class World:
    """A folder for files, a store, and the URL behind which functions are."""

    folder: Path
    store: Store
    functions: str = "http://127.0.0.1:9"
    count: int = field(default=0)

    @contextlib.contextmanager
    def api(self, compiled: CompiledApplication, **secrets: Any) -> Iterator[Api]:
        """The API in a process of its own, with secrets by the names of their variables."""
        self.count += 1
        file = self.folder / f"application-{self.count}.json"
        file.write_text(application.dump(compiled))
        environment = {
            **self.store.environment(),
            "FAASCTL_FUNCTIONS_URL": self.functions,
            **{name: json.dumps(value) for name, value in secrets.items()},
        }
        log = self.folder / f"api-{self.count}.log"
        port, process, lifeline = start("start_api.py", file, environment, log)
        try:
            yield Api(f"http://127.0.0.1:{port}/{compiled.namespace}", log, process, lifeline)
        finally:
            with contextlib.suppress(OSError):
                os.close(lifeline)
            process.wait(20)


def start(
    program: str, compiled: Path, environment: Mapping[str, str], log: Path
) -> tuple[int, subprocess.Popen[bytes], int]:
    """A handler's program as the gateway starts it: the port, the process, the lifeline's end."""
    theirs, ours = os.pipe()
    with socket.create_server(("127.0.0.1", 0)) as listener, log.open("wb") as output:
        port: int = listener.getsockname()[1]
        process = subprocess.Popen(
            [
                *(sys.executable, "-I", str(ROOT / "handlers" / program), str(compiled)),
                *("--fd", str(listener.fileno()), "--lifeline", str(theirs)),
            ],
            cwd=compiled.parent,
            env={"PATH": os.environ["PATH"], **environment},
            pass_fds=[listener.fileno(), theirs],
            stdout=output,
            stderr=subprocess.STDOUT,
        )
        os.close(theirs)
        wait_until_ready(port, process, log)
    return port, process, ours


def wait_until_ready(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    while process.poll() is None:
        with contextlib.suppress(OSError, http.client.HTTPException):
            if send("GET", f"http://127.0.0.1:{port}/v2/health/ready").status == 200:
                return
        time.sleep(0.02)
    raise AssertionError(log.read_text())

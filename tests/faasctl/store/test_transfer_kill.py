"""A program killed with -9 in the middle of a transfer, and the same command again; real stores."""

from __future__ import annotations

import hashlib
import json
import os
import random
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from faasctl.store.transfer_plan import MIB, SMALL
from tests.faasctl.store.api_process import files_api
from tests.faasctl.store.store_endpoint import REGION, Endpoint

SIZE = 4 * SMALL + 3 * MIB

#: Moves one file; kills itself as soon as so many bytes are moved, 0 for never.
PROGRAM = """
import json, os, signal, sys
from dataclasses import asdict
from pathlib import Path

from faasctl.store.access import S3Access
from faasctl.store.application import Api, ApiBox
from faasctl.store.links import Wires
from faasctl.store.s3 import Place, S3Box
from faasctl.store.transfer_download import Download, download
from faasctl.store.transfer_upload import Upload, upload
from faasctl.store.transfer_work import Moved, Work
from handlers.contract.boxes import parse_file
from handlers.contract.sigv4 import Credentials

act, local, path, deadly, url, key, secret, bucket, region = sys.argv[1:]
moved = 0


def tell(event):
    global moved
    moved += event.count if isinstance(event, Moved) else 0
    if 0 < int(deadly) <= moved:
        os.kill(os.getpid(), signal.SIGKILL)


wires = Wires()
if key:
    access = S3Access(url, region, bucket, Credentials(key, secret), url, "path")
    box = S3Box(access, Place("kill", "box", "developer"), wires)
else:
    box = ApiBox(Api(url), "box", "developer", wires)
work = Work(wires, Path(os.environ["MARKS"]), tell, parallel=2)
file = parse_file(path)
if act == "upload":
    done = upload(box, Upload(Path(local), file, "text/plain", "remote"), work)
else:
    done = download(box, Download(file, Path(local), "remote"), work)
print(json.dumps(asdict(done)))
"""


class Program:
    """The program above, for one store."""

    def __init__(self, endpoint: Endpoint, marks: Path, api: str = "") -> None:
        keys = ("", "") if api else (endpoint.access_key, endpoint.secret)
        self._words = [api or endpoint.url, *keys, endpoint.bucket, REGION]
        self._environment = {"PATH": os.environ["PATH"], "MARKS": str(marks)}

    def run(self, act: str, local: Path, path: str, deadly: int) -> tuple[int, dict[str, Any]]:
        done = subprocess.run(
            [sys.executable, "-c", PROGRAM, act, str(local), path, str(deadly), *self._words],
            env=self._environment,
            stdout=subprocess.PIPE,
            text=True,
            check=False,
        )
        return done.returncode, json.loads(done.stdout) if done.stdout else {}


@pytest.fixture(params=["ours", "foreign", "api"])
def program(
    request: pytest.FixtureRequest, ours: Endpoint, tmp_path: Path
) -> Iterator[tuple[Program, str]]:
    marks = tmp_path / "marks"
    if request.param == "api":
        with files_api(tmp_path, ours, "killapi", {"box": 10**9}) as url:
            yield Program(ours, marks, url), "killapi"
    else:
        yield Program(request.getfixturevalue(request.param), marks), "kill"


@pytest.mark.e2e
def test_a_killed_transfer_goes_on_where_it_was(
    program: tuple[Program, str], tmp_path: Path
) -> None:
    content = random.Random(1).randbytes(SIZE)
    local, there = tmp_path / "file.bin", tmp_path / "there.bin"
    local.write_bytes(content)
    digest = hashlib.sha256(content).hexdigest()
    moving = program[0]

    # With two at once, some part is whole when more than two parts' bytes are out.
    code, _ = moving.run("upload", local, "g/file.bin", 2 * SMALL + 1)
    assert code == -signal.SIGKILL
    code, sent = moving.run("upload", local, "g/file.bin", 0)
    assert (code, sent["sha256"], sent["size"]) == (0, digest, SIZE)
    assert SMALL <= sent["resumed"] < SIZE

    code, _ = moving.run("download", there, "g/file.bin", 2 * SMALL + 1)
    assert code == -signal.SIGKILL
    assert not there.exists()
    code, got = moving.run("download", there, "g/file.bin", 0)
    assert (code, got["sha256"], got["etag"]) == (0, digest, sent["etag"])
    assert SMALL <= got["resumed"] < SIZE
    assert there.read_bytes() == content
    assert sorted(one.name for one in tmp_path.glob("*.part")) == []
    left = [one.name for one in (tmp_path / "marks").iterdir()]
    assert left == []

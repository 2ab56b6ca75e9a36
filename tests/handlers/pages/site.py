"""Applications deployed by the real command, for their page: a gateway, a store, functions."""

from __future__ import annotations

import struct
import subprocess
import sys
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.e2e import modules
from tests.e2e.world import Desk, environment

PASSWORD = "open sesame 42"
MARKUP = "<img src=x onerror=globalThis.pwned=1>"

Colour = tuple[int, int, int]


def desk(folder: Path) -> Desk:
    """A home of its own; its gateway takes any free port."""
    words = [sys.executable, "-m", "uv", "cache", "dir"]
    cache = subprocess.run(words, capture_output=True, text=True, check=True).stdout.strip()
    return Desk(folder / "home", environment(folder / "home", folder / "user", cache))


@dataclass(frozen=True, slots=True)
class Site:
    """A deployed application; `origin` is the gateway's, `store` the store's."""

    desk: Desk
    module: Path
    origin: str
    store: str
    namespace: str

    def url(self, user: str = "") -> str:
        """The application's URL; with a user, as one types it to sign in at once."""
        who = f"{user}:{PASSWORD.replace(' ', '%20')}@" if user else ""
        return f"{self.origin.replace('://', f'://{who}')}/{self.namespace}"

    def files(self, *words: str | Path) -> Any:
        """What the files command says."""
        return self.desk.run("files", *words, "--json", at=self.module).value


def deploy(desk: Desk, module: Path, *users: str) -> Site:
    """The module's application, with passwords for users."""
    for user in users:
        desk.run("secret", "set", f"api-users/{user}", at=module, stdin=PASSWORD)
    desk.run("deploy", at=module)
    running = desk.run("local", "status", "--json").value
    return Site(desk, module, running["url"].rstrip("/"), running["store_url"], module.name)


def png(width: int, height: int, colour: Callable[[int, int], Colour]) -> bytes:
    """A picture; `colour` of a place by column and row."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        checked = kind + data
        return struct.pack(">I", len(data)) + checked + struct.pack(">I", zlib.crc32(checked))

    rows = b"".join(
        b"\0" + bytes(value for column in range(width) for value in colour(column, row))
        for row in range(height)
    )
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    parts = chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + parts


_HOSTILE = '''
import pathlib


def inference(parameters, inputs, output_fields, model_key, model):
    """{0}

    :param inputs.{1}: {0}
    :type inputs.{1}: str
    :param outputs.text: {0}
    :type outputs.text: str
    """
    place = pathlib.Path.cwd()
    return [
        {{"name": {0!r}, "datatype": "str", "data": {0!r}}},
        {{"name": "list", "datatype": "BYTES", "shape": [1], "data": [{0!r}],
          "parameters": {{"url": "javascript:globalThis.pwned=1"}}}},
    ], model
'''

_OPEN = """
apiVersion: faasctl.dev/v1
kind: DataBox
metadata: {name: shelf, namespace: hostile}
spec: {s3DefaultStorage: {capacity: 1M}}
---
apiVersion: faasctl.dev/v1
kind: APIComponent
metadata: {name: files-api, namespace: hostile}
spec: {published: true, files: {enabled: true}}
---
apiVersion: faasctl.dev/v1
kind: APIComponent
metadata: {name: echo-api, namespace: hostile}
spec: {published: true, mlComponent: {name: echo}, restfulApi: {path: echo}}
---
apiVersion: faasctl.dev/v1
kind: APIComponent
metadata: {name: closed-api, namespace: hostile}
spec:
  published: true
  mlComponent: {name: echo}
  restfulApi: {path: closed, auth: {basic: {credentials: api-users}}}
"""


def hostile(parent: Path) -> Path:
    """A module whose every word is markup, open to everybody but for a second door."""
    folder = parent / "hostile"
    modules.manifest(folder, "echo")
    (folder / "manifests" / "open.yaml").write_text(_OPEN, "utf-8")
    modules.write_code(folder, _HOSTILE.format(MARKUP, MARKUP.replace(" ", "/")))
    return folder

"""The API of an application with boxes, in a process of its own, over a store."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import handlers
from handlers.contract import application
from handlers.contract.application import Box, CompiledApplication, FilesApi
from tests.faasctl.store.store_endpoint import REGION, Endpoint

_PROGRAM = Path(handlers.__file__).parent / "start_api.py"


def _environment(endpoint: Endpoint) -> Mapping[str, str]:
    return {
        "PATH": os.environ["PATH"],
        "FAASCTL_S3_ENDPOINT": endpoint.url,
        "FAASCTL_S3_BUCKET": endpoint.bucket,
        "FAASCTL_S3_REGION": REGION,
        "FAASCTL_S3_ADDRESSING": "path",
        "FAASCTL_S3_ACCESS_KEY": endpoint.access_key,
        "FAASCTL_S3_SECRET_KEY": endpoint.secret,
        "FAASCTL_IDENTITY_KEY": "a-key-of-this-test",
    }


@contextmanager
def files_api(
    folder: Path, endpoint: Endpoint, namespace: str, boxes: Mapping[str, int]
) -> Iterator[str]:
    """The application's URL; `boxes` are capacities by name."""
    known = tuple(Box(name, capacity) for name, capacity in boxes.items())
    compiled = folder / "application.json"
    compiled.write_text(application.dump(CompiledApplication(namespace, known, FilesApi("files"))))
    # The socket listens before the process runs: whoever connects early waits in its backlog.
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        process = subprocess.Popen(
            [sys.executable, "-I", str(_PROGRAM), str(compiled), "--fd", str(listener.fileno())],
            env=_environment(endpoint),
            pass_fds=[listener.fileno()],
            stdout=subprocess.DEVNULL,
        )
        try:
            yield f"http://127.0.0.1:{port}/{namespace}"
        finally:
            process.terminate()
            process.wait(20)

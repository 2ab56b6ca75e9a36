"""A function as a process of its own, started the way targets start it."""

from __future__ import annotations

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import textwrap
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from handlers.contract.compiled import CompiledComponent, dump

START = Path(__file__).parents[2] / "handlers" / "start.py"
LIMIT = 60.0


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    headers: dict[str, str]
    text: str

    @property
    def json(self) -> Any:
        return json.loads(self.text)


class Function:
    """The process, its listening socket, and the other end of its lifeline."""

    def __init__(
        self, folder: Path, source: str, *, files: Mapping[str, str] | None = None, **values: Any
    ) -> None:
        for name, text in {"m.py": source, **(files or {})}.items():
            file = folder / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(textwrap.dedent(text), "utf-8")
        component = CompiledComponent("demo", "f", "inference", "m.inference", **values)
        (folder / "component.json").write_text(dump(component), "utf-8")
        self._log = folder / "log"
        self.folder = folder
        read, self._lifeline = os.pipe()
        with socket.create_server(("127.0.0.1", 0)) as listener, self._log.open("wb") as log:
            self.port: int = listener.getsockname()[1]
            words = ["--fd", str(listener.fileno()), "--lifeline", str(read)]
            self.process = subprocess.Popen(
                [sys.executable, "-I", str(START), str(folder / "component.json"), *words],
                cwd=folder,
                env={"PATH": os.environ["PATH"], "LANG": "C.UTF-8"},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                pass_fds=(listener.fileno(), read),
            )
        os.close(read)

    def connect(self) -> http.client.HTTPConnection:
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=LIMIT)

    def call(
        self,
        path: str = "/predict",
        body: Any = None,
        *,
        method: str = "",
        headers: dict[str, str] | None = None,
    ) -> Answer:
        """One request on a connection of its own; a body that is no text or bytes goes as JSON."""
        if body is not None and not isinstance(body, (bytes, str)):
            body = json.dumps(body)
        connection = self.connect()
        try:
            word = method or ("GET" if body is None else "POST")
            connection.request(word, path, body, headers or {})
            answer = connection.getresponse()
            return Answer(
                answer.status,
                {name.lower(): value for name, value in answer.getheaders()},
                answer.read().decode(),
            )
        finally:
            connection.close()

    def log(self) -> list[dict[str, Any]]:
        """The log lines so far; a line that is no JSON fails the test."""
        text = self._log.read_text("utf-8")
        return [json.loads(line) for line in text.splitlines()]

    def events(self, name: str) -> list[dict[str, Any]]:
        return [line for line in self.log() if line.get("event") == name]

    def raw_log(self) -> str:
        return self._log.read_text("utf-8")

    def drop_lifeline(self) -> None:
        if self._lifeline >= 0:
            os.close(self._lifeline)
            self._lifeline = -1

    def terminate(self) -> None:
        self.process.send_signal(signal.SIGTERM)

    def exit_code(self) -> int:
        return self.process.wait(LIMIT)

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait(LIMIT)
        self.drop_lifeline()

"""Callers of functions: over kept connections, one or many at a time; standard library only."""

from __future__ import annotations

import http.client
import json
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

JSON = {"content-type": "application/json"}


@dataclass(frozen=True, slots=True)
class Reply:
    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def value(self) -> Any:
        return json.loads(self.body)

    @property
    def answer(self) -> Any:
        """What the echo function said; anything else is an error."""
        assert self.status == 200, self.body
        return self.value["outputs"][0]["data"]

    @property
    def error(self) -> str:
        return f"{self.value['error']['type']}: {self.value['error']['message']}"


class Caller:
    """One client with one kept connection, to a function's URL."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self.base = parts.path
        self._connection = http.client.HTTPConnection(parts.netloc, timeout=120)

    def send(
        self,
        method: str,
        path: str,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Reply:
        try:
            self._connection.request(method, self.base + path, body, dict(headers or {}))
            answer = self._connection.getresponse()
            said = {name.lower(): value for name, value in answer.getheaders()}
            return Reply(answer.status, said, answer.read())
        except BaseException:
            self._connection.close()
            raise

    def ask(self, headers: Mapping[str, str] | None = None, **what: object) -> Reply:
        body = {"inputs": [{"name": "ask", "datatype": "dict", "data": what}]}
        sent = json.dumps(body).encode()
        return self.send("POST", "/predict", sent, {**JSON, **(headers or {})})

    def close(self) -> None:
        self._connection.close()


def ask(url: str, headers: Mapping[str, str] | None = None, **what: object) -> Reply:
    """One request over a connection of its own."""
    caller = Caller(url)
    try:
        return caller.ask(headers, **what)
    finally:
        caller.close()


def get(url: str, path: str = "") -> Reply:
    caller = Caller(url)
    try:
        return caller.send("GET", path)
    finally:
        caller.close()


def at_once(url: str, count: int, *, pause: float = 0.0) -> list[Reply]:
    """Many requests on connections of their own, all under way before one is answered."""
    replies: list[Reply | None] = [None] * count
    gate = threading.Barrier(count)

    def call(number: int) -> None:
        gate.wait()
        replies[number] = ask(url, number=number, pause=pause)

    threads = [threading.Thread(target=call, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return [reply for reply in replies if reply is not None]


@dataclass(frozen=True, slots=True)
class Heard:
    """One request of a constant load: when it began and ended, and what came."""

    began: float
    ended: float
    version: str
    failure: str


@dataclass(slots=True)
class Load:
    """What callers have heard so far."""

    heard: list[Heard] = field(default_factory=list)
    stopping: threading.Event = field(default_factory=threading.Event)

    @property
    def failures(self) -> list[str]:
        return [one.failure for one in self.heard if one.failure]

    @property
    def versions(self) -> list[str]:
        return [one.version for one in self.heard]


@contextmanager
def load(url: str, *, callers: int = 4, pause: float = 0.005) -> Iterator[Load]:
    """Constant requests while the block runs."""
    state = Load()
    threads = [threading.Thread(target=_call_on, args=(url, state, pause)) for _ in range(callers)]
    for thread in threads:
        thread.start()
    try:
        yield state
    finally:
        state.stopping.set()
        for thread in threads:
            thread.join()


def _call_on(url: str, state: Load, pause: float) -> None:
    caller = Caller(url)
    while not state.stopping.is_set():
        began, version, failure = time.monotonic(), "", ""
        try:
            reply = caller.ask(pause=pause)
            if reply.status == 200:
                version = reply.answer["version"]
            else:
                failure = f"{reply.status} {reply.body!r}"
        except (OSError, http.client.HTTPException) as error:
            failure = repr(error)
        state.heard.append(Heard(began, time.monotonic(), version, failure))
    caller.close()

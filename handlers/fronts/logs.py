"""Structured logs: one JSON object per line on standard error.

Lines are written by one system call each, past `logging`'s own machinery, because an access
line through `logging` costs as much as a request.
"""

from __future__ import annotations

import contextvars
import io
import json
import logging
import os
import re
import sys
import threading
import time
from typing import Any, BinaryIO

#: The id of the request that the current code serves; empty outside requests.
request_id: contextvars.ContextVar[str] = contextvars.ContextVar("request_id", default="")

_REQUEST_ID = re.compile(r"[A-Za-z0-9._:\-]{1,128}")

#: Lines without their end that are kept, and how long one may grow.
_MOST_BEGUN, _LONGEST_BEGUN = 100, 65536


def identity(sent: str) -> str:
    """A request's id: the one that its caller sent where it is one, else a new one."""
    return sent if _REQUEST_ID.fullmatch(sent) else os.urandom(16).hex()


def write(event: str, *, level: str = "info", **values: Any) -> None:
    """One line: time (UTC, seconds since 1970), level, event, and the values given."""
    line = {"time": round(time.time(), 3), "level": level, "event": event, **values}
    _emit(json.dumps(line, default=str))


def write_request(identity: str, method: str, path: str, status: int, seconds: float) -> None:
    """The access line of one request; the path only, for queries may hold secrets."""
    _emit(
        f'{{"time": {time.time():.3f}, "level": "info", "event": "request", '
        f'"request_id": {json.dumps(identity)}, "method": {json.dumps(method)}, '
        f'"path": {json.dumps(path)}, "status": {status}, "ms": {seconds * 1000:.2f}}}'
    )


def _emit(line: str) -> None:
    data = (line + "\n").encode("utf-8", "backslashreplace")
    try:
        while data:
            data = data[os.write(2, data) :]
    except OSError:
        return  # nobody reads any more: answering goes on


class Printed(io.TextIOWrapper):
    """A stream on which each line that user code prints becomes a log line of its request."""

    def __init__(self, buffer: BinaryIO, stream: str) -> None:
        super().__init__(buffer, encoding="utf-8", errors="backslashreplace")
        self._stream = stream
        self._begun: dict[tuple[str, int], str] = {}

    def write(self, text: str, /) -> int:
        key = (request_id.get(), threading.get_ident())
        *lines, rest = (self._begun.pop(key, "") + text).split("\n")
        for line in lines:
            self._line(key[0], line)
        if rest:
            self._begun[key] = rest
        if len(self._begun) > _MOST_BEGUN or len(rest) > _LONGEST_BEGUN:
            self.flush()
        return len(text)

    def flush(self) -> None:
        """Write the lines that have begun, too."""
        begun, self._begun = self._begun, {}
        for (identity, _), line in begun.items():
            self._line(identity, line)
        super().flush()

    def _line(self, identity: str, line: str) -> None:
        values = {"request_id": identity} if identity else {}
        write("print", stream=self._stream, message=line, **values)


def capture() -> None:
    """Make log lines of what user code prints; before its first line runs."""
    sys.stdout = Printed(sys.stdout.buffer, "stdout")
    sys.stderr = Printed(sys.stderr.buffer, "stderr")


class JsonHandler(logging.Handler):
    """User code's own `logging` records as lines of the same form."""

    def emit(self, record: logging.LogRecord) -> None:
        values: dict[str, Any] = {"logger": record.name}
        identity = request_id.get()
        if identity:
            values["request_id"] = identity
        if record.exc_info:
            values["trace"] = logging.Formatter().formatException(record.exc_info)
        try:
            message = record.getMessage()
        except Exception as error:  # noqa: BLE001 - a bad format string must not end a request
            message = f"{record.msg} (not formatted: {error})"
        write("log", level=record.levelname.lower(), message=message, **values)


def install() -> None:
    """Send `logging` of level INFO and above through JsonHandler, unless user code set it up."""
    root = logging.getLogger()
    if not root.handlers or _by_accident(root):
        root.handlers[:] = [JsonHandler()]
        root.setLevel(logging.INFO)


def _by_accident(root: logging.Logger) -> bool:
    """Whether the set-up is the one that a first `logging.info()` makes by itself."""
    first = root.handlers[0]
    untouched = type(first) is logging.StreamHandler and root.level == logging.WARNING
    form = getattr(first.formatter, "_fmt", None)
    return untouched and len(root.handlers) == 1 and form == logging.BASIC_FORMAT

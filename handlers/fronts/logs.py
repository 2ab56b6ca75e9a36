"""Structured logs: one JSON object per line on standard error.

Lines are written by one system call each, past `logging`'s own machinery, because an access
line through `logging` costs as much as a request.
"""

from __future__ import annotations

import contextvars
import json
import logging
import os
import time
from typing import Any

#: The id of the request that the current code serves; empty outside requests.
request_id: contextvars.ContextVar[str] = contextvars.ContextVar("request_id", default="")


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
    while data:
        data = data[os.write(2, data) :]


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
    if not root.handlers:
        root.addHandler(JsonHandler())
        root.setLevel(logging.INFO)

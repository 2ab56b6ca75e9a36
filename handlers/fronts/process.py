"""What every serving process of ours has in common: its arguments, its parent, its leave.

    python -I PROGRAM.py WHAT.json (--fd N | --host H --port P) [--lifeline N]

`--fd` is a bound, listening socket: clients that connect before the process is ready wait in its
backlog. `--lifeline` is a pipe whose other end the parent holds: when it closes, the process
finishes what it has begun and leaves. Exit code 3 is that it did not start (the reason is the log
line `startup_failed`).
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, NoReturn

from handlers.engine.loader import Failure

if TYPE_CHECKING:
    import socket

DID_NOT_START = 3

#: How long a process that was told to stop may finish what it has begun, beyond a call's limit.
GRACE = 5.0


@dataclass(frozen=True, slots=True)
class Arguments:
    """`compiled` is the file that says what to serve."""

    compiled: str
    fd: int | None = None
    host: str = "127.0.0.1"
    port: int = 8080
    lifeline: int | None = None


def parse_arguments(words: list[str]) -> Arguments:
    """The program's arguments; argparse is an import that no start needs."""
    compiled, *rest = words
    given = dict(zip(rest[::2], rest[1::2], strict=True))
    port = given.get("--port") or os.environ.get("PORT") or "8080"
    fd, lifeline = given.get("--fd"), given.get("--lifeline")
    return Arguments(
        compiled,
        int(fd) if fd else None,
        given.get("--host", "127.0.0.1"),
        int(port),
        int(lifeline) if lifeline else None,
    )


def listener(arguments: Arguments) -> socket.socket:
    """The socket that was handed over, or one of our own."""
    import socket

    if arguments.fd is not None:
        return socket.socket(fileno=arguments.fd)
    return socket.create_server((arguments.host, arguments.port), backlog=2048, reuse_port=False)


def watch(lifeline: int) -> None:
    """Ask this process to stop when the parent's end of the pipe closes."""

    def wait() -> None:
        while os.read(lifeline, 64):
            pass
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=wait, name="lifeline", daemon=True).start()


def leave_unstarted(failure: Failure) -> NoReturn:
    """Say why, and end the process."""
    from handlers.fronts import logs

    logs.write(
        "startup_failed",
        level="error",
        error={
            "type": failure.kind,
            "message": failure.message,
            "file": failure.file,
            "line": failure.line,
        },
        trace=failure.trace,
    )
    leave(DID_NOT_START)


def leave(code: int) -> NoReturn:
    """End the process without waiting for threads that user code may have left behind."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (OSError, ValueError):
            continue
    os._exit(code)

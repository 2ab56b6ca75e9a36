"""One function as an HTTP server: load, warm up, listen, finish.

    python -I start.py COMPONENT.json (--fd N | --host H --port P) [--lifeline N]

`--fd` is a bound, listening socket: clients that connect while user code is imported wait in its
backlog. `--lifeline` is a pipe whose other end the parent holds: when it closes, the process
finishes what it has begun and leaves. Exit codes: 0 finished, 3 did not start (the reason is the
log line `startup_failed`), 75 left because a call outlived its time limit.
"""

from __future__ import annotations

import gc
import os
import signal
import sys
import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from handlers.contract import compiled
from handlers.contract.compiled import CompiledComponent
from handlers.engine import loader
from handlers.engine.loader import Failure, LoadError

if TYPE_CHECKING:
    import socket

    from handlers.fronts.application import Application
    from handlers.fronts.files import Files

DID_NOT_START, STUCK = 3, 75

#: How long a process that was told to stop may finish what it has begun, beyond a call's limit.
GRACE = 5.0


@dataclass(frozen=True, slots=True)
class Arguments:
    component: str
    fd: int | None = None
    host: str = "127.0.0.1"
    port: int = 8080
    lifeline: int | None = None


def parse_arguments(words: list[str]) -> Arguments:
    """The program's arguments; argparse is an import that no start needs."""
    component, *rest = words
    given = dict(zip(rest[::2], rest[1::2], strict=True))
    port = given.get("--port") or os.environ.get("PORT") or "8080"
    fd, lifeline = given.get("--fd"), given.get("--lifeline")
    return Arguments(
        component,
        int(fd) if fd else None,
        given.get("--host", "127.0.0.1"),
        int(port),
        int(lifeline) if lifeline else None,
    )


def main(words: list[str]) -> None:
    """Serve until told to stop; leaves the process by itself."""
    started = time.perf_counter()
    arguments = parse_arguments(words)
    if arguments.lifeline is not None:
        _watch(arguments.lifeline)
    from handlers.fronts import logs

    logs.capture()
    try:
        with open(arguments.component, encoding="utf-8") as file:  # noqa: PTH123
            component = compiled.parse(file.read())
        application = build(component)
    except LoadError as error:
        _leave_unstarted(error.failure)
    except (OSError, ValueError, TypeError) as error:
        _leave_unstarted(loader.failure_of(error))
    _leave(_serve(application, arguments, started))


def build(component: CompiledComponent) -> Application:
    """The application of a component; raises LoadError. User code is imported first of all."""
    files, model_key = _files(component), _model_key(component)  # user code may change the folder
    function = loader.load(component.python_path, component.function)
    from handlers.engine.core import Engine
    from handlers.fronts.application import Application
    from handlers.interfaces.inference import InferenceFunction

    code = InferenceFunction(function, model_key)
    engine = Engine(
        files.wrap(code) if files else code,
        timeout=component.timeout,
        concurrency=component.concurrency,
    )
    return Application(component, engine, code.documentation, files)


def _files(component: CompiledComponent) -> Files | None:
    """The component's boxes; before user code, which must not see what opens them."""
    if component.exchange is None and not component.mounts:
        return None
    from handlers.fronts import files

    return files.prepare(component)


def _model_key(component: CompiledComponent) -> str:
    if not component.model_key:
        return ""
    if component.model_mount:
        from handlers.fronts import files

        return os.path.join(files.place(component.model_mount), component.model_key)  # noqa: PTH118
    return os.path.abspath(component.model_key)  # noqa: PTH100


def _serve(application: Application, arguments: Arguments, started: float) -> int:
    from handlers.fronts import logs, uvicorn_server

    logs.install()
    listener = _listener(arguments)
    runner = uvicorn_server.runner()
    return runner.run(_run(application, listener, started))


async def _run(application: Application, listener: socket.socket, started: float) -> int:
    import asyncio

    from handlers.fronts import logs, uvicorn_server
    from handlers.fronts.asgi import AsgiApplication
    from handlers.fronts.warmup import warm_up

    failure = await warm_up(application)
    if failure is not None:
        _leave_unstarted(failure)
    gc.freeze()
    gc.enable()
    stopped = asyncio.Event()
    code = 0

    def stop(with_code: int = 0) -> None:
        nonlocal code
        code, application.ready = code or with_code, False
        stopped.set()

    application.on_stuck = lambda: stop(STUCK)
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop)
    seconds = round(time.perf_counter() - started, 3)
    logs.write("ready", component=application.component.name, seconds=seconds)
    await uvicorn_server.serve(
        AsgiApplication(application),
        listener,
        stopped,
        grace=application.component.timeout + GRACE,
    )
    logs.write("stopped", component=application.component.name, code=code)
    return code


def _listener(arguments: Arguments) -> socket.socket:
    import socket

    if arguments.fd is not None:
        return socket.socket(fileno=arguments.fd)
    return socket.create_server((arguments.host, arguments.port), backlog=2048, reuse_port=False)


def _watch(lifeline: int) -> None:
    """Ask this process to stop when the parent's end of the pipe closes."""

    def wait() -> None:
        while os.read(lifeline, 64):
            pass
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=wait, name="lifeline", daemon=True).start()


def _leave_unstarted(failure: Failure) -> None:
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
    _leave(DID_NOT_START)


def _leave(code: int) -> None:
    """End the process without waiting for threads that user code may have left behind."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (OSError, ValueError):
            continue
    os._exit(code)

"""One function as an HTTP server: load, warm up, listen, finish.

    python -I start.py COMPONENT.json (--fd N | --host H --port P) [--lifeline N]

The arguments are those of `fronts.process`. Exit codes: 0 finished, 3 did not start (the reason is
the log line `startup_failed`), 75 left because a call outlived its time limit.
"""

from __future__ import annotations

import gc
import os
import signal
import time
from typing import TYPE_CHECKING

from handlers.contract import compiled
from handlers.contract.compiled import CompiledComponent
from handlers.engine import loader
from handlers.engine.loader import LoadError
from handlers.fronts import process
from handlers.fronts.process import Arguments

if TYPE_CHECKING:
    import socket

    from handlers.fronts.application import Application
    from handlers.fronts.files import Files

STUCK = 75


def main(words: list[str]) -> None:
    """Serve until told to stop; leaves the process by itself."""
    started = time.perf_counter()
    arguments = process.parse_arguments(words)
    if arguments.lifeline is not None:
        process.watch(arguments.lifeline)
    from handlers.fronts import logs

    logs.capture()
    try:
        with open(arguments.compiled, encoding="utf-8") as file:  # noqa: PTH123
            component = compiled.parse(file.read())
        application = build(component)
    except LoadError as error:
        process.leave_unstarted(error.failure)
    except (OSError, ValueError, TypeError) as error:
        process.leave_unstarted(loader.failure_of(error))
    process.leave(_serve(application, arguments, started))


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
    listener = process.listener(arguments)
    runner = uvicorn_server.runner()
    return runner.run(_run(application, listener, started))


async def _run(application: Application, listener: socket.socket, started: float) -> int:
    import asyncio

    from handlers.fronts import logs, uvicorn_server
    from handlers.fronts.asgi import AsgiApplication
    from handlers.fronts.warmup import warm_up

    failure = await warm_up(application)
    if failure is not None:
        process.leave_unstarted(failure)
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
        grace=application.component.timeout + process.GRACE,
    )
    logs.write("stopped", component=application.component.name, code=code)
    return code

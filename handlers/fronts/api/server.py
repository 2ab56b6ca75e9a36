"""One application's API as an HTTP server.

    python -I start_api.py APPLICATION.json (--fd N | --host H --port P) [--lifeline N]

The arguments and exit codes are those of `fronts.process`.
"""

from __future__ import annotations

import asyncio
import os
import signal
import time
from typing import TYPE_CHECKING

from handlers.contract import application
from handlers.engine import loader
from handlers.engine.loader import LoadError
from handlers.fronts import logs, process, uvicorn_server
from handlers.fronts.api import app, services
from handlers.fronts.api.services import Services
from handlers.fronts.api.surface import Surface

if TYPE_CHECKING:
    import socket


def main(words: list[str]) -> None:
    """Serve until told to stop; leaves the process by itself."""
    started = time.perf_counter()
    arguments = process.parse_arguments(words)
    if arguments.lifeline is not None:
        process.watch(arguments.lifeline)
    try:
        with open(arguments.compiled, encoding="utf-8") as file:  # noqa: PTH123
            compiled = application.parse(file.read())
        made = services.make(compiled, os.environ)
        asgi = app.surface(made)
    except LoadError as error:
        process.leave_unstarted(error.failure)
    except (OSError, ValueError, TypeError) as error:
        process.leave_unstarted(loader.failure_of(error))
    logs.install()
    listener = process.listener(arguments)
    uvicorn_server.runner().run(_run(made, asgi, listener, started))
    process.leave(0)


async def _run(made: Services, asgi: Surface, listener: socket.socket, started: float) -> None:
    stopped = asyncio.Event()

    def stop() -> None:
        made.ready = False
        stopped.set()

    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop)
    seconds = round(time.perf_counter() - started, 3)
    logs.write("ready", application=made.application.namespace, seconds=seconds)
    longest = max((one.timeout for one in made.functions.values()), default=0.0)
    await uvicorn_server.serve(asgi, listener, stopped, grace=longest + process.GRACE)
    await made.upstream.close()
    logs.write("stopped", application=made.application.namespace)

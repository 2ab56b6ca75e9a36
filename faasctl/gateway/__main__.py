"""`python -m faasctl.gateway --home FOLDER --port N`: the gateway in the foreground."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import logging
import os
import resource
import signal
import sys
from pathlib import Path

from faasctl.errors import FaasctlError
from faasctl.gateway.service import serve

#: Open files: two for each request in flight.
_OPEN_FILES = 16384


def main() -> int:
    arguments = argparse.ArgumentParser(prog="faasctl.gateway", description=__doc__)
    arguments.add_argument("--home", type=Path, required=True, help="FAASCTL_HOME")
    arguments.add_argument("--port", type=int, required=True, help="preferred port; 0 is any")
    chosen = arguments.parse_args()
    logging.basicConfig(format="%(asctime)s %(levelname)s %(message)s", level=logging.INFO)
    os.umask(0o077)
    _allow_open_files()
    try:
        asyncio.run(_serve(chosen.home.absolute(), chosen.port))
    except FaasctlError as error:
        logging.getLogger("faasctl.gateway").error("%s", error)  # noqa: TRY400 - no bug
        return 1
    return 0


async def _serve(home: Path, port: int) -> None:
    stopping = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopping.set)
    await serve(home, port, stopping=stopping)


def _allow_open_files() -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _OPEN_FILES if hard == resource.RLIM_INFINITY else min(hard, _OPEN_FILES)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        with contextlib.suppress(OSError, ValueError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


if __name__ == "__main__":
    sys.exit(main())

"""`python -m faasctl.store.embedded`: one store in its own process, until it is told to stop."""

from __future__ import annotations

import argparse
import asyncio
import fcntl
import functools
import os
import signal
import sys
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from aiohttp import web

from faasctl.errors import FaasctlError, UsageError
from faasctl.store.embedded import objects_table
from faasctl.store.embedded.credentials import load_credentials
from faasctl.store.embedded.exchange import Store
from faasctl.store.embedded.files import Blobs
from faasctl.store.embedded.index import Index
from faasctl.store.embedded.server import make_server

_THREADS = 8
#: How long requests under way may take after SIGTERM, in seconds.
_GRACE = 5.0


@dataclass(frozen=True, slots=True)
class Options:
    """Where the store lives and listens; port 0 takes a free one."""

    root: Path
    host: str
    port: int
    credentials: Path
    region: str
    domains: tuple[str, ...]
    largest: int | None


def parse_options(arguments: Sequence[str]) -> Options:
    parser = argparse.ArgumentParser(prog="python -m faasctl.store.embedded", description=__doc__)
    parser.add_argument("--root", type=Path, required=True, help="folder of all data")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on")
    parser.add_argument("--port", type=int, default=0, help="port; 0 takes a free one")
    parser.add_argument("--credentials", type=Path, required=True, help="JSON file of keys")
    parser.add_argument("--region", default="us-east-1")
    parser.add_argument(
        "--domain", action="append", default=[], help="BUCKET.DOMAIN addresses a bucket"
    )
    parser.add_argument("--max-object", type=int, help="largest object in bytes")
    given = parser.parse_args(arguments)
    return Options(
        given.root.absolute(),
        given.host,
        given.port,
        given.credentials,
        given.region,
        ("localhost", *given.domain),
        given.max_object,
    )


@contextmanager
def _lock(root: Path) -> Iterator[None]:
    """Two processes on one folder would clear each other's files."""
    root.mkdir(parents=True, exist_ok=True, mode=0o700)
    with (root / "lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise UsageError(
                f"{root}: another store serves this folder",
                hint="stop it, or choose another --root",
            ) from error
        yield


@contextmanager
def _open_store(options: Options) -> Iterator[Store]:
    credentials = load_credentials(options.credentials)
    with _lock(options.root), ThreadPoolExecutor(_THREADS, "blobs") as pool:
        blobs = Blobs(options.root)
        index = Index(options.root / "index.sqlite", blobs.sync)
        try:
            blobs.start(index.generation)
            yield Store(
                index,
                blobs,
                pool,
                credentials,
                time.time,
                options.region,
                options.domains,
                options.largest,
            )
        finally:
            index.close()


async def serve(options: Options) -> None:
    """Serve until SIGTERM or SIGINT; the URL on standard output says that it listens."""
    loop = asyncio.get_running_loop()
    stopped = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopped.set)
    with _open_store(options) as store:
        runner = web.ServerRunner(make_server(store), shutdown_timeout=_GRACE)
        await runner.setup()
        try:
            site = web.TCPSite(runner, options.host, options.port)
            await site.start()
            sys.stdout.write(f"{_url(runner)}\n")
            sys.stdout.flush()
            await store.index.search(
                lambda connection: store.blobs.sweep(
                    functools.partial(objects_table.is_used, connection)
                )
            )
            await stopped.wait()
        except OSError as error:
            raise UsageError(
                f"{options.host}:{options.port}: {os.strerror(error.errno or 0)}",
                hint="choose another --host or --port",
            ) from error
        finally:
            await runner.cleanup()


def _url(runner: web.ServerRunner) -> str:
    host, port = runner.addresses[0][:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def main() -> int:
    try:
        asyncio.run(serve(parse_options(sys.argv[1:])))
    except FaasctlError as error:
        hint = f"\nhint: {error.hint}" if error.hint else ""
        sys.stderr.write(f"error: {error.message}{hint}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())

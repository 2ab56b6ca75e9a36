"""The local gateway as the command line knows it: found, started, replaced, asked."""

from __future__ import annotations

import fcntl
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar
from urllib.parse import quote

import psutil
from packaging.version import Version

from faasctl import __version__, disk, http, process, wire
from faasctl.errors import FaasctlError, UnreachableError
from faasctl.plan import Deployment, Event, Share

T = TypeVar("T")

#: Seconds for a new gateway to answer, and for an old one to finish what is in flight.
_START = 30.0
_STOP = 60.0

#: Seconds between two tries.
_PAUSE = 0.02

#: Bytes of the gateway's own log; the part before is kept as `gateway.log.1`.
_LOG_SIZE = 5_000_000


@dataclass(frozen=True, slots=True)
class Link:
    """The control interface of the gateway that runs; every method may raise UnreachableError."""

    info: wire.GatewayInfo

    def namespaces(self) -> tuple[str, ...]:
        return self._ask("GET", "/v1/namespaces", None, tuple[str, ...])

    def find(self, namespace: str) -> tuple[Deployment, ...]:
        return self._ask("GET", _space(namespace), None, tuple[Deployment, ...])

    def activity(self, namespace: str | None = None) -> wire.Activity:
        query = f"?namespace={quote(namespace, safe='')}" if namespace else ""
        return self._ask("GET", f"/v1/activity{query}", None, wire.Activity)

    def delete(self, namespace: str, names: Sequence[str]) -> tuple[str, ...]:
        """Waits for the processes' end, as long as their requests take."""
        path = f"{_space(namespace)}/delete"
        return self._ask("POST", path, list(names), tuple[str, ...])

    def route(self, namespace: str, name: str, shares: Sequence[Share]) -> Deployment:
        path = f"{_space(namespace)}/components/{quote(name, safe='')}/traffic"
        return self._ask("POST", path, wire.Traffic(tuple(shares)), Deployment)

    def rollback(self, namespace: str, name: str, to: str | None) -> Deployment:
        path = f"{_space(namespace)}/components/{quote(name, safe='')}/rollback"
        return self._ask("POST", path, wire.Rollback(to), Deployment)

    def deploy(
        self, wish: wire.DeployRequest, report: Callable[[Event], None]
    ) -> tuple[Deployment, ...]:
        """Raises what the gateway raised; hanging up before the end leaves everything as it was."""
        request = http.Request("POST", "/v1/deploy", wire.encode_deploy(wish), timeout=None)
        with http.lines(self._address, request) as (status, lines):
            if status != 200:
                raise wire.error_of(wire.decode(b"".join(lines), wire.Fault))
            for line in lines:
                match wire.decode_message(line):
                    case Event() as event:
                        report(event)
                    case wire.Deployed(deployments):
                        return deployments
                    case wire.Fault() as fault:
                        raise wire.error_of(fault)
        raise UnreachableError(
            "the gateway ended in the middle of the deploy",
            hint="deploy again; what ran before still runs",
        )

    def start_store(self) -> str:
        """The endpoint of the embedded store, started where it does not run."""
        return self._ask("POST", "/v1/store", None, dict[str, str])["endpoint"]

    def stop(self) -> None:
        self._ask("POST", "/v1/stop", None, dict[str, bool])

    @property
    def _address(self) -> http.Unix:
        return http.Unix(Path(self.info.socket))

    def _ask(self, method: str, path: str, value: object, kind: type[T]) -> T:
        body = None if value is None else wire.encode(value)
        answer = http.send(self._address, http.Request(method, path, body, timeout=None))
        if answer.status != 200:
            raise wire.error_of(wire.decode(answer.body, wire.Fault))
        return wire.decode(answer.body, kind)


def _space(namespace: str) -> str:
    return f"/v1/namespaces/{quote(namespace, safe='')}"


def running(home: Path) -> Link | None:
    """The gateway of that home, if one answers."""
    try:
        content = (home / "local" / wire.INFO_FILE).read_bytes()
        info = wire.decode(content, wire.GatewayInfo)
        request = http.Request("GET", "/v1/gateway", timeout=10.0)
        answer = http.send(http.Unix(Path(info.socket)), request)
        return Link(wire.decode(answer.body, wire.GatewayInfo))
    except (OSError, FaasctlError):
        return None


def ensure(home: Path, port: int) -> Link:
    """The gateway of that home, started when none answers, replaced when it is an older one."""
    link = running(home)
    if link is not None and not is_older(link.info):
        return link
    with _alone(home):
        link = running(home)
        if link is not None and is_older(link.info):
            _stop(link)
            link = None
        return link or _start(home, port)


def stop(home: Path) -> bool:
    """Stop the gateway and its functions once their requests are answered; False if none ran."""
    link = running(home)
    if link is None:
        return False
    _stop(link)
    return True


def is_older(info: wire.GatewayInfo) -> bool:
    """Whether the gateway is of an earlier version than this command."""
    return Version(info.version) < Version(__version__)


def _stop(link: Link) -> None:
    link.stop()
    deadline = time.monotonic() + _STOP
    while _is_running(link.info):
        if time.monotonic() > deadline:
            raise UnreachableError(
                f"the gateway (process {link.info.pid}) does not stop",
                hint=f"kill {link.info.pid}",
            )
        time.sleep(_PAUSE)


def _is_running(info: wire.GatewayInfo) -> bool:
    with suppress(psutil.Error):
        known = psutil.Process(info.pid)
        gone = known.status() == psutil.STATUS_ZOMBIE or known.create_time() > info.started_at + 1
        return not gone
    return False


def _start(home: Path, port: int) -> Link:
    root = disk.make_private(home / "local")
    log = root / "gateway.log"
    _rotate(log)
    log.touch(mode=0o600)
    began = log.stat().st_size
    command = [sys.executable, "-P", "-m", "faasctl.gateway", "--home", str(home)]
    pid = process.start_detached([*command, "--port", str(port)], log=log, directory=root)
    deadline = time.monotonic() + _START
    while (link := running(home)) is None:
        if time.monotonic() > deadline or not psutil.pid_exists(pid):
            said = log.read_bytes()[began:].decode("utf-8", "replace").strip()
            raise UnreachableError(f"the gateway does not start: {said}", hint=f"see {log}")
        time.sleep(_PAUSE)
    return link


def _rotate(log: Path) -> None:
    if log.exists() and log.stat().st_size > _LOG_SIZE:
        log.replace(log.with_name(f"{log.name}.1"))


@contextmanager
def _alone(home: Path) -> Iterator[None]:
    """One command at a time starts a gateway."""
    place = disk.make_private(home / "local") / "starting"
    place.touch(mode=0o600)
    with place.open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield

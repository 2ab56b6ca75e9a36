"""The local gateway as a person speaks of it: start, stop, where it is."""

from __future__ import annotations

from dataclasses import dataclass

from faasctl import settings as all_settings
from faasctl.backends import local_link
from faasctl.wire import GatewayInfo


@dataclass(frozen=True, slots=True)
class GatewayStatus:
    """Where the gateway answers, and its process."""

    url: str
    pid: int
    version: str
    notes: tuple[str, ...]


def start() -> GatewayStatus:
    """Start it where it does not run; raises UnreachableError when it can't."""
    settings = all_settings.load(None)
    return _status(local_link.ensure(settings.home, settings.gateway_port).info)


def stop() -> bool:
    """Stop it once requests in flight are answered; False when it did not run."""
    return local_link.stop(all_settings.load(None).home)


def status() -> GatewayStatus | None:
    """The gateway that runs, or None."""
    link = local_link.running(all_settings.load(None).home)
    return None if link is None else _status(link.info)


def _status(info: GatewayInfo) -> GatewayStatus:
    return GatewayStatus(info.url, info.pid, info.version, info.notes)

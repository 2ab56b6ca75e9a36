"""The local gateway as a person speaks of it: start, stop, where it is."""

from __future__ import annotations

from dataclasses import dataclass, replace

from faasctl import settings as all_settings
from faasctl.backends import local_link
from faasctl.pipeline import storage
from faasctl.settings import S3
from faasctl.store.access import LOCAL_REGION
from faasctl.wire import GatewayInfo


@dataclass(frozen=True, slots=True)
class GatewayStatus:
    """Where the gateway and the store answer, and the gateway's process.

    `store_url` is empty while nothing has needed the store.
    """

    url: str
    store_url: str
    pid: int
    version: str
    notes: tuple[str, ...]


def start() -> GatewayStatus:
    """Start gateway and store where they do not run; raises UnreachableError when they can't."""
    settings = all_settings.load(None)
    link = local_link.ensure(settings.home, settings.gateway_port)
    return _status(link.info, link.start_store())


def stop() -> bool:
    """Stop it once requests in flight are answered; False when it did not run."""
    return local_link.stop(all_settings.load(None).home)


def status() -> GatewayStatus | None:
    """The gateway that runs, or None."""
    home = all_settings.load(None).home
    link = local_link.running(home)
    return None if link is None else _status(link.info, storage.local_endpoint(home))


def environment() -> dict[str, str]:
    """What any S3 client needs for the store of this machine, which is started for it."""
    access = storage.ready_access(replace(all_settings.load(None), s3=S3()))
    keys = storage.credentials(access)
    return {
        "AWS_ENDPOINT_URL": access.endpoint,
        "AWS_ACCESS_KEY_ID": keys.access_key,
        "AWS_SECRET_ACCESS_KEY": keys.secret_key,
        "AWS_REGION": LOCAL_REGION,
    }


def _status(info: GatewayInfo, store_url: str) -> GatewayStatus:
    return GatewayStatus(info.url, store_url, info.pid, info.version, info.notes)

"""A connection to a registry: to this machine plain, elsewhere through a proxy where one is set."""

from __future__ import annotations

import http.client
from urllib.parse import urlsplit


def connect(scheme: str, place: str) -> http.client.HTTPConnection:
    """A connection to `HOST[:PORT]`; nothing is sent yet."""
    # urllib is a slow import that the usual registry of a developer's machine does not need.
    host = place.rpartition(":")[0] or place
    if host == "localhost" or host.endswith(".localhost"):
        place, proxy = place.replace(host, "127.0.0.1"), None
    elif host.startswith("127."):
        proxy = None
    else:
        proxy = _proxy(scheme, host)
    if scheme == "http":
        return http.client.HTTPConnection(place, timeout=60)
    if proxy is None:
        return http.client.HTTPSConnection(place, timeout=60)
    connection = http.client.HTTPSConnection(proxy, timeout=60)
    connection.set_tunnel(place)
    return connection


def _proxy(scheme: str, host: str) -> str | None:
    from urllib.request import getproxies, proxy_bypass

    found = getproxies().get(scheme)
    return urlsplit(found).netloc if found and not proxy_bypass(host) else None

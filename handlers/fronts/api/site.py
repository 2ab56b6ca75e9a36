"""The application's page and its files: our own, from `handlers/pages`, nothing from outside.

`/` is `application.html`; the files that pages load lie at `docs/NAME`, as for functions.
"""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from starlette.responses import Response

from handlers.contract.sigv4 import Bucket
from handlers.fronts import pages
from handlers.fronts.api.errors import ApiError

_NAME = re.compile(r"[a-z][a-z0-9_-]{0,40}\.(?:js|css)")


def page(store: Bucket | None) -> Response:
    """The application's page."""
    return _answer("application.html", store)


def part(name: str, store: Bucket | None) -> Response:
    """A file that the page loads; raises ApiError (404)."""
    if not _NAME.fullmatch(name):
        raise ApiError(404, "NotFound", "there is no such file")
    return _answer(name, store)


def _answer(name: str, store: Bucket | None) -> Response:
    try:
        found = pages.read(f"/docs/{name}")
    except FileNotFoundError as error:
        raise ApiError(404, "NotFound", "there is no such file") from error
    return Response(found.body, media_type=found.content_type, headers=headers(store))


def headers(store: Bucket | None) -> dict[str, str]:
    """As for a function's page, and the browser may speak to the store, where links lead."""
    own = dict(pages.HEADERS)
    if store is not None:
        origin = f"{urlsplit(store.endpoint).scheme}://{store.host}"
        policy = own["content-security-policy"]
        for directive in ("connect-src 'self'", "img-src 'self'"):
            policy = policy.replace(directive, f"{directive} {origin}")
        own["content-security-policy"] = policy
    return own

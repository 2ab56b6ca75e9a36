"""The pages that a function serves of itself: our own files, nothing from outside."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

_FOLDER = Path(__file__).resolve().parent.parent / "pages"
_TYPES = {
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
}

#: No inline script or style runs, nothing is loaded from elsewhere, no other page frames ours.
HEADERS = (
    (
        "content-security-policy",
        (
            "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
            "img-src 'self' data: blob:; base-uri 'none'; form-action 'none'; "
            "frame-ancestors 'none'"
        ),
    ),
    ("x-content-type-options", "nosniff"),
    ("referrer-policy", "no-referrer"),
    ("cache-control", "no-cache"),
)


@dataclass(frozen=True, slots=True)
class Page:
    body: bytes
    content_type: str


def read(path: str) -> Page:
    """The file behind `/docs` or `/docs/NAME`; the router lets only names through that exist."""
    file = _FOLDER / (path.removeprefix("/docs").strip("/") or "docs.html")
    return Page(file.read_bytes(), _TYPES[file.suffix])

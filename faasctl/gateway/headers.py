"""Header fields on their way through: what each side may say to the other."""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterable, Sequence

from handlers.contract import identity

RawHeaders = Sequence[tuple[bytes, bytes]]

#: What answers are said to come from where the function says nothing.
SERVER = "faasctl"

_HOP = frozenset(
    {
        b"connection",
        b"keep-alive",
        b"proxy-authenticate",
        b"proxy-authorization",
        b"proxy-connection",
        b"te",
        b"trailer",
        b"transfer-encoding",
        b"upgrade",
    }
)

#: Not the client's to say: they would be believed because they come from the gateway.
_OURS = (b"x-forwarded-", b"x-faasctl-")

#: Believed for its signature, not for where it comes from.
_SIGNED = identity.HEADER.encode()

#: The gateway answers Expect itself and frames the body anew.
_REQUEST = _HOP | {b"expect", b"content-length", b"forwarded", b"x-request-id"}

_REQUEST_ID = re.compile(rb"[A-Za-z0-9._:+/=@-]{1,128}")


def request_id(headers: RawHeaders) -> bytes:
    """The caller's own where it is one, else a new one."""
    for name, value in headers:
        if name.lower() == b"x-request-id":
            return value if _REQUEST_ID.fullmatch(value) else _new_id()
    return _new_id()


def request_head(
    method: str, target: str, headers: RawHeaders, added: Iterable[tuple[bytes, bytes]]
) -> bytes:
    """A request's head for a function: end-to-end fields in their order, and those added."""
    dropped = _REQUEST | _named_by_connection(headers)
    parts = [f"{method} {target} HTTP/1.1\r\n".encode("utf-8", "surrogateescape")]
    for name, value in headers:
        lower = name.lower()
        if lower not in dropped and (lower == _SIGNED or not lower.startswith(_OURS)):
            parts += (name, b": ", value, b"\r\n")
    for name, value in added:
        parts += (name, b": ", value, b"\r\n")
    parts.append(b"\r\n")
    return b"".join(parts)


def answer_fields(headers: RawHeaders, *, framed: bool) -> list[tuple[str, str]]:
    """A function's end-to-end fields; `framed` drops a Content-Length that does not count."""
    dropped = _HOP | _named_by_connection(headers)
    if framed:
        dropped = dropped | {b"content-length"}
    return [
        (name.decode("ascii", "replace"), _text(value))
        for name, value in headers
        if name.lower() not in dropped
    ]


def _named_by_connection(headers: RawHeaders) -> frozenset[bytes]:
    values = [value for name, value in headers if name.lower() == b"connection"]
    return frozenset(token.strip().lower() for value in values for token in value.split(b","))


def _text(value: bytes) -> str:
    try:
        return value.decode("utf-8")
    except UnicodeDecodeError:
        return value.decode("latin-1")


def _new_id() -> bytes:
    return secrets.token_hex(16).encode()

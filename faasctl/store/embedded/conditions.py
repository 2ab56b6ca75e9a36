"""Conditional requests: ETags and dates that must, or must not, be those of the object.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-requests.html
https://www.rfc-editor.org/rfc/rfc9110#section-13.2.2
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import Literal

from faasctl.store.embedded.faults import S3Error
from faasctl.store.embedded.records import Object

Outcome = Literal["proceed", "unchanged", "failed"]


@dataclass(frozen=True, slots=True)
class Write:
    """What must hold of the live object when a new one takes its place."""

    if_match: str | None = None
    if_none_match: bool = False


def parse_write(headers: Mapping[str, str]) -> Write:
    """Conditions of a write; S3 knows `If-None-Match: *` and `If-Match` with an ETag."""
    none_match = headers.get("if-none-match")
    if none_match not in {None, "*"}:
        raise S3Error("NotImplemented", Header="If-None-Match")
    match = headers.get("if-match")
    if match is not None and none_match is not None:
        raise S3Error("NotImplemented", Header="If-Match")
    return Write(match, none_match is not None)


def check_write(condition: Write, live: Object | None) -> None:
    """Raises PreconditionFailed, or NoSuchKey where there is nothing to match."""
    if condition.if_none_match and live is not None:
        raise S3Error("PreconditionFailed", Condition="If-None-Match")
    if condition.if_match is None:
        return
    if live is None:
        raise S3Error("NoSuchKey")
    if not _matches(condition.if_match, live.etag):
        raise S3Error("PreconditionFailed", Condition="If-Match")


def evaluate_read(headers: Mapping[str, str], found: Object, prefix: str = "") -> Outcome:
    """Whether to answer with the object; an ETag condition outranks the date beside it."""
    match = headers.get(f"{prefix}if-match")
    unmodified = _date(headers.get(f"{prefix}if-unmodified-since"))
    if match is not None:
        if not _matches(match, found.etag):
            return "failed"
    elif unmodified is not None and int(found.modified) > unmodified:
        return "failed"
    none_match = headers.get(f"{prefix}if-none-match")
    since = _date(headers.get(f"{prefix}if-modified-since"))
    if none_match is not None:
        return "unchanged" if _matches(none_match, found.etag) else "proceed"
    if since is not None and int(found.modified) <= since:
        return "unchanged"
    return "proceed"


def check_copy(headers: Mapping[str, str], source: Object) -> None:
    """Conditions on the source of a copy; raises PreconditionFailed."""
    if evaluate_read(headers, source, "x-amz-copy-source-") != "proceed":
        raise S3Error("PreconditionFailed")


def _matches(condition: str, etag: str) -> bool:
    tags = [tag.strip().removeprefix("W/").strip('"') for tag in condition.split(",")]
    return "*" in tags or etag in tags


def _date(text: str | None) -> float | None:
    if text is None:
        return None
    try:
        return parsedate_to_datetime(text).timestamp()
    except ValueError:
        return None

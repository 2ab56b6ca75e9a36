"""Listing: which keys and common prefixes make a page, and where the next one starts.

Works on any sorted source that can start at a key, so a folder of a million objects costs one
step. https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Generic, TypeVar
from urllib.parse import quote

from faasctl.store.embedded.faults import S3Error

Item = TypeVar("Item")
_LAST = 0x10FFFF


@dataclass(frozen=True, slots=True)
class Question:
    """`start` is the smallest key that may come; None is past the end of everything."""

    prefix: str = ""
    delimiter: str = ""
    limit: int = 1000
    start: str | None = ""


@dataclass(frozen=True, slots=True)
class Page(Generic[Item]):
    """`next_start` is where to go on, None at the end; `last` is the last name given."""

    items: tuple[Item, ...]
    prefixes: tuple[str, ...] = ()
    next_start: str | None = None
    last: str = ""


def list_page(
    question: Question, source: Callable[[str], Iterable[tuple[str, Item]]]
) -> Page[Item]:
    """One page; `source(start)` gives sorted `(key, item)` pairs with `key >= start`."""
    items: list[Item] = []
    prefixes: list[str] = []
    last = ""
    if not question.limit:
        return Page(())
    for name, item in _entries(question, source):
        if len(items) + len(prefixes) == question.limit:
            return Page(tuple(items), tuple(prefixes), name, last)
        last = name
        if item is None:
            prefixes.append(name)
        else:
            items.append(item)
    return Page(tuple(items), tuple(prefixes))


def _entries(
    question: Question, source: Callable[[str], Iterable[tuple[str, Item]]]
) -> Iterator[tuple[str, Item | None]]:
    start = None if question.start is None else max(question.start, question.prefix)
    while start is not None:
        for key, item in source(start):
            if not key.startswith(question.prefix):
                return
            common = common_prefix(key, question.prefix, question.delimiter)
            if common is not None:
                yield common, None
                start = after_prefix(common)
                break
            yield key, item
        else:
            return


def common_prefix(key: str, prefix: str, delimiter: str) -> str | None:
    """What a key is rolled up into; None when it stands for itself."""
    if not delimiter:
        return None
    end = key.find(delimiter, len(prefix))
    return None if end < 0 else key[: end + len(delimiter)]


def after_prefix(prefix: str) -> str | None:
    """The smallest text above every text with that prefix; None when there is none."""
    for index in range(len(prefix) - 1, -1, -1):
        point = ord(prefix[index])
        if point < _LAST:
            following = 0xE000 if point == 0xD7FF else point + 1
            return prefix[:index] + chr(following)
    return None


def start_after(marker: str, prefix: str, delimiter: str) -> str | None:
    """The first key that may follow a marker; a marker that is a rolled-up prefix ends it."""
    if not marker:
        return ""
    if marker.startswith(prefix) and common_prefix(marker, prefix, delimiter) == marker:
        return after_prefix(marker)
    return marker + "\0"


def encode_token(start: str) -> str:
    """A continuation token: opaque to clients."""
    return base64.urlsafe_b64encode(start.encode()).decode("ascii")


def decode_token(token: str) -> str:
    """Where a token goes on; raises InvalidArgument for one that was not given out."""
    try:
        return base64.b64decode(token, altchars=b"-_", validate=True).decode()
    except (binascii.Error, ValueError) as error:
        raise S3Error(
            "InvalidArgument",
            "The continuation token provided is incorrect",
            ArgumentName="continuation-token",
        ) from error


def url_encode(text: str) -> str:
    """`encoding-type=url`, which keeps slashes."""
    return quote(text, safe="/")

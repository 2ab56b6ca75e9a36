"""Groups of files: a page of a listing, and removal of all."""

from __future__ import annotations

from typing import Any

from handlers.contract.boxes import NameRefusedError, check_segment
from handlers.engine.storage import ListedPage, StoredObject
from handlers.fronts.api.errors import ApiError, of_name
from handlers.fronts.api.shelf import GroupPlace, Shelf

#: S3 gives no more at once.
LARGEST_PAGE = 1000


def parse_limit(text: str | None) -> int:
    """The size of a page; raises ApiError (400)."""
    if text is None:
        return LARGEST_PAGE
    if not (text.isascii() and text.isdigit() and len(text) < 6 and 1 <= int(text) <= LARGEST_PAGE):
        raise ApiError(400, "RequestError", f"limit: a number from 1 to {LARGEST_PAGE}")
    return int(text)


def listing(shelf: Shelf, place: GroupPlace, after: str, limit: int) -> dict[str, Any]:
    """A group's files and sub-groups in order of their names, those that come after `after`.

    `after` is the `next` of the page before: a file's name, or a sub-group's with a slash.
    """
    if after:
        _check_name(after)
    start = f"{place.prefix}{after}" if after else ""
    # One more than asked: some stores give a sub-group again that lies at `after` itself.
    page = shelf.storage.page(place.prefix, after=start, limit=min(limit + 1, LARGEST_PAGE))
    entries = [entry for entry in _entries(place, page) if entry[0].encode() > after.encode()]
    shown, is_last = entries[:limit], len(entries) <= limit and not page.is_truncated
    return {
        "box": place.box.name,
        "user": place.user,
        "group": place.group,
        "files": [_described(place, *entry) for entry in shown if entry[1] is not None],
        "groups": [name.removesuffix("/") for name, found in shown if found is None],
        "next": None if is_last else (shown[-1][0] if shown else after),
    }


def _entries(place: GroupPlace, page: ListedPage) -> list[tuple[str, StoredObject | None]]:
    start = len(place.prefix)
    files: list[tuple[str, StoredObject | None]] = [
        (one.key[start:], one) for one in page.objects if one.key != place.prefix
    ]
    groups: list[tuple[str, StoredObject | None]] = [(one[start:], None) for one in page.prefixes]
    return sorted([*files, *groups], key=lambda entry: entry[0].encode())


def _described(place: GroupPlace, name: str, found: StoredObject | None) -> dict[str, Any]:
    if found is None:
        return {}
    path = f"{place.group}/{name}" if place.group else name
    return {
        "name": name,
        "path": path,
        "size": found.size,
        "etag": found.etag,
        "modified": found.modified,
    }


def _check_name(after: str) -> None:
    try:
        check_segment(after.removesuffix("/"))
    except NameRefusedError as error:
        raise of_name(error) from error


def has_files(shelf: Shelf, place: GroupPlace) -> bool:
    """Whether there is anything in a group."""
    page = shelf.storage.page(place.prefix, after="", limit=1)
    return bool(page.objects or page.prefixes)


def remove(shelf: Shelf, place: GroupPlace) -> int:
    """Remove all files of a group and of those in it; how many there were."""
    removed = 0
    for one in list(shelf.storage.listing(place.prefix)):
        shelf.storage.delete(one.key)
        removed += 1
    shelf.quota.forget(place.box)
    return removed

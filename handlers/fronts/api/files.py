"""Files one by one: links, forms, a look, removal, and the check after an upload.

Everything here may wait for the store, and runs in threads.
"""

from __future__ import annotations

import base64
import hashlib
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

from handlers.contract.sigv4 import LONGEST
from handlers.engine import uploads
from handlers.engine.storage import Answer, Storage
from handlers.engine.uploads import FormRules
from handlers.fronts.api.errors import ApiError
from handlers.fronts.api.quota import over
from handlers.fronts.api.shelf import BOUND, UNBOUND, FilePlace, Shelf, described, facts, size_of
from handlers.fronts.api.wishes import LARGEST_PUT, CompleteWish, FormWish, UploadWish

#: Up to which size a file is read to check a hash that the store has not kept, in bytes.
READ_TO_CHECK = 1024**3

Json = dict[str, Any]


def offer(shelf: Shelf, place: FilePlace, wish: UploadWish | None) -> Json:
    """Links for an upload; raises ApiError (400 with the links where the file exists, 413)."""
    wanted = wish or UploadWish()
    found = shelf.storage.head(place.key)
    reserve(shelf, place, found, wanted.size)
    links = shelf.links(place, wanted, BOUND if _binds(wanted) else UNBOUND)
    if found is not None and not wanted.overwrite:
        raise exists(place, links)
    return links


def _binds(wish: UploadWish) -> bool:
    return wish.size is not None or wish.sha256 is not None


def reserve(shelf: Shelf, place: FilePlace, found: Answer | None, size: int | None) -> None:
    """Raises ApiError (413) when a file does not fit in place of what is there.

    A file of unknown size fits while there is any room.
    """
    announced = 1 if size is None else size
    shelf.quota.check(place.box, announced - (size_of(found) if found else 0))


def exists(place: FilePlace, details: Json | None = None) -> ApiError:
    message = f"the file {str(place.path)!r} exists; say overwrite: true to replace it"
    return ApiError(400, "FileExists", message, details=details)


def look(shelf: Shelf, place: FilePlace, expires: int | None, *, saving: bool = False) -> Json:
    """Both links of a file and what is known of it; the link to replace it is short-lived.

    There is no such link when the box is full. `expires` is the other link's, in seconds;
    `saving` makes it one by which browsers save the file, whatever its type.
    """
    found = shelf.found(place)
    if expires is not None and not 1 <= expires <= LONGEST:
        raise ApiError(400, "RequestError", f"expires: 1 to {LONGEST} seconds")
    links = shelf.links(place, UploadWish(), UNBOUND)
    if expires is not None or saving:
        links["expires"] = expires or UNBOUND
        links["presigned_get_url"] = shelf.storage.link(
            "GET",
            place.key,
            expires=links["expires"],
            query={"response-content-disposition": _saved_as(place)} if saving else None,
        )
    if shelf.quota.room(place.box) + size_of(found) <= 0:
        links["presigned_put_url"] = None
    return {**links, **facts(found)}


def _saved_as(place: FilePlace) -> str:
    """The header by which browsers save an answer under the file's name (RFC 6266)."""
    return f"attachment; filename*=UTF-8''{quote(place.path.name, safe='')}"


def remove(shelf: Shelf, place: FilePlace) -> None:
    """Remove a file; raises ApiError (404)."""
    shelf.found(place)
    shelf.storage.delete(place.key)
    shelf.quota.forget(place.box)


def form(shelf: Shelf, place: FilePlace, wish: FormWish | None) -> Json:
    """What a browser's form needs for an upload; raises ApiError (400, 413)."""
    wanted = wish or FormWish()
    found = shelf.storage.head(place.key)
    if found is not None and not wanted.overwrite:
        raise exists(place)
    room = shelf.quota.room(place.box) + (size_of(found) if found else 0)
    largest = min(room, LARGEST_PUT) if wanted.max_size is None else wanted.max_size
    if room <= 0 or largest > room or wanted.min_size > room:
        raise over(place.box, place.box.capacity - room, wanted.max_size or wanted.min_size)
    if wanted.min_size > largest:
        raise ApiError(400, "RequestError", "min_size is larger than max_size")
    kind = (wanted.content_type or "").removesuffix("*")
    rules = FormRules(wanted.min_size, largest, kind)
    url, fields = uploads.form(
        shelf.storage, place.key, rules, expires=BOUND, now=datetime.now(UTC)
    )
    return {
        "url": url,
        "fields": fields,
        "min_size": wanted.min_size,
        "max_size": largest,
        "expires": BOUND,
        **described(place),
    }


def complete(shelf: Shelf, place: FilePlace, wish: CompleteWish | None) -> Json:
    """Check an uploaded file; raises ApiError (404, 409, and 413 when it was removed)."""
    wanted = wish or CompleteWish()
    found = shelf.found(place)
    if wanted.size is not None and size_of(found) != wanted.size:
        message = f"the file has {size_of(found)} bytes, not {wanted.size}"
        raise ApiError(409, "SizeMismatch", message)
    shelf.quota.settle(place.box, lambda: shelf.storage.delete(place.key))
    digest = _checked(shelf.storage, place, found, wanted.sha256) if wanted.sha256 else None
    link = shelf.storage.link("GET", place.key, expires=UNBOUND)
    return {
        **described(place),
        **facts(found),
        "sha256": digest,
        "presigned_get_url": link,
        "expires": UNBOUND,
    }


def _checked(storage: Storage, place: FilePlace, found: Answer, wanted: str) -> str | None:
    """The hash in hex where it is right, None for a file too large to be read for it."""
    stored = found.headers.get("x-amz-checksum-sha256", "")
    if not stored or "-" in stored:  # a multipart upload's is a hash of hashes
        if size_of(found) > READ_TO_CHECK:
            return None
        stored = _read_hash(storage, place.key)
    if stored != wanted:
        raise ApiError(409, "ChecksumMismatch", "the file's SHA-256 is another")
    return base64.b64decode(stored).hex()


def _read_hash(storage: Storage, key: str) -> str:
    digest = hashlib.sha256()
    for chunk in storage.read(key):
        digest.update(chunk)
    return base64.b64encode(digest.digest()).decode()

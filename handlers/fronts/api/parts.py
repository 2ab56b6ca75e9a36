"""Large files in parts: begun, looked at to go on, finished, thrown away.

The upload's id, as callers get it, carries what was announced, sealed: the API keeps nothing, and
any of its processes can answer any request. Everything here may wait for the store.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from handlers.engine import uploads
from handlers.engine.uploads import MOST_PARTS, SMALLEST_PART, Part
from handlers.fronts.api import files
from handlers.fronts.api.errors import ApiError
from handlers.fronts.api.files import Json
from handlers.fronts.api.shelf import BOUND, FilePlace, Shelf, described
from handlers.fronts.api.wishes import CompleteWish, FinishWish, PartsWish

_MIB = 1024**2
_USUAL = 8 * _MIB


@dataclass(frozen=True, slots=True)
class Upload:
    """An upload in parts: the store's id, sizes in bytes, whether it may replace a file."""

    id: str
    size: int
    part_size: int
    is_new: bool

    def parts(self) -> Mapping[int, int]:
        """The size of each part by its number."""
        whole, rest = divmod(self.size, self.part_size)
        sizes = [self.part_size] * whole + ([rest] if rest else [])
        return dict(enumerate(sizes, 1))


class Seal:
    """Turns an upload into text for its caller, and back when nobody has touched it."""

    def __init__(self, key: bytes) -> None:
        self._key = hmac.new(key, b"faasctl upload", hashlib.sha256).digest()

    def close(self, upload: Upload, key: str) -> str:
        text = json.dumps(asdict(upload), separators=(",", ":")).encode()
        return base64.urlsafe_b64encode(self._mark(text, key) + text).decode().rstrip("=")

    def open(self, sealed: str, key: str) -> Upload:
        """Raises ApiError (404) for what was not given out for this key."""
        try:
            raw = base64.b64decode(sealed + "=" * (-len(sealed) % 4), b"-_", validate=True)
        except (binascii.Error, ValueError) as error:
            raise _unknown() from error
        mark, text = raw[:32], raw[32:]
        if not hmac.compare_digest(mark, self._mark(text, key)):
            raise _unknown()
        return Upload(**json.loads(text))

    def _mark(self, text: bytes, key: str) -> bytes:
        return hmac.new(self._key, key.encode() + b"\0" + text, hashlib.sha256).digest()


def _unknown() -> ApiError:
    return ApiError(404, "NoSuchUpload", "this upload was not begun here, for this file")


def begin(shelf: Shelf, seal: Seal, place: FilePlace, wish: PartsWish | None) -> Json:
    """Begin an upload; raises ApiError (400, 413)."""
    if wish is None:
        raise ApiError(400, "RequestError", 'the body must say the file\'s size: {"size": BYTES}')
    found = shelf.storage.head(place.key)
    if found is not None and not wish.overwrite:
        raise files.exists(place)
    files.reserve(shelf, place, found, wish.size)
    part_size = wish.part_size or _good_size(wish.size)
    if -(-wish.size // part_size) > MOST_PARTS:
        smallest = -(-wish.size // MOST_PARTS)
        message = f"part_size: more than {MOST_PARTS} parts; {smallest} bytes or more are needed"
        raise ApiError(400, "RequestError", message)
    headers = {"content-type": wish.content_type} if wish.content_type else {}
    name = uploads.create(shelf.storage, place.key, headers)
    upload = Upload(name, wish.size, part_size, is_new=wish.overwrite is False)
    return _answer(shelf, seal, place, upload, [])


def _good_size(size: int) -> int:
    """Whole MiB, few enough parts with room to spare."""
    return max(_USUAL, SMALLEST_PART, -(-size // (MOST_PARTS // 2) // _MIB) * _MIB)


def resume(shelf: Shelf, place: FilePlace, seal: Seal, sealed: str) -> Json:
    """What is there, and new links for what is missing; raises ApiError (404)."""
    upload = seal.open(sealed, place.key)
    return _answer(shelf, seal, place, upload, _there(shelf, place, upload))


def _there(shelf: Shelf, place: FilePlace, upload: Upload) -> list[Part]:
    """The parts that need not be uploaded again."""
    wanted = upload.parts()
    found = uploads.parts(shelf.storage, place.key, upload.id)
    return [one for one in found if wanted.get(one.number) == one.size]


def _answer(
    shelf: Shelf, seal: Seal, place: FilePlace, upload: Upload, there: list[Part]
) -> dict[str, Any]:
    present = {one.number for one in there}
    return {
        "upload_id": seal.close(upload, place.key),
        "size": upload.size,
        "part_size": upload.part_size,
        "uploaded": [_stored(one) for one in there],
        "parts": [
            _missing(shelf, place, upload, number, size)
            for number, size in upload.parts().items()
            if number not in present
        ],
        "expires": BOUND,
        **described(place),
    }


def _stored(part: Part) -> Json:
    return {"part_number": part.number, "size": part.size, "etag": part.etag}


def _missing(shelf: Shelf, place: FilePlace, upload: Upload, number: int, size: int) -> Json:
    headers = {"content-length": str(size)}
    query = {"partNumber": str(number), "uploadId": upload.id}
    url = shelf.storage.link("PUT", place.key, expires=BOUND, headers=headers, query=query)
    return {"part_number": number, "size": size, "url": url, "headers": headers}


def finish(
    shelf: Shelf, place: FilePlace, seal: Seal, sealed: str, wish: FinishWish | None
) -> Json:
    """Make the file of its parts; raises ApiError (400, 404, 409, 412, 413)."""
    upload = seal.open(sealed, place.key)
    there = {one.number: one.etag for one in _there(shelf, place, upload)}
    missing = sorted(upload.parts().keys() - there.keys())
    if missing:
        some = ", ".join(map(str, missing[:20]))
        message = f"{len(missing)} parts are missing: {some}"
        raise ApiError(409, "PartsMissing", message, details={"missing": missing})
    given = there if wish is None or wish.parts is None else _given(wish, there)
    made = [(number, f'"{given[number]}"') for number in sorted(given)]
    uploads.complete(shelf.storage, place.key, upload.id, made, is_new=upload.is_new)
    digest = wish.sha256 if wish else None
    return files.complete(shelf, place, CompleteWish(size=upload.size, sha256=digest))


def _given(wish: FinishWish, there: Mapping[int, str]) -> dict[int, str]:
    given = {one.part_number: one.etag.strip('"') for one in wish.parts or ()}
    if given.keys() != there.keys():
        raise ApiError(400, "InvalidPart", "the parts given are not those of this upload")
    return given


def abort(shelf: Shelf, place: FilePlace, seal: Seal, sealed: str) -> None:
    """Throw an upload away; raises ApiError (404)."""
    uploads.abort(shelf.storage, place.key, seal.open(sealed, place.key).id)

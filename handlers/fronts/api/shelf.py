"""One application's boxes: paths into places, places into links and listings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from handlers.contract.application import Box
from handlers.contract.boxes import (
    FilePath,
    GroupPath,
    NameRefusedError,
    file_key,
    group_prefix,
    parse_encoded,
    user_prefix,
)
from handlers.engine.storage import Answer, Storage
from handlers.fronts.api.errors import ApiError, of_name, unknown
from handlers.fronts.api.quota import Quota
from handlers.fronts.api.wishes import UploadWish

#: How long links live, in seconds: bound to something, or to nothing.
BOUND, UNBOUND = 3600, 900


@dataclass(frozen=True, slots=True)
class FilePlace:
    """A file of a user in a box."""

    box: Box
    user: str
    path: FilePath
    key: str


@dataclass(frozen=True, slots=True)
class GroupPlace:
    """A group of a user in a box; `group` is empty for the whole area."""

    box: Box
    user: str
    group: str
    prefix: str


@dataclass(frozen=True, slots=True)
class Shelf:
    """The boxes of an application, and the store where they are."""

    application: str
    boxes: Mapping[str, Box]
    storage: Storage
    quota: Quota

    def box(self, encoded: str) -> Box:
        """A box by its name in a URL; raises ApiError (404)."""
        name = unquote(encoded, errors="replace")
        if name not in self.boxes:
            raise unknown("box", name, self.boxes)
        return self.boxes[name]

    def place(self, box: Box, user: str, encoded: str) -> FilePlace | GroupPlace:
        """What a path in a URL names; raises ApiError (400)."""
        application = self.application
        try:
            if not encoded:
                return GroupPlace(box, user, "", user_prefix(application, box.name, user))
            match parse_encoded(encoded):
                case FilePath() as path:
                    return FilePlace(box, user, path, file_key(application, box.name, user, path))
                case GroupPath(group) as path:
                    prefix = group_prefix(application, box.name, user, path)
                    return GroupPlace(box, user, group, prefix)
        except NameRefusedError as error:
            raise of_name(error) from error

    def links(self, place: FilePlace, wish: UploadWish, expires: int) -> dict[str, Any]:
        """Both links of a file, and the headers that the upload must have."""
        headers = bound_headers(wish)
        put = self.storage.link("PUT", place.key, expires=min(expires, BOUND), headers=headers)
        get = self.storage.link("GET", place.key, expires=expires)
        return {
            "presigned_put_url": put,
            "presigned_get_url": get,
            "headers": headers,
            "expires": expires,
            **described(place),
        }

    def found(self, place: FilePlace) -> Answer:
        """The stored file's headers; raises ApiError (404)."""
        answer = self.storage.head(place.key)
        if answer is None:
            message = f"there is no file {str(place.path)!r} in the box {place.box.name!r}"
            raise ApiError(404, "NotFound", message)
        return answer


def bound_headers(wish: UploadWish) -> dict[str, str]:
    """The headers that a client must send, because the link is signed for them."""
    headers = {
        "content-length": None if wish.size is None else str(wish.size),
        "content-type": wish.content_type,
        "x-amz-checksum-sha256": wish.sha256,
        "if-none-match": "*" if wish.overwrite is False else None,
    }
    return {name: value for name, value in headers.items() if value is not None}


def described(place: FilePlace) -> dict[str, Any]:
    """Where a file is, in words of the caller and of the store."""
    return {
        "box": place.box.name,
        "user": place.user,
        "path": str(place.path),
        "key": place.key,
    }


def facts(answer: Answer) -> dict[str, Any]:
    """What the store says of a file."""
    headers = answer.headers
    return {
        "size": size_of(answer),
        "etag": headers.get("etag", "").strip('"'),
        "content_type": headers.get("content-type", ""),
        "modified": headers.get("last-modified", ""),
    }


def size_of(answer: Answer) -> int:
    return int(answer.headers.get("content-length") or 0)

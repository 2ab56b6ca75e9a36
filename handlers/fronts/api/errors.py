"""What a caller of the API is told when a request fails: always JSON."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from typing import Any

from handlers.contract.boxes import NameRefusedError
from handlers.engine.storage import StorageError


class ApiError(Exception):
    """An HTTP status, the error's type and message, headers, and what else the answer holds."""

    def __init__(
        self,
        status: int,
        kind: str,
        message: str,
        *,
        headers: Mapping[str, str] | None = None,
        details: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.kind = kind
        self.message = message
        self.headers = dict(headers or {})
        self.details = dict(details or {})

    def body(self, request_id: str) -> dict[str, Any]:
        """The answer's JSON."""
        error = {"type": self.kind, "message": self.message}
        return {"error": error, **self.details, "request_id": request_id}


def of_name(error: NameRefusedError) -> ApiError:
    """A name that no file, group or user may have."""
    return ApiError(400, "NameRefused", str(error))


def of_storage(error: StorageError) -> ApiError:
    """What the store refused; the reason is ours to mend, not the caller's."""
    if error.status == 404 and error.code == "NoSuchUpload":
        return ApiError(404, "NoSuchUpload", "there is no such upload; it was completed or aborted")
    if error.status == 412:
        return ApiError(412, "FileExists", "the file exists, and must not be overwritten")
    if error.status == 400 and error.code in {"InvalidPart", "InvalidPartOrder", "EntityTooSmall"}:
        return ApiError(400, error.code, "the parts are not those that were uploaded")
    return ApiError(502, "StorageFailed", str(error))


def unknown(what: str, name: str, known: Iterable[str]) -> ApiError:
    """A name that nothing has; says what it may have been meant to be."""
    close = difflib.get_close_matches(name, list(known), 1)
    hint = f"; did you mean {close[0]!r}?" if close else ""
    return ApiError(404, "NotFound", f"there is no {what} {name!r}{hint}")

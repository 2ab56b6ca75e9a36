"""What a store's refusals mean: S3's XML or the files API's JSON, as errors that say what to do."""

from __future__ import annotations

import json
from xml.etree import ElementTree as ET

from faasctl.errors import (
    FaasctlError,
    FileTakenError,
    StorageError,
    UnknownNameError,
    UnreachableError,
    UploadGoneError,
)

#: What may pass by itself, by status and by S3's code.
_PASSING_STATUS = frozenset({408, 409, 429, 500, 502, 503, 504})
_PASSING_CODES = frozenset({"RequestTimeout", "IncompleteBody", "BadDigest", "SlowDown"})

_HINTS = {
    "AccessDenied": "the credentials may not do this, or the link has expired",
    "BadDigest": "the file changed while it was sent, or was damaged on the way; try again",
    "EntityTooLarge": "the store takes no file of this size",
    "InvalidAccessKeyId": "the store does not know this access key; check the credentials",
    "NoSuchBucket": "check s3.bucket in the settings, and create the bucket",
    "PermanentRedirect": "the bucket is in another region; set FAASCTL_S3_REGION",
    "QuotaExceeded": "remove files, or raise the box's capacity",
    "RequestTimeTooSkewed": "this machine's clock differs from the store's; set it right",
    "Forbidden": "call as developer, or leave --as away",
    "Unauthenticated": "set FAASCTL_API_CREDENTIALS to USER:PASSWORD, or to a token",
    "SignatureDoesNotMatch": "check the secret key and s3.region in the settings",
}


def refusal(what: str, status: int, body: bytes) -> FaasctlError:
    """The error for an answer of 300 or more; `what` names the file or the act."""
    code, message = _said(body)
    if status == 412 or code in {"PreconditionFailed", "FileExists"}:
        return taken(what, status, code)
    if code == "NoSuchUpload":
        return UploadGoneError(f"{what}: the unfinished upload is gone", status=status, code=code)
    if code == "NotFound":
        return UnknownNameError(f"{what}: {message}", hint="faasctl files list BOX")
    if code == "NoSuchKey" or (status == 404 and not code):
        return UnknownNameError(f"{what}: there is no such file", hint="faasctl files list BOX")
    said = f"{code}: {message}" if code and message else code or message
    return StorageError(
        f"{what}: refused ({status}){f': {said}' if said else ''}",
        status=status,
        code=code,
        hint=_HINTS.get(code),
    )


def taken(what: str, status: int = 0, code: str = "") -> FileTakenError:
    """A file, here or there, that is not to be replaced unasked."""
    return FileTakenError(
        f"{what}: it is there already", status=status, code=code, hint="--force replaces it"
    )


def is_passing(error: FaasctlError) -> bool:
    """Whether the same request may succeed a little later."""
    if isinstance(error, FileTakenError | UploadGoneError):
        return False
    if isinstance(error, StorageError):
        return error.status in _PASSING_STATUS or error.code in _PASSING_CODES
    return isinstance(error, UnreachableError)


def _said(body: bytes) -> tuple[str, str]:
    """Code and message of S3's XML, or type and message of JSON."""
    try:
        root = ET.fromstring(body)  # noqa: S314 - expat itself stops entity bombs
        return text_of(root, "Code"), text_of(root, "Message")
    except ET.ParseError:
        pass
    try:
        error = json.loads(body)["error"]
        return str(error.get("type", "")), str(error["message"])
    except (ValueError, LookupError, TypeError, AttributeError):
        return "", body[:200].decode("utf-8", "replace").strip()


def text_of(element: ET.Element, name: str) -> str:
    """The text of the first child of that name, in whatever namespace; empty without one."""
    found = (one.text or "" for one in element if one.tag.rpartition("}")[2] == name)
    return next(found, "")

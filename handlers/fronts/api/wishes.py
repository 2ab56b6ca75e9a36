"""What callers may ask for in a JSON body."""

from __future__ import annotations

import base64
import re
from typing import Annotated, Any, TypeVar

from fastapi import Request
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from handlers.engine.uploads import LARGEST_PART, MOST_PARTS, SMALLEST_PART
from handlers.fronts.api.errors import ApiError

#: Bodies hold names and numbers; the largest lists ten thousand parts. In bytes.
LARGEST_BODY = 1024 * 1024

#: What one request may carry, and what an object may have, in bytes.
LARGEST_PUT, LARGEST_OBJECT = 5 * 1024**3, 5 * 1024**4

_TYPE = re.compile(r"[!#$&^_.+\-A-Za-z0-9]{1,127}/[!#$&^_.+\-A-Za-z0-9]{1,127}( *; *[ -~]{1,200})?")
_RANGE = re.compile(r"(?:[!#$&^_.+\-A-Za-z0-9]{1,127}/)?\*?")
_HEX, _BASE64 = re.compile(r"[0-9a-fA-F]{64}"), re.compile(r"[A-Za-z0-9+/]{43}=")


def _media_type(text: str) -> str:
    if not _TYPE.fullmatch(text):
        raise ValueError("is no media type such as image/png")
    return text


def _media_range(text: str) -> str:
    return text if text.endswith("/*") and _RANGE.fullmatch(text) else _media_type(text)


def _digest(text: str) -> str:
    """SHA-256 in base64, as S3 wants it; callers may say it in hex."""
    if _HEX.fullmatch(text):
        return base64.b64encode(bytes.fromhex(text)).decode()
    if _BASE64.fullmatch(text):
        return text
    raise ValueError("is no SHA-256 in hex or base64")


MediaType = Annotated[str, AfterValidator(_media_type)]
Digest = Annotated[str, AfterValidator(_digest)]
Size = Annotated[int, Field(ge=0, le=LARGEST_PUT)]
ObjectSize = Annotated[int, Field(ge=0, le=LARGEST_OBJECT)]


class Wish(BaseModel):
    """Nothing but what is named, in the type that is named."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class UploadWish(Wish):
    """What a link for one upload is bound to."""

    size: Size | None = Field(default=None, description="bytes, exactly")
    content_type: MediaType | None = None
    sha256: Digest | None = Field(default=None, description="hex or base64")
    overwrite: bool | None = Field(
        default=None,
        description="true replaces a file; false makes the link good for a new one only",
    )


class FormWish(Wish):
    """What a browser's form may upload."""

    min_size: Size = 0
    max_size: Size | None = Field(
        default=None, description="bytes; without it, what the box has room for"
    )
    content_type: Annotated[str, AfterValidator(_media_range)] | None = Field(
        default=None, description="a type, or a family of types such as image/*"
    )
    overwrite: bool = False


class CompleteWish(Wish):
    """What an uploaded file must be."""

    size: ObjectSize | None = None
    sha256: Digest | None = Field(default=None, description="hex or base64")


class PartsWish(Wish):
    """A large file, uploaded in parts; without `part_size` a good one is chosen."""

    size: Annotated[int, Field(ge=1, le=LARGEST_OBJECT)]
    part_size: Annotated[int, Field(ge=SMALLEST_PART, le=LARGEST_PART)] | None = None
    content_type: MediaType | None = None
    overwrite: bool | None = None


class MadePart(Wish):
    """A part as the store acknowledged it."""

    part_number: Annotated[int, Field(ge=1, le=MOST_PARTS)]
    etag: Annotated[str, Field(min_length=1, max_length=200)]


class FinishWish(CompleteWish):
    """The parts of a file; without them, those that the store has."""

    parts: Annotated[list[MadePart], Field(max_length=MOST_PARTS)] | None = None


_Wish = TypeVar("_Wish", bound=Wish)


async def read(request: Request, kind: type[_Wish]) -> _Wish | None:
    """The body as a wish, None for an empty one; raises ApiError (400, 413)."""
    body = await _body(request)
    if not body.strip():
        return None
    try:
        return kind.model_validate_json(body)
    except ValidationError as error:
        raise ApiError(400, "RequestError", _problems(error)) from error


async def _body(request: Request) -> bytes:
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > LARGEST_BODY:
            raise ApiError(413, "BodyTooLarge", f"the body is larger than {LARGEST_BODY} bytes")
    return body


def _problems(error: ValidationError) -> str:
    return "; ".join(_problem(one) for one in error.errors(include_url=False)[:5])


def _problem(one: Any) -> str:
    place = ".".join(str(step) for step in one["loc"])
    text = str(one["msg"]).removeprefix("Value error, ")
    return f"{place}: {text}" if place else f"the body: {text}"

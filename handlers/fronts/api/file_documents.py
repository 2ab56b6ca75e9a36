"""What the OpenAPI document says of the routes of files."""

from __future__ import annotations

from typing import Any

from handlers.fronts.api.wishes import (
    CompleteWish,
    FinishWish,
    FormWish,
    PartsWish,
    UploadWish,
    Wish,
)

_PATHS = """\
One segment (`data`), or a slash at the end (`data/images/`), is a group of files; anything else
is a file (`data/images/example.png`). Paths are relative to the caller's own area of the box."""

_USER: dict[str, Any] = {
    "name": "user",
    "in": "query",
    "schema": {"type": "string"},
    "description": "whose area is meant; only the user `developer` may name another",
}


def _query(name: str, kind: str, description: str) -> dict[str, Any]:
    return {"name": name, "in": "query", "schema": {"type": kind}, "description": description}


def _flag(name: str, description: str) -> dict[str, Any]:
    return {**_query(name, "string", description), "allowEmptyValue": True}


def _body(*kinds: type[Wish]) -> dict[str, Any]:
    schemas = [_inlined(kind.model_json_schema()) for kind in kinds]
    schema = schemas[0] if len(schemas) == 1 else {"anyOf": schemas}
    return {"required": False, "content": {"application/json": {"schema": schema}}}


def _inlined(schema: dict[str, Any]) -> dict[str, Any]:
    """The schema with what it refers to in it, for it stands in another document."""
    definitions = schema.pop("$defs", {})

    def put_in(value: Any) -> Any:
        if isinstance(value, list):
            return [put_in(one) for one in value]
        if not isinstance(value, dict):
            return value
        if "$ref" in value:
            return put_in(definitions[value["$ref"].rpartition("/")[2]])
        return {name: put_in(one) for name, one in value.items()}

    found: dict[str, Any] = put_in(schema)
    return found


_LINKS = {
    "type": "object",
    "required": ["presigned_put_url", "presigned_get_url", "expires"],
    "properties": {
        "presigned_put_url": {"type": ["string", "null"]},
        "presigned_get_url": {"type": "string"},
        "headers": {"type": "object", "description": "headers that the upload must have"},
        "expires": {"type": "integer", "description": "how long the links live, in seconds"},
        "box": {"type": "string"},
        "user": {"type": "string"},
        "path": {"type": "string"},
        "key": {"type": "string"},
    },
}


def _answers(success: str, schema: dict[str, Any] | None, **others: str) -> dict[int | str, Any]:
    found: dict[int | str, Any] = {200: {"description": success}}
    if schema is not None:
        found[200]["content"] = {"application/json": {"schema": schema}}
    described = {"400": "A name or the body is refused", "401": "Say who you are", **others}
    return found | {status.strip("_"): {"description": text} for status, text in described.items()}


def _of(
    summary: str,
    description: str,
    parameters: list[dict[str, Any]],
    responses: dict[int | str, Any],
    body: dict[str, Any] | None = None,
) -> dict[str, Any]:
    extra: dict[str, Any] = {"parameters": [_USER, *parameters]}
    if body is not None:
        extra["requestBody"] = body
    return {
        "summary": summary,
        "description": f"{description}\n\n{_PATHS}",
        "responses": responses,
        "openapi_extra": extra,
    }


#: Keyword arguments of the routes, by method.
OF: dict[str, dict[str, Any]] = {
    "GET": _of(
        "Links of a file, or the listing of a group",
        "With `uploadId`: the parts of an upload that are there, and links for those missing.",
        [
            _query("limit", "integer", "of a group: how many at once, at most 1000"),
            _query("after", "string", "of a group: the `next` of the page before"),
            _query("expires", "integer", "of a file: how long its link shall live, in seconds"),
            _flag("download", "of a file: a link by which browsers save it under its name"),
            _query("uploadId", "string", "an upload in parts that was begun"),
        ],
        _answers("Links, or a listing", None, _404="There is no such file"),
    ),
    "HEAD": _of(
        "Whether there is such a file or group",
        "A file's size is in `x-file-size`, its type in `x-file-type`.",
        [],
        _answers("There is", None, _404="There is none"),
    ),
    "PUT": _of(
        "A link to upload a file by",
        "The body binds the link: to a size, a type, a checksum, to a new file. Without it the "
        "link is short-lived. Where the file exists the answer is 400, with both links in it, "
        "unless the body says `overwrite: true`.",
        [],
        _answers("Both links", _LINKS, _413="It does not fit into the box"),
        _body(UploadWish),
    ),
    "POST": _of(
        "Forms, checks after an upload, uploads in parts",
        "`?form`: a form for browsers. `?complete`: check an uploaded file. `?uploads`: begin an "
        "upload in parts. `?uploadId=ID`: make the file of its parts.",
        [
            _flag("form", "a form for browsers, bound to sizes and a type"),
            _flag("complete", "check an uploaded file: that it is there, size, checksum, quota"),
            _flag("uploads", "begin an upload in parts"),
            _query("uploadId", "string", "finish this upload"),
        ],
        _answers(
            "What was asked for",
            None,
            _404="There is no such file or upload",
            _409="The file is not what it must be, or parts are missing",
            _413="It does not fit into the box; a file that was uploaded is removed",
        ),
        _body(FormWish, CompleteWish, PartsWish, FinishWish),
    ),
    "DELETE": _of(
        "Remove a file, a group, or an upload in parts",
        "A group is removed with all its files when `recursive` is `true`.",
        [
            _query("recursive", "string", "`true` to remove a group"),
            _query("uploadId", "string", "throw this upload away"),
        ],
        _answers("How many files of a group were removed", None, _204="It is gone"),
    ),
}

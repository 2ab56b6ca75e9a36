"""The routes below `files/<box>/`: from a request to a place in a box, from there to an answer."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from fastapi import APIRouter, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import JSONResponse, Response

from handlers.fronts.api import file_documents, files, groups, parts
from handlers.fronts.api.access import Guard
from handlers.fronts.api.errors import ApiError
from handlers.fronts.api.parts import Seal
from handlers.fronts.api.shelf import FilePlace, GroupPlace, Shelf, facts
from handlers.fronts.api.surface import HEADERS
from handlers.fronts.api.wishes import (
    CompleteWish,
    FinishWish,
    FormWish,
    PartsWish,
    UploadWish,
    read,
)

Action = Callable[[Request, FilePlace], Awaitable[dict[str, Any]]]


def router(shelf: Shelf, guard: Guard, seal: Seal) -> APIRouter:
    """All routes of files."""
    routes = FileRoutes(shelf, guard, seal)
    made = APIRouter(tags=["files"])
    for method in ("GET", "HEAD", "PUT", "POST", "DELETE"):
        made.add_api_route(
            "/files/{box}/{path:path}",
            getattr(routes, method.lower()),
            methods=[method],
            operation_id=f"files_{method.lower()}",
            response_model=None,
            **file_documents.OF[method],
        )
    return made


class FileRoutes:
    """One method for each of HTTP's."""

    def __init__(self, shelf: Shelf, guard: Guard, seal: Seal) -> None:
        self._shelf = shelf
        self._guard = guard
        self._seal = seal
        self._actions: dict[str, Action] = {
            "form": self._form,
            "complete": self._complete,
            "uploads": self._begin,
            "uploadId": self._finish,
        }

    async def get(self, request: Request, box: str, path: str) -> Response:
        place = await self._place(request, box, path)
        query = request.query_params
        if isinstance(place, GroupPlace):
            limit = groups.parse_limit(query.get("limit"))
            after = query.get("after", "")
            found = await run_in_threadpool(groups.listing, self._shelf, place, after, limit)
        elif "uploadId" in query:
            sealed = query["uploadId"]
            found = await run_in_threadpool(parts.resume, self._shelf, place, self._seal, sealed)
        else:
            expires = _number(query.get("expires"))
            saving = "download" in query
            found = await run_in_threadpool(files.look, self._shelf, place, expires, saving=saving)
        return _json(found)

    async def head(self, request: Request, box: str, path: str) -> Response:
        place = await self._place(request, box, path)
        if isinstance(place, GroupPlace):
            is_there = await run_in_threadpool(groups.has_files, self._shelf, place)
            return Response(status_code=200 if is_there else 404, headers=HEADERS)
        known = facts(await run_in_threadpool(self._shelf.found, place))
        headers = {
            "etag": f'"{known["etag"]}"',
            "last-modified": known["modified"],
            "x-file-size": str(known["size"]),
            "x-file-type": known["content_type"],
        }
        return Response(status_code=200, headers={**HEADERS, **headers})

    async def put(self, request: Request, box: str, path: str) -> Response:
        place = await self._file(request, box, path)
        wish = await read(request, UploadWish)
        return _json(await run_in_threadpool(files.offer, self._shelf, place, wish))

    async def post(self, request: Request, box: str, path: str) -> Response:
        place = await self._file(request, box, path)
        named = [name for name in self._actions if name in request.query_params]
        if len(named) != 1:
            message = "POST takes one of ?form, ?complete, ?uploads, ?uploadId=ID"
            raise ApiError(400, "RequestError", message)
        return _json(await self._actions[named[0]](request, place))

    async def delete(self, request: Request, box: str, path: str) -> Response:
        place = await self._place(request, box, path)
        query = request.query_params
        if isinstance(place, GroupPlace):
            if query.get("recursive") != "true":
                message = "this is a group; ?recursive=true removes all of its files"
                raise ApiError(400, "RequestError", message)
            removed = await run_in_threadpool(groups.remove, self._shelf, place)
            return _json({"deleted": removed})
        if "uploadId" in query:
            sealed = query["uploadId"]
            await run_in_threadpool(parts.abort, self._shelf, place, self._seal, sealed)
        else:
            await run_in_threadpool(files.remove, self._shelf, place)
        return Response(status_code=204, headers=HEADERS)

    async def _place(self, request: Request, box: str, path: str) -> FilePlace | GroupPlace:
        """Who calls is asked first: nobody else learns which boxes there are."""
        caller = await self._guard.caller(request.headers)
        found = self._shelf.box(box)
        return self._shelf.place(found, caller.meant(request.query_params.get("user")), path)

    async def _file(self, request: Request, box: str, path: str) -> FilePlace:
        place = await self._place(request, box, path)
        if isinstance(place, GroupPlace):
            message = "this path is a group's; a file is GROUP/NAME, without a slash at the end"
            raise ApiError(400, "NotAFile", message)
        return place

    async def _form(self, request: Request, place: FilePlace) -> dict[str, Any]:
        wish = await read(request, FormWish)
        return await run_in_threadpool(files.form, self._shelf, place, wish)

    async def _complete(self, request: Request, place: FilePlace) -> dict[str, Any]:
        wish = await read(request, CompleteWish)
        return await run_in_threadpool(files.complete, self._shelf, place, wish)

    async def _begin(self, request: Request, place: FilePlace) -> dict[str, Any]:
        wish = await read(request, PartsWish)
        return await run_in_threadpool(parts.begin, self._shelf, self._seal, place, wish)

    async def _finish(self, request: Request, place: FilePlace) -> dict[str, Any]:
        wish = await read(request, FinishWish)
        sealed = request.query_params["uploadId"]
        return await run_in_threadpool(parts.finish, self._shelf, place, self._seal, sealed, wish)


def _number(text: str | None) -> int | None:
    if text is None:
        return None
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise ApiError(400, "RequestError", "expires: a number of seconds")
    return int(text)


def _json(value: Any) -> JSONResponse:
    return JSONResponse(value, headers=HEADERS)

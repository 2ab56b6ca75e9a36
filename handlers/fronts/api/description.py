"""What the application says of itself: as JSON for its page, and as an OpenAPI document."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from starlette.datastructures import Headers

from handlers.contract.application import FunctionApi
from handlers.fronts.api.access import Caller
from handlers.fronts.api.errors import ApiError
from handlers.fronts.api.services import Services

Json = dict[str, Any]

#: Of a function's own document, what is reached through the application.
_REACHED = ("/predict", "/v2")


async def callers(services: Services, headers: Headers) -> Mapping[str, Caller | None]:
    """By API, who the caller is there, None for nobody who may come in.

    Raises ApiError (401) for somebody whom no door lets in.
    """
    found: dict[str, Caller | None] = {}
    refusal: ApiError | None = None
    for name, guard in services.guards.items():
        try:
            found[name] = await guard.caller(headers)
        except ApiError as error:
            found[name], refusal = None, error
    guarded = [name for name, guard in services.guards.items() if guard.ways]
    if refusal is not None and "authorization" in headers and not any(map(found.get, guarded)):
        raise refusal
    return found


def refuse_strangers(services: Services, known: Mapping[str, Caller | None], way: str = "") -> None:
    """Raises ApiError (401) for nobody where somebody is needed, so that a browser asks who.

    With a `way`, only where that one leads in.
    """
    for name, guard in services.guards.items():
        if known[name] is None and (not way or way in guard.ways):
            raise guard.unauthenticated("say who you are")


def application(services: Services, known: Mapping[str, Caller | None]) -> Json:
    """For the application's page; all URLs are relative to the application's own."""
    somebody = next(
        (one for name, one in known.items() if one and services.guards[name].ways), None
    )
    shelf = services.shelf
    bucket = shelf.storage.public if shelf else None
    return {
        "namespace": services.application.namespace,
        "user": somebody.user if somebody else None,
        "openapi": "openapi.json",
        "store": f"{bucket.url()}" if bucket else None,
        "files": _files(services, known),
        "functions": [_function(services, one, known) for one in services.functions.values()],
    }


def _door(services: Services, name: str, known: Mapping[str, Caller | None]) -> Json:
    caller = known[name]
    return {
        "name": name,
        "auth": list(services.guards[name].ways),
        "allowed": caller is not None,
        "area": caller.area if caller else None,
    }


def _files(services: Services, known: Mapping[str, Caller | None]) -> Json | None:
    if services.files is None or services.shelf is None:
        return None
    name = services.files.name
    boxes = services.shelf.boxes.values() if known[name] else ()
    return {
        **_door(services, name, known),
        "url": "files/",
        "boxes": [
            {"name": one.name, "capacity": one.capacity, "url": f"files/{quote(one.name)}/"}
            for one in boxes
        ],
    }


def _function(services: Services, api: FunctionApi, known: Mapping[str, Caller | None]) -> Json:
    below = ("predict", "openapi.json", "docs", "v2")
    predict, openapi, docs, v2 = (f"{api.path}/{one}" for one in below)
    return {
        **_door(services, api.name, known),
        "component": api.component,
        "path": api.path,
        "url": f"{api.path}/",
        "predict": predict,
        "openapi": openapi,
        "docs": docs,
        "v2": v2,
        "timeout": api.timeout,
        "max_body": api.max_body,
    }


def openapi(services: Services, app: FastAPI) -> Json:
    """The whole application; of functions, what is known without waking them."""
    document = get_openapi(
        title=services.application.namespace,
        version="1",
        description="Files of the application's boxes, and its functions.",
        routes=app.routes,
    )
    document["servers"] = [{"url": "."}]
    document.setdefault("components", {}).pop("schemas", None)
    document["components"]["securitySchemes"] = _schemes(services)
    owners = {"files": services.files} | {one.path: one for one in services.functions.values()}
    for path, operations in document["paths"].items():
        owner = owners.get(path.split("/")[1])
        for operation in operations.values():
            operation.get("responses", {}).pop("422", None)
            ways = services.guards[owner.name].ways if owner else ()
            operation["security"] = [{way: []} for way in ways]
    return document


def _schemes(services: Services) -> Json:
    schemes: Json = {}
    for guard in services.guards.values():
        schemes |= {way: {"type": "http", "scheme": way} for way in guard.ways}
    return schemes


async def with_functions(
    services: Services, document: Json, known: Mapping[str, Caller | None]
) -> Json:
    """The document with the functions' own in it, of those that the caller may call.

    This wakes them; what does not answer stays as it was.
    """
    allowed = [one for one in services.functions.values() if known[one.name]]
    bodies = await asyncio.gather(*(_fetched(services, one) for one in allowed))
    for api, body in zip(allowed, bodies, strict=True):
        paths = body.get("paths", {}) if isinstance(body, dict) else {}
        security: list[Json] = [{way: []} for way in services.guards[api.name].ways]
        for path, operations in paths.items():
            if not path.startswith(_REACHED) or path.startswith("/v2/health"):
                continue
            described = {
                method: {**one, "tags": [api.component], "security": security}
                for method, one in operations.items()
            }
            document["paths"][f"/{api.path}{path}"] = described
    return document


async def _fetched(services: Services, api: FunctionApi) -> Any:
    try:
        return json.loads(await services.upstream.document(api))
    except (OSError, ValueError, TimeoutError):
        return None

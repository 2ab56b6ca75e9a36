"""All routes of an application, as one ASGI application."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fastapi import FastAPI, Request
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, RedirectResponse, Response

from handlers.contract.boxes import NameRefusedError
from handlers.engine.storage import StorageError
from handlers.fronts import logs
from handlers.fronts.api import (
    description,
    errors,
    file_routes,
    function_routes,
    site,
)
from handlers.fronts.api.errors import ApiError
from handlers.fronts.api.services import Services
from handlers.fronts.api.surface import HEADERS, Surface, reply

_READ = ["GET", "HEAD"]


def surface(services: Services) -> Surface:
    """The application as a server runs it."""
    return Surface(make(services), services.application.namespace)


def make(services: Services) -> FastAPI:
    """The FastAPI application; it expects paths as they were sent, without the namespace."""
    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None, redirect_slashes=False)
    for kind, handler in _HANDLERS.items():
        app.add_exception_handler(kind, handler)
    own = _Own(services, app)
    for path, endpoint in (
        ("/v2/health/live", own.live),
        ("/v2/health/ready", own.ready),
        ("/application.json", own.about),
        ("/openapi.json", own.openapi),
        ("/", own.home),
        ("/docs", own.docs),
        ("/docs/{name}", own.part),
    ):
        app.add_route(path, endpoint, methods=_READ, include_in_schema=False)
    if services.files is not None and services.shelf is not None:
        guard = services.guards[services.files.name]
        app.include_router(file_routes.router(services.shelf, guard, services.seal))
    for api in services.functions.values():
        guard = services.guards[api.name]
        app.include_router(function_routes.router(api, guard, services.upstream))
    return app


class _Own:
    """What the application answers of itself."""

    def __init__(self, services: Services, app: FastAPI) -> None:
        self._services = services
        self._app = app
        self._store = services.shelf.storage.public if services.shelf else None
        self._document: dict[str, Any] | None = None

    async def live(self, _: Request) -> Response:
        return JSONResponse({"live": True})

    async def ready(self, _: Request) -> Response:
        ready = self._services.ready
        return JSONResponse({"ready": ready}, 200 if ready else 503)

    async def about(self, request: Request) -> Response:
        """`?login` asks who the caller is where nobody said."""
        known = await description.callers(self._services, request.headers)
        if "login" in request.query_params:
            description.refuse_strangers(self._services, known)
        return JSONResponse(description.application(self._services, known), headers=HEADERS)

    async def openapi(self, request: Request) -> Response:
        """`?functions` puts the functions' own documents in, which wakes them."""
        document = description.openapi(self._services, self._app)
        if "functions" in request.query_params:
            known = await description.callers(self._services, request.headers)
            document = await description.with_functions(self._services, document, known)
        return JSONResponse(document, headers=HEADERS)

    async def home(self, request: Request) -> Response:
        """Where nothing is open to everybody, a browser asks at once who its user is."""
        known = await description.callers(self._services, request.headers)
        if known and not any(known.values()):
            description.refuse_strangers(self._services, known, way="basic")
        return site.page(self._store)

    async def docs(self, _: Request) -> Response:
        return RedirectResponse("./")

    async def part(self, request: Request) -> Response:
        return site.part(request.path_params["name"], self._store)


async def _on_api_error(_: Request, error: Exception) -> Response:
    assert isinstance(error, ApiError)  # noqa: S101 - registered for nothing else
    return reply(error)


async def _on_name(_: Request, error: Exception) -> Response:
    return reply(ApiError(400, "NameRefused", str(error)))


async def _on_storage(_: Request, error: Exception) -> Response:
    assert isinstance(error, StorageError)  # noqa: S101
    shown = errors.of_storage(error)
    if shown.status >= 500:
        logs.write("error", level="error", request_id=logs.request_id.get(), message=str(error))
    return reply(shown)


async def _on_http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101
    path = request.scope["path"]
    if error.status_code == 405:
        allowed: Mapping[str, str] = error.headers or {}
        message = f"{path} does not take {request.method}"
        return reply(ApiError(405, "MethodNotAllowed", message, headers=allowed))
    return reply(ApiError(404, "NotFound", f"no such endpoint: {path} (see openapi.json)"))


_HANDLERS: dict[type[Exception], Any] = {
    ApiError: _on_api_error,
    NameRefusedError: _on_name,
    StorageError: _on_storage,
    HTTPException: _on_http,
}

"""The routes of one function: what of it callers of the application reach."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from handlers.contract.application import FunctionApi
from handlers.fronts.api.access import Guard
from handlers.fronts.api.upstream import Upstream

_READ, _CALL = ["GET", "HEAD"], ["GET", "HEAD", "POST"]
_ARRAY = {"type": "array", "items": {"type": "object"}}

Endpoint = Callable[[Request], Awaitable[Response]]


def router(api: FunctionApi, guard: Guard, upstream: Upstream) -> APIRouter:
    """`predict`, V2, the function's own description and page."""
    endpoint = _endpoint(api, guard, upstream)
    made = APIRouter(tags=[api.component])
    root = f"/{api.path}"
    made.add_api_route(
        f"{root}/predict",
        endpoint,
        methods=["POST"],
        operation_id=f"{api.path}_predict",
        response_model=None,
        **_predict(api),
    )
    for path, methods in (
        ("/openapi.json", _READ),
        ("/docs", _READ),
        ("/docs/{name}", _READ),
        ("/v2", _CALL),
        ("/v2/{below:path}", _CALL),
    ):
        made.add_route(f"{root}{path}", endpoint, methods=methods, include_in_schema=False)
    for path in (root, f"{root}/"):
        made.add_route(path, _home(api), methods=_READ, include_in_schema=False)
    return made


def _endpoint(api: FunctionApi, guard: Guard, upstream: Upstream) -> Endpoint:
    start = len(f"/{api.path}/")

    async def pass_on(request: Request) -> Response:
        caller = await guard.caller(request.headers)
        target: str = request.scope["path"][start:]
        return await upstream.pass_on(api, target, request, caller.area)

    return pass_on


def _home(api: FunctionApi) -> Endpoint:
    async def redirect(request: Request) -> Response:
        slash = request.scope["path"].endswith("/")
        return RedirectResponse("docs" if slash else f"{api.path}/docs")

    return redirect


def _predict(api: FunctionApi) -> dict[str, Any]:
    body = {
        "type": "object",
        "required": ["inputs"],
        "properties": {"inputs": _ARRAY, "output_fields": _ARRAY, "parameters": _ARRAY},
    }
    answer = {"type": "object", "properties": {"outputs": _ARRAY}}
    return {
        "summary": f"Call {api.component}",
        "description": f"What it takes and gives: [`{api.path}/openapi.json`]"
        f"({api.path}/openapi.json). It may have to wake up for that.",
        "responses": {
            200: {
                "description": "The answer",
                "content": {"application/json": {"schema": answer}},
            },
            502: {"description": "The function can't be reached"},
            504: {"description": "The function took longer than its time limit"},
        },
        "openapi_extra": {
            "requestBody": {"required": True, "content": {"application/json": {"schema": body}}}
        },
    }

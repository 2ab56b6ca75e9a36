"""One function's HTTP surface: a request in, a response out, whatever carries them.

`Application.answer` is what the ASGI front, direct events and the warm-up share.
"""

from __future__ import annotations

import re
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING
from urllib.parse import unquote

from handlers.contract.compiled import CompiledComponent
from handlers.contract.docstring import Signature
from handlers.contract.docstring import parse as parse_docstring
from handlers.engine.core import Engine
from handlers.engine.loader import failure_of
from handlers.engine.metrics import CONTENT_TYPE as METRICS_TYPE
from handlers.engine.metrics import Metrics
from handlers.engine.values import (
    InferenceRequest,
    RequestError,
    TimeLimitError,
    UserCodeError,
    names_files,
)
from handlers.fronts import faults, logs
from handlers.fronts.faults import Fault
from handlers.protocols import declared, predict, v2
from handlers.protocols.text import to_json

if TYPE_CHECKING:
    from handlers.fronts.files import Files

JSON = "application/json"
_QUIET = ("/v2/health/", "/metrics")


@dataclass(frozen=True, slots=True)
class Request:
    """`path` as sent (still encoded), without the query; header names in lower case."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes = b""


@dataclass(frozen=True, slots=True)
class Response:
    status: int
    body: bytes = b""
    content_type: str = JSON
    headers: tuple[tuple[str, str], ...] = ()


class Application:
    """Routes of one function.

    `ready` is False while the process stops; `on_stuck` is called when a call outlived its time
    limit and holds a thread that nobody can end; `last_error` is user code's last failure.
    """

    def __init__(
        self,
        component: CompiledComponent,
        engine: Engine,
        documentation: str | None,
        files: Files | None = None,
    ) -> None:
        self.component = component
        self.engine = engine
        self.metrics = Metrics(component.name, component.namespace)
        self.ready = True
        self.on_stuck: Callable[[], None] = lambda: None
        self.last_error: UserCodeError | None = None
        self._documentation = documentation
        self._files = files
        self._signature: Signature | None = None

    @property
    def signature(self) -> Signature:
        """What the docstring declares, read when it is first asked for."""
        if self._signature is None:
            self._signature = parse_docstring(self._documentation)
        return self._signature

    def called_by(self, wanted: InferenceRequest, request: Request) -> InferenceRequest:
        """The request with its caller; raises RequestError for files without one."""
        named = names_files(wanted)
        if self._files is None:
            if named:
                raise RequestError("the component exchanges no files (it has no fileExchange)")
            return wanted
        caller = self._files.caller(request.headers)
        if named and not caller:
            raise RequestError("FILE tensors need a caller: call through the API", status=401)
        return replace(wanted, caller=caller)

    async def answer(self, request: Request) -> Response:
        """The response to one request; never raises for what a caller or user code did."""
        identity = logs.identity(request.headers.get("x-request-id", ""))
        token = logs.request_id.set(identity)
        started = time.perf_counter()
        try:
            response = await self._routed(request, identity)
        except Exception as error:  # noqa: BLE001 - a bug of ours must not end the connection
            response = self._broken(error, request, identity)
        finally:
            logs.request_id.reset(token)
        if not request.path.startswith(_QUIET):
            seconds = time.perf_counter() - started
            logs.write_request(identity, request.method, request.path, response.status, seconds)
        headers = (*response.headers, ("x-request-id", identity))
        return Response(response.status, response.body, response.content_type, headers)

    def refusal(self, request: Request, fault: Fault) -> Response:
        """The answer to a request that never reached a route."""
        identity = logs.identity(request.headers.get("x-request-id", ""))
        logs.write_request(identity, request.method, request.path, fault.status, 0.0)
        body = faults.body(fault, request.path, identity)
        return Response(fault.status, body, headers=(("x-request-id", identity),))

    def _broken(self, error: Exception, request: Request, identity: str) -> Response:
        trace = failure_of(error).trace
        logs.write("bug", level="error", request_id=identity, error=repr(error), trace=trace)
        fault = Fault(500, "InternalError", "the handler failed; its log says more")
        return Response(500, faults.body(fault, request.path, identity))

    async def _routed(self, request: Request, identity: str) -> Response:
        for route in ROUTES:
            match = route.pattern.fullmatch(request.path)
            if match is None:
                continue
            if request.method not in route.methods:
                return _not_allowed(request, route, identity)
            name = unquote(match.groupdict().get("model") or self.component.name)
            version = match.groupdict().get("version") or self.component.version
            if (name, version) != (self.component.name, self.component.version):
                fault = faults.unknown_model(name, version, self.component.name)
                return Response(404, faults.body(fault, request.path, identity))
            if route.counted:
                return await self._counted(route, request, identity)
            return await route.handler(self, request)
        fault = Fault(404, "NotFound", f"no such endpoint: {request.path} (see docs)")
        return Response(404, faults.body(fault, request.path, identity))

    async def _counted(self, route: Route, request: Request, identity: str) -> Response:
        started = time.perf_counter()
        self.metrics.in_flight += 1
        try:
            response = await route.handler(self, request)
        except (RequestError, TimeLimitError, UserCodeError) as error:
            self._log(error, identity)
            fault = faults.of(error)
            response = Response(fault.status, faults.body(fault, request.path, identity))
        finally:
            self.metrics.in_flight -= 1
        self.metrics.observe(route.counted, response.status, time.perf_counter() - started)
        return response

    def _log(self, error: RequestError | TimeLimitError | UserCodeError, identity: str) -> None:
        if isinstance(error, RequestError):
            return
        shown = faults.of(error)
        self.last_error = error if isinstance(error, UserCodeError) else None
        trace = self.last_error.trace if self.last_error else ""
        logs.write(
            "error",
            level="error",
            request_id=identity,
            error={"type": shown.kind, "message": shown.message},
            **({"trace": trace} if trace else {}),
        )
        if isinstance(error, TimeLimitError) and self.engine.stuck:
            self.on_stuck()


Handler = Callable[[Application, Request], Awaitable[Response]]


@dataclass(frozen=True, slots=True)
class Route:
    """`counted` is the protocol under which an inference route is counted."""

    pattern: re.Pattern[str]
    methods: frozenset[str]
    handler: Handler
    counted: str = ""


async def _predict(application: Application, request: Request) -> Response:
    wanted = predict.decode(request.body)
    declared.check(wanted, application.signature)
    wanted = application.called_by(wanted, request)
    return Response(200, predict.encode(await application.engine.infer(wanted)))


async def _infer(application: Application, request: Request) -> Response:
    wanted = declared.from_v2(v2.decode(request.body), application.signature)
    declared.check(wanted, application.signature)
    wanted = application.called_by(wanted, request)
    response = v2.select(await application.engine.infer(wanted), wanted)
    component = application.component
    return Response(
        200,
        v2.encode(response, model=component.name, version=component.version, request_id=wanted.id),
    )


async def _live(application: Application, request: Request) -> Response:
    return Response(200, b'{"live":true}')


async def _ready(application: Application, request: Request) -> Response:
    if application.ready:
        return Response(200, b'{"ready":true}')
    return Response(503, b'{"ready":false}')


async def _model_ready(application: Application, request: Request) -> Response:
    status = 200 if application.ready else 503
    return Response(
        status, to_json({"name": application.component.name, "ready": application.ready})
    )


async def _server(application: Application, request: Request) -> Response:
    return Response(200, to_json(v2.server_metadata(application.component.version)))


async def _model(application: Application, request: Request) -> Response:
    component = application.component
    metadata = v2.model_metadata(component.name, [component.version], application.signature)
    return Response(200, to_json(metadata))


async def _models(application: Application, request: Request) -> Response:
    return Response(200, to_json({"models": [application.component.name]}))


async def _metrics(application: Application, request: Request) -> Response:
    application.metrics.model_load_seconds = application.engine.model_load_seconds
    return Response(200, application.metrics.text().encode(), METRICS_TYPE)


async def _openapi(application: Application, request: Request) -> Response:
    from handlers.fronts import openapi

    return Response(200, to_json(openapi.document(application.component, application.signature)))


async def _page(application: Application, request: Request) -> Response:
    from handlers.fronts import pages

    page = pages.read(request.path)
    return Response(200, page.body, page.content_type, pages.HEADERS)


async def _home(application: Application, request: Request) -> Response:
    return Response(307, b"", headers=(("location", "docs"),))


def _not_allowed(request: Request, route: Route, identity: str) -> Response:
    allowed = ", ".join(sorted(route.methods))
    fault = Fault(405, "MethodNotAllowed", f"{request.path} takes {allowed}, not {request.method}")
    return Response(405, faults.body(fault, request.path, identity), headers=(("allow", allowed),))


_GET, _POST = frozenset({"GET", "HEAD"}), frozenset({"POST"})
_MODULES = (
    "answer|call|code|contract|docs|elements|form|json|marks|panel|picture|request|result|snippets"
    "|values|widgets"
)
_MODEL = r"/v2/models/(?P<model>[^/]+)(?:/versions/(?P<version>[^/]+))?"


def _route(pattern: str, methods: frozenset[str], handler: Handler, counted: str = "") -> Route:
    return Route(re.compile(pattern), methods, handler, counted)


ROUTES = (
    _route("/predict", _POST, _predict, "predict"),
    _route(f"{_MODEL}/infer", _POST, _infer, "v2"),
    _route("/v2/health/live", _GET, _live),
    _route("/v2/health/ready", _GET, _ready),
    _route(f"{_MODEL}/ready", _GET, _model_ready),
    _route(_MODEL, _GET, _model),
    _route("/v2/models", _GET, _models),
    _route("/v2/?", _GET, _server),
    _route("/metrics", _GET, _metrics),
    _route(r"/openapi\.json", _GET, _openapi),
    _route(rf"/docs|/docs/docs\.css|/docs/(?:{_MODULES})\.js", _GET, _page),
    _route("/", _GET, _home),
)

"""The routes of one function, without a server."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from handlers.engine.values import InferenceRequest, InferenceResponse
from handlers.fronts.application import Application, Request, Response
from tests.handlers.handler_fixtures import MakeApplication


def give(
    parameters: Any, inputs: Any, output_fields: Any, model_key: Any, model: Any = None
) -> Any:
    """Double a number.

    :param inputs.x: a number
    :type inputs.x: FP64[-1]
    :param outputs.y: its double
    :type outputs.y: FP64[-1]
    """
    data = [2 * value for value in inputs[0]["data"]]
    return [{"name": "y", "datatype": "FP64", "shape": [len(data)], "data": data}], "loaded"


PREDICT = {"inputs": [{"name": "x", "datatype": "FP64", "shape": [2], "data": [1, 2]}]}
INFER = {"id": "seven", **PREDICT}


async def send(
    application: Application, method: str, path: str, body: Any = None, **headers: str
) -> tuple[Response, Any]:
    data = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    response = await application.answer(Request(method, path, named, data))
    is_json = response.content_type == "application/json" and response.body
    return response, json.loads(response.body) if is_json else None


async def test_predict(make_application: MakeApplication) -> None:
    response, body = await send(make_application(give), "POST", "/predict", PREDICT)
    assert response.status == 200
    assert body == {"outputs": [{"name": "y", "datatype": "FP64", "data": [2, 4], "shape": [2]}]}


@pytest.mark.parametrize("path", ["/v2/models/f/infer", "/v2/models/f/versions/1/infer"])
async def test_infer(make_application: MakeApplication, path: str) -> None:
    response, body = await send(make_application(give), "POST", path, INFER)
    assert response.status == 200
    assert body["id"] == "seven"
    assert body["outputs"] == [{"name": "y", "shape": [2], "datatype": "FP64", "data": [2, 4]}]


GETS: list[tuple[str, Any]] = [
    ("/v2/health/live", {"live": True}),
    ("/v2/health/ready", {"ready": True}),
    ("/v2/models/f/ready", {"name": "f", "ready": True}),
    ("/v2/models/f/versions/1/ready", {"name": "f", "ready": True}),
    ("/v2/models", {"models": ["f"]}),
    ("/v2", {"name": "faasctl", "version": "1", "extensions": []}),
    ("/v2/", {"name": "faasctl", "version": "1", "extensions": []}),
    (
        "/v2/models/f/versions/1",
        {
            "name": "f",
            "versions": ["1"],
            "platform": "python",
            "inputs": [{"name": "x", "datatype": "FP64", "shape": [-1]}],
            "outputs": [{"name": "y", "datatype": "FP64", "shape": [-1]}],
        },
    ),
]


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize(("path", "expected"), GETS)
async def test_what_can_be_read(
    make_application: MakeApplication, method: str, path: str, expected: Any
) -> None:
    response, body = await send(make_application(give), method, path)
    assert (response.status, body) == (200, expected)


@pytest.mark.parametrize(
    "path", ["/v2/health/ready", "/v2/models/f/ready", "/v2/models/f/versions/1/ready"]
)
async def test_a_process_that_stops_is_not_ready(
    make_application: MakeApplication, path: str
) -> None:
    application = make_application(give)
    application.ready = False
    response, body = await send(application, "GET", path)
    assert (response.status, body["ready"]) == (503, False)
    assert (await send(application, "GET", "/v2/health/live"))[0].status == 200


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("/v2/models/g", "'g' is not found"),
        ("/v2/models/g/infer", "'g' is not found"),
        ("/v2/models/%66x/ready", "'fx' is not found"),
        ("/v2/models/f/versions/2", "'f' version 2 is not found"),
        ("/v2/models/f/versions/2/infer", "'f' version 2 is not found"),
        ("/v2/models/f/versions/x/ready", "'f' version x is not found"),
        ("/v2/nothing", "no such endpoint"),
    ],
)
async def test_unknown_models_versions_and_paths_of_v2(
    make_application: MakeApplication, path: str, said: str
) -> None:
    method = "POST" if path.endswith("infer") else "GET"
    response, body = await send(make_application(give), method, path, INFER)
    assert response.status == 404
    assert said in body["error"]


@pytest.mark.parametrize(
    "path", ["/predict/", "/nothing", "//predict", "/Predict", "/v2/health/live/"]
)
async def test_other_paths_are_not_found(make_application: MakeApplication, path: str) -> None:
    response, body = await send(make_application(give), "GET", path)
    assert response.status == 404
    assert "no such endpoint" in str(body["error"])


async def test_a_model_name_may_be_percent_encoded(make_application: MakeApplication) -> None:
    response, _ = await send(make_application(give), "GET", "/v2/models/%66")
    assert response.status == 200


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("GET", "/predict", "POST"),
        ("HEAD", "/predict", "POST"),
        ("PUT", "/predict", "POST"),
        ("OPTIONS", "/predict", "POST"),
        ("GET", "/v2/models/f/infer", "POST"),
        ("POST", "/v2/health/live", "GET, HEAD"),
        ("POST", "/metrics", "GET, HEAD"),
        ("DELETE", "/openapi.json", "GET, HEAD"),
    ],
)
async def test_other_methods_are_told_what_is_allowed(
    make_application: MakeApplication, method: str, path: str, allowed: str
) -> None:
    response, _ = await send(make_application(give), method, path)
    assert response.status == 405
    assert dict(response.headers)["allow"] == allowed


@pytest.mark.parametrize(
    ("path", "body", "field"),
    [
        ("/predict", b"{", "the body is not JSON"),
        ("/predict", {"inputs": []}, "inputs: 'x' is missing"),
        (
            "/predict",
            {"inputs": [{"name": "x", "datatype": "INT8", "data": [1]}]},
            "inputs[0].datatype: 'x' takes FP64, got INT8",
        ),
        ("/v2/models/f/infer", b"[1]", "the body must be a JSON object"),
        ("/v2/models/f/infer", {"inputs": []}, "inputs: 'x' is missing"),
        (
            "/v2/models/f/infer",
            {**INFER, "outputs": [{"name": "z"}]},
            "unexpected inference output",
        ),
    ],
)
async def test_bad_requests_name_the_field(
    make_application: MakeApplication, path: str, body: Any, field: str
) -> None:
    response, said = await send(make_application(give), "POST", path, body)
    assert response.status == 400
    message = said["error"] if path.startswith("/v2") else said["error"]["message"]
    assert message.startswith(field)


def breaks(
    parameters: Any, inputs: Any, output_fields: Any, model_key: Any, model: Any = None
) -> Any:
    raise ValueError("no such weights")


async def test_user_code_that_raises_is_a_500_and_its_traceback_is_in_the_log_alone(
    make_application: MakeApplication, capfd: pytest.CaptureFixture[str]
) -> None:
    application = make_application(breaks)
    response, body = await send(application, "POST", "/predict", PREDICT, x_request_id="abc")
    assert response.status == 500
    assert body == {
        "error": {"type": "ValueError", "message": "no such weights"},
        "request_id": "abc",
    }
    _, by_v2 = await send(application, "POST", "/v2/models/f/infer", INFER)
    assert by_v2 == {"error": "ValueError: no such weights"}
    error, request, *_ = (json.loads(line) for line in capfd.readouterr().err.splitlines())
    assert (error["event"], error["request_id"]) == ("error", "abc")
    assert "Traceback" in error["trace"]
    assert (request["event"], request["status"]) == ("request", 500)


def no_list(
    parameters: Any, inputs: Any, output_fields: Any, model_key: Any, model: Any = None
) -> Any:
    return {"y": 1}


async def test_a_result_of_another_form_is_a_500(make_application: MakeApplication) -> None:
    response, body = await send(make_application(no_list), "POST", "/predict", PREDICT)
    assert response.status == 500
    assert body["error"]["type"] == "ContractError"


async def test_a_bug_of_ours_is_a_500_too(
    make_application: MakeApplication, capfd: pytest.CaptureFixture[str]
) -> None:
    application = make_application(give)

    async def broken(request: InferenceRequest) -> InferenceResponse:
        raise LookupError("ours")

    application.engine.infer = broken  # type: ignore[method-assign]
    response, body = await send(application, "POST", "/predict", PREDICT)
    assert response.status == 500
    assert body["error"]["type"] == "InternalError"
    assert '"bug"' in capfd.readouterr().err


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("abc-1.2:3_4", True),
        ("a" * 128, True),
        ("a" * 129, False),
        ("", False),
        ("two words", False),
        ("line\nbreak", False),
        ("\xe9", False),
        ('"quoted"', False),
    ],
)
async def test_request_ids_are_echoed_or_made(
    make_application: MakeApplication, sent: str, *, kept: bool
) -> None:
    response, _ = await send(make_application(give), "GET", "/v2", x_request_id=sent)
    identity = dict(response.headers)["x-request-id"]
    assert (identity == sent) is kept
    assert re.fullmatch(r"[A-Za-z0-9._:-]{1,128}", identity)


async def test_metrics_count_inference_requests_alone(make_application: MakeApplication) -> None:
    application = make_application(give)
    for path, body in [
        ("/predict", PREDICT),
        ("/predict", b"{"),
        ("/v2/models/f/infer", INFER),
        ("/v2/models/g/infer", INFER),
        ("/v2/health/live", None),
    ]:
        await send(application, "POST" if body else "GET", path, body)
    response, _ = await send(application, "GET", "/metrics")
    assert response.content_type.startswith("text/plain; version=0.0.4")
    text = response.body.decode()
    assert 'protocol="predict",code="200"} 1' in text
    assert 'protocol="predict",code="400"} 1' in text
    assert 'protocol="v2",code="200"} 1' in text
    assert 'code="404"' not in text
    assert "faasctl_model_load_seconds{" in text
    assert re.search(r"^faasctl_requests_in_flight\{[^}]*\} 0$", text, re.MULTILINE)


async def test_the_start_page_leads_to_the_documentation(make_application: MakeApplication) -> None:
    response, _ = await send(make_application(give), "GET", "/")
    assert response.status == 307
    assert dict(response.headers)["location"] == "docs"

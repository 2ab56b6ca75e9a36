"""The ASGI front, driven message by message."""

from __future__ import annotations

import json
from collections.abc import MutableMapping
from typing import Any

import pytest

from handlers.fronts.asgi import AsgiApplication
from tests.handlers.handler_fixtures import MakeApplication

Message = MutableMapping[str, Any]


def echo(
    parameters: Any, inputs: Any, output_fields: Any, model_key: Any, model: Any = None
) -> Any:
    return [{"name": "n", "datatype": "INT64", "data": [len(inputs)]}], None


async def drive(
    application: AsgiApplication, messages: list[Message], **scope: Any
) -> tuple[int, dict[str, str], bytes]:
    """Status, headers and body; status 0 when nothing was answered."""
    sent: list[Message] = []
    waiting = iter(messages)

    async def receive() -> Message:
        return next(waiting)

    async def send(message: Message) -> None:
        sent.append(message)

    defaults: Message = {"type": "http", "method": "POST", "path": "/predict", "headers": []}
    await application({**defaults, **scope}, receive, send)
    if not sent:
        return 0, {}, b""
    start, *bodies = sent
    headers = {name.decode(): value.decode("latin-1") for name, value in start["headers"]}
    return start["status"], headers, b"".join(one["body"] for one in bodies)


def part(body: bytes, *, more: bool = False) -> Message:
    return {"type": "http.request", "body": body, "more_body": more}


async def test_a_body_may_come_in_parts(make_application: MakeApplication) -> None:
    application = AsgiApplication(make_application(echo))
    messages = [part(b'{"inp', more=True), part(b'uts": ', more=True), part(b"[]}")]
    status, headers, body = await drive(application, messages)
    assert status == 200
    assert json.loads(body)["outputs"][0]["data"] == [0]
    assert headers["content-length"] == str(len(body))


SIZES: list[tuple[list[Message], str | None]] = [
    ([part(b"x" * 101)], None),
    ([part(b"x" * 60, more=True), part(b"x" * 60, more=True), part(b"")], None),
    ([], "101"),
    ([], "9" * 5000),
]


@pytest.mark.parametrize(("messages", "declared"), SIZES)
@pytest.mark.parametrize("path", ["/predict", "/v2/models/f/infer"])
async def test_a_body_over_the_limit_is_a_413(
    make_application: MakeApplication, messages: list[Message], declared: str | None, path: str
) -> None:
    application = AsgiApplication(make_application(echo, max_body=100))
    headers = [(b"content-length", declared.encode())] if declared else []
    headers.append((b"x-request-id", b"big"))
    status, sent, body = await drive(application, messages, path=path, headers=headers)
    assert status == 413
    assert "larger than 100 bytes" in str(json.loads(body)["error"])
    assert sent["x-request-id"] == "big"


async def test_a_body_of_just_the_limit_is_read(make_application: MakeApplication) -> None:
    application = AsgiApplication(make_application(echo, max_body=100))
    status, _, _ = await drive(application, [part(b'{"inputs": []}'.ljust(100))])
    assert status == 200


@pytest.mark.parametrize("declared", [b"\xb2", b"many", b"-1", b""])
async def test_lengths_that_are_no_number_are_not_believed(
    make_application: MakeApplication, declared: bytes
) -> None:
    application = AsgiApplication(make_application(echo))
    headers = [(b"content-length", declared)]
    status, _, _ = await drive(application, [part(b'{"inputs": []}')], headers=headers)
    assert status == 200


@pytest.mark.parametrize("before", [[], [part(b"{", more=True)]])
async def test_nobody_is_answered_who_left(
    make_application: MakeApplication, before: list[Message]
) -> None:
    application = AsgiApplication(make_application(echo))
    status, _, _ = await drive(application, [*before, {"type": "http.disconnect"}])
    assert status == 0


async def test_head_has_the_length_and_no_body(make_application: MakeApplication) -> None:
    application = AsgiApplication(make_application(echo))
    status, headers, body = await drive(application, [part(b"")], method="HEAD", path="/v2")
    assert (status, body) == (200, b"")
    assert int(headers["content-length"]) > 0


async def test_headers_need_not_be_text(make_application: MakeApplication) -> None:
    application = AsgiApplication(make_application(echo))
    headers = [(b"x-request-id", b"\xff\xfe"), (b"x-other", bytes(range(128, 256)))]
    status, sent, _ = await drive(
        application, [part(b"")], method="GET", path="/v2", headers=headers
    )
    assert status == 200
    assert sent["x-request-id"].isalnum()


@pytest.mark.parametrize(
    "scope",
    [
        {"path": "/demo/f/v2", "raw_path": b"/demo/f/v2?a=b", "root_path": "/demo/f"},
        {"path": "/v2", "raw_path": b"/v2?x=%2F"},
        {"path": "/v2"},
    ],
)
async def test_a_path_is_found_behind_a_prefix_and_before_a_query(
    make_application: MakeApplication, scope: Message
) -> None:
    application = AsgiApplication(make_application(echo))
    status, _, _ = await drive(application, [part(b"")], method="GET", **scope)
    assert status == 200


async def test_lifespan_events_are_answered(make_application: MakeApplication) -> None:
    application = AsgiApplication(make_application(echo))
    sent: list[str] = []
    waiting = iter([{"type": "lifespan.startup"}, {"type": "lifespan.shutdown"}])

    async def receive() -> Message:
        return next(waiting)

    async def send(message: Message) -> None:
        sent.append(message["type"])

    await application({"type": "lifespan"}, receive, send)
    assert sent == ["lifespan.startup.complete", "lifespan.shutdown.complete"]

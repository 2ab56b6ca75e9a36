"""The app that one would write by hand: uvicorn, JSON, and the function of `examples/iris`.

    uvicorn bare_app:app --loop uvloop --http httptools --no-access-log

It has no checks, documents, logs, metrics or time limits. The model is loaded at import, as such
apps do, so that no request waits for it. orjson is used where it is installed.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import joblib  # type: ignore[import-not-found]
from iris.predict import inference  # type: ignore[import-not-found]

try:
    from orjson import dumps, loads  # type: ignore[import-not-found]
except ImportError:
    import json

    loads = json.loads

    def dumps(value: Any, /) -> bytes:
        return json.dumps(value, separators=(",", ":")).encode()


Message = dict[str, Any]
MODEL_KEY = "model/iris.joblib"
HEADERS = [(b"content-type", b"application/json")]
MODEL = joblib.load(MODEL_KEY)


async def app(
    scope: Message,
    receive: Callable[[], Awaitable[Message]],
    send: Callable[[Message], Awaitable[None]],
) -> None:
    """`POST /predict`; everything else is a 404."""
    if scope["type"] != "http":
        return
    body, more = b"", True
    while more:
        message = await receive()
        body, more = body + message.get("body", b""), message.get("more_body", False)
    status, answer = 404, b'{"error":"not found"}'
    if (scope["method"], scope["path"]) == ("POST", "/predict"):
        values = loads(body)
        outputs, _ = inference(
            values.get("parameters", []),
            values["inputs"],
            values.get("output_fields", []),
            MODEL_KEY,
            MODEL,
        )
        status, answer = 200, dumps({"outputs": outputs})
    await send({"type": "http.response.start", "status": status, "headers": HEADERS})
    await send({"type": "http.response.body", "body": answer})

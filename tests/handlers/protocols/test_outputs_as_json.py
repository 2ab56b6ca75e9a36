"""Results that have no JSON form are the function's fault, told by the output's name."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from handlers.engine.values import InferenceResponse, Tensor, UserCodeError
from handlers.protocols import predict, v2

Encode = Callable[[InferenceResponse], bytes]


def encode_v2(response: InferenceResponse) -> bytes:
    return v2.encode(response, model="f", version="1", request_id="")


def endless() -> list[Any]:
    values: list[Any] = []
    values.append(values)
    return values


def deep() -> Any:
    value: Any = 1
    for _ in range(5000):
        value = {"a": value}
    return value


WITHOUT_JSON: list[tuple[str, Any, str]] = [
    ("dict", {"when": datetime.now(UTC)}, "datetime"),
    ("dict", {"where": Path("/tmp")}, "Path"),
    ("dict", {(1, 2): 3}, "tuple"),
    ("dict", {"a": object()}, "object"),
    ("dict", {"a": {1, 2}}, "set"),
    ("dict", {"a": 10**5000}, "digits"),
    ("dict", deep(), ""),
    ("dict", {"a": endless()}, ""),
    ("BYTES", [b"\xff\xfe"], "UTF-8"),
    ("FP64", [object()], "object"),
]


@pytest.mark.parametrize("encode", [predict.encode, encode_v2])
@pytest.mark.parametrize(
    ("datatype", "data", "said"), WITHOUT_JSON, ids=[str(i) for i in range(len(WITHOUT_JSON))]
)
def test_an_output_without_a_json_form_is_named(
    encode: Encode, datatype: str, data: Any, said: str
) -> None:
    good = Tensor("good", "FP64", [1.0], [1])
    with pytest.raises(UserCodeError) as caught:
        encode(InferenceResponse((good, Tensor("bad", datatype, data))))
    assert caught.value.kind == "ContractError"
    assert caught.value.message.startswith("output 'bad': ")
    assert said in caught.value.message


@pytest.mark.parametrize("encode", [predict.encode, encode_v2])
def test_bytes_that_are_text_go_as_text(encode: Encode) -> None:
    body = json.loads(encode(InferenceResponse((Tensor("y", "BYTES", [b"setosa"]),))))
    assert body["outputs"][0]["data"] == ["setosa"]

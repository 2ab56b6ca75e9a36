"""Whatever a body holds: a request, or a RequestError."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from handlers.contract.datatypes import PLATFORM
from handlers.contract.docstring import parse as parse_docstring
from handlers.engine.values import InferenceRequest, RequestError
from handlers.protocols import declared, predict, v2

SIGNATURE = parse_docstring(":type inputs.x: str\n:type inputs.y: dict, optional")
Decode = Callable[[bytes], InferenceRequest]


def decode_v2(body: bytes) -> InferenceRequest:
    return declared.from_v2(v2.decode(body), SIGNATURE)


anything: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3)
    ),
    max_leaves=8,
)
datatypes = st.sampled_from(PLATFORM) | anything
tensors = st.fixed_dictionaries(
    {},
    optional={
        "name": st.sampled_from(["x", "y", ""]) | anything,
        "datatype": datatypes,
        "data": st.lists(st.integers() | st.floats() | st.text(max_size=3), max_size=3) | anything,
        "shape": st.lists(st.integers(-2, 4), max_size=3) | anything,
        "content_type": anything,
        "parameters": anything,
    },
)
requests = st.fixed_dictionaries(
    {"inputs": st.lists(tensors | anything, max_size=3) | anything},
    optional={
        "output_fields": st.lists(tensors, max_size=2) | anything,
        "outputs": st.lists(tensors, max_size=2) | anything,
        "parameters": anything,
        "id": anything,
    },
)


def only_request_errors(decode: Decode, body: bytes) -> None:
    refused: RequestError | None = None
    try:
        declared.check(decode(body), SIGNATURE)
    except RequestError as error:
        refused = error
    assert refused is None or (refused.message and 400 <= refused.status < 500)


@pytest.mark.parametrize("decode", [predict.decode, decode_v2])
@given(body=st.binary(max_size=60))
def test_bytes(decode: Decode, body: bytes) -> None:
    only_request_errors(decode, body)


@pytest.mark.parametrize("decode", [predict.decode, decode_v2])
@settings(max_examples=300)
@given(value=requests | anything)
def test_json(decode: Decode, value: Any) -> None:
    only_request_errors(decode, json.dumps(value).encode())


@pytest.mark.parametrize("decode", [predict.decode, decode_v2])
@given(
    value=requests, cut=st.integers(0, 200), encoding=st.sampled_from(["utf-16", "utf-32", "utf-8"])
)
def test_cut_and_recoded_json(decode: Decode, value: Any, cut: int, encoding: str) -> None:
    only_request_errors(decode, json.dumps(value).encode(encoding)[:cut])

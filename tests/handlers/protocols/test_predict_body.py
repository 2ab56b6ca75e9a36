"""Bodies of `/predict`, in and out."""

from __future__ import annotations

import json
from typing import Any

import pytest

from handlers.engine.values import (
    InferenceResponse,
    RequestError,
    Tensor,
)
from handlers.protocols import predict


def one_input(**values: Any) -> bytes:
    return json.dumps({"inputs": [{"name": "x", **values}]}).encode()


def decoded(**values: Any) -> Tensor:
    return predict.decode(one_input(**values)).inputs[0]


ACCEPTED: list[tuple[str, Any, Any]] = [
    ("FP32", [1, 2.5], [1, 2.5]),
    ("FP64", [[1.0, 2.0], [3.0, 4.0]], [1.0, 2.0, 3.0, 4.0]),
    ("FP32", [], []),
    ("INT32", [-(2**31), 2**31 - 1], [-(2**31), 2**31 - 1]),
    ("INT64", [2**63 - 1], [2**63 - 1]),
    ("UINT64", [2**64 - 1], [2**64 - 1]),
    ("UINT8", [0, 255], [0, 255]),
    ("BOOL", [True, False], [True, False]),
    ("BYTES", ["a", "ю"], ["a", "ю"]),
    ("FP16", [0.5], [0.5]),
    ("str", "words", "words"),
    ("str", ["words"], "words"),
    ("str", "", ""),
    ("FILE", "group/a.png", "group/a.png"),
    ("dict", {"a": [1, {"b": None}]}, {"a": [1, {"b": None}]}),
]


@pytest.mark.parametrize(("datatype", "sent", "got"), ACCEPTED)
def test_data_arrives_in_the_form_of_its_datatype(datatype: str, sent: Any, got: Any) -> None:
    tensor = decoded(datatype=datatype, data=sent)
    assert (tensor.datatype, tensor.data) == (datatype, got)


@pytest.mark.parametrize("shape", [None, 0, 1, 16, [2], [1, 2], [2, 1, 1]])
def test_shapes_are_kept_as_sent(shape: Any) -> None:
    assert decoded(datatype="FP32", data=[1, 2], shape=shape).shape == shape


def test_content_types_and_unknown_keys() -> None:
    tensor = decoded(datatype="FILE", data="a", content_type="image/png", whatever=1)
    assert tensor.content_type == "image/png"


REFUSED: list[tuple[dict[str, Any], str]] = [
    ({"data": [1]}, "inputs[0].datatype"),
    ({"datatype": "float", "data": [1]}, "inputs[0].datatype"),
    ({"datatype": "fp32", "data": [1]}, "inputs[0].datatype"),
    ({"datatype": ["FP32"], "data": [1]}, "inputs[0].datatype"),
    ({"datatype": {"a": 1}, "data": [1]}, "inputs[0].datatype"),
    ({"datatype": "FP32"}, "inputs[0].data"),
    ({"datatype": "FP32", "data": None}, "inputs[0].data"),
    ({"datatype": "FP32", "data": 1.5}, "inputs[0].data"),
    ({"datatype": "FP32", "data": "1.5"}, "inputs[0].data"),
    ({"datatype": "FP32", "data": ["1.5"]}, "inputs[0].data[0]"),
    ({"datatype": "FP32", "data": [1, True]}, "inputs[0].data[1]"),
    ({"datatype": "FP32", "data": [None]}, "inputs[0].data[0]"),
    ({"datatype": "INT32", "data": [1.0]}, "inputs[0].data[0]"),
    ({"datatype": "INT32", "data": [2**31]}, "inputs[0].data[0]"),
    ({"datatype": "UINT8", "data": [0, -1]}, "inputs[0].data[1]"),
    ({"datatype": "INT64", "data": [10**300]}, "inputs[0].data[0]"),
    ({"datatype": "BOOL", "data": [1]}, "inputs[0].data[0]"),
    ({"datatype": "BYTES", "data": [1]}, "inputs[0].data[0]"),
    ({"datatype": "FP32", "data": [{}]}, "inputs[0].data[0]"),
    ({"datatype": "str", "data": 1}, "inputs[0].data"),
    ({"datatype": "str", "data": ["a", "b"]}, "inputs[0].data"),
    ({"datatype": "dict", "data": []}, "inputs[0].data"),
    ({"datatype": "FILE", "data": {}}, "inputs[0].data"),
    ({"datatype": "FP32", "data": [1, 2], "shape": [3]}, "inputs[0].data"),
    ({"datatype": "FP32", "data": [1], "shape": "1"}, "inputs[0].shape"),
    ({"datatype": "FP32", "data": [1], "shape": -1}, "inputs[0].shape"),
    ({"datatype": "FP32", "data": [1], "shape": True}, "inputs[0].shape"),
    ({"datatype": "FP32", "data": [1], "shape": [1.0]}, "inputs[0].shape"),
    ({"datatype": "FP32", "data": [1], "shape": [-1]}, "inputs[0].shape"),
    ({"datatype": "FP32", "data": [1], "shape": [1] * 40}, "inputs[0].shape"),
    ({"datatype": "FP32", "data": [1], "shape": [2**31, 2**31]}, "inputs[0].shape"),
    ({"datatype": "FILE", "data": "a", "content_type": 5}, "inputs[0].content_type"),
    ({"name": "", "datatype": "FP32", "data": [1]}, "inputs[0].name"),
    ({"name": 5, "datatype": "FP32", "data": [1]}, "inputs[0].name"),
    ({"name": None, "datatype": "FP32", "data": [1]}, "inputs[0].name"),
]


@pytest.mark.parametrize(("values", "field"), REFUSED)
def test_a_wrong_input_is_refused_by_its_field(values: dict[str, Any], field: str) -> None:
    with pytest.raises(RequestError) as caught:
        predict.decode(one_input(**values))
    assert caught.value.message.startswith(field)
    assert field.startswith(caught.value.field)
    assert caught.value.status == 400


BODIES: list[tuple[bytes, str]] = [
    (b"", "not JSON"),
    (b"{", "not JSON"),
    (b"nonsense", "not JSON"),
    (b"[]", "must be a JSON object"),
    (b"5", "must be a JSON object"),
    (b"null", "must be a JSON object"),
    (b"{}", "inputs"),
    (b'{"inputs": null}', "inputs"),
    (b'{"inputs": {}}', "inputs"),
    (b'{"inputs": [5]}', "inputs[0]"),
    (b'{"inputs": [[]]}', "inputs[0]"),
    (b'{"inputs": [], "output_fields": {"a": 1}}', "output_fields"),
    (b'{"inputs": [], "output_fields": ["y"]}', "output_fields[0]"),
    (b'{"inputs": [], "output_fields": [{"name": "y", "datatype": "x"}]}', "output_fields[0].data"),
    (b'{"inputs": [], "output_fields": [{"name": "y", "shape": "x"}]}', "output_fields[0].shape"),
    (b'{"inputs": [], "parameters": 5}', "parameters"),
    (b'{"inputs": [], "parameters": ["a"]}', "parameters[0]"),
    (b'{"inputs": [], "parameters": [["a"]]}', "parameters[0]"),
    (b'{"inputs": [], "parameters": [[1, 2]]}', "parameters[0]"),
    (b'{"inputs": [], "parameters": [{"value": 1}]}', "parameters[0]"),
    (b'{"inputs": [], "parameters": [{"name": "a"}]}', "parameters[0]"),
    (b"\xff\xfe\xfd", "not UTF-8"),
    (b'{"inputs": "\xff"}', "not UTF-8"),
    (b"[" * 100_000, "can be read"),
    (b'{"a":' * 100_000, "can be read"),
    (b'{"inputs": ' + b"9" * 5000 + b"}", "can be read"),
    (
        b'{"inputs": [{"name": "x", "datatype": "FP32", "data": ' + b"[" * 50 + b"]" * 50 + b"}]}",
        "nested more than",
    ),
    (
        b'{"inputs": [%b, %b]}' % ((b'{"name": "x", "datatype": "str", "data": ""}',) * 2),
        "inputs[1].name",
    ),
]


@pytest.mark.parametrize(("body", "said"), BODIES, ids=[str(one[0][:40]) for one in BODIES])
def test_a_body_of_another_form_is_refused(body: bytes, said: str) -> None:
    with pytest.raises(RequestError) as caught:
        predict.decode(body)
    assert said in caught.value.message
    assert len(caught.value.message) < 400


@pytest.mark.parametrize(
    "parameters",
    [
        [{"name": "a", "value": 1}, {"name": "b", "value": None}],
        [["a", 1], ["b", None]],
        {"a": 1, "b": None},
    ],
)
def test_parameters_have_three_forms(parameters: Any) -> None:
    request = predict.decode(json.dumps({"inputs": [], "parameters": parameters}).encode())
    assert request.parameters == ({"name": "a", "value": 1}, {"name": "b", "value": None})


@pytest.mark.parametrize("missing", [b"", b', "parameters": null', b', "output_fields": null'])
def test_parameters_and_wanted_outputs_may_be_left_out(missing: bytes) -> None:
    request = predict.decode(b'{"inputs": []' + missing + b"}")
    assert (request.parameters, request.outputs) == ((), ())


def test_the_last_of_two_equal_keys_counts_and_a_model_key_is_ignored() -> None:
    request = predict.decode(b'{"inputs": 1, "inputs": [], "model_key": "/etc/passwd"}')
    assert request.inputs == ()


def test_a_byte_order_mark_does_not_matter() -> None:
    assert predict.decode(b'\xef\xbb\xbf{"inputs": []}').inputs == ()


def encoded(**values: Any) -> Any:
    return json.loads(predict.encode(InferenceResponse((Tensor("y", **values),))))["outputs"][0]


def test_answers_have_what_the_function_gave() -> None:
    assert encoded(datatype="FP64", data=[1.5]) == {"name": "y", "datatype": "FP64", "data": [1.5]}
    assert encoded(datatype="str", data=None, shape=5, content_type="text/plain") == {
        "name": "y",
        "datatype": "str",
        "data": None,
        "shape": 5,
        "content_type": "text/plain",
    }


def test_what_json_cannot_say_of_numbers_is_null() -> None:
    values = [1.0, float("nan"), float("inf"), float("-inf")]
    assert encoded(datatype="FP64", data=values)["data"] == [1.0, None, None, None]


def test_numpy_scalars_in_lists_are_numbers() -> None:
    numpy = pytest.importorskip("numpy", reason="numpy is not installed here")
    values = [numpy.float32("nan"), numpy.float32(0.5), numpy.int8(3), numpy.bytes_(b"a")]
    assert encoded(datatype="FP32", data=values)["data"] == [None, 0.5, 3, "a"]

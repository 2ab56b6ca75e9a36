"""V2's JSON, in and out."""

from __future__ import annotations

import json
from typing import Any

import pytest

from handlers.contract.docstring import parse as parse_docstring
from handlers.engine.values import (
    InferenceRequest,
    InferenceResponse,
    RequestError,
    Tensor,
    UserCodeError,
)
from handlers.protocols import declared, v2


def body(tensor: dict[str, Any] | None = None, **values: Any) -> bytes:
    first = {"name": "x", "shape": [2], "datatype": "FP32", "data": [1, 2], **(tensor or {})}
    return json.dumps({"inputs": [first], **values}).encode()


def test_a_request_with_everything() -> None:
    request = v2.decode(
        body(
            {"parameters": {"content_type": "np"}},
            id="seven",
            parameters={"top": 3, "exact": True, "priority": 1, "timeout": 9},
            outputs=[
                {"name": "y"},
                {"name": "z", "parameters": {"binary_data": False}},
                {"name": "y"},
            ],
        )
    )
    assert request.id == "seven"
    assert request.inputs[0] == Tensor("x", "FP32", [1, 2], [2], "np", {"content_type": "np"})
    assert [one.name for one in request.outputs] == ["y", "z"]
    assert request.parameters == ({"name": "top", "value": 3}, {"name": "exact", "value": True})


@pytest.mark.parametrize("data", [[1, 2, 3, 4], [[1, 2], [3, 4]], [[1], [2, 3, 4]]])
def test_data_may_be_flat_or_nested(data: Any) -> None:
    request = v2.decode(body({"shape": [2, 2], "data": data}))
    assert request.inputs[0].data == [1, 2, 3, 4]
    assert request.inputs[0].shape == [2, 2]


@pytest.mark.parametrize(
    ("shape", "data"), [([0], []), ([2, 0, 3], []), ([], [5]), ([1, 1], [[5]])]
)
def test_empty_and_scalar_tensors(shape: Any, data: Any) -> None:
    assert v2.decode(body({"shape": shape, "data": data})).inputs[0].shape == shape


REFUSED: list[tuple[dict[str, Any], str]] = [
    ({"name": None}, "inputs[0].name"),
    ({"datatype": "int32"}, "inputs[0].datatype"),
    ({"datatype": "str"}, "inputs[0].datatype"),
    ({"datatype": None}, "inputs[0].datatype"),
    ({"datatype": []}, "inputs[0].datatype"),
    ({"datatype": "FP16"}, "inputs[0]"),
    ({"datatype": "BF16"}, "inputs[0]"),
    ({"shape": None}, "inputs[0].shape"),
    ({"shape": 2}, "inputs[0].shape"),
    ({"shape": [2.0]}, "inputs[0].shape"),
    ({"shape": [-1]}, "inputs[0].shape"),
    ({"shape": [2**31, 2**31]}, "inputs[0].shape"),
    ({"shape": [3]}, "inputs[0].data"),
    ({"data": None}, "inputs[0].data"),
    ({"data": "ab"}, "inputs[0].data"),
    ({"data": [1, "2"]}, "inputs[0].data[1]"),
    ({"data": [1, None]}, "inputs[0].data[1]"),
    ({"datatype": "UINT8", "data": [1, 256]}, "inputs[0].data[1]"),
    ({"datatype": "BYTES", "data": [1, 2]}, "inputs[0].data[0]"),
    ({"parameters": []}, "inputs[0].parameters"),
    ({"parameters": {"a": []}}, "inputs[0].parameters.a"),
]


@pytest.mark.parametrize(("tensor", "field"), REFUSED)
def test_a_wrong_tensor_is_refused_by_its_field(tensor: dict[str, Any], field: str) -> None:
    with pytest.raises(RequestError) as caught:
        v2.decode(body(tensor))
    assert caught.value.message.startswith(field)


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"id": 5}, "id"),
        ({"id": None}, "id"),
        ({"inputs": None}, "inputs"),
        ({"inputs": ["x"]}, "inputs[0]"),
        ({"outputs": {}}, "outputs"),
        ({"outputs": ["y"]}, "outputs[0]"),
        ({"outputs": [{}]}, "outputs[0].name"),
        ({"parameters": []}, "parameters"),
        ({"parameters": {"a": {}}}, "parameters.a"),
        ({"parameters": {"a": None}}, "parameters.a"),
    ],
)
def test_a_wrong_request_is_refused_by_its_field(values: dict[str, Any], field: str) -> None:
    with pytest.raises(RequestError) as caught:
        v2.decode(body(**values))
    assert caught.value.message.startswith(field)


def test_an_input_twice_is_refused() -> None:
    tensor = {"name": "x", "shape": [1], "datatype": "FP32", "data": [1]}
    with pytest.raises(RequestError, match="already exists"):
        v2.decode(json.dumps({"inputs": [tensor, tensor]}).encode())


RESPONSE = InferenceResponse((Tensor("a", "FP64", [1.0], [1]), Tensor("b", "INT64", [2], [1])))


def wanting(*names: str) -> InferenceRequest:
    return InferenceRequest((), tuple(Tensor(name, "") for name in names))


@pytest.mark.parametrize(
    ("names", "got"), [((), ["a", "b"]), (("b",), ["b"]), (("b", "a"), ["b", "a"])]
)
def test_the_wanted_outputs_come_back(names: tuple[str, ...], got: list[str]) -> None:
    selected = v2.select(RESPONSE, wanting(*names))
    assert [one.name for one in selected.outputs] == got


def test_an_output_that_is_not_there_is_refused() -> None:
    with pytest.raises(RequestError, match="'c'"):
        v2.select(RESPONSE, wanting("a", "c"))


def encoded(tensor: Tensor, request_id: str = "") -> Any:
    response = InferenceResponse((tensor,))
    return json.loads(v2.encode(response, model="f", version="3", request_id=request_id))


def test_an_answer_names_model_version_and_the_id_that_was_sent() -> None:
    tensor = Tensor("y", "FP64", [1.0], [1])
    expected = {
        "model_name": "f",
        "model_version": "3",
        "outputs": [{"name": "y", "shape": [1], "datatype": "FP64", "data": [1.0]}],
    }
    assert encoded(tensor) == expected
    assert encoded(tensor, "seven") == {**expected, "id": "seven"}


OUTPUTS: list[tuple[Tensor, list[int], str, list[Any]]] = [
    (Tensor("y", "FP64", [1.0, 2.0]), [2], "FP64", [1.0, 2.0]),
    (Tensor("y", "FP64", [[1.0], [2.0]]), [2, 1], "FP64", [1.0, 2.0]),
    (Tensor("y", "FP64", 1.5), [1], "FP64", [1.5]),
    (Tensor("y", "FP64", [1.0, 2.0], 2), [2], "FP64", [1.0, 2.0]),
    (Tensor("y", "FP64", [1.0, 2.0], (1, 2)), [1, 2], "FP64", [1.0, 2.0]),
    (Tensor("y", "FP64", [], [0, 3]), [0, 3], "FP64", []),
    (Tensor("y", "str", "words", 5), [1], "BYTES", ["words"]),
    (Tensor("y", "str", ["two", "words"]), [2], "BYTES", ["two", "words"]),
    (Tensor("y", "FILE", "group/a.png"), [1], "BYTES", ["group/a.png"]),
    (Tensor("y", "dict", {"a": 1}), [1], "BYTES", ['{"a":1}']),
    (Tensor("y", "dict", [{"a": 1}, {}]), [2], "BYTES", ['{"a":1}', "{}"]),
    (Tensor("y", "BYTES", ["a"]), [1], "BYTES", ["a"]),
]


@pytest.mark.parametrize(("tensor", "shape", "datatype", "data"), OUTPUTS)
def test_results_become_v2_tensors(
    tensor: Tensor, shape: list[int], datatype: str, data: list[Any]
) -> None:
    (output,) = encoded(tensor)["outputs"]
    assert (output["shape"], output["datatype"], output["data"]) == (shape, datatype, data)


@pytest.mark.parametrize(
    ("tensor", "said"),
    [
        (Tensor("y", "float", [1.0]), "datatype 'float'"),
        (Tensor("y", "FP64", [1.0], [2]), "do not fill the shape"),
        (Tensor("y", "FP64", [1.0], [-1]), "do not fill the shape"),
        (Tensor("y", "FP64", [1.0], ["1"]), "must be a list of integers"),
        (Tensor("y", "FP64", [1.0], "1"), "must be a list of integers"),
        (Tensor("y", "FP64", [1.0], {"a": 1}), "must be a list of integers"),
        (Tensor("y", "FP64", [1.0], 1.5), "must be a list of integers"),
    ],
)
def test_results_that_are_no_tensor_are_told_clearly(tensor: Tensor, said: str) -> None:
    with pytest.raises(UserCodeError) as caught:
        encoded(tensor)
    assert caught.value.kind == "ContractError"
    assert caught.value.message.startswith("output 'y': ")
    assert said in caught.value.message


SIGNATURE = parse_docstring(
    """
    :type inputs.words: str
    :type inputs.options: dict, optional
    :type inputs.x: FP32[-1,2] or FP64, optional
    :type outputs.y: FP64[-1]
    :type outputs.note: str
    :type outputs.odd: picture
    """
)


def request(*tensors: Tensor) -> InferenceRequest:
    return declared.from_v2(InferenceRequest(tensors), SIGNATURE)


def test_bytes_take_the_form_that_the_function_declares() -> None:
    words, options, many, other = request(
        Tensor("words", "BYTES", ["a"], [1]),
        Tensor("options", "BYTES", ['{"a": 1}'], [1]),
        Tensor("x", "BYTES", ["a", "b"], [2]),
        Tensor("other", "BYTES", ["a"], [1]),
    ).inputs
    assert (words.datatype, words.data) == ("str", "a")
    assert (options.datatype, options.data) == ("dict", {"a": 1})
    assert (many.datatype, other.datatype) == ("BYTES", "BYTES")


@pytest.mark.parametrize("text", ["{", "[]", "5", "[" * 100_000])
def test_bytes_that_should_be_an_object_and_are_not_are_refused(text: str) -> None:
    with pytest.raises(RequestError, match="options"):
        request(Tensor("options", "BYTES", [text], [1]))


def test_declared_inputs_must_be_there_with_their_datatype() -> None:
    words = Tensor("words", "str", "a")
    declared.check(InferenceRequest((words,)), SIGNATURE)
    declared.check(InferenceRequest((words, Tensor("own", "INT8", [1]))), SIGNATURE)
    with pytest.raises(RequestError, match="'words' is missing"):
        declared.check(InferenceRequest(()), SIGNATURE)
    with pytest.raises(
        RequestError, match=r"inputs\[1\].datatype: 'x' takes FP32 or FP64, got INT8"
    ):
        declared.check(InferenceRequest((words, Tensor("x", "INT8", [1]))), SIGNATURE)


def test_metadata_describes_the_tensors() -> None:
    metadata = v2.model_metadata("f", ["1"], SIGNATURE)
    assert {key: metadata[key] for key in ("name", "versions", "platform")} == {
        "name": "f",
        "versions": ["1"],
        "platform": "python",
    }
    assert metadata["inputs"] == [
        {"name": "words", "datatype": "BYTES", "shape": [1]},
        {"name": "options", "datatype": "BYTES", "shape": [1]},
        {"name": "x", "datatype": "FP32", "shape": [-1, 2]},
    ]
    assert metadata["outputs"][0] == {"name": "y", "datatype": "FP64", "shape": [-1]}

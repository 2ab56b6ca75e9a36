"""The `inference` contract, from the function's side."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import pytest

from handlers.engine.loader import LoadError
from handlers.engine.values import InferenceRequest, Tensor, UserCodeError
from handlers.interfaces.inference import InferenceFunction

REQUEST = InferenceRequest(
    inputs=(Tensor("x", "FP32", [1.0, 2.0], [2]), Tensor("f", "FILE", "/in/a.png", 1, "image/png")),
    outputs=(Tensor("y", "FP64"),),
    parameters=({"name": "p", "value": 3},),
)
GOOD = ([{"name": "y", "datatype": "FP64", "data": [1.0], "shape": [1]}], "model")


def all_named(
    parameters: Any, inputs: Any, output_fields: Any, model_key: Any, model: Any = None
) -> Any:
    return parameters, inputs, output_fields, model_key, model


def other_order(
    model: Any, model_key: Any, output_fields: Any, inputs: Any, parameters: Any
) -> Any:
    return parameters, inputs, output_fields, model_key, model


def other_names(params: Any, data: Any, wanted: Any, key: Any, cached: Any = None) -> Any:
    return params, data, wanted, key, cached


def positional_only(
    parameters: Any, inputs: Any, output_fields: Any, model_key: Any, model: Any = None, /
) -> Any:
    return parameters, inputs, output_fields, model_key, model


def any_keywords(**values: Any) -> Any:
    names = ("parameters", "inputs", "output_fields", "model_key", "model")
    assert set(values) == set(names)
    return tuple(values[name] for name in names)


def any_positions(*values: Any) -> Any:
    return values


def further_default(
    parameters: Any, inputs: Any, output_fields: Any, model_key: Any, model: Any, extra: int = 1
) -> Any:
    return parameters, inputs, output_fields, model_key, model


class Callable5:
    def __call__(
        self, parameters: Any, inputs: Any, output_fields: Any, model_key: Any, model: Any = None
    ) -> Any:
        return parameters, inputs, output_fields, model_key, model


def with_prefix(
    prefix: str, parameters: Any, inputs: Any, output_fields: Any, model_key: Any, model: Any
) -> Any:
    return parameters, inputs, output_fields, model_key, model


FORMS = [
    all_named,
    other_order,
    other_names,
    positional_only,
    any_keywords,
    any_positions,
    further_default,
    Callable5(),
    functools.partial(with_prefix, "prefix"),
]


@pytest.mark.parametrize(
    "function", FORMS, ids=lambda one: getattr(one, "__name__", type(one).__name__)
)
def test_every_form_of_function_gets_its_five_arguments(function: Callable[..., Any]) -> None:
    code = InferenceFunction(function, "/models/m")
    parameters, inputs, output_fields, model_key, model = code.call(REQUEST)
    assert parameters == [{"name": "p", "value": 3}]
    assert inputs == [
        {"name": "x", "datatype": "FP32", "data": [1.0, 2.0], "shape": [2]},
        {
            "name": "f",
            "datatype": "FILE",
            "data": "/in/a.png",
            "shape": 1,
            "content_type": "image/png",
        },
    ]
    assert output_fields[0]["name"] == "y"
    assert output_fields[0]["datatype"] == "FP64"
    assert (model_key, model) == ("/models/m", None)


def four_named(parameters: Any, inputs: Any, output_fields: Any, model_key: Any) -> Any:
    return parameters, inputs, output_fields, model_key


def four_others(a: Any, b: Any, c: Any, d: Any) -> Any:
    return a, b, c, d


@pytest.mark.parametrize("function", [four_named, four_others])
def test_a_function_without_model_gets_four_arguments(function: Callable[..., Any]) -> None:
    parameters, _, _, model_key = InferenceFunction(function, "k").call(REQUEST)
    assert (parameters, model_key) == ([{"name": "p", "value": 3}], "k")


def test_a_function_that_takes_other_arguments_is_refused_at_start() -> None:
    def wrong(inputs: Any) -> Any:
        return inputs

    with pytest.raises(LoadError) as caught:
        InferenceFunction(wrong, "")
    failure = caught.value.failure
    assert "must take (parameters, inputs, output_fields, model_key, model)" in failure.message
    assert failure.line == wrong.__code__.co_firstlineno


def test_the_model_that_a_call_returns_comes_back_at_the_next_one() -> None:
    seen: list[Any] = []

    def inference(
        parameters: Any, inputs: Any, output_fields: Any, model_key: Any, model: Any = None
    ) -> Any:
        seen.append(model)
        return [], (model or 0) + 1

    code = InferenceFunction(inference, "")
    for _ in range(3):
        code.finish(code.call(REQUEST))
    assert seen == [None, 1, 2]


def test_calls_cannot_change_what_others_were_given() -> None:
    def inference(
        parameters: Any, inputs: Any, output_fields: Any, model_key: Any, model: Any = None
    ) -> Any:
        inputs.clear()
        parameters[0]["value"] = 99
        return [], None

    code = InferenceFunction(inference, "")
    code.finish(code.call(REQUEST))
    assert REQUEST.parameters[0]["value"] == 3
    assert len(REQUEST.inputs) == 2


async def coroutine(
    parameters: Any, inputs: Any, output_fields: Any, model_key: Any, model: Any = None
) -> Any:
    return GOOD


class AsyncCallable:
    async def __call__(
        self, parameters: Any, inputs: Any, output_fields: Any, model_key: Any, model: Any = None
    ) -> Any:
        return GOOD


@pytest.mark.parametrize("function", [coroutine, AsyncCallable(), functools.partial(coroutine)])
async def test_async_functions_of_every_form_are_known(function: Callable[..., Any]) -> None:
    code = InferenceFunction(function, "")
    assert code.is_async
    assert code.finish(await code.call(REQUEST)).outputs[0].data == [1.0]


def test_plain_functions_are_not_async() -> None:
    assert not InferenceFunction(all_named, "").is_async


def finished(*outputs: Any) -> tuple[Tensor, ...]:
    return InferenceFunction(all_named, "").finish((list(outputs), None)).outputs


WRONG: list[tuple[Any, str]] = [
    (None, "must return (outputs, model), it returned NoneType"),
    ([1, 2], "must return (outputs, model), it returned list"),
    ((1, 2, 3), "must return (outputs, model), it returned a tuple of 3"),
    (({"name": "y"}, None), "must return a list of outputs, the first element is dict"),
    ((None, None), "must return a list of outputs"),
    ((["y"], None), "outputs[0] must be a dict, it is str"),
    (([GOOD[0][0], 5], None), "outputs[1] must be a dict, it is int"),
    (([{"datatype": "FP64", "data": [1]}], None), "outputs[0] must have a `name`"),
    (([{"name": "", "data": [1]}], None), "outputs[0] must have a `name`"),
    (([{"name": 5, "data": [1]}], None), "outputs[0] must have a `name`"),
    (([{"name": "y"}], None), "output 'y' must have `data`"),
]


@pytest.mark.parametrize(("result", "said"), WRONG, ids=[one[1] for one in WRONG])
def test_results_of_another_form_are_told_clearly(result: Any, said: str) -> None:
    with pytest.raises(UserCodeError) as caught:
        InferenceFunction(all_named, "").finish(result)
    assert caught.value.kind == "ContractError"
    assert said in caught.value.message


@pytest.mark.parametrize(
    ("data", "datatype"),
    [
        ("text", "str"),
        ({"a": 1}, "dict"),
        ([True], "BOOL"),
        ([1], "INT64"),
        ([1.5], "FP64"),
        (["a"], "BYTES"),
        ((1, 2), "INT64"),
        (range(3), "INT64"),
        ([], "FP64"),
        (7, "INT64"),
        (None, "FP64"),
    ],
)
def test_an_output_without_datatype_gets_the_one_of_its_data(data: Any, datatype: str) -> None:
    (output,) = finished({"name": "y", "data": data})
    assert output.datatype == datatype


def test_what_an_output_says_is_kept() -> None:
    (output,) = finished(
        {
            "name": "y",
            "datatype": "FILE",
            "data": "out.png",
            "shape": 1,
            "content_type": "image/png",
        }
    )
    assert output == Tensor("y", "FILE", "out.png", 1, "image/png")


def test_numpy_results_become_lists_with_shapes() -> None:
    numpy = pytest.importorskip("numpy", reason="numpy is not installed here")
    array, scalar, half = finished(
        {"name": "array", "datatype": "FP32", "data": numpy.ones((2, 3), "float32")},
        {"name": "scalar", "datatype": "FP64", "data": numpy.float64(2.5)},
        {"name": "half", "datatype": "FP32", "data": numpy.zeros(4), "shape": numpy.array([2, 2])},
    )
    assert (array.data, array.shape) == ([1.0] * 6, [2, 3])
    assert scalar.data == 2.5
    assert half.shape == [2, 2]


class Array:
    """What every array library has, for environments without one."""

    ndim = 2
    shape = (2, 2)

    def ravel(self) -> Array:
        return self

    def tolist(self) -> list[int]:
        return [1, 2, 3, 4]


def test_anything_like_an_array_becomes_a_list() -> None:
    (output,) = finished({"name": "y", "data": Array()})
    assert (output.data, output.shape, output.datatype) == ([1, 2, 3, 4], [2, 2], "INT64")

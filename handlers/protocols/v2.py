"""The Open Inference Protocol (V2), REST with JSON tensors.

Source: Open Inference Protocol, REST; status codes and texts chosen so that the clients of
Triton, KServe and MLServer read them.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from operator import index
from typing import Any

from handlers.contract.datatypes import AS_V2, DICT, FILE, STRING, V2, v2_name
from handlers.contract.docstring import Signature, Variable
from handlers.engine.values import (
    InferenceRequest,
    InferenceResponse,
    RequestError,
    Tensor,
    UserCodeError,
)
from handlers.protocols.numbers import check_elements, check_shape, elements, flatten, kind
from handlers.protocols.text import answer, parse_object, to_json

#: Parameters that speak to the server, not to the model.
RESERVED = frozenset(
    {
        "binary_data_output",
        "headers",
        "priority",
        "sequence_end",
        "sequence_id",
        "sequence_start",
        "timeout",
    }
)


def decode(body: bytes) -> InferenceRequest:
    """A request's body as a value; raises RequestError that names the field."""
    values = parse_object(body)
    request_id = values.get("id", "")
    if not isinstance(request_id, str):
        raise RequestError(f"id: expected a string, got {kind(request_id)}", field="id")
    inputs = values.get("inputs")
    if not isinstance(inputs, list):
        raise RequestError("inputs: expected a list of tensors", field="inputs")
    tensors = tuple(_input(one, f"inputs[{place}]") for place, one in enumerate(inputs))
    _check_unique(tensors)
    return InferenceRequest(
        inputs=tensors,
        outputs=_wanted(values.get("outputs")),
        parameters=tuple(
            {"name": name, "value": value}
            for name, value in _parameters(values.get("parameters"), "parameters").items()
            if name not in RESERVED
        ),
        id=request_id,
    )


def _input(value: Any, field: str) -> Tensor:
    name = _name(value, field)
    word = value.get("datatype")
    datatype = V2.get(word) if isinstance(word, str) else None
    if datatype is None:
        raise RequestError(
            f"{field}.datatype: expected one of {', '.join(V2)}, got {word!r}",
            field=f"{field}.datatype",
        )
    shape = check_shape(value.get("shape"), f"{field}.shape")
    if not datatype.in_json:
        raise RequestError(
            f"{field}: {word} can't be sent as JSON; use FP32 or binary tensors", field=field
        )
    if "data" not in value:
        raise RequestError(f"{field}.data: missing (input {name!r})", field=f"{field}.data")
    leaves = flatten(value["data"], f"{field}.data")
    check_elements(leaves, datatype, f"{field}.data")
    if len(leaves) != elements(shape):
        raise RequestError(
            f"{field}.data: {len(leaves)} elements do not fill the shape {list(shape)} "
            f"of input {name!r}",
            field=f"{field}.data",
        )
    parameters = _parameters(value.get("parameters"), f"{field}.parameters")
    content_type = parameters.get("content_type")
    return Tensor(
        name,
        datatype.name,
        leaves,
        list(shape),
        content_type if isinstance(content_type, str) else None,
        parameters,
    )


def _name(value: Any, field: str) -> str:
    if not isinstance(value, dict):
        raise RequestError(f"{field}: expected an object, got {kind(value)}", field=field)
    name = value.get("name")
    if not isinstance(name, str) or not name:
        raise RequestError(f"{field}.name: expected a string", field=f"{field}.name")
    return name


def _check_unique(tensors: Iterable[Tensor]) -> None:
    seen: set[str] = set()
    for tensor in tensors:
        if tensor.name in seen:
            raise RequestError(f"input {tensor.name!r} already exists in request", field="inputs")
        seen.add(tensor.name)


def _parameters(value: Any, field: str) -> dict[str, Any]:
    """A flat object of strings, numbers and booleans."""
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise RequestError(f"{field}: expected an object, got {kind(value)}", field=field)
    for name, one in value.items():
        if not isinstance(one, (str, int, float, bool)):
            raise RequestError(
                f"{field}.{name}: expected a string, number or boolean, got {kind(one)}",
                field=f"{field}.{name}",
            )
    return value


def _wanted(value: Any) -> tuple[Tensor, ...]:
    """The requested outputs, each once; none stands for all."""
    if value is None:
        return ()
    if not isinstance(value, list):
        raise RequestError(f"outputs: expected a list, got {kind(value)}", field="outputs")
    wanted: dict[str, Tensor] = {}
    for place, one in enumerate(value):
        field = f"outputs[{place}]"
        name = _name(one, field)
        parameters = _parameters(one.get("parameters"), f"{field}.parameters")
        wanted.setdefault(name, Tensor(name, "", parameters=parameters))
    return tuple(wanted.values())


def select(response: InferenceResponse, request: InferenceRequest) -> InferenceResponse:
    """The requested outputs in the request's order; raises RequestError for an unknown one."""
    if not request.outputs:
        return response
    there = {tensor.name: tensor for tensor in response.outputs}
    for wanted in request.outputs:
        if wanted.name not in there:
            raise RequestError(f"unexpected inference output {wanted.name!r}", field="outputs")
    return InferenceResponse(tuple(there[wanted.name] for wanted in request.outputs))


def encode(response: InferenceResponse, *, model: str, version: str, request_id: str) -> bytes:
    """The answer's body; raises UserCodeError when an output is no V2 tensor."""
    body: dict[str, Any] = {"model_name": model, "model_version": version}
    if request_id:
        body["id"] = request_id
    body["outputs"] = [_output(as_tensor(one)) for one in response.outputs]
    return answer(body)


def as_tensor(tensor: Tensor) -> Tensor:
    """An output of user code as a V2 tensor: a flat list and a shape that agree.

    Raises UserCodeError when they cannot.
    """
    if tensor.datatype in AS_V2 or isinstance(tensor.data, (str, dict)):
        return _as_bytes(tensor)
    if tensor.datatype not in V2:
        raise _wrong(tensor, f"datatype {tensor.datatype!r} is not one of {', '.join(V2)}")
    data = tensor.data if isinstance(tensor.data, list) else [tensor.data]
    try:
        leaves = flatten(data, "data")
    except RequestError as error:
        raise _wrong(tensor, error.message) from error
    shape = _output_shape(tensor, leaves)
    return replace(tensor, data=leaves, shape=shape)


def _as_bytes(tensor: Tensor) -> Tensor:
    """A string, an object, or a list of them as V2's BYTES: objects travel as JSON text."""
    content_type = tensor.content_type
    if tensor.datatype == DICT:
        content_type = content_type or "application/json"
    items = tensor.data if isinstance(tensor.data, list) else [tensor.data]
    try:
        texts = [to_json(one).decode() if isinstance(one, (dict, list)) else one for one in items]
    except (TypeError, ValueError, RecursionError) as error:
        raise _wrong(tensor, str(error)) from error
    return replace(
        tensor, datatype="BYTES", data=texts, shape=[len(texts)], content_type=content_type
    )


def _output_shape(tensor: Tensor, leaves: list[Any]) -> list[int]:
    shape = tensor.shape
    if shape is None:
        nested = _nesting(tensor.data)
        return nested if elements(nested) == len(leaves) else [len(leaves)]
    try:
        sizes = [index(size) for size in (shape if isinstance(shape, (list, tuple)) else [shape])]
    except TypeError as error:
        raise _wrong(tensor, f"its shape must be a list of integers, it is {shape!r}") from error
    if min(sizes, default=0) < 0 or elements(sizes) != len(leaves):
        raise _wrong(tensor, f"{len(leaves)} elements do not fill the shape {sizes}")
    return sizes


def _nesting(data: Any) -> list[int]:
    """The shape that nested lists show by themselves."""
    sizes: list[int] = []
    while isinstance(data, list):
        sizes.append(len(data))
        data = data[0] if data else None
    return sizes or [1]


def _wrong(tensor: Tensor, what: str) -> UserCodeError:
    return UserCodeError("ContractError", f"output {tensor.name!r}: {what}")


def _output(tensor: Tensor) -> dict[str, Any]:
    item: dict[str, Any] = {
        "name": tensor.name,
        "shape": tensor.shape,
        "datatype": tensor.datatype,
    }
    parameters = dict(tensor.parameters)
    if tensor.content_type:
        parameters["content_type"] = tensor.content_type
    if parameters:
        item["parameters"] = parameters
    item["data"] = tensor.data
    return item


def server_metadata(version: str) -> dict[str, Any]:
    """`GET /v2`."""
    return {"name": "faasctl", "version": version, "extensions": []}


def model_metadata(name: str, versions: list[str], signature: Signature) -> dict[str, Any]:
    """`GET /v2/models/{name}`: tensors as the docstring declares them."""
    return {
        "name": name,
        "versions": versions,
        "platform": "python",
        "inputs": [_described(variable) for variable in signature.inputs],
        "outputs": [_described(variable) for variable in signature.outputs],
    }


def _described(variable: Variable) -> dict[str, Any]:
    first = variable.types[0] if variable.types else None
    word = first.datatype if first else "BYTES"
    default = [1] if word in {STRING, DICT, FILE} else [-1]
    shape = list(first.shape) if first and first.shape is not None else default
    return {"name": variable.name, "datatype": v2_name(word), "shape": shape}

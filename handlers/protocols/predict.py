"""The platform's own JSON: the `inference` contract over HTTP.

Request: `inputs`, `output_fields`, optional `parameters`; `model_key` is accepted and ignored.
Answer: `outputs`. Each item has `name`, `datatype`, `data`, and may have `shape` and
`content_type`.
"""

from __future__ import annotations

from typing import Any

from handlers.contract.datatypes import DICT, FILE, PLATFORM, STRING, V2
from handlers.engine.values import InferenceRequest, InferenceResponse, RequestError, Tensor
from handlers.protocols.numbers import check_elements, check_shape, elements, flatten, kind
from handlers.protocols.text import answer, parse_object


def decode(body: bytes) -> InferenceRequest:
    """A request's body as a value; raises RequestError that names the field."""
    values = parse_object(body)
    inputs = values.get("inputs")
    if not isinstance(inputs, list):
        raise RequestError(
            "inputs: expected a list of objects with name, datatype and data", field="inputs"
        )
    tensors = tuple(_input(one, f"inputs[{place}]") for place, one in enumerate(inputs))
    _check_unique(tensors, "inputs")
    wanted = values.get("output_fields") or []
    if not isinstance(wanted, list):
        raise RequestError("output_fields: expected a list of objects", field="output_fields")
    return InferenceRequest(
        inputs=tensors,
        outputs=tuple(_wanted(one, f"output_fields[{at}]") for at, one in enumerate(wanted)),
        parameters=_parameters(values.get("parameters")),
    )


def encode(response: InferenceResponse) -> bytes:
    """The answer's body."""
    return answer({"outputs": [_output(one) for one in response.outputs]})


def _input(value: Any, field: str) -> Tensor:
    name, datatype = _name(value, field), value.get("datatype")
    if datatype not in PLATFORM:
        shown = f", got {datatype!r}" if datatype is not None else ""
        raise RequestError(
            f"{field}.datatype: expected one of {', '.join(PLATFORM)}{shown}",
            field=f"{field}.datatype",
        )
    if "data" not in value:
        raise RequestError(f"{field}.data: missing (input {name!r})", field=f"{field}.data")
    shape = _shape(value.get("shape"), f"{field}.shape")
    data = _data(value["data"], datatype, shape, f"{field}.data")
    return Tensor(name, datatype, data, shape, _content_type(value, field))


def _name(value: Any, field: str) -> str:
    if not isinstance(value, dict):
        raise RequestError(f"{field}: expected an object, got {kind(value)}", field=field)
    name = value.get("name")
    if not isinstance(name, str) or not name:
        raise RequestError(f"{field}.name: expected a string", field=f"{field}.name")
    return name


def _content_type(value: dict[str, Any], field: str) -> str | None:
    content_type = value.get("content_type")
    if content_type is not None and not isinstance(content_type, str):
        raise RequestError(
            f"{field}.content_type: expected a string, got {kind(content_type)}",
            field=f"{field}.content_type",
        )
    return content_type


def _shape(shape: Any, field: str) -> Any:
    """Clients send an int, a list, or nothing; each is kept as it is."""
    if shape is None:
        return None
    if type(shape) is int and shape >= 0:
        return shape
    return list(check_shape(shape, field))


def _data(data: Any, datatype: str, shape: Any, field: str) -> Any:
    if datatype in {STRING, FILE}:
        text = data[0] if isinstance(data, list) and len(data) == 1 else data
        if not isinstance(text, str):
            raise RequestError(f"{field}: {datatype} takes a string, got {kind(text)}", field=field)
        return text
    if datatype == DICT:
        if not isinstance(data, dict):
            raise RequestError(f"{field}: dict takes an object, got {kind(data)}", field=field)
        return data
    leaves = flatten(data, field)
    check_elements(leaves, V2[datatype], field)
    if isinstance(shape, list) and elements(shape) != len(leaves):
        raise RequestError(
            f"{field}: {len(leaves)} elements do not fill the shape {shape}", field=field
        )
    return leaves


def _wanted(value: Any, field: str) -> Tensor:
    name, datatype = _name(value, field), value.get("datatype", "")
    if datatype and datatype not in PLATFORM:
        raise RequestError(
            f"{field}.datatype: expected one of {', '.join(PLATFORM)}, got {datatype!r}",
            field=f"{field}.datatype",
        )
    return Tensor(
        name,
        datatype or "",
        value.get("data"),
        _shape(value.get("shape"), f"{field}.shape"),
        _content_type(value, field),
    )


def _check_unique(tensors: tuple[Tensor, ...], field: str) -> None:
    seen: set[str] = set()
    for place, tensor in enumerate(tensors):
        if tensor.name in seen:
            raise RequestError(
                f"{field}[{place}].name: {tensor.name!r} is given twice",
                field=f"{field}[{place}].name",
            )
        seen.add(tensor.name)


def _parameters(value: Any) -> tuple[dict[str, Any], ...]:
    """`[{"name", "value"}]`, `[[name, value]]` or an object: always the first form."""
    if value is None:
        return ()
    if isinstance(value, dict):
        return tuple({"name": name, "value": one} for name, one in value.items())
    if not isinstance(value, list):
        raise RequestError(
            f"parameters: expected a list of name and value, got {kind(value)}", field="parameters"
        )
    return tuple(_parameter(one, f"parameters[{place}]") for place, one in enumerate(value))


def _parameter(value: Any, field: str) -> dict[str, Any]:
    if isinstance(value, list) and len(value) == 2 and isinstance(value[0], str):
        return {"name": value[0], "value": value[1]}
    if isinstance(value, dict) and isinstance(value.get("name"), str) and "value" in value:
        return value
    raise RequestError(f"{field}: expected an object with name and value", field=field)


def _output(tensor: Tensor) -> dict[str, Any]:
    item = {"name": tensor.name, "datatype": tensor.datatype, "data": tensor.data}
    if tensor.shape is not None:
        item["shape"] = tensor.shape
    if tensor.content_type is not None:
        item["content_type"] = tensor.content_type
    if "url" in tensor.parameters:
        item["url"] = tensor.parameters["url"]
    return item

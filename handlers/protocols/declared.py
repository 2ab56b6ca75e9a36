"""A request held against what the function's docstring declares."""

from __future__ import annotations

import json
from dataclasses import replace

from handlers.contract.datatypes import DICT, FILE, PLATFORM, STRING, v2_name
from handlers.contract.docstring import Signature, Variable
from handlers.engine.values import InferenceRequest, RequestError, Tensor


def check(request: InferenceRequest, signature: Signature, names: str = "inputs") -> None:
    """Raises RequestError for a declared input that is missing or has another datatype.

    Inputs that the docstring does not name are the function's own business.
    """
    given = {tensor.name: place for place, tensor in enumerate(request.inputs)}
    for variable in signature.inputs:
        place = given.get(variable.name)
        if place is None:
            if not variable.optional:
                raise RequestError(f"{names}: {variable.name!r} is missing", field=variable.name)
            continue
        _check_datatype(variable, request.inputs[place], f"{names}[{place}].datatype")


def _check_datatype(variable: Variable, tensor: Tensor, field: str) -> None:
    words = [one.datatype for one in variable.types]
    if not words or any(word not in PLATFORM for word in words) or tensor.datatype in words:
        return
    raise RequestError(
        f"{field}: {variable.name!r} takes {' or '.join(words)}, got {tensor.datatype}",
        field=field,
    )


def from_v2(request: InferenceRequest, signature: Signature) -> InferenceRequest:
    """V2 knows `BYTES` only: give `str` and `dict` inputs the form that the function declares."""
    declared = {variable.name: variable for variable in signature.inputs}
    inputs = tuple(
        _as_file(tensor)
        if tensor.parameters.get("file") is True and len(tensor.data) == 1
        else _as_declared(tensor, declared[tensor.name])
        if tensor.name in declared
        else tensor
        for tensor in request.inputs
    )
    return replace(request, inputs=inputs)


def _as_file(tensor: Tensor) -> Tensor:
    """A BYTES tensor that names a file of the caller's."""
    return replace(tensor, datatype=FILE, data=tensor.data[0])


def _as_declared(tensor: Tensor, variable: Variable) -> Tensor:
    words = {one.datatype for one in variable.types}
    if FILE in words and len(words) == 1 and tensor.datatype == "BYTES" and len(tensor.data) == 1:
        return _as_file(tensor)
    if tensor.datatype != v2_name(STRING) or "BYTES" in words or len(tensor.data) != 1:
        return tensor
    if STRING in words:
        return replace(tensor, datatype=STRING, data=tensor.data[0])
    if DICT in words:
        return replace(tensor, datatype=DICT, data=_object(tensor))
    return tensor


def _object(tensor: Tensor) -> dict[str, object]:
    try:
        value = json.loads(tensor.data[0])
    except (ValueError, RecursionError) as error:
        raise RequestError(
            f"input {tensor.name!r}: expected a JSON object in its BYTES: {error}",
            field=tensor.name,
        ) from error
    if not isinstance(value, dict):
        raise RequestError(
            f"input {tensor.name!r}: expected a JSON object in its BYTES", field=tensor.name
        )
    return value

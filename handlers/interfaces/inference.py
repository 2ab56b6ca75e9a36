"""`inference(parameters, inputs, output_fields, model_key, model) -> (outputs, model)`.

The model that a call returns is handed to the next call; that is the whole caching scheme.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from handlers.engine.loader import LoadError, place_of
from handlers.engine.values import InferenceRequest, InferenceResponse, Tensor, UserCodeError

NAMES = ("parameters", "inputs", "output_fields", "model_key", "model")


@dataclass(frozen=True, slots=True)
class Form:
    """How to call: the first `arguments` of NAMES, by keyword or by position."""

    by_keyword: bool
    arguments: int


class InferenceFunction:
    """User code of this interface, and the model that it last returned."""

    def __init__(self, function: Callable[..., Any], model_key: str) -> None:
        self.is_async = inspect.iscoroutinefunction(function) or inspect.iscoroutinefunction(
            getattr(function, "__call__", None)  # noqa: B004 - an object with an async __call__
        )
        self.documentation = inspect.getdoc(function)
        self._function = function
        self._model_key = model_key
        self._model: Any = None
        self._form = form_of(function)

    def call(self, request: InferenceRequest) -> Any:
        """What user code returns: a result, or an awaitable when `is_async`."""
        values: tuple[Any, ...] = (
            [dict(one) for one in request.parameters],
            [_as_dict(one) for one in request.inputs],
            [_as_dict(one) for one in request.outputs],
            self._model_key,
            self._model,
        )
        values = values[: self._form.arguments]
        if self._form.by_keyword:
            return self._function(**dict(zip(NAMES, values, strict=False)))
        return self._function(*values)

    def finish(self, result: Any) -> InferenceResponse:
        """Keep the returned model; raises UserCodeError when the result has another form."""
        if not isinstance(result, tuple) or len(result) != 2:
            raise _wrong(f"must return (outputs, model), it returned {_kind(result)}")
        outputs, self._model = result
        if not isinstance(outputs, (list, tuple)):
            raise _wrong(f"must return a list of outputs, the first element is {_kind(outputs)}")
        return InferenceResponse(
            tuple(_as_tensor(output, place) for place, output in enumerate(outputs))
        )


def form_of(function: Callable[..., Any]) -> Form:
    """How a function takes the contract's arguments: by its names if it can, all if it can.

    Raises LoadError for one that takes them in no way.
    """
    try:
        signature = inspect.signature(function)
    except (TypeError, ValueError):
        return Form(by_keyword=False, arguments=len(NAMES))
    for arguments in (len(NAMES), len(NAMES) - 1):
        names = NAMES[:arguments]
        if _binds(signature, (), dict.fromkeys(names)):
            return Form(by_keyword=True, arguments=arguments)
        if _binds(signature, names, {}):
            return Form(by_keyword=False, arguments=arguments)
    raise LoadError(place_of(function, f"must take ({', '.join(NAMES)}), it takes {signature}"))


def _binds(signature: inspect.Signature, values: Sequence[str], named: dict[str, Any]) -> bool:
    try:
        signature.bind(*values, **named)
    except TypeError:
        return False
    return True


def _as_dict(tensor: Tensor) -> dict[str, Any]:
    values: dict[str, Any] = {
        "name": tensor.name,
        "datatype": tensor.datatype,
        "data": tensor.data,
        "shape": tensor.shape,
    }
    if tensor.content_type is not None:
        values["content_type"] = tensor.content_type
    return values


def _as_tensor(output: Any, place: int) -> Tensor:
    if not isinstance(output, Mapping):
        raise _wrong(f"outputs[{place}] must be a dict, it is {_kind(output)}")
    name = output.get("name")
    if not isinstance(name, str) or not name:
        raise _wrong(f"outputs[{place}] must have a `name`, a string")
    if "data" not in output:
        raise _wrong(f"output {name!r} must have `data`")
    shape = _plain(output.get("shape"))
    if shape is None and hasattr(output["data"], "shape"):
        shape = list(output["data"].shape)
    data = _plain(output["data"])
    datatype = output.get("datatype") or _guess(data)
    return Tensor(name, str(datatype), data, shape, output.get("content_type"))


def _plain(value: Any) -> Any:
    """NumPy arrays, scalars and tuples as the lists and numbers that JSON knows."""
    if hasattr(value, "ravel") and hasattr(value, "tolist"):
        return value.ravel().tolist() if value.ndim else value.item()
    if isinstance(value, (tuple, range)) or (hasattr(value, "tolist") and hasattr(value, "shape")):
        return list(value)
    return value


def _guess(data: Any) -> str:
    """The datatype of an output that names none."""
    if isinstance(data, str):
        return "str"
    if isinstance(data, dict):
        return "dict"
    first = data[0] if isinstance(data, list) and data else data
    if isinstance(first, bool):
        return "BOOL"
    if isinstance(first, int):
        return "INT64"
    return "BYTES" if isinstance(first, str) else "FP64"


def _wrong(what: str) -> UserCodeError:
    return UserCodeError("ContractError", f"the inference function {what}")


def _kind(value: Any) -> str:
    if isinstance(value, tuple):
        return f"a tuple of {len(value)}"
    return f"{type(value).__name__}"

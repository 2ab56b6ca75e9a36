"""The values between protocols and user code, and the errors that a caller sees."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Tensor:
    """A named variable.

    `data` is a flat list in row-major order, a string, a dict, or None; `shape` is whatever the
    caller wrote (`/predict` allows an int, a list or nothing), and always a list after V2.
    """

    name: str
    datatype: str
    data: Any = None
    shape: Any = None
    content_type: str | None = None
    parameters: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class InferenceRequest:
    """One call of a model, whatever protocol it came by.

    `parameters` are `{"name", "value"}` dicts; `outputs` are the wanted results, empty for all;
    `caller` is the user whose files are meant, empty where nobody proved who calls.
    """

    inputs: tuple[Tensor, ...]
    outputs: tuple[Tensor, ...] = ()
    parameters: tuple[dict[str, Any], ...] = ()
    id: str = ""
    model_version: str = ""
    caller: str = ""


@dataclass(frozen=True, slots=True)
class InferenceResponse:
    outputs: tuple[Tensor, ...]


def names_files(request: InferenceRequest) -> bool:
    """Whether a request needs to know whose files are meant."""
    return any(one.datatype == "FILE" for one in (*request.inputs, *request.outputs))


class RequestError(Exception):
    """The caller's fault; `field` names what is wrong, `status` is an HTTP status."""

    def __init__(self, message: str, *, field: str = "", status: int = 400) -> None:
        super().__init__(message)
        self.message = message
        self.field = field
        self.status = status


class UserCodeError(Exception):
    """User code raised, or returned what its interface does not allow.

    `kind` is the exception's type, `trace` its traceback for the log alone; `file` and `line`
    are the user's own, where they are known.
    """

    def __init__(
        self, kind: str, message: str, *, trace: str = "", file: str = "", line: int = 0
    ) -> None:
        super().__init__(f"{kind}: {message}" if message else kind)
        self.kind = kind
        self.message = message
        self.trace = trace
        self.file = file
        self.line = line


class TimeLimitError(Exception):
    """A call took longer than the component's `timeout`."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"the call took longer than the time limit of {seconds:g} s")
        self.seconds = seconds

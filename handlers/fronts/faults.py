"""What a caller is told when a request fails, in the form of the protocol that it used."""

from __future__ import annotations

from dataclasses import dataclass

from handlers.engine.values import RequestError, TimeLimitError, UserCodeError
from handlers.protocols.text import to_json


@dataclass(frozen=True, slots=True)
class Fault:
    """An HTTP status, an error's type and message, and the field that is wrong."""

    status: int
    kind: str
    message: str
    field: str = ""


def of(error: RequestError | TimeLimitError | UserCodeError) -> Fault:
    """The fault that an error of the engine or a protocol amounts to."""
    if isinstance(error, RequestError):
        return Fault(error.status, "RequestError", error.message, error.field)
    if isinstance(error, TimeLimitError):
        return Fault(504, "TimeLimitError", str(error))
    return Fault(500, error.kind, error.message)


def unknown_model(name: str, version: str, own: str) -> Fault:
    """The fault of a path that names another model, or another version of this one."""
    which = repr(name) if name != own else f"{name!r} version {version}"
    return Fault(404, "NotFound", f"Request for unknown model: {which} is not found")


def body(fault: Fault, path: str, identity: str) -> bytes:
    """The answer's JSON: V2's `{"error": text}` below `/v2`, else type, message and field."""
    if path.startswith("/v2"):
        named = f"{fault.kind}: {fault.message}" if fault.status == 500 else fault.message
        return to_json({"error": named})
    error = {"type": fault.kind, "message": fault.message}
    if fault.field:
        error["field"] = fault.field
    return to_json({"error": error, "request_id": identity})

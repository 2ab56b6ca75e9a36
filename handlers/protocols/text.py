"""JSON in and out, with the errors that callers can act on."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from typing import Any

from handlers.engine.values import RequestError, UserCodeError


def parse_object(body: bytes) -> dict[str, Any]:
    """The JSON object of a request's body; raises RequestError for anything else."""
    try:
        value = json.loads(body)
    except UnicodeDecodeError as error:
        raise RequestError(f"the body is not UTF-8 (byte {error.start})") from error
    except json.JSONDecodeError as error:
        raise RequestError(
            f"the body is not JSON: {error.msg} at line {error.lineno} column {error.colno}"
        ) from error
    except (RecursionError, ValueError) as error:
        # Too deep, or an integer of more digits than Python reads.
        raise RequestError(f"the body is not JSON that can be read: {error}") from error
    if not isinstance(value, dict):
        raise RequestError("the body must be a JSON object")
    return value


def to_json(value: Any) -> bytes:
    """JSON bytes; NumPy scalars become numbers, NaN and infinities become null."""
    try:
        text = json.dumps(value, allow_nan=False, default=_plain, separators=(",", ":"))
    except ValueError:
        text = json.dumps(_finite(value), default=_plain, separators=(",", ":"))
    return text.encode()


def _plain(value: Any) -> Any:
    if hasattr(value, "tolist"):
        return value.tolist()
    if isinstance(value, (bytes, bytearray)):
        return value.decode()
    raise TypeError(f"a value of type {type(value).__name__} can't be written as JSON")


def answer(body: dict[str, Any]) -> bytes:
    """An answer with its `outputs`; raises UserCodeError that names the one with no JSON form."""
    try:
        return to_json(body)
    except (TypeError, ValueError, RecursionError) as error:
        name, reason = next(_without_json(body["outputs"]), ("", error))
        said = f"output {name!r}: {_reason(reason)}"
        raise UserCodeError("ContractError", said) from error


def _without_json(outputs: list[dict[str, Any]]) -> Iterator[tuple[str, Exception]]:
    for output in outputs:
        try:
            to_json(output)
        except (TypeError, ValueError, RecursionError) as error:
            yield output["name"], error


def _reason(error: Exception) -> str:
    if isinstance(error, UnicodeDecodeError):
        return "its bytes are no UTF-8 text, which JSON can't carry"
    return "it is nested too deep" if isinstance(error, RecursionError) else str(error)


def _finite(value: Any) -> Any:
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {key: _finite(one) for key, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [_finite(one) for one in value]
    return _finite(value.tolist()) if hasattr(value, "tolist") else value

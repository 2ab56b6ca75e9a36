"""Whether the numbers in a JSON tensor are what its datatype and shape say."""

from __future__ import annotations

from typing import Any

from handlers.contract.datatypes import Datatype
from handlers.engine.values import RequestError

MAX_DIMENSIONS = 32
MAX_ELEMENTS = 2**31
_ALLOWED: dict[str, frozenset[type]] = {
    "boolean": frozenset({bool}),
    "integer": frozenset({int}),
    "float": frozenset({int, float}),
    "bytes": frozenset({str}),
}
_EXPECTED = {
    "boolean": "true or false",
    "integer": "integers",
    "float": "numbers",
    "bytes": "strings",
}


def flatten(data: Any, field: str) -> list[Any]:
    """The leaves of nested lists in row-major order, without recursion.

    Raises RequestError when `data` is no list.
    """
    if not isinstance(data, list):
        raise RequestError(f"{field}: expected a list, got {kind(data)}", field=field)
    depth, leaves = 0, list(data)
    while list in set(map(type, leaves)):
        depth += 1
        if depth > MAX_DIMENSIONS:
            raise RequestError(f"{field}: nested more than {MAX_DIMENSIONS} deep", field=field)
        leaves = [leaf for one in leaves for leaf in (one if isinstance(one, list) else (one,))]
    return leaves


def check_elements(leaves: list[Any], datatype: Datatype, field: str) -> None:
    """Raises RequestError when an element has another type or is out of range."""
    allowed = _ALLOWED[datatype.family]
    if not set(map(type, leaves)) <= allowed:
        place, wrong = next((p, x) for p, x in enumerate(leaves) if type(x) not in allowed)
        raise RequestError(
            f"{field}[{place}]: {datatype.name} takes {_EXPECTED[datatype.family]}, "
            f"got {kind(wrong)}",
            field=field,
        )
    if datatype.family == "integer" and leaves:
        _check_range(leaves, datatype, field)


def _check_range(leaves: list[Any], datatype: Datatype, field: str) -> None:
    if datatype.lowest <= min(leaves) and max(leaves) <= datatype.highest:
        return
    place, wrong = next(
        (p, x) for p, x in enumerate(leaves) if not datatype.lowest <= x <= datatype.highest
    )
    raise RequestError(
        f"{field}[{place}]: {wrong if abs(wrong) < 2**70 else 'the number'} is outside "
        f"{datatype.name} ({datatype.lowest} to {datatype.highest})",
        field=field,
    )


def check_shape(shape: Any, field: str) -> tuple[int, ...]:
    """The shape as a tuple; raises RequestError unless it is a list of integers from 0."""
    if not isinstance(shape, list) or not all(type(size) is int and size >= 0 for size in shape):
        raise RequestError(f"{field}: expected a list of integers from 0 up", field=field)
    if len(shape) > MAX_DIMENSIONS:
        raise RequestError(f"{field}: more than {MAX_DIMENSIONS} dimensions", field=field)
    if elements(shape) > MAX_ELEMENTS:
        raise RequestError(f"{field}: more than {MAX_ELEMENTS} elements", field=field)
    return tuple(shape)


def elements(shape: list[int] | tuple[int, ...]) -> int:
    """How many elements a tensor of that shape has."""
    total = 1
    for size in shape:
        total *= size
    return total


def kind(value: Any) -> str:
    """A JSON value's type in JSON's words."""
    words = {bool: "true or false", type(None): "null", dict: "an object", list: "a list"}
    return words.get(type(value)) or {int: "an integer", float: "a number", str: "a string"}.get(
        type(value), type(value).__name__
    )

"""The words for element types: the Open Inference Protocol's and the platform's own.

Sources: Open Inference Protocol (V2), section "Tensor Data Types"; the platform's words are
`FP32 FP64 INT32 str dict FILE`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Family = Literal["boolean", "integer", "float", "bytes"]


@dataclass(frozen=True, slots=True)
class Datatype:
    """One V2 type: bytes per element (0: variable), and the range of an integer."""

    name: str
    family: Family
    size: int
    lowest: int = 0
    highest: int = 0
    in_json: bool = True


def _signed(name: str, size: int) -> Datatype:
    top = 2 ** (8 * size - 1)
    return Datatype(name, "integer", size, -top, top - 1)


def _unsigned(name: str, size: int) -> Datatype:
    return Datatype(name, "integer", size, 0, 2 ** (8 * size) - 1)


V2: dict[str, Datatype] = {
    one.name: one
    for one in (
        Datatype("BOOL", "boolean", 1),
        _unsigned("UINT8", 1),
        _unsigned("UINT16", 2),
        _unsigned("UINT32", 4),
        _unsigned("UINT64", 8),
        _signed("INT8", 1),
        _signed("INT16", 2),
        _signed("INT32", 4),
        _signed("INT64", 8),
        Datatype("FP16", "float", 2, in_json=False),
        Datatype("BF16", "float", 2, in_json=False),
        Datatype("FP32", "float", 4),
        Datatype("FP64", "float", 8),
        Datatype("BYTES", "bytes", 0),
    )
}

STRING, DICT, FILE = "str", "dict", "FILE"

#: Words of the platform that V2 does not have, and how V2 carries them.
AS_V2: dict[str, str] = {STRING: "BYTES", DICT: "BYTES", FILE: "BYTES"}

#: Every word that `/predict` understands.
PLATFORM: tuple[str, ...] = (*V2, STRING, DICT, FILE)


def v2_name(datatype: str) -> str:
    """The V2 word for any word of ours; unknown words stay as they are."""
    return AS_V2.get(datatype, datatype)

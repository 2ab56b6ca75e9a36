"""Kubernetes quantities and durations: text to thousandths, bytes and seconds, and back."""

from __future__ import annotations

import math
import re
from fractions import Fraction

CPU_PATTERN = r"^([0-9]{1,9}m|[0-9]{1,6}(\.[0-9]{1,9})?)$"
MEMORY_PATTERN = r"^[0-9]{1,19}(\.[0-9]{1,9})?([kMGTPE]|[KMGTPE]i|[eE][0-9]{1,2})?$"
DURATION_PATTERN = r"^([0-9]{1,9}(\.[0-9]{1,9})?|([0-9]{1,12}(\.[0-9]{1,9})?(ms|s|m|h)){1,4})$"

_BYTES = {
    "": 1,
    **{unit: 1000**power for power, unit in enumerate("kMGTPE", start=1)},
    **{f"{unit}i": 1024**power for power, unit in enumerate("KMGTPE", start=1)},
}
_SECONDS = {"ms": Fraction(1, 1000), "s": Fraction(1), "m": Fraction(60), "h": Fraction(3600)}
_LARGEST = 2**63 - 1


def parse_cpu(text: str) -> int:
    """Thousandths of a core of `500m`, `1` or `0.5`; ValueError says what was expected."""
    if not re.fullmatch(CPU_PATTERN, text):
        raise ValueError(f"expected a CPU quantity such as 500m, 1 or 0.5, got {text!r}")
    if text.endswith("m"):
        return int(text[:-1])
    return math.ceil(Fraction(text) * 1000)


def parse_memory(text: str) -> int:
    """Bytes of `256M`, `1Gi` or a plain number; a part of a byte counts as a whole one."""
    if not re.fullmatch(MEMORY_PATTERN, text):
        raise ValueError(f"expected a memory quantity such as 256M or 1Gi, got {text!r}")
    number = re.match(r"[0-9.]+", text)
    digits = number.group() if number else ""
    unit = text[len(digits) :]
    scale = Fraction(_BYTES[unit]) if unit in _BYTES else Fraction(10 ** int(unit[1:]))
    size = math.ceil(Fraction(digits) * scale)
    if size > _LARGEST:
        raise ValueError(f"expected less than 8Ei, got {text!r}")
    return size


def parse_duration(text: str) -> float:
    """Seconds of `60s`, `2m`, `500ms`, `1h30m` or a plain number."""
    if not re.fullmatch(DURATION_PATTERN, text):
        raise ValueError(f"expected a duration such as 60s, 2m or 500ms, got {text!r}")
    parts = re.findall(r"([0-9.]+)(ms|s|m|h)", text)
    if not parts:
        return float(text)
    return float(sum(Fraction(number) * _SECONDS[unit] for number, unit in parts))


def format_cpu(millicores: int) -> str:
    """The form that Kubernetes itself writes: `2`, else `1500m`."""
    whole, rest = divmod(millicores, 1000)
    return f"{millicores}m" if rest else str(whole)


def format_memory(size: int) -> str:
    """The shortest exact form; decimal units where two are as short."""
    if size == 0:
        return "0"
    exact = (f"{size // scale}{unit}" for unit, scale in _BYTES.items() if size % scale == 0)
    return min(exact, key=len)


def format_duration(seconds: float) -> str:
    """The shortest exact form down to milliseconds, which are rounded."""
    milliseconds = round(seconds * 1000)
    if milliseconds == 0:
        return "0s"
    units = {"h": 3_600_000, "m": 60_000, "s": 1000, "ms": 1}
    exact = (f"{milliseconds // ms}{unit}" for unit, ms in units.items() if milliseconds % ms == 0)
    return min(exact, key=len)

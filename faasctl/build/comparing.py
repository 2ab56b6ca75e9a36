"""Two images, or one image by its parts: which file differs, what takes the room."""

from __future__ import annotations

import hashlib
import json
import tarfile
from collections import Counter
from collections.abc import Iterator, Mapping
from itertools import zip_longest
from pathlib import Path
from typing import Any

from faasctl.build.image_config import CODE, RUNTIME


def different_files(one: Path, other: Path) -> str:
    """The first file that differs between two layers, and how; empty when none does."""
    for mine, theirs in zip_longest(_members(one), _members(other)):
        if mine != theirs:
            if mine is None or theirs is None or mine[0] != theirs[0]:
                there = min(each[0] for each in (mine, theirs) if each is not None)
                return f"/{there} is in one of them only"
            return f"/{mine[0]} differs"
    return ""


def _members(blob: Path) -> Iterator[tuple[str, int, int, str]]:
    with tarfile.open(blob, "r:*") as tar:
        for member in tar:
            content = tar.extractfile(member)
            digest = hashlib.sha256(content.read()).hexdigest() if content else ""
            yield member.name, member.mode, member.size, digest


def different_configuration(one: bytes, other: bytes) -> str:
    """The first key of two configurations that differs; empty when none does."""
    first, second = _flat(json.loads(one)), _flat(json.loads(other))
    for key in sorted({*first, *second}):
        if first.get(key) != second.get(key):
            return f"configuration {key}: {first.get(key)!r} and {second.get(key)!r}"
    return ""


def _flat(value: Any, prefix: str = "") -> Mapping[str, Any]:
    if not isinstance(value, dict):
        return {prefix: value}
    found: dict[str, Any] = {}
    for key, inner in value.items():
        found |= _flat(inner, f"{prefix}.{key}" if prefix else key)
    return found


def sizes(blob: Path) -> Mapping[str, int]:
    """The unpacked bytes of a layer by package, or by first folder."""
    found: Counter[str] = Counter()
    with tarfile.open(blob, "r:*") as tar:
        for member in tar:
            if member.isfile():
                found[part_of(member.name)] += member.size
    return found


def part_of(name: str) -> str:
    """To which part of an image a file belongs."""
    words = name.split("/")
    if words[0] == RUNTIME and len(words) > 2 and words[1] in {"packages", "dependencies"}:
        return f"{words[1]}/{words[2].partition('-')[0].removesuffix('.libs')}"
    if words[0] == RUNTIME:
        return words[1].removesuffix(".json")
    if words[0] == CODE and len(words) > 2:
        return f"code/{words[1]}"
    return "code"

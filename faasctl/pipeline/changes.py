"""Desired against live, field by field; pure."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields, is_dataclass
from typing import Any

from faasctl.plan import Change, Release


def changes_of(releases: Sequence[Release], live: Mapping[str, Release]) -> Iterator[Change]:
    """Desired against live, field by field; pure."""
    for release in releases:
        desired = flat(release)
        there = live.get(release.name)
        if there is None:
            yield Change(release.name, "component", None, "new")
            continue
        now = flat(there)
        for field in sorted({*desired, *now}):
            if desired.get(field) != now.get(field):
                yield Change(release.name, field, now.get(field), desired.get(field))


def flat(value: Any, prefix: str = "") -> dict[str, str]:
    """A value as dotted fields; compiled JSON is opened, digests are left out."""
    if prefix in {"component", "objects"} and isinstance(value, str):
        value = json.loads(value)
    if is_dataclass(value) and not isinstance(value, type):
        value = {field.name: getattr(value, field.name) for field in fields(value)}
    if isinstance(value, Mapping):
        found: dict[str, str] = {}
        for key, one in value.items():
            if key not in {"digest", "artifact"}:
                found |= flat(one, f"{prefix}.{key}" if prefix else str(key))
        return found
    if isinstance(value, (list, tuple)):
        found = {}
        for place, one in enumerate(value):
            label = getattr(one, "name", None) or str(place)
            found |= flat(one, f"{prefix}[{label}]")
        return found
    return {} if value is None else {prefix: str(value)}


def left_over(desired: Sequence[Release], live: Mapping[str, Release]) -> Iterator[str]:
    """What a module deployed before and has no component for now, in a sentence each; pure."""
    modules, names = {one.module for one in desired}, {one.name for one in desired}
    for name, one in live.items():
        if one.module in modules and name not in names:
            yield (
                f"{name} runs, but is no component of this module any more; "
                f"type: faasctl delete --component {name}"
            )

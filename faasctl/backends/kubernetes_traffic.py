"""Traffic blocks of a Knative Service: who gets which share, always written whole; pure.

A block lists shares by revision, then tags with no share of their own.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from faasctl.plan import AllTraffic, Rollout, Share, TagOnly, Weighted

Block = list[dict[str, Any]]

#: On a Service: the revision that got most requests before the one that gets them now.
PREVIOUS = "faasctl.dev/previous-revision"


def shares(service: Mapping[str, Any]) -> tuple[Share, ...]:
    """Who gets requests now, by revision; empty before the first was ready."""
    found: dict[str, int] = {}
    for one in (service.get("status") or {}).get("traffic") or ():
        if one.get("percent") and one.get("revisionName"):
            name = str(one["revisionName"])
            found[name] = found.get(name, 0) + int(one["percent"])
    return tuple(Share(name, percent) for name, percent in found.items())


def main_revision(service: Mapping[str, Any]) -> str:
    """The revision that gets most requests, empty where none does."""
    return max(shares(service), key=lambda one: one.percent, default=Share("", 0)).revision


def tags(service: Mapping[str, Any]) -> dict[str, str]:
    """Revisions by their tag."""
    found = (service.get("status") or {}).get("traffic") or ()
    return {
        str(one["tag"]): str(one["revisionName"])
        for one in found
        if one.get("tag") and one.get("revisionName")
    }


def pinned(service: Mapping[str, Any]) -> Block | None:
    """What gets requests now, by name, so that a new revision gets none; None before the first."""
    now = shares(service)
    return block(now, tags(service)) if now else None


def block(now: Sequence[Share], tagged: Mapping[str, str]) -> Block:
    """A whole block of these shares and tags."""
    parts: Block = [{"revisionName": one.revision, "percent": one.percent} for one in now]
    return parts + _tag_parts(tagged)


def rolled_out(service: Mapping[str, Any], revision: str, rollout: Rollout) -> Block:
    """The block once `revision`, the latest, is ready."""
    now, tagged = shares(service), tags(service)
    everything: Block = [{"latestRevision": True, "percent": 100}]
    match rollout:
        case AllTraffic():
            return everything + _tag_parts(tagged)
        case TagOnly(tag):
            others = [one for one in now if one.revision != revision]
            return (block(now, {}) if others else everything) + _tag_parts(
                {**tagged, tag: revision}
            )
        case Weighted(percent):
            others = [one for one in now if one.revision != revision]
            if not others or percent == 100:
                return everything + _tag_parts(tagged)
            return block((*scaled(others, 100 - percent), Share(revision, percent)), tagged)


def scaled(given: Sequence[Share], total: int) -> tuple[Share, ...]:
    """Shares that make `total` in the same proportion; the largest remainders are rounded up."""
    whole = sum(one.percent for one in given)
    parts = [divmod(one.percent * total, whole) for one in given]
    left = total - sum(quotient for quotient, _ in parts)
    by_remainder = sorted(range(len(parts)), key=lambda place: (-parts[place][1], place))[:left]
    return tuple(
        Share(one.revision, parts[place][0] + (place in by_remainder))
        for place, one in enumerate(given)
    )


def previous_after(service: Mapping[str, Any], desired: Block) -> str:
    """What was live before, to be noted beside a new block; empty where nothing was."""
    metadata, status = service.get("metadata") or {}, service.get("status") or {}
    now = main_revision(service)
    coming = max(desired, key=lambda one: int(one["percent"]))
    newest = status.get("latestCreatedRevisionName", "")
    main = newest if coming.get("latestRevision") else coming["revisionName"]
    return (
        now if now and now != main else str((metadata.get("annotations") or {}).get(PREVIOUS, ""))
    )


def same(service: Mapping[str, Any], desired: Block) -> bool:
    """Whether the Service asks for that block already."""
    now = (service.get("spec") or {}).get("traffic") or []
    return [_plain(one) for one in now] == [_plain(one) for one in desired]


def _plain(one: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in one.items() if value not in (None, 0, False, "")}


def _tag_parts(tagged: Mapping[str, str]) -> Block:
    return [{"revisionName": tagged[tag], "percent": 0, "tag": tag} for tag in sorted(tagged)]

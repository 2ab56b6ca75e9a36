"""A namespace's components, revisions and traffic, and how each command changes them.

Pure: a state and a wish in, the next state out. What `disk` writes is these values.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from faasctl.errors import OwnershipError, UnknownNameError, UsageError
from faasctl.gateway.shares import scaled
from faasctl.plan import AllTraffic, Rollout, Share, TagOnly, Weighted

#: Revisions of a component that stay for a rollback, besides those that have traffic or a tag.
KEPT = 10


@dataclass(frozen=True, slots=True)
class Revision:
    """A release that was ready once; `created` is a Unix time."""

    name: str
    digest: str
    artifact: str
    created: float


@dataclass(frozen=True, slots=True)
class Component:
    """`revisions` are oldest first; `history` are those that had the most traffic, latest last."""

    name: str
    module: str
    kind: str
    revisions: tuple[Revision, ...] = ()
    traffic: tuple[Share, ...] = ()
    tags: Mapping[str, str] = field(default_factory=dict)
    history: tuple[str, ...] = ()

    @property
    def live(self) -> frozenset[str]:
        """Revisions that a request can reach."""
        return frozenset(
            {one.revision for one in self.traffic if one.percent} | set(self.tags.values())
        )

    @property
    def main(self) -> str:
        """The revision with the most traffic; the later one of equals."""
        return max(self.traffic, key=lambda one: (one.percent, one.revision)).revision


@dataclass(frozen=True, slots=True)
class Namespace:
    """`counters` are the last revision numbers given out; they outlive their components."""

    components: Mapping[str, Component] = field(default_factory=dict)
    counters: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Candidate:
    """A revision, known to be ready, that a deploy wants in place."""

    component: str
    module: str
    kind: str
    revision: Revision


def reserve(state: Namespace, component: str) -> tuple[Namespace, str]:
    """The next revision's name, which is never given out again."""
    number = state.counters.get(component, 0) + 1
    counters = {**state.counters, component: number}
    return replace(state, counters=counters), f"{component}-{number:05d}"


def check_owner(state: Namespace, component: str, module: str) -> None:
    """Raises OwnershipError where another module has the name."""
    there = state.components.get(component)
    if there is not None and there.module != module:
        raise OwnershipError(
            f"{component} belongs to the module {there.module}, not to {module}",
            hint="rename the component, or run `faasctl delete` in that module",
        )


def reusable(there: Component | None, digest: str, rollout: Rollout) -> Revision | None:
    """The revision that already is what the deploy asks for, if any."""
    if there is None:
        return None
    match rollout:
        case AllTraffic():
            names = [one.revision for one in there.traffic if one.percent == 100]
        case TagOnly(tag):
            tagged = [there.tags[tag]] if tag in there.tags else []
            names = tagged + [one.revision for one in there.traffic if one.percent == 100]
        case Weighted(percent):
            names = [one.revision for one in there.traffic if one.percent in {percent, 100}]
    found = {one.name: one for one in there.revisions if one.digest == digest}
    return next((found[name] for name in names if name in found), None)


def switch(state: Namespace, candidates: Iterable[Candidate], rollout: Rollout) -> Namespace:
    """Put all candidates in place at once."""
    components = dict(state.components)
    for one in candidates:
        check_owner(state, one.component, one.module)
        there = components.get(one.component) or Component(one.component, one.module, one.kind)
        components[one.component] = _pruned(_placed(there, one, rollout))
    return replace(state, components=components)


def route(state: Namespace, component: str, shares: Sequence[Share]) -> Namespace:
    """Divide the traffic among kept revisions; raises UsageError unless it adds up to 100."""
    there = find(state, component)
    _check_known(there, [one.revision for one in shares])
    if len({one.revision for one in shares}) != len(shares):
        raise UsageError(f"{component}: a revision is named twice")
    if any(not 0 <= one.percent <= 100 for one in shares) or sum(s.percent for s in shares) != 100:
        raise UsageError(
            f"{component}: shares are {', '.join(f'{s.revision}={s.percent}' for s in shares)}",
            hint="give whole percents that add up to 100",
        )
    traffic = tuple(one for one in shares if one.percent)
    return _with(state, _pruned(_moved(there, traffic)))


def rollback(state: Namespace, component: str, to: str | None) -> Namespace:
    """All traffic to a kept revision; None is the one that was live before this one."""
    there = find(state, component)
    if to is not None:
        _check_known(there, [to])
        return _with(state, _pruned(_moved(there, (Share(to, 100),))))
    before = _history_before(there)
    if not before:
        raise UsageError(f"{component}: nothing was live before {there.main}")
    back = replace(there, traffic=(Share(before[-1], 100),), history=before)
    return _with(state, _pruned(back))


def remove(state: Namespace, names: Iterable[str]) -> tuple[Namespace, tuple[str, ...]]:
    """Forget components; with the names of those that were there."""
    gone = tuple(name for name in names if name in state.components)
    left = {name: one for name, one in state.components.items() if name not in gone}
    return replace(state, components=left), gone


def find(state: Namespace, component: str) -> Component:
    if component not in state.components:
        known = ", ".join(sorted(state.components)) or "nothing"
        raise UnknownNameError(f"{component} is not deployed", hint=f"deployed here: {known}")
    return state.components[component]


def _placed(there: Component, new: Candidate, rollout: Rollout) -> Component:
    known = any(one.name == new.revision.name for one in there.revisions)
    revisions = there.revisions if known else (*there.revisions, new.revision)
    there = replace(there, kind=new.kind, revisions=revisions)
    name = new.revision.name
    if not there.traffic:  # the first one gets it, whatever else it is to get
        there = _moved(there, (Share(name, 100),))
    match rollout:
        case AllTraffic():
            return _moved(there, (Share(name, 100),))
        case TagOnly(tag):
            return replace(there, tags={**there.tags, tag: name})
        case Weighted(percent):
            others = tuple(one for one in there.traffic if one.revision != name)
            return _moved(there, scaled(others, 100 - percent, rest=Share(name, percent)))


def _history_before(there: Component) -> tuple[str, ...]:
    """What was live before this: of a split, before its newest revision."""
    if len(there.traffic) == 1:
        return there.history[:-1]
    newest = max(one.revision for one in there.traffic)
    return tuple(one for one in there.history if one != newest)


def _moved(there: Component, traffic: tuple[Share, ...]) -> Component:
    moved = replace(there, traffic=traffic)
    if moved.history[-1:] == (moved.main,):
        return moved
    return replace(moved, history=(*moved.history, moved.main))


def _pruned(there: Component) -> Component:
    recent = {one.name for one in there.revisions[-KEPT:]}
    kept = tuple(one for one in there.revisions if one.name in recent | there.live)
    names = {one.name for one in kept}
    return replace(
        there, revisions=kept, history=tuple(one for one in there.history if one in names)
    )


def _with(state: Namespace, component: Component) -> Namespace:
    return replace(state, components={**state.components, component.name: component})


def _check_known(there: Component, names: Iterable[str]) -> None:
    known = [one.name for one in there.revisions]
    for name in names:
        if name not in known:
            raise UnknownNameError(
                f"{there.name} has no revision {name}", hint=f"it has {', '.join(known)}"
            )

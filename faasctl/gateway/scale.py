"""How many processes a revision should have now: a decision, from counts and times alone."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from enum import Enum

from faasctl.model import Scaling

#: Seconds before a process is started again after one that died, doubled each time, and at most.
BACKOFF = 0.2
BACKOFF_MOST = 30.0

#: A process that ran this many seconds was healthy: its end starts the back-off anew.
HEALTHY = 60.0


class Phase(Enum):
    STARTING = "starting"
    READY = "ready"
    LEAVING = "leaving"


@dataclass(frozen=True, slots=True)
class Replica:
    """One process: `idle_since` is when its last request ended."""

    number: int
    phase: Phase
    in_flight: int
    idle_since: float


@dataclass(frozen=True, slots=True)
class State:
    """`not_before` is when the back-off allows the next start; `retired` is without traffic."""

    replicas: tuple[Replica, ...] = ()
    waiting: int = 0
    not_before: float = 0.0
    retired: bool = False


@dataclass(frozen=True, slots=True)
class Decision:
    """Start so many, stop these, and look again at that time (None: when something happens)."""

    start: int = 0
    stop: tuple[int, ...] = ()
    again: float | None = None


@dataclass(frozen=True, slots=True)
class Rule:
    """`starts_at_once` bounds processes that start together: beyond the cores, all get slower."""

    scaling: Scaling = field(default_factory=Scaling)
    starts_at_once: int = 2

    @property
    def admitted(self) -> float:
        """Requests a revision takes at once: what its processes can hold, and the queue.

        Without a bound on concurrency, a process holds any number, so nothing is ever refused.
        """
        if not self.scaling.concurrency:
            return math.inf
        return self.scaling.max * self.scaling.concurrency + self.scaling.queue


def decide(rule: Rule, state: State, now: float) -> Decision:
    """What to do now; asked again at every change and at the time it names."""
    stop, idle_end = _to_stop(rule.scaling, state, now)
    missing = _missing(rule, state)
    if missing and state.not_before > now:
        return Decision(0, stop, min(idle_end or math.inf, state.not_before))
    return Decision(missing, stop, idle_end)


def backoff(failures: int) -> float:
    """Seconds to wait after so many deaths in a row."""
    return min(BACKOFF * 2 ** min(failures - 1, 16), BACKOFF_MOST) if failures else 0.0


def _missing(rule: Rule, state: State) -> int:
    scaling = rule.scaling
    useful = [one for one in state.replicas if one.phase is not Phase.LEAVING]
    starting = sum(one.phase is Phase.STARTING for one in useful)
    least = 0 if state.retired else scaling.min
    wanted = max(least, _demand(scaling, state, useful) if state.waiting else 0)
    room = scaling.max - len(state.replicas)
    return max(0, min(wanted - len(useful), room, rule.starts_at_once - starting))


def _demand(scaling: Scaling, state: State, useful: list[Replica]) -> int:
    if not scaling.concurrency:
        return 1
    load = state.waiting + sum(one.in_flight for one in useful)
    return math.ceil(load / scaling.concurrency)


def _to_stop(scaling: Scaling, state: State, now: float) -> tuple[tuple[int, ...], float | None]:
    """Idle processes beyond the least number; and when the next one becomes that."""
    if state.waiting:
        return (), None
    idle = 0.0 if state.retired else scaling.idle
    least = 0 if state.retired else scaling.min
    ready = [one for one in state.replicas if one.phase is Phase.READY]
    resting = sorted((one for one in ready if not one.in_flight), key=lambda one: one.idle_since)
    spare = resting[: max(0, len(ready) - least)]
    over = tuple(one.number for one in spare if now - one.idle_since >= idle)
    later = [one.idle_since + idle for one in spare if now - one.idle_since < idle]
    return over, min(later, default=None)

"""How many processes there should be, as a table."""

from __future__ import annotations

import math

import pytest

from faasctl.gateway.scale import Decision, Phase, Replica, Rule, State, backoff, decide
from faasctl.model import Scaling

NOW = 1000.0

ONE = Scaling(concurrency=1, max=3, idle=60)
ANY = Scaling(idle=60)


def starting(number: int) -> Replica:
    return Replica(number, Phase.STARTING, 0, NOW)


def ready(number: int, in_flight: int = 0, idle: float = 0.0) -> Replica:
    return Replica(number, Phase.READY, in_flight, NOW - idle)


def leaving(number: int) -> Replica:
    return Replica(number, Phase.LEAVING, 0, NOW)


@pytest.mark.parametrize(
    ("scaling", "state", "expected"),
    [
        (ANY, State(), Decision()),
        (ANY, State(waiting=200), Decision(start=1)),
        (ANY, State((starting(1),), waiting=200), Decision()),
        (ANY, State((ready(1, 500),)), Decision()),
        (ONE, State(waiting=1), Decision(start=1)),
        (ONE, State(waiting=200), Decision(start=2)),
        (ONE, State((ready(1, 1), ready(2, 1)), waiting=5), Decision(start=1)),
        (ONE, State((starting(1), starting(2)), waiting=5), Decision()),
        (ONE, State((ready(1, 1), starting(2)), waiting=1), Decision()),
        (ONE, State((ready(1, 1), ready(2, 1), ready(3, 1)), waiting=9), Decision()),
        (ONE, State((ready(1, 1), ready(2, 1), leaving(3)), waiting=9), Decision()),
        (ONE, State((leaving(1),), waiting=1), Decision(start=1)),
        (Scaling(concurrency=4, max=9), State((ready(1, 4),), waiting=3), Decision(start=1)),
        (ANY, State(waiting=1, not_before=NOW + 5), Decision(again=NOW + 5)),
        (ANY, State(waiting=1, not_before=NOW), Decision(start=1)),
        (ANY, State((ready(1, idle=59),)), Decision(again=NOW + 1)),
        (ANY, State((ready(1, idle=60),)), Decision(stop=(1,))),
        (ANY, State((ready(1, 1, idle=99),)), Decision()),
        (ONE, State((ready(1, idle=10), ready(2, idle=70))), Decision(0, (2,), NOW + 50)),
        (Scaling(min=1), State(), Decision(start=1)),
        (Scaling(min=3), State(), Decision(start=2)),
        (Scaling(min=1), State((ready(1, idle=99),)), Decision()),
        (Scaling(min=1), State((ready(1, idle=70), ready(2, idle=99))), Decision(stop=(2,))),
        (Scaling(min=1), State(not_before=NOW + 3), Decision(again=NOW + 3)),
        (Scaling(min=1), State(retired=True), Decision()),
        (Scaling(min=1), State((ready(1),), retired=True), Decision(stop=(1,))),
        (ANY, State((ready(1, 2),), retired=True), Decision()),
        (ANY, State(waiting=1, retired=True), Decision(start=1)),
        (ANY, State((ready(1, idle=99),), waiting=1), Decision()),
    ],
)
def test_what_to_do(scaling: Scaling, state: State, expected: Decision) -> None:
    assert decide(Rule(scaling, starts_at_once=2), state, NOW) == expected


@pytest.mark.parametrize(
    ("failures", "seconds"),
    [(0, 0.0), (1, 0.2), (2, 0.4), (3, 0.8), (8, 25.6), (9, 30.0), (10_000, 30.0)],
)
def test_the_back_off_doubles_up_to_a_bound(failures: int, seconds: float) -> None:
    assert backoff(failures) == pytest.approx(seconds)


@pytest.mark.parametrize(
    ("scaling", "admitted"),
    [
        (Scaling(), math.inf),
        (Scaling(concurrency=1, max=10, queue=100), 110),
        (Scaling(concurrency=4, max=3, queue=0), 12),
    ],
)
def test_how_many_requests_there_is_room_for(scaling: Scaling, admitted: float) -> None:
    assert Rule(scaling).admitted == admitted

"""How a namespace's state changes, and what it refuses."""

from __future__ import annotations

import pytest

from faasctl.errors import OwnershipError, UsageError
from faasctl.gateway import revisions
from faasctl.gateway.revisions import Candidate, Component, Namespace, Revision, reusable
from faasctl.gateway.shares import drawn, scaled
from faasctl.plan import AllTraffic, Rollout, Share, TagOnly, Weighted


def candidate(number: int, module: str = "m") -> Candidate:
    name = f"iris-{number:05d}"
    return Candidate("iris", module, "MLComponent", Revision(name, f"digest-{number}", "a", 0.0))


def deployed(*steps: tuple[int, Rollout]) -> Namespace:
    state = Namespace()
    for number, rollout in steps:
        state = revisions.switch(state, [candidate(number)], rollout)
    return state


def shown(state: Namespace) -> tuple[dict[str, int], dict[str, str]]:
    one = state.components["iris"]
    return {s.revision[-1]: s.percent for s in one.traffic}, {
        tag: name[-1] for tag, name in one.tags.items()
    }


ALL = AllTraffic()


@pytest.mark.parametrize(
    ("steps", "traffic", "tags"),
    [
        ([(1, ALL)], {"1": 100}, {}),
        ([(1, ALL), (2, ALL)], {"2": 100}, {}),
        ([(1, TagOnly("t"))], {"1": 100}, {"t": "1"}),
        ([(1, Weighted(10))], {"1": 100}, {}),
        ([(1, ALL), (2, TagOnly("t"))], {"1": 100}, {"t": "2"}),
        ([(1, ALL), (2, TagOnly("t")), (3, TagOnly("t"))], {"1": 100}, {"t": "3"}),
        ([(1, ALL), (2, Weighted(10))], {"1": 90, "2": 10}, {}),
        ([(1, ALL), (2, Weighted(10)), (3, Weighted(50))], {"1": 45, "2": 5, "3": 50}, {}),
        ([(1, ALL), (2, Weighted(10)), (2, Weighted(40))], {"1": 60, "2": 40}, {}),
        ([(1, ALL), (2, Weighted(10)), (2, ALL)], {"2": 100}, {}),
        ([(1, ALL), (2, Weighted(0))], {"1": 100}, {}),
        ([(1, ALL), (2, Weighted(100))], {"2": 100}, {}),
    ],
)
def test_what_a_deploy_puts_in_place(
    steps: list[tuple[int, Rollout]], traffic: dict[str, int], tags: dict[str, str]
) -> None:
    assert shown(deployed(*steps)) == (traffic, tags)


def test_going_back_from_a_split_gives_all_to_what_was_before_its_newest() -> None:
    for percent in (10, 90):
        state = revisions.rollback(deployed((1, ALL), (2, Weighted(percent))), "iris", None)
        assert shown(state)[0] == {"1": 100}


def test_the_first_revision_has_nothing_before_it() -> None:
    with pytest.raises(UsageError, match="nothing was live before iris-00001"):
        revisions.rollback(deployed((1, ALL)), "iris", None)


def test_another_module_is_refused_at_the_switch_too() -> None:
    with pytest.raises(OwnershipError):
        revisions.switch(deployed((1, ALL)), [candidate(2, module="other")], ALL)


def test_names_are_given_out_once() -> None:
    state, first = revisions.reserve(Namespace(), "iris")
    state, second = revisions.reserve(state, "iris")
    state, _ = revisions.remove(state, ["iris"])
    assert (first, second) == ("iris-00001", "iris-00002")
    assert revisions.reserve(state, "iris")[1] == "iris-00003"


@pytest.mark.parametrize(
    ("steps", "digest", "rollout", "found"),
    [
        ([(1, ALL)], "digest-1", ALL, "1"),
        ([(1, ALL)], "digest-2", ALL, None),
        ([(1, ALL), (2, ALL)], "digest-1", ALL, None),
        ([(1, ALL), (2, Weighted(10))], "digest-1", ALL, None),
        ([(1, ALL), (2, Weighted(10))], "digest-2", Weighted(10), "2"),
        ([(1, ALL), (2, Weighted(10))], "digest-2", Weighted(20), None),
        ([(1, ALL)], "digest-1", TagOnly("t"), "1"),
        ([(1, ALL), (2, TagOnly("t"))], "digest-2", TagOnly("t"), "2"),
        ([(1, ALL), (2, TagOnly("t"))], "digest-2", TagOnly("u"), None),
        ([(1, ALL), (2, TagOnly("t"))], "digest-2", ALL, None),
    ],
)
def test_what_is_there_already_is_not_made_again(
    steps: list[tuple[int, Rollout]], digest: str, rollout: Rollout, found: str | None
) -> None:
    there: Component = deployed(*steps).components["iris"]
    one = reusable(there, digest, rollout)
    assert (one.name[-1] if one else None) == found


@pytest.mark.parametrize(
    ("shares", "total", "expected"),
    [
        ([100], 90, [90, 10]),
        ([50, 50], 99, [50, 49, 1]),
        ([33, 33, 34], 50, [17, 16, 17, 50]),
        ([1, 99], 1, [1, 99]),
        ([70, 30], 0, [100]),
        ([], 50, [100]),
    ],
)
def test_shares_still_add_up(shares: list[int], total: int, expected: list[int]) -> None:
    given = [Share(str(index), percent) for index, percent in enumerate(shares)]
    made = scaled(given, total, rest=Share("new", 100 - total))
    assert [one.percent for one in made] == expected
    assert sum(one.percent for one in made) == 100


@pytest.mark.parametrize(("lot", "name"), [(0.0, "a"), (0.29, "a"), (0.31, "b"), (0.999999, "b")])
def test_lots_are_drawn_by_share(lot: float, name: str) -> None:
    assert drawn([Share("a", 30), Share("b", 70)], lot) == name

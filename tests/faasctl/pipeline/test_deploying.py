"""What would change, and what the words for shares and roll-outs mean."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from faasctl.errors import UnknownNameError, UsageError
from faasctl.model import EnvValue, Scaling
from faasctl.pipeline.changes import changes_of, flat
from faasctl.pipeline.deploying import (
    parse_shares,
    printed_url,
    revision_named,
    rollout,
)
from faasctl.plan import (
    AllTraffic,
    Change,
    Deployment,
    Endpoint,
    LocalRelease,
    Rollout,
    Share,
    TagOnly,
    Weighted,
)

RELEASE = LocalRelease(
    module="m",
    namespace="demo",
    name="f",
    kind="MLComponent",
    digest="one",
    artifact="one",
    command=("python", "{component}"),
    directory="/code/one",
    component='{"timeout": 60, "warmup": null, "warm": {"path": "/predict"}}',
    environment=(EnvValue("A", "1"),),
)
DEPLOYMENT = Deployment(
    name="f",
    kind="MLComponent",
    target="local",
    url="http://127.0.0.1/demo/f/",
    revision="f-00003",
    artifact="one",
    ready=True,
    replicas=0,
    revisions=("f-00003", "f-00002", "f-00001"),
    tags={"canary": "f-00002"},
    endpoints=(Endpoint("canary", "http://127.0.0.1/demo/f@canary/"),),
)


def changes(now: LocalRelease, live: LocalRelease | None) -> list[Change]:
    return list(changes_of([now], {live.name: live} if live else {}))


def test_nothing_changes_where_only_digests_differ() -> None:
    assert changes(RELEASE, replace(RELEASE, digest="two", artifact="two")) == []


def test_a_component_that_does_not_run_is_new() -> None:
    assert changes(RELEASE, None) == [Change("f", "component", None, "new")]


CHANGES: list[tuple[LocalRelease, tuple[str, str | None, str | None]]] = [
    (replace(RELEASE, directory="/code/two"), ("directory", "/code/one", "/code/two")),
    (replace(RELEASE, scaling=Scaling(max=3)), ("scaling.max", "10", "3")),
    (replace(RELEASE, memory=5), ("memory", None, "5")),
    (replace(RELEASE, public=True), ("public", "False", "True")),
    (replace(RELEASE, environment=()), ("environment[A].value", "1", None)),
    (
        replace(RELEASE, component=RELEASE.component.replace("60", "5")),
        ("component.timeout", "60", "5"),
    ),
    (
        replace(RELEASE, component=RELEASE.component.replace("/predict", "/v2")),
        ("component.warm.path", "/predict", "/v2"),
    ),
]


@pytest.mark.parametrize(("desired", "change"), CHANGES)
def test_a_change_is_told_by_its_field(
    desired: LocalRelease, change: tuple[str, str | None, str | None]
) -> None:
    assert Change("f", *change) in changes(desired, RELEASE)


def test_lists_are_flat_by_name_or_place() -> None:
    found = flat(RELEASE)
    assert found["command[1]"] == "{component}"
    assert found["environment[A].value"] == "1"
    assert "digest" not in found
    assert "memory" not in found


@pytest.mark.parametrize(
    ("tag", "weight", "expected"),
    [
        (None, None, AllTraffic()),
        ("canary", None, TagOnly("canary")),
        ("v2-a", None, TagOnly("v2-a")),
        (None, "10", Weighted(10)),
        (None, "10%", Weighted(10)),
        (None, "0", Weighted(0)),
        (None, "100%", Weighted(100)),
    ],
)
def test_roll_outs(tag: str | None, weight: str | None, expected: Rollout) -> None:
    assert rollout(tag, weight) == expected


@pytest.mark.parametrize(
    ("tag", "weight"),
    [
        ("a", "10"),
        ("", None),
        ("A", None),
        ("1a", None),
        ("a-", None),
        ("a" * 41, None),
        (None, ""),
        (None, "101"),
        (None, "-1"),
        (None, "1.5"),
        (None, "ten"),
        (None, "²"),
        (None, "9" * 5000),
    ],
)
def test_roll_outs_that_mean_nothing(tag: str | None, weight: str | None) -> None:
    with pytest.raises(UsageError):
        rollout(tag, weight)


@pytest.mark.parametrize(
    ("words", "shares"),
    [
        (["f-00003=100"], [Share("f-00003", 100)]),
        (["3=90", "2=10"], [Share("f-00003", 90), Share("f-00002", 10)]),
        (["canary=10%", "1=90%"], [Share("f-00002", 10), Share("f-00001", 90)]),
        (["3=100", "2=0"], [Share("f-00003", 100), Share("f-00002", 0)]),
    ],
)
def test_shares(words: Sequence[str], shares: Sequence[Share]) -> None:
    assert parse_shares(words, DEPLOYMENT) == tuple(shares)


@pytest.mark.parametrize(
    "words",
    [
        [],
        ["3"],
        ["3="],
        ["3=all"],
        ["3=50"],
        ["3=60", "2=60"],
        ["9=100"],
        ["3=50", "f-00003=50"],
        ["3=²"],
        ["²=100"],
        ["3=-1", "2=101"],
    ],
)
def test_shares_that_mean_nothing(words: Sequence[str]) -> None:
    with pytest.raises(UnknownNameError):
        parse_shares(words, DEPLOYMENT)


@pytest.mark.parametrize(
    ("name", "revision"),
    [("f-00002", "f-00002"), ("2", "f-00002"), ("00002", "f-00002"), ("canary", "f-00002")],
)
def test_a_revision_has_a_name_a_number_and_tags(name: str, revision: str) -> None:
    assert revision_named(name, DEPLOYMENT) == revision


@pytest.mark.parametrize(
    ("tag", "url"),
    [
        (None, "http://127.0.0.1/demo/f/"),
        ("canary", "http://127.0.0.1/demo/f@canary/"),
    ],
)
def test_the_url_is_the_tags_own_where_one_was_asked_for(tag: str | None, url: str) -> None:
    assert printed_url(DEPLOYMENT, tag) == url

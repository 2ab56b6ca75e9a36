"""What answers of a cluster mean: pure parts of the knative target's backend, in tables."""

from __future__ import annotations

import json
from typing import Any

import pytest

from faasctl.backends import kubernetes_checks, kubernetes_state, kubernetes_traffic
from faasctl.backends.kubernetes_errors import error_of
from faasctl.backends.kubernetes_judging import Broken, Coming, Seen, Up, judge
from faasctl.errors import DeployError, FaasctlError, OwnershipError, UnknownNameError
from faasctl.plan import AllTraffic, Rollout, Share, TagOnly, Weighted


def conditions(**states: tuple[str, str]) -> dict[str, Any]:
    """A status with a condition of each name: its status and its message."""
    found = [{"type": one, "status": s, "message": m} for one, (s, m) in states.items()]
    return {"status": {"conditions": found}}


def pod(state: dict[str, Any], restarts: int = 0, last: dict[str, Any] | None = None) -> Any:
    own = {"name": "user-container", "state": state, "restartCount": restarts}
    return {
        "metadata": {"name": "p"},
        "status": {"containerStatuses": [{**own, "lastState": {"terminated": last or {}}}]},
    }


def waiting(reason: str, message: str = "") -> Any:
    return pod({"waiting": {"reason": reason, "message": message}})


REFUSED = conditions(Ready=("False", "it failed"))
UNKNOWN = conditions(Ready=("Unknown", ""))
STARTUP = {
    "event": "startup_failed",
    "error": {"type": "ImportError", "message": "no module x", "file": "src/a.py", "line": 3},
}

BROKEN: list[tuple[Seen, str]] = [
    (Seen(REFUSED), "it failed"),
    (Seen(UNKNOWN, [waiting("ErrImagePull", "x: not found")]), "image can't be pulled: x"),
    (Seen(UNKNOWN, [waiting("ImagePullBackOff", "refused")], pulls=2), "image can't be pulled"),
    (Seen(UNKNOWN, [waiting("InvalidImageName")]), "name is not valid"),
    (
        Seen(UNKNOWN, [waiting("CreateContainerConfigError", 'secret "s" not found')]),
        'can\'t be set up: secret "s" not found',
    ),
    (Seen(UNKNOWN, [waiting("CrashLoopBackOff")]), "again and again"),
    (Seen(UNKNOWN, [pod({"running": {}}, 1, {"exitCode": 9, "message": "boom"})]), "code 9"),
    (
        Seen(UNKNOWN, [pod({}, 1, {"exitCode": 137, "reason": "OOMKilled"})]),
        "over its memory limit",
    ),
    (
        Seen(UNKNOWN, [pod({}, 1, {"exitCode": 3, "message": f"a\n{json.dumps(STARTUP)}"})]),
        "src/a.py:3: ImportError: no module x",
    ),
    (
        Seen(UNKNOWN, deployment=conditions(ReplicaFailure=("True", "exceeded quota: small"))),
        "quota is used up",
    ),
    (
        Seen(UNKNOWN, deployment=conditions(ReplicaFailure=("True", "violates PodSecurity: x"))),
        "pod security refuses",
    ),
]


@pytest.mark.parametrize(("seen", "message"), BROKEN)
def test_what_never_comes_up_is_told_with_its_reason(seen: Seen, message: str) -> None:
    found = judge(seen)
    assert isinstance(found, Broken)
    assert message in found.message


def test_last_lines_of_a_crash_are_kept() -> None:
    found = judge(Seen(UNKNOWN, [pod({}, 1, {"exitCode": 1, "message": "one\ntwo"})]))
    assert isinstance(found, Broken)
    assert found.log == ("one", "two")


@pytest.mark.parametrize(
    ("seen", "expected"),
    [
        (Seen(conditions(Ready=("True", ""))), Up()),
        (Seen({}), Coming("waiting for a pod")),
        (Seen(UNKNOWN, [waiting("ContainerCreating")]), Coming("a pod")),
        (Seen(UNKNOWN, [waiting("ContainerCreating")], told="Pulling"), Coming("pod: Pulling")),
        (Seen(UNKNOWN, [pod({"running": {}})]), Coming("running, not ready yet", running=True)),
        (
            Seen(UNKNOWN, [waiting("ErrImagePull", "i/o timeout")], pulls=1),
            Coming("the image can't be pulled yet: i/o timeout"),
        ),
    ],
)
def test_what_comes_up_or_may_still(seen: Seen, expected: Up | Coming) -> None:
    assert judge(seen) == expected


def service(traffic: list[dict[str, Any]], newest: str = "f-2", **noted: str) -> dict[str, Any]:
    return {
        "metadata": {"name": "f", "annotations": noted},
        "spec": {"traffic": traffic},
        "status": {"traffic": traffic, "latestCreatedRevisionName": newest},
    }


def part(revision: str, percent: int, tag: str = "") -> dict[str, Any]:
    found: dict[str, Any] = {"revisionName": revision, "percent": percent}
    return {**found, "tag": tag} if tag else found


LATEST = {"latestRevision": True, "percent": 100}
ONE = service([part("f-1", 100)])
SPLIT = service([part("f-0", 30), part("f-1", 70), part("f-0", 0, "old")])

ROLLOUTS: list[tuple[dict[str, Any], Rollout, list[dict[str, Any]]]] = [
    (ONE, AllTraffic(), [LATEST]),
    (SPLIT, AllTraffic(), [LATEST, part("f-0", 0, "old")]),
    (ONE, TagOnly("new"), [part("f-1", 100), part("f-2", 0, "new")]),
    (SPLIT, TagOnly("old"), [part("f-0", 30), part("f-1", 70), part("f-2", 0, "old")]),
    (service([]), TagOnly("new"), [LATEST, part("f-2", 0, "new")]),
    (ONE, Weighted(10), [part("f-1", 90), part("f-2", 10)]),
    (ONE, Weighted(100), [LATEST]),
    (service([]), Weighted(10), [LATEST]),
    (
        SPLIT,
        Weighted(1),
        [part("f-0", 30), part("f-1", 69), part("f-2", 1), part("f-0", 0, "old")],
    ),
]


@pytest.mark.parametrize(("live", "rollout", "expected"), ROLLOUTS)
def test_traffic_is_written_whole(
    live: dict[str, Any], rollout: Rollout, expected: list[dict[str, Any]]
) -> None:
    found = kubernetes_traffic.rolled_out(live, "f-2", rollout)
    assert found == expected
    assert sum(one["percent"] for one in found) == 100


def test_what_gets_requests_is_pinned_by_name() -> None:
    resolved = service([{**LATEST, "revisionName": "f-1"}])
    assert kubernetes_traffic.pinned(resolved) == [part("f-1", 100)]
    assert kubernetes_traffic.pinned(service([])) is None


@pytest.mark.parametrize(
    ("live", "wanted", "previous"),
    [
        (ONE, [LATEST], "f-1"),
        (ONE, [part("f-1", 90), part("f-2", 10)], ""),
        (service([part("f-2", 100)]), [LATEST], ""),
        (service([]), [LATEST], ""),
        (
            service([part("f-2", 100)], **{kubernetes_traffic.PREVIOUS: "f-0"}),
            [part("f-2", 100)],
            "f-0",
        ),
    ],
)
def test_what_was_live_before_is_remembered(
    live: dict[str, Any], wanted: list[dict[str, Any]], previous: str
) -> None:
    assert kubernetes_traffic.previous_after(live, wanted) == previous


def test_shares_make_a_hundred() -> None:
    given = [Share("a", 33), Share("b", 33), Share("c", 34)]
    assert sum(one.percent for one in kubernetes_traffic.scaled(given, 99)) == 99


def status(message: str, **more: Any) -> str:
    return json.dumps({"kind": "Status", "message": message, **more})


CONFLICT = {
    "causes": [
        {
            "reason": "FieldManagerConflict",
            "message": 'conflict with "kubectl" using serving.knative.dev/v1',
            "field": ".spec.template.spec.containers",
        }
    ]
}
FORBIDDEN = (
    'services.serving.knative.dev "f" is forbidden: User "ann" cannot patch resource "services" '
    'in API group "serving.knative.dev" in the namespace "n"'
)
ANSWERS: list[tuple[int, str, type[FaasctlError], str]] = [
    (401, status("Unauthorized"), FaasctlError, "does not accept these credentials"),
    (403, status(FORBIDDEN), DeployError, "ann may not patch services.serving.knative.dev"),
    (403, status("exceeded quota: q"), DeployError, "exceeded quota: q"),
    (404, status("no", details={"kind": "namespaces", "name": "n"}), UnknownNameError, "'n'"),
    (404, "404 page not found", DeployError, "does not know this kind"),
    (409, status("c", details=CONFLICT), OwnershipError, "spec.containers (by kubectl)"),
    (409, status("changed"), DeployError, "somebody else changed it"),
    (
        400,
        status('admission webhook "w" denied the request: validation failed: x'),
        DeployError,
        "(w): validation failed: x",
    ),
    (500, "not JSON", DeployError, "answered 500: not JSON"),
]


@pytest.mark.parametrize(("code", "body", "kind", "message"), ANSWERS)
def test_refusals_in_our_words(
    code: int, body: str, kind: type[FaasctlError], message: str
) -> None:
    found = error_of(code, body, "Service f")
    assert type(found) is kind
    assert message in found.message


def revision(name: str, generation: int, *, ready: str = "True") -> dict[str, Any]:
    labels = {
        kubernetes_state.SERVICE: "f",
        "serving.knative.dev/configurationGeneration": str(generation),
    }
    made = {"metadata": {"name": name, "labels": labels}}
    return {**made, **conditions(Ready=(ready, ""))}


def test_a_rollback_goes_to_the_newest_older_one_that_was_ready() -> None:
    live = service([part("f-3", 100)])
    found = [revision("f-1", 1), revision("f-2", 2, ready="False"), revision("f-3", 3)]
    assert kubernetes_state.previous(live, found) == "f-1"
    assert kubernetes_state.previous(live, found[2:]) == ""


@pytest.mark.parametrize(("drift", "state"), [(0.0, "ok"), (300.0, "failed"), (-300.0, "failed")])
def test_clocks_that_differ_are_told(drift: float, state: str) -> None:
    found = kubernetes_checks.clock("Thu, 01 Jan 1970 00:16:40 GMT", 1000.0 + drift)
    assert found.status == state

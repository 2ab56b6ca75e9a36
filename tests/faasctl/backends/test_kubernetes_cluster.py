"""Deploys on a real cluster, by an account that has the shipped Role and nothing else."""

from __future__ import annotations

import os
import threading
from collections import Counter
from collections.abc import Iterator

import pytest

from faasctl.backends import kubernetes_checks
from faasctl.backends.kubernetes_link import SERVING
from faasctl.backends.kubernetes_secrets import ClusterSecrets
from faasctl.errors import DeployError, OwnershipError, UnknownNameError
from faasctl.model import EnvSecret, SecretKey
from faasctl.plan import AllTraffic, Deployment, Event, KnativeRelease, Share, TagOnly, Weighted
from tests.faasctl.backends.kubernetes_world import (
    Ground,
    ground,
    hello,
    ignore,
    numbered,
    scripted,
)

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.xdist_group("cluster"),
    pytest.mark.skipif(
        "FAASCTL_TEST_KUBECONFIG" not in os.environ,
        reason="FAASCTL_TEST_KUBECONFIG names no cluster",
    ),
]


@pytest.fixture(scope="module")
def place() -> Iterator[Ground]:
    with ground() as made:
        yield made


def deployed(place: Ground, release: KnativeRelease) -> Deployment:
    (only,) = place.backend().apply([release], ignore, AllTraffic())
    return only


def host(place: Ground, name: str) -> str:
    domain = os.environ.get("FAASCTL_TEST_DOMAIN", "localhost")
    return f"{name}.{place.namespace}.{domain}"


def test_a_deploy_answers_and_a_second_one_changes_nothing(place: Ground) -> None:
    release = place.release("plain")
    first = deployed(place, release)
    assert first.url == f"http://{host(place, 'plain')}"
    assert (first.changed, first.ready, first.status) == (True, True, "ready")
    assert place.get(host(place, "plain")).status == 200
    again = deployed(place, release)
    assert (again.changed, again.status) == (False, "unchanged")
    assert again.revisions == first.revisions
    (held,) = place.backend().would_be([release])
    assert isinstance(held, KnativeRelease)
    live = place.backend().releases(place.namespace)["plain"]
    assert isinstance(live, KnativeRelease)
    assert held.objects == live.objects


def test_back_and_forth(place: Ground) -> None:
    first = deployed(place, place.release("swing"))
    second = deployed(place, place.release("swing", numbered(2)))
    assert second.revision != first.revision
    backend = place.backend()
    back = backend.rollback(place.namespace, "swing")
    assert back.traffic == (Share(first.revision, 100),)
    assert len(back.revisions) == 2
    forth = deployed(place, place.release("swing", numbered(2)))
    assert (forth.revision, forth.changed) == (second.revision, True)
    half = [Share(first.revision, 50), Share(second.revision, 50)]
    assert set(backend.route(place.namespace, "swing", half).traffic) == set(half)


def test_a_tag_and_a_weight_leave_the_rest_as_it_is(place: Ground) -> None:
    first = deployed(place, place.release("part"))
    backend = place.backend()
    (tagged,) = backend.apply([place.release("part", numbered(2))], ignore, TagOnly("new"))
    assert tagged.traffic == first.traffic
    assert tagged.tags == {"new": tagged.revisions[0]}
    assert place.get(f"new-{host(place, 'part')}").text.startswith(tagged.revisions[0])
    (weighted,) = backend.apply([place.release("part", numbered(3))], ignore, Weighted(10))
    shares = {Share(first.revision, 90), Share(weighted.revisions[0], 10)}
    assert set(weighted.traffic) == shares
    assert weighted.tags == tagged.tags


BROKEN = {
    "image": "can't be pulled",
    "secret": 'secret "nope" not found',
    "crash": "ended with code 1",
    "silence": "was not answered with 200 within 4 s",
}


def broken(place: Ground, name: str, how: str) -> KnativeRelease:
    if how == "image":
        digest = hello().rpartition(":")[2]
        return place.release(name, image=hello().replace(digest, digest[::-1]))
    if how == "secret":
        return place.release(name, EnvSecret("A", SecretKey("nope", "KEY")))
    script = {
        "crash": "raise SystemExit('boom: no module x')",
        "silence": "import time; time.sleep(600)",
    }
    return scripted(place.release(name), script[how])


@pytest.mark.parametrize("how", BROKEN)
def test_a_broken_revision_is_refused_with_its_reason(place: Ground, how: str) -> None:
    name = f"broken-{how}"
    before = deployed(place, place.release(name))
    backend = place.backend(start_timeout=4.0)
    with pytest.raises(DeployError) as refused:
        backend.apply([broken(place, name, how)], ignore, AllTraffic())
    assert BROKEN[how] in refused.value.message
    assert how != "crash" or "boom: no module x" in refused.value.log
    (now,) = [one for one in backend.find(place.namespace) if one.name == name]
    assert (now.traffic, now.ready) == (before.traffic, True)
    assert place.get(host(place, name)).status == 200
    mended = deployed(place, place.release(name))
    assert mended.revision == mended.revisions[0]


def test_a_first_deploy_that_fails_leaves_nothing(place: Ground) -> None:
    both = [place.release("good"), broken(place, "bad", "secret")]
    with pytest.raises(DeployError, match="bad"):
        place.backend().apply(both, ignore, AllTraffic())
    names = {one.name for one in place.backend().find(place.namespace)}
    assert not names & {"good", "bad"}


def test_one_that_fails_keeps_all_the_others_as_they_were(place: Ground) -> None:
    first = deployed(place, place.release("steady"))
    both = [place.release("steady", numbered(2)), broken(place, "ill", "secret")]
    with pytest.raises(DeployError, match="ill"):
        place.backend().apply(both, ignore, AllTraffic())
    (now,) = [one for one in place.backend().find(place.namespace) if one.name == "steady"]
    assert now.traffic == first.traffic


class Killed(BaseException):
    """A deploy that ended at once."""


@pytest.mark.parametrize("step", ["start", "ready", "traffic"])
def test_a_deploy_that_broke_off_is_finished_by_the_next(place: Ground, step: str) -> None:
    name = f"killed-{step}"
    deployed(place, place.release(name))
    release = place.release(name, numbered(2))

    def report(event: Event) -> None:
        if event.step == step:
            raise Killed

    with pytest.raises(Killed):
        place.backend().apply([release], report, AllTraffic())
    assert place.get(host(place, name)).status == 200
    done = deployed(place, release)
    assert done.traffic == (Share(f"{name}-00002", 100),)
    assert len(done.revisions) == 2


def test_not_one_request_fails_while_revisions_roll(place: Ground) -> None:
    deployed(place, place.release("rolling"))
    answers: Counter[int] = Counter()
    stop = threading.Event()

    def call() -> None:
        while not stop.is_set():
            answers[place.get(host(place, "rolling")).status] += 1

    callers = [threading.Thread(target=call) for _ in range(2)]
    for one in callers:
        one.start()
    try:
        for number in range(1, 6):
            deployed(place, place.release("rolling", numbered(number)))
    finally:
        stop.set()
        for one in callers:
            one.join()
    assert set(answers) == {200}
    assert answers[200] > 50


def test_what_others_own_is_not_touched(place: Ground) -> None:
    deployed(place, place.release("mine"))
    with pytest.raises(OwnershipError, match="belongs to the module 'shop'"):
        deployed(place, place.release("mine", module="other"))
    path = f"{SERVING}/namespaces/{place.namespace}/services/mine"
    live = place.admin.get(path)
    containers = live["spec"]["template"]["spec"]["containers"]
    containers[0]["env"] = [{"name": "BY", "value": "hand"}]
    body = {"spec": {"template": {"spec": {"containers": containers}}}}
    assert place.admin.merge(path, body)  # in the name of faasctl, but not by a deploy
    with pytest.raises(OwnershipError, match=r"\.spec\.template\.spec\.containers \(by faasctl"):
        deployed(place, place.release("mine", numbered(1)))


def test_without_the_role_the_verb_and_the_resource_are_named(place: Ground) -> None:
    with pytest.raises(DeployError) as refused:
        place.backend(place.nobody).apply([place.release("no")], ignore, AllTraffic())
    assert "may not get services.serving.knative.dev" in refused.value.message
    assert "kubectl apply -k knative" in (refused.value.hint or "")


def test_the_role_allows_all_that_is_needed_and_the_doctor_sees_it(place: Ground) -> None:
    found = {one.name: one for one in kubernetes_checks.checks(place.deployer, place.namespace)}
    assert found["permissions"].status == "ok"
    assert found["knative"].status == "ok"
    assert found["clock"].status == "ok"
    lacking = {one.name: one for one in kubernetes_checks.checks(place.nobody, place.namespace)}
    assert lacking["permissions"].status == "failed"
    assert "patch services.serving.knative.dev" in lacking["permissions"].message
    seen = {one.name: one for one in kubernetes_checks.checks(place.admin, place.namespace)}
    assert {one.status for one in seen.values()} == {"ok"}


def test_secrets_are_the_namespaces(place: Ground) -> None:
    kept = ClusterSecrets(place.deployer, place.namespace)
    key, other = SecretKey("hub", "token"), SecretKey("hub", "user")
    kept.set_value("", key, "s3cret")
    kept.set_value("", other, "ann")
    kept.set_value("", key, "other")
    assert kept.names("") == ("hub/token", "hub/user")
    release = place.release("secretive", EnvSecret("TOKEN", key))
    assert deployed(place, release).ready
    assert [kept.remove("", one) for one in (key, other, other)] == [True, True, False]
    assert kept.names("") == ()


def test_lines_of_pods_are_read_and_followed(place: Ground) -> None:
    script = (
        "from http.server import *\n"
        "print('hello there', flush=True)\n"
        "class H(BaseHTTPRequestHandler):\n"
        "    def do_GET(self): self.send_response(200); self.end_headers()\n"
        "HTTPServer(('', 8080), H).serve_forever()"
    )
    deployed(place, scripted(place.release("chatty"), script))
    backend = place.backend()
    lines = backend.logs(place.namespace, "chatty", follow=False, since=None, previous=False)
    assert "hello there" in list(lines)
    followed = backend.logs(place.namespace, "chatty", follow=True, since=60.0, previous=False)
    assert next(followed) == "hello there"


def test_a_quota_that_is_used_up_is_the_reason(place: Ground) -> None:
    path = f"/api/v1/namespaces/{place.namespace}/resourcequotas"
    spec = {"hard": {"requests.cpu": "0"}}
    body = {"apiVersion": "v1", "kind": "ResourceQuota", "metadata": {"name": "q"}, "spec": spec}
    place.admin.create(path, body)
    try:
        with pytest.raises(DeployError, match="quota is used up"):
            deployed(place, place.release("greedy"))
    finally:
        place.admin.delete(f"{path}/q")


def test_only_ours_are_deleted(place: Ground) -> None:
    deployed(place, place.release("gone"))
    backend = place.backend()
    assert backend.remove(place.namespace, ["gone", "never"]) == ["gone"]
    with pytest.raises(UnknownNameError):
        backend.route(place.namespace, "gone", [Share("gone-00001", 100)])

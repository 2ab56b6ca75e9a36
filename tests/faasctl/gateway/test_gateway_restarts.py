"""Gateways as processes: started by themselves, killed, replaced, and found again."""

from __future__ import annotations

import json
import os
import signal
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from faasctl import __version__, http, wire
from faasctl.backends import local_link
from faasctl.backends.local import Local
from faasctl.errors import FaasctlError, UnreachableError
from faasctl.gateway import listeners
from faasctl.model import Scaling
from faasctl.plan import AllTraffic, Deployment, Event, LocalRelease, Share, TagOnly
from tests.faasctl.gateway.gateway_world import SPACE, release


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path / "home"
    local_link.stop(tmp_path / "home")


def deploy(home: Path, *releases: LocalRelease) -> Deployment:
    return Local(home, 0).apply(releases, ignore, AllTraffic())[0]


def ignore(_event: Event) -> None:
    pass


def get(url: str, path: str = "/") -> http.Answer:
    return http.send_to(url, http.Request("GET", path))


def info(home: Path) -> wire.GatewayInfo:
    return local_link.ensure(home, 0).info


def wait_for(holds: Callable[[], object]) -> None:
    deadline = time.monotonic() + 10
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def kill(pid: int) -> None:
    os.kill(pid, signal.SIGKILL)
    wait_for(lambda: is_gone(pid))


def is_gone(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def test_two_commands_at_once_start_one_gateway(home: Path) -> None:
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda _: info(home), range(4)))
    assert len({one.pid for one in found}) == 1
    assert psutil.Process(found[0].pid).terminal() is None
    assert os.getsid(found[0].pid) == found[0].pid


def test_what_is_private_stays_so(home: Path) -> None:
    deploy(home, release())
    socket = Path(info(home).socket)
    assert socket.stat().st_mode & 0o777 == 0o600
    assert socket.parent.stat().st_mode & 0o777 == 0o700
    for path in (home / "local").rglob("*"):
        assert not path.stat().st_mode & 0o077, path


def test_a_killed_gateway_finds_everything_again(home: Path) -> None:
    local = Local(home, 0)
    before = deploy(home, release(), release("rose", scaling=Scaling(min=1)))
    local.apply([release(version=2)], ignore, TagOnly("next"))
    local.apply([release(version=3)], ignore, AllTraffic())
    local.route(SPACE, "iris", [Share("iris-00001", 30), Share("iris-00003", 70)])
    shown = {one.name: one for one in local.find(SPACE)}
    pids = [one.pid for one in local.activity().processes]
    old = info(home)
    kill(old.pid)
    again = {one.name: replace(one, replicas=0) for one in local.find(SPACE)}
    assert info(home).pid != old.pid
    assert info(home).port == old.port
    assert again == {name: replace(one, replicas=0) for name, one in shown.items()}
    assert get(before.url).status == 200
    assert json.loads(get(f"{before.url}@next").body)["version"] == 2
    assert json.loads(get(f"{before.url[:-4]}rose").body)["version"] == 1
    assert all(is_gone(pid) for pid in pids)
    local.rollback(SPACE, "iris")
    assert json.loads(get(before.url).body)["version"] == 1


def test_function_processes_end_when_their_gateway_is_killed(home: Path) -> None:
    deploy(home, release())
    (process,) = Local(home, 0).activity().processes
    kill(info(home).pid)
    wait_for(lambda: is_gone(process.pid))


def test_a_process_that_outlives_its_gateway_is_ended_by_the_next(home: Path) -> None:
    deploy(home, release())
    (process,) = Local(home, 0).activity().processes
    os.kill(process.pid, signal.SIGSTOP)
    kill(info(home).pid)
    assert psutil.Process(process.pid).status() == psutil.STATUS_STOPPED
    info(home)
    wait_for(lambda: is_gone(process.pid))
    assert not list((home / "local" / "processes").iterdir())


def test_a_gateway_killed_in_a_deploy_leaves_the_old_revision(home: Path) -> None:
    before = deploy(home, release())
    pid = info(home).pid

    def kill_at_start(event: Event) -> None:
        if event.step == "start":
            kill(pid)

    with pytest.raises(UnreachableError):
        Local(home, 0).apply([release(version=2, delay=2)], kill_at_start, AllTraffic())
    (found,) = Local(home, 0).find(SPACE)
    assert found.revisions == ("iris-00001",)
    assert json.loads(get(before.url).body)["version"] == 1
    folders = (home / "local" / "revisions" / SPACE).iterdir()
    assert [one.name for one in folders] == ["iris-00001"]
    assert deploy(home, release(version=2)).revision == "iris-00003"


@pytest.mark.parametrize("after", [0.0, 0.005, 0.01, 0.02, 0.04, 0.08])
def test_killed_at_any_moment_the_old_or_the_new_serves(home: Path, after: float) -> None:
    url = deploy(home, release()).url
    pid = info(home).pid
    with ThreadPoolExecutor(1) as pool:
        deploying = pool.submit(deploy, home, release(version=2))
        time.sleep(after)
        kill(pid)
        try:
            deploying.result()
            expected = {2}
        except FaasctlError:
            expected = {1, 2}
    info(home)
    assert json.loads(get(url).body)["version"] in expected


def test_a_port_that_was_taken_meanwhile_is_replaced_and_said(home: Path) -> None:
    deploy(home, release())
    old = info(home)
    local_link.stop(home)
    with listeners.bind(old.port):
        new = info(home)
    assert new.port != old.port
    assert new.notes == (
        f"port {old.port} is taken by another program; this gateway is at {new.port}",
    )
    (found,) = Local(home, 0).find(SPACE)
    assert found.url == f"http://127.0.0.1:{new.port}/{SPACE}/iris"
    assert get(found.url).status == 200


def test_another_wish_for_a_port_is_followed(home: Path) -> None:
    old = info(home)
    local_link.stop(home)
    with listeners.bind(0) as sock:
        port = sock.getsockname()[1]
    assert local_link.ensure(home, port).info.port == port
    assert old.port != port


@pytest.mark.parametrize(
    ("version", "older"), [("0.0.1", True), ("0.0.10", True), (__version__, False), ("99", False)]
)
def test_which_gateway_is_older(version: str, older: bool) -> None:  # noqa: FBT001
    assert local_link.is_older(wire.GatewayInfo(1, 2, "", "", 0.0, version)) is older


def test_an_older_gateway_is_replaced(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    url = deploy(home, release()).url
    old = info(home)
    monkeypatch.setattr(local_link, "__version__", "99.0")
    new = info(home)
    monkeypatch.undo()
    assert is_gone(old.pid)
    assert (new.port, new.pid != old.pid) == (old.port, True)
    assert get(url).status == 200


def test_a_long_home_has_its_socket_elsewhere(tmp_path: Path) -> None:
    home = tmp_path / ("long" * 20) / ("long" * 20)
    try:
        assert get(deploy(home, release()).url).status == 200
        socket = Path(info(home).socket)
        assert home not in socket.parents
        assert socket.parent.stat().st_mode & 0o777 == 0o700
    finally:
        local_link.stop(home)
    assert not socket.parent.exists()


def test_what_was_stopped_is_gone_and_starts_again(home: Path) -> None:
    url = deploy(home, release()).url
    pids = [one.pid for one in Local(home, 0).activity().processes] + [info(home).pid]
    assert local_link.stop(home)
    assert not local_link.stop(home)
    assert all(is_gone(pid) for pid in pids)
    assert local_link.running(home) is None
    (found,) = Local(home, 0).find(SPACE)
    assert (found.url, found.replicas) == (url, 0)
    assert get(url).status == 200


def test_where_nothing_was_deployed_no_gateway_is_started(home: Path) -> None:
    local = Local(home, 0)
    assert (local.find(SPACE), local.namespaces(), local.remove(SPACE, ["iris"])) == ((), (), ())
    assert not home.exists()


def test_damaged_state_is_named_and_not_overwritten(home: Path) -> None:
    deploy(home, release())
    local_link.stop(home)
    state = home / "local" / "state" / f"{SPACE}.json"
    state.write_text("{")
    with pytest.raises(UnreachableError, match=r"state/shop\.json"):
        info(home)
    assert state.read_text() == "{"


def test_a_sleeping_gateway_does_nothing(home: Path) -> None:
    deploy(home, release(scaling=Scaling(idle=0.1)))
    wait_for(lambda: not Local(home, 0).activity().processes)
    process = psutil.Process(info(home).pid)
    time.sleep(0.7)
    switches = process.num_ctx_switches().voluntary
    time.sleep(1.0)
    assert process.num_ctx_switches().voluntary - switches <= 2

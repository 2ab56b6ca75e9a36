"""New versions under constant requests: none fails, and none is answered by what is not live."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path

from tests.e2e import modules
from tests.e2e.calls import Heard, load
from tests.e2e.world import Desk


@dataclass(frozen=True, slots=True)
class Switch:
    """A command that moved traffic to a version, from before it to after it."""

    version: str
    began: float
    ended: float


def live(switches: list[Switch], one: Heard) -> set[str]:
    """Versions of which one may have been live while that request was under way."""
    found = set()
    for switch, following in zip(switches, [*switches[1:], None], strict=True):
        until_then = following.ended if following else one.ended
        if switch.began <= one.ended and until_then >= one.began:
            found.add(switch.version)
    return found


def switched(desk: Desk, module: Path, version: str) -> Switch:
    modules.write_version(module, version)
    began = time.monotonic()
    desk.run("deploy", at=module)
    return Switch(version, began, time.monotonic())


def test_20_deploys_under_load_lose_no_request(desk: Desk, module: Path) -> None:
    switches = [switched(desk, module, "0")]
    url = desk.status(module)["url"]
    with load(url, callers=4) as requests:
        for number in range(20):
            switches.append(switched(desk, module, "AB"[number % 2] + str(number // 10)))
            heard = len(requests.heard)
            while len(requests.heard) < heard + 8:
                time.sleep(0.005)
    assert requests.failures == []
    assert len(requests.heard) > 200
    strange = [one for one in requests.heard if one.version not in live(switches, one)]
    assert strange == []
    assert set(requests.versions) == {"0", "A0", "B0", "A1", "B1"}


def test_rollbacks_under_load_lose_no_request(desk: Desk, module: Path) -> None:
    switched(desk, module, "1")
    switched(desk, module, "2")
    with load(desk.status(module)["url"]) as requests:
        for _ in range(3):
            desk.run("rollback", "echo", at=module)
            desk.run("rollback", "echo", "--to", "2", at=module)
    assert requests.failures == []
    assert set(requests.versions) == {"1", "2"}


def test_a_request_in_flight_is_finished_by_the_old_version(desk: Desk, module: Path) -> None:
    switched(desk, module, "1")
    url = desk.status(module)["url"]
    with load(url, callers=1, pause=3.0) as requests:
        while desk.gateway() and not busy(desk):
            time.sleep(0.02)
        switched(desk, module, "2")
    assert requests.failures == []
    assert requests.versions[0] == "1"


def busy(desk: Desk) -> bool:
    """Whether a request has reached a function."""
    from faasctl.backends.local_link import running

    link = running(desk.home)
    return link is not None and any(one.in_flight for one in link.activity().processes)

"""Deploys: all or nothing, without a failed request, and back again."""

from __future__ import annotations

import asyncio
import os
import signal
from dataclasses import replace

import pytest

from faasctl.backends.local_link import Link
from faasctl.errors import (
    DeployError,
    FaasctlError,
    OwnershipError,
    UnknownNameError,
    UsageError,
)
from faasctl.gateway import listeners
from faasctl.model import LocalPorts, Scaling
from faasctl.plan import Share, TagOnly, Weighted
from faasctl.wire import DeployRequest
from tests.faasctl.gateway.gateway_world import SPACE, World, release, until


async def version(world: World, name: str = "iris") -> int:
    found: int = (await world.call(f"{name}/")).value["version"]
    return found


async def test_a_deploy_says_what_it_did_and_where_it_is(world: World) -> None:
    (one,) = await world.deploy(release())
    assert one.url == f"http://127.0.0.1:{world.port}/{SPACE}/iris"
    assert (one.revision, one.changed, one.ready, one.replicas) == ("iris-00001", True, True, 1)
    assert one.traffic == (Share("iris-00001", 100),)
    assert {point.name: point.url for point in one.endpoints} == {
        "predict": f"{one.url}/predict",
        "v2": f"{one.url}/v2",
        "docs": f"{one.url}/docs",
        "openapi": f"{one.url}/openapi.json",
        "metrics": f"{one.url}/metrics",
    }
    steps = [event.step for event in world.events]
    assert [step for step in steps if step != "log"] == ["start", "ready", "traffic"]
    assert "starting version 1" in [event.message for event in world.events]


async def test_the_same_release_again_changes_nothing(world: World) -> None:
    await world.deploy(release())
    (again,) = await world.deploy(release())
    assert (again.revision, again.changed) == ("iris-00001", False)


async def test_an_older_release_deployed_again_is_a_new_revision(world: World) -> None:
    for number in (1, 2, 1):
        await world.deploy(release(version=number))
    assert (await world.find()).revision == "iris-00003"
    assert await version(world) == 1


@pytest.mark.parametrize(
    ("start", "says"),
    [
        ("fail", r"^iris: src/app\.py:7: ModuleNotFoundError: No module named 'no'$"),
        ("die", r"^iris: was killed by signal SIGSEGV before it was ready$"),
        (
            "hang",
            r"^iris: did not become ready within 1 s; it stood at gateway_function\.py:\d+ in ",
        ),
    ],
)
async def test_a_start_that_fails_is_refused_and_the_old_revision_serves(
    world: World, start: str, says: str
) -> None:
    await world.deploy(release())
    with pytest.raises(DeployError, match=says) as caught:
        await world.deploy(release(version=2, start=start), start_timeout=1.0)
    assert "starting version 2" in caught.value.log
    assert len(caught.value.log) <= 20
    assert await version(world) == 1
    assert (await world.find()).revisions == ("iris-00001",)
    assert {one.revision for one in await world.processes()} == {"iris-00001"}
    folders = (world.home / "local" / "revisions" / SPACE).iterdir()
    assert [one.name for one in folders] == ["iris-00001"]


async def test_one_that_fails_keeps_every_component_as_it_was(world: World) -> None:
    await world.deploy(release("iris"), release("rose"))
    with pytest.raises(DeployError) as caught:
        await world.deploy(
            release("iris", 2), release("rose", 2, start="fail"), release("lily", 2, start="die")
        )
    assert "rose: src/app.py:7" in caught.value.message
    assert "lily: was killed" in caught.value.message
    assert [await version(world, name) for name in ("iris", "rose")] == [1, 1]
    assert (await world.call("lily/")).status == 404


async def test_a_name_of_another_module_is_refused_by_its_owners_name(world: World) -> None:
    await world.deploy(release())
    with pytest.raises(OwnershipError, match="iris belongs to the module shop-module, not to mine"):
        await world.deploy(release(version=2, module="mine"))
    assert await version(world) == 1


async def test_a_tag_has_a_url_and_no_traffic(world: World) -> None:
    await world.deploy(release())
    (one,) = await world.deploy(release(version=2), rollout=TagOnly("next"))
    assert (one.revision, one.tags) == ("iris-00001", {"next": "iris-00002"})
    assert await version(world) == 1
    tagged = await world.call("iris@next/")
    assert tagged.value["version"] == 2
    assert ["X-Forwarded-Prefix", f"/{SPACE}/iris@next"] in tagged.value["headers"]
    assert (await world.call("iris%40next/")).value["version"] == 2
    unknown = await world.call("iris@nope/")
    assert (unknown.status, unknown.error["hint"]) == (404, f"there is: /{SPACE}/iris@next/")
    (again,) = await world.deploy(release(version=2), rollout=TagOnly("next"))
    assert not again.changed


async def test_a_weight_is_a_share_of_the_requests(world: World) -> None:
    await world.deploy(release())
    (one,) = await world.deploy(release(version=2), rollout=Weighted(30))
    assert one.traffic == (Share("iris-00001", 70), Share("iris-00002", 30))
    seen = [await version(world) for _ in range(200)]
    assert 20 <= seen.count(2) <= 110
    route = [Share("iris-00001", 0), Share("iris-00002", 100)]
    await asyncio.to_thread(world.link.route, SPACE, "iris", route)
    assert {await version(world) for _ in range(20)} == {2}


async def test_shares_that_make_no_sense_are_refused(world: World) -> None:
    await world.deploy(release())
    for shares, error in (
        ([Share("iris-00001", 90)], UsageError),
        ([Share("iris-00009", 100)], UnknownNameError),
        ([Share("iris-00001", 50), Share("iris-00001", 50)], UsageError),
    ):
        with pytest.raises(error):
            await asyncio.to_thread(world.link.route, SPACE, "iris", shares)
    with pytest.raises(UnknownNameError, match="rose is not deployed"):
        await asyncio.to_thread(world.link.rollback, SPACE, "rose", None)


async def test_back_and_back_again_and_forward(world: World) -> None:
    for number in (1, 2, 3):
        await world.deploy(release(version=number))
    seen = []
    for to in (None, None, "iris-00003", None):
        one = await asyncio.to_thread(world.link.rollback, SPACE, "iris", to)
        assert one.changed
        seen.append(await version(world))
    assert seen == [2, 1, 3, 1]
    with pytest.raises(UsageError, match="nothing was live before"):
        await asyncio.to_thread(world.link.rollback, SPACE, "iris", None)
    await world.deploy(release(version=4))
    assert await version(world) == 4


async def test_twenty_switches_under_load_fail_no_request(world: World) -> None:
    await world.deploy(release(version=0))
    now = asyncio.get_running_loop().time
    began = {0: 0.0}
    ended: dict[int, float] = {}
    seen: list[tuple[int, int, float, float]] = []

    async def load(method: str) -> None:
        while 20 not in ended:
            asked = now()
            reply = await world.call("iris/sleep?seconds=0.01", method, data=b"x")
            seen.append((reply.status, reply.value["version"], asked, now()))

    clients = [asyncio.create_task(load(method)) for method in ("GET", "POST", "POST", "PUT")]
    for number in range(1, 21):
        began[number] = now()
        await world.deploy(release(version=number))
        ended[number - 1] = now()
    ended[20] = now()
    await asyncio.gather(*clients)
    assert {status for status, *_ in seen} == {200}
    for _, number, asked, answered in seen:
        assert answered >= began[number], "answered by a version before it was live"
        assert asked <= ended[number] or number == 20, "asked after the version's end"
    assert len({number for _, number, *_ in seen}) > 10


async def test_a_request_in_flight_ends_on_the_revision_that_took_it(world: World) -> None:
    await world.deploy(release(version=1))
    call = asyncio.create_task(world.call("iris/sleep?seconds=1", "POST", data=b"x"))

    async def busy() -> bool:
        return any(one.in_flight for one in await world.processes())

    await until(busy)
    await world.deploy(release(version=2))
    assert await version(world) == 2
    assert (await call).value["version"] == 1

    async def only_new() -> bool:
        return {one.revision for one in await world.processes()} == {"iris-00002"}

    await until(only_new)


async def test_a_deploy_whose_client_leaves_changes_nothing(world: World) -> None:
    await world.deploy(release())
    gone = Link(world.link.info)

    def hang_up(event: object) -> None:
        raise InterruptedError(event)

    wish = DeployRequest((release(version=2, delay=3),))
    with pytest.raises(InterruptedError):
        await asyncio.to_thread(gone.deploy, wish, hang_up)

    async def only_old() -> bool:
        return {one.revision for one in await world.processes()} == {"iris-00001"}

    await until(only_old)
    assert await version(world) == 1
    assert (await world.find()).revisions == ("iris-00001",)


async def test_delete_forgets_and_numbers_go_on(world: World) -> None:
    await world.deploy(release("iris"), release("rose"))
    gone = await asyncio.to_thread(world.link.delete, SPACE, ["iris", "lily"])
    assert gone == ("iris",)
    assert (await world.call("iris/")).status == 404
    assert await version(world, "rose") == 1
    assert not await world.processes()
    assert not (world.home / "local" / "logs" / SPACE / "iris").exists()
    (one,) = await world.deploy(release("iris"))
    assert one.revision == "iris-00002"


async def test_only_the_last_revisions_are_kept(world: World) -> None:
    await world.deploy(release(version=0), rollout=TagOnly("first"))
    await world.deploy(release(version=1), rollout=TagOnly("kept"))
    for number in range(2, 14):
        await world.deploy(release(version=number))
    kept = (await world.find()).revisions
    assert kept[:10] == tuple(f"iris-{number:05d}" for number in range(14, 4, -1))
    assert kept[10:] == ("iris-00002", "iris-00001")
    folders = {one.name for one in (world.home / "local" / "revisions" / SPACE).iterdir()}
    assert folders == set(kept)


async def test_an_api_answers_for_the_rest_of_its_namespace(world: World) -> None:
    await world.deploy(release(), release("front", 7, kind="APIComponent"))
    reply = await world.call("files/box/a%2Fb?x=1")
    assert (reply.value["version"], reply.value["target"]) == (7, "/files/box/a%2Fb?x=1")
    assert ["X-Forwarded-Prefix", f"/{SPACE}"] in reply.value["headers"]
    assert (await world.call("iris/")).value["version"] == 1
    assert (await world.find("front")).url == f"http://127.0.0.1:{world.port}/{SPACE}"


async def test_a_component_may_have_a_port_of_its_own(world: World) -> None:
    with listeners.bind(0) as sock:
        port = sock.getsockname()[1]
        (one,) = await world.deploy(release(ports=LocalPorts(port)))
        assert one.notes == (f"local.port: {port} is taken; the URL works without it",)
    await world.deploy(release(version=2, ports=LocalPorts(port)))
    assert (await world.find()).notes == ()
    async with world.session.get(f"http://127.0.0.1:{port}/v3/x?y") as answer:
        seen = await answer.json(content_type=None)
    assert (seen["version"], seen["target"]) == (2, "/v3/x?y")
    assert "X-Forwarded-Prefix" not in dict(seen["headers"])
    await world.deploy(release(version=3))
    with listeners.bind(port):
        pass


@pytest.mark.parametrize("name", ["", "a/b", "..", "a@b", "ä", "a.b"])
async def test_names_that_fit_no_url_are_refused(world: World, name: str) -> None:
    with pytest.raises(UsageError):
        await world.deploy(release(name))
    with pytest.raises(UsageError):
        await world.deploy(replace(release(), namespace=name))


async def test_a_process_that_ends_before_the_switch_refuses_the_deploy(world: World) -> None:
    await world.deploy(release("iris"), release("rose"))
    slow = release("rose", 2, delay=1.0)
    deploying = asyncio.create_task(world.deploy(release("iris", 2), slow))

    async def ready() -> list[int]:
        found = await world.processes("iris")
        return [one.pid for one in found if (one.revision, one.phase) == ("iris-00002", "ready")]

    (pid,) = await until(ready)
    os.kill(pid, signal.SIGKILL)
    with pytest.raises(FaasctlError, match="iris: was killed by signal SIGKILL"):
        await deploying
    assert [await version(world, name) for name in ("iris", "rose")] == [1, 1]


async def test_a_least_number_of_processes_runs_after_a_deploy_and_none_of_the_old(
    world: World,
) -> None:
    await world.deploy(release(scaling=Scaling(min=2, idle=0.1)))

    async def two() -> bool:
        found = await world.processes()
        return [one.phase for one in found] == ["ready"] * 2

    await until(two)
    await world.deploy(release(version=2, scaling=Scaling(idle=0.1)))

    async def none() -> bool:
        return not await world.processes()

    await until(none)

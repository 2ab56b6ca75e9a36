"""Function processes: started on demand, counted, stopped, restarted, bounded."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from pathlib import Path

import aiohttp
import psutil
import pytest

from faasctl.errors import DeployError
from faasctl.gateway.limits import Limits
from faasctl.model import EnvSecret, EnvValue, Scaling, SecretKey
from tests.faasctl.gateway.gateway_world import SPACE, World, gateway, release, until

MANY = 200


def _is_alive(pid: int) -> bool:
    """A process has its sockets until the last of its threads is gone."""
    try:
        one = psutil.Process(pid)
        return one.status() != psutil.STATUS_ZOMBIE or one.num_threads() > 1
    except psutil.NoSuchProcess:
        return False


async def put_to_sleep(world: World, name: str = "iris") -> None:
    async def asleep() -> bool:
        return not await world.processes(name)

    await until(asleep)


@pytest.mark.parametrize(
    ("scaling", "most"),
    [
        (Scaling(idle=0.2), 1),
        (Scaling(idle=0.2, concurrency=4, max=3, queue=MANY), 3),
    ],
    ids=["any concurrency", "four each"],
)
async def test_many_requests_at_once_wake_a_sleeping_function(
    world: World, scaling: Scaling, most: int
) -> None:
    await world.deploy(release(scaling=scaling, delay=0.2))
    await put_to_sleep(world)
    replies = await asyncio.gather(*(world.call(f"iris/{number}") for number in range(MANY)))
    assert [one.status for one in replies] == [200] * MANY
    assert [one.value["target"] for one in replies] == [f"/{number}" for number in range(MANY)]
    assert len({one.value["pid"] for one in replies}) <= most


async def test_no_process_gets_more_than_its_concurrency(world: World) -> None:
    await world.deploy(release(scaling=Scaling(concurrency=2, max=2, queue=100)))
    replies = await asyncio.gather(*(world.call("iris/sleep?seconds=0.05") for _ in range(24)))
    assert {one.status for one in replies} == {200}
    assert (
        max(one.value["most"] for one in replies) <= 2 + 1
    )  # and the question whether it is ready
    assert len({one.value["pid"] for one in replies}) == 2


async def test_what_does_not_fit_the_queue_is_refused_at_once(world: World, tmp_path: Path) -> None:
    gate = tmp_path / "gate"
    await world.deploy(release(scaling=Scaling(concurrency=1, max=1, queue=2)))
    calls = [asyncio.create_task(world.call(f"iris/wait?gate={gate}")) for _ in range(8)]
    await until(lambda: sum(one.done() for one in calls) == 5)
    refused = [one.result() for one in calls if one.done()]
    gate.touch()
    replies = await asyncio.gather(*calls)
    assert sorted(one.status for one in replies) == [200] * 3 + [503] * 5
    assert {one.error["type"] for one in refused} == {"QueueFull"}
    assert {one.headers["Retry-After"] for one in refused} == {"1"}


async def test_an_idle_function_has_no_process_and_comes_back(world: World) -> None:
    await world.deploy(release(scaling=Scaling(idle=0.2)))
    first = (await world.call("iris/")).value["pid"]
    await put_to_sleep(world)
    assert (await world.find()).replicas == 0
    assert (await world.find()).ready
    again = (await world.call("iris/")).value["pid"]
    assert first != again


async def test_spare_processes_leave_and_the_least_number_stays(
    world: World, tmp_path: Path
) -> None:
    gate = tmp_path / "gate"
    await world.deploy(release(scaling=Scaling(idle=0.2, min=1, max=3, concurrency=1)))
    calls = [asyncio.create_task(world.call(f"iris/wait?gate={gate}")) for _ in range(3)]

    async def all_busy() -> bool:
        return sum(one.in_flight for one in await world.processes()) == 3

    await until(all_busy)
    gate.touch()
    assert len({one.value["pid"] for one in await asyncio.gather(*calls)}) == 3

    async def one_left() -> bool:
        return len(await world.processes()) == 1

    await until(one_left)
    await asyncio.sleep(0.5)
    assert await one_left()


async def test_metrics_do_not_wake_a_sleeping_function(world: World) -> None:
    await world.deploy(release(scaling=Scaling(idle=0.1)))
    await put_to_sleep(world)
    reply = await world.call("iris/metrics")
    assert reply.status == 200
    assert f'faasctl_replicas{{namespace="{SPACE}",component="iris"}} 0\n' in reply.body.decode()
    assert not await world.processes()


async def test_metrics_do_not_keep_a_function_awake(world: World) -> None:
    await world.deploy(release(scaling=Scaling(idle=0.4)))

    async def asleep() -> bool:
        await world.call("iris/metrics")
        return not await world.processes()

    await until(asleep, patience=5)


async def test_a_call_whose_process_is_killed_says_so_and_the_next_is_answered(
    world: World,
) -> None:
    await world.deploy(release())
    call = asyncio.create_task(world.call("iris/sleep?seconds=30", "POST", data=b"x"))

    async def busy() -> list[int]:
        return [one.pid for one in await world.processes() if one.in_flight]

    (pid,) = await until(busy)
    os.kill(pid, signal.SIGKILL)
    reply = await call
    assert reply.status == 502
    assert reply.error["type"] == "ProcessDied"
    assert "killed by signal SIGKILL" in reply.error["message"]
    assert (await world.call("iris/")).status == 200
    assert "SIGKILL" in (await world.find()).last_error


async def test_a_call_after_an_unnoticed_death_is_answered_by_the_next_process(
    world: World,
) -> None:
    await world.deploy(release(scaling=Scaling(min=1)))
    for number in range(3):
        assert (await world.call("iris/")).status == 200
        (process,) = await world.processes()
        os.kill(process.pid, signal.SIGKILL)
        # Nothing lets the gateway see it before the call: the loop is held until it is dead.
        while _is_alive(process.pid):
            time.sleep(0.001)  # noqa: ASYNC251
        reply = await world.call("iris/echo", "POST", data=b"%d" % number)
        assert (reply.status, reply.body) == (200, b"%d" % number)
        await until(lambda: world.call("iris/"))


async def test_requests_wait_through_the_back_off_and_are_answered(world: World) -> None:
    await world.deploy(release())
    for _ in range(3):
        assert (await world.call("iris/crash", "POST")).status == 502
    replies = await asyncio.gather(*(world.call("iris/") for _ in range(20)))
    assert {one.status for one in replies} == {200}
    (revision,) = (await world.activity()).revisions
    assert revision.starts == 4


async def test_a_process_that_left_because_it_was_stuck_is_replaced(world: World) -> None:
    await world.deploy(release())
    reply = await world.call("iris/stuck", "POST")
    assert "got stuck" in reply.error["message"]
    assert (await world.call("iris/")).status == 200


async def test_a_revision_that_no_longer_starts_tells_why_and_when_to_come_back(
    world: World,
) -> None:
    secret = world.home / "secrets" / SPACE / "door.json"
    secret.parent.mkdir(parents=True)
    secret.write_text('{"key": "sesame"}')
    environment = (EnvSecret("DOOR", SecretKey("door", "key")),)
    await world.deploy(release(scaling=Scaling(idle=0.1), environment=environment))
    await put_to_sleep(world)
    secret.unlink()
    replies = await asyncio.gather(*(world.call("iris/") for _ in range(5)))
    assert {one.status for one in replies} == {503}
    assert "faasctl secret set door/key" in replies[0].error["message"]
    assert int(replies[0].headers["Retry-After"]) >= 1
    found = await world.find()
    assert (found.ready, found.status) == (False, "failing")
    secret.write_text('{"key": "sesame"}')

    async def answered() -> bool:
        return (await world.call("iris/")).status == 200

    await until(answered)
    assert (await world.find()).ready


async def test_memory_beyond_the_limit_ends_the_process_and_names_the_limit(world: World) -> None:
    await world.deploy(release(memory=64 << 20))
    reply = await world.call("iris/hoard?mib=8")
    assert reply.status == 200
    calls = [
        asyncio.create_task(world.call("iris/sleep?seconds=30")),
        asyncio.create_task(world.call("iris/hoard?mib=128")),
    ]
    replies = await asyncio.gather(*calls)
    assert replies[0].status == 502
    assert "resourceLimits.memory 64Mi exceeded: " in replies[0].error["message"]
    assert "64Mi" in (await world.find()).last_error
    logs = (world.home / "local" / "logs" / SPACE / "iris").glob("*/1.log")
    assert '"event":"memory_limit"' in next(logs).read_text()


async def test_a_call_that_takes_too_long_is_answered_504(world: World) -> None:
    await world.deploy(release(timeout=0.2))
    reply = await world.call("iris/sleep?seconds=5")
    assert reply.status == 504
    assert reply.error == {"type": "Timeout", "message": "iris did not answer within 0.2 s"}
    assert (await world.call("iris/")).status == 200


async def test_waiting_for_a_process_has_a_limit_of_its_own(tmp_path: Path) -> None:
    limits = Limits(start=0.4, grace=0.1, watch=0.1)
    async with gateway(tmp_path, limits) as world:
        scaling = Scaling(concurrency=1, max=1)
        await world.deploy(release(scaling=scaling, timeout=2.0), start_timeout=5)
        long = asyncio.create_task(world.call("iris/sleep?seconds=1"))
        replies = await asyncio.gather(long, *(world.call("iris/") for _ in range(3)))
        assert {one.status for one in replies} == {200}


async def test_a_process_sees_what_its_release_says_and_nothing_of_the_user(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "the user's")
    secret = world.home / "secrets" / SPACE / "door.json"
    secret.parent.mkdir(parents=True)
    secret.write_text('{"key": "sesame"}')
    environment = (EnvValue("COLOUR", "blue"), EnvSecret("DOOR", SecretKey("door", "key")))
    await world.deploy(release(environment=environment))
    seen = (await world.call("iris/")).value["environment"]
    seen.pop("LC_CTYPE", None)
    scratch = seen.pop("HOME")
    assert scratch == seen.pop("TMPDIR")
    assert await asyncio.to_thread(Path(scratch).is_dir)
    assert seen == {
        "PATH": "/usr/local/bin:/usr/bin:/bin",
        "LANG": "C.UTF-8",
        "COLOUR": "blue",
        "DOOR": "sesame",
        "FAASCTL_NAMESPACE": SPACE,
        "FAASCTL_COMPONENT": "iris",
        "FAASCTL_REVISION": "iris-00001",
    }
    (process,) = await world.processes()
    os.kill(process.pid, signal.SIGKILL)
    await until(lambda: not Path(scratch).exists())


async def test_a_missing_secret_refuses_the_deploy_and_says_what_to_type(world: World) -> None:
    environment = (EnvSecret("DOOR", SecretKey("door", "key")),)
    with pytest.raises(DeployError, match="the secret door/key is missing") as caught:
        await world.deploy(release(environment=environment))
    assert caught.value.hint == "faasctl secret set door/key"


async def test_a_stopping_gateway_answers_what_is_in_flight(tmp_path: Path) -> None:
    async with gateway(tmp_path) as world:
        await world.deploy(release())
        url = f"http://127.0.0.1:{world.port}/{SPACE}/iris/sleep?seconds=0.5"

        async def call() -> int:
            async with aiohttp.ClientSession() as session, session.get(url) as answer:
                return answer.status

        calls = [asyncio.create_task(call()) for _ in range(5)]

        async def busy() -> bool:
            return sum(one.in_flight for one in await world.processes()) == 5

        await until(busy)
        (process,) = await world.processes()
        await asyncio.to_thread(world.link.stop)
        assert await asyncio.gather(*calls) == [200] * 5
    with pytest.raises(ProcessLookupError):
        os.kill(process.pid, 0)


async def test_a_stopping_gateway_does_not_wait_for_a_call_without_end(tmp_path: Path) -> None:
    limits = Limits(start=5.0, grace=0.2, drain=0.2, watch=0.1)
    async with gateway(tmp_path, limits) as world:
        await world.deploy(release(timeout=600))
        call = asyncio.create_task(world.call("iris/sleep?seconds=600", "POST", data=b"x"))

        async def busy() -> bool:
            return any(one.in_flight for one in await world.processes())

        await until(busy)
        (process,) = await world.processes()
        await asyncio.to_thread(world.link.stop)
        reply = await call
        assert reply.status == 502
        assert "the gateway stops" in reply.error["message"]
    assert not _is_alive(process.pid)

"""From no process to as many as allowed, and back to none."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Self

from tests.e2e import modules
from tests.e2e.calls import Reply, ask, at_once
from tests.e2e.world import Desk, until

BOUNDED = {"min": 0, "max": 3, "concurrency": 4, "queue": 200, "idle": "1s"}


class Census:
    """Counts a home's function processes as long as the block runs."""

    def __init__(self, desk: Desk) -> None:
        self.most = 0
        self._desk, self._over = desk, threading.Event()
        self._thread = threading.Thread(target=self._count)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _count(self) -> None:
        while not self._over.wait(0.02):
            self.most = max(self.most, len(self._desk.functions()))


def asleep(desk: Desk, module: Path) -> None:
    """Wait until no process is left."""
    until(lambda: not desk.functions())
    assert desk.status(module)["replicas"] == 0


def numbers(replies: list[Reply]) -> list[int]:
    return [reply.answer["number"] for reply in replies]


def test_a_function_without_a_process_answers(desk: Desk, tmp_path: Path) -> None:
    module = modules.echo(tmp_path / "echo", scaling={"idle": "1s"})
    url = desk.deployed(module)["url"]
    first = ask(url, number=1).answer
    asleep(desk, module)
    assert "0 (asleep)" in desk.run("list", at=module).out
    second = ask(url, number=2).answer
    assert second["number"] == 2
    assert second["pid"] != first["pid"]
    assert desk.status(module)["replicas"] == 1


def test_200_requests_wake_a_function_and_share_few_processes(desk: Desk, tmp_path: Path) -> None:
    module = modules.echo(tmp_path / "echo", scaling=BOUNDED)
    url = desk.deployed(module)["url"]
    asleep(desk, module)
    with Census(desk) as census:
        replies = at_once(url, 200, pause=0.01)
    assert numbers(replies) == list(range(200))
    assert 1 <= census.most <= 3
    asleep(desk, module)


def test_200_requests_wake_a_function_with_default_scaling(desk: Desk, tmp_path: Path) -> None:
    module = modules.echo(tmp_path / "echo")
    url = desk.deployed(module)["url"]
    for process in desk.functions():
        process.kill()
    until(lambda: not desk.functions())
    with Census(desk) as census:
        replies = at_once(url, 200)
    assert numbers(replies) == list(range(200))
    assert census.most == 1


def test_requests_beyond_the_queue_are_told_when_to_come_back(desk: Desk, tmp_path: Path) -> None:
    scaling = {"max": 1, "concurrency": 1, "queue": 2}
    module = modules.echo(tmp_path / "echo", scaling=scaling)
    url = desk.deployed(module)["url"]
    replies = at_once(url, 20, pause=0.5)
    refused = [reply for reply in replies if reply.status == 503]
    assert {reply.status for reply in replies} == {200, 503}
    assert all(int(reply.headers["retry-after"]) >= 1 for reply in refused)
    assert "QueueFull" in refused[0].error


def test_the_least_number_of_processes_stays(desk: Desk, tmp_path: Path) -> None:
    module = modules.echo(tmp_path / "echo", scaling={"min": 2, "max": 3, "idle": "1s"})
    url = desk.deployed(module)["url"]
    until(lambda: desk.status(module)["replicas"] == 2)
    desk.functions()[0].kill()
    until(lambda: desk.status(module)["replicas"] == 2)
    assert ask(url, number=1).answer["number"] == 1

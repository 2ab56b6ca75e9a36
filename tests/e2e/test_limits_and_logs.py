"""Memory limits, warnings, ports, and what `faasctl logs` shows."""

from __future__ import annotations

import json
import socket
import time
from pathlib import Path

from tests.e2e import modules
from tests.e2e.calls import ask
from tests.e2e.world import Desk, reading, until


def test_a_process_beyond_its_memory_is_ended_by_name_of_the_limit(
    desk: Desk, tmp_path: Path
) -> None:
    module = modules.echo(tmp_path / "echo", resourceLimits={"memory": "128Mi"})
    url = desk.deployed(module)["url"]
    reply = ask(url, eat=300)
    assert reply.status == 502
    assert "resourceLimits.memory 128Mi exceeded" in reply.error
    assert ask(url, number=1).answer["number"] == 1
    assert "resourceLimits.memory 128Mi exceeded" in desk.run("list", at=module).out
    assert "resourceLimits.memory" in desk.run("logs", at=module).out


def test_an_existing_image_is_replaced_by_the_sources_with_a_warning(
    desk: Desk, tmp_path: Path
) -> None:
    image = {"existingImageName": "registry.example.com/team/echo:3"}
    module = modules.echo(tmp_path / "echo", image=image)
    said = desk.run("deploy", at=module)
    assert "existingImageName registry.example.com/team/echo:3 is not run here" in said.err
    assert ask(desk.status(module)["url"]).answer["version"] == "1"


def test_a_component_may_have_a_port_of_its_own(desk: Desk, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    module = modules.echo(tmp_path / "echo", local={"port": port})
    desk.run("deploy", at=module)
    assert ask(f"http://127.0.0.1:{port}", number=4).answer["number"] == 4
    desk.gateway().kill()
    desk.run("list", at=module)
    assert ask(f"http://127.0.0.1:{port}", number=5).answer["number"] == 5


def test_logs_are_of_all_processes_in_order_of_time(desk: Desk, module: Path) -> None:
    url = desk.deployed(module)["url"]
    ask(url, say="first words")
    for process in desk.functions():
        process.kill()
        process.wait()
    ask(url, say="second words")
    out = desk.run("logs", "echo", at=module).out
    assert out.index("first words") < out.index("second words")
    before = desk.run("logs", "--previous", at=module).out
    assert "first words" in before
    assert "second words" not in before
    modules.write_version(module, "2")
    desk.run("deploy", at=module)
    assert "words" not in desk.run("logs", at=module).out
    assert "second words" in desk.run("logs", "--previous", at=module).out


def test_logs_may_be_asked_for_from_a_time_on(desk: Desk, module: Path) -> None:
    url = desk.deployed(module)["url"]
    ask(url, say="long ago")
    began = time.monotonic()
    until(lambda: time.monotonic() - began > 1.5)
    ask(url, say="just now")
    out = desk.run("logs", "--since", "1s", at=module)
    assert "long ago" not in out.out
    assert "just now" in desk.run("logs", "--since", "10m", at=module).out
    assert "write 30s" in desk.run("logs", "--since", "yesterday", at=module, code=2).err


def test_logs_are_followed_over_restarts_and_new_versions(desk: Desk, module: Path) -> None:
    url = desk.deployed(module)["url"]
    with reading(desk.start("logs", "-f", at=module), "stdout") as lines:

        def said(word: str) -> None:
            assert ask(url, say=word).answer
            until(lambda: any(f'"{word}"' in line for line in lines))

        said("word 1")
        (process,) = desk.functions()
        process.kill()
        process.wait()
        said("word 2")
        desk.gateway().kill()
        desk.run("status", at=module)
        said("word 3")
        modules.write_version(module, "2")
        desk.run("deploy", at=module)
        said("word 4")


def test_a_request_is_found_in_the_log_by_its_id(desk: Desk, module: Path) -> None:
    url = desk.deployed(module)["url"]
    reply = ask(url, {"x-request-id": "my-request.1"}, say="with an id")
    assert reply.headers["x-request-id"] == "my-request.1"
    given = ask(url).headers["x-request-id"]
    refused = ask(url, None, **{"raise": "no such flower"})
    assert (refused.status, refused.error) == (500, "ValueError: no such flower")
    lines = [json.loads(line) for line in desk.run("logs", at=module).out.splitlines()]
    mine = [line for line in lines if line.get("request_id") == "my-request.1"]
    assert {line["event"] for line in mine} == {"print", "request"}
    assert any(line.get("request_id") == given for line in lines)
    failed = [line for line in lines if line.get("request_id") == refused.headers["x-request-id"]]
    assert any("echo.py" in line.get("trace", "") for line in failed)

"""SIGKILL for functions, for the gateway and for deploys: the next command finds all in order."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from tests.e2e import modules
from tests.e2e.calls import Reply, ask
from tests.e2e.test_deploys_under_load import busy
from tests.e2e.world import Desk, ending, until


def slow(version: str) -> str:
    """The function with a way to ready that is long enough to be killed on."""
    text = modules.FUNCTION.read_text("utf-8").replace('"1"', f'"{version}"', 1)
    return text.replace("import time\n", "import time\n\ntime.sleep(0.4)\n", 1)


class Asking(threading.Thread):
    """One request under way; `reply` or `failure` is there after `join`."""

    def __init__(self, url: str, **what: object) -> None:
        super().__init__()
        self.reply: Reply | None = None
        self.failure: OSError | None = None
        self._url, self._what = url, what
        self.start()

    def run(self) -> None:
        try:
            self.reply = ask(self._url, None, **self._what)
        except OSError as error:
            self.failure = error


def test_a_process_killed_in_mid_request_gives_a_502_and_a_new_process(
    desk: Desk, module: Path
) -> None:
    url = desk.deployed(module)["url"]
    asking = Asking(url, pause=60)
    until(lambda: busy(desk))
    desk.functions()[0].send_signal(signal.SIGKILL)
    asking.join()
    assert asking.reply is not None
    assert asking.reply.status == 502
    assert "was killed by signal SIGKILL" in asking.reply.error
    assert ask(url, number=5).answer["number"] == 5
    said = desk.run("invoke", "--data", '{"inputs": [{"name": "ask", "datatype": "dict", '
                    '"data": {"die": 1}}]}', at=module, code=1)  # fmt: skip
    assert "502" in said.err
    assert "SIGKILL" in desk.run("list", at=module).out


def test_a_killed_gateway_comes_back_with_the_next_command(desk: Desk, module: Path) -> None:
    before = desk.deployed(module)
    modules.write_version(module, "2")
    desk.deployed(module)
    asking = Asking(before["url"], pause=1.5)
    until(lambda: busy(desk))
    desk.gateway().send_signal(signal.SIGKILL)
    asking.join()
    assert asking.failure is not None
    after = desk.status(module)
    assert (after["url"], after["revision"]) == (before["url"], "echo-00002")
    assert after["revisions"] == ["echo-00002", "echo-00001"]
    assert ask(after["url"]).answer["version"] == "2"
    until(lambda: len(desk.functions()) == 1)
    assert desk.run("rollback", "--json", "echo", at=module).component["revision"] == "echo-00001"
    assert ask(after["url"]).answer["version"] == "1"


def test_a_gateway_killed_while_a_deploy_starts_leaves_the_old_version(
    desk: Desk, module: Path
) -> None:
    url = desk.deployed(module)["url"]
    modules.write_code(module, slow("2"))
    with ending(desk.start("deploy", at=module)) as deploying:
        read_until(deploying.stderr, "starting")
        desk.gateway().send_signal(signal.SIGKILL)
        _, said = deploying.communicate()
    assert deploying.returncode == 1
    assert "error: " in said
    assert "Traceback" not in said
    desk.status(module)
    assert ask(url).answer["version"] == "1"
    until(lambda: len(desk.functions()) == 1)
    assert desk.deployed(module)["revision"] == "echo-00003"
    assert ask(url).answer["version"] == "2"


@pytest.mark.parametrize("pause", [0.0, 0.15, 0.5, 1.0])
def test_a_deploy_killed_while_it_builds_leaves_nothing_half_built(
    bare_desk: Desk, module: Path, prepared: Path, pause: float
) -> None:
    desk = bare_desk
    with ending(desk.start("deploy", at=module)) as deploying:
        read_until(deploying.stderr, "preparing the handler")
        time.sleep(pause)
        deploying.kill()
    assert ask(desk.deployed(module)["url"]).answer["version"] == "1"
    for kind in ("runtime", "environments"):
        folders = [mark.parent.name for mark in desk.home.glob(f"{kind}/*/.complete")]
        assert len(folders) == 1
        for name in folders:
            assert built(desk.home / kind / name) == built(prepared / kind / name)


def test_a_deploy_killed_at_any_moment_leaves_the_old_or_the_new_version(
    desk: Desk, module: Path
) -> None:
    url = desk.deployed(module)["url"]
    served = {
        killed(desk, module, str(step + 2), str(step + 1), wait=partial(pause, 0.15 * step))
        for step in range(8)
    }
    assert len(served) > 1
    assert desk.status(module)["url"] == url


def pause(seconds: float, _: object) -> None:
    time.sleep(seconds)


@pytest.mark.parametrize("line", ["copying", "starting", "ready", "traffic"])
def test_a_deploy_killed_at_a_step_leaves_the_old_or_the_new_version(
    desk: Desk, module: Path, line: str
) -> None:
    desk.deployed(module)
    live = killed(desk, module, "2", "1", wait=lambda error: read_until(error, line))
    assert live == {"copying": "1", "traffic": "2"}.get(line, live)
    assert desk.run("diff", at=module).err.endswith("no change\n")


def killed(
    desk: Desk, module: Path, version: str, live: str, *, wait: Callable[[object], None]
) -> str:
    """Kill a deploy of that version after `wait`; the version that is live then, and stays so."""
    modules.write_code(module, slow(version))
    with ending(desk.start("deploy", at=module)) as deploying:
        wait(deploying.stderr)
        deploying.kill()
    there = desk.status(module)
    serving = str(ask(there["url"]).answer["version"])
    assert serving in {live, version}
    until(lambda: len(desk.functions()) == 1)
    assert ask(there["url"]).answer["version"] == serving
    desk.run("deploy", at=module)
    assert ask(there["url"]).answer["version"] == version
    return serving


def read_until(stream: object, part: str) -> None:
    """Read a command's lines up to one that has the part."""
    assert hasattr(stream, "readline")
    while line := stream.readline():
        if part in line:
            return
    raise AssertionError(f"no line says {part!r}")


def built(folder: Path) -> set[str]:
    """The files of a finished folder, byte code left out."""
    files = (file for file in folder.rglob("*") if "__pycache__" not in file.parts)
    return {str(file.relative_to(folder)) for file in files if file.is_file()}

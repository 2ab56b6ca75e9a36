"""`run` with live reload, `exec`, and golden cases that fail."""

from __future__ import annotations

import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from tests.e2e import modules
from tests.e2e.calls import ask, at_once, get
from tests.e2e.world import Desk, reading, until


@contextmanager
def running(desk: Desk, module: Path) -> Iterator[tuple[str, list[str]]]:
    """`faasctl run` on any port: the URL that it names, and its lines so far."""
    command = desk.start("run", "--port", "0", at=module)
    with reading(command, "stderr") as lines:
        told = until(lambda: [line for line in lines if "http://" in line])
        yield told[0].split()[1], lines
        command.send_signal(signal.SIGINT)
        assert command.wait(30) == 0


def test_a_saved_file_changes_the_answer_without_a_failed_request(desk: Desk, module: Path) -> None:
    with running(desk, module) as (url, _):
        assert ask(url).answer["version"] == "1"
        for version in ("2", "3"):
            modules.write_version(module, version)
            until(partial(answers, url, version))
        assert {reply.status for reply in at_once(url, 20, pause=0.05)} == {200}
        assert get(url, "/docs").status == 200
    assert not list(desk.home.rglob("gateway.json"))
    assert not list(module.rglob("__pycache__"))


def test_broken_code_is_shown_and_mended_code_answers_what_had_waited(
    desk: Desk, module: Path
) -> None:
    with running(desk, module) as (url, lines):
        assert ask(url).answer["version"] == "1"
        modules.write_code(module, "def inference(:\n")
        until(lambda: any("src/echo.py" in one and "SyntaxError" in one for one in lines))
        modules.write_version(module, "2")
        until(partial(answers, url, "2"))


def answers(url: str, version: str) -> bool:
    return bool(ask(url).answer["version"] == version)


def test_exec_passes_words_input_and_the_exit_code_on(desk: Desk, module: Path) -> None:
    program = "import sys; print(sys.argv[1:]); print(sys.stdin.read()); sys.exit(7)"
    words = ("exec", "echo", "--", "python", "-c", program, "--json", "-v", "a b", "--", "")
    said = desk.run(*words, at=module, code=7, stdin="given")
    assert said.out == "['--json', '-v', 'a b', '--', '']\ngiven\n"
    killed = "import os, signal; os.kill(os.getpid(), signal.SIGKILL)"
    desk.run("exec", "echo", "--", "python", "-c", killed, at=module, code=137)


def test_exec_runs_in_the_environment_of_the_function(desk: Desk, module: Path) -> None:
    program = "import echo, os, sys; print(echo.VERSION, os.getcwd(), sys.prefix)"
    said = desk.run("exec", "echo", "--", "python", "-c", program, at=module / "src")
    version, folder, prefix = said.out.split()
    assert (version, folder) == ("1", str(module))
    assert prefix.startswith(str(desk.home))
    assert prefix != sys.prefix


def test_a_case_that_fails_says_what_was_expected_and_what_came(desk: Desk, module: Path) -> None:
    wrong = {
        **modules.CASE,
        "expect": {"outputs": [{"name": "answer", "datatype": "dict", "data": {"number": 8}}]},
    }
    modules.write_case(module)
    modules.write_case(module, "eight", wrong)
    desk.run("deploy", at=module)
    for target in ("in-process", "local"):
        said = desk.run("test", "--target", target, at=module, code=1)
        assert "FAILED  echo  eight" in said.out
        assert "expected 8, got 7" in said.out
        assert "1 passed, 1 failed" in said.err
        found = desk.run("test", "--target", target, "--json", at=module, code=1).value
        assert (found["passed"], found["failed"]) == (1, 1)


def test_a_function_that_does_not_start_fails_its_cases_with_the_reason(
    desk: Desk, module: Path
) -> None:
    modules.write_case(module)
    modules.write_code(
        module, 'print("words")\nimport nothing_of_that_name\n\n\ndef inference(inputs): ...\n'
    )
    said = desk.run("test", at=module, code=1)
    assert "src/echo.py:2: ModuleNotFoundError" in said.err
    assert "words" in said.err

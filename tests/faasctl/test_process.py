"""Programs: run to their end, bounded in time, detached."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

import psutil
import pytest

from faasctl import process

PYTHON = sys.executable


def test_a_programs_lines_are_seen_as_they_come_and_kept() -> None:
    seen: list[str] = []
    code = "import sys; print('out'); print('err', file=sys.stderr); sys.exit(3)"
    done = process.run([PYTHON, "-u", "-c", code], on_line=seen.append)
    assert (done.code, done.lines, seen) == (3, ("out", "err"), ["out", "err"])
    assert done.output == "out\nerr"


def test_a_program_that_takes_too_long_is_killed_with_what_it_started(tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text(
        "import subprocess, sys, time\n"
        "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)'])\n"
        "print(child.pid, flush=True)\n"
        "time.sleep(60)\n"
    )
    seen: list[str] = []
    with pytest.raises(process.ProgramError, match=r"did not end within 1 s"):
        process.run([PYTHON, str(script)], timeout=1, on_line=seen.append)
    deadline = time.monotonic() + 5
    while _runs(int(seen[0])):
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_an_interrupted_caller_leaves_no_program_behind() -> None:
    pids: list[int] = []

    def interrupt(line: str) -> None:
        pids.append(int(line))
        raise KeyboardInterrupt

    code = "import os, time; print(os.getpid(), flush=True); time.sleep(60)"
    with pytest.raises(KeyboardInterrupt):
        process.run([PYTHON, "-c", code], on_line=interrupt)
    assert not _runs(pids[0])


@pytest.mark.parametrize("start", [process.run, process.run_attached])
def test_a_program_that_is_not_there_is_named(start: object) -> None:
    with pytest.raises(process.ProgramError, match="cannot start no-such-program"):
        start(["no-such-program"])  # type: ignore[operator]


def test_an_attached_programs_code_is_what_a_shell_would_say() -> None:
    assert process.run_attached([PYTHON, "-c", "raise SystemExit(7)"]) == 7
    code = "import os, signal; os.kill(os.getpid(), signal.SIGTERM)"
    assert process.run_attached([PYTHON, "-c", code]) == 128 + 15


def test_a_detached_program_has_a_session_of_its_own(tmp_path: Path) -> None:
    log = tmp_path / "log"
    code = "import os; print(os.getsid(0) == os.getpid(), os.getcwd())"
    pid = process.start_detached([PYTHON, "-c", code], log=log, directory=tmp_path)
    deadline = time.monotonic() + 10
    while not log.read_text().endswith("\n"):
        assert time.monotonic() < deadline
        time.sleep(0.02)
    assert log.read_text() == f"True {tmp_path}\n"
    assert pid != os.getpid()


def _runs(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False

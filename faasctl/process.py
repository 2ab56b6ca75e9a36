"""The only place that starts programs: in the foreground, to their end, detached, supervised."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import threading
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from faasctl.errors import FaasctlError

if TYPE_CHECKING:
    import asyncio

#: Lines of a program's output that `run` keeps.
KEPT_LINES = 2000

_shared: ContextVar[tuple[int, ...]] = ContextVar("shared", default=())


@contextlib.contextmanager
def sharing(descriptor: int) -> Iterator[None]:
    """Programs that `capture` starts in this block hold the file descriptor open, too.

    A lock that is held by it lasts until the last of them has ended, even when this process is
    killed before: nobody may begin anew while they still write.
    """
    token = _shared.set((*_shared.get(), descriptor))
    try:
        yield
    finally:
        _shared.reset(token)


@dataclass(frozen=True, slots=True)
class Captured:
    """What a program printed before it ended with `code`, its two streams apart."""

    code: int
    output: str
    errors: str


def capture(
    command: Sequence[str],
    *,
    directory: Path | None = None,
    environment: Mapping[str, str] | None = None,
    text: str | None = None,
) -> Captured:
    """Run to the end; raises ProgramError only when it can't be started.

    `environment` is added to this process's own, `text` is the program's input.
    """
    try:
        done = subprocess.run(
            command,
            cwd=directory,
            env={**os.environ, **(environment or {})},
            **({"stdin": subprocess.DEVNULL} if text is None else {"input": text}),
            capture_output=True,
            check=False,
            text=True,
            encoding="utf-8",
            errors="replace",
            pass_fds=_shared.get(),
        )
    except OSError as error:
        raise _cannot_start(command, error) from error
    return Captured(done.returncode, done.stdout, done.stderr)


@dataclass(frozen=True, slots=True)
class Finished:
    """How a program ended: its exit code (128 + N for signal N) and its last lines of output."""

    code: int
    lines: tuple[str, ...]

    @property
    def output(self) -> str:
        return "\n".join(self.lines)


class ProgramError(FaasctlError):
    """A program could not be started, or did not end in time."""


def run(
    command: Sequence[str],
    *,
    directory: Path | None = None,
    environment: Mapping[str, str] | None = None,
    timeout: float | None = None,
    on_line: Callable[[str], None] | None = None,
) -> Finished:
    """Run to the end, standard error with standard output, no input; None inherits the environment.

    `on_line` sees each line as it comes. After `timeout` seconds the program and what it started
    are killed and ProgramError is raised; so they are when this call is interrupted.
    """
    with _started(
        command,
        cwd=directory,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    ) as process:
        late = threading.Event()

        def end() -> None:
            late.set()
            _kill_group(process.pid)

        timer = threading.Timer(timeout or 0, end)
        timer.daemon = True
        if timeout is not None:
            timer.start()
        try:
            lines = _follow(process, on_line)
            code = process.wait()
        except BaseException:
            _kill_group(process.pid)
            raise
        finally:
            timer.cancel()
    if late.is_set():
        raise ProgramError(f"{command[0]} did not end within {timeout:g} s")
    return Finished(exit_code(code), lines)


def run_attached(
    command: Sequence[str],
    *,
    directory: Path | None = None,
    environment: Mapping[str, str] | None = None,
) -> int:
    """Run with this terminal's input and output; Ctrl-C is the program's own to handle."""
    with _started(command, cwd=directory, env=environment) as process:
        while True:
            try:
                return exit_code(process.wait())
            except KeyboardInterrupt:
                continue


def start_detached(command: Sequence[str], *, log: Path, directory: Path) -> int:
    """Start a program that outlives this one and its terminal; returns its process id."""
    with log.open("ab") as output:
        process = _started(
            command,
            cwd=directory,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    # Nobody waits for it here: when it ends first, this reaps it and silences Popen's warning.
    threading.Thread(target=process.wait, daemon=True).start()
    return process.pid


def start(
    command: Sequence[str],
    *,
    directory: Path,
    environment: Mapping[str, str],
    inherit: Sequence[int],
    output: int | None = None,
) -> subprocess.Popen[bytes]:
    """Start with exactly that environment and the file descriptors inherited.

    `output` takes what it prints; None leaves it on this terminal.
    """
    return _started(
        command,
        cwd=directory,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=output,
        pass_fds=tuple(inherit),
    )


def end(running: subprocess.Popen[bytes], *, patience: float = 10.0) -> int:
    """Ask a program to finish, kill it when it does not within `patience` seconds."""
    running.terminate()
    try:
        return exit_code(running.wait(patience))
    except subprocess.TimeoutExpired:
        running.kill()
        return exit_code(running.wait())


class Child:
    """A supervised program that leads a session of its own."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self.pid = process.pid

    async def wait(self) -> int:
        """Its exit code, 128 + N for signal N; whatever it left behind in its group is killed."""
        code = await self._process.wait()
        _kill_group(self.pid)
        return exit_code(code)

    def signal(self, number: signal.Signals) -> None:
        """Send to the program itself; nothing happens when it is gone."""
        with contextlib.suppress(ProcessLookupError):
            self._process.send_signal(number)

    def kill(self) -> None:
        """Kill it and everything it started in its group."""
        if self._process.returncode is None:
            _kill_group(self.pid)


async def supervise(
    command: Sequence[str],
    *,
    directory: str,
    environment: Mapping[str, str],
    output: int,
    inherit: Sequence[int],
) -> Child:
    """Start with exactly that environment, output to a file and the file descriptors inherited."""
    import asyncio

    try:
        process = await asyncio.create_subprocess_exec(
            *command,
            cwd=directory,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            pass_fds=inherit,
            start_new_session=True,
            umask=0o022,
        )
    except OSError as error:
        raise _cannot_start(command, error) from error
    return Child(process)


def exit_code(returned: int) -> int:
    """What a shell would call it: 128 + N for signal N."""
    return 128 - returned if returned < 0 else returned


def _started(command: Sequence[str], **how: object) -> subprocess.Popen[bytes]:
    try:
        return subprocess.Popen(command, **how)  # type: ignore[call-overload,no-any-return]
    except OSError as error:
        raise _cannot_start(command, error) from error


def _cannot_start(command: Sequence[str], error: OSError) -> ProgramError:
    return ProgramError(f"cannot start {command[0]}: {error.strerror or error}")


def _follow(
    process: subprocess.Popen[bytes], on_line: Callable[[str], None] | None
) -> tuple[str, ...]:
    kept: deque[str] = deque(maxlen=KEPT_LINES)
    for raw in process.stdout or ():
        line = raw.decode("utf-8", "replace").rstrip("\r\n")
        kept.append(line)
        if on_line is not None:
            on_line(line)
    return tuple(kept)


def _kill_group(leader: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(leader, signal.SIGKILL)

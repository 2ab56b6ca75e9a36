"""The real command in a home of its own, with the gateway and the functions that it starts."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, TypeVar

import psutil

T = TypeVar("T")

FAASCTL = Path(sys.executable).with_name("faasctl")

#: Seconds after which a command or a condition counts as never to come.
PATIENCE = 120.0


@dataclass(frozen=True, slots=True)
class Said:
    """What a command printed, and how it left."""

    code: int
    out: str
    err: str

    @property
    def value(self) -> Any:
        """The one JSON value on standard output; anything else there is an error."""
        return json.loads(self.out)

    @property
    def component(self) -> Any:
        (only,) = self.value["components"]
        return only


@dataclass(frozen=True, slots=True)
class Desk:
    """One user's machine, as far as faasctl knows it: a home, and an environment."""

    home: Path
    environment: Mapping[str, str] = field(repr=False)
    transcript: list[Said] = field(default_factory=list, repr=False)

    def run(
        self,
        *words: str | Path,
        at: Path | None = None,
        code: int = 0,
        stdin: str = "",
        **environment: str,
    ) -> Said:
        """A command to its end; it must leave with that code, and show no traceback of ours."""
        done = subprocess.run(
            [FAASCTL, *words],
            cwd=at or self.home.parent,
            env={**self.environment, **environment},
            input=stdin,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )
        said = Said(done.returncode, done.stdout, done.stderr)
        self.transcript.append(said)
        shown = f"faasctl {' '.join(map(str, words))}\n{said.out}\n{said.err}"
        assert said.code == code, f"left with {said.code}, not {code}: {shown}"
        assert not any(line.startswith("Traceback") for line in said.err.splitlines()), shown
        return said

    def start(
        self, *words: str | Path, at: Path | None = None, **environment: str
    ) -> subprocess.Popen[str]:
        """A command that goes on, in a session of its own; its output can be read from it."""
        return subprocess.Popen(
            [FAASCTL, *words],
            cwd=at or self.home.parent,
            env={**self.environment, **environment},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def having(self, variables: Mapping[str, str]) -> Desk:
        """The same desk with further variables in its environment."""
        return replace(self, environment={**self.environment, **variables})

    def deployed(self, module: Path, *words: str) -> Any:
        """The one component of a module, freshly deployed."""
        return self.run("deploy", "--json", *words, at=module).component

    def status(self, module: Path) -> Any:
        return self.run("status", "--json", at=module).component

    def functions(self) -> list[psutil.Process]:
        """All processes of functions that run from this home."""
        return list(self._processes(str(self.home / "local" / "revisions")))

    def gateway(self) -> psutil.Process:
        told = json.loads((self.home / "local" / "gateway.json").read_text("utf-8"))
        return psutil.Process(told["pid"])

    def _processes(self, part: str) -> Iterator[psutil.Process]:
        for process in psutil.process_iter():
            with contextlib.suppress(psutil.Error):
                if process.status() != psutil.STATUS_ZOMBIE and part in " ".join(process.cmdline()):
                    yield process

    def close(self) -> None:
        """Stop the gateway; whatever is left of this home is ended and reported."""
        self.run("local", "stop")
        left = list(self._processes(f"{self.home}/"))
        told = [" ".join(process.cmdline()) for process in left]
        for process in left:
            process.kill()
        assert not told, told


@contextlib.contextmanager
def ending(running: subprocess.Popen[str]) -> Iterator[subprocess.Popen[str]]:
    """A command that is killed at the end where it has not left by itself."""
    try:
        yield running
    finally:
        running.kill()
        running.communicate()


@contextlib.contextmanager
def reading(running: subprocess.Popen[str], stream: str) -> Iterator[list[str]]:
    """A command's lines so far; killed at the end. A pipe that nobody reads would stop it."""
    lines: list[str] = []

    def read() -> None:
        for line in getattr(running, stream):
            lines.append(line)  # noqa: PERF402 - as they come

    thread = threading.Thread(target=read)
    with running:
        thread.start()
        try:
            yield lines
        finally:
            running.kill()
            thread.join()


def until(holds: Callable[[], T], patience: float = 60.0) -> T:
    """What `holds` says once it is true."""
    deadline = time.monotonic() + patience
    while not (said := holds()):
        assert time.monotonic() < deadline, "it never became true"
        time.sleep(0.02)
    return said


def environment(home: Path, user: Path, cache: str) -> dict[str, str]:
    """The surroundings of a command: this machine's without its settings, another user."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("FAASCTL_")}
    user.mkdir(exist_ok=True)
    return {
        **kept,
        "HOME": str(user),
        "XDG_CONFIG_HOME": str(user),
        "UV_CACHE_DIR": cache,
        "FAASCTL_HOME": str(home),
        "FAASCTL_GATEWAY_PORT": "0",
        "NO_COLOR": "1",
    }


def share(prepared: Path, home: Path, names: Sequence[str] = ("environments", "runtime")) -> None:
    """Let a home use what another has built; its state stays its own."""
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    for name in names:
        (home / name).symlink_to(prepared / name)

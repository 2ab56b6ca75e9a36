"""A function without a gateway: served in the foreground, called by tests, or its environment."""

from __future__ import annotations

import os
import socket
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from subprocess import Popen

from faasctl import http, process
from faasctl.build import lock, runtime
from faasctl.errors import DeployError, FaasctlError, UnreachableError
from faasctl.gateway import logs
from faasctl.gateway.environment import process_environment
from faasctl.model import MLComponent, Module
from faasctl.pipeline import storage
from faasctl.pipeline.loading import one_function
from faasctl.pipeline.packaging import make_plan, prepare_environment, said
from faasctl.pipeline.session import Session
from faasctl.plan import LocalRelease, PreparedFunction
from faasctl.ports import Report
from faasctl.targets import local


@dataclass(frozen=True, slots=True)
class Prepared:
    """A function that can be started from the module's own folder."""

    module: Module
    component: MLComponent
    python: Path
    release: LocalRelease
    home: Path


def prepare(
    session: Session, name: str | None, report: Report, *, development: bool = False
) -> Prepared:
    """The environment of one function; with `development` its development packages, too."""
    component = one_function(session.module, name)
    # A command such as a training script makes the files that a deploy would miss.
    plan = make_plan(session.module, [component], report, with_files=not development)
    also = lock.development_requirements(session.module.root) if development else ()
    home = session.settings.home
    made = prepare_environment(plan.functions[0], home, report, also)
    handler = runtime.prepare(home, made.interpreter, report=said(report, component.name))
    artifact = PreparedFunction(
        component.name, str(made.python), str(session.module.root), str(handler), digest=""
    )
    site = None
    if local.needs_storage([component]) and not development:
        site = storage.local_site(session.settings, session.module.namespace)
    release = local.render(plan, {component.name: artifact}, site)[0]
    return Prepared(session.module, component, made.python, release, home)


def execute(prepared: Prepared, command: Sequence[str]) -> int:
    """Run a command in the environment, in the module's folder; returns its exit code."""
    entry = prepared.component.entry_point
    folder = prepared.module.root / (entry.python_path if entry else ".")
    scripts = prepared.python.parent
    environment = {
        **os.environ,
        "PATH": f"{scripts}{os.pathsep}{os.environ.get('PATH', '')}",
        "VIRTUAL_ENV": str(scripts.parent),
        "PYTHONPATH": os.pathsep.join([str(folder), str(prepared.module.root)]),
    }
    return process.run_attached(
        list(command), directory=prepared.module.root, environment=environment
    )


def serve(prepared: Prepared, *, port: int, reload: bool, say: Callable[[str], None]) -> int:
    """Serve on a port of this machine until Ctrl-C; start again when a file changes.

    The port is bound once, so that a request during a restart waits instead of failing.
    """
    try:
        listener = socket.create_server(("127.0.0.1", port), backlog=1024)
    except OSError as error:
        raise FaasctlError(
            f"port {port} can't be used: {error.strerror}", hint="choose another with --port"
        ) from error
    url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    say(f"{prepared.component.name}: {url}  (Ctrl-C ends it)")
    with listener, _files(prepared) as (compiled, environment):
        program = _program(prepared, compiled, listener.fileno())

        def start() -> Popen[bytes]:
            return process.start(
                program,
                directory=prepared.module.root,
                environment=environment,
                inherit=[listener.fileno()],
            )

        return _supervised(start, prepared.module.root, reload=reload, say=say)


def _supervised(
    start: Callable[[], Popen[bytes]], root: Path, *, reload: bool, say: Callable[[str], None]
) -> int:
    running = start()
    try:
        if not reload:
            return process.exit_code(running.wait())
        from watchfiles import watch

        for changes in watch(root, raise_interrupt=True):
            names = sorted({Path(path).relative_to(root).as_posix() for _, path in changes})
            say(f"{', '.join(names[:3])} changed, starting again")
            process.end(running)
            running = start()
    except KeyboardInterrupt:
        return 0
    finally:
        process.end(running)
    return 0


@contextmanager
def serving(prepared: Prepared) -> Iterator[str]:
    """The function's URL while it runs as a process of its own, on a free port.

    Raises DeployError with its own last lines when it does not start.
    """
    with (
        socket.create_server(("127.0.0.1", 0), backlog=128) as listener,
        _files(prepared) as (compiled, environment),
        compiled.with_name("log").open("wb") as log,
    ):
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        child = process.start(
            _program(prepared, compiled, listener.fileno()),
            directory=prepared.module.root,
            environment=environment,
            output=log.fileno(),
            inherit=[listener.fileno()],
        )
        listener.close()
        try:
            _wait_ready(url, prepared, Path(log.name))
            yield url
        finally:
            process.end(child)


def _wait_ready(url: str, prepared: Prepared, log: Path) -> None:
    limit = max(60.0, prepared.component.timeout)
    try:
        answer = http.send_to(url, http.Request("GET", "/v2/health/ready", timeout=limit))
        ready, why = answer.status == 200, f"is not ready: {answer.text}"
    except UnreachableError:
        ready, why = False, "did not start"
    if not ready:
        said = logs.failure(log) or why
        lines = logs.last_lines(log, 20)
        raise DeployError(f"{prepared.component.name}: {said}", log=lines)


def _program(prepared: Prepared, compiled: Path, fd: int) -> list[str]:
    python, *words = (
        str(compiled) if word == "{component}" else word for word in prepared.release.command
    )
    # No byte code is left in the module, where two saves within a second would look like one.
    return [python, "-B", *words, "--fd", str(fd)]


@contextmanager
def _files(prepared: Prepared) -> Iterator[tuple[Path, Mapping[str, str]]]:
    """The compiled component in a scratch folder, and the function's own environment."""
    with tempfile.TemporaryDirectory(prefix="faasctl-") as folder:
        compiled = Path(folder) / "component.json"
        compiled.write_text(prepared.release.component, "utf-8")
        scratch = Path(folder) / "home"
        scratch.mkdir()
        environment = process_environment(
            prepared.release, "foreground", home=prepared.home, scratch=scratch
        )
        yield compiled, environment

"""From the start of a process to its first right answer: the handler against a bare uvicorn app.

    python bench/cold_start.py --python ENV/bin/python --runtime RUNTIME --module MODULE

ENV holds the module's packages, RUNTIME holds `handlers/` and `dependencies/` as a deployed
function has them, MODULE is a trained copy of `examples/iris`. All are started in turn on a
socket that is bound before, the request is sent before the process starts, and the answer is held
against the golden case. `function alone` calls the function once, without any server.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import socket
import statistics
import subprocess
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from faasctl import cases, manifest
from faasctl.cases import Case
from faasctl.model import MLComponent
from handlers.contract.compiled import CompiledComponent, WarmupRequest, dump

HERE = Path(__file__).resolve().parent
_ALONE = """
import json, sys
from iris.predict import inference
case = json.loads(sys.argv[1])
outputs, _ = inference([], case["inputs"], [], "model/iris.joblib")
print(json.dumps({"outputs": outputs}), flush=True)
"""


@dataclass(frozen=True, slots=True)
class Contestant:
    """A program; `served` says whether it answers over HTTP on the socket that it inherits."""

    name: str
    command: tuple[str, ...]
    environment: Mapping[str, str]
    served: bool = True


@dataclass(frozen=True, slots=True)
class Start:
    """One cold start: seconds to the first right answer, and CPU seconds until the end."""

    seconds: float
    cpu: float


@dataclass(frozen=True, slots=True)
class Row:
    name: str
    runs: int
    median: float
    fastest: float
    cpu: float
    ratio: float


def contestants(options: argparse.Namespace, case: Case, component: Path) -> list[Contestant]:
    """The programs that are compared, the baseline first."""
    python, module = str(options.python.absolute()), options.module
    handler = str(options.runtime.absolute() / "handlers" / "start.py")
    path = (str(module / "src"), str(HERE), str(options.runtime.absolute() / "dependencies"))
    own = {"PATH": os.environ["PATH"], "LANG": "C.UTF-8", "HOME": str(module)}
    importing = {**own, "PYTHONPATH": os.pathsep.join(path)}
    uvicorn = ("-m", "uvicorn", "bare_app:app", "--loop", "uvloop", "--http", "httptools")
    quiet = ("--no-access-log", "--log-level", "warning")
    request = json.dumps(case.request)
    return [
        Contestant("bare uvicorn app", (python, *uvicorn, *quiet), importing),
        Contestant("handler", (python, "-I", handler, str(component)), own),
        Contestant("function alone", (python, "-c", _ALONE, request), importing, served=False),
    ]


def compiled(component: MLComponent, case: Case) -> str:
    """The JSON that the handler reads; the case is its warm-up, as in the module's manifest."""
    entry, model = component.entry_point, component.model_reference
    if entry is None or model is None:
        raise SystemExit(f"{component.name}: no entry point or no model")
    return dump(
        CompiledComponent(
            "bench",
            component.name,
            "inference",
            entry.python_function,
            entry.python_path,
            model.path,
            warmup=WarmupRequest(case.name, case.path, case.request),
        )
    )


def cold_start(contestant: Contestant, module: Path, case: Case) -> Start:
    """Start the program, wait for its first answer, check it, end the program."""
    with (
        tempfile.TemporaryFile() as log,
        socket.create_server(("127.0.0.1", 0)) as listener,
        socket.create_connection(listener.getsockname()) as client,
    ):
        words = ("--fd", str(listener.fileno())) if contestant.served else ()
        client.settimeout(120.0)
        client.sendall(_request(case))
        started = time.perf_counter()
        process = subprocess.Popen(
            [*contestant.command, *words],
            cwd=module,
            env=dict(contestant.environment),
            stdout=subprocess.PIPE,
            stderr=log,
            pass_fds=(listener.fileno(),),
        )
        listener.close()
        try:
            answer = _answer(client) if contestant.served else _line(process)
            seconds = time.perf_counter() - started
        except OSError as error:
            log.seek(0)
            raise SystemExit(f"{contestant.name}: {error}\n{log.read().decode()}") from error
        finally:
            os.kill(process.pid, signal.SIGKILL)
            _, _, used = os.wait4(process.pid, 0)
            process.returncode = 0
    wrong = list(cases.differences(case.expect, answer, case.tolerance))
    if wrong:
        raise SystemExit(f"{contestant.name}: {'; '.join(wrong)}")
    return Start(seconds, used.ru_utime + used.ru_stime)


def _request(case: Case) -> bytes:
    body = json.dumps(case.request).encode()
    head = f"POST {case.path} HTTP/1.1\r\nhost: bench\r\ncontent-length: {len(body)}\r\n\r\n"
    return head.encode() + body


def _answer(client: socket.socket) -> Any:
    """The JSON of one HTTP answer, whatever framing it has."""
    received = b""
    while part := client.recv(65536):
        received += part
        _, found, body = received.partition(b"\r\n\r\n")
        start, end = body.find(b"{"), body.rfind(b"}")
        if not found or start < 0 or end < 0:
            continue
        try:
            return json.loads(body[start : end + 1])
        except ValueError:
            continue
    raise SystemExit(f"no answer: {received!r}")


def _line(process: subprocess.Popen[bytes]) -> Any:
    if process.stdout is None:
        raise SystemExit("no output")
    with process.stdout as output:
        return json.loads(output.readline())


def table(rows: Sequence[Row]) -> str:
    """The figures as Markdown, in milliseconds."""
    lines = [
        "| program | runs | median ms | fastest ms | CPU ms | of bare |",
        "|---|---:|---:|---:|---:|---:|",
    ]
    for row in rows:
        figures = (row.median, row.fastest, row.cpu)
        shown = " | ".join(f"{value * 1000:.0f}" for value in figures)
        lines.append(f"| {row.name} | {row.runs} | {shown} | {row.ratio:.2f} |")
    return "\n".join(lines)


def rows(starts: Mapping[str, Sequence[Start]]) -> list[Row]:
    """One row per program; the ratio is of the medians, to the first program's."""
    medians = {
        name: statistics.median(one.seconds for one in found) for name, found in starts.items()
    }
    baseline = next(iter(medians.values()))
    return [
        Row(
            name,
            len(found),
            medians[name],
            min(one.seconds for one in found),
            statistics.median(one.cpu for one in found),
            medians[name] / baseline,
        )
        for name, found in starts.items()
    ]


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--python", type=Path, required=True, help="the environment's interpreter")
    parser.add_argument("--runtime", type=Path, required=True, help="handlers/ and dependencies/")
    parser.add_argument("--module", type=Path, required=True, help="a trained copy of the module")
    parser.add_argument("--case", default="setosa", help="the golden case that is sent")
    parser.add_argument("--runs", type=int, default=15)
    parser.add_argument("--json", type=Path, help="write the figures into this file, too")
    options = parser.parse_args()
    options.module = options.module.absolute()
    return options


def main() -> None:
    options = _options()
    module = manifest.load(options.module)
    case = cases.find(cases.load(options.module), options.case)
    with tempfile.TemporaryDirectory() as folder:
        component = Path(folder) / "component.json"
        component.write_text(compiled(module.functions[0], case), "utf-8")
        programs = contestants(options, case, component)
        starts: dict[str, list[Start]] = {program.name: [] for program in programs}
        for turn in range(options.runs + 1):
            for program in programs:
                start = cold_start(program, options.module, case)
                if turn:  # the first turn fills the disk cache
                    starts[program.name].append(start)
    found = rows(starts)
    print(table(found))
    if options.json:
        options.json.write_text(json.dumps([asdict(row) for row in found], indent=1) + "\n")


if __name__ == "__main__":
    main()

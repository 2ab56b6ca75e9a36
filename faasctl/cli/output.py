"""What a person and a program see: progress and tables, or one JSON value."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import fields, is_dataclass
from enum import Enum
from pathlib import Path
from typing import Any

from faasctl.errors import DeployError, FaasctlError, ManifestError
from faasctl.plan import Deployment, Event

Report = Callable[[Event], None]


#: What stands before an event's message.
_STEPS = {
    "start": "starting ",
    "probe": "probing ",
    "ready": "ready: ",
    "traffic": "traffic goes to ",
    "failed": "failed: ",
}


def plain(value: Any) -> Any:
    """A value as JSON knows it: dataclasses become objects."""
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, Mapping):
        return {str(key): plain(one) for key, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(one) for one in value]
    if isinstance(value, Enum):
        return value.value
    return str(value) if isinstance(value, Path) else value


def result(value: Any) -> None:
    """One JSON value on standard output."""
    sys.stdout.write(json.dumps(plain(value), indent=2, ensure_ascii=False) + "\n")


def lines(text: Sequence[str]) -> None:
    """Results for a person, a line each, on standard output."""
    sys.stdout.write("".join(f"{line}\n" for line in text))


def say(text: str) -> None:
    """A word to the person, on standard error."""
    sys.stderr.write(text + "\n")
    sys.stderr.flush()


def failure(error: FaasctlError, *, json: bool) -> None:
    """An expected failure: its message, the function's own last lines, and the hint."""
    if json:
        fault: dict[str, Any] = {"message": error.message, "hint": error.hint}
        if isinstance(error, ManifestError):
            fault["problems"] = error.problems
        if isinstance(error, DeployError):
            fault["log"] = error.log
        result({"error": fault})
        return
    if isinstance(error, DeployError) and error.log:
        say("the function's own last lines:")
        for line in error.log:
            for shown in _log_lines(line):
                say(f"  | {shown}")
    say(f"error: {error.message}")
    if error.hint:
        say(f"hint: {error.hint}")


def _log_lines(line: str) -> Sequence[str]:
    """A function's log line as a person reads it: its traceback, its message, else as it is."""
    try:
        said = json.loads(line)
    except ValueError:
        return [line]
    text = (said.get("trace") or said.get("message")) if isinstance(said, dict) else None
    return text.rstrip().splitlines() if isinstance(text, str) else [line]


@contextmanager
def progress(*, quiet: bool, verbose: bool = False) -> Iterator[Report]:
    """A report function: a live line on a terminal, plain lines elsewhere, nothing when quiet."""
    if quiet:
        yield lambda _: None
    elif sys.stderr.isatty():
        with _spinner(verbose=verbose) as report:
            yield report
    else:
        yield lambda event: _line(event, verbose=verbose)


@contextmanager
def _spinner(*, verbose: bool) -> Iterator[Report]:
    from rich.console import Console

    console, started = Console(stderr=True), time.monotonic()
    with console.status("working") as live:

        def report(event: Event) -> None:
            if event.step == "log":
                if verbose:
                    console.print(_words(event), markup=False, highlight=False)
                return
            live.update(f"{_words(event)} [dim]{time.monotonic() - started:.0f} s[/dim]")
            if event.step in {"ready", "traffic"}:
                console.print(_words(event), markup=False, highlight=False)

        yield report


def _line(event: Event, *, verbose: bool) -> None:
    if event.step != "log" or verbose:
        say(_words(event))


def _words(event: Event) -> str:
    if event.step == "log":
        return f"{event.component} | {event.message}"
    where = f"{event.component}: " if event.component else ""
    return f"{where}{_STEPS.get(event.step, '')}{event.message}"


def table(rows: Sequence[Sequence[str]]) -> list[str]:
    """Rows as aligned columns, two spaces apart."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    ]


def deployments(found: Sequence[Deployment]) -> list[str]:
    """What runs, one line per component."""
    rows = [("NAME", "URL", "REVISION", "READY", "REPLICAS", "LAST ERROR")]
    for one in found:
        replicas = str(one.replicas) if one.replicas else "0 (asleep)"
        error = one.last_error.splitlines()[0] if one.last_error else ""
        rows.append(
            (one.name, one.url, one.revision, "yes" if one.ready else "no", replicas, error)
        )
    return table(rows) if found else []

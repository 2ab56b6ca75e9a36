"""Options that mean the same in every command."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Annotated

import typer

from faasctl.errors import UsageError


def above_zero(seconds: float | None) -> float | None:
    """A time to wait; raises UsageError for one that nobody can wait."""
    if seconds is not None and not 0 < seconds < math.inf:
        raise UsageError(f"--timeout {seconds:g}: expected seconds above 0")
    return seconds


def targets(incomplete: str) -> list[str]:
    """What the shell offers after `--target`."""
    from faasctl.settings import TARGETS

    return [one for one in TARGETS if one.startswith(incomplete)]


Directory = Annotated[
    Path | None,
    typer.Option("-C", "--directory", help="The module (default: the folder or its parents)."),
]
Target = Annotated[
    str | None,
    typer.Option(
        "--target", autocompletion=targets, help="local, knative or lambda (default: local)."
    ),
]
Context = Annotated[
    str | None,
    typer.Option("--context", help="The kubeconfig's context (knative; default: current)."),
]
Namespace = Annotated[
    str | None,
    typer.Option("--namespace", help="The cluster's namespace (knative; default: its own)."),
]
Components = Annotated[
    list[str] | None, typer.Option("--component", help="Only this component (repeatable).")
]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON value.")]
Quiet = Annotated[bool, typer.Option("-q", "--quiet", help="No progress.")]
Verbose = Annotated[bool, typer.Option("-v", "--verbose", help="The functions' own lines, too.")]
Timeout = Annotated[
    float | None,
    typer.Option("--timeout", callback=above_zero, help="Seconds to wait for the function."),
]

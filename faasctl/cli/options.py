"""Options that mean the same in every command."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

Directory = Annotated[
    Path | None,
    typer.Option("-C", "--directory", help="The module (default: the folder or its parents)."),
]
Target = Annotated[
    str | None, typer.Option("--target", help="local, knative or lambda (default: local).")
]
Context = Annotated[
    str, typer.Option("--context", help="The kubeconfig's context (knative; default: current).")
]
Namespace = Annotated[
    str, typer.Option("--namespace", help="The cluster's namespace (knative; default: its own).")
]
Components = Annotated[
    list[str] | None, typer.Option("--component", help="Only this component (repeatable).")
]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON value.")]
Quiet = Annotated[bool, typer.Option("-q", "--quiet", help="No progress.")]
Verbose = Annotated[bool, typer.Option("-v", "--verbose", help="The functions' own lines, too.")]
Timeout = Annotated[
    float | None, typer.Option("--timeout", help="Seconds to wait for the function.")
]

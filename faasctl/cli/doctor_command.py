"""`faasctl doctor`: what is missing."""

from __future__ import annotations

import typer

from faasctl.cli import options, output

app = typer.Typer(add_completion=False)

_MARKS = {"ok": "ok", "failed": "FAILED", "skipped": "skipped"}


@app.command()
def doctor(
    directory: options.Directory = None,
    target: options.Target = None,
    context: options.Context = None,
    namespace: options.Namespace = None,
    json: options.Json = False,
) -> None:
    """Check this machine, and the cluster with `--target knative`; 1 if something is missing."""
    from faasctl.pipeline.doctor import examine

    checks = []
    for check in examine(directory, target, context=context, namespace=namespace):
        checks.append(check)
        if not json:
            output.lines([f"{_MARKS[check.status]:8}{check.name}: {check.message}"])
            if check.status == "failed" and check.fix:
                output.lines([f"        type: {check.fix}"])
    if json:
        output.result({"checks": checks})
    if any(check.status == "failed" for check in checks):
        raise typer.Exit(1)

"""`faasctl diff`: desired against live."""

from __future__ import annotations

from typing import Any

import typer

from faasctl.cli import options, output

app = typer.Typer(add_completion=False)


@app.command()
def diff(
    directory: options.Directory = None,
    target: options.Target = None,
    context: options.Context = None,
    namespace: options.Namespace = None,
    component: options.Components = None,
    json: options.Json = False,
    quiet: options.Quiet = False,
) -> None:
    """Compare the desired state with what runs; leaves with 2 when they differ."""
    from faasctl.pipeline import deploying
    from faasctl.pipeline.session import open_session

    session = open_session(directory, target, context=context, namespace=namespace)
    with output.progress(quiet=quiet or json) as report:
        found = deploying.preview(session, component or [], report)
    raise typer.Exit(show_changes(found, json=json))


def show_changes(found: Any, *, json: bool) -> int:
    """Print changes; 2 where there are any, else 0."""
    if json:
        output.result(found)
    else:
        for note in found.notes:
            output.say(note)
        output.lines([_line(change) for change in found.changes])
        if not found.changes:
            output.say("no change")
    return 2 if found.changes else 0


def _line(change: Any) -> str:
    if change.live is None and change.field == "component":
        return f"+ {change.component}"
    if change.desired is None and change.field == "component":
        return f"- {change.component}"
    return f"~ {change.component} {change.field}: {change.live} -> {change.desired}"

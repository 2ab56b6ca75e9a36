"""`faasctl logs`: what functions printed."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from faasctl.cli import options

app = typer.Typer(add_completion=False)

Follow = Annotated[bool, typer.Option("-f", "--follow", help="Go on as lines come.")]
Since = Annotated[str | None, typer.Option("--since", help="Not older than this, such as 10m.")]
Previous = Annotated[bool, typer.Option("--previous", help="Of what ran before.")]


@app.command()
def logs(
    component: Annotated[str | None, typer.Argument(help="The component.")] = None,
    follow: Follow = False,
    since: Since = None,
    previous: Previous = False,
    directory: options.Directory = None,
    target: options.Target = None,
    context: options.Context = None,
    namespace: options.Namespace = None,
) -> None:
    """Print what functions logged, over all their processes, in the order of time."""
    from faasctl.pipeline import watching
    from faasctl.pipeline.session import open_session

    session = open_session(directory, target, context=context, namespace=namespace)
    for line in watching.logs(session, component, follow=follow, since=since, previous=previous):
        sys.stdout.write(line + "\n")
        sys.stdout.flush()

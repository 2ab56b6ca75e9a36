"""`faasctl run`: one function in the foreground."""

from __future__ import annotations

from typing import Annotated

import typer

from faasctl.cli import options, output

app = typer.Typer(add_completion=False)


@app.command()
def run(
    component: Annotated[str | None, typer.Argument(help="The component.")] = None,
    port: Annotated[
        int, typer.Option("--port", min=0, max=65535, help="The port on this machine; 0 is any.")
    ] = 8080,
    reload: Annotated[bool, typer.Option(help="Start again when a file changes.")] = True,
    directory: options.Directory = None,
    target: options.Target = None,
) -> None:
    """Serve one function in the foreground, with live reload, until Ctrl-C."""
    from faasctl.pipeline import foreground
    from faasctl.pipeline.session import open_session

    session = open_session(directory, target)
    with output.progress(quiet=False) as report:
        prepared = foreground.prepare(session, component, report)
    raise typer.Exit(foreground.serve(prepared, port=port, reload=reload, say=output.say))

"""`faasctl exec`: any command in a component's environment."""

from __future__ import annotations

from typing import Annotated

import typer

from faasctl.cli import options, output

app = typer.Typer(add_completion=False)


@app.command("exec", context_settings={"ignore_unknown_options": True})
def exec_(
    component: Annotated[str, typer.Argument(help="The component.")],
    command: Annotated[list[str], typer.Argument(help="The command, after --.")],
    directory: options.Directory = None,
    quiet: options.Quiet = False,
) -> None:
    """Run any command in a component's environment, with its development packages.

    For example a training script: `faasctl exec iris -- python -m iris.train`.
    """
    from faasctl.pipeline import foreground
    from faasctl.pipeline.session import open_session

    session = open_session(directory, None)
    with output.progress(quiet=quiet) as report:
        prepared = foreground.prepare(session, component, report, development=True)
    raise typer.Exit(foreground.execute(prepared, command))

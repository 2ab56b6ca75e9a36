"""`faasctl delete`: stop and forget."""

from __future__ import annotations

from typing import Annotated

import typer

from faasctl.cli import options, output

app = typer.Typer(add_completion=False)


@app.command()
def delete(
    directory: options.Directory = None,
    target: options.Target = None,
    context: options.Context = None,
    namespace: options.Namespace = None,
    component: options.Components = None,
    yes: Annotated[bool, typer.Option("-y", "--yes", help="Do not ask.")] = False,
    json: options.Json = False,
) -> None:
    """Stop and forget what this module deployed on this target; asks first."""
    from faasctl.pipeline import deploying
    from faasctl.pipeline.session import open_session

    session = open_session(directory, target, context=context, namespace=namespace)
    names = deploying.deletable(session, component or [])
    if not names:
        output.say("nothing runs")
    elif not yes:
        typer.confirm(f"delete {', '.join(names)}?", abort=True, err=True)
    gone = deploying.delete(session, names)
    if json:
        output.result({"deleted": gone})
    else:
        output.lines([f"deleted {name}" for name in gone])

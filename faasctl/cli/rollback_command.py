"""`faasctl rollback`: back to what ran before."""

from __future__ import annotations

from typing import Annotated

import typer

from faasctl.cli import options, output

app = typer.Typer(add_completion=False)


@app.command()
def rollback(
    component: Annotated[str, typer.Argument(help="The component.")],
    to: Annotated[str | None, typer.Option("--to", help="This revision.")] = None,
    directory: options.Directory = None,
    target: options.Target = None,
    context: options.Context = None,
    namespace: options.Namespace = None,
    json: options.Json = False,
) -> None:
    """Send all requests to the previous revision, or to the one named; at once."""
    from faasctl.pipeline import deploying
    from faasctl.pipeline.session import open_session

    done = deploying.rollback(
        open_session(directory, target, context=context, namespace=namespace), component, to
    )
    if json:
        output.result({"components": [done]})
    else:
        output.lines([f"{done.name}  {done.url}  ({done.revision})"])

"""`faasctl traffic`: shares of requests."""

from __future__ import annotations

from typing import Annotated

import typer

from faasctl.cli import options, output

app = typer.Typer(add_completion=False)


@app.command()
def traffic(
    component: Annotated[str, typer.Argument(help="The component.")],
    shares: Annotated[list[str], typer.Argument(help="REVISION=PERCENT, together 100.")],
    directory: options.Directory = None,
    target: options.Target = None,
    context: options.Context = None,
    namespace: options.Namespace = None,
    json: options.Json = False,
) -> None:
    """Share requests between revisions: `faasctl traffic iris iris-00002=90 iris-00003=10`."""
    from faasctl.pipeline import deploying
    from faasctl.pipeline.session import open_session

    done = deploying.route(
        open_session(directory, target, context=context, namespace=namespace), component, shares
    )
    if json:
        output.result({"components": [done]})
    else:
        output.lines([f"{share.percent} % {share.revision}" for share in done.traffic])

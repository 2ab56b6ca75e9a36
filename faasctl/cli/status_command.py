"""`faasctl status`: what runs, with its traffic."""

from __future__ import annotations

from typing import Annotated

import typer

from faasctl.cli import options, output

app = typer.Typer(add_completion=False)


@app.command()
def status(
    component: Annotated[str | None, typer.Argument(help="Only this component.")] = None,
    directory: options.Directory = None,
    target: options.Target = None,
    context: options.Context = None,
    namespace: options.Namespace = None,
    json: options.Json = False,
) -> None:
    """Show what runs: URL, revision, ready, replicas (0 is asleep), traffic, last error."""
    from faasctl.pipeline import deploying
    from faasctl.pipeline.session import open_session

    session = open_session(directory, target, context=context, namespace=namespace)
    found = deploying.listed(session, [component] if component else [])
    if json:
        output.result({"components": found})
        return
    output.lines(output.deployments(found))
    for one in found:
        for share in one.traffic:
            output.lines([f"{one.name}: {share.percent} % {share.revision}"])
        for tag, revision in one.tags.items():
            output.lines([f"{one.name}: @{tag} is {revision}"])

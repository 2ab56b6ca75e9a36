"""`faasctl list`: what runs of this module's application."""

from __future__ import annotations

import typer

from faasctl.cli import options, output

app = typer.Typer(add_completion=False)


@app.command("list")
def list_(
    directory: options.Directory = None,
    target: options.Target = None,
    context: options.Context = None,
    namespace: options.Namespace = None,
    json: options.Json = False,
) -> None:
    """List what runs: URL, revision, ready, replicas (0 is asleep), last error."""
    from faasctl.pipeline import deploying
    from faasctl.pipeline.session import open_session

    found = deploying.listed(
        open_session(directory, target, context=context, namespace=namespace), []
    )
    if json:
        output.result({"components": found})
    elif found:
        output.lines(output.deployments(found))
    else:
        output.say("nothing runs; type: faasctl deploy")

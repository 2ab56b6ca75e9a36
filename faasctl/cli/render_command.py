"""`faasctl render`: the exact desired state."""

from __future__ import annotations

import sys

import typer

from faasctl.cli import options, output

app = typer.Typer(add_completion=False)


@app.command()
def render(
    directory: options.Directory = None,
    target: options.Target = None,
    context: options.Context = None,
    namespace: options.Namespace = None,
    component: options.Components = None,
    json: options.Json = False,
    quiet: options.Quiet = False,
) -> None:
    """Print the exact desired state, as YAML or JSON; nothing is published or changed."""
    from faasctl.pipeline import deploying
    from faasctl.pipeline.session import open_session

    session = open_session(directory, target, context=context, namespace=namespace)
    with output.progress(quiet=quiet or json) as report:
        objects = deploying.render(session, component or [], report)
    if json:
        output.result(objects)
        return
    import yaml

    yaml.safe_dump_all(output.plain(objects), sys.stdout, sort_keys=False, allow_unicode=True)

"""`faasctl schema`: the manifests' JSON Schema."""

from __future__ import annotations

import typer

from faasctl.cli import options, output

app = typer.Typer(add_completion=False)


@app.command()
def schema(json: options.Json = False) -> None:  # noqa: ARG001 - the schema is JSON either way
    """Print the JSON Schema of manifests, for editors and other tools."""
    from faasctl.manifest import schema as made

    output.result(made())

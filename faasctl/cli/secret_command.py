"""`faasctl secret`: values that only functions see."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from faasctl.cli import options, output

app = typer.Typer(no_args_is_help=True, add_completion=False, help="Set, list and remove secrets.")

Name = Annotated[str, typer.Argument(help="NAME/KEY")]


@app.command("set")
def set_(
    name: Name,
    directory: options.Directory = None,
    target: options.Target = None,
    context: options.Context = None,
    namespace: options.Namespace = None,
) -> None:
    """Set one key of a secret; the value is asked for, or read from standard input."""
    from faasctl.pipeline import secrets
    from faasctl.pipeline.session import open_session

    session = open_session(directory, target, context=context, namespace=namespace)
    key = secrets.parse(name)
    asked = sys.stdin.isatty()
    value = typer.prompt("value", hide_input=True, err=True) if asked else sys.stdin.read()
    secrets.set_value(session, key, value if asked else value.removesuffix("\n"))
    output.say(f"{name} is set; functions see it from their next start on")


@app.command("list")
def list_(
    directory: options.Directory = None,
    target: options.Target = None,
    context: options.Context = None,
    namespace: options.Namespace = None,
    json: options.Json = False,
) -> None:
    """List names; values are never shown."""
    from faasctl.pipeline import secrets
    from faasctl.pipeline.session import open_session

    names = secrets.names(open_session(directory, target, context=context, namespace=namespace))
    if json:
        output.result({"secrets": names})
    else:
        output.lines(names)


@app.command()
def remove(
    name: Name,
    directory: options.Directory = None,
    target: options.Target = None,
    context: options.Context = None,
    namespace: options.Namespace = None,
) -> None:
    """Remove one key of a secret."""
    from faasctl.pipeline import secrets
    from faasctl.pipeline.session import open_session

    secrets.remove(
        open_session(directory, target, context=context, namespace=namespace), secrets.parse(name)
    )
    output.say(f"{name} is removed")

"""`faasctl test`: golden cases."""

from __future__ import annotations

from typing import Annotated

import typer

from faasctl.cli import options, output

app = typer.Typer(add_completion=False)

Where = Annotated[
    str | None,
    typer.Option("--target", help="in-process (default), or where it is deployed: local, knative."),
]


@app.command()
def test(
    directory: options.Directory = None,
    target: Where = None,
    context: options.Context = None,
    namespace: options.Namespace = None,
    component: options.Components = None,
    json: options.Json = False,
    quiet: options.Quiet = False,
) -> None:
    """Call functions with the module's golden cases, tests/cases/*.yaml; 1 if one fails."""
    from faasctl.pipeline import testing
    from faasctl.pipeline.session import open_session

    deployed = target not in {None, "in-process"}
    session = open_session(
        directory, target if deployed else "local", context=context, namespace=namespace
    )
    with output.progress(quiet=quiet or json) as report:
        found = testing.test(session, component or [], report, deployed=deployed)
    if json:
        output.result(found)
    else:
        output.lines([line for case in found.cases for line in testing.lines(case)])
        output.say(f"{found.passed} passed, {found.failed} failed")
    if found.failed or not found.cases:
        raise typer.Exit(1)

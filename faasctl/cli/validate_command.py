"""`faasctl validate`: all problems of all manifests."""

from __future__ import annotations

from pathlib import Path

import typer

from faasctl.cli import options, output

app = typer.Typer(add_completion=False)


@app.command()
def validate(directory: options.Directory = None, json: options.Json = False) -> None:
    """Check all manifests; says file, line and column of every problem, and a hint.

    Leaves with 1 when there is a problem that stops a deploy.
    """
    from faasctl.pipeline.validating import validate as check

    found = check((directory or Path.cwd()).absolute())
    if json:
        output.result(found)
    else:
        for problem in found.problems:
            output.say(str(problem))
        output.lines([f"{one.name}: {one.kind}{one.words}" for one in found.components])
    if not found.valid:
        count = sum(1 for problem in found.problems if not problem.warning)
        output.say(f"{count} problem{'s' if count > 1 else ''}")
        raise typer.Exit(1)

"""`faasctl deploy`: from manifests to live URLs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from faasctl.cli import options, output
from faasctl.plan import Deployment

if TYPE_CHECKING:
    from faasctl.pipeline.deploying import Planned

app = typer.Typer(add_completion=False)

Plan = Annotated[bool, typer.Option("--plan", help="Print what would change; 2 if anything.")]
Tag = Annotated[str | None, typer.Option("--tag", help="Deploy under a URL of its own only.")]
Weight = Annotated[
    str | None, typer.Option("--weight", help="Percent of requests for the new revision.")
]
Start = Annotated[
    float | None, typer.Option("--timeout", help="Seconds for a function to become ready.")
]


@app.command()
def deploy(
    directory: options.Directory = None,
    target: options.Target = None,
    context: options.Context = None,
    namespace: options.Namespace = None,
    component: options.Components = None,
    plan: Plan = False,
    tag: Tag = None,
    weight: Weight = None,
    timeout: Start = None,
    json: options.Json = False,
    quiet: options.Quiet = False,
    verbose: options.Verbose = False,
) -> None:
    """Build, start, probe, move traffic, print URLs.

    A component that does not become ready leaves all that ran before as it was.
    """
    from faasctl.pipeline import deploying
    from faasctl.pipeline.session import open_session

    session = open_session(
        directory, target, start_timeout=timeout, context=context, namespace=namespace
    )
    rollout = deploying.rollout(tag, weight)
    with output.progress(quiet=quiet or json, verbose=verbose) as report:
        if plan:
            found = deploying.preview(session, component or [], report)
            raise typer.Exit(_planned(found, json=json))
        done = deploying.deploy(session, component or [], report, rollout)
    if json:
        output.result(done)
        return
    for note in [*done.notes, *(f"{one.name}: skipped, {one.reason}" for one in done.skipped)]:
        output.say(note)
    output.lines(
        [f"{one.name}  {deploying.printed_url(one, tag)}  {_how(one)}" for one in done.components]
    )


def _how(one: Deployment) -> str:
    from faasctl.pipeline.deploying import newest

    changed = "changed" if one.changed else "unchanged"
    return f"({newest(one)}, {changed}, {one.seconds:.1f} s)"


def _planned(found: Planned, *, json: bool) -> int:
    from faasctl.cli.diff_command import show_changes

    return show_changes(found, json=json)

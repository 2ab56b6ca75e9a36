"""`faasctl local`: the local gateway."""

from __future__ import annotations

import typer

from faasctl.cli import options, output

app = typer.Typer(
    no_args_is_help=True, add_completion=False, help="Start, stop and look at the local gateway."
)


@app.command()
def start(json: options.Json = False) -> None:
    """Start the gateway, if it does not run."""
    from faasctl.pipeline import gateway

    _show(gateway.start(), json=json)


@app.command()
def stop(json: options.Json = False) -> None:
    """Stop the gateway; requests in flight are finished. Functions come back with it."""
    from faasctl.pipeline import gateway

    stopped = gateway.stop()
    if json:
        output.result({"stopped": stopped})
    else:
        output.say("stopped" if stopped else "it did not run")


@app.command()
def status(json: options.Json = False) -> None:
    """Say whether the gateway runs, and where; leaves with 1 when it does not."""
    from faasctl.pipeline import gateway

    found = gateway.status()
    if found is None:
        if json:
            output.result({"url": None, "store_url": None, "pid": None})
        else:
            output.say("the gateway does not run; it starts by itself when it is needed")
        raise typer.Exit(1)
    _show(found, json=json)


@app.command()
def env(json: options.Json = False) -> None:
    """Print what any S3 client needs for the local store: `eval "$(faasctl local env)"`."""
    from shlex import quote

    from faasctl.pipeline import gateway

    found = gateway.environment()
    if json:
        output.result(found)
    else:
        output.lines([f"export {name}={quote(value)}" for name, value in found.items()])


def _show(found: object, *, json: bool) -> None:
    if json:
        output.result(found)
    else:
        output.lines([f"{key}: {value}" for key, value in output.plain(found).items() if value])

"""`faasctl size`: what takes the room."""

from __future__ import annotations

import typer

from faasctl.cli import options, output

app = typer.Typer(add_completion=False)


@app.command()
def size(
    directory: options.Directory = None,
    component: options.Components = None,
    json: options.Json = False,
    quiet: options.Quiet = False,
) -> None:
    """Show what functions are made of, without their base, and which packagings they fit in."""
    from faasctl.pipeline import image_work

    workshop = image_work.open_workshop(directory, component or [])
    with output.progress(quiet=quiet or json) as report:
        found = image_work.sizes(workshop, report)
    if json:
        output.result(found)
        return
    rows = [("COMPONENT", "PART", "BYTES")]
    rows += [(one.component, one.name, f"{one.bytes:,}") for one in found.parts]
    output.lines(output.table(rows))
    output.lines([f"{name} fits: {', '.join(kinds)}" for name, kinds in found.fits.items()])

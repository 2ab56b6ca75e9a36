"""`faasctl image`: a function's image by itself."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from faasctl.cli import options, output

if TYPE_CHECKING:
    from faasctl.build.image import BuiltImage
    from faasctl.plan import ImageReference

app = typer.Typer(
    no_args_is_help=True, add_completion=False, help="Build, push and verify images of functions."
)

Fresh = Annotated[
    bool, typer.Option("--fresh", help="Ask the registry what the base's tag means now.")
]


def _shown(built: BuiltImage, reference: str = "") -> dict[str, Any]:
    one = built.artifact
    found = {"name": one.name, "digest": one.digest, "identity": one.identity, "layers": one.layers}
    return {**found, "reference": reference} if reference else found


def _pushed(name: str, found: ImageReference) -> dict[str, Any]:
    return {"name": name, "digest": found.digest, "reference": str(found), "layers": ()}


def _rows(found: Sequence[dict[str, Any]]) -> list[str]:
    rows = [("LAYER", "SIZE", "DIGEST")]
    for one in found:
        rows += [(layer.what, f"{layer.size:,}", layer.digest) for layer in one["layers"]]
        rows.append((one["name"], "", one.get("reference") or one["digest"]))
    return output.table(rows)


@app.command("build")
def build(
    directory: options.Directory = None,
    component: options.Components = None,
    to: Annotated[
        Path | None, typer.Option("--output", help="Save it into this folder (OCI layout).")
    ] = None,
    fresh: Fresh = False,
    json: options.Json = False,
    quiet: options.Quiet = False,
) -> None:
    """Build the images of functions; nothing is sent anywhere."""
    from faasctl.pipeline import image_work

    workshop = image_work.open_workshop(directory, component or [])
    with output.progress(quiet=quiet or json) as report:
        built = image_work.build_all(workshop, report, fresh=fresh)
        if to is not None:
            image_work.save_all(built, to)
    shown = [_shown(one) for one in built]
    output.result({"images": shown}) if json else output.lines(_rows(shown))


@app.command("push")
def push(
    repository: Annotated[
        str,
        typer.Argument(
            help="HOST[/PATH]; /NAMESPACE/NAME is added (default: the registry that is set)."
        ),
    ] = "",
    directory: options.Directory = None,
    component: options.Components = None,
    saved: Annotated[
        Path | None, typer.Option("--from", help="Push what was saved in this folder, as it is.")
    ] = None,
    tag: Annotated[list[str] | None, typer.Option("--tag", help="A tag (repeatable).")] = None,
    json: options.Json = False,
    quiet: options.Quiet = False,
) -> None:
    """Build the images of functions and push what the registry does not have."""
    from faasctl.pipeline import image_work

    with output.progress(quiet=quiet or json) as report:
        if saved is not None:
            found = image_work.push_saved(saved, repository, report, tag or [])
            shown = [_pushed(saved.name, found)]
        else:
            workshop = image_work.open_workshop(directory, component or [])
            pushed = image_work.push_all(workshop, repository, report, tag or [])
            shown = [_shown(built, str(reference)) for built, reference in pushed]
    output.result({"images": shown}) if json else output.lines(_rows(shown))


@app.command("verify")
def verify(
    reference: Annotated[
        str, typer.Argument(help="An image in a registry (default: what was built here).")
    ] = "",
    directory: options.Directory = None,
    component: options.Components = None,
    json: options.Json = False,
    quiet: options.Quiet = False,
) -> int:
    """Build again from nothing, compare, and name the first file that differs."""
    from faasctl.pipeline import image_work

    workshop = image_work.open_workshop(directory, component or [])
    with output.progress(quiet=quiet or json) as report:
        found = image_work.verify_all(workshop, report, reference)
    if json:
        output.result({"images": found})
    else:
        output.lines([f"{one.name}: {one.difference or 'the same'}" for one in found])
    return 0 if all(not one.difference for one in found) else 2

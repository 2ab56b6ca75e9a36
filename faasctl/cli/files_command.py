"""`faasctl files`: files in boxes, always by presigned URLs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

import typer

from faasctl.cli import file_progress, options, output

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    help="Upload, download, list, link and remove files.",
)

Where = Annotated[str, typer.Argument(help="BOX/GROUP/NAME, BOX/GROUP/ or a pattern of files.")]
User = Annotated[str, typer.Option("--as", help="Whose files are meant.")]
Force = Annotated[bool, typer.Option("--force", help="Replace what is there.")]
Store = Annotated[
    list[str] | None,
    typer.Option("--s3", help="KEY=VALUE of the S3 settings; links are signed here then."),
]


@app.command()
def upload(
    paths: Annotated[
        list[str],
        typer.Argument(metavar="LOCAL... BOX/GROUP[/NAME]", help="- is standard input."),
    ],
    user: User = "developer",
    force: Force = False,
    directory: options.Directory = None,
    target: options.Target = None,
    store: Store = None,
    quiet: options.Quiet = False,
    json: options.Json = False,
) -> None:
    """Upload files, folders or patterns; what a killed upload has sent is not sent again."""
    from faasctl.pipeline import files
    from faasctl.pipeline.file_boxes import open_files

    *local, where = paths
    chosen = _settings(store)
    opened = open_files(directory, target=target, user=user, store=chosen, digest=json)
    with opened as box, file_progress.shown(quiet=quiet or json) as tell:
        moved = files.send(box, local, where, force=force, tell=tell)
    _show(moved, one=files.is_one(where, local), json=json)


@app.command()
def download(
    where: Where,
    local: Annotated[str, typer.Argument(help="A file, a folder, or - for standard output.")],
    user: User = "developer",
    force: Force = False,
    directory: options.Directory = None,
    target: options.Target = None,
    store: Store = None,
    quiet: options.Quiet = False,
    json: options.Json = False,
) -> None:
    """Download a file, a group or what matches; a killed download goes on where it was."""
    from faasctl.pipeline import files
    from faasctl.pipeline.file_boxes import open_files

    chosen = _settings(store)
    opened = open_files(directory, target=target, user=user, store=chosen, digest=json)
    with opened as box, file_progress.shown(quiet=quiet or json) as tell:
        moved = files.fetch(box, where, local, force=force, tell=tell)
    if local != "-":
        _show(moved, one=files.is_one(where), json=json)


@app.command("list")
def list_(
    where: Where,
    user: User = "developer",
    directory: options.Directory = None,
    target: options.Target = None,
    store: Store = None,
    json: options.Json = False,
) -> None:
    """List the files of a box, of a group and those below it, or what matches."""
    from faasctl.pipeline import files
    from faasctl.pipeline.file_boxes import open_files

    opened = open_files(directory, target=target, user=user, store=_settings(store))
    with opened as box:
        found = files.listed(box, where)
    if json:
        output.result({"files": found, "bytes": sum(one.bytes for one in found)})
    elif found:
        rows = [("FILE", "SIZE", "MODIFIED")]
        rows += [(one.path, file_progress.size(one.bytes), one.modified) for one in found]
        output.lines(output.table(rows))
    else:
        output.say("there are no files")


@app.command()
def url(
    where: Where,
    put: Annotated[bool, typer.Option("--put", help="A link to upload, not to download.")] = False,
    expires: Annotated[int, typer.Option("--expires", help="Seconds that it lives.")] = 3600,
    user: User = "developer",
    force: Force = False,
    directory: options.Directory = None,
    target: options.Target = None,
    store: Store = None,
    json: options.Json = False,
) -> None:
    """Print a link that anybody can use until it expires; keep it as you would a password."""
    from faasctl.pipeline import files
    from faasctl.pipeline.file_boxes import open_files

    opened = open_files(directory, target=target, user=user, store=_settings(store))
    with opened as box:
        link = files.link(box, where, put=put, expires=expires, force=force)
    if json:
        output.result(link)
        return
    output.lines([link.url])
    headers = "".join(f" -H '{name}: {value}'" for name, value in link.headers.items())
    output.say(f"it lives {link.expires} s" + (f"; curl -T FILE{headers} URL" if put else ""))


@app.command()
def remove(
    where: Where,
    user: User = "developer",
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask before removing several.")] = False,
    directory: options.Directory = None,
    target: options.Target = None,
    store: Store = None,
    json: options.Json = False,
) -> None:
    """Remove a file; a group, or what matches, after asking."""
    from faasctl.pipeline import files
    from faasctl.pipeline.file_boxes import open_files

    def agreed(names: Sequence[str]) -> bool:
        return yes or typer.confirm(f"Remove {len(names)} files of {where}?", err=True)

    opened = open_files(directory, target=target, user=user, store=_settings(store))
    with opened as box:
        removed = files.remove(box, where, agreed)
    if json:
        output.result({"deleted": removed})
    else:
        output.say(f"removed: {', '.join(removed) or 'nothing'}")


def _settings(words: list[str] | None) -> dict[str, str]:
    from faasctl.errors import UsageError

    pairs = [word.partition("=") for word in words or ()]
    for name, sign, _ in pairs:
        if not sign:
            raise UsageError(f"--s3 {name}: expected KEY=VALUE", hint="--s3 bucket=NAME")
    return {name: value for name, _, value in pairs}


def _show(moved: Sequence[Any], *, one: bool, json: bool) -> None:
    if json and one:
        output.result(moved[0])
    elif json:
        output.result({"files": moved, "bytes": sum(file.bytes for file in moved)})
    else:
        for file in moved:
            resumed = f", {file_progress.size(file.resumed)} were there" if file.resumed else ""
            output.say(f"{file.path}: {file_progress.size(file.bytes)}{resumed}")

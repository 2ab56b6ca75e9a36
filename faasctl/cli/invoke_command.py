"""`faasctl invoke`: one call of a function."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from faasctl.cli import file_progress, options, output

app = typer.Typer(add_completion=False)

Data = Annotated[str | None, typer.Option("--data", help="The body: JSON, @FILE, or - for stdin.")]
Input = Annotated[list[str] | None, typer.Option("--input", help="NAME=VALUE (repeatable).")]
Called = Annotated[str, typer.Option("--path", help="The path that is called.")]
Folder = Annotated[Path, typer.Option("--output", help="Folder for files that come back.")]


@app.command()
def invoke(
    component: Annotated[str | None, typer.Argument(help="The component.")] = None,
    data: Data = None,
    input: Input = None,
    path: Called = "/predict",
    folder: Folder = Path(),
    directory: options.Directory = None,
    target: options.Target = None,
    context: options.Context = None,
    namespace: options.Namespace = None,
    timeout: options.Timeout = None,
    json: options.Json = False,
) -> None:
    """Call a function once: `faasctl invoke iris --input measurements=5.1,3.5,1.4,0.2`.

    `NAME=@FILE` uploads a file first where the input is one; files that come back are downloaded.
    """
    from faasctl.pipeline import calling
    from faasctl.pipeline.session import open_session

    body = sys.stdin.read() if data == "-" else data
    session = open_session(directory, target, context=context, namespace=namespace)
    wish = calling.Wish(body, tuple(input or ()), path, timeout or 300.0, folder)
    with file_progress.shown(quiet=True) as tell:
        answer = calling.invoke(session, component, wish, tell)
    if json or not isinstance(answer, dict) or "outputs" not in answer:
        output.result(answer)
    else:
        output.lines([_line(one) for one in answer["outputs"]])


def _line(tensor: dict[str, Any]) -> str:
    data = tensor.get("file") or tensor.get("data")
    if isinstance(data, list) and len(data) == 1:
        data = data[0]
    return f"{tensor.get('name')}: {data}"

"""`faasctl new`: a module from a template."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from faasctl.cli import options, output
from faasctl.errors import UsageError

if TYPE_CHECKING:
    from faasctl.scaffold import Question

app = typer.Typer(add_completion=False)

Parent = Annotated[
    Path | None, typer.Option("-C", "--directory", help="Where to make it (default: here).")
]
Template = Annotated[str, typer.Option("--template", help="Ours, a folder or a Git URL.")]
Checkout = Annotated[
    str | None, typer.Option("--checkout", help="Branch, tag or commit of a Git template.")
]
Interface = Annotated[str | None, typer.Option("--interface", help="How the function is called.")]
NoInput = Annotated[bool, typer.Option("--no-input", help="Ask nothing; take the defaults.")]
Set = Annotated[list[str] | None, typer.Option("--set", help="KEY=VALUE (repeatable).")]


@app.command()
def new(
    name: Annotated[str, typer.Argument(help="The module's name, such as my-model.")],
    directory: Parent = None,
    template: Template = "module",
    checkout: Checkout = None,
    interface: Interface = None,
    no_input: NoInput = False,
    set_: Set = None,
    json: options.Json = False,
    quiet: options.Quiet = False,
) -> None:
    """Scaffold a module: code, training, manifests, lock, tests, golden cases."""
    from faasctl.scaffold import ScaffoldRequest, scaffold
    from faasctl.scaffold.questions import by_default

    answers = dict(_setting(word) for word in set_ or [])
    if interface is not None:
        answers["interface"] = interface
    request = ScaffoldRequest(name, directory or Path.cwd(), template, checkout, answers)
    asked = not (no_input or json) and sys.stdin.isatty()
    say = (lambda _: None) if quiet or json else output.say
    made = scaffold(request, progress=say, ask=_ask if asked else by_default)
    if json:
        output.result(made)
        return
    output.lines([str(made.directory)])
    output.say("next:")
    for step in made.next_steps:
        output.say(f"  {step}")


def _setting(word: str) -> tuple[str, str]:
    name, sign, value = word.partition("=")
    if not sign or not name:
        raise UsageError(f"--set {word!r}: expected KEY=VALUE")
    return name, value


def _ask(question: Question) -> str:
    choices = f" ({', '.join(question.choices)})" if question.choices else ""
    answer: str = typer.prompt(question.prompt + choices, default=question.default, err=True)
    return answer

"""`faasctl`: the commands by name, and the one place that turns errors into exit codes.

A command's file is imported when it is called, so that `--help` costs no more than typer itself.
"""

from __future__ import annotations

import errno
import os
import sys
from importlib import import_module
from typing import Any

import typer
from typer.core import TyperGroup

from faasctl import __version__
from faasctl.errors import FaasctlError, UsageError

OK, FAILED, USAGE, BUG, INTERRUPTED = 0, 1, 2, 3, 130

#: What the file system refuses is no bug, wherever it happens.
_OF_THE_MACHINE = {
    errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOSPC, errno.EDQUOT, errno.ENOTDIR, errno.EMFILE,
    errno.ENAMETOOLONG,
}  # fmt: skip
_HOME_HINT = "state is kept in the folder that FAASCTL_HOME names; it must be yours to write"

#: Every command, in the order in which a user meets them, and its line of help.
COMMANDS = {
    "new": "Scaffold a module from a template.",
    "validate": "Check all manifests, and say which interface each component has.",
    "run": "Serve one function in the foreground, with live reload.",
    "exec": "Run any command in a component's environment.",
    "test": "Call functions with the module's golden cases.",
    "deploy": "Build, start, probe, move traffic, print URLs.",
    "render": "Print the exact desired state.",
    "diff": "Compare the desired state with what runs.",
    "list": "List what runs.",
    "status": "Show what runs: URL, revision, replicas, last error.",
    "traffic": "Share requests between revisions.",
    "invoke": "Call a function once.",
    "logs": "Print what functions logged.",
    "rollback": "Send requests to the previous revision.",
    "delete": "Stop and forget what this module deployed.",
    "files": "Upload, download, list, link and remove files in boxes.",
    "secret": "Set, list and remove secrets.",
    "image": "Build, push and verify images of functions.",
    "size": "Show what takes the room, and which packagings would fit.",
    "local": "Start, stop and look at the local gateway.",
    "doctor": "Check what is missing on this machine, or in the cluster.",
    "schema": "Print the manifests' JSON Schema.",
}


class LazyCommands(TyperGroup):
    """A group whose commands are imported when they are called, not when they are listed."""

    listing = False

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ARG002
        return list(COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:  # noqa: ARG002
        if cmd_name not in COMMANDS:
            return None
        if self.listing:
            return typer.core.TyperCommand(cmd_name, help=COMMANDS[cmd_name])
        module = import_module(f"faasctl.cli.{cmd_name}_command")
        command = typer.main.get_command(module.app)
        command.name = cmd_name
        return command

    def format_help(self, ctx: Any, formatter: Any) -> None:
        self.listing = True
        try:
            super().format_help(ctx, formatter)
        finally:
            self.listing = False

    def shell_complete(self, ctx: Any, incomplete: str) -> list[Any]:
        self.listing = True
        try:
            return super().shell_complete(ctx, incomplete)
        finally:
            self.listing = False


app = typer.Typer(
    cls=LazyCommands,
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"]},
    pretty_exceptions_enable=False,
)


def _show_version(asked: bool) -> None:
    if asked:
        typer.echo(__version__)
        raise typer.Exit


@app.callback()
def _root(
    version: bool = typer.Option(
        False, "--version", callback=_show_version, is_eager=True, help="Print the version."
    ),
) -> None:
    """Turn a plain Python function into a web service that costs nothing while idle."""


def main() -> None:
    """The program; leaves with the exit code of the contract."""
    sys.exit(run(sys.argv[1:]))


def run(words: list[str]) -> int:
    """One command line to its exit code: 0, 1 expected, 2 usage or differs, 3 bug, 130."""
    command = typer.main.get_command(app)
    try:
        result = command.main(args=words, prog_name="faasctl", standalone_mode=False)
    except (typer.Abort, KeyboardInterrupt):
        return INTERRUPTED
    except Exception as error:  # noqa: BLE001 - the boundary: nothing goes past it
        return _code_of(error, words)
    return result if isinstance(result, int) else OK


def _code_of(error: Exception, words: list[str]) -> int:
    own = words[: words.index("--")] if "--" in words else words
    if isinstance(error, FaasctlError):
        return _failed(error, json="--json" in own)
    if isinstance(error, BrokenPipeError):
        # The reader of a pipe left, as `head` does; nothing more can be said to it.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILED
    if isinstance(error, typer.TyperException):
        show = getattr(error, "show", None)
        if show is not None:
            show()
        return USAGE
    if isinstance(error, OSError) and error.errno in _OF_THE_MACHINE and error.filename:
        told = FaasctlError(f"{error.filename}: {error.strerror}", hint=_HOME_HINT)
        return _failed(told, json="--json" in own)
    return _bug()


def _failed(error: FaasctlError, *, json: bool) -> int:
    from faasctl.cli import output

    output.failure(error, json=json)
    return USAGE if isinstance(error, UsageError) else FAILED


def _bug() -> int:
    import platform
    import traceback

    traceback.print_exc()
    typer.echo(
        f"\nThis is a bug in faasctl {__version__} (Python {platform.python_version()}, "
        f"{platform.platform()}). Please report it with the lines above.",
        err=True,
    )
    return BUG

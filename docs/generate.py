"""Writes the reference pages from the program itself: `python docs/generate.py`.

`docs/cli.md` is made from the commands, `docs/manifest.md` from the manifests' JSON Schema.
"""

from __future__ import annotations

import itertools
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import typer

from faasctl import manifest
from faasctl.cli import main

Schema = Mapping[str, Any]

HERE = Path(__file__).resolve().parent
NOTE = "<!-- Made by docs/generate.py; changes belong in the code. -->"

#: The kinds, in the order in which a reader meets them, and what each is.
KINDS = {
    "MLComponent": "A function with a URL.",
    "DataBox": "A place for files; see [files](files.md).",
    "APIComponent": "How callers reach an application: who may call, under which path.",
    "ExperimentPipeline": "Stages that run one after the other. Read and checked; not run yet.",
    "Ensemble": "Models as one graph of tensors. Read and checked; not run yet.",
}

#: Patterns of the schema that people know by another name.
SHAPES = {
    "(ms|s|m|h)": "duration",
    "[kMGTPE]": "size",
    "[0-9]{1,9}m|": "cores",
    "^3\\.": "Python minor",
    "/[A-Za-z0-9._-]+$": "NAME/KEY",
    "^[^/]": "relative path",
    "^/+[^/]": "absolute path",
    "https?://": "URL",
}

#: What only other targets, or later versions, use; with everything below it.
NOT_LOCAL = (
    "MLComponent spec.model",
    "MLComponent spec.image.build.base",
    "MLComponent spec.image.build.system",
    "MLComponent spec.image.resourceLimits.cpu",
    "MLComponent spec.image.resourceLimits.nvidia.com/gpu",
    "MLComponent spec.resourceLimits.cpu",
    "MLComponent spec.resourceLimits.nvidia.com/gpu",
    "MLComponent spec.resources",
    "MLComponent spec.scaling.burst",
    "MLComponent spec.batching",
    "MLComponent spec.instances",
    "MLComponent spec.cache",
    "MLComponent spec.coldStart",
    "MLComponent spec.local.grpcPort",
    "MLComponent spec.protocol",
    "MLComponent spec.aws",
)
MARK = "¹"


def cli_page() -> str:
    """Every command with its arguments and options."""
    group = typer.main.get_command(main.app)
    names = list(main.COMMANDS)
    lines = [
        *("# Commands", "", NOTE, ""),
        "Human text goes to standard error, results to standard output. `--json` prints one JSON",
        "value, and nothing else, on standard output. `-C DIR` names the module; without it, it is",
        "the current folder or the nearest parent that has `manifests/`.",
        "",
        *_table(
            ("exit code", "meaning"),
            [
                ("0", "done"),
                ("1", "it failed for a reason that the message names"),
                ("2", "wrong usage; for `diff` and `deploy --plan`: something would change"),
                ("3", "a bug of faasctl, with a traceback"),
                ("130", "interrupted"),
            ],
        ),
        *("", "| command | does |", "|---|---|"),
        *(f"| [`{name}`](#faasctl-{name}) | {main.COMMANDS[name]} |" for name in names),
    ]
    for name in names:
        command = group.get_command(None, name)  # type: ignore[attr-defined]
        lines += list(_command(command, f"faasctl {name}"))
    return "\n".join(lines) + "\n"


def _command(command: Any, words: str) -> Iterator[str]:
    below = getattr(command, "commands", {})
    yield from ("", f"## {words}" if words.count(" ") == 1 else f"### {words}", "")
    yield " ".join(_paragraphs(command.help))
    if below:
        for name, one in below.items():
            yield from _command(one, f"{words} {name}")
        return
    arguments = [one for one in command.params if one.param_type_name == "argument"]
    given = [_argument(one) for one in arguments]
    yield from ("", "```text", " ".join([words, *given, "[OPTIONS]"]), "```")
    rows = [
        *((f"`{_argument(one)}`", one.help) for one in arguments),
        *((_option(one), _meaning(one)) for one in command.params if one not in arguments),
    ]
    if rows:
        yield ""
        yield from _table(("option", "meaning"), rows)


def _paragraphs(text: str) -> Iterator[str]:
    for part in text.split("\n\n"):
        yield " ".join(part.split())


def _argument(one: Any) -> str:
    word = one.name.upper()
    if one.nargs != 1:
        word += " …"
    return word if one.required else f"[{word}]"


def _option(one: Any) -> str:
    value = "" if one.is_flag else f" {one.name.upper().rstrip('_')}"
    return ", ".join(f"`{word}{value}`" for word in (*one.opts, *one.secondary_opts))


def _meaning(one: Any) -> str:
    default = one.default
    said = default not in {None, False} and not one.is_flag
    return f"{one.help} Default: `{default}`." if said else str(one.help)


def manifest_page() -> str:
    """Every key of every kind, from the JSON Schema."""
    schema = manifest.schema()
    kinds: Mapping[str, Schema] = schema["$defs"]  # type: ignore[assignment]
    lines = [
        *("# Manifest keys", "", NOTE, ""),
        "A module's manifests are the YAML files of its folder `manifests/`; a file may hold",
        "several documents. `apiVersion` is `faasctl.dev/v1`; `unified-platform.cs.hse.ru/v1` is",
        "read the same way, with unknown keys as warnings instead of errors. Keys in bold must be",
        "there. A duration is `500ms`, `30s`, `5m` or a number of seconds; a size is `512M`, `1Gi`",
        "or a number of bytes; cores are `500m` or `2`. `faasctl schema` prints the same as a JSON",
        "Schema, to which a module made by `faasctl new` points editors.",
        "",
        f"Keys marked {MARK} are checked, and the `local` target does not use them.",
        "",
        "Every kind has these:",
        "",
        *_table(_HEAD, list(_rows("", _part(kinds["MLComponent.own"], "metadata"), "metadata."))),
    ]
    for kind, words in KINDS.items():
        spec = _part(kinds[f"{kind}.own"], "spec")
        rows = list(_rows(kind, spec, "spec."))
        lines += ["", f"## {kind}", "", words, "", *_table(_HEAD, rows)]
    return "\n".join(lines) + "\n"


_HEAD = ("key", "type", "default", "meaning")


def _part(schema: Schema, name: str) -> Schema:
    found: Schema = schema["properties"][name]
    return found


def _rows(kind: str, schema: Schema, prefix: str) -> Iterator[tuple[str, ...]]:
    """A row for each key; names of one key that stand side by side share it."""
    required = schema.get("required", ())
    pairs = itertools.groupby(schema.get("properties", {}).items(), key=lambda pair: pair[1])
    for value, same in pairs:
        names = [name for name, _ in same]
        path = f"{prefix}{names[0]}"
        written = " or ".join(f"`{prefix}{name}`" for name in names)
        bold = any(name in required for name in names)
        default = f"`{_shown(value['default'])}`" if "default" in value else ""
        mark = f" {MARK}" if f"{kind} {path}".startswith(NOT_LOCAL) else ""
        key = f"**{written}**" if bold else written
        yield (f"{key}{mark}", _type(value), default, _words(value))
        for child, below in ((value, "."), (value.get("items", {}), "[].")):
            yield from _rows(kind, child, f"{path}{below}")
        for one in value.get("anyOf", ()):
            yield from _rows(kind, one, f"{path}.")


def _words(value: Schema) -> str:
    said = str(value["description"])
    return f"{said}; accepted and ignored" if value.get("deprecated") else said


def _shown(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return str(value)


def _type(value: Schema) -> str:
    if "anyOf" in value:
        return " or ".join(dict.fromkeys(_type(one) for one in value["anyOf"]))
    if "enum" in value:
        return " ".join(f"`{one}`" for one in value["enum"])
    if "items" in value:
        return f"list of {_type(value['items'])}"
    pattern = value.get("pattern", "")
    named = next((name for sign, name in SHAPES.items() if sign in pattern), "")
    return named or _plain_type(value)


def _plain_type(value: Schema) -> str:
    kind = value.get("type", "anything")
    if kind == "integer":
        return f"{value['minimum']} to {value['maximum']}"
    words = {"object": "mapping", "boolean": "`true` `false`", "anything": "anything"}
    return words.get(kind, "text") if isinstance(kind, str) else "text"


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    yield f"| {' | '.join(head)} |"
    yield "|" + "---|" * len(head)
    for row in rows:
        yield f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in row)} |"


PAGES: dict[str, Callable[[], str]] = {"cli.md": cli_page, "manifest.md": manifest_page}


if __name__ == "__main__":
    for name, make in PAGES.items():
        (HERE / name).write_text(make(), encoding="utf-8")
        sys.stdout.write(f"docs/{name}\n")

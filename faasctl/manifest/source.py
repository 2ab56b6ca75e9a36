"""From the bytes of a manifest file to its documents, and what is wrong with it as YAML."""

from __future__ import annotations

import re
from dataclasses import dataclass

import yaml

from faasctl.errors import Problem
from faasctl.manifest.composing import Composer, TooDeepError
from faasctl.manifest.tree import Node, Scalar

_BOM = "\N{ZERO WIDTH NO-BREAK SPACE}"
_LONGEST = 16 * 1024 * 1024
_UNPRINTABLE = re.compile(
    "[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]",
)
_SYNTAX_HINTS = {
    "mapping values are not allowed": "put a text that holds ': ' in quotes",
    "could not find expected ':'": "a key ends in a colon and a space",
    "expected <block end>": "keys of one mapping start in the same column",
    "did not find expected key": "keys of one mapping start in the same column",
}


@dataclass(frozen=True, slots=True)
class Source:
    """The documents of one file, empty ones left out; `whole` is false when some can't be read."""

    documents: tuple[Node, ...]
    problems: tuple[Problem, ...]
    whole: bool


def parse(data: bytes, file: str) -> Source:
    """Read all documents of a file that is called `file` in problems."""
    problems: list[Problem] = []
    text = _decode(data, file, problems)
    if text is None:
        return Source((), tuple(problems), whole=False)
    documents, whole = _documents(text, file, problems)
    kept = tuple(one for one in documents if not (isinstance(one, Scalar) and one.type == "null"))
    return Source(kept, tuple(problems), whole)


def _decode(data: bytes, file: str, problems: list[Problem]) -> str | None:
    """The file's text, or None and a problem."""
    if len(data) > _LONGEST:
        problems.append(Problem(file, 1, 1, "the file is larger than 16Mi", "split it"))
        return None
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        line, column = _place(data[: error.start].decode("utf-8"))
        message = f"not UTF-8: byte 0x{data[error.start]:02x} can't stand here"
        problems.append(Problem(file, line, column, message, "save the file as UTF-8"))
        return None
    if text.startswith(_BOM):
        message = "the byte order mark at the start is ignored"
        hint = "save the file as UTF-8 without it"
        problems.append(Problem(file, 1, 1, message, hint, warning=True))
        text = text[1:]
    if odd := _UNPRINTABLE.search(text):
        line, column = _place(text[: odd.start()])
        message = f"the control character U+{ord(odd.group()):04X} can't stand in a manifest"
        problems.append(Problem(file, line, column, message, "remove it"))
        return None
    return text


def _place(before: str) -> tuple[int, int]:
    """Line and column, from 1, of what follows this text."""
    lines = re.split(r"\r\n|\r|\n", before)
    return len(lines), len(lines[-1]) + 1


def _documents(text: str, file: str, problems: list[Problem]) -> tuple[list[Node], bool]:
    """Each document's tree, and whether none is missing; a syntax error ends the file."""
    documents: list[Node] = []
    composer = Composer(text, file, problems)
    whole = True
    try:
        for tree in composer.documents():
            whole = whole and tree is not None
            if tree is not None:
                documents.append(tree)
    except yaml.MarkedYAMLError as error:
        problems.append(_syntax_problem(error, text, file))
        return documents, False
    except TooDeepError as error:
        problems.append(error.problem)
        return documents, False
    except (yaml.YAMLError, ValueError, OverflowError, RecursionError) as error:
        words = (str(error).splitlines() or ["it can't be parsed"])[0]
        problems.append(Problem(file, 1, 1, f"not valid YAML: {words}"))
        return documents, False
    return documents, whole


def _syntax_problem(error: yaml.MarkedYAMLError, text: str, file: str) -> Problem:
    """The parser's words, with its place and what usually helps."""
    mark = error.problem_mark or error.context_mark
    line, column = (mark.line, mark.column) if mark else (0, 0)
    line, column = _within(text, line, column)
    words = error.problem or "it can't be parsed"
    if _character(text, line, column) == "\t" and "cannot start any token" in words:
        return Problem(file, line + 1, column + 1, "a tab can't indent YAML", "use spaces")
    hint = next((hint for part, hint in _SYNTAX_HINTS.items() if part in words), None)
    context = f" {error.context}" if error.context else ""
    return Problem(file, line + 1, column + 1, f"not valid YAML: {words}{context}", hint)


def _within(text: str, line: int, column: int) -> tuple[int, int]:
    """The place, or the end of the last line for one behind the text."""
    lines = text.splitlines() or [""]
    return (line, column) if line < len(lines) else (len(lines) - 1, len(lines[-1]))


def _character(text: str, line: int, column: int) -> str:
    lines = text.splitlines()
    return lines[line][column : column + 1] if line < len(lines) else ""

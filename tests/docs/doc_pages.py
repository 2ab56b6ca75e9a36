"""Pages of documentation as tests see them: fenced blocks, and the script that a page is.

A page is one bash script, run from top to bottom in an empty folder:

    ```console            `$ command` lines run, what stands below them is what they print
    ```python FILE        any block with a file name is written to that file
    ```sh, ```text        shown, not run

`…` stands for anything, alone in a line for any lines. A command must succeed, unless the next
one shown is `echo $?`. Times (`0.3 s`), the gateway's port, the widths of columns and what is built
into caches may differ.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

#: The gateway's port in all pages.
PORT = "8787"

_FENCE = re.compile(r"^```(?P<language>\w*) *(?P<file>\S*)$")
_TIME = re.compile(r"\b\d+(\.\d+)? (s|ms)\b")
_CACHED = re.compile(r"[\w-]+: (preparing the handler|installing \d+ packages .*)")
_MARK = "\x1e"

#: Says how the last command ended, and leaves that to be asked for by the next one.
_TELL = f"tell() {{ local code=$?; printf '\\n{_MARK}%d\\n' $code; return $code; }}"


@dataclass(frozen=True, slots=True)
class Block:
    """A fenced block; `file` is where it is to be written, empty for nowhere."""

    page: str
    line: int
    language: str
    file: str
    lines: tuple[str, ...]

    @property
    def text(self) -> str:
        return "".join(f"{line}\n" for line in self.lines)

    @property
    def place(self) -> str:
        return f"{self.page}:{self.line}"


@dataclass(frozen=True, slots=True)
class Command:
    """One command of a page, and the lines that it is shown to print."""

    place: str
    words: str
    shown: tuple[str, ...]

    @property
    def asks_for_code(self) -> bool:
        return self.words.startswith("echo $?")


def blocks(page: Path) -> Iterator[Block]:
    """The fenced blocks of a page, in order."""
    lines = iter(enumerate(page.read_text("utf-8").splitlines(), start=1))
    for number, line in lines:
        fence = _FENCE.match(line)
        if fence is None:
            continue
        inside = []
        for _, text in lines:
            if text == "```":
                break
            inside.append(text)
        yield Block(page.name, number, fence["language"], fence["file"], tuple(inside))


def commands(block: Block) -> tuple[Command, ...]:
    """The commands of a console block; a backslash at the end goes on in the next line."""
    found: list[tuple[int, list[str], list[str]]] = []
    for offset, line in enumerate(block.lines, start=1):
        if line.startswith("$ "):
            found.append((block.line + offset, [line[2:]], []))
        elif found and found[-1][1][-1].endswith("\\"):
            found[-1][1].append(line)
        elif found:
            found[-1][2].append(line)
        else:
            raise ValueError(f"{block.place}: a console block starts with a command")
    return tuple(
        Command(f"{block.page}:{line}", "\n".join(words), tuple(shown))
        for line, words, shown in found
    )


def runnable(page: Path) -> tuple[Block | Command, ...]:
    """What a page does: commands to run, files to write."""
    steps: list[Block | Command] = []
    for block in blocks(page):
        if block.language == "console":
            steps += commands(block)
        elif block.file:
            steps.append(block)
    return tuple(steps)


def script(steps: Sequence[Block | Command], port: int) -> str:
    """The page as a bash script that marks where each command ends."""
    lines = [_TELL]
    for step in steps:
        if isinstance(step, Command):
            lines += [f"{step.words.replace(PORT, str(port))}", "tell"]
        else:
            lines += ["mkdir -p " + str(Path(step.file).parent)]
            lines += [f"cat > {step.file} <<'END OF FILE'", *step.lines, "END OF FILE"]
    return "\n".join(lines) + "\n"


def outcomes(printed: Sequence[str], port: int) -> Iterator[tuple[int, tuple[str, ...]]]:
    """The exit code of each command that was run, and what it printed."""
    said: list[str] = []
    for line in printed:
        if line.startswith(_MARK):
            yield int(line[1:]), tuple(said[:-1] if said and not said[-1] else said)
            said = []
        else:
            said.append(line.replace(str(port), PORT))


def agree(shown: Sequence[str], printed: Sequence[str]) -> bool:
    """Whether a command printed what the page shows."""
    pattern = "\n".join(_pattern(line) for line in shown if not _CACHED.fullmatch(line))
    text = "\n".join(_even(line) for line in printed if not _CACHED.fullmatch(line))
    return re.fullmatch(pattern, text.rstrip("\n")) is not None


def _pattern(line: str) -> str:
    if line.strip() == "…":
        return r"(?:.|\n)*"
    return ".*".join(re.escape(part) for part in _even(line).split("…"))


def _even(line: str) -> str:
    """A line without what may differ from one run to the next."""
    return re.sub(" {2,}", "  ", _TIME.sub("_", line)).rstrip()

"""Log files of function processes: named, bounded, and read for what a failed start said."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec

#: Bytes from the end of a log in which its last lines are looked for.
_TAIL = 64 * 1024

#: In the stack of a program that hangs at import: a dozen lines that say nothing.
_MACHINERY = 'File "<frozen importlib'


def new_file(folder: Path, keep: int) -> tuple[int, Path]:
    """The next process's number and log; only the latest files stay."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    numbers = sorted(int(path.stem) for path in folder.glob("*.log") if path.stem.isdigit())
    for number in numbers[: max(0, len(numbers) - keep + 1)]:
        for path in (folder / f"{number}.log", folder / f"{number}.log.1"):
            path.unlink(missing_ok=True)
    number = numbers[-1] + 1 if numbers else 1
    return number, folder / f"{number}.log"


def note(path: Path, event: str, **facts: object) -> None:
    """A line of the gateway's own in a process's log."""
    line = {"time": round(time.time(), 3), "source": "gateway", "event": event, **facts}
    with contextlib.suppress(OSError), path.open("ab") as file:
        file.write(msgspec.json.encode(line) + b"\n")


def rotate(path: Path, size: int) -> None:
    """Keep a file that a process has open for appending below `size`, with one older part.

    It is copied and cut, as the process can't be told to open another.
    """
    with contextlib.suppress(OSError):
        if path.stat().st_size <= size:
            return
        older = path.with_name(f"{path.name}.1")
        older.write_bytes(path.read_bytes())
        os.truncate(path, 0)


def last_lines(path: Path, count: int) -> tuple[str, ...]:
    """The function's own last lines, oldest first."""
    lines = [line for line in _tail(path) if not is_ours(line) and _MACHINERY not in line]
    return tuple(lines[-count:])


def failure(path: Path) -> str:
    """What the process said of its failed start; empty when it said nothing."""
    for line in reversed(_tail(path)):
        if '"startup_failed"' not in line:
            continue
        with contextlib.suppress(msgspec.MsgspecError):
            said = msgspec.json.decode(line)
            if isinstance(said, dict) and said.get("event") == "startup_failed":
                return _sentence(said.get("error") or {})
    return ""


def standing_at(lines: Sequence[str], directory: str) -> str:
    """Where a hanging program is, from the stack it dumped (innermost call first)."""
    root = directory.rstrip("/") + "/"
    for line in lines:
        head, found, rest = line.strip().partition('File "' + root)
        if found and not head:
            path, _, where = rest.partition('", line ')
            return f"{path}:{where}"
    return ""


def _sentence(error: Mapping[str, object]) -> str:
    where = f"{error['file']}:{error.get('line', 0)}: " if error.get("file") else ""
    return f"{where}{error.get('type', 'Error')}: {error.get('message', '')}"


def _tail(path: Path) -> list[str]:
    try:
        with path.open("rb") as file:
            end = file.seek(0, os.SEEK_END)
            file.seek(max(0, end - _TAIL))
            content = file.read()
    except OSError:
        return []
    return content.decode("utf-8", "replace").splitlines()


def is_ours(line: str) -> bool:
    """Whether the gateway wrote it."""
    return '"source":"gateway"' in line

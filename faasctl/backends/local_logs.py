"""What local functions print: files of many processes read as one, in order of time."""

from __future__ import annotations

import heapq
import os
import time
from collections.abc import Collection, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from operator import itemgetter
from pathlib import Path

import msgspec

#: Seconds between two looks at files that are followed.
_PAUSE = 0.2

_Entry = tuple[float, str]


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which lines: of the revisions that are live, from a Unix time on.

    `previous` is what ran before: the last revision that is not live, else the processes of
    the live one except its last.
    """

    live: Collection[str]
    since: float = 0.0
    previous: bool = False


@dataclass(slots=True)
class _Tail:
    """A file being followed: how far it was read, and a line that is not complete."""

    offset: int = 0
    rest: bytes = b""
    last: float = 0.0
    lines: list[_Entry] = field(default_factory=list)


def read(folder: Path, wanted: Wanted) -> Iterator[str]:
    """Lines there are now."""
    streams = [_entries(path) for path in _files(folder, wanted)]
    merged = heapq.merge(*streams, key=itemgetter(0))
    return (line for stamp, line in merged if stamp >= wanted.since)


def follow(folder: Path, wanted: Wanted) -> Iterator[str]:
    """Lines there are, then lines as they come, also of processes that start later. Never ends."""
    tails: dict[Path, _Tail] = {}
    passed = set(_all(folder)) - set(_files(folder, wanted))
    while True:
        fresh: list[_Entry] = []
        for path in _all(folder):
            if path not in passed and path.suffix == ".log":
                fresh += _new_entries(path, tails.setdefault(path, _Tail()))
        fresh.sort(key=itemgetter(0))
        yield from (line for stamp, line in fresh if stamp >= wanted.since)
        if not fresh:
            time.sleep(_PAUSE)


def _files(folder: Path, wanted: Wanted) -> Sequence[Path]:
    if not wanted.previous:
        return [path for path in _all(folder) if path.parent.name in wanted.live]
    before = [path for path in _all(folder) if path.parent.name not in wanted.live]
    if before:
        revision = max(path.parent.name for path in before)
        return [path for path in before if path.parent.name == revision]
    numbers = [_number(path) for path in _all(folder)]
    return [path for path in _all(folder) if _number(path) < max(numbers)]


def _all(folder: Path) -> Sequence[Path]:
    """Oldest first; a rotated part comes before what follows it."""
    found = [*folder.glob("*/*.log"), *folder.glob("*/*.log.1")]
    return sorted(found, key=lambda path: (path.parent.name, _number(path), path.suffix != ".1"))


def _number(path: Path) -> int:
    digits = path.name.partition(".")[0]
    return int(digits) if digits.isdigit() else 0


def _entries(path: Path) -> Iterator[_Entry]:
    stamp = 0.0
    with suppress(FileNotFoundError), path.open("rb") as file:
        for raw in file:
            line = raw.decode("utf-8", "replace").rstrip("\r\n")
            stamp = _time(line, stamp)
            yield stamp, line


def _new_entries(path: Path, tail: _Tail) -> Sequence[_Entry]:
    try:
        with path.open("rb") as file:
            if os.fstat(file.fileno()).st_size < tail.offset:
                # Rotated: what had been read is in the older part.
                tail.offset, tail.rest = 0, b""
            file.seek(tail.offset)
            content = file.read()
    except FileNotFoundError:
        return ()
    tail.offset += len(content)
    *lines, tail.rest = (tail.rest + content).split(b"\n")
    found = []
    for raw in lines:
        line = raw.decode("utf-8", "replace").rstrip("\r")
        tail.last = _time(line, tail.last)
        found.append((tail.last, line))
    return found


def _time(line: str, before: float) -> float:
    """When a line was written; what says no time was written right after the line before it."""
    if not line.startswith("{"):
        return before
    with suppress(msgspec.MsgspecError):
        return max(before, msgspec.json.decode(line, type=_Stamp).time)
    return before


class _Stamp(msgspec.Struct):
    time: float

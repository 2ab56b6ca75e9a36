"""How far files are: a bar on a terminal, lines elsewhere, nothing when quiet."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from faasctl.cli import output
from faasctl.store.transfer_work import Expected, Moved, Tell

#: Less than this is moved before a line about it would be read.
_WORTH_LINES = 16 * 1024 * 1024

_UNITS = ("B", "kB", "MB", "GB", "TB")


def size(count: int) -> str:
    """Bytes for people: `1.5 MB`."""
    value, unit = float(count), 0
    while value >= 1000 and unit < len(_UNITS) - 1:
        value, unit = value / 1000, unit + 1
    return f"{value:.1f} {_UNITS[unit]}" if unit else f"{count} B"


class Tally:
    """What is expected and what is moved, of all files; told from several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._sizes: dict[str, int] = {}
        self.total = 0
        self.moved = 0

    def tell(self, event: Moved | Expected) -> tuple[int, int]:
        """How much is moved now, of how much."""
        with self._lock:
            match event:
                case Expected(file, expected):
                    self.total += expected - self._sizes.get(file, 0)
                    self._sizes[file] = expected
                case Moved(_, count):
                    self.moved += count
            return self.moved, self.total


class Lines:
    """A line for every tenth of what is expected."""

    def __init__(self) -> None:
        self._tally = Tally()
        self._said = 0

    def tell(self, event: Moved | Expected) -> None:
        moved, total = self._tally.tell(event)
        tenths = 10 * moved // total if total >= _WORTH_LINES else 0
        if tenths > self._said:
            self._said = tenths
            output.say(f"{10 * tenths} % of {size(total)}")


@contextmanager
def shown(*, quiet: bool) -> Iterator[Tell]:
    """What transfers report to."""
    if quiet:
        yield lambda _: None
    elif sys.stderr.isatty():
        with _bar() as tell:
            yield tell
    else:
        yield Lines().tell


@contextmanager
def _bar() -> Iterator[Tell]:
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        DownloadColumn,
        Progress,
        TimeRemainingColumn,
        TransferSpeedColumn,
    )

    columns = (BarColumn(), DownloadColumn(), TransferSpeedColumn(), TimeRemainingColumn())
    tally = Tally()
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("", total=None)

        def tell(event: Moved | Expected) -> None:
            moved, total = tally.tell(event)
            progress.update(task, completed=moved, total=total)

        yield tell

"""Standard input and output as files, which transfers can measure, prove and send again."""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from faasctl import disk

#: What stands for standard input, and for standard output.
STREAM = "-"


@contextmanager
def spooled(folder: Path) -> Iterator[Path]:
    """Standard input as a file: a link is bound to a size, and a failed try needs it again."""
    disk.make_private(folder)
    with tempfile.TemporaryDirectory(dir=folder) as kept:
        local = Path(kept) / "standard-input"
        with local.open("wb") as file:
            shutil.copyfileobj(sys.stdin.buffer, file, 1 << 20)
        yield local


@contextmanager
def to_output(folder: Path) -> Iterator[Path]:
    """A file whose content goes to standard output once the block has filled and proven it."""
    disk.make_private(folder)
    with tempfile.TemporaryDirectory(dir=folder) as kept:
        local = Path(kept) / "standard-output"
        yield local
        with local.open("rb") as file:
            shutil.copyfileobj(file, sys.stdout.buffer, 1 << 20)
        sys.stdout.buffer.flush()

"""The folder that a gateway's processes have for a while: recorded before it is made.

It lies with the system's temporary files, because names of sockets in it must stay short.
"""

from __future__ import annotations

import secrets
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from faasctl import disk

_PREFIX = "faasctl-"


@contextmanager
def scratch(root: Path) -> Iterator[Path]:
    """A new private folder, removed at the end, or by the next gateway of that root."""
    record = root / "scratch"
    with suppress(FileNotFoundError):
        _remove(Path(record.read_text("utf-8")))
    folder = Path(tempfile.gettempdir()) / f"{_PREFIX}{secrets.token_hex(6)}"
    disk.replace(record, str(folder).encode())
    folder.mkdir(mode=0o700)
    try:
        yield folder
    finally:
        _remove(folder)
        record.unlink(missing_ok=True)


def _remove(folder: Path) -> None:
    if folder.name.startswith(_PREFIX):
        shutil.rmtree(folder, ignore_errors=True)

"""The module's own files as a revision runs them: a copy by content, with byte code."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path

from faasctl.build import cache
from faasctl.build.environment import Interpreter
from faasctl.build.runtime import compile_folder
from faasctl.errors import BuildError

_CHUNK = 1 << 20


def digest_files(root: Path, files: Sequence[str]) -> str:
    """The identity of files by path, content and the executable bit."""
    digest = hashlib.sha256()
    for name in files:
        path = root / name
        try:
            executable = path.stat().st_mode & 0o111
            with path.open("rb") as content:
                inner = hashlib.file_digest(content, "sha256").digest()
        except OSError as error:
            raise BuildError(f"{name} can't be read: {error.strerror}") from error
        digest.update(f"{len(name)}:{name}:{bool(executable)}:".encode() + inner)
    return digest.hexdigest()[:32]


def prepare(
    home: Path,
    root: Path,
    files: Sequence[str],
    *,
    interpreter: Interpreter,
    report: Callable[[str], None],
) -> Path:
    """A copy of the files that nobody changes; made where it is not in the cache yet."""
    folder = home / "code" / f"{digest_files(root, files)}-{interpreter.version}"

    def make(target: Path) -> None:
        report(f"copying {len(files)} files")
        for name in files:
            destination = target / name
            destination.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(root / name, destination)
        compile_folder(interpreter, target)

    return cache.prepared(folder, make)
